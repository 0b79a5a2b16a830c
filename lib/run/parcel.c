#include "run/parcel.h"

#include <stdlib.h>

void batch_pool_lend(struct batch_pool *pool, struct batch *batch)
{
    pthread_mutex_lock(&pool->lock);
    if (pool->count > 0) {
        struct batch used = pool->batches[--pool->count];
        size_t max = batch->arena.max;
        batch->arena = used.arena;
        batch->arena.max = max;
    }
    pthread_mutex_unlock(&pool->lock);
}

void batch_pool_give_back(struct batch_pool *pool, struct batch *batch)
{
    bool is_worth_it = batch->arena.blocks != NULL || batch->arena.spare != NULL;
    batch_reset(batch);
    pthread_mutex_lock(&pool->lock);
    if (is_worth_it && pool->count < BATCH_POOL_MAX) {
        pool->batches[pool->count++] = *batch;
        *batch = (struct batch){0};
    }
    pthread_mutex_unlock(&pool->lock);
    batch_release(batch);
}

void batch_pool_release(struct batch_pool *pool)
{
    while (pool->count > 0)
        batch_release(&pool->batches[--pool->count]);
}

struct parcel *parcel_new(const struct unit *unit, size_t err_count, struct batch_pool *batches)
{
    struct parcel *parcel = calloc(1, sizeof *parcel);
    if (parcel == NULL)
        return NULL;
    parcel->unit = *unit;
    parcel->batches = batches;
    parcel->errs = calloc(unit_slice_count(unit), sizeof *parcel->errs);
    parcel->pool = calloc(err_count, sizeof *parcel->pool);
    atomic_init(&parcel->holders, 1);
    if (parcel->errs == NULL || parcel->pool == NULL) {
        parcel_drop(parcel);
        return NULL;
    }
    parcel->bytes = sizeof *parcel + unit_slice_count(unit) * sizeof *parcel->errs + err_count * sizeof *parcel->pool;
    return parcel;
}

void parcel_seal(struct parcel *parcel, int holders)
{
    parcel->outcome.unit = &parcel->unit;
    parcel->outcome.batch = &parcel->batch;
    parcel->outcome.slice_errs = parcel->errs;
    parcel->bytes += parcel->batch.arena.used;
    atomic_store(&parcel->holders, holders);
}

void parcel_drop(struct parcel *parcel)
{
    if (parcel == NULL || atomic_fetch_sub(&parcel->holders, 1) > 1)
        return;
    batch_pool_give_back(parcel->batches, &parcel->batch);
    free(parcel->errs);
    free(parcel->pool);
    free(parcel);
}
