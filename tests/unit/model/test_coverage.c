#include "core/zone.h"
#include "model/coverage.h"

#include <criterion/criterion.h>

struct granularity_case {
    const char *granularity;
    int rows_per_day;
    bool sparse;
};

Test(coverage, granularities_have_their_rows_per_day)
{
    static const struct granularity_case cases[] = {
        {"PT15M", 96, false}, {"PT1H", 24, false},    {"P1D", 1, false},
        {"P1W", 1, true},     {"P1M", 1, true},       {"P1Y", 1, true},
        {"PT30M", 48, false}, {"PT5M", 288, false},   {"PT6H", 4, false},
        {"PT7H", 4, false},   {"PT24H", 1, false},    {"PT25H", 1, true},
        {"P7D", 1, true},     {"PT1S", 86400, false}, {"PT60M", 24, false},
        {"P1DT1H", 1, true},  {"PT1H30M", 16, false}, {"P1Y2M3W4DT5H6M7S", 1, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cr_expect_eq(granularity_rows_per_day(cases[i].granularity), cases[i].rows_per_day, "%s gives %d",
                     cases[i].granularity, granularity_rows_per_day(cases[i].granularity));
        cr_expect_eq(granularity_is_sparse(cases[i].granularity), cases[i].sparse, "%s", cases[i].granularity);
    }
}

Test(coverage, unknown_granularity_counts_as_hourly_and_not_sparse)
{
    static const char *const unknown[] = {"",         "P",    "PT",    "P1",    "hourly", "1H",     "PT1",
                                          "pt1h",     "P1H",  "PT1D",  "P1DT",  "PT1M1H", "P-1D",   "P1.5D",
                                          "PT99999H", "PT0H", " PT1H", "PT1H ", "P1D1W",  "PT1HT1M"};
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        cr_expect_eq(granularity_rows_per_day(unknown[i]), 24, "'%s' gives %d", unknown[i],
                     granularity_rows_per_day(unknown[i]));
        cr_expect_not(granularity_is_sparse(unknown[i]), "'%s'", unknown[i]);
    }
}

Test(coverage, series_and_slices_are_counted_over_all_buildings)
{
    static const int64_t sites[] = {1, 2, 3};
    static const char *const groups[] = {"a", "b"};
    static const char *const granularities[] = {"PT1H", "P1D"};
    const struct coverage_building buildings[] = {
        {.id = 1, .days = {100, 130}, .site_count = 3, .sites = sites, .group_count = 2, .groups = groups},
        {.id = 2, .days = {100, 101}, .site_count = 1, .sites = sites, .group_count = 1, .groups = groups},
        {.id = 3, .days = {100, 100}, .site_count = 2, .sites = sites, .group_count = 1, .groups = groups},
    };
    const struct coverage coverage = {
        .granularity_count = 2, .granularities = granularities, .building_count = 3, .buildings = buildings};
    cr_assert_eq(coverage_series_count(&coverage), 2 * (6 + 1 + 2));
    cr_assert_eq(coverage_slice_count(&coverage), 2 * (6 * 30 + 1 * 1 + 2 * 0));
}

Test(coverage, coverage_of_nothing_counts_nothing)
{
    const struct coverage coverage = {0};
    cr_assert_eq(coverage_series_count(&coverage), 0);
    cr_assert_eq(coverage_slice_count(&coverage), 0);
}

Test(coverage, slices_beyond_32_bits_are_counted)
{
    static int64_t sites[1000];
    static const char *groups[1000];
    static const char *const granularities[] = {"PT1H"};
    const struct coverage_building building = {
        .days = {0, 100000}, .site_count = 1000, .sites = sites, .group_count = 1000, .groups = groups};
    const struct coverage coverage = {
        .granularity_count = 1, .granularities = granularities, .building_count = 1, .buildings = &building};
    cr_assert_eq(coverage_slice_count(&coverage), UINT64_C(100000000000));
}

static civil_day day_of(int year, int month, int day)
{
    return civil_day_from_date((struct civil_date){year, month, day});
}

struct settled_case {
    const char *zone;
    struct civil_date day;
    int64_t end_of_day; /* by Python's zoneinfo */
};

