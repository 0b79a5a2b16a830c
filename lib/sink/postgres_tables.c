#include "sink/postgres_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum status postgres_exec(struct db *db, struct buf *sql, struct err *err)
{
    enum status status = buf_status(sql, err);
    if (status == STATUS_OK)
        status = db_exec(db, buf_text(sql), err);
    buf_release(sql);
    return status;
}

void postgres_append_name(struct buf *sql, const char *prefix, const char *name)
{
    buf_appendf(sql, "\"%s", prefix);
    for (; *name != '\0'; name++)
        buf_append_char(sql, *name >= 'A' && *name <= 'Z' ? (char)(*name - 'A' + 'a') : *name);
    buf_append_char(sql, '"');
}

static void append_keys(struct buf *sql, const struct dataset *dataset, const char *ending)
{
    for (size_t i = 0; i < dataset->key_count; i++) {
        buf_append_text(sql, ", ");
        postgres_append_name(sql, POSTGRES_KEY_PREFIX, dataset->keys[i]);
        buf_append_text(sql, ending);
    }
}

/* A table whose key is `leading`, the start and extra keys if with_start, and the building. */
static void append_table(struct buf *sql, const struct dataset *dataset, const char *ending, const char *columns,
                         const char *leading, bool with_start)
{
    buf_appendf(sql, "CREATE TABLE %s%s (building_id bigint NOT NULL", dataset->name, ending);
    if (with_start)
        buf_append_text(sql, ", start bigint NOT NULL");
    buf_append_text(sql, ", date_partition integer NOT NULL, series_id integer NOT NULL");
    if (with_start)
        append_keys(sql, dataset, " text NOT NULL");
    buf_appendf(sql, "%s, PRIMARY KEY (%s%s", columns, leading, with_start ? ", start" : "");
    if (with_start)
        append_keys(sql, dataset, "");
    buf_append_text(sql, ", building_id))");
}

/*
 * Led by the series: a building, a site or a series over any time is one stretch of the key a series and month. What
 * asks for one day of everything reads a month, or the table of days; a BRIN index on the date would make a quarter
 * more work of each row that is stored.
 */
static enum status make_tables(struct db *db, const struct dataset *dataset, struct err *err)
{
    struct buf sql = {0};
    append_table(&sql, dataset, "_rows", ", spelling_id integer NOT NULL, local_offset smallint NOT NULL, more jsonb",
                 "series_id, date_partition", true);
    buf_append_text(&sql, " PARTITION BY RANGE (date_partition); ");
    append_table(&sql, dataset, "_days", ", row_count integer NOT NULL", "series_id, date_partition", false);
    buf_append_text(&sql, " PARTITION BY RANGE (date_partition); ");
    append_table(&sql, dataset, "_strays", "", "series_id", true);
    buf_append_text(&sql, "; ");
    append_table(&sql, dataset, "_vanished", ", run_id text NOT NULL", "series_id, date_partition", true);
    buf_appendf(&sql, "; INSERT INTO row_datasets (dataset, keys) VALUES ('%s', '", dataset->name);
    for (size_t i = 0; i < dataset->key_count; i++)
        buf_appendf(&sql, "%s%s", i > 0 ? " " : "", dataset->keys[i]);
    buf_append_text(&sql, "')");
    return postgres_exec(db, &sql, err);
}

/* The view slice_rows over all datasets. */
static enum status count_rows(struct db *db, struct err *err)
{
    struct db_statement *query;
    struct buf sql = {0};
    enum status status = db_prepare(db, "SELECT dataset FROM row_datasets ORDER BY dataset", &query, err);
    if (status != STATUS_OK)
        return status;
    bool row;
    while ((status = db_step(query, &row, err)) == STATUS_OK && row) {
        const char *name = db_column_text(query, 0);
        buf_appendf(&sql,
                    "%sSELECT '%s'::text AS dataset, series_id, date_partition, row_count"
                    " FROM %s_days",
                    sql.size > 0 ? " UNION ALL " : "CREATE OR REPLACE VIEW slice_rows AS ", name, name);
    }
    db_finalize(query);
    if (status != STATUS_OK) {
        buf_release(&sql);
        return status;
    }
    return postgres_exec(db, &sql, err);
}

static bool same_keys(const char *stored, const struct dataset *dataset)
{
    for (size_t i = 0; i < dataset->key_count; i++) {
        size_t size = strlen(dataset->keys[i]);
        if (i > 0 && *stored++ != ' ')
            return false;
        if (strncmp(stored, dataset->keys[i], size) != 0)
            return false;
        stored += size;
    }
    return *stored == '\0';
}

