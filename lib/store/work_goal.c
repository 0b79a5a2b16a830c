#include "core/clock.h"
#include "store/work_array.h"
#include "store/work_internal.h"

#include <inttypes.h>
#include <stdio.h>

/* The numbers of slices_due; what is not there is 0. */
static enum status read_due(struct work *work, const char *text, struct work_goal *goal, struct err *err)
{
    int64_t *due;
    size_t count;
    arena_reset(&work->arena);
    if (!work_array_read_ids(text, &work->arena, &count, &due) || count != goal->dataset_count)
        return err_set(err, STATUS_IO, "%s: the table work_goals holds no goal of this job", db_path(work->db));
    for (size_t i = 0; i < count; i++)
        goal->due[i] = (uint64_t)due[i];
    return STATUS_OK;
}

static enum status set_goal(struct work *work, int64_t goal_id, struct err *err)
{
    struct db_statement *query;
    enum status status = work_query(work, WORK_SET_GOAL, &query, err);
    if (status != STATUS_OK)
        return status;
    db_bind_string(query, 1, work->worker.worker_id);
    db_bind_integer(query, 2, goal_id);
    db_bind_real(query, 3, (double)work->worker.lease_ms / 1000);
    return db_run(query, err);
}

/* The newest goal of the key; *ret_live: it is unfinished and others are at it, or it ended well just now. */
static enum status find_goal(struct work *work, struct work_goal *goal, bool *ret_found, bool *ret_live,
                             struct err *err)
{
    struct db_statement *query;
    enum status status = work_query(work, WORK_FIND_GOAL, &query, err);
    if (status != STATUS_OK)
        return status;
    db_bind_string(query, 1, work->worker.job);
    db_bind_string(query, 2, goal->key);
    db_bind_string(query, 3, work->worker.fingerprint);
    db_bind_string(query, 4, work->worker.worker_id);
    db_bind_real(query, 5, WORK_LATE_SECONDS);
    db_bind_real(query, 6, (double)work->worker.lease_ms / 1000);
    status = db_step(query, ret_found, err);
    if (status != STATUS_OK || !*ret_found)
        return status;
    goal->goal_id = db_column_integer(query, 0);
    goal->is_done = db_column_integer(query, 1) != 0;
    goal->planned_at = db_column_integer(query, 2);
    *ret_live = db_column_integer(query, 4) != 0;
    status = read_due(work, db_column_text(query, 3), goal, err);
    db_reset(query);
    return status;
}

static enum status try_plan_lock(struct work *work, bool *ret_locked, struct err *err)
{
    struct db_statement *query;
    bool row;
    enum status status = work_query(work, WORK_TRY_PLAN, &query, err);
    if (status != STATUS_OK)
        return status;
    db_bind_string(query, 1, work->worker.job);
    status = db_step(query, &row, err);
    if (status != STATUS_OK)
        return status;
    *ret_locked = row && db_column_integer(query, 0) != 0;
    db_reset(query);
    return STATUS_OK;
}

static void leave_plan_lock(struct work *work)
{
    struct db_statement *query;
    struct err err;
    bool row = false;
    if (work_query(work, WORK_LEAVE_PLAN, &query, &err) != STATUS_OK)
        return;
    db_bind_string(query, 1, work->worker.job);
    if (db_step(query, &row, &err) == STATUS_OK && row) /* else it ends with the connection */
        db_reset(query);
}

/* The lock of claims, until the transaction ends: of all goals there are, nobody leases a unit meanwhile. */
static enum status lock_claims(struct work *work, struct err *err)
{
    struct db_statement *query;
    enum status status = work_query(work, WORK_LOCK, &query, err);
    if (status != STATUS_OK)
        return status;
    db_bind_string(query, 1, work->worker.job);
    db_bind_integer(query, 2, 3);
    return db_run(query, err);
}

static enum status clear(struct work *work, const struct work_goal *goal, struct err *err)
{
    struct db_statement *query;
    enum status status = lock_claims(work, err);
    if (status == STATUS_OK)
        status = work_query(work, WORK_CLEAR, &query, err);
    if (status != STATUS_OK)
        return status;
    db_bind_string(query, 1, work->worker.job);
    db_bind_string(query, 2, goal->key);
    db_bind_string(query, 3, work->worker.fingerprint);
    db_bind_real(query, 4, WORK_LATE_SECONDS);
    db_bind_real(query, 5, WORK_GONE_SECONDS);
    db_bind_real(query, 6, (double)work->worker.lease_ms / 1000);
    return db_run(query, err);
}

