/*
 * DATE_TIME_START as the API spells it, and the instant it means.
 *
 * The spelling is unknown and may change (api-facts: blank or 'T', 0 to 9
 * fraction digits, no zone, 'Z', +HH:MM, +HHMM, a blank before the offset, a
 * date alone, epoch seconds). The text is kept as it came; this is what it means.
 * Pure: no time zone database, no clock.
 */
#ifndef OCCUPORT_MODEL_MOMENT_H
#define OCCUPORT_MODEL_MOMENT_H

#include "core/civil.h"

struct moment {
    int64_t seconds; /* zone known: since the epoch in UTC; else the digits read as if they were UTC */
    int32_t nanos;   /* 0 to 999,999,999 */
    bool zone_known; /* the text says its offset from UTC (an epoch number counts as known) */
    int32_t offset;  /* seconds east of UTC as written; 0 when unknown */
};

enum { MOMENT_TEXT_MAX = 64, MOMENT_PATTERN_SIZE = 80 };

/* False (and *ret_moment untouched) when the text is none of the known spellings, or a time that does not exist. */
bool moment_parse(const char *text, size_t size, struct moment *ret_moment) MUST_CHECK;

/*
 * The strftime pattern that gives the text back from seconds + offset, such as
 * "%Y-%m-%dT%H:%M:%S-04:00"; "%s" for an epoch number ("%s000" in milliseconds). False when no pattern
 * does (a fraction other than zeros, or leading zeros of an epoch).
 * text must have been parsed into moment before.
 */
bool moment_pattern(const char *text, size_t size, const struct moment *moment,
                    char out[MOMENT_PATTERN_SIZE]) MUST_CHECK;

/* The civil day that the digits of the text show (for an epoch number: its UTC day). */
civil_day moment_written_day(const struct moment *moment);

/*
 * Order by seconds and nanos. Whether the zone is written does not count: an API that begins to write it
 * must not make a second row of the same start.
 */
int moment_compare(const struct moment *a, const struct moment *b);

#endif