/* Its tables were made with other keys: while they hold nothing, those may have been a mistake. */
static enum status change_keys(struct db *db, const struct dataset *dataset, const char *stored, struct err *err)
{
    struct buf sql = {0};
    int64_t rows = 0;
    const char *name = dataset->name;
    buf_appendf(&sql, "SELECT EXISTS (SELECT FROM %s_rows)::integer", name);
    enum status status = buf_status(&sql, err);
    if (status == STATUS_OK)
        status = db_query_integer(db, buf_text(&sql), &rows, err);
    buf_reset(&sql);
    if (status == STATUS_OK && rows != 0)
        status = err_set(err, STATUS_CONFIG,
                         "%s holds dataset %s with the keys [%s]; another set of keys needs another name of the "
                         "dataset, or another schema",
                         db_path(db), name, stored);
    if (status != STATUS_OK) {
        buf_release(&sql);
        return status;
    }
    buf_appendf(&sql,
                "DROP VIEW IF EXISTS %s, %s_named, %s_daily; DELETE FROM row_datasets WHERE dataset = '%s';"
                " DELETE FROM row_columns WHERE dataset = '%s'; CREATE OR REPLACE VIEW slice_rows AS"
                " SELECT NULL::text AS dataset, NULL::integer AS series_id, NULL::integer AS date_partition,"
                " NULL::integer AS row_count WHERE false;"
                " DROP TABLE %s_rows, %s_days, %s_strays, %s_vanished",
                name, name, name, name, name, name, name, name, name);
    return postgres_exec(db, &sql, err);
}

enum { KEYS_SIZE = 1024 };

static enum status read_keys(struct db *db, const struct dataset *dataset, bool *ret_there, char stored[KEYS_SIZE],
                             struct err *err)
{
    struct db_statement *query;
    stored[0] = '\0';
    enum status status = db_prepare(db, "SELECT keys FROM row_datasets WHERE dataset = ?1", &query, err);
    if (status != STATUS_OK)
        return status;
    db_bind_string(query, 1, dataset->name);
    status = db_step(query, ret_there, err);
    if (status == STATUS_OK && *ret_there)
        (void)snprintf(stored, KEYS_SIZE, "%s", db_column_text(query, 0));
    db_finalize(query);
    return status;
}

enum status postgres_tables_are_made(struct db *db, const struct dataset *dataset, bool *ret_made, struct err *err)
{
    char stored[KEYS_SIZE];
    bool there = false;
    enum status status = read_keys(db, dataset, &there, stored, err);
    if (status == STATUS_OK)
        *ret_made = there && same_keys(stored, dataset);
    return status;
}

static enum status look_at_keys(struct db *db, const struct dataset *dataset, bool *ret_there, struct err *err)
{
    char stored[KEYS_SIZE];
    enum status status = read_keys(db, dataset, ret_there, stored, err);
    if (status == STATUS_OK && *ret_there && !same_keys(stored, dataset)) {
        status = change_keys(db, dataset, stored, err);
        *ret_there = false;
    }
    return status;
}

enum status postgres_tables_make(struct db *db, const struct dataset *dataset, bool *ret_new, struct err *err)
{
    bool there = false;
    enum status status = look_at_keys(db, dataset, &there, err);
    *ret_new = !there;
    if (status != STATUS_OK || there)
        return status;
    status = make_tables(db, dataset, err);
    return status == STATUS_OK ? count_rows(db, err) : status;
}

static bool has_month(const struct sink_postgres *sink, int32_t month)
{
    for (size_t i = sink->month_count; i > 0; i--) { /* the latest are asked for most */
        if (sink->months[i - 1] == month)
            return true;
    }
    return false;
}

/* Asked for before it is made: a writer that has no right to make tables does well with those that are there. */
static enum status make_month(struct sink_postgres *sink, int32_t month, struct err *err)
{
    const char *name = sink->options->dataset->name;
    struct buf sql = {0};
    int64_t there = 0;
    buf_appendf(&sql,
                "SELECT (to_regclass('%s_rows_%d') IS NOT NULL AND to_regclass('%s_days_%d') IS NOT NULL)::integer",
                name, (int)month, name, (int)month);
    enum status status = buf_status(&sql, err);
    if (status == STATUS_OK)
        status = db_query_integer(sink->db, buf_text(&sql), &there, err);
    buf_reset(&sql);
    if (status == STATUS_OK && there == 0) {
        buf_appendf(&sql, "SELECT make_month('%s_rows', %d); SELECT make_month('%s_days', %d)", name, (int)month, name,
                    (int)month);
        return postgres_exec(sink->db, &sql, err);
    }
    buf_release(&sql);
    return status;
}

static enum status need_month(struct sink_postgres *sink, int32_t month, struct err *err)
{
    if (has_month(sink, month))
        return STATUS_OK;
    if (sink->month_count == sink->month_capacity) {
        size_t capacity = sink->month_capacity != 0 ? sink->month_capacity * 2 : 32;
        int32_t *months = reallocarray(sink->months, capacity, sizeof *months);
        if (months == NULL)
            return err_nomem(err);
        sink->months = months;
        sink->month_capacity = capacity;
    }
    enum status status = make_month(sink, month, err);
    if (status == STATUS_OK)
        sink->months[sink->month_count++] = month;
    return status;
}

enum status postgres_months_make(struct sink_postgres *sink, struct err *err)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < sink->count; i++) {
        if (sink->slices[i].slice.row_count > 0)
            status = need_month(sink, sink->states[i].partition / 100, err);
    }
    return status;
}
