#include "core/commit_point.h"
#include "core/log.h"
#include "wire_distinct.h"
#include "wire_hold.h"
#include "wire_postgres_internal.h"

#include <stdlib.h>
#include <string.h>

/*
 * A write only takes note of the outcome. The flush does all the work in one transaction, from the outcomes in memory:
 * so it can be done again, whatever becomes of the server.
 */

enum step {
    STEP_DONE,
    STEP_AGAIN, /* at once: something changed meanwhile, and was taken notice of */
    STEP_FAILED
};

enum status postgres_write(void *context, const struct unit_outcome *outcome, struct run_counts *counts,
                           struct err *err)
{
    struct postgres_destination *pg = context;
    if (pg->kept_count == pg->kept_capacity) {
        size_t capacity = pg->kept_capacity != 0 ? pg->kept_capacity * 2 : 64;
        const struct unit_outcome **kept = reallocarray(pg->kept, capacity, sizeof(const struct unit_outcome *));
        if (kept == NULL)
            return err_nomem(err);
        pg->kept = kept;
        pg->kept_capacity = capacity;
    }
    pg->kept[pg->kept_count++] = outcome;
    if (outcome->batch != NULL)
        counts->rows_received += outcome->rows_received;
    return STATUS_OK;
}

/*
 * Writes the number of the flush down, as the first thing in its transaction: a transaction of it that the server is
 * still at, on a connection that was lost, is waited for. *ret_done: one of them was committed.
 */
static enum status note_flush(struct postgres_destination *pg, bool *ret_done, struct err *err)
{
    struct db_statement *put;
    enum status status = db_prepare(pg->db,
                                    "INSERT INTO flushes AS f (run_id, number) VALUES (?1, ?2)"
                                    " ON CONFLICT (run_id) DO UPDATE SET number = excluded.number, flushed_at = now()"
                                    " WHERE f.number < excluded.number RETURNING number",
                                    &put, err);
    if (status != STATUS_OK)
        return status;
    bool row;
    db_bind_string(put, 1, pg->run_id);
    db_bind_integer(put, 2, pg->flush_number);
    status = db_step(put, &row, err);
    if (status == STATUS_OK)
        *ret_done = !row;
    db_finalize(put);
    return status;
}

/* Outcomes whose lease is no longer ours are given up; *ret_all: none is. */
static enum status ask_fence(struct postgres_destination *pg, bool *ret_all, struct err *err)
{
    *ret_all = true;
    if (pg->fence == NULL || pg->kept_count == 0)
        return STATUS_OK;
    bool *held = malloc(pg->kept_count * sizeof *held);
    if (held == NULL)
        return err_nomem(err);
    memset(held, true, pg->kept_count * sizeof *held);
    enum status status = pg->fence->check(pg->fence->context, pg->db, pg->kept_count, pg->kept, held, err);
    size_t left = 0;
    for (size_t i = 0; status == STATUS_OK && i < pg->kept_count; i++) {
        if (held[i])
            pg->kept[left++] = pg->kept[i];
    }
    if (status == STATUS_OK) {
        *ret_all = left == pg->kept_count;
        pg->kept_count = left;
    }
    free(held);
    return status;
}

/* What the ledger and the tables know of the slices. *ret_merges: some are to be merged. */
static enum status look(struct postgres_destination *pg, struct books_batch *batch, bool *ret_merges, struct err *err)
{
    enum status status = books_batch_look_back(batch, err);
    return status == STATUS_OK ? sink_postgres_sort_out(pg->current->sink, pg->merge_all, ret_merges, err) : status;
}

/*
 * Locks the series and looks once more: another program that had them may have stored rows, and booked slices, after
 * the first look. Only behind the lock is what is seen what will be there at the commit.
 */
static enum status lock_and_look(struct postgres_destination *pg, struct books_batch *batch, struct err *err)
{
    bool merges;
    enum status status = sink_postgres_lock_series(pg->current->sink, err);
    return status == STATUS_OK ? look(pg, batch, &merges, err) : status;
}

