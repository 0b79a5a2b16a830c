/* What the engine asks: answered from memory, on its thread. */
#include "wire_worker_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int64_t boot_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static double boot_ms_exactly(void)
{
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (double)now.tv_sec * 1000 + (double)now.tv_nsec / 1e6;
}

static enum status failure_of(const struct worker *worker, struct err *err)
{
    if (worker->failure.kind == STATUS_OK)
        return STATUS_OK;
    *err = worker->failure;
    return err->kind;
}

static size_t ready_count(const struct worker *worker)
{
    return worker->ready.list.count - worker->ready.front;
}

/* For how many units are kept at hand: as many as were taken within a fifth of a second. */
static void count_taken(struct worker *worker)
{
    enum { WINDOW_MS = 200 };
    int64_t now_ms = boot_ms();
    if (now_ms - worker->window_ms >= WINDOW_MS) {
        worker->taken_before = now_ms - worker->window_ms < 2 * WINDOW_MS ? worker->taken : 0;
        worker->taken = 0;
        worker->window_ms = now_ms;
    }
    worker->taken++;
}

static enum status next(void *context, struct unit *ret_unit, enum supply_answer *ret_answer, struct err *err)
{
    struct worker *worker = context;
    pthread_mutex_lock(&worker->lock);
    enum status status = failure_of(worker, err);
    *ret_answer = SUPPLY_NONE_NOW;
    if (status == STATUS_OK && ready_count(worker) > 0) {
        *ret_unit = worker->ready.list.units[worker->ready.front++];
        *ret_answer = SUPPLY_UNIT;
        worker->idle_ms = INT64_MAX;
        count_taken(worker);
    } else if (worker->goal_is_done || worker->dataset_is_over) {
        *ret_answer = SUPPLY_END;
    }
    pthread_cond_signal(&worker->asked);
    pthread_mutex_unlock(&worker->lock);
    return status;
}

static bool is_same_series(const struct unit *a, const struct unit *b)
{
    if (a->building != b->building || strcmp(a->granularity, b->granularity) != 0 || a->site_count != b->site_count ||
        a->group_count != b->group_count || memcmp(a->sites, b->sites, a->site_count * sizeof *a->sites) != 0)
        return false;
    for (size_t i = 0; i < a->group_count; i++) {
        if (strcmp(a->groups[i], b->groups[i]) != 0)
            return false;
    }
    return true;
}

static void join(void *context, struct unit *unit)
{
    struct worker *worker = context;
    pthread_mutex_lock(&worker->lock);
    const struct unit *more = ready_count(worker) > 0 ? &worker->ready.list.units[worker->ready.front] : NULL;
    if (more != NULL && is_same_series(unit, more) &&
        (more->days.end == unit->days.first || more->days.first == unit->days.end)) {
        if (more->days.end == unit->days.first)
            unit->days.first = more->days.first;
        else
            unit->days.end = more->days.end;
        if (more->ticket > unit->ticket)
            unit->ticket = more->ticket;
        worker->ready.front++;
    }
    pthread_mutex_unlock(&worker->lock);
}

/* Leases whose rows have not been stored yet are no orphans, however long the database takes for them. */
static void wait_for_more(void *context, int timeout_ms, bool is_stored)
{
    struct worker *worker = context;
    struct timespec until = cond_deadline(timeout_ms);
    pthread_mutex_lock(&worker->lock);
    if (!is_stored)
        worker->idle_ms = INT64_MAX;
    else if (worker->idle_ms == INT64_MAX)
        worker->idle_ms = boot_ms();
    if (ready_count(worker) == 0 && !worker->goal_is_done && !worker->dataset_is_over &&
        worker->failure.kind == STATUS_OK)
        pthread_cond_timedwait(&worker->change, &worker->lock, &until);
    pthread_mutex_unlock(&worker->lock);
}

enum status worker_add_refused(struct worker *worker, const struct refused *refused, struct err *err)
{
    struct refused *grown = reallocarray(worker->refused, worker->refused_count + 1, sizeof *grown);
    if (grown == NULL)
        return err_nomem(err);
    worker->refused = grown;
    worker->refused[worker->refused_count++] = *refused;
    return STATUS_OK;
}

static void each_refused(void *context, supply_visit_refused *visit, void *visitor)
{
    struct worker *worker = context; /* the writer has ended */
    for (size_t i = 0; i < worker->refused_final; i++)
        visit(visitor, &worker->refused[i].unit, worker->refused[i].failed, worker->refused[i].rejected);
    worker->refused_count = 0;
    worker->refused_final = 0;
}

