#include "world.h"

#include <criterion/criterion.h>
#include <string.h>

enum { NOW = 1768478400 /* 2026-01-15T12:00:00Z */ };

static struct world world;

static void release(void)
{
    world_release(&world);
}

static civil_day day(int year, int month, int of_month)
{
    return civil_day_from_date((struct civil_date){year, month, of_month});
}

static struct world_options defaults(void)
{
    return (struct world_options){
        .seed = 1,
        .buildings = 3,
        .sites = 3,
        .groups = 12,
        .granularities = "P1M,PT15M,P1W,PT1H,P1D",
        .zones = "America/Toronto,Europe/London,Australia/Lord_Howe",
        .from = day(2024, 1, 1),
        .now = NOW,
    };
}

static void init(const struct world_options *options)
{
    struct err err = {0};
    world_release(&world);
    cr_assert_eq(world_init(&world, options, &err), STATUS_OK, "%s", err.message);
}

static int granularity(const char *name)
{
    for (int i = 0; i < world.granularity_count; i++) {
        if (strcmp(world.granularities[i].name, name) == 0)
            return i;
    }
    cr_assert_fail("no granularity %s", name);
    return -1;
}

/* Rows of building, first site and group, on a day; 0 when there is no such slice. */
static size_t rows_on(int building, const char *name, civil_day of)
{
    struct slice slice = {.building = building, .granularity = granularity(name), .day = of};
    int64_t starts[WORLD_STARTS_MAX];
    if (!world_slice_exists(&world, &slice))
        return 0;
    size_t count = world_slice_starts(&world, &slice, starts);
    cr_assert_eq(count, world_slice_count(&world, &slice));
    for (size_t i = 1; i < count; i++)
        cr_assert_lt(starts[i - 1], starts[i]);
    if (world.partitions == PARTITIONS_LOCAL)
        cr_assert_eq(zone_day_at(world_zone_of(&world, building), starts[0]), of);
    cr_assert_eq(world_period_end(&world, &slice, starts[0]) > starts[0], true);
    return count;
}

TestSuite(sim_world, .fini = release);

Test(sim_world, local_days_have_23_or_25_hours_when_clocks_change)
{
    struct world_options options = defaults();
    init(&options);
    cr_assert_eq(rows_on(0, "PT1H", day(2024, 3, 9)), 24);
    cr_assert_eq(rows_on(0, "PT1H", day(2024, 3, 10)), 23);
    cr_assert_eq(rows_on(0, "PT1H", day(2024, 11, 3)), 25);
    cr_assert_eq(rows_on(0, "PT15M", day(2024, 3, 10)), 92);
    cr_assert_eq(rows_on(0, "PT15M", day(2024, 11, 3)), 100);
    cr_assert_eq(rows_on(1, "PT1H", day(2024, 3, 10)), 24, "London changes on another day");
    cr_assert_eq(rows_on(1, "PT1H", day(2024, 3, 31)), 23);
    cr_assert_eq(rows_on(0, "P1D", day(2024, 3, 10)), 1);
    cr_assert_eq(rows_on(2, "PT1H", day(2024, 4, 7)), 25, "half an hour of summer time makes a part of an hour");
}

Test(sim_world, utc_days_always_have_24_hours)
{
    struct world_options options = defaults();
    options.partitions = PARTITIONS_UTC;
    init(&options);
    cr_assert_eq(rows_on(0, "PT1H", day(2024, 3, 10)), 24);
    cr_assert_eq(rows_on(0, "PT1H", day(2024, 11, 3)), 24);
    struct slice slice = {.granularity = granularity("PT1H"), .day = day(2024, 11, 3)};
    int64_t starts[WORLD_STARTS_MAX];
    world_slice_starts(&world, &slice, starts);
    cr_assert_eq(starts[0], (int64_t)slice.day * 86400);
}

Test(sim_world, weeks_start_on_monday_and_months_on_the_first)
{
    struct world_options options = defaults();
    init(&options);
    int weeks = 0;
    int months = 0;
    for (civil_day of = day(2024, 1, 1); of < day(2025, 1, 1); of++) {
        size_t week = rows_on(0, "P1W", of);
        size_t month = rows_on(0, "P1M", of);
        cr_assert_eq(week, civil_weekday(of) == 0 ? 1 : 0);
        cr_assert_eq(month, civil_date_from_day(of).day == 1 ? 1 : 0);
        weeks += (int)week;
        months += (int)month;
    }
    cr_assert_eq(weeks, 53);
    cr_assert_eq(months, 12);
    struct slice february = {.granularity = granularity("P1M"), .day = day(2024, 2, 1)};
    int64_t start;
    int64_t starts[WORLD_STARTS_MAX];
    world_slice_starts(&world, &february, starts);
    start = starts[0];
    cr_assert_eq(world_period_end(&world, &february, start) - start, 29 * 86400);
}

Test(sim_world, a_day_that_a_zone_skipped_has_no_rows)
{
    struct world_options options = defaults();
    options.zones = "Pacific/Apia";
    options.from = day(2011, 12, 28);
    init(&options);
    struct slice slice = {.granularity = granularity("PT1H"), .day = day(2011, 12, 30)};
    cr_assert_eq(world_slice_count(&world, &slice), 0);
    slice.granularity = granularity("P1D");
    cr_assert_eq(world_slice_count(&world, &slice), 0);
    cr_assert_eq(rows_on(0, "P1D", day(2011, 12, 31)), 1);
}

