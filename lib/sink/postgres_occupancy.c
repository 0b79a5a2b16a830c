#include "sink/postgres_occupancy.h"

#include "sink/postgres_internal.h"

/* An answer is held in memory whole. */
enum { DAYS_AT_ONCE = 31 };

static enum status is_stored(struct db *db, const struct dataset *dataset, const char *column, bool *ret_stored,
                             struct err *err)
{
    struct db_statement *query;
    enum status status = db_prepare(db, "SELECT 1 FROM row_columns WHERE dataset = ?1 AND name = ?2", &query, err);
    if (status != STATUS_OK)
        return status;
    db_bind_string(query, 1, dataset->name);
    db_bind_string(query, 2, column);
    status = db_step(query, ret_stored, err);
    db_finalize(query);
    return status;
}

/* As text, whatever type the view has for it; a text that is a number is one here, as everywhere. */
static enum status append_column(struct buf *sql, struct db *db, const struct dataset *dataset, const char *column,
                                 struct err *err)
{
    bool stored = false;
    enum status status = is_stored(db, dataset, column, &stored, err);
    if (status != STATUS_OK || !stored) {
        buf_append_text(sql, ", NULL::text");
        return status;
    }
    buf_append_text(sql, ", to_jsonb(r.");
    postgres_append_name(sql, "", column);
    buf_append_text(sql, ") #>> '{}'");
    return status;
}

static enum status prepare(struct db *db, const struct dataset *dataset, const struct occupancy *occupancy,
                           struct db_statement **ret_rows, struct err *err)
{
    struct buf sql = {0};
    buf_append_text(&sql, "SELECT r.site_id, r.date_partition, r.local_date - date '1970-01-01', r.local_hour");
    enum status status = append_column(&sql, db, dataset, occupancy->mean_column, err);
    if (status == STATUS_OK)
        status = append_column(&sql, db, dataset, occupancy->peak_column, err);
    buf_appendf(&sql,
                " FROM %s r WHERE r.building_id = ?1 AND r.group_id = ?2 AND r.granularity = ?3"
                " AND r.date_partition >= ?4 AND r.date_partition <= ?5",
                dataset->name);
    if (status == STATUS_OK)
        status = buf_status(&sql, err);
    if (status == STATUS_OK)
        status = db_prepare(db, buf_text(&sql), ret_rows, err);
    buf_release(&sql);
    return status;
}

static struct occupancy_value value_at(struct db_statement *rows, int at)
{
    if (db_column_type(rows, at) == DB_NULL)
        return (struct occupancy_value){.is_null = true};
    return occupancy_value_of_text(db_column_text(rows, at), db_column_size(rows, at));
}

static void add_row(struct occupancy *occupancy, size_t building, struct db_statement *rows)
{
    size_t site;
    struct occupancy_row row = {
        .local_day = (civil_day)db_column_integer(rows, 2),
        .local_hour = (int)db_column_integer(rows, 3),
        .mean = value_at(rows, 4),
        .peak = value_at(rows, 5),
    };
    if (civil_day_from_partition(db_column_integer(rows, 1), &row.partition) &&
        occupancy_find_site(&occupancy->buildings[building], db_column_integer(rows, 0), &site))
        occupancy_add(occupancy, building, site, &row);
}

static enum status read_days(struct occupancy *occupancy, size_t building, struct db_statement *rows, civil_day first,
                             civil_day last, struct err *err)
{
    const struct occupancy_building *of = &occupancy->buildings[building];
    bool row;
    enum status status;
    db_bind_integer(rows, 1, of->building->id);
    db_bind_string(rows, 2, of->group);
    db_bind_string(rows, 3, occupancy->granularity);
    db_bind_integer(rows, 4, civil_day_to_partition(first));
    db_bind_integer(rows, 5, civil_day_to_partition(last));
    while ((status = db_step(rows, &row, err)) == STATUS_OK && row)
        add_row(occupancy, building, rows);
    return status;
}

static enum status read_building(struct occupancy *occupancy, size_t building, struct db_statement *rows,
                                 struct err *err)
{
    struct day_range days = occupancy->buildings[building].days;
    enum status status = STATUS_OK;
    for (civil_day first = days.first; status == STATUS_OK && first < days.end; first += DAYS_AT_ONCE) {
        civil_day end = days.end - first > DAYS_AT_ONCE ? first + DAYS_AT_ONCE : days.end;
        status = read_days(occupancy, building, rows, first, end - 1, err);
    }
    return status;
}

enum status postgres_occupancy_read(struct db *db, const struct dataset *dataset, struct occupancy *occupancy,
                                    struct err *err)
{
    struct db_statement *rows = NULL;
    int64_t has_view = 0;
    if (occupancy->granularity == NULL || occupancy->mean_column == NULL)
        return STATUS_OK;
    struct buf sql = {0};
    buf_appendf(&sql, "SELECT count(to_regclass('%s'))", dataset->name);
    enum status status = buf_status(&sql, err);
    if (status == STATUS_OK)
        status = db_query_integer(db, buf_text(&sql), &has_view, err);
    buf_release(&sql);
    if (status != STATUS_OK || has_view == 0)
        return status;
    status = prepare(db, dataset, occupancy, &rows, err);
    for (size_t i = 0; status == STATUS_OK && i < occupancy->building_count; i++)
        status = read_building(occupancy, i, rows, err);
    db_finalize(rows);
    return status;
}
