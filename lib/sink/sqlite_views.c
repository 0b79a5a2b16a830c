#include "sink/sqlite_internal.h"

#include <string.h>

/* Of what is known by its spelling, or else by its odd start; only looked up where the column is used. */
#define ZONE_KNOWN                                                                                                     \
    "CASE WHEN r.start >= 0 THEN (SELECT p.zone_known FROM spellings p WHERE p.spelling_id = r.spelling_id) ELSE"      \
    " (SELECT o.zone_known FROM odd_starts o WHERE o.odd_id = -r.start) END"

void sqlite_append_partitions(struct buf *sql, const char *dataset)
{
    buf_appendf(sql,
                "WITH RECURSIVE partitions (date_partition) AS ("
                "SELECT min(date_partition) FROM %s_rows UNION ALL"
                " SELECT (SELECT min(r.date_partition) FROM %s_rows r WHERE r.date_partition > p.date_partition)"
                " FROM partitions p WHERE p.date_partition IS NOT NULL) ",
                dataset, dataset);
}

/*
 * The view is judged by its values, not by how they are made: strftime gives
 * DATE_TIME_START back from the number, date and hour come from the local second.
 *
 * Its order of joins is fixed: partition by partition, found by jumping from one to the next, then the series, then the
 * rows of both by the primary key. So a filter on building, site, group or date reads only what it lets through,
 * without statistics and without a second index.
 */
static enum status make_view(struct db *db, const struct dataset *dataset, const struct column_list *list,
                             struct err *err)
{
    const char *name = dataset->name;
    struct buf sql = {0};
    buf_appendf(&sql, "DROP VIEW IF EXISTS %s; CREATE VIEW %s AS ", name, name);
    sqlite_append_partitions(&sql, name);
    buf_append_text(&sql,
                    "SELECT n.building_id AS BUILDING_ID, n.site_id AS SITE_ID, n.group_id AS GROUP_ID,"
                    " n.granularity AS GRANULARITY, r.date_partition AS DATE_PARTITION,"
                    " CASE WHEN r.start >= 0 THEN (SELECT strftime(p.pattern, r.start + p.utc_offset, 'unixepoch')"
                    " FROM spellings p WHERE p.spelling_id = r.spelling_id)"
                    " ELSE (SELECT o.text FROM odd_starts o WHERE o.odd_id = -r.start) END AS DATE_TIME_START");
    for (size_t i = 0; i < dataset->key_count; i++)
        buf_appendf(&sql, ", r.\"" SQLITE_KEY_PREFIX "%s\" AS \"%s\"", dataset->keys[i], dataset->keys[i]);
    for (size_t i = 0; i < list->count; i++)
        buf_appendf(&sql, ", r.\"" SQLITE_COLUMN_PREFIX "%s\" AS \"%s\"", list->names[i], list->names[i]);
    buf_appendf(
        &sql,
        ", CASE WHEN " ZONE_KNOWN " THEN strftime('%%Y-%%m-%%dT%%H:%%M:%%SZ', " SQLITE_SECONDS ", 'unixepoch') END"
        " AS START_UTC,"
        " date(" SQLITE_SECONDS " + r.local_offset * 900, 'unixepoch') AS LOCAL_DATE,"
        " CAST(strftime('%%H', " SQLITE_SECONDS " + r.local_offset * 900, 'unixepoch') AS INTEGER) AS LOCAL_HOUR"
        " FROM partitions d CROSS JOIN series n CROSS JOIN %s_rows r"
        " ON r.date_partition = d.date_partition AND r.series_id = n.series_id WHERE n.dataset = '%s'",
        name, name);
    return sqlite_exec_buf(db, &sql, err);
}

/*
 * The rows of a dataset with the names of building, site and floor beside the ids. A row meets one site and one floor
 * at most, since both tables have one row an id; a site of another building with the same id is not meant.
 */
static enum status make_named_view(struct db *db, const char *dataset, struct err *err)
{
    struct buf sql = {0};
    buf_appendf(&sql,
                "DROP VIEW IF EXISTS %s_named;"
                "CREATE VIEW %s_named AS SELECT b.*, n.name AS BUILDING_NAME,"
                " s.SITE_CODE AS SITE_CODE, s.FLOOR_ID AS FLOOR_ID, f.FLOOR_CODE AS FLOOR_CODE,"
                " f.NAME AS FLOOR_NAME, f.LEVEL AS FLOOR_LEVEL"
                " FROM %s b"
                " LEFT JOIN buildings n ON n.building_id = b.BUILDING_ID"
                " LEFT JOIN sites s ON s.SITE_ID = b.SITE_ID AND coalesce(s.BUILDING_ID, b.BUILDING_ID) = b.BUILDING_ID"
                " LEFT JOIN floors f ON f.FLOOR_ID = s.FLOOR_ID",
                dataset, dataset, dataset);
    return sqlite_exec_buf(db, &sql, err);
}

/* One row a series and partition: how many rows, and mean and greatest of each column. */
static enum status make_daily_view(struct db *db, const char *dataset, const struct column_list *list, struct err *err)
{
    struct buf sql = {0};
    buf_appendf(&sql,
                "DROP VIEW IF EXISTS %s_daily;"
                "CREATE VIEW %s_daily AS SELECT n.building_id AS BUILDING_ID, n.site_id AS SITE_ID,"
                " n.group_id AS GROUP_ID, n.granularity AS GRANULARITY, d.date_partition AS DATE_PARTITION,"
                " d.row_count AS ROW_COUNT",
                dataset, dataset);
    sqlite_days_append_view(&sql, list);
    buf_appendf(&sql, " FROM %s_days d JOIN series n USING (series_id)", dataset);
    return sqlite_exec_buf(db, &sql, err);
}

static bool is_insights(const char *dataset)
{
    return strcmp(dataset, "building_insights") == 0;
}

enum status sqlite_views_make(struct db *db, const struct dataset *dataset, const struct column_list *list,
                              struct err *err)
{
    enum status status = make_view(db, dataset, list, err);
    if (status == STATUS_OK)
        status = make_named_view(db, dataset->name, err);
    if (status == STATUS_OK)
        status = make_daily_view(db, dataset->name, list, err);
    if (status == STATUS_OK && is_insights(dataset->name))
        status = sqlite_dashboards_make(db, list, err);
    return status;
}

enum status sqlite_views_exist(struct db *db, const char *dataset, bool *ret_exist, struct err *err)
{
    struct db_statement *query;
    enum status status =
        db_prepare(db,
                   "SELECT 1 FROM sqlite_schema WHERE type = 'view'"
                   " AND name IN (?1, ?1 || '_named', ?1 || '_daily') GROUP BY type HAVING count(*) = 3",
                   &query, err);
    if (status != STATUS_OK)
        return status;
    db_bind_string(query, 1, dataset);
    status = db_step(query, ret_exist, err);
    db_finalize(query);
    if (status == STATUS_OK && *ret_exist && is_insights(dataset))
        status = sqlite_dashboards_exist(db, ret_exist, err);
    return status;
}
