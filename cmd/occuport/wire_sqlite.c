#include "wire_sqlite.h"

#include "core/commit_point.h"
#include "db/migrate.h"
#include "sink/sqlite.h"
#include "store/dimensions.h"
#include "store/runs.h"
#include "wire_books.h"

#include <stdlib.h>

/*
 * Rows and ledger of a slice are in one transaction because they are in one
 * database: this file is where the two meet.
 */
/* One dataset of the job. */
struct sqlite_dataset {
    struct sink_sqlite *sink;
    struct ledger *ledger;
    struct books books;
    struct sink_sqlite_options sink_options;
};

struct sqlite_destination {
    struct db *db;
    const struct job *job;
    struct sqlite_dataset *datasets; /* owned; as many as the job has */
    struct sqlite_dataset *current;
};

static enum status put_complete(struct sqlite_dataset *sqlite, const struct unit_outcome *outcome, size_t at,
                                enum ledger_past past, struct run_counts *counts, struct err *err)
{
    struct sink_slice slice;
    struct sink_changes changes = {0};
    enum status status = books_slice(&sqlite->books, outcome, at, &slice, err);
    if (status != STATUS_OK)
        return status;
    slice.row_count = outcome_slice_rows(outcome, at, &slice.rows);
    slice.is_new = past == LEDGER_NEVER;
    status = books_judge_empty(&sqlite->books, &slice, &slice.keep_rows, err);
    if (status == STATUS_OK)
        status = sink_sqlite_ops.put_slice(sqlite->sink, &slice, &changes, err);
    if (status == STATUS_OK)
        status = books_put_changes(&sqlite->books, &slice, past, outcome->fetched_at, &changes, counts, err);
    if (status == STATUS_OK)
        status = books_reopen(&sqlite->books, 1, &outcome, &slice, &changes, err);
    return status;
}

/*
 * The slices of a unit, day by day. A row that moved from one day to an earlier one can be stored there when the later
 * one is known not to have it any more, so that goes first. Where nothing was stored before, rows go in as they lie.
 */
static enum status put_all(struct sqlite_dataset *sqlite, const struct unit_outcome *outcome,
                           const enum ledger_past *past, struct run_counts *counts, struct err *err)
{
    size_t count = unit_slice_count(outcome->unit);
    size_t series_count = outcome->unit->site_count * outcome->unit->group_count;
    bool backwards = false;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count; i++)
        backwards = backwards || past[i] != LEDGER_NEVER;
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        size_t at = backwards ? count - (i / series_count + 1) * series_count + i % series_count : i;
        if (outcome->slice_errs[at] == NULL)
            status = put_complete(sqlite, outcome, at, past[at], counts, err);
    }
    return status;
}

static enum status write_all(struct sqlite_dataset *sqlite, const struct unit_outcome *outcome,
                             struct run_counts *counts, struct err *err)
{
    enum ledger_past *past = NULL;
    enum status status = books_look_back(&sqlite->books, outcome, &past, err);
    if (status == STATUS_OK)
        status = books_put_outcome(&sqlite->books, outcome, counts, err);
    if (status == STATUS_OK)
        status = put_all(sqlite, outcome, past, counts, err);
    free(past);
    return status;
}

static enum status write_outcome(void *context, const struct unit_outcome *outcome, struct run_counts *counts,
                                 struct err *err)
{
    struct sqlite_destination *sqlite = context;
    bool is_first = !db_in_transaction(sqlite->db);
    enum status status = db_begin(sqlite->db, err);
    if (status == STATUS_OK && is_first)
        status = sink_sqlite_begin(sqlite->current->sink, err);
    if (status == STATUS_OK)
        status = write_all(sqlite->current, outcome, counts, err);
    COMMIT_POINT("sqlite.unit_written");
    if (status != STATUS_OK)
        db_rollback(sqlite->db);
    return status;
}

static enum status flush(void *context, bool must, struct run_counts *counts, bool *ret_flushed, struct err *err)
{
    struct sqlite_destination *sqlite = context;
    (void)must; /* a commit is cheap enough at any time */
    (void)counts;
    COMMIT_POINT("sqlite.flushing");
    enum status status = db_end(sqlite->db, STATUS_OK, err);
    COMMIT_POINT("sqlite.flushed");
    if (status == STATUS_OK)
        *ret_flushed = true;
    return status;
}

static enum status prepare_dataset(struct sqlite_destination *sqlite, size_t at, struct err *err)
{
    struct sqlite_dataset *dataset = &sqlite->datasets[at];
    enum status status = sink_sqlite_open(sqlite->db, &dataset->sink_options, &dataset->sink, err);
    if (status == STATUS_OK)
        status = ledger_open(sqlite->db, &sqlite->job->datasets[at].ledger_job, &dataset->ledger, err);
    if (status == STATUS_OK)
        status = ledger_declare(dataset->ledger, err);
    dataset->books.db = sqlite->db;
    dataset->books.ledger = dataset->ledger;
    return status;
}

