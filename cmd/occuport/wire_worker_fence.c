#include "wire_worker_internal.h"

#include <stdlib.h>
#include <string.h>

/* What one check is about. */
struct check {
    struct worker *worker;
    size_t count;
    const struct unit_outcome *const *outcomes;
    bool *held;
    size_t lease_count;
    struct lease **leases; /* that the outcomes belong to; each once */
    struct work_held *rows;
    struct arena arena;
};

/* The leases that hold slices of the unit, into the check; false when they do not hold all of them. */
static bool find_leases(struct check *check, const struct unit *unit, bool *ret_memory)
{
    struct worker *worker = check->worker;
    size_t covered = 0;
    for (struct lease *lease = worker->leases; lease != NULL; lease = lease->next) {
        size_t common = lease_overlap(lease, worker->dataset, unit);
        if (common == 0)
            continue;
        covered += common;
        size_t at = 0;
        while (at < check->lease_count && check->leases[at] != lease)
            at++;
        if (at < check->lease_count)
            continue;
        struct lease **leases = reallocarray(check->leases, check->lease_count + 1, sizeof(struct lease *));
        if (leases == NULL) {
            *ret_memory = false;
            return false;
        }
        check->leases = leases;
        check->leases[check->lease_count++] = lease;
    }
    return covered == unit_slice_count(unit);
}

static enum status hold(struct check *check, struct err *err)
{
    struct worker *worker = check->worker;
    bool memory = true;
    pthread_mutex_lock(&worker->lock);
    for (struct lease *lease = worker->leases; lease != NULL; lease = lease->next)
        memset(lease->pending, 0, lease->slices); /* of a transaction that was lost */
    for (size_t i = 0; memory && i < check->count; i++)
        check->held[i] = find_leases(check, check->outcomes[i]->unit, &memory);
    pthread_mutex_unlock(&worker->lock);
    check->rows = calloc(check->lease_count + 1, sizeof *check->rows);
    if (!memory || check->rows == NULL)
        return err_nomem(err);
    for (size_t i = 0; i < check->lease_count; i++)
        check->rows[i] = (struct work_held){.goal_id = check->leases[i]->goal_id,
                                            .unit_id = check->leases[i]->unit_id,
                                            .lease_no = check->leases[i]->lease_no};
    return work_fence_hold(worker->fence_work, check->lease_count, check->rows, err);
}

/* An outcome with a slice of a lease that is gone is refused as a whole. */
static void refuse_lost(struct check *check)
{
    for (size_t i = 0; i < check->lease_count; i++) {
        for (size_t o = 0; !check->rows[i].is_held && o < check->count; o++) {
            if (lease_overlap(check->leases[i], check->worker->dataset, check->outcomes[o]->unit) > 0)
                check->held[o] = false;
        }
    }
}

/* Slices that were done before do not count again: a unit that was lost and leased anew may come twice. */
static enum status count(struct check *check, size_t outcome, size_t at, struct err *err)
{
    struct lease *lease = check->leases[at];
    const struct unit_outcome *from = check->outcomes[outcome];
    struct unit common;
    uint64_t failed = 0;
    if (lease_overlap(lease, check->worker->dataset, from->unit) == 0)
        return STATUS_OK;
    if (!lease_common(lease, from->unit, &check->arena, &common))
        return err_nomem(err);
    for (size_t i = 0; i < unit_slice_count(&common); i++) {
        civil_day day;
        struct series_key key = unit_series_of(&common, i, &day);
        size_t own = unit_slice_of(&lease->unit, day, key.site_id, key.group_id, strlen(key.group_id));
        size_t theirs = unit_slice_of(from->unit, day, key.site_id, key.group_id, strlen(key.group_id));
        if (own == SIZE_MAX || theirs == SIZE_MAX)
            continue;
        failed += from->slice_errs[theirs] != NULL;
        if (lease->bits[own] == 0 && lease->pending[own] == 0) {
            lease->pending[own] = 1;
            check->rows[at].done_slices++;
        }
    }
    check->rows[at].failed_slices += failed;
    return work_fence_log(check->worker->fence_work, &check->rows[at], &common, failed, err);
}

/* Failures of what was refused are not failures of the run. */
static enum status note_refused(struct check *check, size_t outcome, struct err *err)
{
    struct worker *worker = check->worker;
    const struct unit_outcome *from = check->outcomes[outcome];
    struct refused refused = {.unit = *from->unit};
    for (size_t i = 0; i < unit_slice_count(from->unit); i++) {
        refused.failed += from->slice_errs[i] != NULL;
        refused.rejected += from->slice_errs[i] != NULL && from->slice_errs[i]->kind == STATUS_REJECTED;
    }
    if (refused.failed == 0)
        return STATUS_OK;
    struct refused *grown = reallocarray(worker->refused, worker->refused_count + 1, sizeof *grown);
    if (grown == NULL)
        return err_nomem(err);
    worker->refused = grown;
    worker->refused[worker->refused_count++] = refused;
    return STATUS_OK;
}

static enum status note(struct check *check, struct err *err)
{
    struct worker *worker = check->worker;
    enum status status = STATUS_OK;
    worker->refused_count = worker->refused_final;
    for (size_t i = 0; status == STATUS_OK && i < check->count; i++) {
        if (!check->held[i])
            status = note_refused(check, i, err);
        for (size_t at = 0; status == STATUS_OK && check->held[i] && at < check->lease_count; at++)
            status = count(check, i, at, err);
    }
    return status == STATUS_OK ? work_fence_note(worker->fence_work, check->lease_count, check->rows, err) : status;
}

static enum status open_on(struct worker *worker, struct db *db, struct err *err)
{
    if (worker->fence_work != NULL)
        return STATUS_OK;
    return work_fence_open(db, worker->options.run_id, worker->lease_ms, &worker->fence_work, err);
}

static enum status check_fence(void *context, struct db *db, size_t count, const struct unit_outcome *const *outcomes,
                               bool *ret_held, /* NOLINT(readability-non-const-parameter): it is filled */
                               struct err *err)
{
    struct worker *worker = context;
    struct check check = {.worker = worker, .count = count, .outcomes = outcomes, .held = ret_held};
    leases_pin(worker);
    enum status status = open_on(worker, db, err);
    if (status == STATUS_OK)
        status = hold(&check, err);
    if (status == STATUS_OK) {
        refuse_lost(&check);
        status = note(&check, err);
    }
    if (status == STATUS_OK) /* the caller drops them, whatever becomes of the transaction, and does not ask again */
        worker->refused_final = worker->refused_count;
    leases_unpin(worker);
    free(check.leases);
    free(check.rows);
    arena_release(&check.arena);
    return status;
}

static void settle(struct worker *worker, struct lease *lease)
{
    for (size_t i = 0; i < lease->slices; i++) {
        lease->done += lease->pending[i] > lease->bits[i];
        lease->bits[i] |= lease->pending[i];
    }
    memset(lease->pending, 0, lease->slices);
    if (lease->done == lease->slices)
        lease_end(worker, lease);
}

static void fence_committed(void *context)
{
    struct worker *worker = context;
    pthread_mutex_lock(&worker->lock);
    for (struct lease *lease = worker->leases, *next; lease != NULL; lease = next) {
        next = lease->next;
        settle(worker, lease);
    }
    pthread_cond_signal(&worker->asked);
    pthread_mutex_unlock(&worker->lock);
}

void worker_make_fence(struct worker *worker)
{
    worker->fence = (struct fence){worker, check_fence, fence_committed};
}
