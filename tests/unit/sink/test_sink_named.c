#include "rig.h"

TestSuite(sink_named, .init = rig_begin, .fini = rig_end);

#define NAMES                                                                                                          \
    "SELECT coalesce(BUILDING_NAME, '-') || '|' || coalesce(SITE_CODE, '-') || '|' || coalesce(FLOOR_ID, '-') || '|'"  \
    " || coalesce(FLOOR_CODE, '-') || '|' || coalesce(FLOOR_NAME, '-') || '|' || coalesce(FLOOR_LEVEL, '-')"           \
    " FROM building_insights_named"

static void begin(void)
{
    rig_put_one(1, 20250501, "2025-05-01T00:00:00Z", 5);
}

Test(sink_named, a_row_without_any_names_is_there_once)
{
    begin();
    rig_exec("DELETE FROM buildings");
    rig_expect_lines(NAMES, "-|-|-|-|-|-\n");
}

Test(sink_named, names_of_building_site_and_floor_stand_beside_the_row)
{
    begin();
    rig_exec("DELETE FROM buildings");
    rig_exec("INSERT INTO buildings (name, building_id, time_zone)"
             " SELECT 'Tower', BUILDING_ID, 'UTC' FROM building_insights");
    rig_exec("INSERT INTO sites (SITE_ID, SITE_CODE, BUILDING_ID, FLOOR_ID)"
             " SELECT SITE_ID, 'N1', BUILDING_ID, 5 FROM building_insights");
    rig_exec("INSERT INTO sites (SITE_ID, SITE_CODE) VALUES (-77, 'other')");
    rig_exec("INSERT INTO floors VALUES (5, 'F5', 1, 2, 'Second', 'UTC'), (6, 'F6', 1, 3, 'Third', 'UTC')");
    rig_expect_lines(NAMES, "Tower|N1|5|F5|Second|2\n");
}

Test(sink_named, a_site_of_another_building_is_not_meant)
{
    begin();
    rig_exec("INSERT INTO sites (SITE_ID, SITE_CODE, BUILDING_ID)"
             " SELECT SITE_ID, 'N1', BUILDING_ID + 1 FROM building_insights");
    rig_expect_lines("SELECT coalesce(SITE_CODE, '-') FROM building_insights_named", "-\n");
}

Test(sink_named, a_site_without_building_and_floor_still_has_its_code)
{
    begin();
    rig_exec("INSERT INTO sites (SITE_ID, SITE_CODE) SELECT SITE_ID, 'N1' FROM building_insights");
    rig_expect_lines("SELECT SITE_CODE || coalesce(FLOOR_CODE, '-') FROM building_insights_named", "N1-\n");
}

Test(sink_named, it_has_all_columns_of_the_plain_view_first_also_new_ones)
{
    rig.options.column_count = 1;
    rig.options.columns =
        (const char *const[]){"SITE_CODE"}; /* a column of the server may be called like one of ours */
    rig_open();
    cr_assert_eq(rig_integer("SELECT count(*) FROM pragma_table_info('building_insights') a JOIN"
                             " pragma_table_info('building_insights_named') b ON a.cid = b.cid AND a.name = b.name"),
                 rig_integer("SELECT count(*) FROM pragma_table_info('building_insights')"));
    cr_assert_eq(rig_integer("SELECT count(*) FROM pragma_table_info('building_insights_named')"),
                 rig_integer("SELECT count(*) FROM pragma_table_info('building_insights')") + 6);
}

Test(sink_named, a_database_of_before_gets_the_view)
{
    rig_exec("DROP VIEW building_insights_named");
    rig_open();
    cr_expect_eq(rig_integer("SELECT count(*) FROM building_insights_named"), 0);
}

Test(sink_named, a_day_is_one_row_of_the_daily_view)
{
    const struct item items[] = {{"2025-05-01T00:00:00Z", {INT(2), NIL}},
                                 {"2025-05-01T01:00:00Z", {INT(6), NIL}},
                                 {"2025-05-01T02:00:00Z", {NIL, NIL}}};
    rig_put(1, 20250501, items, 3);
    rig_put_one(1, 20250502, "2025-05-02T00:00:00Z", 9);
    rig_expect_lines("SELECT DATE_PARTITION || '|' || ROW_COUNT || '|' || AVG_MEAN || '|' || MAX_MEAN"
                     " FROM building_insights_daily ORDER BY 1",
                     "20250501|3|4.0|6\n20250502|1|9.0|9\n");
}

Test(sink_named, a_database_of_before_gets_the_days_of_its_rows)
{
    rig_put_one(1, 20250501, "2025-05-01T00:00:00Z", 7);
    rig_put_one(2, 20250502, "2025-05-02T00:00:00Z", 9);
    rig_exec("DROP VIEW building_insights_daily; DROP TABLE building_insights_days;"
             "CREATE TABLE building_insights_days (date_partition INTEGER NOT NULL, series_id INTEGER NOT NULL,"
             " row_count INTEGER NOT NULL, PRIMARY KEY (date_partition, series_id)) WITHOUT ROWID");
    rig_open();
    rig_expect_lines("SELECT DATE_PARTITION || '|' || ROW_COUNT || '|' || MAX_MEAN FROM building_insights_daily"
                     " ORDER BY 1",
                     "20250501|1|7\n20250502|1|9\n");
}

/* Another job has added a column and filled it while this sink is open. */
Test(sink_named, days_know_columns_that_another_run_adds)
{
    static const char *const other_columns[] = {"PEAK"};
    struct sink_sqlite_options options = rig.options;
    struct sink_sqlite *other = NULL;
    const struct item items[] = {{"2025-05-01T00:00:00Z", {INT(2), NIL}}};
    rig_put(1, 20250501, items, 1);
    options.column_count = 1;
    options.columns = other_columns;
    must(sink_sqlite_open(rig.db, &options, &other, &problem));
    sink_sqlite_close(other);
    rig_exec(
        "UPDATE building_insights_rows SET v_PEAK = 50; UPDATE building_insights_days SET a_PEAK = 50, m_PEAK = 50");
    rig_put_one(1, 20250501, "2025-05-01T00:00:00Z", 3);
    rig_expect_lines("SELECT AVG_MEAN || '|' || MAX_PEAK FROM building_insights_daily", "3.0|50\n");
}

Test(sink_named, a_day_with_a_value_that_is_no_number_has_no_mean)
{
    const struct item items[] = {{"2025-05-01T00:00:00Z", {INT(2), NIL}}, {"2025-05-01T01:00:00Z", {TEXT("six"), NIL}}};
    rig_put(1, 20250501, items, 2);
    rig_expect_lines(
        "SELECT ROW_COUNT || coalesce(AVG_MEAN, '-') || coalesce(MAX_MEAN, '-') FROM building_insights_daily", "2--\n");
}
