#include "core/civil.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static civil_day day_of(int year, int month, int day)
{
    return civil_day_from_date((struct civil_date){year, month, day});
}

Test(civil, epoch_is_day_zero)
{
    cr_assert_eq(day_of(1970, 1, 1), 0);
    cr_assert_eq(day_of(1970, 1, 2), 1);
    cr_assert_eq(day_of(2000, 3, 1), 11017);
    cr_assert_eq(day_of(9999, 12, 31), 2932896);
}

Test(civil, every_day_follows_the_one_before_as_libc_says)
{
    civil_day last = day_of(2500, 1, 1);
    for (civil_day day = 0; day < last; day++) {
        time_t noon = (time_t)day * 86400 + 43200;
        struct tm tm;
        cr_assert_not_null(gmtime_r(&noon, &tm));
        struct civil_date date = civil_date_from_day(day);
        if (date.year != tm.tm_year + 1900 || date.month != tm.tm_mon + 1 || date.day != tm.tm_mday ||
            civil_day_from_date(date) != day || civil_weekday(day) != (tm.tm_wday + 6) % 7)
            cr_assert_fail("day %d is %d-%d-%d", day, date.year, date.month, date.day);
    }
}

Test(civil, days_before_the_epoch_count_down)
{
    struct civil_date date = civil_date_from_day(-1);
    cr_assert(date.year == 1969 && date.month == 12 && date.day == 31);
    cr_assert_eq(day_of(1969, 12, 31), -1);
    cr_assert_eq(civil_weekday(-1), 2);
    cr_assert_eq(civil_weekday(-3), 0);
    cr_assert_eq(civil_weekday(-4), 6);
    date = civil_date_from_day(-719528);
    cr_assert(date.year == 0 && date.month == 1 && date.day == 1);
    cr_assert_eq(day_of(0, 1, 1), -719528);
    cr_assert_eq(day_of(-1, 3, 1), -719834);
}

Test(civil, months_have_their_days)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    for (int month = 1; month <= 12; month++)
        cr_expect_eq(civil_days_in_month(2025, month), days[month - 1]);
    cr_expect_eq(civil_days_in_month(2024, 2), 29);
    cr_expect_eq(civil_days_in_month(2000, 2), 29);
    cr_expect_eq(civil_days_in_month(2100, 2), 28);
    cr_expect_eq(civil_days_in_month(2025, 0), 0);
    cr_expect_eq(civil_days_in_month(2025, 13), 0);
    cr_expect_eq(civil_days_in_month(2025, -1), 0);
}

Test(civil, only_dates_of_the_calendar_exist)
{
    static const struct civil_date real[] = {{1970, 1, 1}, {2024, 2, 29}, {9999, 12, 31}};
    static const struct civil_date unreal[] = {{1969, 12, 31}, {10000, 1, 1}, {2025, 2, 29}, {2100, 2, 29},
                                               {2025, 4, 31},  {2025, 0, 1},  {2025, 13, 1}, {2025, 1, 0},
                                               {2025, 1, -1},  {2025, 1, 32}};
    for (size_t i = 0; i < sizeof real / sizeof real[0]; i++)
        cr_expect(civil_date_exists(real[i]), "%d-%d-%d", real[i].year, real[i].month, real[i].day);
    for (size_t i = 0; i < sizeof unreal / sizeof unreal[0]; i++)
        cr_expect_not(civil_date_exists(unreal[i]), "%d-%d-%d", unreal[i].year, unreal[i].month, unreal[i].day);
}

Test(civil, text_is_parsed_and_written_back)
{
    static const char *const texts[] = {"1970-01-01", "2024-02-29", "2025-05-01", "9999-12-31"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        civil_day day;
        char out[CIVIL_TEXT_SIZE];
        cr_assert(civil_day_parse(texts[i], 10, &day), "%s", texts[i]);
        cr_assert_str_eq(civil_day_format(day, out), texts[i]);
    }
}

Test(civil, other_texts_are_refused_and_leave_the_output_alone)
{
    static const char *const texts[] = {
        "",           "2025",       "2025-05-1",   "2025-5-01",   "2025-05-011", "20250501",
        "2025/05/01", "2025-05-32", "2025-02-29",  "2025-00-01",  "2025-01-00",  "2025-13-01",
        "1969-12-31", "0000-01-01", " 2025-05-01", "2025-05-01 ", "+025-05-01",  "2025-0a-01",
        "-025-05-01", "2025-05--1", "yesterday!"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        civil_day day = 77;
        cr_expect_not(civil_day_parse(texts[i], strlen(texts[i]), &day), "'%s'", texts[i]);
        cr_expect_eq(day, 77);
    }
}

Test(civil, parse_reads_no_byte_beyond_the_size)
{
    char exact[10];
    memcpy(exact, "2025-05-01", 10);
    civil_day day;
    cr_assert(civil_day_parse(exact, 10, &day));
    cr_assert_not(civil_day_parse(exact, 9, &day));
}

Test(civil, partitions_are_the_digits_of_the_date)
{
    cr_assert_eq(civil_day_to_partition(day_of(2025, 5, 1)), 20250501);
    cr_assert_eq(civil_day_to_partition(day_of(9999, 12, 31)), 99991231);
    for (civil_day day = 0; day < day_of(2101, 1, 1); day += 13) {
        civil_day back = -1;
        cr_assert(civil_day_from_partition(civil_day_to_partition(day), &back));
        cr_assert_eq(back, day);
    }
}

Test(civil, numbers_that_are_no_partition_are_refused)
{
    static const int64_t numbers[] = {0,         -1,       -20250501, 2025,     20250500,  20250001,
                                      20251301,  20250229, 19691231,  99991232, 100000101, INT64_C(20250501) << 32,
                                      INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        civil_day day = 77;
        cr_expect_not(civil_day_from_partition(numbers[i], &day), "%lld", (long long)numbers[i]);
        cr_expect_eq(day, 77);
    }
}
