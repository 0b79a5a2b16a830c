#include "wire_csv.h"

#include "core/commit_point.h"
#include "db/migrate.h"
#include "sink/csv.h"
#include "sink/csv_table.h"
#include "store/dimensions.h"
#include "store/lock.h"
#include "wire_books.h"
#include "wire_csv_look.h"
#include "wire_csv_waiting.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * The ledger's transaction stays open while slices are gathered, and is
 * committed only when their files have been renamed into place: the ledger
 * never says more than the files. A crash between the two leaves files that are newer than the ledger, and the slices
 * are fetched again. What the files changed could not be found out then, so it is written down before
 * (wire_csv_waiting.h).
 */

/* What a gathered slice needs when it is merged; in the order of sink_csv_put. */
struct gathered {
    enum ledger_past past;
    int64_t fetched_at;
};

/* One dataset of the job. */
struct csv_dataset {
    struct csv_destination *destination;
    struct ledger *ledger;
    struct sink_csv *sink;
    struct books books;
    struct sink_csv_options options;
};

/* Only the dataset at hand has anything gathered: each is flushed before the next begins. */
struct csv_destination {
    struct lock *lock;
    struct db *db;
    const struct job *job;
    const char *run_id;
    struct csv_dataset *datasets; /* owned; as many as the job has */
    struct csv_dataset *current;
    size_t gathered_count;
    size_t gathered_capacity;
    struct gathered *gathered;
    struct err callback_err; /* of change_mark, which cannot return one */
    size_t merged;           /* slices visited of the merge at hand */
    struct csv_waiting waiting;
    struct run_counts *counts;
};

typedef enum status mark_row(struct ledger *ledger, int64_t series_id, civil_day day, const char *start,
                             size_t start_size, bool *ret_changed, struct err *err);

/* For the sink, which takes no failure: it is kept for the end of the merge. */
static bool change_mark(struct csv_dataset *dataset, mark_row *mark, int64_t series_id, civil_day day,
                        const char *start, size_t start_size)
{
    bool changed = false;
    struct err err = {0};
    if (mark(dataset->ledger, series_id, day, start, start_size, &changed, &err) != STATUS_OK)
        dataset->destination->callback_err = err;
    return changed;
}

static bool first_missed(void *context, int64_t series_id, civil_day day, const char *start, size_t start_size)
{
    return change_mark(context, ledger_miss_row, series_id, day, start, start_size);
}

static bool was_missed(void *context, int64_t series_id, civil_day day, const char *start, size_t start_size)
{
    return change_mark(context, ledger_unmiss_row, series_id, day, start, start_size);
}

static enum status gather(struct csv_destination *csv, const struct gathered *gathered, struct err *err)
{
    if (csv->gathered_count == csv->gathered_capacity) {
        size_t capacity = csv->gathered_capacity != 0 ? csv->gathered_capacity * 2 : 256;
        struct gathered *grown = reallocarray(csv->gathered, capacity, sizeof *grown);
        if (grown == NULL)
            return err_nomem(err);
        csv->gathered = grown;
        csv->gathered_capacity = capacity;
    }
    csv->gathered[csv->gathered_count++] = *gathered;
    return STATUS_OK;
}

static enum status put_complete(struct csv_destination *csv, const struct unit_outcome *outcome, size_t at,
                                enum ledger_past past, struct err *err)
{
    struct sink_slice slice;
    struct gathered gathered = {past, outcome->fetched_at};
    enum status status = books_slice(&csv->current->books, outcome, at, &slice, err);
    if (status != STATUS_OK)
        return status;
    slice.row_count = outcome_slice_rows(outcome, at, &slice.rows);
    status = books_judge_empty(&csv->current->books, &slice, &slice.keep_rows, err);
    if (status == STATUS_OK)
        status = gather(csv, &gathered, err);
    return status == STATUS_OK ? sink_csv_put(csv->current->sink, &slice, err) : status;
}

static enum status write_all(struct csv_destination *csv, const struct unit_outcome *outcome, struct run_counts *counts,
                             struct err *err)
{
    enum ledger_past *past = NULL;
    enum status status = books_look_back(&csv->current->books, outcome, &past, err);
    if (status == STATUS_OK)
        status = books_put_outcome(&csv->current->books, outcome, counts, err);
    for (size_t i = 0; status == STATUS_OK && i < unit_slice_count(outcome->unit); i++) {
        if (outcome->slice_errs[i] == NULL)
            status = put_complete(csv, outcome, i, past[i], err);
    }
    free(past);
    return status;
}

static void forget(struct csv_destination *csv)
{
    db_rollback(csv->db);
    buf_reset(&csv->waiting.lines); /* the list on disk stays, for the files that are in place */
    sink_csv_discard(csv->current->sink);
    csv->gathered_count = 0;
}

/*
 * The list on disk is of a flush that failed behind its files: booked by itself, before anything else is gathered,
 * since the next flush replaces the list.
 */
