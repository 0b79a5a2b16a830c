/*
 * The rows of --flaws: values in spellings that may come, and rows that cannot be read. Which rows have which flaw is a
 * pure function of the seed and the row's key, so that every page, and `--dump json`, show the same.
 */
#ifndef SIM_FLAWS_H
#define SIM_FLAWS_H

#include "rates.h"
#include "respond.h"

/* For the help of the switch. */
#define FLAW_KINDS                                                                                                     \
    "no-nulls, no-start, extra, string, exponent, huge, nested, null, bad-utf8, null-start, twice, lone-surrogate"

enum flaw {
    FLAW_NO_NULLS, /* keys whose value is null are left out */
    FLAW_NO_START, /* so is DATE_TIME_START */
    FLAW_EXTRA,    /* a key that was not asked for */
    FLAW_STRING,   /* metrics as strings */
    FLAW_EXPONENT,
    FLAW_HUGE,   /* OCCUPANCY_MEAN is an integer beyond 2^53 */
    FLAW_NESTED, /* OCCUPANCY_MEAN is an object */
    FLAW_NULL,   /* OCCUPANCY_MEAN is null */
    FLAW_BAD_UTF8,
    FLAW_NULL_START,
    FLAW_TWICE, /* OCCUPANCY_MEAN stands there twice */
    FLAW_LONE_SURROGATE,
    FLAW_COUNT
};

/* STATUS_USAGE: the list names what there is not. */
enum status flaws_parse(struct rates *flaws, const char *list, struct err *err) MUST_CHECK;

/* The flaw of a row with ROW_START, or -1. */
int flaws_of(const struct rates *flaws, const struct row *row);

/*
 * Appends a member of the row's object, with its comma when it is not the first: key is "NAME": with its quotes and
 * colon. flaw: what flaws_of gave.
 */
void flaws_append(struct buf *out, int flaw, const struct respond_style *style, struct row *row, int column,
                  const char *key, size_t key_size);

/* Appends what a flawed row has behind its members. */
void flaws_append_end(struct buf *out, int flaw);

#endif
