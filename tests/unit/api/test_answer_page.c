#include "api/page_reader.h"
#include "fixture.h"

#include <criterion/criterion.h>
#include <string.h>

/* A page that was read, and the batch it went to. */
struct reading {
    struct batch batch;
    struct page_summary page;
    struct err err;
    enum status status;
};

static struct reading read_body(const struct page_query *query, const char *body)
{
    struct reading reading = {0};
    batch_init(&reading.batch, query->column_count, 0);
    reading.status = page_read(query, body, strlen(body), &reading.batch, &reading.page, &reading.err);
    return reading;
}

static struct reading read_rows(const struct page_query *query, const char *rows)
{
    struct buf body = {0};
    fixture_page(&body, rows, -1);
    struct reading reading = read_body(query, buf_text(&body));
    buf_release(&body);
    return reading;
}

/* The one reject that a row must give, and the slice it must be put down to. */
static void expect_reject(const struct page_query *query, const char *row, size_t slice, const char *reason)
{
    struct reading reading = read_rows(query, row);
    cr_assert_eq(reading.status, STATUS_OK, "%s", reading.err.message);
    cr_expect_eq(reading.batch.row_count, 0u, "%s", row);
    cr_assert_eq(reading.batch.reject_count, 1u, "%s", row);
    const struct reject *reject = &reading.batch.rejects[0];
    cr_expect_str_eq(reject->reason, reason, "%s: %s", row, reject->reason);
    cr_expect_eq(reject->slice, slice, "%s", row);
    cr_expect_eq(reject->raw_size, strlen(row));
    cr_expect_eq(memcmp(reject->raw, row, strlen(row)), 0);
    cr_expect_eq(reading.page.rows, 1u);
    batch_release(&reading.batch);
}

static void expect_row(const struct page_query *query, const char *row, size_t slice)
{
    struct reading reading = read_rows(query, row);
    cr_assert_eq(reading.status, STATUS_OK, "%s", reading.err.message);
    cr_assert_eq(reading.batch.row_count, 1u, "%s: %s", row,
                 reading.batch.reject_count > 0 ? reading.batch.rejects[0].reason : "");
    cr_expect_eq(reading.batch.rows[0].slice, slice, "%s", row);
    batch_release(&reading.batch);
}

#define FRONT "{\"DATE_PARTITION\":20250501,\"BUILDING_ID\":71,\"SITE_ID\":9,\"GROUP_ID\":\"" GROUP_A "\","
#define HOUR  "\"GRANULARITY\":\"PT1H\","
#define START "\"DATE_TIME_START\":\"2025-05-01T04:00:00-04:00\""
#define VALUE ",\"OCCUPANCY_MEAN\":1.5}"

Test(answer_page, a_row_is_kept_with_its_slice_and_start)
{
    struct unit unit = fixture_unit();
    struct page_query query = fixture_query(&unit);
    struct reading reading = read_rows(&query, FRONT HOUR START VALUE);
    cr_assert_eq(reading.status, STATUS_OK);
    cr_assert_eq(reading.batch.row_count, 1u);
    const struct row *row = &reading.batch.rows[0];
    cr_expect_eq(row->slice, 0u);
    cr_expect_str_eq(row->start_text, "2025-05-01T04:00:00-04:00");
    cr_expect_eq(row->start_size, strlen(row->start_text));
    cr_expect_eq(row->start.offset, -14400);
    cr_expect_eq(row->values[0].kind, VALUE_REAL);
    cr_expect_eq(reading.batch.received, 1u);
    batch_release(&reading.batch);
}

Test(answer_page, a_row_that_is_not_whole_yet_is_no_error)
{
    struct unit unit = fixture_single();
    struct page_query query = fixture_query(&unit);
    struct batch batch = {0};
    struct page_reader reader;
    struct buf rows = {0};
    struct buf page = {0};
    struct err err = {0};
    fixture_hours(&rows, &unit, 0, 0, 3);
    fixture_page(&page, buf_text(&rows), -1);
    cr_assert_eq(page_reader_begin(&reader, &query, &batch, &err), STATUS_OK);
    page.size -= 40; /* in the middle of the last row */
    page.data[page.size] = '\0';
    cr_assert_eq(page_reader_take(&reader, &page, &err), STATUS_OK);
    cr_assert_eq(err.kind, STATUS_OK, "%s", err.message);
    cr_assert_eq(batch.row_count, 2);
    page_reader_drop(&reader);
    batch_release(&batch);
    buf_release(&rows);
    buf_release(&page);
}

