#include "api/full_day.h"
#include "core/zone.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static const char *const groups[] = {"g"};
static const int64_t sites[] = {1};

/* One slice on one day, and its rows. */
struct day {
    struct coverage_building building;
    struct zone *zone;
    struct unit unit;
    struct batch batch;
};

static void day_init(struct day *day, const char *zone, const char *granularity, int year, int month, int day_of_month)
{
    struct err err = {0};
    *day = (struct day){0};
    cr_assert_eq(zone_load(zone, &day->zone, &err), STATUS_OK, "%s", err.message);
    day->building = (struct coverage_building){.id = 71, .zone = day->zone};
    civil_day first = civil_day_from_date((struct civil_date){year, month, day_of_month});
    day->unit = (struct unit){.building = &day->building,
                              .granularity = granularity,
                              .days = {first, first + 1},
                              .site_count = 1,
                              .sites = sites,
                              .group_count = 1,
                              .groups = groups};
    batch_init(&day->batch, 0, 0);
}

static void add(struct day *day, const char *start)
{
    struct row row = {.start_text = start, .start_size = strlen(start)};
    struct err err = {0};
    cr_assert(moment_parse(start, strlen(start), &row.start), "%s", start);
    cr_assert_eq(batch_add(&day->batch, &row, &err), STATUS_OK);
}

static void add_instants(struct day *day, int64_t first, int64_t step, int count)
{
    struct err err = {0};
    for (int i = 0; i < count; i++) {
        struct row row = {.start = {.seconds = first + i * step, .zone_known = true}};
        cr_assert_eq(batch_add(&day->batch, &row, &err), STATUS_OK);
    }
}

/* Local digits of every hour but those from skip_from to below skip_to. */
static void add_digits(struct day *day, const char *date, int hours, int skip_from, int skip_to)
{
    for (int hour = 0; hour < hours; hour++) {
        char start[32];
        snprintf(start, sizeof start, "%s %02d:00:00", date, hour);
        if (hour < skip_from || hour >= skip_to)
            add(day, start);
    }
}

static bool is_full(struct day *day)
{
    size_t conflict;
    batch_finish(&day->batch, &conflict);
    bool full = full_day(&day->unit, &day->batch);
    batch_release(&day->batch);
    zone_free(day->zone);
    return full;
}

Test(full_day, twenty_four_hours_fill_an_ordinary_day)
{
    struct day day;
    day_init(&day, "America/Toronto", "PT1H", 2025, 5, 1);
    add_digits(&day, "2025-05-01", 24, 0, 0);
    cr_expect(is_full(&day));
    day_init(&day, "America/Toronto", "PT1H", 2025, 5, 1);
    add_instants(&day, 1746072000, 3600, 24); /* 04:00 in UTC: midnight in Toronto */
    cr_expect(is_full(&day));
    day_init(&day, "America/Toronto", "PT1H", 2025, 5, 1);
    add_instants(&day, 1746057600, 3600, 24); /* the UTC day */
    cr_expect(is_full(&day));
}

Test(full_day, a_missing_first_middle_or_last_hour_is_seen)
{
    static const int skipped[] = {0, 12, 23};
    for (size_t i = 0; i < 3; i++) {
        struct day day;
        day_init(&day, "America/Toronto", "PT1H", 2025, 5, 1);
        add_digits(&day, "2025-05-01", 24, skipped[i], skipped[i] + 1);
        cr_expect_not(is_full(&day), "%d", skipped[i]);
    }
}

Test(full_day, hours_that_begin_at_no_known_midnight_fill_no_day)
{
    struct day day;
    day_init(&day, "America/Toronto", "PT1H", 2025, 5, 1);
    add_instants(&day, 1746072000 + 3600, 3600, 24);
    cr_expect_not(is_full(&day));
    day_init(&day, "America/Toronto", "PT1H", 2025, 5, 1);
    add_instants(&day, 1746072000 + 86400, 3600, 24); /* the next day */
    cr_expect_not(is_full(&day));
}

