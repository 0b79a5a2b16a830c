/* One start that the API gives under two partitions. */
#include "rig.h"

static const char start[] = "2025-05-01T23:00:00Z"; /* its own day in UTC is 20250501 */

TestSuite(sink_strays, .init = rig_begin, .fini = rig_end);

static void expect_row(const char *want)
{
    rig_expect_lines("SELECT DATE_PARTITION || ' ' || MEAN FROM building_insights ORDER BY 1", want);
}

static void expect_stray(const char *want)
{
    rig_expect_lines("SELECT series_id || ' ' || date_partition FROM building_insights_strays ORDER BY 1", want);
}

/* Both partitions again, twice, with what they held: nothing may change. */
static void expect_stable(int32_t early, int32_t late)
{
    for (int i = 0; i < 2; i++) {
        rig_expect_changes(rig_put_one(1, early, start, 1), 0, 0, 1, 0, 0);
        rig_expect_changes(rig_put_one(1, late, start, 2), 0, 0, 1, 0, 0);
        rig_open();
    }
}

Test(sink_strays, later_partition_has_the_last_word_when_it_comes_last)
{
    rig_expect_changes(rig_put_one(1, 20250501, start, 1), 1, 0, 0, 0, 0);
    rig_expect_changes(rig_put_one(1, 20250502, start, 2), 0, 1, 0, 0, 0);
    expect_row("20250502 2\n");
    expect_stray("1 20250502\n");
    expect_stable(20250501, 20250502);
    expect_row("20250502 2\n");
}

Test(sink_strays, later_partition_has_the_last_word_when_it_comes_first)
{
    rig_expect_changes(rig_put_one(1, 20250502, start, 2), 1, 0, 0, 0, 0);
    rig_expect_changes(rig_put_one(1, 20250501, start, 1), 0, 0, 1, 0, 0);
    expect_row("20250502 2\n");
    expect_stable(20250501, 20250502);
    expect_row("20250502 2\n");
}

Test(sink_strays, own_day_wins_over_an_earlier_one)
{
    rig_expect_changes(rig_put_one(1, 20250430, start, 1), 1, 0, 0, 0, 0);
    expect_stray("1 20250430\n");
    rig_expect_changes(rig_put_one(1, 20250501, start, 2), 0, 1, 0, 0, 0);
    expect_row("20250501 2\n");
    expect_stray("");
    expect_stable(20250430, 20250501);
    rig_exec("DELETE FROM building_insights_rows; DELETE FROM building_insights_days");
    rig_open();
    rig_put_one(1, 20250501, start, 2);
    rig_expect_changes(rig_put_one(1, 20250430, start, 1), 0, 0, 1, 0, 0);
    expect_row("20250501 2\n");
}

Test(sink_strays, two_foreign_partitions_are_ordered_too)
{
    rig_put_one(1, 20250502, start, 1);
    rig_expect_changes(rig_put_one(1, 20250504, start, 2), 0, 1, 0, 0, 0);
    expect_row("20250504 2\n");
    expect_stray("1 20250504\n");
    expect_stable(20250502, 20250504);
    rig_exec("DELETE FROM building_insights_rows; DELETE FROM building_insights_days;"
             " DELETE FROM building_insights_strays");
    rig_put_one(1, 20250504, start, 2);
    rig_put_one(1, 20250502, start, 1);
    expect_row("20250504 2\n");
}

Test(sink_strays, starts_with_a_fraction_are_unique_as_well)
{
    static const char fraction[] = "2025-05-01T23:00:00.5Z";
    rig_put_one(1, 20250501, fraction, 1);
    rig_expect_changes(rig_put_one(1, 20250502, fraction, 2), 0, 1, 0, 0, 0);
    rig_expect_changes(rig_put_one(1, 20250501, fraction, 1), 0, 0, 1, 0, 0);
    expect_row("20250502 2\n");
}

