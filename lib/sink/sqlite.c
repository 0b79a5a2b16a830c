#include "sink/sqlite.h"

#include "sink/sqlite_internal.h"

#include <stdlib.h>
#include <string.h>

/*
 * A slice is stored by a merge: its old rows and its new ones are both sorted
 * by start and extra keys, so one walk over both tells inserted, updated, unchanged and
 * vanished apart, and an unchanged row costs a read and no write. A slice that was never stored needs no walk.
 */

enum status sink_sqlite_open(struct db *db, const struct sink_sqlite_options *options, struct sink_sqlite **ret_sink,
                             struct err *err)
{
    struct sink_sqlite *sink = calloc(1, sizeof *sink);
    if (sink == NULL)
        return err_nomem(err);
    sink->db = db;
    sink->options = options;
    enum status status = sqlite_schema_prepare(db, options, err);
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
    sqlite_days_close(sink);
    if (sink->feed.name != NULL)
        db_feed_close(sink->db, &sink->feed);
    free(sink->rows);
    free(sink->missed);
    arena_release(&sink->missed_texts);
    free(sink);
}

/* Below, at or above 0 as the new row comes before, with or after the key of a row. */
static int compare_key(const struct sink_sqlite *sink, const struct new_row *row, const struct row_key *key)
{
    if (row->stored.start != key->start)
        return row->stored.start < key->start ? -1 : 1;
    return keys_compare(row->row->keys, key->keys, sink->options->dataset->key_count);
}

static int compare_new_rows(const void *a, const void *b, void *sink)
{
    const struct new_row *other = b;
    const struct row_key key = {other->stored.start, other->row->keys};
    return compare_key(sink, a, &key);
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
        sorted = sorted && (i == 0 || compare_new_rows(&new_row[-1], new_row, sink) < 0);
    }
    if (!sorted)
        qsort_r(sink->rows, slice->row_count, sizeof *sink->rows, compare_new_rows, sink);
    return STATUS_OK;
}

/* Keeps the key of a stored row, whose texts end with the cursor. */
static enum status note_missed(struct sink_sqlite *sink, const struct row_key *key, size_t *count, struct err *err)
{
    if (*count == sink->missed_capacity) {
        size_t capacity = sink->missed_capacity != 0 ? sink->missed_capacity * 2 : 64;
        struct missed_row *missed = reallocarray(sink->missed, capacity, sizeof *missed);
        if (missed == NULL)
            return err_nomem(err);
        sink->missed = missed;
        sink->missed_capacity = capacity;
    }
    struct missed_row *noted = &sink->missed[(*count)++];
    *noted = (struct missed_row){.start = key->start};
    for (size_t i = 0; i < sink->options->dataset->key_count; i++) {
        noted->keys[i] = key->keys[i];
        if (key->keys[i].kind != VALUE_TEXT)
            continue;
        noted->keys[i].text = arena_copy(&sink->missed_texts, key->keys[i].text, key->keys[i].size);
        if (noted->keys[i].text == NULL)
            return err_nomem(err);
    }
    return STATUS_OK;
}

/*
 * The walk over old and new rows. Nothing is written to the table while it is being read: a row that is inserted
 * behind the cursor, or updated to a record of another size, would be met again.
 */
static enum status walk(struct sink_sqlite *sink, const struct sink_slice *slice, size_t *ret_missed, struct err *err)
{
    struct db_statement *old = sink->queries[QUERY_OLD_ROWS];
    db_bind_integer(old, 1, civil_day_to_partition(slice->day));
    db_bind_integer(old, 2, slice->series_id);
    arena_reset(&sink->missed_texts);
    size_t at = 0;
    size_t missed = 0;
    bool row;
    enum status status;
    while ((status = db_step(old, &row, err)) == STATUS_OK && row) {
        struct value keys[DATASET_KEYS_MAX];
        const struct row_key key = {db_column_integer(old, 0), keys};
        sqlite_read_keys(sink, old, keys);
        while (at < slice->row_count && compare_key(sink, &sink->rows[at], &key) < 0)
            sink->rows[at++].fate = ROW_NEW;
        if (at < slice->row_count && compare_key(sink, &sink->rows[at], &key) == 0) {
            sink->rows[at].fate = sqlite_row_compare(sink, old, &sink->rows[at]);
            at++;
        } else {
            status = note_missed(sink, &key, &missed, err);
            if (status != STATUS_OK)
                break;
        }
    }
    db_reset(old);
    while (at < slice->row_count)
        sink->rows[at++].fate = ROW_NEW;
    *ret_missed = missed;
    return status;
}

static enum status merge(struct sink_sqlite *sink, const struct sink_slice *slice, struct sink_changes *changes,
                         struct err *err)
{
    size_t missed;
    const struct sink_changes before = *changes;
    enum status status = walk(sink, slice, &missed, err);
    for (size_t i = 0; status == STATUS_OK && i < slice->row_count; i++) {
        const struct new_row *new_row = &sink->rows[i];
        status = new_row->fate == ROW_NEW ? sqlite_row_add(sink, slice, new_row, changes, err)
                                          : sqlite_row_keep(sink, slice, new_row, changes, err);
    }
    for (size_t i = 0; status == STATUS_OK && i < missed; i++) {
        const struct row_key key = {sink->missed[i].start, sink->missed[i].keys};
        status = sqlite_row_missed(sink, slice, &key, changes, err);
    }
    bool changed = changes->inserted != before.inserted || changes->updated != before.updated ||
                   changes->vanished != before.vanished;
    if (status == STATUS_OK && changed)
        status = sqlite_days_refresh(sink, civil_day_to_partition(slice->day), slice->series_id, err);
    return status;
}

/* A slice may be new to a ledger that somebody repaired by hand, or put back from a copy. */
static enum status holds_rows(struct sink_sqlite *sink, const struct sink_slice *slice, bool *ret_holds,
                              struct err *err)
{
    struct db_statement *query = sink->queries[QUERY_ANY_ROW];
    db_bind_integer(query, 1, civil_day_to_partition(slice->day));
    db_bind_integer(query, 2, slice->series_id);
    enum status status = db_step(query, ret_holds, err);
    db_reset(query);
    return status;
}

static enum status put_slice(void *context, const struct sink_slice *slice, struct sink_changes *changes,
                             struct err *err)
{
    struct sink_sqlite *sink = context;
    bool must_merge = !slice->is_new;
    enum status status = encode_rows(sink, slice, err);
    if (status == STATUS_OK && slice->is_new)
        status = holds_rows(sink, slice, &must_merge, err);
    if (status == STATUS_OK)
        status = must_merge ? merge(sink, slice, changes, err) : sqlite_rows_add(sink, slice, changes, err);
    if (status != STATUS_OK)
        sink->encoder.has_last = false; /* a rollback may take its spelling away */
    return status;
}

const struct sink_ops sink_sqlite_ops = {.put_slice = put_slice};
