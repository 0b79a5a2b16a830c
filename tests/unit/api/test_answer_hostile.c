/* Answers that are broken, or made to hurt: an error or a reject, never a crash and never a row that was not sent. */
#include "fixture.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const char answer[] =
    "\xEF\xBB\xBF {\"data\": {\"BUILDING_INSIGHTS\": "
    "[{\"DATE_PARTITION\":20250501,\"BUILDING_ID\":\"71\",\"SITE_ID\":9,"
    "\"GROUP_ID\":\"" GROUP_A "\",\"GRANULARITY\":\"PT1H\",\"DATE_TIME_START\":\"2025-05-01 04:00:00\","
    "\"OCCUPANCY_MEAN\":{\"a\":[1.5e+3,true,null,\"\\ud83d\\ude00\\n\"]}},\n{\"DATE_PARTITION\":20250501,"
    "\"BUILDING_ID\":71,\"SITE_ID\":9,\"GROUP_ID\":\"" GROUP_A "\",\"GRANULARITY\":\"PT1H\",\"DATE_TIME_START\":"
    "1746075600,\"OCCUPANCY_MEAN\":-0.5}], \"BUILDING_INSIGHTS_aggregate\": {\"aggregate\": {\"count\": 2}}}}";

/* Reads a body from memory that ends where it ends, so that a read beyond it is seen. */
static enum status read_exact(const char *body, size_t size, struct batch *batch, struct page_summary *page)
{
    struct unit unit = fixture_unit();
    struct page_query query = fixture_query(&unit);
    struct err err = {0};
    query.with_count = true;
    char *exact = malloc(size > 0 ? size : 1);
    cr_assert_not_null(exact);
    memcpy(exact, body, size);
    enum status classified = answer_classify(200, false, exact, size, &err);
    enum status status = page_read(&query, exact, size, batch, page, &err);
    if (classified == STATUS_OK && status != STATUS_OK)
        cr_expect_eq(status, STATUS_BAD_ANSWER, "%s", err.message);
    if (classified == STATUS_BAD_ANSWER)
        cr_expect_eq(status, STATUS_BAD_ANSWER, "%s", err.message);
    free(exact);
    return status;
}

Test(answer_hostile, the_answer_that_is_cut_below_is_sound)
{
    struct batch batch = {0};
    struct page_summary page;
    batch_init(&batch, 1, 0);
    cr_assert_eq(read_exact(answer, strlen(answer), &batch, &page), STATUS_OK);
    cr_expect_eq(batch.row_count, 2u);
    cr_expect_eq(page.count, 2u);
    batch_release(&batch);
}

Test(answer_hostile, an_answer_cut_at_any_byte_is_a_bad_answer_and_leaves_no_row)
{
    struct batch batch = {0};
    struct page_summary page;
    batch_init(&batch, 1, 0);
    for (size_t size = 0; size < strlen(answer); size++) {
        cr_expect_eq(read_exact(answer, size, &batch, &page), STATUS_BAD_ANSWER, "cut after %zu bytes", size);
        cr_assert_eq(batch.row_count + batch.reject_count, 0u, "cut after %zu bytes", size);
    }
    batch_release(&batch);
}

Test(answer_hostile, an_answer_with_any_byte_left_out_or_changed_never_gives_more_rows)
{
    static const char changes[] = {'\0', ' ', '"', '\\', '}', ']', ',', '9', '\x80', '\xFF'};
    char copy[sizeof answer];
    struct page_summary page;
    for (size_t at = 0; at < strlen(answer); at++) {
        for (size_t i = 0; i <= sizeof changes; i++) {
            struct batch batch = {0};
            batch_init(&batch, 1, 0);
            size_t size = strlen(answer);
            memcpy(copy, answer, size);
            if (i < sizeof changes)
                copy[at] = changes[i];
            else
                memmove(copy + at, copy + at + 1, --size - at);
            if (read_exact(copy, size, &batch, &page) == STATUS_OK)
                cr_expect_leq(batch.row_count + batch.reject_count, 2u);
            else
                cr_expect_eq(batch.row_count + batch.reject_count, 0u);
            batch_release(&batch);
        }
    }
}

