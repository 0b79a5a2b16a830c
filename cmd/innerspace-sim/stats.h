/*
 * What the simulator was asked, for tests that count requests. Thread-safe; written as one JSON object at the end.
 */
#ifndef SIM_STATS_H
#define SIM_STATS_H

#include "breakage.h"
#include "core/buf.h"

#include <pthread.h>
#include <stdint.h>

enum { STATS_OPERATIONS_MAX = 64, STATS_NAME_SIZE = 64 };

enum stats_event {
    STATS_REQUEST,       /* any HTTP request */
    STATS_LOGIN,         /* a session was given */
    STATS_LOGIN_REFUSED, /* wrong credentials or a body that is none */
    STATS_EXPIRED,       /* a query without a living session */
    STATS_QUERY,         /* a request to the API that was let in */
    STATS_ERROR,         /* of these, answered with errors */
    STATS_FAULT,         /* a request to the API that was answered with a fault of --fail */
    STATS_EVENT_COUNT
};

struct stats_operation {
    char name[STATS_NAME_SIZE];
    uint64_t count;
};

struct stats {
    pthread_mutex_t lock;
    uint64_t events[STATS_EVENT_COUNT];
    uint64_t rows;
    uint64_t bytes; /* of answers, before compression */
    size_t operation_count;
    uint64_t breaks[2][BREAK_COUNT]; /* faults of the connection: of requests to the API, and of logins */
    bool has_breaks;                 /* faults were asked for, by this seed */
    uint64_t break_seed;
    struct stats_operation operations[STATS_OPERATIONS_MAX]; /* the last one gathers what has no place of its own */
};

void stats_init(struct stats *stats);
void stats_release(struct stats *stats);

void stats_add(struct stats *stats, enum stats_event event);
void stats_add_answer(struct stats *stats, uint64_t rows, uint64_t bytes);

/* One operation of that name (NULL: anonymous). */
void stats_add_operation(struct stats *stats, const char *name);

/* Faults of the connection are told of, with the seed that chooses them. */
void stats_set_break_seed(struct stats *stats, uint64_t seed);
void stats_add_break(struct stats *stats, enum break_kind kind, bool is_login);

/*
 * Appends {"requests","logins",...,"operations":{NAME: count}} and a newline; with a seed also "break_seed", and
 * "broken" and "broken_logins" as {KIND: count}, without kinds that were not met.
 */
void stats_format(struct stats *stats, struct buf *out);

#endif
