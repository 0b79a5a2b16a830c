/* A list of kinds and how often each is met, as a switch gives it: "html:10,empty:5", in percent. */
#ifndef SIM_RATES_H
#define SIM_RATES_H

#include "core/err.h"

#include <stddef.h>
#include <stdint.h>

enum { RATES_MAX = 32 };

struct rates {
    int total;
    int percent[RATES_MAX]; /* by the number of the kind's name */
};

/*
 * Reads the value of a switch (NULL: nothing is ever met). STATUS_USAGE: an unknown kind, a percentage that is none,
 * more than 100 in all.
 */
enum status rates_parse(struct rates *rates, const char *name, const char *text, const char *const *kinds, size_t count,
                        struct err *err) MUST_CHECK;

/* One item of such a list, of size bytes; errors as above. `= {0}` is an empty list. */
enum status rates_add(struct rates *rates, const char *name, const char *item, size_t size, const char *const *kinds,
                      size_t count, struct err *err) MUST_CHECK;

/* The number of the kind that has this name, or -1. */
int rates_find(const char *word, size_t size, const char *const *kinds, size_t count);

/* The kind that a random number meets, or -1. */
int rates_pick(const struct rates *rates, uint64_t chance);

#endif