static enum status settle_waiting(struct csv_destination *csv, struct err *err)
{
    if (!csv->waiting.is_written || db_in_transaction(csv->db))
        return STATUS_OK;
    enum status status = db_begin(csv->db, err);
    if (status == STATUS_OK)
        status = db_end(csv->db, csv_waiting_resolve(&csv->waiting, csv->db, err), err);
    if (status == STATUS_OK)
        csv_waiting_remove(&csv->waiting);
    return status;
}

static enum status write_outcome(void *context, const struct unit_outcome *outcome, struct run_counts *counts,
                                 struct err *err)
{
    struct csv_destination *csv = context;
    enum status status = settle_waiting(csv, err);
    if (status == STATUS_OK)
        status = db_begin(csv->db, err);
    if (status == STATUS_OK)
        status = write_all(csv, outcome, counts, err);
    if (status != STATUS_OK)
        forget(csv);
    return status;
}

static enum status will_change(void *context, const struct sink_csv_change *changes, size_t count, struct err *err)
{
    const struct csv_dataset *dataset = context;
    struct csv_destination *csv = dataset->destination;
    for (size_t i = 0; i < count; i++) {
        const struct gathered *gathered = &csv->gathered[changes[i].order];
        if (gathered->past == LEDGER_FETCHED)
            csv_waiting_add(&csv->waiting, dataset->options.dataset->name, gathered->fetched_at, &changes[i],
                            dataset->options.delete_vanished);
    }
    return csv_waiting_write(&csv->waiting, err);
}

static enum status merged(void *context, const struct sink_slice *slice, const struct sink_changes *changes,
                          struct err *err)
{
    struct csv_destination *csv = context;
    const struct gathered *gathered = &csv->gathered[csv->merged++];
    enum status status =
        books_put_changes(&csv->current->books, slice, gathered->past, gathered->fetched_at, changes, csv->counts, err);
    return status == STATUS_OK ? books_reopen(&csv->current->books, 0, NULL, slice, changes, err) : status;
}

static enum status merge_and_commit(struct csv_destination *csv, struct run_counts *counts, struct err *err)
{
    csv->merged = 0;
    csv->counts = counts;
    csv->callback_err = (struct err){0};
    enum status status = sink_csv_merge(csv->current->sink, merged, csv, err);
    if (status == STATUS_OK && csv->callback_err.kind != STATUS_OK) {
        *err = csv->callback_err;
        status = err->kind;
    }
    COMMIT_POINT("csv.files_in_place");
    if (status == STATUS_OK)
        status = db_commit(csv->db, err);
    COMMIT_POINT("csv.ledger_committed");
    if (status == STATUS_OK)
        csv_waiting_remove(&csv->waiting);
    return status;
}

static enum status flush(void *context, bool must, struct run_counts *counts, bool *ret_flushed, struct err *err)
{
    struct csv_destination *csv = context;
    bool cheap = csv->current->options.layout == SINK_CSV_PARTITIONED;
    if (!must && !cheap && !sink_csv_is_full(csv->current->sink)) {
        *ret_flushed = false;
        return STATUS_OK;
    }
    enum status status = merge_and_commit(csv, counts, err);
    if (status != STATUS_OK)
        forget(csv);
    else
        *ret_flushed = true;
    csv->gathered_count = 0;
    return status;
}

/* The file is made of what the ledger holds, so that it keeps what the server no longer shows. */
static enum status put_dimension(void *context, const struct dimension *dimension, const struct table *table,
                                 struct err *err)
{
    struct csv_destination *csv = context;
    const struct sink_csv_options *options = &csv->datasets[0].options; /* the folder is the same for all */
    struct csv_table file = {options->directory, dimension->name, dimension->stored, options->excel_safe};
    struct table stored = {0};
    enum status status = db_begin(csv->db, err);
    if (status == STATUS_OK)
        status = db_end(csv->db, dimensions_put(csv->db, dimension, table, err), err);
    COMMIT_POINT("csv.dimension_in_ledger");
    if (status == STATUS_OK)
        status = dimensions_read(csv->db, dimension, &stored, err);
    if (status == STATUS_OK)
        status = csv_table_write(&file, &stored, err);
    table_release(&stored);
    return status;
}

static void close_csv(void *context)
{
    struct csv_destination *csv = context;
    for (size_t i = 0; csv->datasets != NULL && i < csv->job->dataset_count; i++) {
        sink_csv_close(csv->datasets[i].sink);
        ledger_close(csv->datasets[i].ledger);
    }
    if (csv->db != NULL)
        db_rollback(csv->db);
    db_close(csv->db);
    csv_waiting_release(&csv->waiting);
    lock_release(csv->lock);
    free(csv->gathered);
    free(csv->datasets);
    free(csv);
}

