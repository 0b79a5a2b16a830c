/*
 * How DATE_TIME_START is spelled, and what a time in a query means.
 *
 * Nothing public says which spelling the service uses, so each is a row of a table. A column compares and sorts by its
 * "written" time, in microseconds: the instant where the spelling carries one, else the digits on its face (a column
 * without a zone knows no more: the two hours named 01:00 when clocks go back are then one and the same).
 */
#ifndef SIM_SPELLING_H
#define SIM_SPELLING_H

#include "core/status.h"

#include <stddef.h>
#include <stdint.h>

enum spelling {
    SPELLING_ISO_Z,         /* 2021-02-24T14:00:00Z */
    SPELLING_ISO_OFFSET,    /* 2021-02-24T09:00:00-05:00, the building's offset */
    SPELLING_ISO_LOCAL,     /* 2021-02-24T09:00:00, the building's clock */
    SPELLING_SNOWFLAKE_NTZ, /* 2021-02-24 14:00:00.000, UTC without saying so */
    SPELLING_SNOWFLAKE_TZ,  /* 2021-02-24 09:00:00.000 -0500 */
    SPELLING_DATE,          /* 2021-02-24, the building's day */
    SPELLING_EPOCH,         /* 1614175200, a JSON number */
    SPELLING_COUNT
};

enum { SPELLING_TEXT_SIZE = 40 };

/* "iso-z|iso-offset|..." for the options table. */
#define SPELLING_CHOICES "iso-z|iso-offset|iso-local|snowflake-ntz|snowflake-tz|date|epoch"

/* The name of the GraphQL scalar of a column spelled so. */
const char *spelling_scalar(enum spelling spelling);

/* Writes the start (an instant, and the building's offset there) and returns its size. */
size_t spelling_format(enum spelling spelling, int64_t utc_seconds, int32_t offset, char out[SPELLING_TEXT_SIZE]);

/* What a row that starts there compares by, in microseconds. */
int64_t spelling_written(enum spelling spelling, int64_t utc_seconds, int32_t offset);

/*
 * A time in a query, as the column compares it: any of the spellings above, with up to 9 digits of a fraction, is
 * understood, whatever the column itself uses. False: not a time.
 */
bool spelling_parse(enum spelling spelling, const char *text, size_t size, int64_t *ret_written) MUST_CHECK;

#endif