Test(answer_page, ids_may_be_numbers_strings_of_digits_or_whole_fractions)
{
    struct unit unit = fixture_unit();
    struct page_query query = fixture_query(&unit);
    expect_row(&query,
               "{\"DATE_PARTITION\":\"20250502\",\"BUILDING_ID\":\"71\",\"SITE_ID\":\"10\",\"GROUP_ID\":\"" GROUP_B
               "\"," HOUR START VALUE,
               7);
    expect_row(&query,
               "{\"DATE_PARTITION\":20250501.0,\"BUILDING_ID\":7.1e1,\"SITE_ID\":1e1,\"GROUP_ID\":\"" GROUP_A
               "\"," HOUR START VALUE,
               2);
}

Test(answer_page, keys_in_any_order_and_extra_keys_are_fine)
{
    struct unit unit = fixture_unit();
    struct page_query query = fixture_query(&unit);
    expect_row(&query,
               "{\"x\":{\"SITE_ID\":4},\"OCCUPANCY_MEAN\":1," START ",\"GROUP_ID\":\"" GROUP_A
               "\",\"GRANULARITY\":\"PT1H\",\"SITE\\u005fID\":9,\"BUILDING_ID\":71,\"DATE_PARTITION\":20250501}",
               0);
}

Test(answer_page, rows_that_do_not_belong_to_the_unit_belong_to_no_slice)
{
    struct unit unit = fixture_unit();
    struct page_query query = fixture_query(&unit);
    const char *none = "the row belongs to no slice that was asked for";
    expect_reject(&query,
                  "{\"DATE_PARTITION\":20250501,\"BUILDING_ID\":72,\"SITE_ID\":9,\"GROUP_ID\":\"" GROUP_A
                  "\"," HOUR START VALUE,
                  SIZE_MAX, "BUILDING_ID is 72, which was not asked for");
    expect_reject(&query, FRONT "\"GRANULARITY\":\"P1D\"," START VALUE, SIZE_MAX,
                  "GRANULARITY is not the one asked for");
    expect_reject(&query,
                  "{\"DATE_PARTITION\":20250503,\"BUILDING_ID\":71,\"SITE_ID\":9,\"GROUP_ID\":\"" GROUP_A
                  "\"," HOUR START VALUE,
                  SIZE_MAX, none);
    expect_reject(&query,
                  "{\"DATE_PARTITION\":20250501,\"BUILDING_ID\":71,\"SITE_ID\":8,\"GROUP_ID\":\"" GROUP_A
                  "\"," HOUR START VALUE,
                  SIZE_MAX, none);
    expect_reject(&query,
                  "{\"DATE_PARTITION\":20250501,\"BUILDING_ID\":71,\"SITE_ID\":9,\"GROUP_ID\":\"" GROUP_A "x"
                  "\"," HOUR START VALUE,
                  SIZE_MAX, none);
}

Test(answer_page, a_key_that_is_missing_null_or_of_the_wrong_type_is_named)
{
    struct unit unit = fixture_unit();
    struct page_query query = fixture_query(&unit);
    expect_reject(&query, "{\"BUILDING_ID\":71," HOUR START VALUE, SIZE_MAX, "DATE_PARTITION is missing");
    expect_reject(&query, "{\"BUILDING_ID\":null," HOUR START VALUE, SIZE_MAX, "BUILDING_ID is null");
    expect_reject(&query, "{\"BUILDING_ID\":71.5," HOUR START VALUE, SIZE_MAX, "BUILDING_ID is no whole number");
    expect_reject(&query, "{\"BUILDING_ID\":true," HOUR START VALUE, SIZE_MAX, "BUILDING_ID is no whole number");
    expect_reject(&query, "{\"BUILDING_ID\":\"71x\"," HOUR START VALUE, SIZE_MAX, "BUILDING_ID is no whole number");
    expect_reject(&query, "{\"BUILDING_ID\":71,\"GRANULARITY\":1," START VALUE, SIZE_MAX, "GRANULARITY is no string");
    expect_reject(&query,
                  "{\"DATE_PARTITION\":20250532,\"BUILDING_ID\":71,\"SITE_ID\":9,\"GROUP_ID\":\"" GROUP_A
                  "\"," HOUR START VALUE,
                  SIZE_MAX, "DATE_PARTITION is no date");
    expect_reject(&query,
                  "{\"DATE_PARTITION\":20250501,\"BUILDING_ID\":71,\"SITE_ID\":9,\"GROUP_ID\":7," HOUR START VALUE,
                  SIZE_MAX, "GROUP_ID is no string");
}

