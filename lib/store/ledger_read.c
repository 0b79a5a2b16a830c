/* What the planner is told of a series. */
#include "store/ledger_internal.h"

#include <stdlib.h>

enum status ledger_reserve(void **array, size_t *capacity, size_t count, size_t size, struct err *err)
{
    if (count < *capacity)
        return STATUS_OK;
    size_t wanted = *capacity != 0 ? *capacity * 2 : 32;
    void *grown = reallocarray(*array, wanted, size);
    if (grown == NULL)
        return err_nomem(err);
    *array = grown;
    *capacity = wanted;
    return STATUS_OK;
}

enum status ledger_read_map(struct ledger *ledger, struct db_statement *query, int column, size_t wanted,
                            const unsigned char **ret_map, struct err *err)
{
    size_t size = db_column_size(query, column);
    const unsigned char *map = NULL;
    if (db_column_type(query, column) == DB_BLOB && size >= wanted) {
        map = (const unsigned char *)arena_copy(&ledger->reading, db_column_blob(query, column), size);
        if (map == NULL)
            return err_nomem(err);
    }
    *ret_map = map;
    return STATUS_OK;
}

enum status ledger_read_span(struct ledger *ledger, struct db_statement *query, int at, struct ledger_span *ret_span,
                             struct err *err)
{
    struct ledger_span span = {
        .days = {(civil_day)db_column_integer(query, at), (civil_day)db_column_integer(query, at + 1)},
        .settled = db_column_integer(query, at + 2) != 0,
        .outdated = ledger_columns_outdated(ledger, db_column_integer(query, at + 3)),
        .fetched_at = db_column_integer(query, at + 5),
    };
    enum status status = ledger_read_map(ledger, query, at + 4, span_map_size(span.days), &span.empty_days, err);
    if (status == STATUS_OK)
        *ret_span = span;
    return status;
}

static enum status read_spans(struct ledger *ledger, int64_t series_id, size_t *ret_count, struct err *err)
{
    struct db_statement *query;
    enum status status = ledger_query(ledger, LEDGER_SPANS, &query, err);
    if (status != STATUS_OK)
        return status;
    db_bind_integer(query, 1, series_id);
    arena_reset(&ledger->reading);
    size_t count = 0;
    bool row;
    while ((status = db_step(query, &row, err)) == STATUS_OK && row) {
        void *array = ledger->spans;
        status = ledger_reserve(&array, &ledger->span_capacity, count, sizeof *ledger->spans, err);
        ledger->spans = array;
        if (status != STATUS_OK)
            break;
        status = ledger_read_span(ledger, query, 0, &ledger->spans[count++], err);
        if (status != STATUS_OK)
            break;
    }
    db_reset(query);
    *ret_count = count;
    return status;
}

static enum status read_failures(struct ledger *ledger, int64_t series_id, size_t *ret_count, struct err *err)
{
    struct db_statement *query;
    enum status status = ledger_query(ledger, LEDGER_FAILURES, &query, err);
    if (status != STATUS_OK)
        return status;
    db_bind_integer(query, 1, series_id);
    size_t count = 0;
    bool row;
    while ((status = db_step(query, &row, err)) == STATUS_OK && row) {
        void *array = ledger->failures;
        status = ledger_reserve(&array, &ledger->failure_capacity, count, sizeof *ledger->failures, err);
        ledger->failures = array;
        if (status != STATUS_OK)
            break;
        civil_day day = (civil_day)db_column_integer(query, 0);
        if (count > 0 && ledger->failures[count - 1].days.end == day)
            ledger->failures[count - 1].days.end++;
        else
            ledger->failures[count++] = (struct ledger_failure){{day, day + 1}};
    }
    db_reset(query);
    *ret_count = count;
    return status;
}

enum status ledger_read_series(void *context, const struct coverage_building *building, const char *granularity,
                               size_t site, size_t group, struct ledger_series *ret_series, struct err *err)
{
    struct ledger *ledger = context;
    struct series_key key = {building->id, building->sites[site], building->groups[group], granularity};
    bool found = false;
    int64_t id;
    size_t span_count = 0;
    size_t failure_count = 0;
    bool again = false;
    enum status status = ledger_ahead_find(ledger, &key, ret_series, &found, err);
    if (status != STATUS_OK)
        return status;
    civil_day open_from = ledger_open_from(ledger, building->zone, granularity);
    if (found)
        return ledger_open_young_read(ledger, open_from, ret_series, err);
    status = ledger_series_id(ledger, &key, &id, err);
    if (status == STATUS_OK && id != 0)
        status = read_spans(ledger, id, &span_count, err);
    if (status == STATUS_OK)
        status = ledger_columns_catch_up(ledger, &again, err);
    if (status == STATUS_OK && again)
        status = read_spans(ledger, id, &span_count, err);
    if (status == STATUS_OK && id != 0)
        status = read_failures(ledger, id, &failure_count, err);
    if (status != STATUS_OK)
        return status;
    *ret_series = (struct ledger_series){span_count, ledger->spans, failure_count, ledger->failures};
    return ledger_open_young_read(ledger, open_from, ret_series, err);
}
