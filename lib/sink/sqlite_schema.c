#include "sink/sqlite_internal.h"

#include "core/buf.h"

#include <string.h>
#include <strings.h>

/* Columns of the job carry this prefix in the table, so that none can meet a column of ours. */
static const char prefix[] = "v_";

enum { COLUMNS_MAX = 1000 };

struct column_list {
    struct arena arena;
    size_t count;
    const char *names[COLUMNS_MAX]; /* without the prefix, in the order they were added */
};

static enum status read_columns(struct db *db, struct column_list *list, struct err *err)
{
    struct db_statement *query = NULL;
    enum status status =
        db_prepare(db, "SELECT name FROM pragma_table_info('building_insights_rows') ORDER BY cid", &query, err);
    bool row;
    while (status == STATUS_OK && (status = db_step(query, &row, err)) == STATUS_OK && row) {
        const char *name = db_column_text(query, 0);
        if (strncmp(name, prefix, strlen(prefix)) != 0 || list->count == COLUMNS_MAX)
            continue;
        name += strlen(prefix);
        list->names[list->count] = arena_copy(&list->arena, name, strlen(name));
        if (list->names[list->count++] == NULL)
            status = err_nomem(err);
    }
    db_finalize(query);
    return status;
}

static bool has_column(const struct column_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcasecmp(list->names[i], name) == 0)
            return true;
    }
    return false;
}

static enum status exec_buf(struct db *db, struct buf *sql, struct err *err)
{
    enum status status = buf_status(sql, err);
    if (status == STATUS_OK)
        status = db_exec(db, buf_text(sql), err);
    buf_release(sql);
    return status;
}

static enum status add_column(struct db *db, struct column_list *list, const char *name, struct err *err)
{
    if (list->count == COLUMNS_MAX)
        return err_set(err, STATUS_CONFIG, "column %s: the database holds %d columns already", name, COLUMNS_MAX);
    struct buf sql = {0};
    buf_appendf(&sql, "ALTER TABLE building_insights_rows ADD COLUMN \"%s%s\"", prefix, name);
    enum status status = exec_buf(db, &sql, err);
    if (status != STATUS_OK)
        return status;
    list->names[list->count] = arena_copy(&list->arena, name, strlen(name));
    return list->names[list->count++] != NULL ? STATUS_OK : err_nomem(err);
}

/*
 * The view is judged by its values, not by how they are made: strftime gives
 * DATE_TIME_START back from the number, date and hour come from the local second.
 */
static enum status make_view(struct db *db, const struct column_list *list, struct err *err)
{
    struct buf sql = {0};
    buf_append_text(&sql, "DROP VIEW IF EXISTS building_insights;"
                          "CREATE VIEW building_insights AS SELECT"
                          " n.building_id AS BUILDING_ID, n.site_id AS SITE_ID, n.group_id AS GROUP_ID,"
                          " n.granularity AS GRANULARITY, r.date_partition AS DATE_PARTITION,"
                          " CASE WHEN r.start >= 0 THEN strftime(p.pattern, r.start + p.utc_offset, 'unixepoch')"
                          " ELSE o.text END AS DATE_TIME_START");
    for (size_t i = 0; i < list->count; i++)
        buf_appendf(&sql, ", r.\"%s%s\" AS \"%s\"", prefix, list->names[i], list->names[i]);
    buf_append_text(&sql,
                    ", CASE WHEN coalesce(p.zone_known, o.zone_known) THEN"
                    " strftime('%Y-%m-%dT%H:%M:%SZ', coalesce(o.seconds, r.start), 'unixepoch') END AS START_UTC,"
                    " date(coalesce(o.seconds, r.start) + r.local_offset * 900, 'unixepoch') AS LOCAL_DATE,"
                    " CAST(strftime('%H', coalesce(o.seconds, r.start) + r.local_offset * 900, 'unixepoch') AS INTEGER)"
                    " AS LOCAL_HOUR"
                    " FROM building_insights_rows r JOIN series n ON n.series_id = r.series_id"
                    " LEFT JOIN spellings p ON p.spelling_id = r.spelling_id"
                    " LEFT JOIN odd_starts o ON o.odd_id = -r.start");
    enum status status = exec_buf(db, &sql, err);
    return status == STATUS_OK ? sqlite_named_view(db, err) : status;
}

