#include "store/ledger_files.h"

#include "store/ledger_internal.h"

#include <stdlib.h>

/* A building and the days of its spans; later the days under which it has rows. */
struct held {
    int64_t building_id;
    struct day_range days;
    unsigned char *has_rows; /* one a day */
};

static enum status read_buildings(struct ledger *ledger, struct arena *arena, struct held **ret_held, size_t *ret_count,
                                  struct err *err)
{
    struct db_statement *query;
    struct held *held = NULL;
    size_t count = 0;
    size_t capacity = 0;
    bool row;
    enum status status =
        db_prepare(ledger->db,
                   "SELECT n.building_id, min(s.first_day), max(s.end_day) FROM series n JOIN ledger_spans s"
                   " USING (series_id) WHERE n.dataset = ?1 GROUP BY n.building_id",
                   &query, err);
    if (status != STATUS_OK)
        return status;
    db_bind_string(query, 1, ledger->job.dataset);
    while ((status = db_step(query, &row, err)) == STATUS_OK && row) {
        void *array = held;
        status = ledger_reserve(&array, &capacity, count, sizeof *held, err);
        held = array;
        if (status != STATUS_OK)
            break;
        struct held one = {
            .building_id = db_column_integer(query, 0),
            .days = {(civil_day)db_column_integer(query, 1), (civil_day)db_column_integer(query, 2)},
        };
        one.has_rows = arena_calloc(arena, (size_t)(one.days.end - one.days.first), 1);
        if (one.has_rows == NULL)
            status = err_nomem(err);
        held[count++] = one;
        if (status != STATUS_OK)
            break;
    }
    db_finalize(query);
    *ret_held = held;
    *ret_count = count;
    return status;
}

static void mark(struct held *held, const struct span *span)
{
    for (civil_day day = span->days.first; day < span->days.end; day++)
        held->has_rows[day - held->days.first] |= !span_day_is_empty(span, day);
}

static enum status read_days(struct ledger *ledger, struct held *held, struct err *err)
{
    struct db_statement *query;
    bool row;
    enum status status = db_prepare(ledger->db,
                                    "SELECT s.first_day, s.end_day, s.empty_days FROM series n JOIN ledger_spans s"
                                    " USING (series_id) WHERE n.dataset = ?1 AND n.building_id = ?2",
                                    &query, err);
    if (status != STATUS_OK)
        return status;
    db_bind_string(query, 1, ledger->job.dataset);
    db_bind_integer(query, 2, held->building_id);
    while ((status = db_step(query, &row, err)) == STATUS_OK && row) {
        struct span span = {
            .days = {(civil_day)db_column_integer(query, 0), (civil_day)db_column_integer(query, 1)},
        };
        arena_reset(&ledger->reading);
        status = ledger_read_map(ledger, query, 2, span_map_size(span.days), &span.empty_days, err);
        if (status != STATUS_OK)
            break;
        mark(held, &span);
    }
    db_finalize(query);
    return status;
}

static enum status forget(struct ledger *ledger, int64_t building_id, struct day_range days, struct err *err)
{
    struct db_statement *query;
    bool row;
    enum status status =
        db_prepare(ledger->db, "SELECT series_id FROM series WHERE dataset = ?1 AND building_id = ?2", &query, err);
    if (status != STATUS_OK)
        return status;
    db_bind_string(query, 1, ledger->job.dataset);
    db_bind_integer(query, 2, building_id);
    while ((status = db_step(query, &row, err)) == STATUS_OK && row) {
        status = ledger_forget_days(ledger, db_column_integer(query, 0), days, err);
        if (status != STATUS_OK)
            break;
    }
    db_finalize(query);
    return status;
}

/* Days without a file, stretch by stretch. */
static enum status look(struct ledger *ledger, const struct held *held, ledger_file_is_there *is_there, void *context,
                        uint64_t *lost, struct err *err)
{
    enum status status = STATUS_OK;
    struct day_range days = {held->days.first, held->days.first};
    for (civil_day day = held->days.first; status == STATUS_OK && day < held->days.end; day++) {
        if (held->has_rows[day - held->days.first] && !is_there(context, held->building_id, day)) {
            days.end = day + 1;
            ++*lost;
            continue;
        }
        if (days.first < days.end)
            status = forget(ledger, held->building_id, days, err);
        days = (struct day_range){day + 1, day + 1};
    }
    if (status == STATUS_OK && days.first < days.end)
        status = forget(ledger, held->building_id, days, err);
    return status;
}

enum status ledger_forget_lost(struct ledger *ledger, ledger_file_is_there *is_there, void *context, uint64_t *ret_lost,
                               struct err *err)
{
    struct arena arena = {0};
    struct held *held = NULL;
    size_t count = 0;
    uint64_t lost = 0;
    enum status status = read_buildings(ledger, &arena, &held, &count, err);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        status = read_days(ledger, &held[i], err);
        if (status == STATUS_OK)
            status = look(ledger, &held[i], is_there, context, &lost, err);
    }
    free(held);
    arena_release(&arena);
    if (status == STATUS_OK)
        *ret_lost = lost;
    return status;
}

enum status ledger_outdate_zones(struct ledger *ledger, uint64_t *ret_buildings, struct err *err)
{
    const struct coverage *coverage = ledger->job.coverage;
    struct db_statement *query;
    uint64_t buildings = 0;
    enum status status = db_prepare(
        ledger->db, /* no set of columns has the number 0, and an unknown one is outdated */
        "UPDATE ledger_spans SET columns_id = 0 WHERE columns_id <> 0 AND series_id IN (SELECT n.series_id FROM"
        " buildings b JOIN series n USING (building_id) WHERE b.building_id = ?1 AND b.time_zone <> ?2)",
        &query, err);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; status == STATUS_OK && i < coverage->building_count; i++) {
        db_bind_integer(query, 1, coverage->buildings[i].id);
        db_bind_string(query, 2, zone_name(coverage->buildings[i].zone));
        status = db_run(query, err);
        buildings += status == STATUS_OK && db_changes(ledger->db) > 0;
    }
    db_finalize(query);
    if (status == STATUS_OK)
        *ret_buildings = buildings;
    return status;
}