/*
 * A process of an earlier version goes on writing as it knows the tables, and would leave out what the upgrade adds.
 * It is waited for by the next run.
 */
static enum status upgrade(struct sqlite_destination *sqlite, struct err *err)
{
    bool current = false;
    bool busy = false;
    enum status status = migrate_check(sqlite->db, MIGRATE_ALL, &current, err);
    if (status == STATUS_OK && !current)
        status = runs_any_alive(sqlite->db, &busy, err);
    if (status == STATUS_OK && busy)
        return err_set(err, STATUS_BUSY,
                       "%s is of an earlier version, and a run that began with it is going on: it is upgraded by the "
                       "next run after that",
                       db_path(sqlite->db));
    return status == STATUS_OK ? migrate(sqlite->db, MIGRATE_ALL, sqlite->job->now, err) : status;
}

/* Schema, zones and coverage of all datasets change together or not at all. */
static enum status prepare(struct sqlite_destination *sqlite, struct err *err)
{
    enum status status = upgrade(sqlite, err);
    if (status == STATUS_OK)
        status = db_begin(sqlite->db, err);
    for (size_t i = 0; status == STATUS_OK && i < sqlite->job->dataset_count; i++)
        status = prepare_dataset(sqlite, i, err);
    if (status == STATUS_OK)
        status = job_drop_other_datasets(sqlite->job, sqlite->db, err);
    if (status == STATUS_OK)
        status = db_commit(sqlite->db, err);
    return status;
}

static enum status put_dimension(void *context, const struct dimension *dimension, const struct table *table,
                                 struct err *err)
{
    struct sqlite_destination *sqlite = context;
    enum status status = db_begin(sqlite->db, err);
    if (status != STATUS_OK)
        return status;
    return db_end(sqlite->db, dimensions_put(sqlite->db, dimension, table, err), err);
}

static void select_dataset(void *context, size_t dataset)
{
    struct sqlite_destination *sqlite = context;
    sqlite->current = &sqlite->datasets[dataset];
}

static void close_sqlite(void *context)
{
    struct sqlite_destination *sqlite = context;
    for (size_t i = 0; sqlite->datasets != NULL && i < sqlite->job->dataset_count; i++) {
        ledger_close(sqlite->datasets[i].ledger);
        sink_sqlite_close(sqlite->datasets[i].sink);
    }
    if (sqlite->db != NULL)
        db_rollback(sqlite->db);
    db_close(sqlite->db);
    free(sqlite->datasets);
    free(sqlite);
}

static void describe(struct sqlite_dataset *to, const struct job *job, const struct job_dataset *from,
                     const char *run_id)
{
    to->sink_options = (struct sink_sqlite_options){
        .dataset = from->dataset,
        .coverage = &from->coverage,
        .column_count = from->column_count,
        .columns = from->columns,
        .run_id = run_id,
        .delete_vanished = job->config->on_vanished == CONFIG_VANISHED_DELETE,
    };
    to->books = (struct books){.job = job, .dataset = from->dataset->name, .run_id = run_id};
}

enum status sqlite_destination_open(const struct job *job, const struct config_destination *destination,
                                    const char *run_id, struct opened_destination *ret_opened, struct err *err)
{
    struct sqlite_destination *sqlite = calloc(1, sizeof *sqlite);
    if (sqlite == NULL)
        return err_nomem(err);
    sqlite->job = job;
    sqlite->datasets = calloc(job->dataset_count, sizeof *sqlite->datasets);
    sqlite->current = sqlite->datasets;
    enum status status = sqlite->datasets != NULL ? STATUS_OK : err_nomem(err);
    for (size_t i = 0; status == STATUS_OK && i < job->dataset_count; i++)
        describe(&sqlite->datasets[i], job, &job->datasets[i], run_id);
    if (status == STATUS_OK)
        status = db_open(destination->path, DB_CREATE, &sqlite->db, err);
    if (status == STATUS_OK)
        status = prepare(sqlite, err);
    if (status != STATUS_OK) {
        close_sqlite(sqlite);
        return status;
    }
    *ret_opened = (struct opened_destination){
        .ops = {"destination sqlite", sqlite, write_outcome, flush, false},
        .db = sqlite->db,
        .put_dimension = put_dimension,
        .select = select_dataset,
        .close = close_sqlite,
    };
    for (size_t i = 0; i < job->dataset_count; i++)
        ret_opened->ledgers[i] = sqlite->datasets[i].ledger;
    return STATUS_OK;
}
