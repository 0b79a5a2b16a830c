#include "api/schema_columns.h"

#include <criterion/criterion.h>
#include <string.h>

static const char *const own[] = {"SITE_ID", "LOCAL_DATE"};
static const struct schema_column *chosen[SCHEMA_COLUMNS_MAX];

static enum status choose(const struct schema_column *columns, size_t count, size_t *ret_count, struct err *err)
{
    struct schema_table table = {.exists = true, .column_count = count, .columns = columns};
    return schema_columns_choose(&table, own, 2, chosen, ret_count, err);
}

Test(schema_columns, scalars_are_chosen_in_the_order_of_the_server)
{
    static const struct schema_column columns[] = {{"SITE_ID", "Int", false},   {"B", "Float", false},
                                                   {"site", "SITE", true},      {"A", "[Int]", false},
                                                   {"__kind", "String", false}, {"local_date", "String", false}};
    struct err err = {0};
    size_t count = 0;
    cr_assert_eq(choose(columns, 6, &count, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(count, 2);
    cr_expect_str_eq(chosen[0]->name, "B");
    cr_expect_str_eq(chosen[1]->name, "A");
}

Test(schema_columns, names_that_differ_only_in_case_are_refused_with_both)
{
    static const struct schema_column columns[] = {{"Mean", "Int", false}, {"MEAN", "Float", false}};
    struct err err = {0};
    size_t count = 7;
    cr_assert_eq(choose(columns, 2, &count, &err), STATUS_CONFIG);
    cr_expect_eq(count, 7);
    cr_expect_not_null(strstr(err.message, "Mean and MEAN"));
}

Test(schema_columns, an_object_may_be_called_like_a_column)
{
    static const struct schema_column columns[] = {{"zone", "ZONE", true}, {"ZONE", "String", false}};
    struct err err = {0};
    size_t count = 0;
    cr_assert_eq(choose(columns, 2, &count, &err), STATUS_OK);
    cr_expect_eq(count, 1);
}

Test(schema_columns, a_table_of_keys_only_has_none)
{
    static const struct schema_column columns[] = {{"SITE_ID", "Int", false}};
    struct err err = {0};
    size_t count = 7;
    cr_assert_eq(choose(columns, 1, &count, &err), STATUS_OK);
    cr_expect_eq(count, 0);
}
