#include "sink/sqlite_internal.h"

#include <string.h>

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

/* Of the first parameter behind the key. */
static int behind_key(const struct sink_sqlite *sink)
{
    return (int)sink->options->dataset->key_count + 4;
}

/* One of the statements over (series, start, extra keys), which have no parameter for the partition. */
static struct db_statement *keyed_by_start(struct sink_sqlite *sink, enum sink_query which, int64_t series_id,
                                           const struct row_key *key)
{
    struct db_statement *query = sink->queries[which];
    db_bind_integer(query, 2, series_id);
    db_bind_integer(query, 3, key->start);
    for (int i = 4; i < behind_key(sink); i++)
        bind_value(query, i, &key->keys[i - 4]);
    return query;
}

/* One of the statements over (partition, series, start, extra keys). */
static struct db_statement *keyed(struct sink_sqlite *sink, enum sink_query which, int64_t partition, int64_t series_id,
                                  const struct row_key *key)
{
    db_bind_integer(sink->queries[which], 1, partition);
    return keyed_by_start(sink, which, series_id, key);
}

static struct row_key key_of(const struct new_row *new_row)
{
    return (struct row_key){new_row->stored.start, new_row->row->keys};
}

static enum status write_row(struct sink_sqlite *sink, enum sink_query which, int64_t partition, int64_t series_id,
                             const struct new_row *new_row, struct err *err)
{
    const struct row_key key = key_of(new_row);
    struct db_statement *query = keyed(sink, which, partition, series_id, &key);
    int at = behind_key(sink);
    db_bind_integer(query, at++, new_row->stored.spelling_id);
    db_bind_integer(query, at++, new_row->stored.local_offset);
    for (size_t i = 0; i < sink->options->column_count; i++)
        bind_value(query, at++, &new_row->row->values[i]);
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

/* Of the extra keys in QUERY_OLD_ROWS. */
enum { OLD_KEYS_AT = 3 };

void sqlite_read_keys(const struct sink_sqlite *sink, struct db_statement *old, struct value keys[DATASET_KEYS_MAX])
{
    for (size_t i = 0; i < sink->options->dataset->key_count; i++) {
        int at = OLD_KEYS_AT + (int)i;
        if (db_column_type(old, at) == DB_INTEGER)
            keys[i] = (struct value){.kind = VALUE_INTEGER, .integer = db_column_integer(old, at)};
        else
            keys[i] = value_of_text(VALUE_TEXT, db_column_text(old, at), db_column_size(old, at));
    }
}

enum row_fate sqlite_row_compare(const struct sink_sqlite *sink, struct db_statement *old,
                                 const struct new_row *new_row)
{
    if (db_column_integer(old, 1) != new_row->stored.spelling_id ||
        db_column_integer(old, 2) != new_row->stored.local_offset)
        return ROW_CHANGED;
    int values_at = OLD_KEYS_AT + (int)sink->options->dataset->key_count;
    for (size_t i = 0; i < sink->options->column_count; i++) {
        if (!same_value(old, values_at + (int)i, &new_row->row->values[i]))
            return ROW_CHANGED;
    }
    return ROW_SAME;
}

/* Where else a row of the same series and key is stored: *ret_partition, 0 for nowhere. */
static enum status find_elsewhere(struct sink_sqlite *sink, int64_t partition, int64_t series_id,
                                  const struct new_row *new_row, int64_t *ret_partition, struct err *err)
{
    const struct row_key key = key_of(new_row);
    int64_t home = new_row->stored.home;
    bool row = false;
    int64_t found = 0;
    enum status status = STATUS_OK;
    if (sink->has_strays) {
        struct db_statement *query = keyed_by_start(sink, QUERY_STRAY_FIND, series_id, &key);
        status = db_step(query, &row, err);
        if (status == STATUS_OK && row) {
            found = db_column_integer(query, 0);
            db_reset(query);
        }
    }
    if (status == STATUS_OK && found == 0 && home != partition) {
        struct db_statement *query = keyed(sink, QUERY_HOME_FIND, home, series_id, &key);
        status = db_step(query, &row, err);
        if (status == STATUS_OK && row) {
            found = home;
            db_reset(query);
        }
    }
    if (status == STATUS_OK)
        *ret_partition = found != partition ? found : 0;
    return status;
}

/* The row is not missed any more; *ret_was: it was. */
static enum status forget_missed(struct sink_sqlite *sink, int64_t partition, int64_t series_id,
                                 const struct row_key *key, bool *ret_was, struct err *err)
{
    enum status status = STATUS_OK;
    bool was = false;
    if (sink->has_vanished) {
        status = db_run(keyed(sink, QUERY_VANISHED_DELETE, partition, series_id, key), err);
        was = db_changes(sink->db) > 0;
    }
    if (status == STATUS_OK)
        *ret_was = was;
    return status;
}

/* A row that is stored under this partition now: it is noted as a stray, or no longer. */
static enum status note_home(struct sink_sqlite *sink, int64_t partition, int64_t series_id,
                             const struct new_row *new_row, struct err *err)
{
    const struct row_key key = key_of(new_row);
    if (new_row->stored.home != partition) {
        sink->has_strays = true;
        return db_run(keyed(sink, QUERY_STRAY_PUT, partition, series_id, &key), err);
    }
    return sink->has_strays ? db_run(keyed_by_start(sink, QUERY_STRAY_DELETE, series_id, &key), err) : STATUS_OK;
}

enum status sqlite_row_add(struct sink_sqlite *sink, const struct sink_slice *slice, const struct new_row *new_row,
                           struct sink_changes *changes, struct err *err)
{
    const struct row_key key = key_of(new_row);
    int64_t partition = civil_day_to_partition(slice->day);
    int64_t series_id = slice->series_id;
    int64_t elsewhere = 0;
    bool missed = false;
    bool is_stray = new_row->stored.home != partition;
    enum status status = STATUS_OK;
    if (sink->has_strays || is_stray)
        status = find_elsewhere(sink, partition, series_id, new_row, &elsewhere, err);
    if (status == STATUS_OK && elsewhere != 0)
        status = forget_missed(sink, elsewhere, series_id, &key, &missed, err);
    if (status == STATUS_OK && elsewhere > partition && !missed) { /* the later partition has the last word */
        changes->unchanged++;
        return STATUS_OK;
    }
    if (status == STATUS_OK && elsewhere != 0)
        status = db_run(keyed(sink, QUERY_DELETE, elsewhere, series_id, &key), err);
    if (status == STATUS_OK && elsewhere != 0)
        status = sqlite_days_refresh(sink, elsewhere, series_id, err);
    if (status == STATUS_OK)
        status = write_row(sink, QUERY_INSERT, partition, series_id, new_row, err);
    if (status == STATUS_OK && (elsewhere != 0 || is_stray))
        status = note_home(sink, partition, series_id, new_row, err);
    if (status == STATUS_OK)
        *(elsewhere != 0 ? &changes->updated : &changes->inserted) += 1;
    return status;
}

/* No row of the slice is stored, under this partition or as a stray under another. */
static bool is_clear(const struct sink_sqlite *sink, const struct sink_slice *slice)
{
    int64_t partition = civil_day_to_partition(slice->day);
    bool clear = !sink->has_strays;
    for (size_t i = 0; clear && i < slice->row_count; i++)
        clear = sink->rows[i].stored.home == partition;
    return clear;
}

enum status sqlite_rows_add(struct sink_sqlite *sink, const struct sink_slice *slice, struct sink_changes *changes,
                            struct err *err)
{
    int64_t partition = civil_day_to_partition(slice->day);
    enum status status = STATUS_OK;
    if (!is_clear(sink, slice)) {
        for (size_t i = 0; status == STATUS_OK && i < slice->row_count; i++)
            status = sqlite_row_add(sink, slice, &sink->rows[i], changes, err);
        return status == STATUS_OK ? sqlite_days_refresh(sink, partition, slice->series_id, err) : status;
    }
    struct db_statement *query = sink->queries[QUERY_INSERT_ALL];
    sink->feed.row_count = slice->row_count;
    db_bind_integer(query, 1, partition);
    db_bind_integer(query, 2, slice->series_id);
    if (slice->row_count > 0)
        status = db_run(query, err);
    if (status == STATUS_OK)
        status = sqlite_days_add(sink, slice, err);
    if (status == STATUS_OK)
        changes->inserted += slice->row_count;
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
            status = note_home(sink, partition, series_id, new_row, err);
    }
    bool missed;
    const struct row_key key = key_of(new_row);
    if (status == STATUS_OK)
        status = forget_missed(sink, partition, series_id, &key, &missed, err);
    if (status == STATUS_OK)
        *(new_row->fate == ROW_CHANGED ? &changes->updated : &changes->unchanged) += 1;
    return status;
}

