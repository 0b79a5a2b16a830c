#include "api/full_day.h"

#include <string.h>

enum { DAY_SECONDS = 86400 };

static const struct {
    const char *granularity;
    int64_t seconds;
} periods[] = {{"PT15M", 900}, {"PT1H", 3600}, {"P1D", DAY_SECONDS}};

/* A day as the starts may cut it. */
struct span {
    int64_t first;
    int64_t end;
};

/* The day that the first start begins: the local one as an instant, or the one that the written digits or UTC show. */
static bool day_that_begins_at(const struct unit *unit, const struct moment *first, struct span *ret_span)
{
    civil_day day = unit->days.first;
    const struct zone *zone = unit->building->zone;
    struct span local = {zone_day_start(zone, day), zone_day_start(zone, day + 1)};
    struct span plain = {(int64_t)day * DAY_SECONDS, ((int64_t)day + 1) * DAY_SECONDS};
    bool is_local = first->zone_known && first->seconds == local.first;
    if (!is_local && first->seconds != plain.first)
        return false;
    *ret_span = is_local ? local : plain;
    return true;
}

/*
 * Starts without a zone show the digits of a wall clock: on the day when an hour is skipped one of them is never
 * seen, and which one is not known here, so as many may be missing as the local day is shorter than 24 hours.
 */
static int64_t skipped_seconds(const struct unit *unit, const struct moment *first)
{
    civil_day day = unit->days.first;
    if (first->zone_known)
        return 0;
    int64_t length = zone_day_start(unit->building->zone, day + 1) - zone_day_start(unit->building->zone, day);
    return length < DAY_SECONDS ? DAY_SECONDS - length : 0;
}

static bool starts_fill(const struct batch *batch, struct span span, int64_t period, int64_t skipped)
{
    int64_t expected = span.first;
    for (size_t i = 0; i < batch->row_count; i++) {
        const struct moment *start = &batch->rows[i].start;
        int64_t gap = start->seconds - expected;
        if (gap < 0 || gap > skipped || start->nanos != 0)
            return false;
        skipped -= gap;
        expected = start->seconds + period;
    }
    return expected == span.end;
}

bool full_day(const struct unit *unit, const struct batch *batch)
{
    if (batch->key_count > 0 || batch->row_count == 0 || batch->reject_count > 0 || batch->rejects_dropped > 0)
        return false;
    for (size_t i = 0; i < sizeof periods / sizeof periods[0]; i++) {
        if (strcmp(periods[i].granularity, unit->granularity) != 0)
            continue;
        const struct moment *first = &batch->rows[0].start;
        struct span span;
        if (periods[i].seconds == DAY_SECONDS) /* a day is one period, however long it is */
            return batch->row_count == 1 && day_that_begins_at(unit, first, &span);
        return day_that_begins_at(unit, first, &span) &&
               starts_fill(batch, span, periods[i].seconds, skipped_seconds(unit, first));
    }
    return false;
}
