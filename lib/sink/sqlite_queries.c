#include "sink/sqlite_internal.h"

#include <stdio.h>

/*
 * The statements are written once, with marks for what differs between datasets and jobs:
 *   $T  name of the dataset, before _rows, _strays or _vanished
 *   $K  `, "k_KEY"` for each extra key, $k the same as parameters, $M as conditions
 *   $R  the number of the first parameter behind the key, $S of the second
 *   $F  `, cN` for each column of the feed: start, extra keys, spelling, offset, columns of the job
 *   $C  `, "v_COLUMN"` for each column of the job, $c the same as parameters, $A as assignments
 */
static const char *const templates[QUERY_COUNT] = {
    [QUERY_OLD_ROWS] = "SELECT start, spelling_id, local_offset$K$C FROM $T_rows"
                       " WHERE date_partition = ?1 AND series_id = ?2 ORDER BY start$K",
    [QUERY_INSERT] = "INSERT INTO $T_rows (date_partition, series_id, start$K, spelling_id, local_offset$C)"
                     " VALUES (?1, ?2, ?3$k, ?$R, ?$S$c)",
    /* A failure leaves the rows before it: whoever puts a slice rolls back, and SQLite need not be ready to. */
    [QUERY_INSERT_ALL] = "INSERT OR FAIL INTO $T_rows (date_partition, series_id, start$K, spelling_id, local_offset$C)"
                         " SELECT ?1, ?2$F FROM occuport_feed_$T",
    [QUERY_ANY_ROW] = "SELECT 1 FROM $T_rows WHERE date_partition = ?1 AND series_id = ?2 LIMIT 1",
    [QUERY_UPDATE] = "UPDATE $T_rows SET spelling_id = ?$R, local_offset = ?$S$A"
                     " WHERE date_partition = ?1 AND series_id = ?2 AND start = ?3$M",
    [QUERY_DAY_DELETE] = "DELETE FROM $T_days WHERE date_partition = ?1 AND series_id = ?2",
    [QUERY_DELETE] = "DELETE FROM $T_rows WHERE date_partition = ?1 AND series_id = ?2 AND start = ?3$M",
    [QUERY_STRAY_FIND] = "SELECT date_partition FROM $T_strays WHERE series_id = ?2 AND start = ?3$M",
    [QUERY_STRAY_PUT] = "INSERT INTO $T_strays (date_partition, series_id, start$K) VALUES (?1, ?2, ?3$k)"
                        " ON CONFLICT (series_id, start$K) DO UPDATE SET date_partition = excluded.date_partition",
    [QUERY_STRAY_DELETE] = "DELETE FROM $T_strays WHERE series_id = ?2 AND start = ?3$M",
    [QUERY_HOME_FIND] = "SELECT 1 FROM $T_rows WHERE date_partition = ?1 AND series_id = ?2 AND start = ?3$M",
    [QUERY_VANISHED_ADD] = "INSERT OR IGNORE INTO $T_vanished (date_partition, series_id, start$K, run_id)"
                           " VALUES (?1, ?2, ?3$k, ?$R)",
    [QUERY_VANISHED_DELETE] = "DELETE FROM $T_vanished WHERE date_partition = ?1 AND series_id = ?2 AND start = ?3$M",
};

void sqlite_append_keys(struct buf *sql, size_t count, const char *const *keys)
{
    for (size_t i = 0; i < count; i++)
        buf_appendf(sql, ", \"" SQLITE_KEY_PREFIX "%s\"", keys[i]);
}

static void append_columns(struct buf *sql, const struct sink_sqlite_options *options, size_t first, char mark)
{
    for (size_t i = 0; i < options->column_count; i++) {
        if (mark == 'c')
            buf_appendf(sql, ", ?%zu", first + i);
        else
            buf_appendf(sql, ", \"" SQLITE_COLUMN_PREFIX "%s\"", options->columns[i]);
        if (mark == 'A')
            buf_appendf(sql, " = ?%zu", first + i);
    }
}

enum { FEED_START = 0, FEED_KEYS }; /* then two columns of ours, and those of the job */

static int feed_columns(const struct sink_sqlite_options *options)
{
    return FEED_KEYS + (int)options->dataset->key_count + 2 + (int)options->column_count;
}

