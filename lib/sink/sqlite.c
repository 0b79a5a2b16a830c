#include "sink/sqlite.h"

#include "core/buf.h"
#include "sink/sqlite_internal.h"

#include <stdlib.h>
#include <string.h>

/*
 * A slice is stored by a merge: its old rows and its new ones are both sorted
 * by start, so one walk over both tells inserted, updated, unchanged and
 * vanished apart, and an unchanged row costs a read and no write.
 */

enum sink_query {
    QUERY_OLD_ROWS,
    QUERY_INSERT,
    QUERY_UPDATE,
    QUERY_DELETE,
    QUERY_STRAY_FIND,
    QUERY_STRAY_PUT,
    QUERY_STRAY_DELETE,
    QUERY_HOME_FIND,
    QUERY_VANISHED_ADD,
    QUERY_VANISHED_DELETE,
    QUERY_COUNT
};

struct new_row {
    const struct row *row;
    struct stored_start stored;
};

struct sink_sqlite {
    struct db *db;
    const struct sink_sqlite_options *options;
    struct start_encoder encoder;
    struct db_statement *queries[QUERY_COUNT];
    bool has_strays;   /* false: no stray row is stored, so none needs to be looked for */
    bool has_vanished; /* likewise */
    size_t capacity;
    struct new_row *rows; /* the slice at hand */
    size_t old_capacity;
    int64_t *vanished; /* starts of the slice's vanished rows */
};

static void append_columns(struct buf *sql, const struct sink_sqlite_options *options, const char *form)
{
    for (size_t i = 0; i < options->column_count; i++) {
        buf_append_text(sql, ", ");
        buf_appendf(sql, "\"v_%s\"", options->columns[i]);
        if (form != NULL)
            buf_appendf(sql, " = ?%zu", i + 6);
    }
}

static enum status prepare_buf(struct sink_sqlite *sink, enum sink_query which, struct buf *sql, struct err *err)
{
    enum status status = buf_status(sql, err);
    if (status == STATUS_OK)
        status = db_prepare(sink->db, buf_text(sql), &sink->queries[which], err);
    buf_release(sql);
    return status;
}

/* The three statements that name the columns of the job. */
static enum status prepare_row_queries(struct sink_sqlite *sink, struct err *err)
{
    struct buf sql = {0};
    buf_append_text(&sql, "SELECT start, spelling_id, local_offset");
    append_columns(&sql, sink->options, NULL);
    buf_append_text(&sql, " FROM building_insights_rows WHERE date_partition = ?1 AND series_id = ?2 ORDER BY start");
    enum status status = prepare_buf(sink, QUERY_OLD_ROWS, &sql, err);
    if (status != STATUS_OK)
        return status;
    buf_append_text(&sql,
                    "INSERT INTO building_insights_rows (date_partition, series_id, start, spelling_id, local_offset");
    append_columns(&sql, sink->options, NULL);
    buf_append_text(&sql, ") VALUES (?1, ?2, ?3, ?4, ?5");
    for (size_t i = 0; i < sink->options->column_count; i++)
        buf_appendf(&sql, ", ?%zu", i + 6);
    buf_append_text(&sql, ")");
    status = prepare_buf(sink, QUERY_INSERT, &sql, err);
    if (status != STATUS_OK)
        return status;
    buf_append_text(&sql, "UPDATE building_insights_rows SET spelling_id = ?4, local_offset = ?5");
    append_columns(&sql, sink->options, "=");
    buf_append_text(&sql, " WHERE date_partition = ?1 AND series_id = ?2 AND start = ?3");
    return prepare_buf(sink, QUERY_UPDATE, &sql, err);
}

static const char *const fixed_queries[QUERY_COUNT] = {
    [QUERY_DELETE] = "DELETE FROM building_insights_rows WHERE date_partition = ?1 AND series_id = ?2 AND start = ?3",
    [QUERY_STRAY_FIND] = "SELECT date_partition FROM building_insights_strays WHERE series_id = ?2 AND start = ?3",
    [QUERY_STRAY_PUT] = "INSERT INTO building_insights_strays (date_partition, series_id, start) VALUES (?1, ?2, ?3)"
                        " ON CONFLICT (series_id, start) DO UPDATE SET date_partition = excluded.date_partition",
    [QUERY_STRAY_DELETE] = "DELETE FROM building_insights_strays WHERE series_id = ?2 AND start = ?3",
    [QUERY_HOME_FIND] =
        "SELECT 1 FROM building_insights_rows WHERE date_partition = ?1 AND series_id = ?2 AND start = ?3",
    [QUERY_VANISHED_ADD] = "INSERT OR IGNORE INTO building_insights_vanished (date_partition, series_id, start, run_id)"
                           " VALUES (?1, ?2, ?3, ?4)",
    [QUERY_VANISHED_DELETE] =
        "DELETE FROM building_insights_vanished WHERE date_partition = ?1 AND series_id = ?2 AND start = ?3",
};

