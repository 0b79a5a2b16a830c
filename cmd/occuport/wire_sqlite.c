#include "wire.h"

#include "db/migrate.h"
#include "sink/sqlite.h"
#include "store/runs.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * Rows and ledger of a slice are in one transaction because they are in one
 * database: this file is where the two meet.
 */
struct sqlite_destination {
    struct db *db;
    struct sink_sqlite *sink;
    struct ledger *ledger;
    const struct job *job;
    const char *run_id;
    struct sink_sqlite_options sink_options;
    struct destination ops;
};

struct write_context {
    struct sqlite_destination *sqlite;
    const struct unit_outcome *outcome;
    struct run_counts *counts;
};

static enum status series_of_slice(struct sqlite_destination *sqlite, const struct unit_outcome *outcome, size_t slice,
                                   struct sink_slice *ret_slice, struct err *err)
{
    struct sink_slice put = {.zone = outcome->unit->building->zone};
    put.key = unit_series_of(outcome->unit, slice, &put.day);
    enum status status = ledger_series_id(sqlite->ledger, &put.key, &put.series_id, err);
    if (status == STATUS_OK && put.series_id == 0)
        status = err_set(err, STATUS_BUG, "a slice of building %" PRId64 " was never declared", put.key.building_id);
    if (status == STATUS_OK)
        *ret_slice = put;
    return status;
}

/* What a later fetch changes in a slice is a correction; what the first one brings is not. */
static enum status note_correction(const struct write_context *write, const struct sink_slice *slice,
                                   const struct sink_changes *changes, bool was_fetched, struct err *err)
{
    if (!was_fetched || changes->inserted + changes->updated + changes->vanished == 0)
        return STATUS_OK;
    struct run_correction correction = {
        .run_id = write->sqlite->run_id,
        .seen_at = write->outcome->fetched_at,
        .key = slice->key,
        .day = slice->day,
        .inserted = changes->inserted,
        .updated = changes->updated,
        .vanished = changes->vanished,
    };
    return runs_add_correction(write->sqlite->db, &correction, err);
}

static enum status put_complete(const struct write_context *write, struct sink_slice *slice, size_t at, struct err *err)
{
    struct sqlite_destination *sqlite = write->sqlite;
    struct sink_changes changes = {0};
    bool was_fetched = false;
    slice->row_count = outcome_slice_rows(write->outcome, at, &slice->rows);
    enum status status = ledger_was_fetched(sqlite->ledger, slice->series_id, slice->day, &was_fetched, err);
    if (status == STATUS_OK)
        status = sink_sqlite_ops.put_slice(sqlite->sink, slice, &changes, err);
    if (status == STATUS_OK)
        status = note_correction(write, slice, &changes, was_fetched, err);
    struct run_counts *counts = write->counts;
    counts->slices_fetched++;
    counts->slices_empty += slice->row_count == 0 && !granularity_is_sparse(slice->key.granularity);
    counts->rows_inserted += changes.inserted;
    counts->rows_updated += changes.updated;
    counts->rows_unchanged += changes.unchanged;
    counts->rows_vanished += changes.vanished;
    return status;
}

static enum status put_failed(const struct write_context *write, const struct sink_slice *slice,
                              const struct err *failure, struct err *err)
{
    struct ledger_fault fault = {
        .series_id = slice->series_id,
        .day = slice->day,
        .kind = failure->kind,
        .message = failure->message,
        .run_id = write->sqlite->run_id,
        .failed_at = write->outcome->fetched_at,
    };
    write->counts->slices_failed++;
    return ledger_put_failed(write->sqlite->ledger, &fault, err);
}

static enum status put_slices(const struct write_context *write, struct err *err)
{
    const struct unit_outcome *outcome = write->outcome;
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < unit_slice_count(outcome->unit); i++) {
        struct sink_slice slice;
        status = series_of_slice(write->sqlite, outcome, i, &slice, err);
        if (status != STATUS_OK)
            break;
        if (outcome->slice_errs[i] == NULL)
            status = put_complete(write, &slice, i, err);
        else
            status = put_failed(write, &slice, outcome->slice_errs[i], err);
    }
    return status;
}