static void expect_bad(const char *body, size_t size)
{
    struct batch batch = {0};
    struct page_summary page;
    batch_init(&batch, 1, 0);
    cr_expect_eq(read_exact(body, size, &batch, &page), STATUS_BAD_ANSWER);
    batch_release(&batch);
}

/* front, then open repeated until the body has size bytes. */
static void expect_bottomless_is_bad(char *body, size_t size, const char *front, const char *open)
{
    size_t used = strlen(front);
    size_t step = strlen(open);
    memcpy(body, front, used);
    for (; used + step <= size; used += step)
        memcpy(body + used, open, step);
    expect_bad(body, used);
}

Test(answer_hostile, bottomless_nesting_is_a_bad_answer)
{
    enum { SIZE = 4000000 };
    static const char *const fronts[] = {"", "{\"data\":", "{\"errors\":", "{\"data\":{\"BUILDING_INSIGHTS\":[{\"x\":"};
    char *body = malloc(SIZE);
    cr_assert_not_null(body);
    for (size_t i = 0; i < sizeof fronts / sizeof fronts[0]; i++) {
        expect_bottomless_is_bad(body, SIZE, fronts[i], "[");
        expect_bottomless_is_bad(body, SIZE, fronts[i], "{\"\":");
    }
    free(body);
}

Test(answer_hostile, megabytes_of_blanks_are_let_through_around_and_refused_alone)
{
    size_t blanks = (size_t)8 << 20;
    const char *tail = "{\"data\":{\"BUILDING_INSIGHTS\":[]}}";
    char *body = malloc(blanks + 64);
    memset(body, ' ', blanks);
    expect_bad(body, blanks);
    memcpy(body + blanks, tail, strlen(tail));
    struct batch batch = {0};
    struct page_summary page;
    batch_init(&batch, 1, 0);
    cr_expect_eq(read_exact(body, blanks + strlen(tail), &batch, &page), STATUS_OK);
    batch_release(&batch);
    free(body);
}

Test(answer_hostile, html_text_and_other_json_are_bad_answers)
{
    static const char *const bodies[] = {"<!DOCTYPE html><html><body>Bad gateway</body></html>",
                                         "Service Unavailable",
                                         "[]",
                                         "0",
                                         "\"{}\"",
                                         "{'data':{}}",
                                         "{\"data\":{\"BUILDING_INSIGHTS\":[}}",
                                         "\x1f\x8b\x08",
                                         "\xFE\xFF{\"data\":{}}"};
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++)
        expect_bad(bodies[i], strlen(bodies[i]));
}

Test(answer_hostile, a_row_with_very_many_keys_is_read)
{
    struct buf body = {.max = (size_t)8 << 20};
    buf_append_text(&body, "{\"data\":{\"BUILDING_INSIGHTS\":[{\"k\":0");
    for (int i = 0; i < 50000; i++)
        buf_appendf(&body, ",\"k%d\":%d", i, i);
    buf_append_text(&body, "}]}}");
    struct batch batch = {0};
    struct page_summary page;
    batch_init(&batch, 1, 0);
    cr_expect_eq(read_exact(body.data, body.size, &batch, &page), STATUS_OK);
    cr_expect_eq(batch.reject_count, 1u);
    batch_release(&batch);
    buf_release(&body);
}

Test(answer_hostile, more_rejects_than_are_kept_are_counted)
{
    struct buf body = {0};
    buf_append_text(&body, "{\"data\":{\"BUILDING_INSIGHTS\":[{}");
    for (int i = 1; i < BATCH_REJECTS_MAX + 50; i++)
        buf_append_text(&body, ",{}");
    buf_append_text(&body, "]}}");
    struct batch batch = {0};
    struct page_summary page;
    batch_init(&batch, 1, 0);
    cr_assert_eq(read_exact(body.data, body.size, &batch, &page), STATUS_OK);
    cr_expect_eq(batch.reject_count, (size_t)BATCH_REJECTS_MAX);
    cr_expect_eq(batch.rejects_dropped, 50u);
    cr_expect_eq(page.rows, (uint64_t)BATCH_REJECTS_MAX + 50);
    batch_release(&batch);
    buf_release(&body);
}