Test(full_day, a_local_day_of_25_hours_needs_25)
{
    struct day day;
    day_init(&day, "America/Toronto", "PT1H", 2025, 11, 2);
    add_instants(&day, 1762056000, 3600, 24); /* 04:00 in UTC */
    cr_expect_not(is_full(&day));
    day_init(&day, "America/Toronto", "PT1H", 2025, 11, 2);
    add_instants(&day, 1762056000, 3600, 25);
    cr_expect(is_full(&day));
    day_init(&day, "America/Toronto", "PT1H", 2025, 11, 2);
    add_instants(&day, 1762041600, 3600, 24); /* the UTC day has 24 all the same */
    cr_expect(is_full(&day));
}

Test(full_day, a_local_day_of_23_hours_has_23)
{
    struct day day;
    day_init(&day, "America/Toronto", "PT1H", 2025, 3, 9);
    add_instants(&day, 1741496400, 3600, 23); /* 05:00 in UTC */
    cr_expect(is_full(&day));
    day_init(&day, "America/Toronto", "PT1H", 2025, 3, 9);
    add_digits(&day, "2025-03-09", 24, 2, 3); /* the clock shows no hour 2 */
    cr_expect(is_full(&day));
    day_init(&day, "America/Toronto", "PT1H", 2025, 3, 9);
    add_digits(&day, "2025-03-09", 24, 2, 4);
    cr_expect_not(is_full(&day));
    day_init(&day, "America/Toronto", "PT1H", 2025, 3, 9);
    add_digits(&day, "2025-03-09", 23, 0, 0);
    cr_expect_not(is_full(&day), "without hour 23 it was cut");
}

Test(full_day, quarters_need_96)
{
    struct day day;
    day_init(&day, "UTC", "PT15M", 2025, 5, 1);
    add_instants(&day, 1746057600, 900, 96);
    cr_expect(is_full(&day));
    day_init(&day, "UTC", "PT15M", 2025, 5, 1);
    add_instants(&day, 1746057600, 900, 95);
    cr_expect_not(is_full(&day));
}

Test(full_day, a_day_has_one_daily_row)
{
    struct day day;
    day_init(&day, "America/Toronto", "P1D", 2025, 11, 2);
    add(&day, "2025-11-02");
    cr_expect(is_full(&day));
    day_init(&day, "America/Toronto", "P1D", 2025, 11, 2);
    add(&day, "2025-11-02T00:00:00-04:00");
    cr_expect(is_full(&day));
    day_init(&day, "Australia/Sydney", "P1D", 2025, 5, 1);
    add(&day, "2025-04-30T14:00:00Z");
    cr_expect(is_full(&day));
    day_init(&day, "America/Toronto", "P1D", 2025, 11, 2);
    add(&day, "2025-11-01");
    cr_expect_not(is_full(&day), "it belongs to another day");
    day_init(&day, "UTC", "P1D", 2025, 5, 1);
    add(&day, "2025-05-01 00:00");
    add(&day, "2025-05-01 12:00");
    cr_expect_not(is_full(&day));
}

Test(full_day, weeks_and_months_and_unknown_periods_fill_no_day)
{
    static const char *const granularities[] = {"P1W", "P1M", "PT5M"};
    for (size_t i = 0; i < 3; i++) {
        struct day day;
        day_init(&day, "UTC", granularities[i], 2025, 5, 1);
        add(&day, "2025-05-01");
        cr_expect_not(is_full(&day), "%s", granularities[i]);
    }
}

Test(full_day, no_rows_or_a_reject_fill_no_day)
{
    struct day day;
    struct err err = {0};
    day_init(&day, "UTC", "P1D", 2025, 5, 1);
    cr_expect_not(is_full(&day));
    day_init(&day, "UTC", "P1D", 2025, 5, 1);
    add(&day, "2025-05-01");
    cr_assert_eq(batch_reject(&day.batch, 0, "x", "{}", 2, &err), STATUS_OK);
    cr_expect_not(is_full(&day));
}
