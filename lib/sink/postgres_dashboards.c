#include "sink/postgres_internal.h"

#include <string.h>
#include <strings.h>

/*
 * The views for dashboards: occupancy_daily, occupancy_hour_of_week and occupancy_peak, as sqlite_dashboards.c tells.
 * A comment on each view that we make says so, and lets us know it again.
 */
#define MARK "made by occuport"

#define NAME_COLUMNS "b.name AS building_name, s.site_code, s.floor_id, f.name AS floor_name, f.level AS floor_level"
#define NAME_JOINS(building, site)                                                                                     \
    " LEFT JOIN buildings b ON b.building_id = " building " LEFT JOIN sites s ON s.site_id = " site                    \
    " AND coalesce(s.building_id, " building ") = " building " LEFT JOIN floors f ON f.floor_id = s.floor_id"

#define SERIES_COLUMNS "n.building_id, n.site_id, n.group_id, n.granularity"

/* Local seconds of a row r moved by a whole number of weeks, so that none is negative: 1970-01-01 was a Thursday. */
#define LOCAL_SECONDS                                                                                                  \
    "(CASE WHEN r.start >= 0 THEN r.start ELSE (SELECT o.seconds FROM odd_starts o WHERE o.odd_id = -r.start) END"     \
    " + r.local_offset * 900 + 6048000000)"

static void begin_by_day(struct buf *sql)
{
    buf_append_text(sql, "SELECT partition_date(d.date_partition) AS date, " SERIES_COLUMNS ", " NAME_COLUMNS
                         ", d.date_partition");
}

static void end_by_day(struct buf *sql)
{
    buf_append_text(sql, " FROM building_insights_days d JOIN series n ON n.series_id = d.series_id" NAME_JOINS(
                             "n.building_id", "n.site_id"));
}

static void append_daily(struct buf *sql, const struct row_columns *columns)
{
    begin_by_day(sql);
    buf_append_text(sql, ", d.row_count");
    postgres_append_days(sql, columns);
    end_by_day(sql);
}

/* The column that peaks are taken from: the greatest count where it is fetched, else the mean; NULL: none. */
static const struct row_column *peak_column(const struct row_columns *columns)
{
    static const char *const wanted[] = {"OCCUPANCY_MAX", "OCCUPANCY_MEAN"};
    const struct row_column *first = NULL;
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        for (size_t k = 0; k < columns->count; k++) {
            if (strcmp(columns->items[k].name, wanted[i]) == 0)
                return &columns->items[k];
        }
    }
    for (size_t k = columns->count; k > 0; k--)
        first = postgres_is_key(&columns->items[k - 1]) ? first : &columns->items[k - 1];
    return first;
}

/* When: the first of the periods that have the greatest value. */
static void append_when(struct buf *sql, const char *what, const char *type, const struct row_column *column,
                        const char *name)
{
    if (!postgres_has_days(column)) {
        buf_appendf(sql, ", NULL::%s AS %s", type, name);
        return;
    }
    buf_append_text(sql, ", (SELECT CASE WHEN d.");
    postgres_append_name(sql, POSTGRES_GREATEST, column->name);
    buf_appendf(sql,
                " IS NOT NULL THEN (%s)::%s END FROM building_insights_rows r WHERE r.series_id = d.series_id"
                " AND r.date_partition = d.date_partition ORDER BY ",
                what, type);
    postgres_append_number(sql, column);
    buf_appendf(sql, " DESC NULLS LAST, " LOCAL_SECONDS " - r.local_offset * 900 LIMIT 1) AS %s", name);
}

