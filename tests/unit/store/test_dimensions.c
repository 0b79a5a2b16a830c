#include "store/dimensions.h"

#include "fixture.h"

#include <string.h>

TestSuite(dimensions, .init = fixture_begin, .fini = fixture_end);

#define INT(n)                                                                                                         \
    {                                                                                                                  \
        .kind = VALUE_INTEGER, .integer = (n)                                                                          \
    }
#define TEXT(s)                                                                                                        \
    {                                                                                                                  \
        .kind = VALUE_TEXT, .text = (s), .size = sizeof(s) - 1                                                         \
    }
#define NONE                                                                                                           \
    {                                                                                                                  \
        .kind = VALUE_NULL                                                                                             \
    }

static void put(struct value *values, size_t rows)
{
    struct table table = {.column_count = 6, .row_count = rows, .values = values};
    must(dimensions_put(db, dimension_get(DIMENSION_FLOORS), &table, &problem));
}

#define ROWS                                                                                                           \
    "SELECT FLOOR_ID || '|' || coalesce(FLOOR_CODE, '-') || '|' ||"                                                    \
    " coalesce(CAST(BUILDING_ID AS TEXT), '-') || '|' || coalesce(LEVEL, '-') || '|' || coalesce(NAME, '-') FROM "     \
    "floors ORDER BY FLOOR_ID"

Test(dimensions, rows_are_stored_as_they_came)
{
    struct value values[] = {INT(2),      TEXT("F2"), INT(71), INT(-1),       TEXT("Cellar"),
                             TEXT("UTC"), TEXT("1"),  NONE,    TEXT("no id"), {.kind = VALUE_REAL, .real = 1.5},
                             NONE,        NONE};
    put(values, 2);
    fixture_expect_lines(ROWS, "1|-|-|1.5|-\n2|F2|71|-1|Cellar\n");
}

Test(dimensions, a_row_without_an_id_is_left_out)
{
    struct value values[] = {NONE, NONE, NONE, NONE, NONE, NONE, TEXT("x"), NONE, NONE, NONE, NONE, NONE};
    put(values, 2);
    cr_expect_eq(fixture_integer("SELECT count(*) FROM floors"), 0);
}

Test(dimensions, a_row_that_changed_is_replaced_and_an_equal_one_not_written)
{
    struct value values[] = {INT(1), TEXT("A"), INT(71), NONE,   TEXT("Old"),  NONE,
                             INT(2), TEXT("B"), INT(71), INT(2), TEXT("Same"), NONE};
    put(values, 2);
    int64_t before = fixture_integer("SELECT total_changes()");
    put(values, 2);
    cr_expect_eq(fixture_integer("SELECT total_changes()"), before);
    values[4] = (struct value)TEXT("New");
    put(values, 2);
    cr_expect_eq(fixture_integer("SELECT total_changes()"), before + 1);
    fixture_expect_lines(ROWS, "1|A|71|-|New\n2|B|71|2|Same\n");
}

Test(dimensions, what_the_server_no_longer_shows_stays)
{
    struct value values[] = {INT(1), TEXT("A"), INT(71), NONE, NONE, NONE,
                             INT(2), TEXT("B"), INT(71), NONE, NONE, NONE};
    put(values, 2);
    put(values, 1);
    cr_expect_eq(fixture_integer("SELECT count(*) FROM floors"), 2);
}

Test(dimensions, stored_rows_are_read_by_id)
{
    struct value values[] = {INT(9), TEXT("N"), INT(71), INT(4), TEXT(""), NONE, INT(3), NONE, NONE, NONE, NONE, NONE};
    struct table table = {0};
    put(values, 2);
    must(dimensions_read(db, dimension_get(DIMENSION_FLOORS), &table, &problem));
    cr_assert_eq(table.row_count, 2);
    cr_expect_eq(table_value(&table, 0, FLOORS_ID)->integer, 3);
    cr_expect_eq(table_value(&table, 0, FLOORS_CODE)->kind, VALUE_NULL);
    int64_t level = 0; /* a text in PostgreSQL, whose columns have a type */
    cr_expect(value_to_id(table_value(&table, 1, FLOORS_LEVEL), &level) && level == 4);
    cr_expect_eq(table_value(&table, 1, FLOORS_NAME)->kind, VALUE_TEXT);
    cr_expect_eq(table_value(&table, 1, FLOORS_NAME)->size, 0);
    table_release(&table);
}

Test(dimensions, places_of_sites_are_numbers_or_nothing)
{
    struct value values[] = {INT(1),       TEXT("A"),     INT(71),    INT(5), {.kind = VALUE_REAL, .real = 0.1},
                             TEXT("45.5"), TEXT("north"), TEXT("UTC")};
    struct table table = {.column_count = 8, .row_count = 1, .values = values};
    must(dimensions_put(db, dimension_get(DIMENSION_SITES), &table, &problem));
    fixture_expect_lines(
        "SELECT ALTITUDE || ' ' || LATITUDE || ' ' || coalesce(CAST(LONGITUDE AS TEXT), '-') FROM sites",
        fixture_is_postgres() ? "0.1 45.5 -\n" : "0.1 45.5 north\n");
}

Test(dimensions, every_dimension_has_its_table)
{
    for (int i = 0; i < DIMENSION_COUNT; i++) {
        struct table table = {0};
        must(dimensions_read(db, dimension_get((enum dimension_id)i), &table, &problem));
        cr_expect_eq(table.row_count, 0);
        table_release(&table);
    }
    struct table table = {0};
    fixture_exec("DROP TABLE sites");
    cr_expect_eq(dimensions_read(db, dimension_get(DIMENSION_SITES), &table, &problem), STATUS_IO);
    table_release(&table);
}
