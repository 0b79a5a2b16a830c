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

enum status work_set_goal(struct work *work, int64_t goal_id, struct err *err)
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

enum status work_lock_claims(struct work *work, struct err *err)
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
    enum status status = work_lock_claims(work, err);
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

static enum status be_patient(struct work *work, struct err *err)
{
    struct db_statement *query;
    enum status status = work_query(work, WORK_PATIENCE, &query, err);
    return status == STATUS_OK ? db_run(query, err) : status;
}

/*
 * Inside a transaction, which has the lock of planning then. To make room for a new goal is a transaction of its own:
 * what is taken away must be gone for everybody before the plan looks at the ledger, and nobody should wait meanwhile.
 */
static enum status join(struct work *work, struct work_goal *goal, bool may_be_late, bool is_clear,
                        enum work_joined *ret_joined, struct err *err)
{
    bool locked = false;
    bool found = false;
    bool live = false;
    struct work_goal known = *goal;
    *ret_joined = WORK_BEHIND;
    enum status status = be_patient(work, err);
    if (status == STATUS_OK)
        status = try_plan_lock(work, &locked, err);
    if (status == STATUS_OK && locked)
        status = find_goal(work, &known, &found, &live, err);
    if (status != STATUS_OK || !locked)
        return status;
    bool joins = found && live && (may_be_late || !known.is_done);
    *ret_joined = joins ? WORK_JOINED : WORK_MUST_PLAN;
    if (!joins)
        return is_clear ? STATUS_OK : clear(work, goal, err);
    *goal = known;
    return work_set_goal(work, goal->goal_id, err);
}

enum status work_join(struct work *work, struct work_goal *goal, bool may_be_late, enum work_joined *ret_joined,
                      struct err *err)
{
    enum status status = db_begin(work->db, err);
    if (status == STATUS_OK) {
        status = join(work, goal, may_be_late, false, ret_joined, err);
        status = db_end(work->db, status, err);
    }
    if (status != STATUS_OK || *ret_joined != WORK_MUST_PLAN)
        return status;
    status = db_begin(work->db, err);
    if (status == STATUS_OK) /* another one may have been quicker */
        status = join(work, goal, may_be_late, true, ret_joined, err);
    if (status == STATUS_OK && *ret_joined == WORK_MUST_PLAN)
        return status;
    return db_end(work->db, status, err);
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
    return work_set_goal(work, goal->goal_id, err);
}
