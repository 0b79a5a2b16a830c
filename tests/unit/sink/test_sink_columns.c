#include "rig.h"

#include "core/buf.h"

#include <stdio.h>
#include <string.h>

TestSuite(sink_columns, .init = rig_begin, .fini = rig_end);

static void open_with(size_t count, const char *const *columns)
{
    rig.options.column_count = count;
    rig.options.columns = columns;
    rig_open();
}

static void expect_columns(const char *want)
{
    rig_expect_lines("SELECT group_concat(name) FROM pragma_table_info('building_insights')"
                     " WHERE cid > 5 AND name NOT IN ('START_UTC', 'LOCAL_DATE', 'LOCAL_HOUR')",
                     want);
}

Test(sink_columns, column_added_later_is_null_in_older_rows)
{
    rig_put_one(1, 20250501, "2025-05-01T00:00:00Z", 5);
    open_with(2, (const char *const[]){"PEAK", "MEAN"});
    expect_columns("MEAN,NOTE,PEAK\n");
    const struct item item = {"2025-05-01T01:00:00Z", {INT(7), INT(8)}};
    rig_put(1, 20250501, &item, 1);
    rig_expect_lines("SELECT ifnull(MEAN, '-') || ' ' || ifnull(NOTE, '-') || ' ' || ifnull(PEAK, '-')"
                     " FROM building_insights ORDER BY START_UTC",
                     "5 - -\n8 - 7\n");
}

Test(sink_columns, column_left_out_later_keeps_its_values)
{
    const struct item item = {"2025-05-01T00:00:00Z", {INT(1), TEXT("kept")}};
    rig_put(1, 20250501, &item, 1);
    open_with(1, (const char *const[]){"MEAN"});
    expect_columns("MEAN,NOTE\n");
    rig_expect_changes(rig_put_one(1, 20250501, item.start, 2), 0, 1, 0, 0, 0);
    rig_expect_lines("SELECT MEAN || ' ' || NOTE FROM building_insights", "2 kept\n");
}

Test(sink_columns, opening_again_changes_nothing)
{
    int64_t version = rig_integer("PRAGMA schema_version");
    rig_open();
    rig_open();
    cr_assert_eq(rig_integer("PRAGMA schema_version"), version);
}

Test(sink_columns, view_that_was_dropped_is_made_anew)
{
    rig_exec("DROP VIEW building_insights");
    rig_open();
    expect_columns("MEAN,NOTE\n");
}

Test(sink_columns, no_column_but_the_key_is_enough)
{
    open_with(0, NULL);
    rig_expect_changes(rig_put_one(1, 20250501, "2025-05-01T00:00:00Z", 5), 1, 0, 0, 0, 0);
    rig_expect_changes(rig_put_one(1, 20250501, "2025-05-01T00:00:00Z", 6), 0, 0, 1, 0, 0);
}

Test(sink_columns, awkward_names_are_stored_and_shown)
{
    static const char longest[] = "A23456789_123456789_123456789_123456789_123456789_123456789_123";
    static const char *const awkward[][RIG_COLUMNS] = {
        {"START", "series_id"}, {"order", "select"}, {"local_offset", "date_partition_"},
        {"v_MEAN", "rowid"},    {longest, "_"},      {"spelling_id", "x"},
    };
    cr_assert_eq(strlen(longest), 63);
    for (size_t i = 0; i < sizeof awkward / sizeof awkward[0]; i++) {
        open_with(2, awkward[i]);
        const struct item item = {"2025-05-01T00:00:00Z", {INT((int64_t)i), TEXT("ok")}};
        rig_expect_changes(rig_put((int64_t)i + 1, 20250501, &item, 1), 1, 0, 0, 0, 0);
        rig_expect_changes(rig_put((int64_t)i + 1, 20250501, &item, 1), 0, 0, 1, 0, 0);
        char sql[256];
        char want[32];
        snprintf(sql, sizeof sql,
                 "SELECT \"%s\" || ' ' || \"%s\" || ' ' || DATE_TIME_START FROM building_insights"
                 " WHERE SITE_ID = %zu",
                 awkward[i][0], awkward[i][1], i + 1);
        snprintf(want, sizeof want, "%zu ok 2025-05-01T00:00:00Z\n", i);
        rig_expect_lines(sql, want);
    }
}

Test(sink_columns, many_columns_fit)
{
    enum { MANY = 60 };
    static char names[MANY][16];
    static const char *columns[MANY];
    static struct value values[MANY];
    for (size_t i = 0; i < MANY; i++) {
        snprintf(names[i], sizeof names[i], "C%zu", i);
        columns[i] = names[i];
        values[i] = INT((int64_t)i);
    }
    open_with(MANY, columns);
    struct row row = {.start_text = "2025-05-01T08:00:00Z", .start_size = 20, .values = values};
    cr_assert(moment_parse(row.start_text, row.start_size, &row.start));
    struct sink_slice slice = {.series_id = 1, .zone = rig.zone, .day = 20209, .rows = &row, .row_count = 1};
    struct sink_changes changes = {0};
    must(sink_sqlite_ops.put_slice(rig.sink, &slice, &changes, &problem));
    must(sink_sqlite_ops.put_slice(rig.sink, &slice, &changes, &problem));
    rig_expect_changes(changes, 1, 0, 1, 0, 0);
    rig_expect_lines("SELECT C0 || ' ' || C30 || ' ' || C59 FROM building_insights", "0 30 59\n");
}

/* A table as wide as it may get, made in one go. */
static void fill_up(size_t count)
{
    struct buf sql = {0};
    buf_append_text(&sql, "DROP VIEW building_insights; DROP TABLE building_insights_rows;"
                          "CREATE TABLE building_insights_rows (date_partition INTEGER, series_id INTEGER,"
                          " start INTEGER, spelling_id INTEGER, local_offset INTEGER");
    for (size_t i = 0; i < count; i++)
        buf_appendf(&sql, ", v_C%zu", i);
    buf_append_text(&sql, ", PRIMARY KEY (date_partition, series_id, start)) WITHOUT ROWID");
    rig_exec(buf_text(&sql));
    buf_release(&sql);
}

Test(sink_columns, too_many_columns_are_a_configuration_error)
{
    static const char *const columns[] = {"C0", "ONE_MORE", "TWO_MORE"};
    struct sink_sqlite *sink = NULL;
    sink_sqlite_close(rig.sink);
    rig.sink = NULL;
    fill_up(989);
    rig.options.columns = columns;
    rig.options.column_count = 3;
    must(db_begin(rig.db, &problem));
    cr_assert_eq(sink_sqlite_open(rig.db, &rig.options, &sink, &problem), STATUS_CONFIG);
    cr_assert_not_null(strstr(problem.message, "TWO_MORE"));
    db_rollback(rig.db);
    cr_assert_null(sink);
    open_with(2, columns);
    rig_expect_lines("SELECT count(*) FROM pragma_table_info('building_insights')", "999\n");
}

Test(sink_columns, database_without_its_tables_is_an_error)
{
    struct db *bare = NULL;
    struct sink_sqlite *sink = NULL;
    must(db_open(":memory:", DB_CREATE, &bare, &problem));
    cr_assert_eq(sink_sqlite_open(bare, &rig.options, &sink, &problem), STATUS_IO);
    cr_assert_null(sink);
    db_close(bare);
    sink_sqlite_close(NULL);
}