Test(sim_world, without_an_end_rows_reach_to_yesterday_of_each_zone)
{
    struct world_options options = defaults();
    options.zones = "Pacific/Kiritimati,Etc/GMT+12";
    init(&options);
    cr_assert_eq(rows_on(0, "P1D", day(2026, 1, 15)), 1, "it is already the 16th there");
    cr_assert_eq(rows_on(0, "P1D", day(2026, 1, 16)), 0);
    cr_assert_eq(rows_on(1, "P1D", day(2026, 1, 14)), 1);
    cr_assert_eq(rows_on(1, "P1D", day(2026, 1, 15)), 0);
    cr_assert_eq(rows_on(0, "P1D", day(2023, 12, 31)), 0, "before --from");
}

Test(sim_world, an_end_in_the_future_stops_at_today)
{
    struct world_options options = defaults();
    options.has_to = true;
    options.to = day(2030, 1, 1);
    init(&options);
    cr_assert_eq(rows_on(0, "P1D", day(2026, 1, 15)), 1);
    cr_assert_eq(rows_on(0, "P1D", day(2026, 1, 16)), 0);
    options.to = day(2025, 6, 30);
    init(&options);
    cr_assert_eq(rows_on(0, "P1D", day(2025, 6, 30)), 1);
    cr_assert_eq(rows_on(0, "P1D", day(2025, 7, 1)), 0);
}

Test(sim_world, a_range_without_days_is_an_empty_world)
{
    struct world_options options = defaults();
    options.from = day(2027, 1, 1);
    init(&options);
    cr_assert_eq(rows_on(0, "P1D", day(2027, 1, 1)), 0);
}

Test(sim_world, ids_ascend_and_the_demo_site_is_there)
{
    struct world_options options = defaults();
    options.sites = WORLD_SITES_MAX;
    init(&options);
    for (int building = 0; building < 3; building++) {
        for (int site = 1; site < WORLD_SITES_MAX; site++)
            cr_assert_lt(world_site_id(&world, building, site - 1), world_site_id(&world, building, site));
    }
    cr_assert_eq(world_building_id(&world, 0), 71);
    cr_assert_eq(world_site_id(&world, 0, WORLD_SITES_MAX - 1), WORLD_DEMO_SITE);
    cr_assert_lt(world_site_id(&world, 1, WORLD_SITES_MAX - 1), world_site_id(&world, 2, 0));
    options.sites = 1;
    init(&options);
    cr_assert_eq(world_site_id(&world, 0, 0), WORLD_DEMO_SITE);
    cr_assert_eq(world_site_number(&world, 0, 0), 0);
    cr_assert_eq(world_site_id(&world, 1, 0), 72001);
}

Test(sim_world, groups_are_in_byte_order_and_do_not_depend_on_the_seed)
{
    struct world_options options = defaults();
    options.groups = 200;
    init(&options);
    char first[200][WORLD_GROUP_SIZE];
    int capitals = 0;
    int prefixed = 0;
    for (int i = 0; i < 200; i++) {
        memcpy(first[i], world.groups[i], WORLD_GROUP_SIZE);
        cr_assert(i == 0 || strcmp(first[i - 1], first[i]) < 0, "%s %s", first[i - 1], first[i]);
        capitals += strpbrk(first[i], "ABCDEF") != NULL;
        prefixed += strncmp(first[i], "all-", 4) == 0;
    }
    cr_assert_str_eq(first[0], "00000000-0000-0000-0000-000000000000");
    cr_assert_gt(capitals, 20);
    cr_assert_gt(prefixed, 20);
    options.seed = 99;
    init(&options);
    for (int i = 0; i < 200; i++)
        cr_assert_str_eq(world.groups[i], first[i]);
}

static double missing_share(int percent)
{
    struct world_options options = defaults();
    options.gap_percent = percent;
    init(&options);
    int missing = 0;
    int all = 0;
    for (civil_day of = day(2024, 1, 1); of < day(2026, 1, 1); of++) {
        for (int group = 0; group < 3; group++, all++) {
            struct slice slice = {.group = group, .granularity = granularity("PT1H"), .day = of};
            bool exists = world_slice_exists(&world, &slice);
            cr_assert_eq(exists, world_slice_exists(&world, &slice));
            missing += !exists;
        }
    }
    return (double)missing / all;
}

Test(sim_world, gaps_take_away_about_their_share_of_the_slices)
{
    cr_assert_eq(missing_share(0), 0);
    cr_assert_eq(missing_share(100), 1);
    double share = missing_share(10);
    cr_assert(share > 0.07 && share < 0.13, "%f", share);
}

struct mistake {
    const char *granularities;
    const char *zones;
    int buildings;
};

Test(sim_world, impossible_worlds_are_refused)
{
    static const struct mistake mistakes[] = {
        {"PT2H", "UTC", 1},   {"", "UTC", 1},           {"PT1H,", "UTC", 0},        {"PT1H", "", 1},
        {"PT1H,,", "UTC", 1}, {"PT1H", "Mars/Base", 1}, {"PT1H", "UTC,Nowhere", 1}, {"PT1H", "UTC", 10001},
    };
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        struct world_options options = defaults();
        options.granularities = mistakes[i].granularities;
        options.zones = mistakes[i].zones;
        options.buildings = mistakes[i].buildings;
        struct world other = {0};
        struct err err = {0};
        cr_assert_eq(world_init(&other, &options, &err), STATUS_USAGE, "case %zu", i);
        cr_assert_neq(err.message[0], '\0');
        world_release(&other);
    }
}