Test(answer_page, a_bad_start_is_put_down_to_its_slice)
{
    struct unit unit = fixture_unit();
    struct page_query query = fixture_query(&unit);
    expect_reject(&query, FRONT "\"GRANULARITY\":\"PT1H\"" VALUE, 0, "DATE_TIME_START is missing");
    expect_reject(&query, FRONT HOUR "\"DATE_TIME_START\":null" VALUE, 0, "DATE_TIME_START is null");
    expect_reject(&query, FRONT HOUR "\"DATE_TIME_START\":\"\"" VALUE, 0,
                  "DATE_TIME_START is no time that is understood");
    expect_reject(&query, FRONT HOUR "\"DATE_TIME_START\":\"2025-02-30\"" VALUE, 0,
                  "DATE_TIME_START is no time that is understood");
    expect_reject(&query, FRONT HOUR "\"DATE_TIME_START\":17.5" VALUE, 0,
                  "DATE_TIME_START is no time that is understood");
    expect_reject(&query, FRONT HOUR "\"DATE_TIME_START\":{}" VALUE, 0,
                  "DATE_TIME_START is neither a string nor a number");
    expect_reject(&query, FRONT HOUR "\"DATE_TIME_START\":\"2025-05-01\\u0000\"" VALUE, 0, "DATE_TIME_START holds NUL");
}

Test(answer_page, a_key_that_is_there_twice_is_a_reject_and_in_doubt_only_if_it_is_of_the_row_key)
{
    struct unit unit = fixture_unit();
    struct page_query query = fixture_query(&unit);
    expect_reject(&query, FRONT HOUR START ",\"OCCUPANCY_MEAN\":1" VALUE, 0, "the key OCCUPANCY_MEAN is there twice");
    expect_reject(&query, FRONT HOUR START ",\"x\":1,\"x\":1" VALUE, 0, "a key is there twice");
    expect_reject(&query, FRONT HOUR START ",\"SITE_ID\":9" VALUE, SIZE_MAX, "the key SITE_ID is there twice");
    expect_reject(&query, FRONT HOUR START ",\"SITE\\u005FID\":10" VALUE, SIZE_MAX, "the key SITE_ID is there twice");
    expect_reject(&query, FRONT HOUR START ",\"SITE_ID\\u0000\":10" VALUE, SIZE_MAX, "a key holds NUL");
}

Test(answer_page, what_is_no_object_is_a_reject)
{
    struct unit unit = fixture_unit();
    struct page_query query = fixture_query(&unit);
    static const char *const rows[] = {"null", "1", "\"x\"", "[1,{}]", "true"};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        expect_reject(&query, rows[i], SIZE_MAX, "the row is no object");
}

Test(answer_page, a_bad_row_does_not_stop_the_others)
{
    struct unit unit = fixture_unit();
    struct page_query query = fixture_query(&unit);
    struct reading reading = read_rows(&query, "{}," FRONT HOUR START VALUE ",null");
    cr_assert_eq(reading.status, STATUS_OK);
    cr_expect_eq(reading.batch.row_count, 1u);
    cr_expect_eq(reading.batch.reject_count, 2u);
    cr_expect_eq(reading.batch.received, 3u);
    cr_expect_eq(reading.page.rows, 3u);
    batch_release(&reading.batch);
}

Test(answer_page, the_documented_dialect_takes_absent_key_columns_from_the_slice)
{
    struct unit unit = fixture_single();
    struct page_query query = fixture_query(&unit);
    query.dialect = DIALECT_DOCUMENTED;
    expect_row(&query, "{" START VALUE, 0);
    expect_row(&query, FRONT HOUR START VALUE, 0);
    expect_reject(&query, "{\"SITE_ID\":10," START VALUE, SIZE_MAX, "the row belongs to no slice that was asked for");
    expect_reject(&query, "{\"SITE_ID\":null," START VALUE, SIZE_MAX, "SITE_ID is null");
    expect_reject(&query, "{\"OCCUPANCY_MEAN\":1}", 0, "DATE_TIME_START is missing");
}

