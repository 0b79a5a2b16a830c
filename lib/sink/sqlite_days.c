#include "sink/sqlite_internal.h"

#include <stdlib.h>
#include <string.h>

/*
 * DATASET_days has one row a series and partition: how many rows, and mean and greatest value of each column, null
 * where one of its values is no number (to SQLite a text is greater than every number). It is made from the rows: of a
 * slice that is stored for the first time while they are at hand, otherwise by a query. A million rows cost 40,000 rows
 * here, and a question about days of a year reads a twenty-fourth of what it would read.
 */

#define MEAN     "a_"
#define GREATEST SQLITE_DAYS_GREATEST

/* `, a column` for each of the list, as it is called in the table. */
static void append_names(struct buf *sql, size_t count, const char *const *names)
{
    for (size_t i = 0; i < count; i++)
        buf_appendf(sql, ", \"" MEAN "%s\", \"" GREATEST "%s\"", names[i], names[i]);
}

/* INSERT ... SELECT of the days of the rows; the caller adds what narrows them down, and GROUP BY. */
static void append_select(struct buf *sql, const char *dataset, const struct column_list *list)
{
    buf_appendf(sql, "INSERT INTO %s_days (date_partition, series_id, row_count", dataset);
    append_names(sql, list->count, list->names);
    buf_append_text(sql, ") SELECT date_partition, series_id, count(*)");
    for (size_t i = 0; i < list->count; i++) {
        const char *c = list->names[i];
        buf_appendf(sql,
                    ", CASE WHEN typeof(max(\"" SQLITE_COLUMN_PREFIX "%s\")) <> 'text' THEN avg(\"" SQLITE_COLUMN_PREFIX
                    "%s\") END, CASE WHEN typeof(max(\"" SQLITE_COLUMN_PREFIX
                    "%s\")) <> 'text' THEN max(\"" SQLITE_COLUMN_PREFIX "%s\") END",
                    c, c, c, c);
    }
    buf_appendf(sql, " FROM %s_rows", dataset);
}

void sqlite_days_append_view(struct buf *sql, const struct column_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        buf_appendf(sql, ", d.\"" MEAN "%s\" AS \"AVG_%s\", d.\"" GREATEST "%s\" AS \"MAX_%s\"", list->names[i],
                    list->names[i], list->names[i], list->names[i]);
}

void sqlite_days_append_column(struct buf *sql, const char *dataset, const char *name)
{
    buf_appendf(sql,
                "; ALTER TABLE %s_days ADD COLUMN \"" MEAN "%s\"; ALTER TABLE %s_days ADD COLUMN \"" GREATEST "%s\"",
                dataset, name, dataset, name);
}

void sqlite_days_append_table(struct buf *sql, const char *dataset, const struct column_list *list)
{
    buf_appendf(sql,
                "CREATE TABLE %s_days (date_partition INTEGER NOT NULL, series_id INTEGER NOT NULL,"
                " row_count INTEGER NOT NULL",
                dataset);
    append_names(sql, list->count, list->names);
    buf_append_text(sql, ", PRIMARY KEY (date_partition, series_id)) WITHOUT ROWID;");
}

/* Both tables get their columns together, so the number of them tells. */
static enum status is_complete(struct db *db, const char *dataset, const struct column_list *list, bool *ret_complete,
                               struct err *err)
{
    struct db_statement *query;
    bool row;
    enum status status = db_prepare(db,
                                    "SELECT count(*) = ?2 AND EXISTS (SELECT 1 FROM pragma_table_info(?1 || '_days'))"
                                    " FROM pragma_table_info(?1 || '_days') WHERE substr(name, 1, 2) = '" MEAN "'",
                                    &query, err);
    if (status != STATUS_OK)
        return status;
    db_bind_string(query, 1, dataset);
    db_bind_integer(query, 2, (int64_t)list->count);
    status = db_step(query, &row, err);
    if (status == STATUS_OK)
        *ret_complete = row && db_column_integer(query, 0) != 0;
    db_finalize(query);
    return status;
}

enum status sqlite_days_prepare(struct db *db, const char *dataset, const struct column_list *list, struct err *err)
{
    bool complete = false;
    enum status status = is_complete(db, dataset, list, &complete, err);
    if (status != STATUS_OK || complete)
        return status;
    struct buf sql = {0};
    buf_appendf(&sql, "DROP VIEW IF EXISTS %s_daily; DROP TABLE IF EXISTS %s_days; ", dataset, dataset);
    sqlite_days_append_table(&sql, dataset, list);
    append_select(&sql, dataset, list);
    buf_append_text(&sql, " GROUP BY date_partition, series_id");
    return sqlite_exec_buf(db, &sql, err);
}