static void append_peak(struct buf *sql, const struct row_columns *columns)
{
    const struct row_column *column = peak_column(columns);
    begin_by_day(sql);
    if (column == NULL) {
        buf_append_text(sql, ", NULL::text AS metric, NULL::double precision AS peak, NULL::integer AS peak_hour,"
                             " NULL::text AS peak_time");
    } else {
        buf_appendf(sql, ", '%s'::text AS metric, ", column->name);
        if (postgres_has_days(column)) {
            buf_append_text(sql, "d.");
            postgres_append_name(sql, POSTGRES_GREATEST, column->name);
        } else {
            buf_append_text(sql, "NULL::double precision");
        }
        buf_append_text(sql, " AS peak");
        append_when(sql, LOCAL_SECONDS " % 86400 / 3600", "integer", column, "peak_hour");
        append_when(sql, "to_char(to_timestamp(" LOCAL_SECONDS ") AT TIME ZONE 'UTC', 'HH24:MI')", "text", column,
                    "peak_time");
    }
    end_by_day(sql);
    buf_append_text(sql, " WHERE n.granularity LIKE 'PT%'");
}

static void append_measures(struct buf *sql, const struct row_columns *columns, bool inner)
{
    static const char *const prefixes[] = {"avg_", "max_"};
    for (size_t i = 0; i < columns->count; i++) {
        const struct row_column *column = &columns->items[i];
        if (postgres_is_key(column))
            continue;
        for (size_t k = 0; k < 2; k++) {
            buf_append_text(sql, inner ? ", " : ", h.");
            if (inner && postgres_has_days(column))
                postgres_append_aggregate(sql, column, k == 0 ? "avg" : "max");
            else if (inner)
                buf_append_text(sql, "NULL::double precision");
            if (inner)
                buf_append_text(sql, " AS ");
            postgres_append_name(sql, prefixes[k], column->name);
        }
    }
}

/* Filters on building, site, group and granularity reach the inner query, since it is grouped by them. */
static void append_hour_of_week(struct buf *sql, const struct row_columns *columns)
{
    buf_append_text(sql, "SELECT h.building_id, h.site_id, h.group_id, h.granularity, " NAME_COLUMNS
                         ", h.weekday, substr('MonTueWedThuFriSatSun', h.weekday * 3 - 2, 3) AS weekday_name,"
                         " h.local_hour, h.row_count");
    append_measures(sql, columns, false);
    buf_append_text(sql, " FROM (SELECT " SERIES_COLUMNS ", t.weekday, t.local_hour, count(*) AS row_count");
    append_measures(sql, columns, true);
    buf_append_text(
        sql, " FROM building_insights_rows r JOIN series n ON n.series_id = r.series_id CROSS JOIN LATERAL"
             " (SELECT ((" LOCAL_SECONDS " / 86400 + 3) % 7 + 1)::integer AS weekday, (" LOCAL_SECONDS
             " % 86400 / 3600)::integer AS local_hour) t WHERE n.granularity LIKE 'PT%'"
             " GROUP BY n.building_id, n.site_id, n.group_id, n.granularity, t.weekday, t.local_hour) h" NAME_JOINS(
                 "h.building_id", "h.site_id"));
}

/* What somebody else made under one of the names is theirs and stays: the view is then not made. */
static enum status is_taken(struct db *db, const char *name, bool *ret_taken, struct err *err)
{
    struct db_statement *query;
    enum status status = db_prepare(db,
                                    "SELECT 1 FROM pg_class c WHERE c.oid = to_regclass(?1::text)"
                                    " AND obj_description(c.oid, 'pg_class') IS DISTINCT FROM '" MARK "'",
                                    &query, err);
    if (status != STATUS_OK)
        return status;
    db_bind_string(query, 1, name);
    status = db_step(query, ret_taken, err);
    db_finalize(query);
    return status;
}

static enum status make_one(struct db *db, const char *name, void (*append)(struct buf *, const struct row_columns *),
                            const struct row_columns *columns, struct err *err)
{
    struct buf query = {0};
    bool taken;
    enum status status = is_taken(db, name, &taken, err);
    if (status != STATUS_OK || taken)
        return status;
    append(&query, columns);
    return postgres_view_put(db, name, MARK, &query, err);
}

enum status postgres_dashboards_make(struct db *db, const struct row_columns *columns, struct err *err)
{
    enum status status = make_one(db, "occupancy_daily", append_daily, columns, err);
    if (status == STATUS_OK)
        status = make_one(db, "occupancy_hour_of_week", append_hour_of_week, columns, err);
    return status == STATUS_OK ? make_one(db, "occupancy_peak", append_peak, columns, err) : status;
}