Test(sink_strays, other_series_and_other_starts_are_left_alone)
{
    rig_put_one(1, 20250501, start, 1);
    rig_put_one(2, 20250502, start, 2);
    rig_put_one(3, 20250502, "2025-05-01T22:00:00Z", 3);
    expect_row("20250501 1\n20250502 2\n20250502 3\n");
    expect_stray("2 20250502\n3 20250502\n");
}

Test(sink_strays, row_that_moved_on_leaves_no_trace_of_having_vanished)
{
    rig_put_one(1, 20250501, start, 1);
    rig_expect_changes(rig_put(1, 20250501, NULL, 0), 0, 0, 0, 1, 1);
    rig_expect_changes(rig_put_one(1, 20250502, start, 2), 0, 1, 0, 0, 0);
    cr_assert_eq(rig_integer("SELECT count(*) FROM building_insights_vanished"), 0);
    rig_expect_changes(rig_put(1, 20250502, NULL, 0), 0, 0, 0, 1, 1);
}

/* The later partition does not return it any more; the earlier one does, and must be complete. */
Test(sink_strays, vanished_row_gives_way_to_the_one_that_is_returned)
{
    rig_put_one(1, 20250502, start, 2);
    rig_expect_changes(rig_put(1, 20250502, NULL, 0), 0, 0, 0, 1, 1);
    rig_open();
    rig_expect_changes(rig_put_one(1, 20250501, start, 1), 0, 1, 0, 0, 0);
    expect_row("20250501 1\n");
    expect_stray("");
    cr_assert_eq(rig_integer("SELECT count(*) FROM building_insights_vanished"), 0);
    rig_expect_changes(rig_put_one(1, 20250501, start, 1), 0, 0, 1, 0, 0);
    rig_expect_changes(rig_put(1, 20250502, NULL, 0), 0, 0, 0, 0, 0);
}

Test(sink_strays, deleted_stray_is_forgotten)
{
    rig.options.delete_vanished = true;
    rig_open();
    rig_put_one(1, 20250502, start, 2);
    rig_expect_changes(rig_put(1, 20250502, NULL, 0), 0, 0, 0, 1, 0);
    expect_stray("");
    rig_expect_changes(rig_put_one(1, 20250501, start, 1), 1, 0, 0, 0, 0);
    expect_row("20250501 1\n");
}

/* The API begins to write the zone: what was read as local time is an instant now, and that has another local day. */
Test(sink_strays, spelling_that_makes_a_row_a_stray_is_noticed)
{
    rig_set_zone("America/Toronto");
    rig_open();
    rig_put_one(1, 20250501, "2025-05-01T02:00:00", 1);
    expect_stray("");
    rig_expect_changes(rig_put_one(1, 20250501, "2025-05-01T02:00:00Z", 1), 0, 1, 0, 0, 0);
    expect_stray("1 20250501\n");
    rig_expect_changes(rig_put_one(1, 20250430, "2025-05-01T02:00:00Z", 1), 0, 0, 1, 0, 0);
    expect_row("20250501 1\n");
    rig_expect_changes(rig_put_one(1, 20250501, "2025-05-01T02:00:00", 1), 0, 1, 0, 0, 0);
    expect_stray("");
}

/* 23:00 UTC of the first: under whatever partition a day of some zone has it, from that of April 30 on. */
Test(sink_strays, vanished_row_names_the_days_that_may_have_it)
{
    rig_put_one(1, 20250502, start, 2);
    struct sink_changes changes = rig_put(1, 20250502, NULL, 0);
    cr_assert_eq(civil_day_to_partition(changes.earlier.first), 20250430);
    cr_assert_eq(civil_day_to_partition(changes.earlier.end), 20250502);
    changes = rig_put(1, 20250502, NULL, 0); /* that it is gone is known */
    cr_assert_eq(changes.earlier.first, changes.earlier.end);
    rig.options.delete_vanished = true;
    rig_open();
    changes = rig_put(1, 20250502, NULL, 0);
    cr_assert_eq(civil_day_to_partition(changes.earlier.first), 20250430);
    cr_assert_eq(civil_day_to_partition(changes.earlier.end), 20250502);
}
