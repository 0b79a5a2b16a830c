#include "api/table_query.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const char *const columns[] = {"ID", "NAME"};
static const struct table_query query = {"FLOOR", 2, columns, NULL, NULL};
static struct table table;
static struct err err;
static size_t skipped;

static void teardown(void)
{
    table_release(&table);
}

TestSuite(table_query, .fini = teardown);

static enum status read(const char *rows)
{
    struct buf body = {.max = 8 << 20};
    buf_appendf(&body, "{\"data\":{\"FLOOR\":%s}}", rows);
    enum status status = table_query_read(&query, body.data, body.size, &table, &skipped, &err);
    buf_release(&body);
    return status;
}

static void expect_document(const struct table_query *asked, const char *document)
{
    struct buf body = {0};
    struct buf wanted = {0};
    buf_append_text(&wanted, "{\"operationName\":\"Occuport\",\"variables\":{},\"query\":");
    buf_append_json_string(&wanted, document, strlen(document));
    buf_append_char(&wanted, '}');
    cr_assert_eq(table_query_format(asked, &body, &err), STATUS_OK, "%s", err.message);
    cr_expect_str_eq(body.data, wanted.data);
    buf_release(&body);
    buf_release(&wanted);
}

Test(table_query, a_table_is_asked_without_any_argument)
{
    expect_document(&query, "query Occuport { FLOOR {ID NAME} }");
}

Test(table_query, a_partition_is_asked_with_two_equalities)
{
    const struct table_filter filter = {71, 20209};
    const struct table_query asked = {"T", 1, columns, &filter, NULL};
    expect_document(&asked,
                    "query Occuport { T(where: {BUILDING_ID: {_eq: 71}, DATE_PARTITION: {_eq: 20250501}}) {ID} }");
}

Test(table_query, pages_are_asked_in_the_order_of_the_first_columns)
{
    static const char *const names[] = {"ID", "NAME", "KIND", "MORE"};
    const struct table_filter filter = {71, 20209};
    struct table_order order = {.key_count = 3, .limit = 9};
    const struct table_query asked = {"T", 4, names, &filter, &order};
    expect_document(&asked, "query Occuport { T(where: {BUILDING_ID: {_eq: 71}, DATE_PARTITION: {_eq: 20250501}}, "
                            "order_by: [{ID: asc}, {NAME: asc}, {KIND: asc}], limit: 9) {ID NAME KIND MORE} }");
    const struct value after[] = {{.kind = VALUE_INTEGER, .integer = -5},
                                  {.kind = VALUE_TEXT, .text = "a\"b", .size = 3},
                                  {.kind = VALUE_TEXT, .text = "PT1H", .size = 4}};
    order.after = after;
    expect_document(&asked, "query Occuport { T(where: {BUILDING_ID: {_eq: 71}, DATE_PARTITION: {_eq: 20250501}, "
                            "_or: [{ID: {_gt: -5}}, {ID: {_eq: -5}, NAME: {_gt: \"a\\\"b\"}}, "
                            "{ID: {_eq: -5}, NAME: {_eq: \"a\\\"b\"}, KIND: {_gt: \"PT1H\"}}]}, "
                            "order_by: [{ID: asc}, {NAME: asc}, {KIND: asc}], limit: 9) {ID NAME KIND MORE} }");
}

Test(table_query, a_whole_table_can_be_asked_page_by_page)
{
    struct table_order order = {.key_count = 1};
    const struct table_query asked = {"SITE", 2, columns, NULL, &order};
    expect_document(&asked, "query Occuport { SITE(order_by: [{ID: asc}]) {ID NAME} }");
    const struct value after = {.kind = VALUE_TEXT, .text = "7", .size = 1};
    order.after = &after;
    expect_document(&asked, "query Occuport { SITE(where: {ID: {_gt: \"7\"}}, order_by: [{ID: asc}]) {ID NAME} }");
}

Test(table_query, what_is_no_name_is_never_put_into_a_query)
{
    static const char *const bad[] = {"ID} x"};
    struct table_query asked = {"T", 1, bad, NULL, NULL};
    struct buf body = {0};
    cr_expect_eq(table_query_format(&asked, &body, &err), STATUS_BUG);
    asked = (struct table_query){"T {", 1, columns, NULL, NULL};
    cr_expect_eq(table_query_format(&asked, &body, &err), STATUS_BUG);
    cr_expect_eq(body.size, 0);
    buf_release(&body);
}

Test(table_query, rows_keep_their_values_and_missing_keys_are_null)
{
    cr_assert_eq(read("[{\"ID\":1,\"NAME\":\"a\",\"MORE\":2},{\"NAME\":{\"x\":1}},{\"ID\":\"7\",\"NAME\":1.5}]"),
                 STATUS_OK);
    cr_assert_eq(table.row_count, 3);
    cr_expect_eq(skipped, 0);
    cr_expect_eq(table_value(&table, 0, 0)->integer, 1);
    cr_expect_eq(strncmp(table_value(&table, 0, 1)->text, "a", 1), 0);
    cr_expect_eq(table_value(&table, 1, 0)->kind, VALUE_NULL);
    cr_expect_eq(table_value(&table, 1, 1)->kind, VALUE_JSON);
    cr_expect_eq(table_value(&table, 2, 1)->kind, VALUE_REAL);
}

Test(table_query, rows_that_cannot_be_kept_are_left_out_and_counted)
{
    cr_assert_eq(
        read("[7,{\"ID\":1,\"ID\":2},{\"ID\":3,\"NAME\":\"a\\u0000\"},{\"ID\":4,\"NAME\":\"\xFF\"},{\"ID\":5}]"),
        STATUS_OK);
    cr_assert_eq(table.row_count, 1);
    cr_expect_eq(skipped, 4);
    cr_expect_eq(table_value(&table, 0, 0)->integer, 5);
}

Test(table_query, an_empty_table_is_no_failure)
{
    cr_assert_eq(read("[]"), STATUS_OK);
    cr_expect_eq(table.row_count, 0);
}

Test(table_query, what_holds_no_rows_is_a_bad_answer)
{
    cr_expect_eq(read("null"), STATUS_BAD_ANSWER);
    cr_expect_eq(read("{}"), STATUS_BAD_ANSWER);
    cr_expect_eq(table_query_read(&query, "{\"data\":{}}", 11, &table, &skipped, &err), STATUS_BAD_ANSWER);
    cr_expect_eq(table_query_read(&query, "{\"data\":{", 9, &table, &skipped, &err), STATUS_BAD_ANSWER);
    cr_expect_eq(table.row_count, 0);
}

Test(table_query, more_rows_than_the_maximum_are_refused)
{
    struct buf rows = {.max = 8 << 20};
    buf_append_char(&rows, '[');
    for (int i = 0; i <= TABLE_ROWS_MAX; i++)
        buf_append_text(&rows, i > 0 ? ",{}" : "{}");
    buf_append_char(&rows, ']');
    cr_expect_eq(read(rows.data), STATUS_TOO_LARGE);
    buf_release(&rows);
}

Test(table_query, an_id_is_a_whole_number_or_its_digits)
{
    int64_t id = 0;
    struct value value = {.kind = VALUE_TEXT, .text = "71x", .size = 2};
    cr_expect(value_to_id(&value, &id));
    cr_expect_eq(id, 71);
    value.size = 3;
    cr_expect_not(value_to_id(&value, &id));
    value = (struct value){.kind = VALUE_REAL, .real = 71};
    cr_expect_not(value_to_id(&value, &id));
    value = (struct value){.kind = VALUE_NULL};
    cr_expect_not(value_to_id(&value, &id));
}