/* Of what was copied without the lock. *ret_again: not all of it was new. */
static enum status lock_and_verify(struct postgres_destination *pg, struct books_batch *batch, bool *ret_again,
                                   struct err *err)
{
    struct sink_postgres *sink = pg->current->sink;
    enum status status = sink_postgres_lock_series(sink, err);
    if (status == STATUS_OK)
        status = books_batch_look_back(batch, err);
    if (status == STATUS_OK)
        status = sink_postgres_look_again(sink, ret_again, err);
    pg->merge_all = pg->merge_all || *ret_again;
    return status;
}

/* Rows, then ledger, inside of the transaction. *ret_again: as transact has it. */
static enum status store(struct postgres_destination *pg, struct books_batch *batch, bool *ret_again, struct err *err)
{
    bool merges = false;
    pg->stored = (struct run_counts){0};
    enum status status = look(pg, batch, &merges, err);
    if (status == STATUS_OK && merges)
        status = lock_and_look(pg, batch, err);
    if (status == STATUS_OK)
        status = sink_postgres_put(pg->current->sink, err);
    COMMIT_POINT("postgres.rows_stored");
    if (status == STATUS_OK && !merges)
        status = lock_and_verify(pg, batch, ret_again, err);
    return status == STATUS_OK && !*ret_again ? books_batch_put(batch, &pg->stored, err) : status;
}

static enum status commit(struct postgres_destination *pg, struct err *err)
{
    COMMIT_POINT("postgres.flushing");
    pg->is_in_doubt = true;
    enum status status = db_commit(pg->db, err);
    if (status == STATUS_OK || pg_trouble(pg->db) != PG_TROUBLE_LOST)
        pg->is_in_doubt = false;
    COMMIT_POINT("postgres.flushed");
    return status;
}

/* The transaction. *ret_again: it is to be begun anew. */
static enum status transact(struct postgres_destination *pg, struct books_batch *batch, bool *ret_again,
                            struct err *err)
{
    bool done = false;
    bool held = true;
    bool stale = false;
    enum status status = db_begin(pg->db, err);
    if (status == STATUS_OK)
        status = note_flush(pg, &done, err);
    if (status == STATUS_OK && done)
        return STATUS_OK;
    if (status == STATUS_OK) {
        pg->is_in_doubt = false; /* an earlier attempt was not committed, and never will be */
        status = ask_fence(pg, &held, err);
    }
    if (status == STATUS_OK && held)
        status = sink_postgres_begin(pg->current->sink, &stale, err);
    *ret_again = !held || stale;
    if (status != STATUS_OK || *ret_again)
        return status;
    status = store(pg, batch, ret_again, err);
    return status == STATUS_OK && !*ret_again ? commit(pg, err) : status;
}

static enum step attempt(struct postgres_destination *pg, struct err *err)
{
    struct books_batch batch = {0};
    bool again = false;
    enum status status = books_batch_make(&pg->current->books, pg->kept_count, pg->kept, &batch, err);
    if (status == STATUS_OK)
        status = sink_postgres_prepare(pg->current->sink, batch.count, batch.slices, err);
    if (status == STATUS_OK)
        status = transact(pg, &batch, &again, err);
    db_rollback(pg->db); /* what was not committed */
    books_batch_release(&batch);
    if (status != STATUS_OK)
        return STEP_FAILED;
    return again ? STEP_AGAIN : STEP_DONE;
}

enum status postgres_reconnected(void *context, struct err *err)
{
    struct postgres_destination *pg = context;
    struct err ignored;
    for (size_t i = 0; i < pg->job->dataset_count; i++)
        sink_postgres_reconnected(pg->datasets[i].sink);
    if (runs_hold(pg->db, pg->run_id, &ignored) != STATUS_OK && pg_trouble(pg->db) == PG_TROUBLE_LOST) {
        *err = ignored;
        return err->kind;
    }
    enum status status = hold_job(pg->job, pg->run_id, pg->db, err);
    for (size_t i = 0; status == STATUS_OK && i < pg->job->dataset_count; i++)
        status = ledger_reconnected(pg->datasets[i].ledger, err);
    return status;
}

