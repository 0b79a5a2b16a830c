#include "sink/sqlite_internal.h"

#include <string.h>

/* Stands in each view that we make, so that it is known again. */
#define MARK "/* made by occuport */"

/*
 * The views for dashboards: occupancy_daily, occupancy_hour_of_week and occupancy_peak, of building_insights, with the
 * names of building, site and floor beside the ids. None of them adds anything up over sites or groups.
 *
 * Daily and peak are made of building_insights_days; when the peak was is looked up in the rows of the one slice, and
 * only where a query asks for it.
 */

/* Of a series n: its names. */
#define NAME_COLUMNS                                                                                                   \
    "b.name AS BUILDING_NAME, s.SITE_CODE AS SITE_CODE, s.FLOOR_ID AS FLOOR_ID, f.NAME AS FLOOR_NAME,"                 \
    " f.LEVEL AS FLOOR_LEVEL"
#define NAME_JOINS(building, site)                                                                                     \
    " LEFT JOIN buildings b ON b.building_id = " building " LEFT JOIN sites s ON s.SITE_ID = " site                    \
    " AND coalesce(s.BUILDING_ID, " building ") = " building " LEFT JOIN floors f ON f.FLOOR_ID = s.FLOOR_ID"

#define SERIES_COLUMNS                                                                                                 \
    "n.building_id AS BUILDING_ID, n.site_id AS SITE_ID, n.group_id AS GROUP_ID, n.granularity AS GRANULARITY"

/* The rows of one day d of a series. */
#define STRETCH " FROM building_insights_rows r WHERE r.date_partition = d.date_partition AND r.series_id = d.series_id"

#define DATE_OF_PARTITION                                                                                              \
    "substr(d.date_partition, 1, 4) || '-' || substr(d.date_partition, 5, 2) || '-' || substr(d.date_partition, 7, 2)"

/* Local seconds moved by a whole number of weeks, so that none is negative: 1970-01-01 was a Thursday. */
#define LOCAL_SECONDS "(" SQLITE_SECONDS " + r.local_offset * 900 + 6048000000)"

#define VALUE "r.\"" SQLITE_COLUMN_PREFIX "%s\""

static void begin_by_day(struct buf *sql, const char *name)
{
    buf_appendf(sql,
                "CREATE VIEW %s AS " MARK " SELECT " DATE_OF_PARTITION " AS DATE, " SERIES_COLUMNS ", " NAME_COLUMNS
                ", d.date_partition AS DATE_PARTITION",
                name);
}

static void end_by_day(struct buf *sql)
{
    buf_append_text(
        sql, " FROM building_insights_days d JOIN series n USING (series_id)" NAME_JOINS("n.building_id", "n.site_id"));
}

static void append_daily(struct buf *sql, const struct column_list *list)
{
    begin_by_day(sql, "occupancy_daily");
    buf_append_text(sql, ", d.row_count AS ROW_COUNT");
    sqlite_days_append_view(sql, list);
    end_by_day(sql);
}

/* The column that peaks are taken from: the greatest count where it is fetched, else the mean. */
static const char *peak_column(const struct column_list *list)
{
    static const char *const wanted[] = {"OCCUPANCY_MAX", "OCCUPANCY_MEAN"};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        for (size_t k = 0; k < list->count; k++) {
            if (strcmp(list->names[k], wanted[i]) == 0)
                return wanted[i];
        }
    }
    return list->count > 0 ? list->names[0] : NULL;
}

/* When: the first of the periods that have the greatest value. */
static void append_when(struct buf *sql, const char *what, const char *column, const char *name)
{
    buf_appendf(sql,
                ", (SELECT CASE WHEN typeof(" VALUE ") IN ('integer', 'real') THEN %s END" STRETCH " ORDER BY " VALUE
                " DESC, " SQLITE_SECONDS " LIMIT 1) AS %s",
                column, what, column, name);
}

static void append_peak(struct buf *sql, const struct column_list *list)
{
    const char *column = peak_column(list);
    begin_by_day(sql, "occupancy_peak");
    if (column == NULL) {
        buf_append_text(sql, ", NULL AS METRIC, NULL AS PEAK, NULL AS PEAK_HOUR, NULL AS PEAK_TIME");
    } else {
        buf_appendf(sql, ", '%s' AS METRIC, d.\"" SQLITE_DAYS_GREATEST "%s\" AS PEAK", column, column);
        append_when(sql, LOCAL_SECONDS " % 86400 / 3600", column, "PEAK_HOUR");
        append_when(sql, "strftime('%H:%M', " LOCAL_SECONDS ", 'unixepoch')", column, "PEAK_TIME");
    }
    end_by_day(sql);
    buf_append_text(sql, " WHERE n.granularity LIKE 'PT%'");
}

