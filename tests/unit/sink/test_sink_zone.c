/* A building gets another time zone in the job: local times and strays are those of the new one. */
#include "rig.h"

#include <stdio.h>

TestSuite(sink_zone, .init = rig_begin, .fini = rig_end);

static void move_to(const char *zone)
{
    rig_set_zone(zone);
    rig_open();
}

/* Series 1 was put before the zone changed, series 2 after it: they must not differ. */
static void expect_as_if_put_now(void)
{
    rig_expect_lines("SELECT count(*) FROM (SELECT DATE_PARTITION, DATE_TIME_START, MEAN, START_UTC, LOCAL_DATE,"
                     " LOCAL_HOUR FROM building_insights WHERE SITE_ID = 1 EXCEPT SELECT DATE_PARTITION,"
                     " DATE_TIME_START, MEAN, START_UTC, LOCAL_DATE, LOCAL_HOUR FROM building_insights"
                     " WHERE SITE_ID = 2)",
                     "0\n");
    rig_expect_lines("SELECT count(*) FROM (SELECT start, date_partition FROM building_insights_strays WHERE"
                     " series_id = 1 EXCEPT SELECT start, date_partition FROM building_insights_strays"
                     " WHERE series_id = 2)",
                     "0\n");
    cr_assert_eq(rig_integer("SELECT count(*) FROM building_insights_strays WHERE series_id = 1"),
                 rig_integer("SELECT count(*) FROM building_insights_strays WHERE series_id = 2"));
}

Test(sink_zone, local_times_are_derived_anew)
{
    rig_put_one(1, 20250501, "2025-05-01T02:00:00Z", 1);
    rig_put_one(1, 20250502, "2025-05-02T02:00:00.5Z", 2);
    rig_put_one(1, 20250503, "2025-05-03T02:00:00", 3);
    move_to("America/Toronto");
    rig_expect_lines("SELECT DATE_TIME_START || ' ' || ifnull(START_UTC, '-') || ' ' || LOCAL_DATE || ' ' || LOCAL_HOUR"
                     " FROM building_insights ORDER BY DATE_PARTITION",
                     "2025-05-01T02:00:00Z 2025-05-01T02:00:00Z 2025-04-30 22\n"
                     "2025-05-02T02:00:00.5Z 2025-05-02T02:00:00Z 2025-05-01 22\n"
                     "2025-05-03T02:00:00 - 2025-05-03 2\n");
    rig_expect_lines("SELECT group_concat(date_partition) FROM (SELECT date_partition FROM building_insights_strays"
                     " ORDER BY 1)",
                     "20250501,20250502\n");
}

Test(sink_zone, rows_of_two_years_are_as_if_they_were_put_now)
{
    enum { DAYS = 730, FIRST = 19900 };
    static const char *const zones[] = {"America/Toronto", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"};
    for (size_t z = 0; z < sizeof zones / sizeof zones[0]; z++) {
        for (int64_t series = 1; series <= 2; series++) {
            if (series == 2)
                move_to(zones[z]);
            for (civil_day day = FIRST; day < FIRST + DAYS; day += 5) {
                char day_text[CIVIL_TEXT_SIZE];
                char texts[3][40];
                civil_day_format(day, day_text);
                snprintf(texts[0], sizeof texts[0], "%sT%02d:30:00Z", day_text, day % 24);
                snprintf(texts[1], sizeof texts[1], "%sT%02d:30:00.25Z", day_text, day % 23);
                snprintf(texts[2], sizeof texts[2], "%s %02d:15:00", day_text, day % 22);
                const struct item items[] = {
                    {texts[0], {INT(day), NIL}}, {texts[1], {INT(day), NIL}}, {texts[2], {INT(day), NIL}}};
                rig_put(series, civil_day_to_partition(day), items, 3);
            }
        }
        expect_as_if_put_now();
        rig_exec("DELETE FROM building_insights_rows; DELETE FROM building_insights_days;"
                 " DELETE FROM building_insights_strays");
    }
}

Test(sink_zone, same_rows_again_are_unchanged_after_the_change)
{
    rig_put_one(1, 20250501, "2025-05-01T02:00:00Z", 1);
    move_to("America/Toronto");
    rig_expect_changes(rig_put_one(1, 20250501, "2025-05-01T02:00:00Z", 1), 0, 0, 1, 0, 0);
    int64_t before = rig_integer("SELECT total_changes()");
    sink_sqlite_close(rig.sink);
    rig.sink = NULL;
    must(sink_sqlite_open(rig.db, &rig.options, &rig.sink, &problem));
    cr_assert_eq(rig_integer("SELECT total_changes()"), before, "the zone is the one that is written down");
}

Test(sink_zone, start_is_unique_across_the_change)
{
    rig_put_one(1, 20250501, "2025-05-01T02:00:00Z", 1);
    move_to("America/Toronto");
    rig_expect_changes(rig_put_one(1, 20250430, "2025-05-01T02:00:00Z", 2), 0, 0, 1, 0, 0);
    cr_assert_eq(rig_integer("SELECT count(*) FROM building_insights"), 1);
    move_to("UTC");
    rig_expect_lines("SELECT count(*) FROM building_insights_strays", "0\n");
    rig_expect_lines("SELECT DATE_PARTITION || ' ' || MEAN || ' ' || LOCAL_HOUR FROM building_insights",
                     "20250501 1 2\n");
}

Test(sink_zone, other_buildings_keep_theirs)
{
    rig_exec("INSERT INTO buildings VALUES (72, NULL, 'Asia/Kolkata');"
             "INSERT INTO series VALUES (200, 'building_insights', 72, 1, 'everyone', 'PT1H')");
    rig_put_one(200, 20250501, "2025-05-01T02:00:00Z", 1);
    rig_put_one(1, 20250501, "2025-05-01T02:00:00Z", 1);
    move_to("America/Toronto");
    rig_expect_lines("SELECT BUILDING_ID || ' ' || LOCAL_HOUR FROM building_insights ORDER BY 1", "71 22\n72 2\n");
}
