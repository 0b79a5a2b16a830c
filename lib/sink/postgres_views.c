#include "sink/postgres_internal.h"

#include <stdio.h>
#include <string.h>

/* What the start of a row r means, in seconds, where odd_starts o is joined; and its local time. */
#define SECONDS "CASE WHEN r.start >= 0 THEN r.start ELSE o.seconds END"
#define LOCAL   "(to_timestamp(" SECONDS " + r.local_offset * 900) AT TIME ZONE 'UTC')"

#define FROM_ROWS                                                                                                      \
    " FROM %s_rows r JOIN series n ON n.series_id = r.series_id"                                                       \
    " LEFT JOIN spellings p ON p.spelling_id = r.spelling_id LEFT JOIN odd_starts o ON o.odd_id = -r.start"

enum status postgres_view_put(struct db *db, const char *name, const char *mark, struct buf *query, struct err *err)
{
    struct db_statement *put;
    enum status status = buf_status(query, err);
    if (status == STATUS_OK)
        status = db_prepare(db, "SELECT put_view(?1, ?2, ?3)", &put, err);
    if (status == STATUS_OK) {
        bool row;
        db_bind_string(put, 1, name);
        db_bind_text(put, 2, buf_text(query), query->size);
        if (mark != NULL)
            db_bind_string(put, 3, mark);
        status = db_step(put, &row, err);
        db_finalize(put);
    }
    buf_release(query);
    return status;
}

/* r."v_X" */
static void append_stored(struct buf *sql, const struct row_column *column)
{
    buf_append_text(sql, "r.");
    postgres_append_name(sql, POSTGRES_COLUMN_PREFIX, column->name);
}

void postgres_append_number(struct buf *sql, const struct row_column *column)
{
    bool own = column->kind == COLUMN_NUMBER;
    bool more = column->mixed || column->exact || !own;
    if (own && more)
        buf_append_text(sql, "coalesce(");
    if (own)
        append_stored(sql, column);
    if (own && more)
        buf_append_text(sql, ", ");
    if (more)
        buf_appendf(sql, "CASE WHEN jsonb_typeof(r.more->'%s') = 'number' THEN (r.more->>'%s')::double precision END",
                    column->name, column->name);
    if (own && more)
        buf_append_text(sql, ")");
}

/* Whether the value of a row r is something else than a number, and not null. */
static void append_is_other(struct buf *sql, const struct row_column *column)
{
    if (!column->mixed) {
        buf_append_text(sql, "false");
        return;
    }
    buf_append_text(sql, "(");
    if (column->kind != COLUMN_NUMBER) {
        append_stored(sql, column);
        buf_append_text(sql, " IS NOT NULL OR ");
    }
    buf_appendf(sql, "coalesce(jsonb_typeof(r.more->'%s') <> 'number', false))", column->name);
}

void postgres_append_aggregate(struct buf *sql, const struct row_column *column, const char *aggregate)
{
    if (column->mixed) {
        buf_append_text(sql, "CASE WHEN NOT bool_or(");
        append_is_other(sql, column);
        buf_append_text(sql, ") THEN ");
    }
    buf_appendf(sql, "%s(", aggregate);
    postgres_append_number(sql, column);
    buf_append_text(sql, column->mixed ? ") END" : ")");
}

/* The column as the view shows it: the same values as in SQLite, of the narrowest type that has them all. */
static void append_value(struct buf *sql, const struct row_column *column)
{
    const char *name = column->name;
    bool is_json = column->kind == COLUMN_JSON;
    if (column->kind == COLUMN_NONE) {
        buf_append_text(sql, "NULL::double precision");
    } else if (column->mixed) {
        buf_appendf(sql, "coalesce(r.more->'%s', %s", name, is_json ? "" : "to_jsonb(");
        append_stored(sql, column);
        buf_append_text(sql, is_json ? ")" : "))");
    } else if (column->exact) { /* by its text: a cast of a double to numeric keeps 15 digits */
        buf_appendf(sql, "coalesce((r.more->>'%s')::numeric, ", name);
        append_stored(sql, column);
        buf_append_text(sql, "::text::numeric)");
    } else {
        append_stored(sql, column);
    }
}

static void append_key(struct buf *sql, const struct row_column *column)
{
    struct buf key = {0};
    buf_append_text(&key, "r.");
    postgres_append_name(&key, POSTGRES_KEY_PREFIX, column->name);
    if (column->mixed)
        buf_appendf(sql,
                    "CASE left(%s, 1) WHEN 'n' THEN to_jsonb(substr(%s, 2)::bigint) ELSE to_jsonb(substr(%s, 2)) END",
                    buf_text(&key), buf_text(&key), buf_text(&key));
    else
        buf_appendf(sql, "substr(%s, 2)%s", buf_text(&key), column->kind == COLUMN_KEY_NUMBER ? "::bigint" : "");
    buf_release(&key);
}

/* `, expression AS name` for the columns that stand before ours, or behind them. */
static void append_columns(struct buf *sql, const struct row_columns *columns, bool keys, bool late)
{
    for (size_t i = 0; i < columns->count; i++) {
        const struct row_column *column = &columns->items[i];
        if (postgres_is_key(column) != keys || (column->late && !keys) != late)
            continue;
        buf_append_text(sql, ", ");
        if (keys)
            append_key(sql, column);
        else
            append_value(sql, column);
        buf_append_text(sql, " AS ");
        postgres_append_name(sql, "", column->name);
    }
}