static enum status exists(struct db *db, const char *sql, bool *ret_exists, struct err *err)
{
    int64_t found;
    enum status status = db_query_integer(db, sql, &found, err);
    if (status == STATUS_OK)
        *ret_exists = found != 0;
    return status;
}

static enum status prepare_all(struct sink_sqlite *sink, struct err *err)
{
    struct db *db = sink->db;
    enum status status = prepare_row_queries(sink, err);
    for (int i = 0; status == STATUS_OK && i < QUERY_COUNT; i++) {
        if (fixed_queries[i] != NULL)
            status = db_prepare(db, fixed_queries[i], &sink->queries[i], err);
    }
    if (status == STATUS_OK)
        status = exists(db, "SELECT EXISTS (SELECT 1 FROM building_insights_strays)", &sink->has_strays, err);
    if (status == STATUS_OK)
        status = exists(db, "SELECT EXISTS (SELECT 1 FROM building_insights_vanished)", &sink->has_vanished, err);
    if (status == STATUS_OK)
        status = start_encoder_open(&sink->encoder, db, err);
    return status;
}

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
        status = prepare_all(sink, err);
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

/* One of the statements over (partition, series, start). */
static struct db_statement *keyed(struct sink_sqlite *sink, enum sink_query which, int64_t partition, int64_t series_id,
                                  int64_t start)
{
    struct db_statement *query = sink->queries[which];
    db_bind_integer(query, 1, partition);
    db_bind_integer(query, 2, series_id);
    db_bind_integer(query, 3, start);
    return query;
}

/* keyed, for the statements that have no parameter for the partition. */
static struct db_statement *keyed_by_start(struct sink_sqlite *sink, enum sink_query which, int64_t series_id,
                                           int64_t start)
{
    struct db_statement *query = sink->queries[which];
    db_bind_integer(query, 2, series_id);
    db_bind_integer(query, 3, start);
    return query;
}

static void bind_value(struct db_statement *query, int at, const struct value *value)
{
    switch (value->kind) {
    case VALUE_NULL: db_bind_null(query, at); break;
    case VALUE_INTEGER: db_bind_integer(query, at, value->integer); break;
    case VALUE_REAL: db_bind_real(query, at, value->real); break;
    case VALUE_TEXT:
    case VALUE_JSON: db_bind_text(query, at, value->text, value->size); break;
    default: db_bind_null(query, at); break;
    }
}

static enum status write_row(struct sink_sqlite *sink, enum sink_query which, int64_t partition, int64_t series_id,
                             const struct new_row *new_row, struct err *err)
{
    struct db_statement *query = keyed(sink, which, partition, series_id, new_row->stored.start);
    db_bind_integer(query, 4, new_row->stored.spelling_id);
    db_bind_integer(query, 5, new_row->stored.local_offset);
    for (size_t i = 0; i < sink->options->column_count; i++)
        bind_value(query, (int)i + 6, &new_row->row->values[i]);
    return db_run(query, err);
}

static bool same_value(struct db_statement *query, int at, const struct value *value)
{
    enum db_type type = db_column_type(query, at);
    switch (value->kind) {
    case VALUE_NULL: return type == DB_NULL;
    case VALUE_INTEGER: return type == DB_INTEGER && db_column_integer(query, at) == value->integer;
    case VALUE_REAL: {
        double stored = db_column_real(query, at);
        return type == DB_REAL && memcmp(&stored, &value->real, sizeof stored) == 0;
    }
    case VALUE_TEXT:
    case VALUE_JSON:
        return type == DB_TEXT && db_column_size(query, at) == value->size &&
               memcmp(db_column_text(query, at), value->text, value->size) == 0;
    default: return false;
    }
}

static bool same_row(const struct sink_sqlite *sink, struct db_statement *old, const struct new_row *new_row)
{
    if (db_column_integer(old, 1) != new_row->stored.spelling_id ||
        db_column_integer(old, 2) != new_row->stored.local_offset)
        return false;
    for (size_t i = 0; i < sink->options->column_count; i++) {
        if (!same_value(old, (int)i + 3, &new_row->row->values[i]))
            return false;
    }
    return true;
}

/* Where else the same series and start is stored: *ret_partition, 0 for nowhere. */
static enum status find_elsewhere(struct sink_sqlite *sink, int64_t partition, int64_t series_id,
                                  const struct stored_start *stored, int64_t *ret_partition, struct err *err)
{
    bool row = false;
    int64_t found = 0;
    enum status status = STATUS_OK;
    if (sink->has_strays) {
        struct db_statement *query = keyed_by_start(sink, QUERY_STRAY_FIND, series_id, stored->start);
        status = db_step(query, &row, err);
        if (status == STATUS_OK && row) {
            found = db_column_integer(query, 0);
            db_reset(query);
        }
    }
    if (status == STATUS_OK && found == 0 && stored->home != partition) {
        struct db_statement *query = keyed(sink, QUERY_HOME_FIND, stored->home, series_id, stored->start);
        status = db_step(query, &row, err);
        if (status == STATUS_OK && row) {
            found = stored->home;
            db_reset(query);
        }
    }
    if (status == STATUS_OK)
        *ret_partition = found != partition ? found : 0;
    return status;
}

