#include "rig.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

TestSuite(sink_changes, .init = rig_begin, .fini = rig_end);

static const struct item morning[] = {{"2025-05-01T08:00:00Z", {{.kind = VALUE_INTEGER, .integer = 8}, {0}}},
                                      {"2025-05-01T09:00:00Z", {{.kind = VALUE_INTEGER, .integer = 9}, {0}}},
                                      {"2025-05-01T10:00:00Z", {{.kind = VALUE_INTEGER, .integer = 10}, {0}}},
                                      {"2025-05-01T11:00:00Z", {{.kind = VALUE_INTEGER, .integer = 11}, {0}}}};

static void expect_means(const char *want)
{
    rig_expect_lines("SELECT group_concat(MEAN) FROM (SELECT MEAN FROM building_insights ORDER BY START_UTC)", want);
}

static int64_t wal_size(void)
{
    struct stat info;
    cr_assert_eq(stat("occupancy.db-wal", &info), 0);
    return info.st_size;
}

Test(sink_changes, inserted_updated_unchanged_and_vanished_are_told_apart)
{
    struct item now[] = {morning[0], morning[1], morning[3], {"2025-05-01T12:00:00Z", {INT(12), NIL}}};
    rig_expect_changes(rig_put(1, 20250501, morning, 4), 4, 0, 0, 0, 0);
    now[1].values[0] = INT(90);
    rig_expect_changes(rig_put(1, 20250501, now, 4), 1, 1, 2, 1, 1);
    expect_means("8,90,10,11,12\n");
}

Test(sink_changes, changes_are_added_to_what_was_there)
{
    struct sink_changes changes = {.inserted = 1, .updated = 2, .unchanged = 3, .vanished = 4, .kept = 5};
    struct sink_slice slice = {.series_id = 1, .zone = rig.zone, .day = 20209};
    must(sink_sqlite_ops.put_slice(rig.sink, &slice, &changes, &problem));
    rig_expect_changes(changes, 1, 2, 3, 4, 5);
}

Test(sink_changes, same_slice_again_writes_not_one_page)
{
    struct db *reader = NULL;
    int64_t version_before = 0;
    int64_t version_after = 0;
    rig_put(1, 20250501, morning, 4);
    rig_put(1, 20250501, morning, 3);
    must(db_open("occupancy.db", DB_READ_ONLY, &reader, &problem));
    must(db_query_integer(reader, "PRAGMA data_version", &version_before, &problem));
    int64_t rows = rig_integer("SELECT total_changes()");
    int64_t size = wal_size();
    rig_expect_changes(rig_put(1, 20250501, morning, 3), 0, 0, 3, 0, 1);
    cr_assert_eq(rig_integer("SELECT total_changes()"), rows);
    cr_assert_eq(wal_size(), size);
    must(db_query_integer(reader, "PRAGMA data_version", &version_after, &problem));
    cr_assert_eq(version_after, version_before);
    db_close(reader);
}

Test(sink_changes, vanished_row_is_counted_once_and_kept)
{
    rig_put(1, 20250501, morning, 4);
    rig_expect_changes(rig_put(1, 20250501, morning + 1, 3), 0, 0, 3, 1, 1);
    rig_expect_changes(rig_put(1, 20250501, morning + 1, 3), 0, 0, 3, 0, 1);
    rig.options.run_id = "run-2";
    rig_open();
    rig_expect_changes(rig_put(1, 20250501, morning + 1, 3), 0, 0, 3, 0, 1);
    expect_means("8,9,10,11\n");
    rig_expect_lines("SELECT run_id FROM building_insights_vanished", "run-1\n");
}

Test(sink_changes, row_that_returns_may_vanish_again)
{
    rig_put(1, 20250501, morning, 4);
    rig_put(1, 20250501, morning, 3);
    rig_open();
    rig_expect_changes(rig_put(1, 20250501, morning, 4), 0, 0, 4, 0, 0);
    cr_assert_eq(rig_integer("SELECT count(*) FROM building_insights_vanished"), 0);
    rig_expect_changes(rig_put(1, 20250501, morning, 3), 0, 0, 3, 1, 1);
}

Test(sink_changes, row_that_returns_with_another_value_is_updated)
{
    struct item changed = morning[3];
    changed.values[0] = INT(110);
    rig_put(1, 20250501, morning, 4);
    rig_put(1, 20250501, morning, 3);
    rig_expect_changes(rig_put(1, 20250501, &changed, 1), 0, 1, 0, 3, 3);
    cr_assert_eq(rig_integer("SELECT count(*) FROM building_insights_vanished"), 3);
    expect_means("8,9,10,110\n");
}

Test(sink_changes, vanished_rows_are_deleted_where_that_is_asked_for)
{
    rig.options.delete_vanished = true;
    rig_open();
    rig_put(1, 20250501, morning, 4);
    rig_expect_changes(rig_put(1, 20250501, morning + 1, 2), 0, 0, 2, 2, 0);
    expect_means("9,10\n");
    rig_expect_changes(rig_put(1, 20250501, NULL, 0), 0, 0, 0, 2, 0);
    cr_assert_eq(rig_integer("SELECT count(*) FROM building_insights_rows"), 0);
    cr_assert_eq(rig_integer("SELECT count(*) FROM building_insights_vanished"), 0);
}

