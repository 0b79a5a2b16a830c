/*
 * A finished unit on its way to the destinations: all that its outcome points to, owned together, shared by the
 * writers and freed by the last of them. Nobody changes it after parcel_seal.
 *
 * Batches are lent: they come from a pool and go back to it, since the memory of one page serves the next.
 */
#ifndef OCCUPORT_RUN_PARCEL_H
#define OCCUPORT_RUN_PARCEL_H

#include "run/destination.h"

#include <pthread.h>
#include <stdatomic.h>

enum { BATCH_POOL_MAX = 32 };

/* May be used by all threads. `= {.lock = PTHREAD_MUTEX_INITIALIZER}` is empty. */
struct batch_pool {
    pthread_mutex_t lock;
    size_t count;
    struct batch batches[BATCH_POOL_MAX];
};

/* Gives an empty, initialized batch the memory of one that came back, if there is any. */
void batch_pool_lend(struct batch_pool *pool, struct batch *batch);

/* Takes a batch back; it is empty then. */
void batch_pool_give_back(struct batch_pool *pool, struct batch *batch);

void batch_pool_release(struct batch_pool *pool);

struct parcel {
    struct unit_outcome outcome;
    struct unit unit;
    struct batch batch;      /* empty where the unit failed as a whole */
    const struct err **errs; /* one a slice: into pool, or NULL */
    struct err *pool;
    uint64_t number; /* counted up by parcel_seal's caller: the order of writing */
    size_t bytes;    /* about how much memory it holds */
    atomic_int holders;
    struct batch_pool *batches;
};

/* A parcel for the unit with room for err_count errors. NULL: no memory. The caller is its holder. */
struct parcel *parcel_new(const struct unit *unit, size_t err_count, struct batch_pool *batches) MUST_CHECK;

/* Points the outcome at what the parcel owns, and makes `holders` its number of holders. */
void parcel_seal(struct parcel *parcel, int holders);

/* The last holder frees it. Accepts NULL. */
void parcel_drop(struct parcel *parcel);

#endif