static enum status put_rejects(const struct write_context *write, struct err *err)
{
    const struct batch *batch = write->outcome->batch;
    enum status status = STATUS_OK;
    for (size_t i = 0; batch != NULL && status == STATUS_OK && i < batch->reject_count; i++) {
        const struct reject *from = &batch->rejects[i];
        struct run_reject reject = {
            .run_id = write->sqlite->run_id,
            .seen_at = write->outcome->fetched_at,
            .reason = from->reason,
            .raw = from->raw,
            .raw_size = from->raw_size,
        };
        struct series_key key;
        if (from->slice != SIZE_MAX) {
            key = unit_series_of(write->outcome->unit, from->slice, &reject.day);
            reject.key = &key;
        }
        status = runs_add_reject(write->sqlite->db, &reject, err);
    }
    if (batch != NULL)
        write->counts->rows_rejected += batch->reject_count + batch->rejects_dropped;
    write->counts->rows_received += write->outcome->rows_received;
    return status;
}

static enum status put_span(void *context, const struct series_key *key, const struct span *span, struct err *err)
{
    const struct write_context *write = context;
    int64_t series_id;
    enum status status = ledger_series_id(write->sqlite->ledger, key, &series_id, err);
    return status == STATUS_OK ? ledger_put_fetched(write->sqlite->ledger, series_id, span, err) : status;
}

static enum status write_outcome(void *context, const struct unit_outcome *outcome, struct run_counts *counts,
                                 struct err *err)
{
    struct sqlite_destination *sqlite = context;
    struct write_context write = {sqlite, outcome, counts};
    enum status status = db_begin(sqlite->db, err);
    if (status == STATUS_OK)
        status = put_slices(&write, err);
    if (status == STATUS_OK)
        status = put_rejects(&write, err);
    if (status == STATUS_OK && outcome->batch != NULL)
        status = outcome_each_span(outcome, sqlite->job->coverage.settle_seconds, put_span, &write, err);
    if (status != STATUS_OK)
        db_rollback(sqlite->db);
    return status;
}

static enum status flush(void *context, bool must, struct run_counts *counts, bool *ret_flushed, struct err *err)
{
    (void)must;
    (void)counts;
    struct sqlite_destination *sqlite = context;
    enum status status = db_commit(sqlite->db, err);
    if (status != STATUS_OK)
        db_rollback(sqlite->db);
    *ret_flushed = status == STATUS_OK;
    return status;
}

/* Schema, zones and coverage change together or not at all. */
static enum status prepare(struct sqlite_destination *sqlite, struct err *err)
{
    enum status status = migrate(sqlite->db, MIGRATE_ALL, sqlite->job->now, err);
    if (status == STATUS_OK)
        status = db_begin(sqlite->db, err);
    if (status == STATUS_OK)
        status = sink_sqlite_open(sqlite->db, &sqlite->sink_options, &sqlite->sink, err);
    if (status == STATUS_OK)
        status = ledger_open(sqlite->db, &sqlite->job->ledger_job, &sqlite->ledger, err);
    if (status == STATUS_OK)
        status = ledger_declare(sqlite->ledger, err);
    if (status == STATUS_OK)
        status = db_commit(sqlite->db, err);
    return status;
}

enum status sqlite_destination_open(const struct job *job, const char *run_id, struct sqlite_destination **ret_sqlite,
                                    struct err *err)
{
    struct sqlite_destination *sqlite = calloc(1, sizeof *sqlite);
    if (sqlite == NULL)
        return err_nomem(err);
    const struct config_destination *destination = &job->config->destinations[0];
    sqlite->job = job;
    sqlite->run_id = run_id;
    sqlite->sink_options = (struct sink_sqlite_options){
        .coverage = &job->coverage,
        .column_count = job->config->column_count,
        .columns = job->config->columns,
        .run_id = run_id,
    };
    sqlite->ops = (struct destination){"destination sqlite", sqlite, write_outcome, flush};
    enum status status = db_open(destination->path, DB_CREATE, &sqlite->db, err);
    if (status == STATUS_OK)
        status = prepare(sqlite, err);
    if (status != STATUS_OK) {
        sqlite_destination_close(sqlite);
        return status;
    }
    *ret_sqlite = sqlite;
    return STATUS_OK;
}

void sqlite_destination_close(struct sqlite_destination *sqlite)
{
    if (sqlite == NULL)
        return;
    ledger_close(sqlite->ledger);
    sink_sqlite_close(sqlite->sink);
    if (sqlite->db != NULL)
        db_rollback(sqlite->db);
    db_close(sqlite->db);
    free(sqlite);
}

struct db *sqlite_destination_db(struct sqlite_destination *sqlite)
{
    return sqlite->db;
}

struct ledger *sqlite_destination_ledger(struct sqlite_destination *sqlite)
{
    return sqlite->ledger;
}

const struct destination *sqlite_destination_ops(struct sqlite_destination *sqlite)
{
    return &sqlite->ops;
}
