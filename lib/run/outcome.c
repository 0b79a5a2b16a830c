#include "run/destination.h"

#include <stdlib.h>
#include <string.h>

size_t outcome_slice_rows(const struct unit_outcome *outcome, size_t slice, const struct row **ret_rows)
{
    const struct batch *batch = outcome->batch;
    size_t low = 0;
    size_t high = batch->row_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (batch->rows[middle].slice < slice)
            low = middle + 1;
        else
            high = middle;
    }
    size_t end = low;
    while (end < batch->row_count && batch->rows[end].slice == slice)
        end++;
    *ret_rows = end > low ? batch->rows + low : NULL; /* a batch without rows has no array to point into */
    return end - low;
}

/* A span that grows day by day. */
struct growing {
    const struct unit_outcome *outcome;
    int64_t settle_seconds;
    size_t series; /* site * group_count + group */
    struct span span;
    unsigned char *map; /* as long as the unit's days need */
    size_t map_size;
};

static bool day_is_settled(const struct growing *growing, civil_day day)
{
    const struct unit_outcome *outcome = growing->outcome;
    const struct unit *unit = outcome->unit;
    return outcome->fetched_at >=
           coverage_slice_settled_from(unit->building->zone, unit->granularity, day, growing->settle_seconds);
}

static void begin_span(struct growing *growing, civil_day day, bool settled)
{
    memset(growing->map, 0, growing->map_size);
    growing->span = (struct span){
        .days = {day, day},
        .settled = settled,
        .proofs = growing->outcome->proofs,
        .fetched_at = growing->outcome->fetched_at,
    };
}

static void add_day(struct growing *growing, size_t slice)
{
    const struct row *rows;
    unsigned at = (unsigned)(growing->span.days.end - growing->span.days.first);
    if (outcome_slice_rows(growing->outcome, slice, &rows) == 0) {
        growing->map[at / 8] = (unsigned char)(growing->map[at / 8] | 1U << (at % 8));
        growing->span.empty_days = growing->map;
    }
    growing->span.days.end++;
}

static enum status end_span(struct growing *growing, outcome_visit_span *visit, void *context, struct err *err)
{
    if (growing->span.days.first == growing->span.days.end)
        return STATUS_OK;
    civil_day day;
    struct series_key key = unit_series_of(growing->outcome->unit, growing->series, &day);
    enum status status = visit(context, &key, &growing->span, err);
    growing->span.days.first = growing->span.days.end;
    return status;
}

static enum status each_span_of_series(struct growing *growing, outcome_visit_span *visit, void *context,
                                       struct err *err)
{
    const struct unit *unit = growing->outcome->unit;
    size_t series_count = unit->site_count * unit->group_count;
    growing->span.days = (struct day_range){0, 0};
    enum status status = STATUS_OK;
    for (civil_day day = unit->days.first; status == STATUS_OK && day < unit->days.end; day++) {
        size_t slice = (size_t)(day - unit->days.first) * series_count + growing->series;
        bool complete = growing->outcome->slice_errs[slice] == NULL;
        bool open_span = growing->span.days.first != growing->span.days.end;
        bool settled = complete && day_is_settled(growing, day);
        if (open_span && (!complete || settled != growing->span.settled)) {
            status = end_span(growing, visit, context, err);
            open_span = false;
        }
        if (complete && !open_span)
            begin_span(growing, day, settled);
        if (complete)
            add_day(growing, slice);
    }
    return status == STATUS_OK ? end_span(growing, visit, context, err) : status;
}

enum status outcome_each_span(const struct unit_outcome *outcome, int64_t settle_seconds, outcome_visit_span *visit,
                              void *context, struct err *err)
{
    struct growing growing = {.outcome = outcome, .settle_seconds = settle_seconds};
    growing.map_size = span_map_size(outcome->unit->days) + 1;
    growing.map = calloc(growing.map_size, 1);
    if (growing.map == NULL)
        return err_nomem(err);
    enum status status = STATUS_OK;
    size_t series_count = outcome->unit->site_count * outcome->unit->group_count;
    for (growing.series = 0; status == STATUS_OK && growing.series < series_count; growing.series++)
        status = each_span_of_series(&growing, visit, context, err);
    free(growing.map);
    return status;
}