/* Inside a transaction of its own: joins, or makes room for a new goal. */
static enum status join_or_clear(struct work *work, struct work_goal *goal, bool may_be_late,
                                 enum work_joined *ret_joined, struct err *err)
{
    bool found = false;
    bool live = false;
    struct work_goal known = *goal;
    enum status status = find_goal(work, &known, &found, &live, err);
    if (status != STATUS_OK)
        return status;
    bool joins = found && live && (may_be_late || !known.is_done);
    *ret_joined = joins ? WORK_JOINED : WORK_MUST_PLAN;
    if (!joins)
        return clear(work, goal, err);
    *goal = known;
    return set_goal(work, goal->goal_id, err);
}

/* The transaction of the plan: begun after what was taken away is gone for everybody. */
static enum status begin_plan(struct work *work, struct err *err)
{
    struct db_statement *lock;
    struct db_statement *patience;
    enum status status = work_query(work, WORK_LOCK, &lock, err);
    if (status == STATUS_OK)
        status = work_query(work, WORK_PATIENCE, &patience, err);
    if (status == STATUS_OK)
        status = db_begin(work->db, err);
    if (status != STATUS_OK)
        return status;
    db_bind_string(lock, 1, work->worker.job);
    db_bind_integer(lock, 2, 2);
    bool row = false;
    status = db_run(patience, err);
    if (status == STATUS_OK)
        status = db_step(lock, &row, err); /* not db_run: the server has begun before the ledger is looked at */
    if (status == STATUS_OK && row)
        db_reset(lock);
    return status;
}

enum status work_join(struct work *work, struct work_goal *goal, bool may_be_late, enum work_joined *ret_joined,
                      struct err *err)
{
    bool locked = false;
    *ret_joined = WORK_BEHIND;
    enum status status = try_plan_lock(work, &locked, err);
    if (status != STATUS_OK || !locked)
        return status;
    status = db_begin(work->db, err);
    if (status == STATUS_OK) {
        status = join_or_clear(work, goal, may_be_late, ret_joined, err);
        status = db_end(work->db, status, err);
    }
    if (status == STATUS_OK && *ret_joined == WORK_MUST_PLAN)
        status = begin_plan(work, err);
    if (status != STATUS_OK)
        db_rollback(work->db);
    leave_plan_lock(work); /* of the session: the transaction of the plan has it for itself */
    return status;
}

static enum status add_goal(struct work *work, struct work_goal *goal, struct err *err)
{
    struct db_statement *query;
    struct buf due = {0};
    bool row = false;
    int64_t numbers[WORK_DATASETS_MAX];
    for (size_t i = 0; i < goal->dataset_count; i++)
        numbers[i] = (int64_t)goal->due[i];
    work_array_of_ids(&due, goal->dataset_count, numbers);
    enum status status = buf_status(&due, err);
    if (status == STATUS_OK)
        status = work_query(work, WORK_ADD_GOAL, &query, err);
    if (status == STATUS_OK) {
        const struct work_worker *worker = &work->worker;
        const char *const names[] = {worker->job, goal->key, worker->command, worker->fingerprint};
        for (int i = 0; i < 4; i++)
            db_bind_string(query, i + 1, names[i]);
        db_bind_integer(query, 5, goal->priority);
        db_bind_integer(query, 6, (int64_t)goal->reprocess);
        db_bind_integer(query, 7, goal->planned_at);
        db_bind_text(query, 8, buf_text(&due), due.size);
        db_bind_string(query, 9, worker->worker_id);
        status = db_step(query, &row, err);
    }
    if (status == STATUS_OK && row) {
        goal->goal_id = db_column_integer(query, 0);
        db_reset(query);
    }
    buf_release(&due);
    return status;
}