Test(coverage, day_is_settled_when_its_local_end_and_settle_have_passed)
{
    static const struct settled_case cases[] = {
        {"UTC", {2025, 5, 1}, 1746144000},
        {"America/Toronto", {2025, 5, 1}, 1746158400},
        {"America/Toronto", {2025, 3, 9}, 1741579200},   /* 23 hours */
        {"America/Toronto", {2025, 11, 2}, 1762146000},  /* 25 hours */
        {"Europe/London", {2025, 3, 30}, 1743375600},    /* 23 hours */
        {"Europe/London", {2025, 10, 26}, 1761523200},   /* 25 hours */
        {"Australia/Sydney", {2025, 10, 5}, 1759669200}, /* 23 hours */
        {"Australia/Sydney", {2025, 4, 6}, 1743948000},  /* 25 hours */
        {"Asia/Kolkata", {2025, 5, 1}, 1746124200},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct zone *zone = NULL;
        struct err err = {0};
        cr_assert_eq(zone_load(cases[i].zone, &zone, &err), STATUS_OK, "%s", err.message);
        civil_day day = civil_day_from_date(cases[i].day);
        cr_expect_eq(coverage_settled_from(zone, day, 0), cases[i].end_of_day, "%s %d-%d: %lld", cases[i].zone,
                     cases[i].day.month, cases[i].day.day, (long long)coverage_settled_from(zone, day, 0));
        cr_expect_eq(coverage_settled_from(zone, day, 259200), cases[i].end_of_day + 259200);
        zone_free(zone);
    }
}

Test(coverage, settle_is_counted_in_seconds_across_a_clock_change)
{
    struct zone *zone = NULL;
    cr_assert_eq(zone_load("America/Toronto", &zone, NULL), STATUS_OK);
    /* The clocks go forward on the 9th: three days after the end of the 8th it is 01:00 on the 12th. */
    int64_t settled = coverage_settled_from(zone, day_of(2025, 3, 8), 3 * 86400);
    cr_assert_eq(settled, zone_day_start(zone, day_of(2025, 3, 12)) + 3600);
    zone_free(zone);
}

Test(coverage, states_have_their_names)
{
    cr_assert_str_eq(slice_state_name(SLICE_MISSING), "missing");
    cr_assert_str_eq(slice_state_name(SLICE_OPEN), "open");
    cr_assert_str_eq(slice_state_name(SLICE_SETTLED), "settled");
    cr_assert_str_eq(slice_state_name(SLICE_FAILED), "failed");
}

/* The first day that is not settled yet, looked for day by day. */
Test(coverage, days_are_open_from_the_first_that_cannot_be_settled)
{
    static const char *const zones[] = {"UTC", "America/Toronto", "Pacific/Kiritimati", "Australia/Lord_Howe"};
    static const char *const granularities[] = {"PT1H", "P1W", "P1M"};
    static const int64_t settles[] = {0, 1, 3600, 3 * 86400, 86400 * 90 + 7};
    struct err err;
    for (size_t z = 0; z < 4; z++) {
        struct zone *zone;
        cr_assert_eq(zone_load(zones[z], &zone, &err), STATUS_OK);
        for (size_t i = 0; i < 3 * 5 * 50; i++) {
            const char *granularity = granularities[i % 3];
            struct coverage coverage = {.settle_seconds = settles[i / 3 % 5]};
            coverage.as_of =
                zone_day_start(zone, day_of(2025, 3, 20)) + (int64_t)(i / 15) * 8 * 3600 - (int64_t)(i % 2);
            civil_day day = day_of(2024, 1, 1);
            while (coverage_slice_settled_from(zone, granularity, day, coverage.settle_seconds) <= coverage.as_of)
                day++;
            cr_assert_eq(coverage_open_from(&coverage, zone, granularity), day, "%s %s %zu", zones[z], granularity, i);
        }
        const struct coverage unknown = {.settle_seconds = 86400};
        cr_assert_eq(coverage_open_from(&unknown, zone, "PT1H"), INT32_MAX);
        zone_free(zone);
    }
}