/* All slices must be ours: a unit that was joined belongs to two leases. */
static enum status take(void *context, const struct unit *unit, enum sharing_verdict *ret_verdict, struct err *err)
{
    struct worker *worker = context;
    size_t ours = 0;
    bool is_sure = true;
    int64_t now_ms = boot_ms();
    pthread_mutex_lock(&worker->lock);
    for (const struct lease *lease = worker->leases; lease != NULL; lease = lease->next) {
        size_t common = lease_overlap(lease, worker->dataset, unit);
        ours += common;
        is_sure = is_sure && (common == 0 || now_ms < lease->until_ms);
    }
    enum status status = failure_of(worker, err);
    pthread_mutex_unlock(&worker->lock);
    *ret_verdict = ours < unit_slice_count(unit) ? SHARING_LOST : is_sure ? SHARING_TAKEN : SHARING_BUSY;
    return status;
}

/* The fence counts what is durable. */
static enum status give_back(void *context, const struct unit *units, size_t count, struct err *err)
{
    (void)context;
    (void)units;
    (void)count;
    (void)err;
    return STATUS_OK;
}

/*
 * While it is not known whether our leases are ours still, nothing is begun. The end of the patience is seen here as
 * well, for the coordinator may be in the middle of a call.
 */
static enum status must_wait(void *context, bool *ret_wait, struct err *err)
{
    struct worker *worker = context;
    pthread_mutex_lock(&worker->lock);
    enum status status = failure_of(worker, err);
    int64_t silent_ms = boot_ms() - worker->renewed_ms - worker->lease_ms;
    if (status == STATUS_OK && silent_ms >= worker->away_ms)
        status = err_set(err, STATUS_IO, "the queue of work: the leases of this worker could not be renewed for %d s",
                         (int)((silent_ms + worker->lease_ms) / 1000));
    *ret_wait = worker->held > 0 && silent_ms >= 0;
    if (*ret_wait)
        pthread_cond_signal(&worker->asked);
    pthread_mutex_unlock(&worker->lock);
    return status;
}

void worker_make_ops(struct worker *worker)
{
    bool one_building = worker->coverages[0].building_count == 1;
    worker->supply = (struct supply){worker, one_building, next, join, wait_for_more, each_refused};
    worker->sharing = (struct sharing){worker, take, give_back, must_wait};
}

/* The block that is used next, in front of the others; NULL: nothing is reserved. */
static struct block *first_block(struct worker *worker, double now_ms)
{
    while (worker->block_count > 0) {
        struct block *block = &worker->blocks[0];
        bool is_late = now_ms - block->next_ms > WORKER_SLOT_MS; /* nobody wanted it */
        if (block->left > 0 && !is_late)
            return block;
        worker->block_count--;
        memmove(block, block + 1, (size_t)worker->block_count * sizeof *block);
    }
    return NULL;
}

/* Nobody reserves any more: what is still asked for, the names of sites, goes slowly by the own clock. */
static double budget_alone(struct worker *worker, double now_ms)
{
    enum { ALONE_MS = 1000 };
    double wait_ms = worker->alone_ms - now_ms;
    if (wait_ms <= 0)
        worker->alone_ms = now_ms + ALONE_MS;
    return wait_ms;
}

int64_t worker_budget(void *context)
{
    struct worker *worker = context;
    double now_ms = boot_ms_exactly();
    double wait_ms = 5; /* until a reservation has come */
    pthread_mutex_lock(&worker->lock);
    worker->asked_ms = now_ms;
    if (worker->failure.kind != STATUS_OK)
        wait_ms = budget_alone(worker, now_ms);
    struct block *block = first_block(worker, now_ms);
    if (block != NULL && worker->failure.kind == STATUS_OK) {
        wait_ms = block->next_ms - now_ms;
        if (wait_ms <= 0) {
            block->next_ms += block->step_ms;
            block->left--;
        }
    }
    if (worker_wants_budget(worker))
        pthread_cond_signal(&worker->asked);
    pthread_mutex_unlock(&worker->lock);
    return wait_ms > 0 ? (int64_t)ceil(wait_ms) : 0;
}

bool worker_wants_budget(const struct worker *worker)
{
    enum { RECENTLY_MS = 1000 };
    int left = 0;
    for (int i = 0; i < worker->block_count; i++)
        left += worker->blocks[i].left;
    return worker->block_count < WORKER_BLOCKS && left * 2 <= worker->share &&
           boot_ms_exactly() - worker->asked_ms < RECENTLY_MS;
}
