#include "fixture.h"

#include <criterion/criterion.h>
#include <string.h>

/* The body of the query must be this document, with its quotes escaped as JSON does. */
static void expect_document(const struct page_query *query, const char *document)
{
    struct buf expected = {0};
    struct buf body = {0};
    struct err err = {0};
    buf_append_text(&expected, "{\"operationName\":\"Occuport\",\"variables\":{},\"query\":");
    buf_append_json_string(&expected, document, strlen(document));
    buf_append_char(&expected, '}');
    cr_assert_eq(query_page(query, &body, &err), STATUS_OK, "%s", err.message);
    cr_expect_str_eq(buf_text(&body), buf_text(&expected));
    buf_release(&expected);
    buf_release(&body);
}

#define KEYS "DATE_PARTITION BUILDING_ID SITE_ID GROUP_ID GRANULARITY DATE_TIME_START"
#define ORDER                                                                                                          \
    "order_by: [{DATE_PARTITION: asc}, {SITE_ID: asc}, {GROUP_ID: asc}, {DATE_TIME_START: asc}, "                      \
    "{BUILDING_ID: asc}, {GRANULARITY: asc}], limit: 100"
#define PINNED "BUILDING_ID: {_eq: 71}, GRANULARITY: {_eq: \"PT1H\"}, "
#define ALL    "SITE_ID: {_in: [9, 10]}, GROUP_ID: {_in: [\"" GROUP_A "\", \"" GROUP_B "\"]}, "
#define BOTH   "DATE_PARTITION: {_gte: 20250501, _lte: 20250502}"

Test(query, the_first_page_of_a_unit_asks_for_all_its_slices)
{
    struct unit unit = fixture_unit();
    struct page_query query = fixture_query(&unit);
    expect_document(&query, "query Occuport { BUILDING_INSIGHTS(where: {" PINNED ALL BOTH "}, " ORDER ") {" KEYS
                            " OCCUPANCY_MEAN} }");
}

Test(query, the_count_is_of_the_whole_unit_whatever_the_page)
{
    struct unit unit = fixture_unit();
    struct page_query query = fixture_query(&unit);
    struct page_key key = {.day = unit.days.first, .site_id = 9, .group_id = GROUP_B};
    query.with_count = true;
    query.after = &key;
    expect_document(
        &query,
        "query Occuport { BUILDING_INSIGHTS(where: {" PINNED ALL BOTH ", _or: [{DATE_PARTITION: {_gt: 20250501}}, "
        "{DATE_PARTITION: {_eq: 20250501}, SITE_ID: {_gt: 9}}, "
        "{DATE_PARTITION: {_eq: 20250501}, SITE_ID: {_eq: 9}, GROUP_ID: {_gt: \"" GROUP_B "\"}}]}, " ORDER ") {" KEYS
        " OCCUPANCY_MEAN} BUILDING_INSIGHTS_aggregate(where: {" PINNED ALL BOTH "}) {aggregate {count}} }");
}

Test(query, a_key_inside_a_slice_is_compared_down_to_the_start)
{
    struct unit unit = fixture_unit();
    struct page_query query = fixture_query(&unit);
    struct page_key key = {
        .day = unit.days.first, .site_id = 9, .group_id = GROUP_A, .start = "2025-05-01 04:00:00.000 -0400"};
    query.after = &key;
    expect_document(&query, "query Occuport { BUILDING_INSIGHTS(where: {" PINNED ALL BOTH
                            ", _or: [{DATE_PARTITION: {_gt: 20250501}}, "
                            "{DATE_PARTITION: {_eq: 20250501}, SITE_ID: {_gt: 9}}, "
                            "{DATE_PARTITION: {_eq: 20250501}, SITE_ID: {_eq: 9}, GROUP_ID: {_gt: \"" GROUP_A "\"}}, "
                            "{DATE_PARTITION: {_eq: 20250501}, SITE_ID: {_eq: 9}, GROUP_ID: {_eq: \"" GROUP_A "\"}, "
                            "DATE_TIME_START: {_gt: \"2025-05-01 04:00:00.000 -0400\"}}]}, " ORDER ") {" KEYS
                            " OCCUPANCY_MEAN} }");
}

Test(query, the_lower_bound_of_days_moves_with_the_key_and_pins_the_last_day)
{
    struct unit unit = fixture_unit();
    struct page_query query = fixture_query(&unit);
    struct page_key key = {.day = unit.days.first + 1, .site_id = 9, .group_id = GROUP_A, .start = "1746158400"};
    key.start_is_number = true;
    query.after = &key;
    expect_document(&query, "query Occuport { BUILDING_INSIGHTS(where: {" PINNED ALL "DATE_PARTITION: {_eq: 20250502}"
                            ", _or: [{SITE_ID: {_gt: 9}}, {SITE_ID: {_eq: 9}, GROUP_ID: {_gt: \"" GROUP_A "\"}}, "
                            "{SITE_ID: {_eq: 9}, GROUP_ID: {_eq: \"" GROUP_A "\"}, "
                            "DATE_TIME_START: {_gt: 1746158400}}]}, " ORDER ") {" KEYS " OCCUPANCY_MEAN} }");
}

#define SINGLE "SITE_ID: {_eq: 9}, GROUP_ID: {_eq: \"" GROUP_A "\"}, DATE_PARTITION: {_eq: 20250501}"

Test(query, a_single_slice_is_pinned_and_read_on_by_its_start_alone)
{
    struct unit unit = fixture_single();
    struct page_query query = fixture_query(&unit);
    struct page_key key = {.day = unit.days.first, .site_id = 9, .group_id = GROUP_A, .start = "2025-05-01T04:00:00Z"};
    query.after = &key;
    expect_document(&query,
                    "query Occuport { BUILDING_INSIGHTS(where: {" PINNED SINGLE
                    ", DATE_TIME_START: {_gt: \"2025-05-01T04:00:00Z\"}}, " ORDER ") {" KEYS " OCCUPANCY_MEAN} }");
}