/* The rest of the sink's statements are templates; these are about all columns of the table, not only the job's. */
static enum status prepare_refresh(struct sink_sqlite *sink, struct err *err)
{
    const char *dataset = sink->options->dataset->name;
    struct column_list list = {.count = 0};
    struct buf sql = {0};
    enum status status = sqlite_columns_read(sink->db, dataset, SQLITE_COLUMN_PREFIX, &list, err);
    append_select(&sql, dataset, &list);
    buf_append_text(&sql, " WHERE date_partition = ?1 AND series_id = ?2 GROUP BY date_partition, series_id");
    if (status == STATUS_OK)
        status = buf_status(&sql, err);
    if (status == STATUS_OK)
        status = db_prepare(sink->db, buf_text(&sql), &sink->day_refresh, err);
    if (status == STATUS_OK)
        sink->day_columns = list.count;
    arena_release(&list.arena);
    buf_release(&sql);
    return status;
}

static enum status prepare_add(struct sink_sqlite *sink, struct err *err)
{
    const struct sink_sqlite_options *options = sink->options;
    struct buf sql = {0};
    buf_appendf(&sql, "INSERT OR REPLACE INTO %s_days (date_partition, series_id, row_count", options->dataset->name);
    append_names(&sql, options->column_count, options->columns);
    buf_append_text(&sql, ") VALUES (?1, ?2, ?3");
    for (size_t i = 0; i < 2 * options->column_count; i++)
        buf_appendf(&sql, ", ?%zu", i + 4);
    buf_append_text(&sql, ")");
    enum status status = buf_status(&sql, err);
    if (status == STATUS_OK)
        status = db_prepare(sink->db, buf_text(&sql), &sink->day_add, err);
    buf_release(&sql);
    return status;
}

enum status sqlite_days_open(struct sink_sqlite *sink, struct err *err)
{
    enum status status = prepare_refresh(sink, err);
    return status == STATUS_OK ? prepare_add(sink, err) : status;
}

enum status sqlite_days_begin(struct sink_sqlite *sink, struct err *err)
{
    struct buf sql = {0};
    int64_t columns = 0;
    buf_appendf(&sql, "SELECT count(*) FROM pragma_table_info('%s_days') WHERE substr(name, 1, 2) = '" MEAN "'",
                sink->options->dataset->name);
    enum status status = buf_status(&sql, err);
    if (status == STATUS_OK)
        status = db_query_integer(sink->db, buf_text(&sql), &columns, err);
    buf_release(&sql);
    if (status != STATUS_OK || columns == (int64_t)sink->day_columns)
        return status;
    db_finalize(sink->day_refresh);
    sink->day_refresh = NULL;
    return prepare_refresh(sink, err);
}

void sqlite_days_close(struct sink_sqlite *sink)
{
    db_finalize(sink->day_refresh);
    db_finalize(sink->day_add);
}

/* What SQLite's avg and max would say of a column of the slice at hand. */
struct digest {
    double sum;
    uint64_t count;
    const struct value *greatest; /* NULL: every value is null */
    bool has_text;
};

/* A long double holds every 64-bit integer and every double. */
static long double number_of(const struct value *value)
{
    return value->kind == VALUE_INTEGER ? (long double)value->integer : (long double)value->real;
}

static struct digest digest_column(const struct sink_sqlite *sink, size_t row_count, size_t column)
{
    struct digest digest = {0};
    for (size_t i = 0; i < row_count; i++) {
        const struct value *value = &sink->rows[i].row->values[column];
        if (value->kind == VALUE_NULL)
            continue;
        digest.has_text = digest.has_text || (value->kind != VALUE_INTEGER && value->kind != VALUE_REAL);
        if (digest.has_text)
            return digest;
        digest.count++;
        digest.sum += value->kind == VALUE_INTEGER ? (double)value->integer : value->real;
        if (digest.greatest == NULL || number_of(value) > number_of(digest.greatest))
            digest.greatest = value;
    }
    return digest;
}

enum status sqlite_days_add(struct sink_sqlite *sink, const struct sink_slice *slice, struct err *err)
{
    struct db_statement *add = sink->day_add;
    if (slice->row_count == 0)
        return STATUS_OK;
    db_bind_integer(add, 1, civil_day_to_partition(slice->day));
    db_bind_integer(add, 2, slice->series_id);
    db_bind_integer(add, 3, (int64_t)slice->row_count);
    for (size_t i = 0; i < sink->options->column_count; i++) {
        int at = 4 + 2 * (int)i;
        struct digest digest = digest_column(sink, slice->row_count, i);
        if (digest.has_text || digest.greatest == NULL) {
            db_bind_null(add, at);
            db_bind_null(add, at + 1);
            continue;
        }
        db_bind_real(add, at, digest.sum / (double)digest.count);
        if (digest.greatest->kind == VALUE_INTEGER)
            db_bind_integer(add, at + 1, digest.greatest->integer);
        else
            db_bind_real(add, at + 1, digest.greatest->real);
    }
    return db_run(add, err);
}

enum status sqlite_days_refresh(struct sink_sqlite *sink, int64_t partition, int64_t series_id, struct err *err)
{
    struct db_statement *const both[] = {sink->queries[QUERY_DAY_DELETE], sink->day_refresh};
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < 2; i++) {
        db_bind_integer(both[i], 1, partition);
        db_bind_integer(both[i], 2, series_id);
        status = db_run(both[i], err);
    }
    return status;
}