static enum status drop(struct sink_sqlite *sink, const struct sink_slice *slice, const struct row_key *key,
                        struct err *err)
{
    int64_t partition = civil_day_to_partition(slice->day);
    enum status status = db_run(keyed(sink, QUERY_DELETE, partition, slice->series_id, key), err);
    if (status == STATUS_OK && sink->has_vanished)
        status = db_run(keyed(sink, QUERY_VANISHED_DELETE, partition, slice->series_id, key), err);
    if (status == STATUS_OK && sink->has_strays) /* if it is one, its entry is of this partition */
        status = db_run(keyed_by_start(sink, QUERY_STRAY_DELETE, slice->series_id, key), err);
    return status;
}

/* What an odd start means is not looked up: its partition is the day of UTC, or one beside it. */
static void note_vanished(struct sink_changes *changes, const struct sink_slice *slice, const struct row_key *key)
{
    sink_note_vanished(changes, slice->day, key->start >= 0 ? key->start : ((int64_t)slice->day - 1) * 86400);
}

enum status sqlite_row_missed(struct sink_sqlite *sink, const struct sink_slice *slice, const struct row_key *key,
                              struct sink_changes *changes, struct err *err)
{
    if (slice->keep_rows) {
        changes->kept++;
        return STATUS_OK;
    }
    if (sink->options->delete_vanished) {
        changes->vanished++;
        note_vanished(changes, slice, key);
        return drop(sink, slice, key, err);
    }
    struct db_statement *query =
        keyed(sink, QUERY_VANISHED_ADD, civil_day_to_partition(slice->day), slice->series_id, key);
    db_bind_string(query, behind_key(sink), sink->options->run_id);
    enum status status = db_run(query, err);
    if (status == STATUS_OK && db_changes(sink->db) > 0) {
        changes->vanished++;
        note_vanished(changes, slice, key);
    }
    changes->kept++;
    sink->has_vanished = true;
    return status;
}