Test(query, the_documented_dialect_pins_all_five_and_does_not_page)
{
    struct unit unit = fixture_single();
    struct page_query query = fixture_query(&unit);
    query.dialect = DIALECT_DOCUMENTED;
    expect_document(&query, "query Occuport { BUILDING_INSIGHTS(where: {" PINNED SINGLE
                            "}, order_by: {DATE_TIME_START: asc}) {" KEYS " OCCUPANCY_MEAN} }");
}

Test(query, a_key_column_among_the_columns_is_selected_once)
{
    static const char *const columns[] = {"SITE_ID", "X_1"};
    struct unit unit = fixture_single();
    struct page_query query = fixture_query(&unit);
    query.dialect = DIALECT_DOCUMENTED;
    query.columns = columns;
    query.column_count = 2;
    expect_document(&query, "query Occuport { BUILDING_INSIGHTS(where: {" PINNED SINGLE
                            "}, order_by: {DATE_TIME_START: asc}) {" KEYS " X_1} }");
}

Test(query, texts_cannot_leave_their_literal)
{
    static const char *const groups[] = {"a\"}}) {x} #\\\n"};
    struct unit unit = fixture_single();
    unit.groups = groups;
    struct page_query query = fixture_query(&unit);
    query.dialect = DIALECT_DOCUMENTED;
    expect_document(&query,
                    "query Occuport { BUILDING_INSIGHTS(where: {" PINNED
                    "SITE_ID: {_eq: 9}, GROUP_ID: {_eq: \"a\\\"}}) {x} #\\\\\\u000A\"}, "
                    "DATE_PARTITION: {_eq: 20250501}}, order_by: {DATE_TIME_START: asc}) {" KEYS " OCCUPANCY_MEAN} }");
}

static enum status status_of(const struct page_query *query)
{
    struct buf body = {0};
    struct err err = {0};
    enum status status = query_page(query, &body, &err);
    if (status != STATUS_OK)
        cr_expect_eq(err.kind, status);
    buf_release(&body);
    return status;
}

Test(query, what_the_documented_dialect_cannot_ask_is_a_bug)
{
    struct unit unit = fixture_unit();
    struct unit single = fixture_single();
    struct page_key key = {.day = single.days.first, .site_id = 9, .group_id = GROUP_A, .start = "x"};
    struct page_query query = fixture_query(&unit);
    query.dialect = DIALECT_DOCUMENTED;
    cr_expect_eq(status_of(&query), STATUS_BUG);
    query.unit = &single;
    cr_expect_eq(status_of(&query), STATUS_OK);
    query.with_count = true;
    cr_expect_eq(status_of(&query), STATUS_BUG);
    query.with_count = false;
    query.after = &key;
    cr_expect_eq(status_of(&query), STATUS_BUG);
}

Test(query, a_key_outside_the_unit_is_a_bug)
{
    struct unit unit = fixture_unit();
    struct unit single = fixture_single();
    struct page_query query = fixture_query(&unit);
    struct page_key key = {.day = unit.days.end, .site_id = 9, .group_id = GROUP_A, .start = "x"};
    query.after = &key;
    cr_expect_eq(status_of(&query), STATUS_BUG);
    key.day = unit.days.first - 1;
    cr_expect_eq(status_of(&query), STATUS_BUG);
    key = (struct page_key){.day = single.days.first, .site_id = 9, .group_id = GROUP_A};
    query.unit = &single; /* behind its only slice nothing can come */
    cr_expect_eq(status_of(&query), STATUS_BUG);
}

Test(query, a_column_or_root_field_that_is_no_name_is_never_sent)
{
    static const char *const columns[] = {"A B"};
    struct unit unit = fixture_unit();
    struct page_query query = fixture_query(&unit);
    struct dataset dataset = *query.dataset;
    dataset.root_field = "X}";
    query.dataset = &dataset;
    cr_expect_eq(status_of(&query), STATUS_BUG);
    query = fixture_query(&unit);
    query.columns = columns;
    cr_expect_eq(status_of(&query), STATUS_BUG);
}

Test(query, a_body_that_may_not_grow_so_far_is_too_large)
{
    struct unit unit = fixture_unit();
    struct page_query query = fixture_query(&unit);
    struct buf body = {.max = 64};
    struct err err = {0};
    cr_expect_eq(query_page(&query, &body, &err), STATUS_TOO_LARGE);
    buf_release(&body);
}

Test(query, names_are_letters_digits_and_underscores_not_led_by_a_digit)
{
    static const char *const names[] = {"a", "_", "A1", "__x9_Z0", "OCCUPANCY_MEAN"};
    static const char *const others[] = {"", "1a", "a b", "a-b", "\xC3\xA9", "a.b", "a1!", "a\n"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        cr_expect(query_is_name(names[i]), "%s", names[i]);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        cr_expect_not(query_is_name(others[i]), "%s", others[i]);
}

Test(query, strings_escape_quotes_backslashes_and_controls)
{
    struct buf out = {0};
    query_append_string(&out, "a\"b\\c\x01\x7F\xC3\xA9", 9);
    cr_expect_str_eq(buf_text(&out), "\"a\\\"b\\\\c\\u0001\\u007F\xC3\xA9\"");
    buf_release(&out);
}

Test(query, dialects_have_names)
{
    cr_expect_str_eq(dialect_name(DIALECT_HASURA), "hasura");
    cr_expect_str_eq(dialect_name(DIALECT_DOCUMENTED), "documented");
}