/*
 * Columns that came when the view was there already stand behind all others: so it need not be dropped for them, and
 * the views of others that depend on it stay.
 */
static void append_rows(struct buf *sql, const char *dataset, const struct row_columns *columns)
{
    buf_append_text(sql, "SELECT n.building_id, n.site_id, n.group_id, n.granularity, r.date_partition,"
                         " CASE WHEN r.start < 0 THEN o.text WHEN p.format IS NULL THEN r.start::text || p.suffix"
                         " ELSE to_char(to_timestamp(r.start + p.utc_offset) AT TIME ZONE 'UTC', p.format) END"
                         " AS date_time_start");
    append_columns(sql, columns, true, false);
    append_columns(sql, columns, false, false);
    buf_append_text(sql,
                    ", CASE WHEN coalesce(p.zone_known, o.zone_known) THEN to_timestamp(" SECONDS ") END AS start_utc,"
                    " " LOCAL "::date AS local_date, extract(hour FROM " LOCAL ")::integer AS local_hour");
    append_columns(sql, columns, false, true);
    buf_appendf(sql, FROM_ROWS, dataset);
}

static enum status make_view(struct db *db, const char *dataset, const struct row_columns *columns, struct err *err)
{
    struct buf sql = {0};
    append_rows(&sql, dataset, columns);
    return postgres_view_put(db, dataset, NULL, &sql, err);
}

static void append_late_names(struct buf *sql, const struct row_columns *columns)
{
    for (size_t i = 0; i < columns->count; i++) {
        if (!columns->items[i].late || postgres_is_key(&columns->items[i]))
            continue;
        buf_append_text(sql, ", b.");
        postgres_append_name(sql, "", columns->items[i].name);
    }
}

static void append_early_names(struct buf *sql, const struct row_columns *columns)
{
    for (int keys = 1; keys >= 0; keys--) {
        for (size_t i = 0; i < columns->count; i++) {
            const struct row_column *column = &columns->items[i];
            if (postgres_is_key(column) != (keys == 1) || (column->late && keys == 0))
                continue;
            buf_append_text(sql, ", b.");
            postgres_append_name(sql, "", column->name);
        }
    }
}

/* Made of the rows and not of the view, so that one of them can be made anew without the other. */
static enum status make_named_view(struct db *db, const char *dataset, const struct row_columns *columns,
                                   struct err *err)
{
    struct buf sql = {0};
    buf_append_text(&sql, "SELECT b.building_id, b.site_id, b.group_id, b.granularity, b.date_partition,"
                          " b.date_time_start");
    append_early_names(&sql, columns);
    buf_append_text(&sql, ", b.start_utc, b.local_date, b.local_hour, n.name AS building_name, s.site_code, s.floor_id,"
                          " f.floor_code, f.name AS floor_name, f.level AS floor_level");
    append_late_names(&sql, columns);
    buf_append_text(&sql, " FROM (");
    append_rows(&sql, dataset, columns);
    buf_append_text(&sql, ") b LEFT JOIN buildings n ON n.building_id = b.building_id"
                          " LEFT JOIN sites s ON s.site_id = b.site_id"
                          " AND coalesce(s.building_id, b.building_id) = b.building_id"
                          " LEFT JOIN floors f ON f.floor_id = s.floor_id");
    char name[DATASET_NAME_MAX + 16];
    (void)snprintf(name, sizeof name, "%s_named", dataset);
    return postgres_view_put(db, name, NULL, &sql, err);
}

void postgres_append_days(struct buf *sql, const struct row_columns *columns)
{
    static const char *const names[][2] = {{POSTGRES_MEAN, "avg_"}, {POSTGRES_GREATEST, "max_"}};
    for (size_t i = 0; i < columns->count; i++) {
        const struct row_column *column = &columns->items[i];
        if (postgres_is_key(column))
            continue;
        for (size_t k = 0; k < 2; k++) {
            buf_append_text(sql, postgres_has_days(column) ? ", d." : ", NULL::double precision");
            if (postgres_has_days(column))
                postgres_append_name(sql, names[k][0], column->name);
            buf_append_text(sql, " AS ");
            postgres_append_name(sql, names[k][1], column->name);
        }
    }
}

/* One row a series and partition: how many rows, and mean and greatest of each column. */
static enum status make_daily_view(struct db *db, const char *dataset, const struct row_columns *columns,
                                   struct err *err)
{
    struct buf sql = {0};
    char name[DATASET_NAME_MAX + 16];
    buf_append_text(&sql, "SELECT n.building_id, n.site_id, n.group_id, n.granularity, d.date_partition, d.row_count");
    postgres_append_days(&sql, columns);
    buf_appendf(&sql, " FROM %s_days d JOIN series n ON n.series_id = d.series_id", dataset);
    (void)snprintf(name, sizeof name, "%s_daily", dataset);
    return postgres_view_put(db, name, NULL, &sql, err);
}

enum status postgres_views_make(struct db *db, const struct dataset *dataset, const struct row_columns *columns,
                                struct err *err)
{
    enum status status = make_view(db, dataset->name, columns, err);
    if (status == STATUS_OK)
        status = make_named_view(db, dataset->name, columns, err);
    if (status == STATUS_OK)
        status = make_daily_view(db, dataset->name, columns, err);
    if (status == STATUS_OK && strcmp(dataset->name, "building_insights") == 0)
        status = postgres_dashboards_make(db, columns, err);
    return status;
}
