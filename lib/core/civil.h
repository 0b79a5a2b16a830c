/*
 * Civil days: dates as people write them, without a time zone.
 *
 * A day is a number of days since 1970-01-01 in the proleptic Gregorian
 * calendar, so that neighbours differ by one and intervals are plain integers.
 * Nothing here knows what time it is, nor how long a day lasts: that is zone.h.
 */
#ifndef OCCUPORT_CORE_CIVIL_H
#define OCCUPORT_CORE_CIVIL_H

#include "core/status.h"

#include <stddef.h>
#include <stdint.h>

typedef int32_t civil_day;

enum {
    CIVIL_YEAR_MIN = 1970,
    CIVIL_YEAR_MAX = 9999,
    CIVIL_TEXT_SIZE = 11 /* "2025-05-01" and NUL */
};

struct civil_date {
    int year;
    int month; /* 1 to 12 */
    int day;   /* 1 to 31 */
};

/* The days of a month, leap years counted; 0 for a month outside 1 to 12. */
int civil_days_in_month(int year, int month);

/* True for a date that exists between CIVIL_YEAR_MIN and CIVIL_YEAR_MAX. */
bool civil_date_exists(struct civil_date date);

civil_day civil_day_from_date(struct civil_date date);
struct civil_date civil_date_from_day(civil_day day);

/* Parses exactly "YYYY-MM-DD"; false (and *ret_day untouched) for another form or a date that does not exist. */
bool civil_day_parse(const char *text, size_t size, civil_day *ret_day) MUST_CHECK;

/* Writes "YYYY-MM-DD" and returns out. */
const char *civil_day_format(civil_day day, char out[CIVIL_TEXT_SIZE]);

/* DATE_PARTITION as the API writes it: 20250501. */
int32_t civil_day_to_partition(civil_day day);

/* The inverse; false when the number is no date. */
bool civil_day_from_partition(int64_t partition, civil_day *ret_day) MUST_CHECK;

/* Monday 0 to Sunday 6. */
int civil_weekday(civil_day day);

#endif
