#include "core/commit_point.h"
#include "core/log.h"
#include "wire_distinct.h"
#include "wire_postgres_internal.h"

#include <stdlib.h>
#include <string.h>

/*
 * The flush of a lane does all its work in one transaction, from the outcomes in memory: so it can be done again,
 * whatever becomes of the server.
 */

enum step {
    STEP_DONE,
    STEP_AGAIN, /* at once: something changed meanwhile, and was taken notice of */
    STEP_FAILED
};

/*
 * Writes the number of the flush down, as the first thing in its transaction: a transaction of it that the server is
 * still at, on a connection that was lost, is waited for. *ret_done: one of them was committed.
 */
static enum status note_flush(struct postgres_lane *lane, bool *ret_done, struct err *err)
{
    struct db_statement *put;
    enum status status = db_prepare(lane->db,
                                    "INSERT INTO flushes AS f (run_id, number) VALUES (?1, ?2)"
                                    " ON CONFLICT (run_id) DO UPDATE SET number = excluded.number, flushed_at = now()"
                                    " WHERE f.number < excluded.number RETURNING number",
                                    &put, err);
    if (status != STATUS_OK)
        return status;
    bool row;
    db_bind_string(put, 1, lane->flush_id);
    db_bind_integer(put, 2, lane->flush_number);
    status = db_step(put, &row, err);
    if (status == STATUS_OK)
        *ret_done = !row;
    db_finalize(put);
    return status;
}

/* Outcomes whose lease is no longer ours are given up; *ret_all: none is. */
static enum status ask_fence(struct postgres_lane *lane, bool *ret_all, struct err *err)
{
    *ret_all = true;
    if (lane->fence == NULL || lane->kept_count == 0)
        return STATUS_OK;
    bool *held = malloc(lane->kept_count * sizeof *held);
    if (held == NULL)
        return err_nomem(err);
    memset(held, true, lane->kept_count * sizeof *held);
    enum status status =
        lane->fence->check(lane->fence->context, lane->number, lane->db, lane->kept_count, lane->kept, held, err);
    size_t left = 0;
    for (size_t i = 0; status == STATUS_OK && i < lane->kept_count; i++) {
        if (held[i])
            lane->kept[left++] = lane->kept[i];
    }
    if (status == STATUS_OK) {
        *ret_all = left == lane->kept_count;
        lane->kept_count = left;
    }
    free(held);
    return status;
}

/* What the ledger and the tables know of the slices. *ret_merges: some are to be merged. */
static enum status look(struct postgres_lane *lane, struct books_batch *batch, bool *ret_merges, struct err *err)
{
    enum status status = books_batch_look_back(batch, err);
    return status == STATUS_OK ? sink_postgres_sort_out(lane->current->sink, lane->merge_all, ret_merges, err) : status;
}

/*
 * Locks the series and looks once more: another program that had them may have stored rows, and booked slices, after
 * the first look. Only behind the lock is what is seen what will be there at the commit.
 */
static enum status lock_and_look(struct postgres_lane *lane, struct books_batch *batch, struct err *err)
{
    bool merges;
    enum status status = sink_postgres_lock_series(lane->current->sink, err);
    return status == STATUS_OK ? look(lane, batch, &merges, err) : status;
}

/*
 * Rows, then ledger, inside of the transaction. *ret_again: as transact has it: not all of what was copied without the
 * locks was new.
 */
static enum status store(struct postgres_lane *lane, struct books_batch *batch, bool *ret_again, struct err *err)
{
    struct sink_postgres *sink = lane->current->sink;
    bool merges = false;
    lane->stored = (struct run_counts){0};
    enum status status = look(lane, batch, &merges, err);
    if (status == STATUS_OK && merges)
        status = lock_and_look(lane, batch, err);
    if (status == STATUS_OK)
        status = sink_postgres_put(sink, err);
    COMMIT_POINT("postgres.rows_stored");
    if (status == STATUS_OK && !merges)
        status = sink_postgres_lock_series(sink, err);
    if (status == STATUS_OK && !merges)
        status = sink_postgres_look_again(sink, ret_again, err);
    if (status == STATUS_OK && !*ret_again)
        status = books_batch_put(batch, !merges, &lane->stored, ret_again, err);
    lane->merge_all = lane->merge_all || *ret_again;
    return status;
}

static enum status commit(struct postgres_lane *lane, struct err *err)
{
    COMMIT_POINT("postgres.flushing");
    lane->is_in_doubt = true;
    enum status status = db_commit(lane->db, err);
    if (status == STATUS_OK || pg_trouble(lane->db) != PG_TROUBLE_LOST)
        lane->is_in_doubt = false;
    COMMIT_POINT("postgres.flushed");
    return status;
}

/* The transaction. *ret_again: it is to be begun anew. */
static enum status transact(struct postgres_lane *lane, struct books_batch *batch, bool *ret_again, struct err *err)
{
    bool done = false;
    bool held = true;
    bool stale = false;
    enum status status = db_begin(lane->db, err);
    if (status == STATUS_OK)
        status = note_flush(lane, &done, err);
    if (status == STATUS_OK && done)
        return STATUS_OK;
    if (status == STATUS_OK) {
        lane->is_in_doubt = false; /* an earlier attempt was not committed, and never will be */
        status = ask_fence(lane, &held, err);
    }
    if (status == STATUS_OK && held)
        status = sink_postgres_begin(lane->current->sink, &stale, err);
    *ret_again = !held || stale;
    if (status != STATUS_OK || *ret_again)
        return status;
    status = store(lane, batch, ret_again, err);
    return status == STATUS_OK && !*ret_again ? commit(lane, err) : status;
}

