#include "metrics.h"

#include <criterion/criterion.h>
#include <string.h>

static struct world world;

static civil_day day(int year, int month, int of_month)
{
    return civil_day_from_date((struct civil_date){year, month, of_month});
}

static void init(uint64_t seed)
{
    struct world_options options = {
        .seed = seed,
        .buildings = 2,
        .sites = 2,
        .groups = 6,
        .granularities = "PT15M,PT1H,P1D,P1W,P1M",
        .zones = "America/Toronto,Australia/Sydney",
        .from = day(2024, 1, 1),
        .now = 1768478400,
    };
    struct err err = {0};
    world_release(&world);
    cr_assert_eq(world_init(&world, &options, &err), STATUS_OK, "%s", err.message);
}

static void setup(void)
{
    init(1);
}

static void release(void)
{
    world_release(&world);
}

/* The values of the n-th row of a slice of the first group. */
static struct metrics values_of(int building, enum world_period period, civil_day of, size_t row)
{
    struct slice slice = {.building = building, .site = 1, .day = of};
    while (world.granularities[slice.granularity].period != period)
        slice.granularity++;
    int64_t starts[WORLD_STARTS_MAX];
    cr_assert_lt(row, world_slice_starts(&world, &slice, starts));
    return metrics_of(&world, &slice, starts[row]);
}

TestSuite(sim_metrics, .init = setup, .fini = release);

Test(sim_metrics, values_depend_on_nothing_but_seed_and_key)
{
    struct metrics first = values_of(0, PERIOD_HOUR, day(2024, 5, 14), 11);
    struct metrics again = values_of(0, PERIOD_HOUR, day(2024, 5, 14), 11);
    cr_assert_eq(memcmp(&first.mean, &again.mean, sizeof first.mean), 0);
    cr_assert_eq(first.max, again.max);
    init(1);
    cr_assert_eq(values_of(0, PERIOD_HOUR, day(2024, 5, 14), 11).mean, first.mean);
    init(2);
    cr_assert_neq(values_of(0, PERIOD_HOUR, day(2024, 5, 14), 11).mean, first.mean);
}

/* The mean of the non-null values of an hour of the local day over a year, for one weekday. */
static double typical(int building, int weekday, size_t hour)
{
    double sum = 0;
    int count = 0;
    for (civil_day of = day(2024, 1, 1); of < day(2025, 1, 1); of++) {
        if (civil_weekday(of) != weekday)
            continue;
        struct metrics metrics = values_of(building, PERIOD_HOUR, of, hour);
        sum += metrics.is_null ? 0 : (double)metrics.mean;
        count += !metrics.is_null;
    }
    return sum / count;
}

Test(sim_metrics, offices_are_full_on_working_days_and_empty_at_night_and_on_weekends)
{
    for (int building = 0; building < 2; building++) {
        double tuesday = typical(building, 1, 11);
        cr_assert_gt(tuesday, 10.0 * METRICS_UNIT);
        cr_assert_gt(tuesday, 8 * typical(building, 5, 11), "a Saturday in building %d", building);
        cr_assert_gt(tuesday, 8 * typical(building, 6, 11), "a Sunday in building %d", building);
        cr_assert_gt(tuesday, typical(building, 4, 11), "Fridays are thinner");
        cr_assert_eq(typical(building, 1, 2), 0);
        cr_assert_gt(tuesday, typical(building, 1, 18));
    }
}

Test(sim_metrics, longer_periods_agree_with_the_shorter_ones)
{
    int compared = 0;
    for (civil_day of = day(2024, 3, 4); of < day(2024, 3, 18); of++) {
        size_t hours = of == day(2024, 3, 10) ? 23 : 24;
        struct metrics whole = values_of(0, PERIOD_DAY, of, 0);
        double sum = 0;
        int64_t max = 0;
        bool has_null = whole.is_null;
        for (size_t hour = 0; hour < hours; hour++) {
            struct metrics part = values_of(0, PERIOD_HOUR, of, hour);
            has_null = has_null || part.is_null;
            sum += (double)part.mean;
            max = part.max > max ? part.max : max;
        }
        if (has_null)
            continue;
        compared++;
        cr_assert_float_eq((double)whole.mean, sum / (double)hours, 1.0);
        cr_assert_eq(whole.max, max);
    }
    cr_assert_geq(compared, 8);
}

Test(sim_metrics, nulls_zeros_and_objects_all_occur)
{
    int nulls = 0;
    int zeros = 0;
    int busy = 0;
    for (civil_day of = day(2024, 1, 1); of < day(2025, 1, 1); of++) {
        for (size_t hour = 0; hour < 23; hour++) {
            struct metrics metrics = values_of(0, PERIOD_HOUR, of, hour);
            nulls += metrics.is_null;
            zeros += !metrics.is_null && metrics.mean == 0;
            busy += metrics.zone > 0;
            if (metrics.is_null)
                continue;
            cr_assert_eq(metrics.has_pos, metrics.mean > 0);
            cr_assert_eq(metrics.zone > 0, metrics.mean > 0);
            cr_assert(metrics.max >= metrics.mean && metrics.mean >= 0);
            cr_assert(!metrics.has_pos || metrics.pos >= metrics.mean);
            cr_assert(metrics.zone_mean <= metrics.mean);
        }
    }
    cr_assert(nulls > 10 && nulls < 100, "%d", nulls);
    cr_assert_gt(zeros, 1000);
    cr_assert_gt(busy, 1000);
}

Test(sim_metrics, the_whole_building_has_more_people_than_a_team)
{
    struct slice slice = {.site = 0, .granularity = 0, .day = day(2024, 5, 1)};
    while (world.granularities[slice.granularity].period != PERIOD_MONTH)
        slice.granularity++;
    int64_t starts[WORLD_STARTS_MAX];
    world_slice_starts(&world, &slice, starts);
    struct metrics everyone = {0};
    for (slice.group = 0; world.group_numbers[slice.group] != 0;)
        slice.group++;
    everyone = metrics_of(&world, &slice, starts[0]);
    for (slice.group = 0; slice.group < world.group_count; slice.group++) {
        struct metrics team = metrics_of(&world, &slice, starts[0]);
        if (world.group_numbers[slice.group] > 1 && !team.is_null)
            cr_assert_lt(team.mean, everyone.mean);
    }
}
