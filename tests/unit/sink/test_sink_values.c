#include "rig.h"

#include <float.h>
#include <string.h>

static void begin(void)
{
    rig_begin();
    rig_set_zone("America/Toronto");
    rig_open();
}

TestSuite(sink_values, .init = begin, .fini = rig_end);

Test(sink_values, values_of_each_kind_come_back_typed_and_equal)
{
    const struct item items[] = {
        {"2025-05-01T00:00:00-04:00", {NIL, INT(0)}},
        {"2025-05-01T01:00:00-04:00", {INT(INT64_MAX), INT(INT64_MIN)}},
        {"2025-05-01T02:00:00-04:00", {REAL(12.5), REAL(5.0)}},
        {"2025-05-01T03:00:00-04:00", {TEXT("12345678901234567890"), TEXT("12")}},
        {"2025-05-01T04:00:00-04:00", {JSON("{\"zone\": [1, null]}"), JSON("[]")}},
        {"2025-05-01T05:00:00-04:00", {TEXT(""), TEXT("caf\xC3\xA9 'x'")}},
    };
    rig_expect_changes(rig_put(1, 20250501, items, 6), 6, 0, 0, 0, 0);
    rig_expect_lines("SELECT typeof(MEAN) || ' ' || quote(MEAN) || ', ' || typeof(NOTE) || ' ' || quote(NOTE)"
                     " FROM building_insights ORDER BY LOCAL_HOUR",
                     "null NULL, integer 0\n"
                     "integer 9223372036854775807, integer -9223372036854775808\n"
                     "real 12.5, real 5.0\n"
                     "text '12345678901234567890', text '12'\n"
                     "text '{\"zone\": [1, null]}', text '[]'\n"
                     "text '', text 'caf\xC3\xA9 ''x'''\n");
    rig_expect_lines("SELECT json_extract(MEAN, '$.zone[0]') FROM building_insights WHERE LOCAL_HOUR = 4", "1\n");
    rig_expect_changes(rig_put(1, 20250501, items, 6), 0, 0, 6, 0, 0);
}

static double stored_real(int64_t hour)
{
    struct db_statement *query = NULL;
    bool row = false;
    must(db_prepare(rig.db, "SELECT MEAN FROM building_insights WHERE LOCAL_HOUR = ?1", &query, &problem));
    db_bind_integer(query, 1, hour);
    must(db_step(query, &row, &problem));
    cr_assert(row && db_column_type(query, 0) == DB_REAL);
    double value = db_column_real(query, 0);
    db_finalize(query);
    return value;
}

Test(sink_values, reals_come_back_to_the_last_bit)
{
    static const double reals[] = {0.1, 1.0 / 3, -0.0, 5e-324, DBL_MAX, -DBL_MIN, 1e15, 9007199254740993.0, 2.0};
    enum { COUNT = sizeof reals / sizeof reals[0] };
    static const char *const starts[COUNT] = {"2025-05-01T00:00:00", "2025-05-01T01:00:00", "2025-05-01T02:00:00",
                                              "2025-05-01T03:00:00", "2025-05-01T04:00:00", "2025-05-01T05:00:00",
                                              "2025-05-01T06:00:00", "2025-05-01T07:00:00", "2025-05-01T08:00:00"};
    struct item items[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        items[i] = (struct item){starts[i], {REAL(reals[i]), NIL}};
    rig_put(1, 20250501, items, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        double got = stored_real((int64_t)i);
        cr_expect_eq(memcmp(&got, &reals[i], sizeof got), 0, "%a became %a", reals[i], got);
    }
    rig_expect_changes(rig_put(1, 20250501, items, COUNT), 0, 0, COUNT, 0, 0);
}

Test(sink_values, text_with_a_nul_inside_is_kept_whole)
{
    const struct item item = {"2025-05-01T00:00:00", {TEXT("a\0b"), NIL}};
    const struct item other = {"2025-05-01T00:00:00", {TEXT("a\0c"), NIL}};
    rig_put(1, 20250501, &item, 1);
    rig_expect_lines("SELECT hex(CAST(MEAN AS BLOB)) FROM building_insights", "610062\n");
    rig_expect_changes(rig_put(1, 20250501, &item, 1), 0, 0, 1, 0, 0);
    rig_expect_changes(rig_put(1, 20250501, &other, 1), 0, 1, 0, 0, 0);
}

/* Each differs from its neighbour in kind or in content only. */
Test(sink_values, change_of_kind_is_a_change)
{
    const struct value steps[] = {NIL,       INT(0),     REAL(0.0),   REAL(-0.0), TEXT("0"),  TEXT(""),
                                  TEXT("0"), INT(1),     REAL(1.0),   TEXT("1"),  NIL,        TEXT("null"),
                                  NIL,       TEXT("ab"), TEXT("abc"), JSON("{}"), JSON("{ }")};
    struct item item = {"2025-05-01T00:00:00", {INT(77), NIL}};
    rig_put(1, 20250501, &item, 1);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        item.values[0] = steps[i];
        struct sink_changes changes = rig_put(1, 20250501, &item, 1);
        cr_expect(changes.updated == 1 && changes.unchanged == 0, "step %zu", i);
        changes = rig_put(1, 20250501, &item, 1);
        cr_expect(changes.updated == 0 && changes.unchanged == 1, "step %zu again", i);
    }
}

Test(sink_values, second_column_counts_as_well)
{
    struct item item = {"2025-05-01T00:00:00", {INT(1), INT(2)}};
    rig_put(1, 20250501, &item, 1);
    item.values[1] = INT(3);
    rig_expect_changes(rig_put(1, 20250501, &item, 1), 0, 1, 0, 0, 0);
    rig_expect_lines("SELECT MEAN || ' ' || NOTE FROM building_insights", "1 3\n");
}

Test(sink_values, key_columns_are_those_of_the_series)
{
    rig_put_one(7, 20250501, "2025-05-01T04:00:00Z", 1);
    rig_expect_lines("SELECT BUILDING_ID || ' ' || SITE_ID || ' ' || GROUP_ID || ' ' || GRANULARITY || ' ' ||"
                     " typeof(BUILDING_ID) || ' ' || DATE_PARTITION || ' ' || typeof(DATE_PARTITION)"
                     " FROM building_insights",
                     "71 7 everyone PT1H integer 20250501 integer\n");
    rig_expect_lines("SELECT group_concat(name) FROM pragma_table_info('building_insights')",
                     "BUILDING_ID,SITE_ID,GROUP_ID,GRANULARITY,DATE_PARTITION,DATE_TIME_START,MEAN,NOTE,START_UTC,"
                     "LOCAL_DATE,LOCAL_HOUR\n");
}
