#include "sink/sqlite_occupancy.h"

#include "sink/sqlite_internal.h"

#include <string.h>

/* The statements of one reading. */
struct reading {
    struct occupancy *occupancy;
    struct db_statement *series; /* building, site, group, granularity, dataset: its id */
    struct db_statement *rows;   /* partition, series: local second, mean, peak */
};

static bool is_stored(const struct column_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->names[i], name) == 0)
            return true;
    }
    return false;
}

static void append_column(struct buf *sql, const struct column_list *list, const char *name)
{
    if (is_stored(list, name))
        buf_appendf(sql, ", r.\"" SQLITE_COLUMN_PREFIX "%s\"", name);
    else
        buf_append_text(sql, ", NULL");
}

static enum status prepare_rows(struct reading *reading, struct db *db, const struct dataset *dataset,
                                const struct column_list *list, struct err *err)
{
    struct buf sql = {0};
    buf_append_text(&sql, "SELECT CASE WHEN r.start >= 0 THEN r.start ELSE (SELECT o.seconds FROM odd_starts o"
                          " WHERE o.odd_id = -r.start) END + r.local_offset * 900");
    append_column(&sql, list, reading->occupancy->mean_column);
    append_column(&sql, list, reading->occupancy->peak_column);
    buf_appendf(&sql, " FROM %s_rows r WHERE r.date_partition = ?1 AND r.series_id = ?2", dataset->name);
    enum status status = buf_status(&sql, err);
    if (status == STATUS_OK)
        status = db_prepare(db, buf_text(&sql), &reading->rows, err);
    buf_release(&sql);
    return status;
}

static struct occupancy_value value_at(struct db_statement *rows, int at)
{
    struct occupancy_value value = {0};
    switch (db_column_type(rows, at)) {
    case DB_NULL: value.is_null = true; break;
    case DB_INTEGER:
    case DB_REAL:
        value.is_number = true;
        value.number = db_column_real(rows, at);
        break;
    case DB_TEXT: return occupancy_value_of_text(db_column_text(rows, at), db_column_size(rows, at));
    case DB_BLOB:
    default: break;
    }
    return value;
}

static enum status read_day(const struct reading *reading, size_t building, size_t site, int64_t series_id,
                            civil_day day, struct err *err)
{
    struct db_statement *rows = reading->rows;
    bool row;
    enum status status;
    db_bind_integer(rows, 1, civil_day_to_partition(day));
    db_bind_integer(rows, 2, series_id);
    while ((status = db_step(rows, &row, err)) == STATUS_OK && row) {
        int64_t local = db_column_integer(rows, 0);
        int64_t local_day = local / 86400 - (local % 86400 < 0);
        struct occupancy_row of = {
            .partition = day,
            .local_day = (civil_day)local_day,
            .local_hour = (int)((local - local_day * 86400) / 3600),
            .mean = value_at(rows, 1),
            .peak = value_at(rows, 2),
        };
        occupancy_add(reading->occupancy, building, site, &of);
    }
    db_reset(rows);
    return status;
}

static enum status read_site(const struct reading *reading, const struct dataset *dataset, size_t building, size_t site,
                             struct err *err)
{
    const struct occupancy_building *of = &reading->occupancy->buildings[building];
    struct db_statement *series = reading->series;
    bool row;
    db_bind_integer(series, 1, of->building->id);
    db_bind_integer(series, 2, of->sites[site].id);
    db_bind_string(series, 3, of->group);
    db_bind_string(series, 4, reading->occupancy->granularity);
    db_bind_string(series, 5, dataset->name);
    enum status status = db_step(series, &row, err);
    int64_t series_id = status == STATUS_OK && row ? db_column_integer(series, 0) : 0;
    db_reset(series);
    for (civil_day day = of->days.first; status == STATUS_OK && series_id != 0 && day < of->days.end; day++)
        status = read_day(reading, building, site, series_id, day, err);
    return status;
}

static enum status read_all(struct reading *reading, struct db *db, const struct dataset *dataset,
                            const struct column_list *list, struct err *err)
{
    enum status status = db_prepare(db,
                                    "SELECT series_id FROM series WHERE building_id = ?1 AND site_id = ?2"
                                    " AND group_id = ?3 AND granularity = ?4 AND dataset = ?5",
                                    &reading->series, err);
    if (status == STATUS_OK)
        status = prepare_rows(reading, db, dataset, list, err);
    for (size_t i = 0; status == STATUS_OK && i < reading->occupancy->building_count; i++) {
        size_t site_count = reading->occupancy->buildings[i].building->site_count;
        for (size_t site = 0; status == STATUS_OK && site < site_count; site++)
            status = read_site(reading, dataset, i, site, err);
    }
    db_finalize(reading->series);
    db_finalize(reading->rows);
    return status;
}

enum status sqlite_occupancy_read(struct db *db, const struct dataset *dataset, struct occupancy *occupancy,
                                  struct err *err)
{
    struct reading reading = {.occupancy = occupancy};
    struct column_list list = {.count = 0};
    if (occupancy->granularity == NULL || occupancy->mean_column == NULL)
        return STATUS_OK;
    enum status status = sqlite_columns_read(db, dataset->name, SQLITE_COLUMN_PREFIX, &list, err);
    if (status == STATUS_OK && list.count > 0)
        status = read_all(&reading, db, dataset, &list, err);
    arena_release(&list.arena);
    return status;
}
