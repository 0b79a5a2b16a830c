#include "model/occupancy.h"

#include <criterion/criterion.h>
#include <string.h>

static const int64_t sites[] = {11, 12};
static const char *const groups[] = {"cohort", OCCUPANCY_EVERYONE};
static const char *const columns[] = {"PERCENT_CAPACITY", "OCCUPANCY_MEAN", "OCCUPANCY_MAX"};

static struct coverage_building building = {
    .id = 71, .days = {20000, 20400}, .site_count = 2, .sites = sites, .group_count = 2, .groups = groups};
static const char *granularities[] = {"P1D", "PT15M", "PT1H", "P1W"};
static struct coverage coverage = {
    .granularity_count = 4, .granularities = granularities, .building_count = 1, .buildings = &building};

static struct occupancy made(size_t column_count)
{
    struct occupancy occupancy;
    struct err err;
    cr_assert_eq(occupancy_make(&coverage, column_count, columns, &occupancy, &err), STATUS_OK);
    return occupancy;
}

static struct occupancy_value number(double value)
{
    return (struct occupancy_value){.is_number = true, .number = value};
}

Test(occupancy, hours_everyone_and_the_occupancy_columns_are_preferred)
{
    struct occupancy occupancy = made(3);
    cr_assert_str_eq(occupancy.granularity, "PT1H");
    cr_assert(occupancy.has_hours);
    cr_assert_str_eq(occupancy.buildings[0].group, OCCUPANCY_EVERYONE);
    cr_assert_str_eq(occupancy.mean_column, "OCCUPANCY_MEAN");
    cr_assert_str_eq(occupancy.peak_column, "OCCUPANCY_MAX");
    cr_assert_eq(occupancy.buildings[0].days.first, 20400 - OCCUPANCY_DAYS_MAX);
    occupancy_release(&occupancy);
}

Test(occupancy, what_a_job_lacks_is_made_up_for_by_what_it_has)
{
    struct occupancy occupancy = made(1);
    cr_assert_str_eq(occupancy.mean_column, "PERCENT_CAPACITY");
    cr_assert_str_eq(occupancy.peak_column, "PERCENT_CAPACITY");
    occupancy_release(&occupancy);
    coverage.granularity_count = 1;
    occupancy = made(3);
    cr_assert_str_eq(occupancy.granularity, "P1D");
    cr_assert_not(occupancy.has_hours);
    occupancy_release(&occupancy);
    coverage.granularities = granularities + 3;
    occupancy = made(3);
    cr_assert_null(occupancy.granularity);
    occupancy_release(&occupancy);
}

Test(occupancy, rows_go_to_their_hour_and_day_and_the_peak_knows_its_site)
{
    struct occupancy occupancy = made(3);
    struct occupancy_row row = {.partition = 20399, .local_day = 20399, .local_hour = 5};
    row.mean = number(4);
    row.peak = number(9);
    occupancy_add(&occupancy, 0, 0, &row);
    row.mean = number(8);
    row.peak = number(12);
    occupancy_add(&occupancy, 0, 1, &row);
    row.peak = number(12);
    row.mean.is_number = false;
    occupancy_add(&occupancy, 0, 0, &row); /* a text */
    row.mean.is_null = true;
    row.peak = (struct occupancy_value){.is_null = true};
    occupancy_add(&occupancy, 0, 0, &row); /* null */
    row.partition = 20400;
    occupancy_add(&occupancy, 0, 0, &row); /* of no day that is shown */
    const struct occupancy_day *day = &occupancy.buildings[0].daily[OCCUPANCY_DAYS_MAX - 1];
    cr_assert_eq(day->mean.count, 2);
    cr_assert_float_eq(day->mean.sum, 12, 1e-9);
    cr_assert(day->has_peak && day->peak > 11.9 && day->peak_site == 12);
    int hour = civil_weekday(20399) * 24 + 5;
    cr_assert_eq(occupancy.buildings[0].sites[0].hours[hour].count, 1);
    cr_assert_eq(occupancy.buildings[0].sites[1].hours[hour].count, 1);
    cr_assert_eq(occupancy.rows, 4);
    cr_assert_eq(occupancy.not_numbers, 1);
    occupancy_release(&occupancy);
}

Test(occupancy, a_text_counts_when_it_is_a_number_from_end_to_end)
{
    static const char *const good[] = {"12", "-0.5", "1e3", "3.25E-2"};
    static const char *const bad[] = {"", "12 ", " 12", "0x10", "nan", "inf", "1e999", "1,5", "-", "{}"};
    for (size_t i = 0; i < 4; i++)
        cr_assert(occupancy_value_of_text(good[i], strlen(good[i])).is_number, "%s", good[i]);
    for (size_t i = 0; i < 10; i++)
        cr_assert_not(occupancy_value_of_text(bad[i], strlen(bad[i])).is_number, "%s", bad[i]);
    cr_assert_not(occupancy_value_of_text("12\0", 3).is_number);
    cr_assert_float_eq(occupancy_value_of_text("12.50", 5).number, 12.5, 1e-9);
}