static enum status add_unit(struct work *work, const struct work_goal *goal, size_t dataset, size_t ordinal,
                            const struct unit *unit, struct err *err)
{
    struct db_statement *query;
    struct buf sites = {0};
    struct buf groups = {0};
    work_array_of_ids(&sites, unit->site_count, unit->sites);
    work_array_of_texts(&groups, unit->group_count, unit->groups);
    enum status status = buf_status(&sites, err);
    if (status == STATUS_OK)
        status = buf_status(&groups, err);
    if (status == STATUS_OK)
        status = work_query(work, WORK_ADD_UNIT, &query, err);
    if (status == STATUS_OK) {
        db_bind_integer(query, 1, goal->goal_id);
        db_bind_integer(query, 2, (int64_t)ordinal);
        db_bind_integer(query, 3, (int64_t)dataset);
        db_bind_integer(query, 4, unit->building->id);
        db_bind_string(query, 5, unit->granularity);
        db_bind_integer(query, 6, unit->days.first);
        db_bind_integer(query, 7, unit->days.end);
        db_bind_text(query, 8, buf_text(&sites), sites.size);
        db_bind_text(query, 9, buf_text(&groups), groups.size);
        db_bind_integer(query, 10, (int64_t)unit_slice_count(unit));
        db_bind_integer(query, 11, (int64_t)unit_expected_rows(unit));
        status = db_run(query, err);
    }
    buf_release(&sites);
    buf_release(&groups);
    return status;
}

/* Under the lock of claims: from here on everybody knows which goals there are. */
static enum status announce(struct work *work, struct err *err)
{
    struct db_statement *query;
    enum status status = lock_claims(work, err);
    if (status == STATUS_OK)
        status = work_query(work, WORK_SHARE, &query, err);
    if (status != STATUS_OK)
        return status;
    db_bind_string(query, 1, work->worker.job);
    return db_run(query, err);
}

/*
 * What is left of dropped goals, outside of all locks, in pieces that are soon done. The workers of this goal are at
 * work by now; what there is no time for, or what fails, is left to the next goal.
 */
static void sweep(struct work *work)
{
    enum { PIECE = 5000 };
    struct clock clock = clock_system();
    int64_t until_ms = clock_monotonic_ms(&clock) + work->worker.lease_ms / 3;
    bool more = true;
    while (more && clock_monotonic_ms(&clock) < until_ms) {
        struct db_statement *query;
        struct err err;
        more = false;
        if (work_query(work, WORK_SWEEP, &query, &err) != STATUS_OK)
            return;
        db_bind_string(query, 1, work->worker.job);
        db_bind_integer(query, 2, PIECE);
        if (db_step(query, &more, &err) == STATUS_OK && more) {
            more = db_column_integer(query, 0) != 0;
            db_reset(query);
        }
    }
}

enum status work_publish(struct work *work, struct work_goal *goal, const struct plan *plans, struct err *err)
{
    goal->is_done = true;
    for (size_t i = 0; i < goal->dataset_count; i++) {
        goal->due[i] = plans[i].counts.due;
        goal->is_done = goal->is_done && plans[i].unit_count == 0;
    }
    enum status status = add_goal(work, goal, err);
    for (size_t i = 0; status == STATUS_OK && i < goal->dataset_count; i++) {
        for (size_t at = 0; status == STATUS_OK && at < plans[i].unit_count; at++)
            status = add_unit(work, goal, i, at, &plans[i].units[at], err);
    }
    if (status == STATUS_OK)
        status = announce(work, err);
    if (status == STATUS_OK)
        status = set_goal(work, goal->goal_id, err);
    status = db_end(work->db, status, err);
    if (status == STATUS_OK)
        sweep(work);
    return status;
}

void work_forgo(struct work *work)
{
    db_rollback(work->db);
}

enum status work_find_again(struct work *work, struct work_goal *goal, bool *ret_found, struct err *err)
{
    bool live = false;
    struct work_goal known = *goal;
    *ret_found = false;
    enum status status = find_goal(work, &known, ret_found, &live, err);
    if (status == STATUS_OK && *ret_found)
        *ret_found = !known.is_done;
    if (status != STATUS_OK || !*ret_found)
        return status;
    goal->goal_id = known.goal_id;
    goal->planned_at = known.planned_at;
    return set_goal(work, goal->goal_id, err);
}
