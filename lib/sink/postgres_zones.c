#include "sink/postgres_internal.h"

#include <inttypes.h>
#include <stdio.h>

/* $T: the name of the dataset, $K: its extra keys. */
static const char rederive_sql[] =
    "UPDATE $T_rows AS r SET local_offset = ?4::smallint"
    " WHERE series_id IN (SELECT series_id FROM series WHERE building_id = ?1) AND local_offset <> ?4::smallint"
    " AND coalesce((SELECT o.seconds FROM odd_starts o WHERE o.odd_id = -r.start), r.start)"
    " BETWEEN ?2::bigint AND ?3::bigint"
    " AND coalesce((SELECT p.zone_known FROM spellings p WHERE p.spelling_id = r.spelling_id),"
    " (SELECT o.zone_known FROM odd_starts o WHERE o.odd_id = -r.start))";

static const char unstray_sql[] = "DELETE FROM $T_strays WHERE building_id = ?1";

static const char restray_sql[] =
    "INSERT INTO $T_strays (building_id, series_id, start$K, date_partition)"
    " SELECT building_id, series_id, start$K, date_partition FROM $T_rows AS r"
    " WHERE series_id IN (SELECT series_id FROM series WHERE building_id = ?1) AND date_partition <>"
    " to_char(to_timestamp(coalesce((SELECT o.seconds FROM odd_starts o WHERE o.odd_id = -r.start), r.start)"
    " + local_offset * 900) AT TIME ZONE 'UTC', 'YYYYMMDD')::integer";

/* A dataset whose tables are in the schema; this job may not know of it. */
struct stored_dataset {
    char name[DATASET_NAME_MAX + 1];
    struct buf keys;
};

static enum status prepare_for(struct db *db, const struct stored_dataset *dataset, const char *text,
                               struct db_statement **ret_statement, struct err *err)
{
    struct buf sql = {0};
    for (const char *at = text; *at != '\0'; at++) {
        if (*at != '$')
            buf_append_char(&sql, *at);
        else
            buf_append_text(&sql, *++at == 'T' ? dataset->name : buf_text(&dataset->keys));
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
    while (status == STATUS_OK && from != INT64_MAX) { /* one stretch of constant offset after the other */
        int64_t next;
        zone_next_change(building->zone, from, &next);
        db_bind_integer(update, 1, building->id);
        db_bind_integer(update, 2, from);
        db_bind_integer(update, 3, next == INT64_MAX ? next : next - 1);
        db_bind_integer(update, 4, zone_offset_at(building->zone, from) / 900);
        status = db_run(update, err);
        from = next;
    }
    db_finalize(update);
    if (status == STATUS_OK)
        status = run_for_building(db, dataset, unstray_sql, building->id, err);
    if (status == STATUS_OK)
        status = run_for_building(db, dataset, restray_sql, building->id, err);
    return status;
}

static void append_keys(struct buf *keys, const char *names)
{
    char name[POSTGRES_NAME_MAX + 1];
    int size;
    while (sscanf(names, " %59s%n", name, &size) == 1) {
        buf_append_text(keys, ", ");
        postgres_append_name(keys, POSTGRES_KEY_PREFIX, name);
        names += size;
    }
}

/* The zone is noted once for all datasets, so all of them are made anew by whichever notices. */
static enum status rederive_all(struct db *db, const struct coverage_building *building, struct err *err)
{
    struct db_statement *query;
    enum status status = db_prepare(db, "SELECT dataset, keys FROM row_datasets", &query, err);
    bool row;
    if (status != STATUS_OK)
        return status;
    while (status == STATUS_OK && (status = db_step(query, &row, err)) == STATUS_OK && row) {
        struct stored_dataset dataset = {.keys = {0}};
        (void)snprintf(dataset.name, sizeof dataset.name, "%s", db_column_text(query, 0));
        append_keys(&dataset.keys, db_column_text(query, 1));
        status = rederive(db, &dataset, building, err);
        buf_release(&dataset.keys);
    }
    db_finalize(query);
    return status;
}

enum status postgres_zones_prepare(struct db *db, const struct coverage *coverage, struct err *err)
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

/* ?1 and ?2: the numbers of the buildings, and their zones, in one order. */
static const char noted_sql[] = "SELECT count(*) FROM unnest(?1::bigint[], ?2::text[]) AS u (building_id, time_zone)"
                                " JOIN buildings b USING (building_id, time_zone)";

static enum status count_noted(struct db *db, const struct buf *numbers, const struct buf *zones, int64_t *ret_count,
                               struct err *err)
{
    struct db_statement *query;
    bool row;
    enum status status = db_prepare(db, noted_sql, &query, err);
    if (status != STATUS_OK)
        return status;
    db_bind_text(query, 1, buf_text(numbers), numbers->size);
    db_bind_text(query, 2, buf_text(zones), zones->size);
    status = db_step(query, &row, err);
    if (status == STATUS_OK)
        *ret_count = row ? db_column_integer(query, 0) : 0;
    db_finalize(query);
    return status;
}

enum status postgres_zones_are_noted(struct db *db, const struct coverage *coverage, bool *ret_noted, struct err *err)
{
    struct buf numbers = {.max = SIZE_MAX};
    struct buf zones = {.max = SIZE_MAX};
    int64_t count = 0;
    buf_append_char(&numbers, '{');
    buf_append_char(&zones, '{');
    for (size_t i = 0; i < coverage->building_count; i++) {
        const char *comma = i > 0 ? "," : "";
        buf_appendf(&numbers, "%s%" PRId64, comma, coverage->buildings[i].id);
        buf_appendf(&zones, "%s\"%s\"", comma, zone_name(coverage->buildings[i].zone)); /* no zone has a quote */
    }
    buf_append_char(&numbers, '}');
    buf_append_char(&zones, '}');
    enum status status = buf_status(&numbers, err);
    if (status == STATUS_OK)
        status = buf_status(&zones, err);
    if (status == STATUS_OK)
        status = count_noted(db, &numbers, &zones, &count, err);
    if (status == STATUS_OK)
        *ret_noted = count == (int64_t)coverage->building_count;
    buf_release(&numbers);
    buf_release(&zones);
    return status;
}
