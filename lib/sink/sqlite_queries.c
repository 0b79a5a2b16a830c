#include "core/buf.h"
#include "sink/sqlite_internal.h"

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

enum status sink_sqlite_begin(struct sink_sqlite *sink, struct err *err)
{
    enum status status =
        exists(sink->db, "SELECT EXISTS (SELECT 1 FROM building_insights_strays)", &sink->has_strays, err);
    if (status == STATUS_OK)
        status = exists(sink->db, "SELECT EXISTS (SELECT 1 FROM building_insights_vanished)", &sink->has_vanished, err);
    return status;
}

enum status sqlite_queries_prepare(struct sink_sqlite *sink, struct err *err)
{
    struct db *db = sink->db;
    enum status status = prepare_row_queries(sink, err);
    for (int i = 0; status == STATUS_OK && i < QUERY_COUNT; i++) {
        if (fixed_queries[i] != NULL)
            status = db_prepare(db, fixed_queries[i], &sink->queries[i], err);
    }
    if (status == STATUS_OK)
        status = sink_sqlite_begin(sink, err);
    if (status == STATUS_OK)
        status = start_encoder_open(&sink->encoder, db, err);
    return status;
}
