#include "core/civil.h"

#include <stdio.h>

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

int civil_days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (month < 1 || month > 12)
        return 0;
    return days[month - 1] + (month == 2 && is_leap(year));
}

bool civil_date_exists(struct civil_date date)
{
    return date.year >= CIVIL_YEAR_MIN && date.year <= CIVIL_YEAR_MAX && date.day >= 1 &&
           date.day <= civil_days_in_month(date.year, date.month);
}

/*
 * Years are counted from March, so that the leap day is the last of its year
 * and the days before a month follow one linear formula; 400 years (an era)
 * have 146,097 days, and 1970-01-01 is day 719,468 of the count from 0000-03-01.
 */
civil_day civil_day_from_date(struct civil_date date)
{
    int year = date.month <= 2 ? date.year - 1 : date.year;
    int era = (year >= 0 ? year : year - 399) / 400;
    int year_of_era = year - era * 400;
    int month = (date.month + 9) % 12;
    int day_of_year = (153 * month + 2) / 5 + date.day - 1;
    int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

struct civil_date civil_date_from_day(civil_day day)
{
    int count = day + 719468;
    int era = (count >= 0 ? count : count - 146096) / 146097;
    int day_of_era = count - era * 146097;
    int year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int month = (5 * day_of_year + 2) / 153;
    struct civil_date date = {
        .year = year_of_era + era * 400,
        .month = month < 10 ? month + 3 : month - 9,
        .day = day_of_year - (153 * month + 2) / 5 + 1,
    };
    if (date.month <= 2)
        date.year++;
    return date;
}

static bool digits(const char *text, int count, int *ret_value)
{
    int value = 0;
    for (int i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        value = value * 10 + (text[i] - '0');
    }
    *ret_value = value;
    return true;
}

bool civil_day_parse(const char *text, size_t size, civil_day *ret_day)
{
    struct civil_date date;
    if (size != 10 || text[4] != '-' || text[7] != '-' || !digits(text, 4, &date.year) ||
        !digits(text + 5, 2, &date.month) || !digits(text + 8, 2, &date.day) || !civil_date_exists(date))
        return false;
    *ret_day = civil_day_from_date(date);
    return true;
}

const char *civil_day_format(civil_day day, char out[CIVIL_TEXT_SIZE])
{
    struct civil_date date = civil_date_from_day(day);
    snprintf(out, CIVIL_TEXT_SIZE, "%04u-%02u-%02u", (unsigned)date.year % 10000U, (unsigned)date.month % 100U,
             (unsigned)date.day % 100U);
    return out;
}

int32_t civil_day_to_partition(civil_day day)
{
    struct civil_date date = civil_date_from_day(day);
    return date.year * 10000 + date.month * 100 + date.day;
}

bool civil_day_from_partition(int64_t partition, civil_day *ret_day)
{
    if (partition < 0 || partition > 99991231)
        return false;
    struct civil_date date = {
        .year = (int)(partition / 10000),
        .month = (int)(partition / 100 % 100),
        .day = (int)(partition % 100),
    };
    if (!civil_date_exists(date))
        return false;
    *ret_day = civil_day_from_date(date);
    return true;
}

int civil_weekday(civil_day day)
{
    int weekday = (day + 3) % 7; /* 1970-01-01 was a Thursday */
    return weekday >= 0 ? weekday : weekday + 7;
}