static bool reconnect(struct postgres_destination *pg, struct patience *patience)
{
    struct err why;
    for (;;) {
        if (!patience_reconnect(patience, pg->db))
            return false;
        if (postgres_reconnected(pg, &why) == STATUS_OK)
            return true;
        if (pg_trouble(pg->db) != PG_TROUBLE_LOST && pg_trouble(pg->db) != PG_TROUBLE_AGAIN) {
            log_warn("%s", why.message);
            return false;
        }
    }
}

/* Whether a failure is one that another attempt may mend. */
bool postgres_may_mend(struct postgres_destination *pg, struct patience *patience, const struct err *err)
{
    switch (pg_trouble(pg->db)) {
    case PG_TROUBLE_AGAIN: return patience_again(patience);
    case PG_TROUBLE_LOST: return reconnect(pg, patience);
    case PG_TROUBLE_NONE:
    case PG_TROUBLE_OTHER:
    default: break;
    }
    if (pg->merge_all || err->kind != STATUS_IO)
        return false;
    /* A row is there that the ledger does not know of, or a month is gone: nothing is taken for granted once. */
    pg->merge_all = true;
    for (size_t i = 0; i < pg->job->dataset_count; i++)
        sink_postgres_reconnected(pg->datasets[i].sink);
    return true;
}

static enum status store_all(struct postgres_destination *pg, struct err *err)
{
    struct patience patience = patience_new(pg->job->interrupted);
    pg->merge_all = false;
    pg->is_in_doubt = false;
    pg->flush_number++;
    for (;;) {
        enum step step = attempt(pg, err);
        if (step == STEP_DONE)
            return STATUS_OK;
        if (step == STEP_AGAIN)
            patience_found(&patience);
        else if (!postgres_may_mend(pg, &patience, err))
            break;
    }
    if (pg->is_in_doubt)
        err_prefix(err, "it is not known whether the last rows were stored; the next run finds out");
    return err->kind;
}

static uint64_t rows_kept(const struct postgres_destination *pg)
{
    uint64_t rows = 0;
    for (size_t i = 0; i < pg->kept_count; i++)
        rows += pg->kept[i]->batch != NULL ? pg->kept[i]->rows_received : 0;
    return rows;
}

/* Of outcomes that hold no slice twice. */
static enum status store_part(struct postgres_destination *pg, struct run_counts *counts, struct err *err)
{
    uint64_t rows = rows_kept(pg);
    enum status status = store_all(pg, err);
    if (status != STATUS_OK)
        return status;
    counts->rows_received -= rows; /* counted by the writes; now by what was not refused */
    run_counts_add(counts, &pg->stored);
    if (pg->fence != NULL && pg->fence->committed != NULL)
        pg->fence->committed(pg->fence->context);
    return STATUS_OK;
}

/* A slice that came twice is stored in the next transaction, since it is compared with what the first left. */
static enum status store_parts(struct postgres_destination *pg, struct run_counts *counts, struct err *err)
{
    const struct unit_outcome **kept = pg->kept;
    size_t left = pg->kept_count;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && left > 0) {
        size_t part;
        status = outcomes_distinct(left, pg->kept, &part, err);
        if (status != STATUS_OK)
            break;
        pg->kept_count = part; /* fewer, where the fence refuses some */
        status = store_part(pg, counts, err);
        pg->kept += part;
        left -= part;
    }
    pg->kept = kept;
    pg->kept_count = 0;
    return status;
}

enum status postgres_flush(void *context, bool must, struct run_counts *counts, bool *ret_flushed, struct err *err)
{
    (void)must; /* a commit is cheap enough at any time */
    enum status status = store_parts(context, counts, err);
    *ret_flushed = status == STATUS_OK;
    return status;
}
