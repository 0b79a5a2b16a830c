#include "wire_guard.h"

#include <pthread.h>
#include <stdlib.h>

struct guard {
    pthread_mutex_t busy;
    struct destination inner;
    struct destination outer;
};

static enum status write_alone(void *context, const struct unit_outcome *outcome, struct run_counts *counts,
                               struct err *err)
{
    struct guard *guard = context;
    guard_hold(guard);
    enum status status = guard->inner.write(guard->inner.context, outcome, counts, err);
    guard_let_go(guard);
    return status;
}

static enum status flush_alone(void *context, bool must, struct run_counts *counts, bool *ret_flushed, struct err *err)
{
    struct guard *guard = context;
    guard_hold(guard);
    enum status status = guard->inner.flush(guard->inner.context, must, counts, ret_flushed, err);
    guard_let_go(guard);
    return status;
}

enum status guard_new(const struct destination *inner, struct guard **ret_guard, struct err *err)
{
    struct guard *guard = calloc(1, sizeof *guard);
    if (guard == NULL)
        return err_nomem(err);
    pthread_mutex_init(&guard->busy, NULL);
    guard->inner = *inner;
    guard->outer = (struct destination){inner->name, guard, write_alone, flush_alone, inner->keeps_outcomes};
    *ret_guard = guard;
    return STATUS_OK;
}

void guard_free(struct guard *guard)
{
    if (guard == NULL)
        return;
    pthread_mutex_destroy(&guard->busy);
    free(guard);
}

const struct destination *guard_destination(const struct guard *guard)
{
    return &guard->outer;
}

void guard_hold(struct guard *guard)
{
    pthread_mutex_lock(&guard->busy);
}

void guard_let_go(struct guard *guard)
{
    pthread_mutex_unlock(&guard->busy);
}
