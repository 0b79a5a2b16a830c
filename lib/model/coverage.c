#include "model/coverage.h"

#include <stddef.h>

enum {
    SECONDS_PER_DAY = 86400,
    UNKNOWN_ROWS_PER_DAY = 24,
    DURATION_DIGITS_MAX = 4 /* of one number in an ISO 8601 duration: nobody publishes longer periods */
};

struct duration_unit {
    char letter;
    bool is_time; /* stands behind the T */
    int64_t seconds;
};

/* In the order in which ISO 8601 writes them. Months and years only need to be longer than a day. */
static const struct duration_unit duration_units[] = {
    {'Y', false, INT64_C(365) * SECONDS_PER_DAY},
    {'M', false, INT64_C(30) * SECONDS_PER_DAY},
    {'W', false, INT64_C(7) * SECONDS_PER_DAY},
    {'D', false, SECONDS_PER_DAY},
    {'H', true, 3600},
    {'M', true, 60},
    {'S', true, 1},
};

enum { DURATION_UNIT_COUNT = sizeof duration_units / sizeof duration_units[0] };

/* Reads "12M" at *at; advances *at behind it. False when there is no such part, or one out of order. */
static bool read_part(const char **at, bool is_time, size_t *next_unit, int64_t *total)
{
    int64_t number = 0;
    int digits = 0;
    const char *c = *at;
    for (; *c >= '0' && *c <= '9'; c++) {
        if (++digits > DURATION_DIGITS_MAX)
            return false;
        number = number * 10 + (*c - '0');
    }
    if (digits == 0)
        return false;
    for (size_t i = *next_unit; i < DURATION_UNIT_COUNT; i++) {
        if (duration_units[i].letter == *c && duration_units[i].is_time == is_time) {
            *total += number * duration_units[i].seconds;
            *next_unit = i + 1;
            *at = c + 1;
            return true;
        }
    }
    return false;
}

/* The length of an ISO 8601 duration ("PT1H", "P1W"), or 0 when the text is none. */
static int64_t duration_seconds(const char *text)
{
    if (*text != 'P')
        return 0;
    const char *at = text + 1;
    int64_t total = 0;
    size_t next_unit = 0;
    bool is_time = false;
    while (*at != '\0') {
        if (*at == 'T' && !is_time) {
            is_time = true;
            at++;
        }
        if (!read_part(&at, is_time, &next_unit, &total))
            return 0;
    }
    return total;
}

int granularity_rows_per_day(const char *granularity)
{
    int64_t seconds = duration_seconds(granularity);
    if (seconds == 0)
        return UNKNOWN_ROWS_PER_DAY;
    return (int)((SECONDS_PER_DAY + seconds - 1) / seconds);
}

bool granularity_is_sparse(const char *granularity)
{
    return duration_seconds(granularity) > SECONDS_PER_DAY;
}

static size_t building_series_count(const struct coverage *coverage, const struct coverage_building *building)
{
    return building->site_count * building->group_count * coverage->granularity_count;
}

size_t coverage_series_count(const struct coverage *coverage)
{
    size_t count = 0;
    for (size_t i = 0; i < coverage->building_count; i++)
        count += building_series_count(coverage, &coverage->buildings[i]);
    return count;
}

uint64_t coverage_slice_count(const struct coverage *coverage)
{
    uint64_t count = 0;
    for (size_t i = 0; i < coverage->building_count; i++) {
        const struct coverage_building *building = &coverage->buildings[i];
        uint64_t days = (uint64_t)(building->days.end - building->days.first);
        count += building_series_count(coverage, building) * days;
    }
    return count;
}

int64_t coverage_settled_from(const struct zone *zone, civil_day day, int64_t settle_seconds)
{
    return zone_day_start(zone, day + 1) + settle_seconds;
}

int64_t coverage_slice_settled_from(const struct zone *zone, const char *granularity, civil_day day,
                                    int64_t settle_seconds)
{
    civil_day more = 0;
    if (granularity_is_sparse(granularity)) /* rounded up: a month may have 31 days */
        more = (civil_day)(duration_seconds(granularity) / SECONDS_PER_DAY) + 1;
    return coverage_settled_from(zone, day + more, settle_seconds);
}

civil_day coverage_open_from(const struct coverage *coverage, const struct zone *zone, const char *granularity)
{
    int64_t settle = coverage->settle_seconds;
    if (coverage->as_of == 0)
        return INT32_MAX;
    civil_day day = zone_day_at(zone, coverage->as_of - settle); /* of a longer period it lies further back */
    while (coverage_slice_settled_from(zone, granularity, day, settle) > coverage->as_of)
        day--;
    while (coverage_slice_settled_from(zone, granularity, day, settle) <= coverage->as_of)
        day++;
    return day;
}

const char *slice_state_name(enum slice_state state)
{
    switch (state) {
    case SLICE_MISSING: return "missing";
    case SLICE_OPEN: return "open";
    case SLICE_SETTLED: return "settled";
    case SLICE_FAILED: return "failed";
    default: return "unknown";
    }
}
