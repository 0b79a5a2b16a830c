#include "wire_worker_internal.h"

#include <stdlib.h>
#include <string.h>

/* What one check is about. */
struct check {
    struct worker *worker;
    struct work_fence *work; /* on the connection of the lane */
    unsigned char mark;      /* in pending, of what is done by this lane */
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

static void unmark(struct lease *lease, unsigned char mark)
{
    for (size_t i = 0; i < lease->slices; i++)
        lease->pending[i] = lease->pending[i] == mark ? 0 : lease->pending[i];
}

static enum status hold(struct check *check, struct err *err)
{
    struct worker *worker = check->worker;
    bool memory = true;
    pthread_mutex_lock(&worker->lock);
    for (struct lease *lease = worker->leases; lease != NULL; lease = lease->next)
        unmark(lease, check->mark); /* of a transaction that was lost */
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
    return work_fence_hold(check->work, check->lease_count, check->rows, err);
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

/* Slices that were done before do not count again. */
static enum status count(struct check *check, size_t outcome, size_t at, struct err *err)
{
    struct lease *lease = check->leases[at];
    const struct unit_outcome *from = check->outcomes[outcome];
    struct unit common;
    size_t failed_count = 0;
    if (lease_overlap(lease, check->worker->dataset, from->unit) == 0)
        return STATUS_OK;
    if (!lease_common(lease, from->unit, &check->arena, &common))
        return err_nomem(err);
    int64_t *failed = arena_calloc(&check->arena, unit_slice_count(&common), sizeof *failed);
    if (failed == NULL)
        return err_nomem(err);
    for (size_t i = 0; i < unit_slice_count(&common); i++) {
        civil_day day;
        struct series_key key = unit_series_of(&common, i, &day);
        size_t own = unit_slice_of(&lease->unit, day, key.site_id, key.group_id, strlen(key.group_id));
        size_t theirs = unit_slice_of(from->unit, day, key.site_id, key.group_id, strlen(key.group_id));
        if (own == SIZE_MAX || theirs == SIZE_MAX)
            continue;
        if (from->slice_errs[theirs] != NULL)
            failed[failed_count++] = (int64_t)i;
        if (lease->bits[own] == 0 && lease->pending[own] != check->mark) { /* another's: of what was lost */
            lease->pending[own] = check->mark;
            check->rows[at].done_slices++;
        }
    }
    check->rows[at].failed_slices += failed_count;
    return work_fence_log(check->work, &check->rows[at], &common, failed_count, failed, err);
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
    return refused.failed > 0 ? worker_add_refused(worker, &refused, err) : STATUS_OK;
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
    return status == STATUS_OK ? work_fence_note(check->work, check->lease_count, check->rows, err) : status;
}

static enum status open_on(struct worker *worker, size_t lane, struct db *db, struct err *err)
{
    if (worker->fence_works[lane] != NULL)
        return STATUS_OK;
    return work_fence_open(db, worker->options.run_id, worker->lease_ms, &worker->fence_works[lane], err);
}

static enum status ask(struct check *check, struct err *err)
{
    struct worker *worker = check->worker;
    enum status status = hold(check, err);
    if (status == STATUS_OK) {
        refuse_lost(check);
        status = note(check, err);
    }
    if (status == STATUS_OK) /* the caller drops them, whatever becomes of the transaction, and does not ask again */
        worker->refused_final = worker->refused_count;
    return status;
}

static enum status check_fence(void *context, size_t lane, struct db *db, size_t count,
                               const struct unit_outcome *const *outcomes,
                               bool *ret_held, /* NOLINT(readability-non-const-parameter): it is filled */
                               struct err *err)
{
    struct worker *worker = context;
    struct check check = {
        .worker = worker, .mark = (unsigned char)(lane + 1), .count = count, .outcomes = outcomes, .held = ret_held};
    pthread_mutex_lock(&worker->fence_lock);
    leases_pin(worker);
    enum status status = open_on(worker, lane, db, err);
    check.work = worker->fence_works[lane];
    if (status == STATUS_OK)
        status = ask(&check, err);
    leases_unpin(worker);
    pthread_mutex_unlock(&worker->fence_lock);
    free(check.leases);
    free(check.rows);
    arena_release(&check.arena);
    return status;
}

static void settle(struct worker *worker, struct lease *lease, unsigned char mark)
{
    for (size_t i = 0; i < lease->slices; i++) {
        if (lease->pending[i] != mark)
            continue;
        lease->done += lease->bits[i] == 0;
        lease->bits[i] = 1;
    }
    unmark(lease, mark);
    if (lease->done == lease->slices)
        lease_end(worker, lease);
}

static void fence_committed(void *context, size_t lane)
{
    struct worker *worker = context;
    pthread_mutex_lock(&worker->fence_lock);
    pthread_mutex_lock(&worker->lock);
    for (struct lease *lease = worker->leases, *next; lease != NULL; lease = next) {
        next = lease->next;
        settle(worker, lease, (unsigned char)(lane + 1));
    }
    pthread_cond_signal(&worker->asked);
    pthread_mutex_unlock(&worker->lock);
    pthread_mutex_unlock(&worker->fence_lock);
}

void worker_make_fence(struct worker *worker)
{
    worker->fence = (struct fence){worker, check_fence, fence_committed};
}