/* Mean and greatest of a column, as in building_insights_daily: a text is greater than every number. */
static void append_measures(struct buf *sql, const char *column)
{
    buf_appendf(sql,
                ", CASE WHEN typeof(max(" VALUE ")) <> 'text' THEN avg(" VALUE ") END AS \"AVG_%s\""
                ", CASE WHEN typeof(max(" VALUE ")) <> 'text' THEN max(" VALUE ") END AS \"MAX_%s\"",
                column, column, column, column, column, column);
}

/* Filters on building, site, group and granularity reach the inner query, since it is grouped by them. */
static void append_hour_of_week(struct buf *sql, const struct column_list *list)
{
    buf_append_text(sql, "CREATE VIEW occupancy_hour_of_week AS " MARK " SELECT h.BUILDING_ID, h.SITE_ID, h.GROUP_ID,"
                         " h.GRANULARITY, " NAME_COLUMNS ", h.WEEKDAY,"
                         " substr('MonTueWedThuFriSatSun', h.WEEKDAY * 3 - 2, 3) AS WEEKDAY_NAME, h.LOCAL_HOUR,"
                         " h.ROW_COUNT");
    for (size_t i = 0; i < list->count; i++)
        buf_appendf(sql, ", h.\"AVG_%s\", h.\"MAX_%s\"", list->names[i], list->names[i]);
    buf_append_text(sql, " FROM (");
    sqlite_append_partitions(sql, "building_insights");
    buf_append_text(sql, "SELECT " SERIES_COLUMNS ", (" LOCAL_SECONDS " / 86400 + 3) % 7 + 1 AS WEEKDAY, " LOCAL_SECONDS
                         " % 86400 / 3600 AS LOCAL_HOUR, count(*) AS ROW_COUNT");
    for (size_t i = 0; i < list->count; i++)
        append_measures(sql, list->names[i]);
    buf_append_text(sql,
                    " FROM partitions d CROSS JOIN series n CROSS JOIN building_insights_rows r"
                    " ON r.date_partition = d.date_partition AND r.series_id = n.series_id"
                    " WHERE n.dataset = 'building_insights' AND n.granularity LIKE 'PT%'"
                    " GROUP BY n.building_id, n.site_id, n.group_id, n.granularity, WEEKDAY, LOCAL_HOUR) h" NAME_JOINS(
                        "h.BUILDING_ID", "h.SITE_ID") ";");
}

/* What somebody else made under one of the names is theirs and stays: the view is then not made. */
static enum status make_one(struct db *db, const char *name, void (*append)(struct buf *, const struct column_list *),
                            const struct column_list *list, struct err *err)
{
    struct db_statement *query;
    struct buf sql = {0};
    bool is_taken;
    enum status status = db_prepare(
        db, "SELECT 1 FROM sqlite_schema WHERE lower(name) = ?1 AND instr(coalesce(sql, ''), '" MARK "') = 0", &query,
        err);
    if (status != STATUS_OK)
        return status;
    db_bind_string(query, 1, name);
    status = db_step(query, &is_taken, err);
    db_finalize(query);
    if (status != STATUS_OK || is_taken)
        return status;
    buf_appendf(&sql, "DROP VIEW IF EXISTS %s;", name);
    append(&sql, list);
    return sqlite_exec_buf(db, &sql, err);
}

enum status sqlite_dashboards_make(struct db *db, const struct column_list *list, struct err *err)
{
    enum status status = make_one(db, "occupancy_daily", append_daily, list, err);
    if (status == STATUS_OK)
        status = make_one(db, "occupancy_hour_of_week", append_hour_of_week, list, err);
    return status == STATUS_OK ? make_one(db, "occupancy_peak", append_peak, list, err) : status;
}

enum status sqlite_dashboards_exist(struct db *db, bool *ret_exist, struct err *err)
{
    int64_t count;
    enum status status = db_query_integer(db,
                                          "SELECT count(*) FROM sqlite_schema WHERE"
                                          " lower(name) IN ('occupancy_daily', 'occupancy_hour_of_week',"
                                          " 'occupancy_peak')",
                                          &count, err);
    if (status == STATUS_OK)
        *ret_exist = count == 3;
    return status;
}