static void put_value(struct db_output *out, const struct value *value)
{
    switch (value->kind) {
    case VALUE_INTEGER: db_put_integer(out, value->integer); break;
    case VALUE_REAL: db_put_real(out, value->real); break;
    case VALUE_TEXT:
    case VALUE_JSON: db_put_text(out, value->text, value->size); break;
    case VALUE_NULL:
    default: break;
    }
}

/* A db_feed's value: of the rows of the slice at hand. */
static void feed_value(const void *context, uint64_t row, int column, struct db_output *out)
{
    const struct sink_sqlite *sink = context;
    const struct new_row *new_row = &sink->rows[row];
    int behind_keys = FEED_KEYS + (int)sink->options->dataset->key_count;
    if (column >= behind_keys + 2)
        put_value(out, &new_row->row->values[column - behind_keys - 2]);
    else if (column == FEED_START)
        db_put_integer(out, new_row->stored.start);
    else if (column < behind_keys)
        put_value(out, &new_row->row->keys[column - FEED_KEYS]);
    else
        db_put_integer(out, column == behind_keys ? new_row->stored.spelling_id : new_row->stored.local_offset);
}

static void append_mark(struct buf *sql, const struct sink_sqlite_options *options, char mark)
{
    enum { FIRST_KEY = 4 };
    const struct dataset *dataset = options->dataset;
    size_t behind = FIRST_KEY + dataset->key_count;
    switch (mark) {
    case 'T': buf_append_text(sql, dataset->name); break;
    case 'K': sqlite_append_keys(sql, dataset->key_count, dataset->keys); break;
    case 'k':
        for (size_t i = FIRST_KEY; i < behind; i++)
            buf_appendf(sql, ", ?%zu", i);
        break;
    case 'M':
        for (size_t i = FIRST_KEY; i < behind; i++)
            buf_appendf(sql, " AND \"" SQLITE_KEY_PREFIX "%s\" = ?%zu", dataset->keys[i - FIRST_KEY], i);
        break;
    case 'F':
        for (int i = 0; i < feed_columns(options); i++)
            buf_appendf(sql, ", c%d", i);
        break;
    case 'R': buf_appendf(sql, "%zu", behind); break;
    case 'S': buf_appendf(sql, "%zu", behind + 1); break;
    default: append_columns(sql, options, behind + 2, mark); break;
    }
}

static enum status prepare(struct sink_sqlite *sink, enum sink_query which, struct err *err)
{
    struct buf sql = {0};
    for (const char *at = templates[which]; *at != '\0'; at++) {
        if (*at == '$')
            append_mark(&sql, sink->options, *++at);
        else
            buf_append_char(&sql, *at);
    }
    enum status status = buf_status(&sql, err);
    if (status == STATUS_OK)
        status = db_prepare(sink->db, buf_text(&sql), &sink->queries[which], err);
    buf_release(&sql);
    return status;
}

static enum status has_rows(struct sink_sqlite *sink, const char *ending, bool *ret_has, struct err *err)
{
    char sql[DATASET_NAME_MAX + 64];
    int64_t found;
    snprintf(sql, sizeof sql, "SELECT EXISTS (SELECT 1 FROM %s%s)", sink->options->dataset->name, ending);
    enum status status = db_query_integer(sink->db, sql, &found, err);
    if (status == STATUS_OK)
        *ret_has = found != 0;
    return status;
}

enum status sink_sqlite_begin(struct sink_sqlite *sink, struct err *err)
{
    enum status status = has_rows(sink, "_strays", &sink->has_strays, err);
    if (status == STATUS_OK)
        status = has_rows(sink, "_vanished", &sink->has_vanished, err);
    return status == STATUS_OK ? sqlite_days_begin(sink, err) : status;
}

enum status sqlite_queries_prepare(struct sink_sqlite *sink, struct err *err)
{
    snprintf(sink->feed_name, sizeof sink->feed_name, "occuport_feed_%s", sink->options->dataset->name);
    sink->feed = (struct db_feed){
        .name = sink->feed_name, .column_count = feed_columns(sink->options), .context = sink, .value = feed_value};
    enum status status = db_feed_open(sink->db, &sink->feed, err);
    for (int i = 0; status == STATUS_OK && i < QUERY_COUNT; i++)
        status = prepare(sink, (enum sink_query)i, err);
    if (status == STATUS_OK)
        status = sqlite_days_open(sink, err);
    if (status == STATUS_OK)
        status = sink_sqlite_begin(sink, err);
    if (status == STATUS_OK)
        status = start_encoder_open(&sink->encoder, sink->db, err);
    return status;
}
