#include "sink/sqlite_internal.h"

#include <string.h>
#include <strings.h>

static bool has_column(const struct column_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcasecmp(list->names[i], name) == 0)
            return true;
    }
    return false;
}

static enum status add_column(struct db *db, const char *dataset, struct column_list *list, const char *name,
                              struct err *err)
{
    if (list->count == SQLITE_COLUMNS_MAX)
        return err_set(err, STATUS_CONFIG, "column %s: the database holds %d columns already", name,
                       SQLITE_COLUMNS_MAX);
    struct buf sql = {0};
    buf_appendf(&sql, "ALTER TABLE %s_rows ADD COLUMN \"" SQLITE_COLUMN_PREFIX "%s\"", dataset, name);
    sqlite_days_append_column(&sql, dataset, name);
    enum status status = sqlite_exec_buf(db, &sql, err);
    if (status != STATUS_OK)
        return status;
    list->names[list->count] = arena_copy(&list->arena, name, strlen(name));
    return list->names[list->count++] != NULL ? STATUS_OK : err_nomem(err);
}

enum status sqlite_schema_prepare(struct db *db, const struct sink_sqlite_options *options, struct err *err)
{
    const struct dataset *dataset = options->dataset;
    struct column_list list = {.count = 0};
    bool current = false;
    enum status status = sqlite_tables_make(db, dataset, err);
    if (status == STATUS_OK)
        status = sqlite_columns_read(db, dataset->name, SQLITE_COLUMN_PREFIX, &list, err);
    if (status == STATUS_OK)
        status = sqlite_days_prepare(db, dataset->name, &list, err);
    if (status == STATUS_OK)
        status = sqlite_views_exist(db, dataset->name, &current, err);
    for (size_t i = 0; status == STATUS_OK && i < options->column_count; i++) {
        if (has_column(&list, options->columns[i]))
            continue;
        current = false;
        status = add_column(db, dataset->name, &list, options->columns[i], err);
    }
    if (status == STATUS_OK && !current)
        status = sqlite_views_make(db, dataset, &list, err);
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

/* $T: the name of the dataset, $K: its extra keys. */
static const char rederive_sql[] =
    "UPDATE $T_rows AS r SET local_offset = ?4"
    " WHERE series_id IN (SELECT series_id FROM series WHERE building_id = ?1)"
    " AND coalesce((SELECT o.seconds FROM odd_starts o WHERE o.odd_id = -r.start), start) BETWEEN ?2 AND ?3"
    " AND coalesce((SELECT p.zone_known FROM spellings p WHERE p.spelling_id = r.spelling_id),"
    " (SELECT o.zone_known FROM odd_starts o WHERE o.odd_id = -r.start))";

static const char unstray_sql[] = "DELETE FROM $T_strays WHERE series_id IN"
                                  " (SELECT series_id FROM series WHERE building_id = ?1)";

static const char restray_sql[] =
    "INSERT INTO $T_strays (series_id, start$K, date_partition)"
    " SELECT series_id, start$K, date_partition FROM $T_rows AS r"
    " WHERE series_id IN (SELECT series_id FROM series WHERE building_id = ?1) AND date_partition <>"
    " CAST(strftime('%Y%m%d', coalesce((SELECT o.seconds FROM odd_starts o WHERE o.odd_id = -r.start), start)"
    " + local_offset * 900, 'unixepoch') AS INTEGER)";

/* A dataset whose tables are in the database; this job may not know of it. */
struct stored_dataset {
    const char *name;
    struct column_list keys;
};

static enum status prepare_for(struct db *db, const struct stored_dataset *dataset, const char *text,
                               struct db_statement **ret_statement, struct err *err)
{
    struct buf sql = {0};
    for (const char *at = text; *at != '\0'; at++) {
        if (*at != '$')
            buf_append_char(&sql, *at);
        else if (*++at == 'T')
            buf_append_text(&sql, dataset->name);
        else
            sqlite_append_keys(&sql, dataset->keys.count, dataset->keys.names);
    }
    enum status status = buf_status(&sql, err);
    if (status == STATUS_OK)
        status = db_prepare(db, buf_text(&sql), ret_statement, err);
    buf_release(&sql);
    return status;
}

static enum status run_for_building(struct db *db, const struct stored_dataset *dataset, const char *text,
                                    int64_t building_id, struct err *err)
{
    struct db_statement *statement;
    enum status status = prepare_for(db, dataset, text, &statement, err);
    if (status != STATUS_OK)
        return status;
    db_bind_integer(statement, 1, building_id);
    status = db_run(statement, err);
    db_finalize(statement);
    return status;
}

static enum status rederive(struct db *db, const struct stored_dataset *dataset,
                            const struct coverage_building *building, struct err *err)
{
    struct db_statement *update;
    enum status status = prepare_for(db, dataset, rederive_sql, &update, err);
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
        status = run_for_building(db, dataset, unstray_sql, building->id, err);
    if (status == STATUS_OK)
        status = run_for_building(db, dataset, restray_sql, building->id, err);
    return status;
}

/* The zone is noted once for all datasets, so all of them are made anew by whichever notices. */
static enum status rederive_all(struct db *db, const struct coverage_building *building, struct err *err)
{
    struct db_statement *query;
    enum status status = db_prepare(db,
                                    "SELECT substr(name, 1, length(name) - 5) FROM sqlite_schema"
                                    " WHERE type = 'table' AND substr(name, -5) = '_rows' AND name <> 'missed_rows'",
                                    &query, err);
    bool row;
    if (status != STATUS_OK)
        return status;
    while (status == STATUS_OK && (status = db_step(query, &row, err)) == STATUS_OK && row) {
        struct stored_dataset dataset = {.name = db_column_text(query, 0)};
        status = sqlite_columns_read(db, dataset.name, SQLITE_KEY_PREFIX, &dataset.keys, err);
        if (status == STATUS_OK)
            status = rederive(db, &dataset, building, err);
        arena_release(&dataset.keys.arena);
    }
    db_finalize(query);
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
        status = rederive_all(db, &coverage->buildings[i], err);
    }
    db_finalize(query);
    return status;
}
