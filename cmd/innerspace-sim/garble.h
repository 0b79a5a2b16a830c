/*
 * The answers of --garble: which good answers of the API are spoilt on their way, and how. Every form of api-facts
 * sections 5, 6 and 8 that is not a refusal of the API itself is a row of the table in garble.c.
 *
 * Whether an answer is hit, and by what, depends on the seed and on how many good answers were given before it alone.
 * Thread-safe.
 */
#ifndef SIM_GARBLE_H
#define SIM_GARBLE_H

#include "rates.h"
#include "reply.h"

#include <pthread.h>

/* For the help of the switch. */
#define GARBLE_KINDS                                                                                                   \
    "html, empty, cut, chunked, gzip, bom, deep, blanks, twice, partial, null-data, ddn, no-data, list, repeat, 429, " \
    "429-seconds, 429-date, 500, 501, 502, 503, 503-seconds, 504"

struct garble {
    pthread_mutex_t lock;
    uint64_t seed;
    size_t blanks; /* bytes in front of the answer */
    struct rates rates;
    uint64_t answers;
    struct buf before; /* the last good body, for "repeat" */
};

/* STATUS_USAGE: the list names what there is not. Release also after a failure. */
enum status garble_init(struct garble *garble, uint64_t seed, const char *list, size_t blanks,
                        struct err *err) MUST_CHECK;
void garble_release(struct garble *garble);

/* Spoils a good reply when it is its turn; true: it did. */
bool garble_apply(struct garble *garble, struct reply *reply);

#endif
