#include "rig.h"

TestSuite(sink_dashboards, .init = rig_begin, .fini = rig_end);

#define PEAKS                                                                                                          \
    "SELECT METRIC || '|' || coalesce(PEAK, '-') || '|' || coalesce(PEAK_TIME, '-')"                                   \
    " FROM occupancy_peak ORDER BY DATE_PARTITION, SITE_ID"
#define DAYS                                                                                                           \
    "SELECT DATE || '|' || ROW_COUNT || '|' || coalesce(AVG_MEAN, '-') || '|' || coalesce(MAX_MEAN, '-')"              \
    " FROM occupancy_daily ORDER BY DATE"
#define HOURS                                                                                                          \
    "SELECT WEEKDAY_NAME || LOCAL_HOUR || '|' || ROW_COUNT || '|' || AVG_MEAN FROM occupancy_hour_of_week"             \
    " ORDER BY WEEKDAY, LOCAL_HOUR"

Test(sink_dashboards, the_first_of_equal_peaks_is_named_and_half_hours_count)
{
    struct item items[] = {{"2025-05-01T09:30:00Z", {REAL(4.5)}},
                           {"2025-05-01T08:30:00Z", {REAL(4.5)}},
                           {"2025-05-01T07:00:00Z", {INT(3)}}};
    rig_put(1, 20250501, items, 3);
    rig_expect_lines(PEAKS, "MEAN|4.5|08:30\n");
    rig_expect_lines(DAYS, "2025-05-01|3|4.0|4.5\n");
    rig_expect_lines(HOURS, "Thu7|1|3.0\nThu8|1|4.5\nThu9|1|4.5\n");
}

Test(sink_dashboards, starts_that_are_kept_as_text_have_their_hour)
{
    struct item items[] = {{"2025-05-01T23:10:00.250Z", {INT(9)}}, {"2025-05-01T05:00:00Z", {INT(3)}}};
    rig_set_zone("America/Toronto");
    rig_open();
    rig_put(1, 20250501, items, 2);
    rig_expect_lines(PEAKS, "MEAN|9|19:10\n");
    rig_expect_lines(HOURS, "Thu1|1|3.0\nThu19|1|9.0\n");
}

Test(sink_dashboards, a_value_that_is_no_number_makes_the_day_null_and_null_does_not)
{
    struct item text[] = {{"2025-05-01T07:00:00Z", {TEXT("many")}}, {"2025-05-01T08:00:00Z", {INT(3)}}};
    struct item null[] = {{"2025-05-02T07:00:00Z", {NIL}}, {"2025-05-02T08:00:00Z", {INT(3)}}};
    struct item only[] = {{"2025-05-03T07:00:00Z", {NIL}}};
    rig_put(1, 20250501, text, 2);
    rig_put(1, 20250502, null, 2);
    rig_put(1, 20250503, only, 1);
    rig_expect_lines(DAYS, "2025-05-01|2|-|-\n2025-05-02|2|3.0|3\n2025-05-03|1|-|-\n");
    rig_expect_lines(PEAKS, "MEAN|-|-\nMEAN|3|08:00\nMEAN|-|-\n");
}

Test(sink_dashboards, a_partition_without_rows_of_a_series_is_no_row)
{
    rig_put_one(1, 20250501, "2025-05-01T07:00:00Z", 5);
    rig_put_one(2, 20250502, "2025-05-02T07:00:00Z", 6);
    cr_assert_eq(rig_integer("SELECT count(*) FROM occupancy_daily"), 2);
    cr_assert_eq(rig_integer("SELECT count(*) FROM occupancy_peak"), 2);
}

Test(sink_dashboards, a_table_of_somebody_else_under_such_a_name_stays)
{
    rig_put_one(1, 20250501, "2025-05-01T07:00:00Z", 5);
    rig_exec("DROP VIEW occupancy_daily");
    rig_exec("CREATE TABLE Occupancy_Daily (mine)");
    rig_exec("DROP VIEW occupancy_peak");
    rig_open();
    cr_assert_eq(rig_integer("SELECT count(*) FROM occupancy_peak"), 1);
    cr_assert_eq(rig_integer("SELECT count(*) FROM pragma_table_info('occupancy_daily') WHERE name = 'mine'"), 1);
}