Test(sink_changes, rows_kept_before_are_deleted_once_the_job_says_so)
{
    rig_put(1, 20250501, morning, 4);
    rig_put(1, 20250501, morning, 1);
    rig.options.delete_vanished = true;
    rig_open();
    rig_expect_changes(rig_put(1, 20250501, morning, 1), 0, 0, 1, 3, 0);
    expect_means("8\n");
    cr_assert_eq(rig_integer("SELECT count(*) FROM building_insights_vanished"), 0);
}

/* A record of another size moves within its page, or to another: the merge must not meet it again. */
Test(sink_changes, rows_that_grow_and_shrink_are_updated_and_never_taken_for_vanished)
{
    enum { ROWS = 288 };
    static char long_text[1500];
    static char starts[ROWS][24];
    struct item items[ROWS];
    const struct value sizes[] = {INT(1),    INT(INT64_C(1) << 40),
                                  NIL,       rig_text(VALUE_TEXT, long_text, sizeof long_text),
                                  REAL(0.1), rig_text(VALUE_TEXT, long_text, 700)};
    enum { SIZES = sizeof sizes / sizeof sizes[0] };
    memset(long_text, 'x', sizeof long_text);
    rig.options.delete_vanished = true;
    rig_open();
    for (size_t i = 0; i < ROWS; i++)
        snprintf(starts[i], sizeof starts[i], "2025-05-01T%02zu:%02zu:00Z", i / 12, i % 12 * 5);
    for (size_t round = 0; round <= SIZES; round++) {
        for (size_t i = 0; i < ROWS; i++)
            items[i] = (struct item){starts[i], {sizes[(i * (1 + i % 3) + round) % SIZES], INT((int64_t)round)}};
        struct sink_changes changes = rig_put(1, 20250501, items, ROWS);
        rig_expect_changes(changes, round == 0 ? ROWS : 0, round > 0 ? ROWS : 0, 0, 0, 0);
        rig_expect_changes(rig_put(1, 20250501, items, ROWS), 0, 0, ROWS, 0, 0);
        cr_assert_eq(rig_integer("SELECT count(*) FROM building_insights"), ROWS);
    }
}

Test(sink_changes, empty_slice_that_is_not_confirmed_keeps_its_rows_and_says_nothing)
{
    rig.options.delete_vanished = true;
    rig_open();
    rig_put(1, 20250501, morning, 4);
    rig.keep_rows = true;
    rig_expect_changes(rig_put(1, 20250501, NULL, 0), 0, 0, 0, 0, 4);
    expect_means("8,9,10,11\n");
    rig.keep_rows = false;
    rig_expect_changes(rig_put(1, 20250501, NULL, 0), 0, 0, 0, 4, 0);
}

Test(sink_changes, empty_slice_of_nothing_is_nothing)
{
    rig_expect_changes(rig_put(1, 20250501, NULL, 0), 0, 0, 0, 0, 0);
    rig.keep_rows = true;
    rig_expect_changes(rig_put(1, 20250501, NULL, 0), 0, 0, 0, 0, 0);
}

Test(sink_changes, slices_of_other_series_and_days_are_left_alone)
{
    rig_put(1, 20250501, morning, 4);
    rig_put_one(2, 20250501, "2025-05-01T08:00:00Z", 80);
    rig_put_one(1, 20250502, "2025-05-02T08:00:00Z", 81);
    rig_expect_changes(rig_put(2, 20250501, NULL, 0), 0, 0, 0, 1, 1);
    rig_expect_changes(rig_put(1, 20250501, morning, 4), 0, 0, 4, 0, 0);
    rig_expect_changes(rig_put_one(1, 20250502, "2025-05-02T08:00:00Z", 81), 0, 0, 1, 0, 0);
}

Test(sink_changes, put_that_is_rolled_back_can_be_made_again)
{
    struct sink_changes changes = {0};
    const struct value values[RIG_COLUMNS] = {INT(1), NIL};
    struct row row = {.start_text = "2025-05-01T08:00:00+01:00", .start_size = 25, .values = values};
    cr_assert(moment_parse(row.start_text, row.start_size, &row.start));
    struct sink_slice slice = {.series_id = 1, .zone = rig.zone, .day = 20209, .rows = &row, .row_count = 1};
    must(db_begin(rig.db, &problem));
    must(sink_sqlite_ops.put_slice(rig.sink, &slice, &changes, &problem));
    db_rollback(rig.db);
    rig_open();
    rig_expect_changes(rig_put_one(1, 20250501, row.start_text, 1), 1, 0, 0, 0, 0);
    rig_expect_lines("SELECT DATE_TIME_START FROM building_insights", "2025-05-01T08:00:00+01:00\n");
}
