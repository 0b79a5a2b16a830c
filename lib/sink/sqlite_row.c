#include "sink/sqlite_internal.h"

#include <string.h>

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

enum row_fate sqlite_row_compare(const struct sink_sqlite *sink, struct db_statement *old,
                                 const struct new_row *new_row)
{
    if (db_column_integer(old, 1) != new_row->stored.spelling_id ||
        db_column_integer(old, 2) != new_row->stored.local_offset)
        return ROW_CHANGED;
    for (size_t i = 0; i < sink->options->column_count; i++) {
        if (!same_value(old, (int)i + 3, &new_row->row->values[i]))
            return ROW_CHANGED;
    }
    return ROW_SAME;
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

/* The row is not missed any more; *ret_was: it was. */
static enum status forget_missed(struct sink_sqlite *sink, int64_t partition, int64_t series_id, int64_t start,
                                 bool *ret_was, struct err *err)
{
    enum status status = STATUS_OK;
    bool was = false;
    if (sink->has_vanished) {
        status = db_run(keyed(sink, QUERY_VANISHED_DELETE, partition, series_id, start), err);
        was = db_changes(sink->db) > 0;
    }
    if (status == STATUS_OK)
        *ret_was = was;
    return status;
}

/* A row that is stored under this partition now: it is noted as a stray, or no longer. */
static enum status note_home(struct sink_sqlite *sink, int64_t partition, int64_t series_id,
                             const struct stored_start *stored, struct err *err)
{
    if (stored->home != partition) {
        sink->has_strays = true;
        return db_run(keyed(sink, QUERY_STRAY_PUT, partition, series_id, stored->start), err);
    }
    return sink->has_strays ? db_run(keyed_by_start(sink, QUERY_STRAY_DELETE, series_id, stored->start), err)
                            : STATUS_OK;
}

enum status sqlite_row_add(struct sink_sqlite *sink, const struct sink_slice *slice, const struct new_row *new_row,
                           struct sink_changes *changes, struct err *err)
{
    const struct stored_start *stored = &new_row->stored;
    int64_t partition = civil_day_to_partition(slice->day);
    int64_t series_id = slice->series_id;
    int64_t elsewhere = 0;
    bool missed = false;
    enum status status = STATUS_OK;
    if (sink->has_strays || stored->home != partition)
        status = find_elsewhere(sink, partition, series_id, stored, &elsewhere, err);
    if (status == STATUS_OK && elsewhere != 0)
        status = forget_missed(sink, elsewhere, series_id, stored->start, &missed, err);
    if (status == STATUS_OK && elsewhere > partition && !missed) { /* the later partition has the last word */
        changes->unchanged++;
        return STATUS_OK;
    }
    if (status == STATUS_OK && elsewhere != 0)
        status = db_run(keyed(sink, QUERY_DELETE, elsewhere, series_id, stored->start), err);
    if (status == STATUS_OK)
        status = write_row(sink, QUERY_INSERT, partition, series_id, new_row, err);
    if (status == STATUS_OK && (elsewhere != 0 || stored->home != partition))
        status = note_home(sink, partition, series_id, stored, err);
    if (status == STATUS_OK)
        *(elsewhere != 0 ? &changes->updated : &changes->inserted) += 1;
    return status;
}

enum status sqlite_row_keep(struct sink_sqlite *sink, const struct sink_slice *slice, const struct new_row *new_row,
                            struct sink_changes *changes, struct err *err)
{
    int64_t partition = civil_day_to_partition(slice->day);
    int64_t series_id = slice->series_id;
    enum status status = STATUS_OK;
    if (new_row->fate == ROW_CHANGED) {
        status = write_row(sink, QUERY_UPDATE, partition, series_id, new_row, err);
        if (status == STATUS_OK) /* another spelling may give it another day of its own */
            status = note_home(sink, partition, series_id, &new_row->stored, err);
    }
    bool missed;
    if (status == STATUS_OK)
        status = forget_missed(sink, partition, series_id, new_row->stored.start, &missed, err);
    if (status == STATUS_OK)
        *(new_row->fate == ROW_CHANGED ? &changes->updated : &changes->unchanged) += 1;
    return status;
}

static enum status drop(struct sink_sqlite *sink, const struct sink_slice *slice, int64_t start, struct err *err)
{
    int64_t partition = civil_day_to_partition(slice->day);
    enum status status = db_run(keyed(sink, QUERY_DELETE, partition, slice->series_id, start), err);
    if (status == STATUS_OK && sink->has_vanished)
        status = db_run(keyed(sink, QUERY_VANISHED_DELETE, partition, slice->series_id, start), err);
    if (status == STATUS_OK && sink->has_strays) /* if it is one, its entry is of this partition */
        status = db_run(keyed_by_start(sink, QUERY_STRAY_DELETE, slice->series_id, start), err);
    return status;
}

enum status sqlite_row_missed(struct sink_sqlite *sink, const struct sink_slice *slice, int64_t start,
                              struct sink_changes *changes, struct err *err)
{
    if (slice->keep_rows) {
        changes->kept++;
        return STATUS_OK;
    }
    if (sink->options->delete_vanished) {
        changes->vanished++;
        return drop(sink, slice, start, err);
    }
    struct db_statement *query =
        keyed(sink, QUERY_VANISHED_ADD, civil_day_to_partition(slice->day), slice->series_id, start);
    db_bind_string(query, 4, sink->options->run_id);
    enum status status = db_run(query, err);
    if (status == STATUS_OK)
        changes->vanished += (uint64_t)db_changes(sink->db);
    changes->kept++;
    sink->has_vanished = true;
    return status;
}