/* A row that the slice did not hold: new, or held under another partition so far. */
static enum status add_row(struct sink_sqlite *sink, int64_t partition, int64_t series_id,
                           const struct new_row *new_row, struct sink_changes *changes, struct err *err)
{
    const struct stored_start *stored = &new_row->stored;
    int64_t elsewhere = 0;
    enum status status = STATUS_OK;
    if (sink->has_strays || stored->home != partition)
        status = find_elsewhere(sink, partition, series_id, stored, &elsewhere, err);
    if (status == STATUS_OK && elsewhere > partition) { /* the later partition has the last word */
        changes->unchanged++;
        return STATUS_OK;
    }
    if (status == STATUS_OK && elsewhere != 0)
        status = db_run(keyed(sink, QUERY_DELETE, elsewhere, series_id, stored->start), err);
    if (status == STATUS_OK && elsewhere != 0 && stored->home == partition)
        status = db_run(keyed_by_start(sink, QUERY_STRAY_DELETE, series_id, stored->start), err);
    if (status == STATUS_OK)
        status = write_row(sink, QUERY_INSERT, partition, series_id, new_row, err);
    if (status == STATUS_OK && stored->home != partition) {
        status = db_run(keyed(sink, QUERY_STRAY_PUT, partition, series_id, stored->start), err);
        sink->has_strays = true;
    }
    if (status == STATUS_OK)
        *(elsewhere != 0 ? &changes->updated : &changes->inserted) += 1;
    return status;
}

/* A row that is stored and was returned again. */
static enum status keep_row(struct sink_sqlite *sink, int64_t partition, int64_t series_id, struct db_statement *old,
                            const struct new_row *new_row, struct sink_changes *changes, struct err *err)
{
    enum status status = STATUS_OK;
    if (same_row(sink, old, new_row)) {
        changes->unchanged++;
    } else {
        status = write_row(sink, QUERY_UPDATE, partition, series_id, new_row, err);
        changes->updated++;
    }
    if (status == STATUS_OK && sink->has_vanished)
        status = db_run(keyed(sink, QUERY_VANISHED_DELETE, partition, series_id, new_row->stored.start), err);
    return status;
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

/* Rows that stay although the API no longer returns them: counted when they are first missed. */
static enum status record_vanished(struct sink_sqlite *sink, int64_t partition, int64_t series_id, size_t count,
                                   struct sink_changes *changes, struct err *err)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        struct db_statement *query = keyed(sink, QUERY_VANISHED_ADD, partition, series_id, sink->vanished[i]);
        db_bind_string(query, 4, sink->options->run_id);
        status = db_run(query, err);
        if (status == STATUS_OK)
            changes->vanished += (uint64_t)db_changes(sink->db);
        sink->has_vanished = true;
    }
    return status;
}

/*
 * The walk over old and new rows. Updates are made while the old rows are being
 * read: they change no key, so the read is not disturbed; additions come after
 * it, since a row that is inserted behind the cursor would be met again.
 */
static enum status merge(struct sink_sqlite *sink, const struct sink_slice *slice, struct sink_changes *changes,
                         struct err *err)
{
    int64_t partition = civil_day_to_partition(slice->day);
    int64_t id = slice->series_id;
    struct db_statement *old = sink->queries[QUERY_OLD_ROWS];
    db_bind_integer(old, 1, partition);
    db_bind_integer(old, 2, id);
    size_t at = 0;
    size_t added = 0;
    size_t vanished = 0;
    bool row;
    enum status status;
    while ((status = db_step(old, &row, err)) == STATUS_OK && row) {
        int64_t start = db_column_integer(old, 0);
        while (at < slice->row_count && sink->rows[at].stored.start < start)
            sink->rows[added++] = sink->rows[at++];
        if (at < slice->row_count && sink->rows[at].stored.start == start)
            status = keep_row(sink, partition, id, old, &sink->rows[at++], changes, err);
        else
            status = note_vanished(sink, start, &vanished, err);
        if (status != STATUS_OK)
            break;
    }
    db_reset(old);
    while (at < slice->row_count)
        sink->rows[added++] = sink->rows[at++];
    for (size_t i = 0; status == STATUS_OK && i < added; i++)
        status = add_row(sink, partition, id, &sink->rows[i], changes, err);
    if (status == STATUS_OK)
        status = record_vanished(sink, partition, id, vanished, changes, err);
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