static enum status open_dataset(struct csv_destination *csv, size_t at, struct err *err)
{
    struct csv_dataset *dataset = &csv->datasets[at];
    enum status status = csv_look_at_layout(&dataset->options, err);
    if (status == STATUS_OK)
        status = csv_look_at_spelling(&dataset->options, err);
    if (status == STATUS_OK)
        status = sink_csv_open(&dataset->options, &dataset->sink, err);
    if (status == STATUS_OK)
        status = ledger_open(csv->db, &csv->job->datasets[at].ledger_job, &dataset->ledger, err);
    if (status == STATUS_OK)
        status = csv_look_at_zones(&dataset->options, dataset->ledger, err);
    if (status == STATUS_OK)
        status = ledger_declare(dataset->ledger, err);
    if (status == STATUS_OK)
        status = csv_look_for_lost(&dataset->options, dataset->ledger, err);
    dataset->books = (struct books){csv->db, dataset->ledger, csv->job, dataset->options.dataset->name, csv->run_id};
    return status;
}

/* The folder must be there before the lock, the lock before the temporary files are emptied. */
static enum status open_all(struct csv_destination *csv, const struct config_destination *destination,
                            const char *command, struct err *err)
{
    char path[PATH_MAX];
    const struct job *job = csv->job;
    enum status status = sink_csv_make_directory(destination->path, err);
    int size = snprintf(path, sizeof path, "%s/.occuport/lock", destination->path);
    if (status == STATUS_OK && (size < 0 || (size_t)size >= sizeof path))
        status = err_set(err, STATUS_CANTCREATE, "path is too long: %s", destination->path);
    if (status == STATUS_OK)
        status = lock_take(path, command, csv->run_id, job->now, &csv->lock, err);
    if (status == STATUS_OK)
        status = destination_ledger_path(destination, path, err);
    if (status == STATUS_OK)
        status = db_open(path, DB_CREATE, &csv->db, err);
    if (status == STATUS_OK)
        status = migrate(csv->db, MIGRATE_LEDGER, job->now, err);
    if (status == STATUS_OK)
        status = db_begin(csv->db, err);
    if (status == STATUS_OK)
        status = csv_waiting_resolve(&csv->waiting, csv->db, err);
    for (size_t i = 0; status == STATUS_OK && i < job->dataset_count; i++)
        status = open_dataset(csv, i, err);
    if (status == STATUS_OK)
        status = job_drop_other_datasets(job, csv->db, err);
    if (status == STATUS_OK)
        status = db_commit(csv->db, err);
    if (status == STATUS_OK)
        csv_waiting_remove(&csv->waiting);
    return status;
}

static void select_dataset(void *context, size_t dataset)
{
    struct csv_destination *csv = context;
    csv->current = &csv->datasets[dataset];
}

static void describe(struct csv_destination *csv, size_t at, const struct config_destination *destination)
{
    const struct job_dataset *from = &csv->job->datasets[at];
    struct csv_dataset *to = &csv->datasets[at];
    to->destination = csv;
    to->options = (struct sink_csv_options){
        .directory = destination->path,
        .layout = destination->layout == CONFIG_CSV_SINGLE ? SINK_CSV_SINGLE : SINK_CSV_PARTITIONED,
        .dataset = from->dataset,
        .column_count = from->column_count,
        .columns = from->columns,
        .excel_safe = destination->excel_safe,
        .delete_vanished = csv->job->config->on_vanished == CONFIG_VANISHED_DELETE,
        .first_missed = first_missed,
        .was_missed = was_missed,
        .will_change = will_change,
        .context = to,
    };
}

enum status csv_destination_open(const struct job *job, const struct config_destination *destination,
                                 const char *command, const char *run_id, struct opened_destination *ret_opened,
                                 struct err *err)
{
    struct csv_destination *csv = calloc(1, sizeof *csv);
    if (csv == NULL)
        return err_nomem(err);
    csv->job = job;
    csv->run_id = run_id;
    csv->datasets = calloc(job->dataset_count, sizeof *csv->datasets);
    csv->current = csv->datasets;
    csv->waiting = (struct csv_waiting){
        .directory = destination->path, .run_id = run_id, .is_single = destination->layout == CONFIG_CSV_SINGLE};
    enum status status = csv->datasets != NULL ? STATUS_OK : err_nomem(err);
    for (size_t i = 0; status == STATUS_OK && i < job->dataset_count; i++)
        describe(csv, i, destination);
    if (status == STATUS_OK)
        status = open_all(csv, destination, command, err);
    if (status != STATUS_OK) {
        close_csv(csv);
        return status;
    }
    *ret_opened = (struct opened_destination){
        .ops = {"destination csv", csv, write_outcome, flush, false},
        .db = csv->db,
        .put_dimension = put_dimension,
        .select = select_dataset,
        .close = close_csv,
    };
    for (size_t i = 0; i < job->dataset_count; i++)
        ret_opened->ledgers[i] = csv->datasets[i].ledger;
    return STATUS_OK;
}