Test(answer_page, the_count_is_read_when_it_was_asked_for)
{
    struct unit unit = fixture_unit();
    struct page_query query = fixture_query(&unit);
    static const struct {
        const char *aggregate;
        bool has_count;
        uint64_t count;
    } cases[] = {{"{\"aggregate\":{\"count\":5}}", true, 5},
                 {"{\"aggregate\":{\"count\":\"5\"}}", true, 5},
                 {"{\"aggregate\":{\"count\":0,\"x\":1}}", true, 0},
                 {"{\"aggregate\":{\"count\":null}}", false, 0},
                 {"{\"aggregate\":null}", false, 0},
                 {"{\"aggregate\":{}}", false, 0},
                 {"null", false, 0},
                 {"{}", false, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (int asked = 0; asked < 2; asked++) {
            struct buf body = {0};
            buf_appendf(&body, "{\"data\":{\"BUILDING_INSIGHTS_aggregate\":%s,\"BUILDING_INSIGHTS\":[]}}",
                        cases[i].aggregate);
            query.with_count = asked == 1;
            struct reading reading = read_body(&query, buf_text(&body));
            cr_expect_eq(reading.status, STATUS_OK, "%s", cases[i].aggregate);
            cr_expect_eq(reading.page.has_count, asked == 1 && cases[i].has_count, "%s", cases[i].aggregate);
            cr_expect_eq(reading.page.count, asked == 1 ? cases[i].count : 0, "%s", cases[i].aggregate);
            batch_release(&reading.batch);
            buf_release(&body);
        }
    }
}

Test(answer_page, what_is_not_the_agreed_shape_is_a_bad_answer)
{
    struct unit unit = fixture_unit();
    struct page_query query = fixture_query(&unit);
    query.with_count = true;
    static const char *const bodies[] = {"{\"data\":{}}",
                                         "{\"data\":null}",
                                         "{\"data\":[]}",
                                         "{}",
                                         "{\"data\":{\"BUILDING_INSIGHTS\":null}}",
                                         "{\"data\":{\"BUILDING_INSIGHTS\":{}}}",
                                         "{\"data\":{\"OTHER\":[]}}",
                                         "{\"data\":{\"BUILDING_INSIGHTS\":[],\"BUILDING_INSIGHTS\":[]}}",
                                         "{\"data\":{\"BUILDING_INSIGHTS\":[],\"BUILDING\\u005FINSIGHTS\":[]}}",
                                         "{\"data\":{\"BUILDING_INSIGHTS\":[]},\"data\":{\"BUILDING_INSIGHTS\":[]}}",
                                         "{\"data\":{\"BUILDING_INSIGHTS\":[]}} x"};
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        struct reading reading = read_body(&query, bodies[i]);
        cr_expect_eq(reading.status, STATUS_BAD_ANSWER, "%s", bodies[i]);
        cr_expect_eq(reading.err.kind, STATUS_BAD_ANSWER, "%s", bodies[i]);
        batch_release(&reading.batch);
    }
}

Test(answer_page, a_count_that_is_none_is_a_bad_answer)
{
    struct unit unit = fixture_unit();
    struct page_query query = fixture_query(&unit);
    query.with_count = true;
    static const char *const aggregates[] = {"7",
                                             "[]",
                                             "{\"aggregate\":[]}",
                                             "{\"aggregate\":{\"count\":-1}}",
                                             "{\"aggregate\":{\"count\":1.5}}",
                                             "{\"aggregate\":{\"count\":\"x\"}}",
                                             "{\"aggregate\":{\"count\":true}}",
                                             "{\"aggregate\":{\"count\":{}}}",
                                             "{\"aggregate\":{\"count\":1,\"count\":1}}",
                                             "{},\"BUILDING_INSIGHTS_aggregate\":{}"};
    for (size_t i = 0; i < sizeof aggregates / sizeof aggregates[0]; i++) {
        struct buf body = {0};
        buf_appendf(&body, "{\"data\":{\"BUILDING_INSIGHTS\":[],\"BUILDING_INSIGHTS_aggregate\":%s}}", aggregates[i]);
        struct reading reading = read_body(&query, buf_text(&body));
        cr_expect_eq(reading.status, STATUS_BAD_ANSWER, "%s", aggregates[i]);
        batch_release(&reading.batch);
        buf_release(&body);
    }
}

Test(answer_page, a_batch_is_left_as_it_was_when_memory_ends_in_a_page)
{
    struct unit unit = fixture_unit();
    struct page_query query = fixture_query(&unit);
    struct buf rows = {0};
    struct buf body = {0};
    struct batch batch = {0};
    struct page_summary page = {0};
    struct err err = {0};
    batch_init(&batch, 1, 256 * 1024);
    const char *one = "{\"data\":{\"BUILDING_INSIGHTS\":[" FRONT HOUR START VALUE ",{}]}}";
    cr_assert_eq(page_read(&query, one, strlen(one), &batch, &page, &err), STATUS_OK);
    for (int i = 0; i < 3000; i++)
        fixture_row(&rows, 20250501, 9, GROUP_A, "\"2025-05-01 04:00:00\"", "\"some text\"");
    fixture_page(&body, buf_text(&rows), -1);
    cr_expect_eq(page_read(&query, body.data, body.size, &batch, &page, &err), STATUS_NOMEM);
    cr_expect_eq(batch.row_count, 1u);
    cr_expect_eq(batch.reject_count, 1u);
    cr_expect_eq(batch.received, 2u);
    cr_expect_eq(page.rows, 2u);
    batch_release(&batch);
    buf_release(&rows);
    buf_release(&body);
}
