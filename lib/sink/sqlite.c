#include "sink/sqlite.h"

#include "sink/sqlite_internal.h"

#include <stdlib.h>
#include <string.h>

/*
 * A slice is stored by a merge: its old rows and its new ones are both sorted
 * by start, so one walk over both tells inserted, updated, unchanged and
 * vanished apart, and an unchanged row costs a read and no write.
 */

enum status sink_sqlite_open(struct db *db, const struct sink_sqlite_options *options, struct sink_sqlite **ret_sink,
                             struct err *err)
{
    struct sink_sqlite *sink = calloc(1, sizeof *sink);
    if (sink == NULL)
        return err_nomem(err);
    sink->db = db;
    sink->options = options;
    enum status status = sqlite_schema_prepare(db, options->column_count, options->columns, err);
    if (status == STATUS_OK)
        status = sqlite_zones_prepare(db, options->coverage, err);
    if (status == STATUS_OK)
        status = sqlite_queries_prepare(sink, err);
    if (status != STATUS_OK) {
        sink_sqlite_close(sink);
        return status;
    }
    *ret_sink = sink;
    return STATUS_OK;
}

void sink_sqlite_close(struct sink_sqlite *sink)
{
    if (sink == NULL)
        return;
    start_encoder_close(&sink->encoder);
    for (int i = 0; i < QUERY_COUNT; i++)
        db_finalize(sink->queries[i]);
    free(sink->rows);
    free(sink->vanished);
    free(sink);
}

static int compare_new_rows(const void *a, const void *b)
{
    const struct new_row *left = a;
    const struct new_row *right = b;
    return (left->stored.start > right->stored.start) - (left->stored.start < right->stored.start);
}

/* Encodes the starts and sorts by them: rows come sorted by instant, which odd starts (negative) do not follow. */
static enum status encode_rows(struct sink_sqlite *sink, const struct sink_slice *slice, struct err *err)
{
    if (slice->row_count > sink->capacity) {
        struct new_row *rows = reallocarray(sink->rows, slice->row_count, sizeof *rows);
        if (rows == NULL)
            return err_nomem(err);
        sink->rows = rows;
        sink->capacity = slice->row_count;
    }
    bool sorted = true;
    for (size_t i = 0; i < slice->row_count; i++) {
        struct new_row *new_row = &sink->rows[i];
        new_row->row = &slice->rows[i];
        enum status status = start_encode(&sink->encoder, new_row->row, slice->zone, &new_row->stored, err);
        if (status != STATUS_OK)
            return status;
        sorted = sorted && (i == 0 || new_row[-1].stored.start < new_row->stored.start);
    }
    if (!sorted)
        qsort(sink->rows, slice->row_count, sizeof *sink->rows, compare_new_rows);
    return STATUS_OK;
}

static enum status note_vanished(struct sink_sqlite *sink, int64_t start, size_t *count, struct err *err)
{
    if (*count == sink->old_capacity) {
        size_t capacity = sink->old_capacity != 0 ? sink->old_capacity * 2 : 64;
        int64_t *vanished = reallocarray(sink->vanished, capacity, sizeof *vanished);
        if (vanished == NULL)
            return err_nomem(err);
        sink->vanished = vanished;
        sink->old_capacity = capacity;
    }
    sink->vanished[(*count)++] = start;
    return STATUS_OK;
}

/*
 * The walk over old and new rows. Nothing is written to the table while it is being read: a row that is inserted
 * behind the cursor, or updated to a record of another size, would be met again.
 */
static enum status walk(struct sink_sqlite *sink, const struct sink_slice *slice, size_t *ret_vanished, struct err *err)
{
    struct db_statement *old = sink->queries[QUERY_OLD_ROWS];
    db_bind_integer(old, 1, civil_day_to_partition(slice->day));
    db_bind_integer(old, 2, slice->series_id);
    size_t at = 0;
    size_t vanished = 0;
    bool row;
    enum status status;
    while ((status = db_step(old, &row, err)) == STATUS_OK && row) {
        int64_t start = db_column_integer(old, 0);
        while (at < slice->row_count && sink->rows[at].stored.start < start)
            sink->rows[at++].fate = ROW_NEW;
        if (at < slice->row_count && sink->rows[at].stored.start == start) {
            sink->rows[at].fate = sqlite_row_compare(sink, old, &sink->rows[at]);
            at++;
        } else {
            status = note_vanished(sink, start, &vanished, err);
            if (status != STATUS_OK)
                break;
        }
    }
    db_reset(old);
    while (at < slice->row_count)
        sink->rows[at++].fate = ROW_NEW;
    *ret_vanished = vanished;
    return status;
}

static enum status merge(struct sink_sqlite *sink, const struct sink_slice *slice, struct sink_changes *changes,
                         struct err *err)
{
    size_t vanished;
    enum status status = walk(sink, slice, &vanished, err);
    for (size_t i = 0; status == STATUS_OK && i < slice->row_count; i++) {
        const struct new_row *new_row = &sink->rows[i];
        status = new_row->fate == ROW_NEW ? sqlite_row_add(sink, slice, new_row, changes, err)
                                          : sqlite_row_keep(sink, slice, new_row, changes, err);
    }
    for (size_t i = 0; status == STATUS_OK && i < vanished; i++)
        status = sqlite_row_missed(sink, slice, sink->vanished[i], changes, err);
    return status;
}

static enum status put_slice(void *context, const struct sink_slice *slice, struct sink_changes *changes,
                             struct err *err)
{
    struct sink_sqlite *sink = context;
    enum status status = encode_rows(sink, slice, err);
    if (status == STATUS_OK)
        status = merge(sink, slice, changes, err);
    if (status != STATUS_OK)
        sink->encoder.has_last = false; /* a rollback may take its spelling away */
    return status;
}

const struct sink_ops sink_sqlite_ops = {.put_slice = put_slice};