static enum step attempt(struct postgres_lane *lane, struct err *err)
{
    struct books_batch batch = {0};
    bool again = false;
    enum status status = books_batch_make(&lane->current->books, lane->kept_count, lane->kept, &batch, err);
    if (status == STATUS_OK)
        status = sink_postgres_prepare(lane->current->sink, batch.count, batch.slices, err);
    if (status == STATUS_OK)
        status = transact(lane, &batch, &again, err);
    db_rollback(lane->db); /* what was not committed */
    books_batch_release(&batch);
    if (status != STATUS_OK)
        return STEP_FAILED;
    return again ? STEP_AGAIN : STEP_DONE;
}

/* What the old connection had, and what was known by it, perhaps from another server. */
static enum status make_anew(struct postgres_lane *lane, struct err *err)
{
    struct err held;
    for (size_t i = 0; i < lane->job->dataset_count; i++)
        sink_postgres_reconnected(lane->datasets[i].sink);
    if (postgres_lane_hold(lane, &held) != STATUS_OK &&
        (pg_trouble(lane->db) == PG_TROUBLE_LOST || pg_trouble(lane->db) == PG_TROUBLE_AGAIN)) {
        *err = held;
        return err->kind;
    }
    enum status status = lane->number == 0 ? postgres_lane_hold_job(lane, err) : STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < lane->job->dataset_count; i++)
        status = ledger_reconnected(lane->datasets[i].ledger, err);
    return status;
}

enum status postgres_reconnected(void *context, struct err *err)
{
    struct postgres_destination *pg = context;
    return make_anew(&pg->lanes[0], err);
}

/* False: *err is why, as far as that is not what it was before. */
static bool wait_and_mend(struct postgres_lane *lane, struct patience *patience, struct err *err)
{
    bool is_lost = false;
    for (;;) {
        is_lost = is_lost || pg_trouble(lane->db) == PG_TROUBLE_LOST;
        if (!patience_mend(patience, lane->db))
            return false;
        if (!is_lost || make_anew(lane, err) == STATUS_OK)
            return true;
    }
}

bool postgres_may_mend(struct postgres_lane *lane, struct patience *patience, struct err *err)
{
    switch (pg_trouble(lane->db)) {
    case PG_TROUBLE_AGAIN:
        lane->merge_all = true; /* waits for its locks first: rows that were copied are not copied again and again */
        return wait_and_mend(lane, patience, err);
    case PG_TROUBLE_LOST: return wait_and_mend(lane, patience, err);
    case PG_TROUBLE_NONE:
    case PG_TROUBLE_OTHER:
    default: break;
    }
    if (lane->merge_all || err->kind != STATUS_IO)
        return false;
    /* A row is there that the ledger does not know of, or a month is gone: nothing is taken for granted once. */
    lane->merge_all = true;
    for (size_t i = 0; i < lane->job->dataset_count; i++)
        sink_postgres_reconnected(lane->datasets[i].sink);
    return true;
}

static enum status store_all(struct postgres_lane *lane, struct err *err)
{
    struct patience patience = patience_new(lane->job->interrupted);
    lane->merge_all = false;
    lane->is_in_doubt = false;
    lane->flush_number++;
    for (;;) {
        enum step step = attempt(lane, err);
        if (step == STEP_DONE)
            return STATUS_OK;
        if (step == STEP_AGAIN)
            patience_found(&patience);
        else if (!postgres_may_mend(lane, &patience, err))
            break;
    }
    if (lane->is_in_doubt)
        err_prefix(err, "it is not known whether the last rows were stored; the next run finds out");
    return err->kind;
}

static uint64_t rows_kept(const struct postgres_lane *lane)
{
    uint64_t rows = 0;
    for (size_t i = 0; i < lane->kept_count; i++)
        rows += postgres_rows_of(lane->kept[i]);
    return rows;
}

/* Of outcomes that hold no slice twice. What the fence refuses is counted too, whatever becomes of the others. */
static enum status store_part(struct postgres_lane *lane, struct err *err)
{
    uint64_t rows = rows_kept(lane);
    enum status status = store_all(lane, err);
    lane->counted_rows += status == STATUS_OK ? rows : rows - rows_kept(lane);
    if (status != STATUS_OK)
        return status;
    run_counts_add(&lane->counts, &lane->stored);
    if (lane->fence != NULL && lane->fence->committed != NULL)
        lane->fence->committed(lane->fence->context, lane->number);
    return STATUS_OK;
}

/* A slice that came twice is stored in the next transaction, since it is compared with what the first left. */
void postgres_lane_store(struct postgres_lane *lane)
{
    const struct unit_outcome **all = lane->kept;
    size_t left = lane->kept_count;
    size_t part = 0;
    lane->counts = (struct run_counts){0};
    lane->counted_rows = 0;
    lane->status = STATUS_OK;
    while (left > 0) {
        lane->status = outcomes_distinct(left, lane->kept, &part, &lane->err);
        lane->kept_count = part; /* fewer, where the fence refuses some */
        if (lane->status == STATUS_OK)
            lane->status = store_part(lane, &lane->err);
        if (lane->status != STATUS_OK)
            break;
        lane->kept += part;
        left -= part;
    }
    size_t kept_count = left > 0 ? lane->kept_count : 0;
    memmove(all, lane->kept, kept_count * sizeof(const struct unit_outcome *));
    if (left > 0)
        memmove(all + kept_count, lane->kept + part, (left - part) * sizeof(const struct unit_outcome *));
    lane->kept = all;
    lane->kept_count = left > 0 ? kept_count + left - part : 0;
}