static enum status views_exist(struct db *db, bool *ret_exists, struct err *err)
{
    int64_t count;
    enum status status = db_query_integer(db,
                                          "SELECT count(*) FROM sqlite_schema WHERE type = 'view' AND name IN"
                                          " ('building_insights', 'building_insights_named')",
                                          &count, err);
    if (status == STATUS_OK)
        *ret_exists = count == 2;
    return status;
}

enum status sqlite_schema_prepare(struct db *db, size_t column_count, const char *const *columns, struct err *err)
{
    struct column_list list = {.count = 0};
    bool current = false;
    enum status status = read_columns(db, &list, err);
    if (status == STATUS_OK)
        status = views_exist(db, &current, err);
    for (size_t i = 0; status == STATUS_OK && i < column_count; i++) {
        if (has_column(&list, columns[i]))
            continue;
        current = false;
        status = add_column(db, &list, columns[i], err);
    }
    if (status == STATUS_OK && !current)
        status = make_view(db, &list, err);
    arena_release(&list.arena);
    return status;
}

/* Sets the offsets of a building's rows for one stretch of constant offset. */
static enum status rederive_stretch(struct db_statement *update, int64_t building_id, int64_t from, int64_t to,
                                    int32_t offset, struct err *err)
{
    db_bind_integer(update, 1, building_id);
    db_bind_integer(update, 2, from);
    db_bind_integer(update, 3, to);
    db_bind_integer(update, 4, offset / 900);
    return db_run(update, err);
}

static const char rederive_sql[] =
    "UPDATE building_insights_rows AS r SET local_offset = ?4"
    " WHERE series_id IN (SELECT series_id FROM series WHERE building_id = ?1)"
    " AND coalesce((SELECT o.seconds FROM odd_starts o WHERE o.odd_id = -r.start), start) BETWEEN ?2 AND ?3"
    " AND coalesce((SELECT p.zone_known FROM spellings p WHERE p.spelling_id = r.spelling_id),"
    " (SELECT o.zone_known FROM odd_starts o WHERE o.odd_id = -r.start))";

static const char restray_sql[] =
    "INSERT INTO building_insights_strays (series_id, start, date_partition)"
    " SELECT series_id, start, date_partition FROM building_insights_rows AS r"
    " WHERE series_id IN (SELECT series_id FROM series WHERE building_id = ?1) AND date_partition <>"
    " CAST(strftime('%Y%m%d', coalesce((SELECT o.seconds FROM odd_starts o WHERE o.odd_id = -r.start), start)"
    " + local_offset * 900, 'unixepoch') AS INTEGER)";

static enum status run_for_building(struct db *db, const char *sql, int64_t building_id, struct err *err)
{
    struct db_statement *statement;
    enum status status = db_prepare(db, sql, &statement, err);
    if (status != STATUS_OK)
        return status;
    db_bind_integer(statement, 1, building_id);
    status = db_run(statement, err);
    db_finalize(statement);
    return status;
}

static enum status rederive(struct db *db, const struct coverage_building *building, struct err *err)
{
    struct db_statement *update;
    enum status status = db_prepare(db, rederive_sql, &update, err);
    if (status != STATUS_OK)
        return status;
    int64_t from = INT64_MIN / 2;
    while (status == STATUS_OK && from != INT64_MAX) {
        int64_t next;
        zone_next_change(building->zone, from, &next);
        int64_t last = next == INT64_MAX ? next : next - 1;
        status = rederive_stretch(update, building->id, from, last, zone_offset_at(building->zone, from), err);
        from = next;
    }
    db_finalize(update);
    if (status == STATUS_OK)
        status = run_for_building(db,
                                  "DELETE FROM building_insights_strays WHERE series_id IN"
                                  " (SELECT series_id FROM series WHERE building_id = ?1)",
                                  building->id, err);
    if (status == STATUS_OK)
        status = run_for_building(db, restray_sql, building->id, err);
    return status;
}

enum status sqlite_zones_prepare(struct db *db, const struct coverage *coverage, struct err *err)
{
    struct db_statement *query;
    enum status status =
        db_prepare(db, "SELECT 1 FROM buildings WHERE building_id = ?1 AND time_zone <> ?2", &query, err);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; status == STATUS_OK && i < coverage->building_count; i++) {
        db_bind_integer(query, 1, coverage->buildings[i].id);
        db_bind_string(query, 2, zone_name(coverage->buildings[i].zone));
        bool differs;
        status = db_step(query, &differs, err);
        if (status != STATUS_OK || !differs)
            continue;
        db_reset(query);
        status = rederive(db, &coverage->buildings[i], err);
    }
    db_finalize(query);
    return status;
}
