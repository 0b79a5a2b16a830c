#include "metrics.h"

#include "history.h"

enum {
    QUARTER_SECONDS = 900,
    QUARTER_MINUTES = 15,
    PER_MILLE = 1000,
    NULL_ONE_IN = 211,   /* rows whose sensors were down */
    LATE_COUNT = 100000, /* millionths that a restatement adds to a mean, at least */
    ZONES = 12,
    SALT_EDITION = 0x616E6577
};

/* How full an office is at each full hour of a working day, per mille; between them it is a straight line. */
static const int hour_curve[25] = {0,   0,   0,   0,   0,   4,   18, 110, 430, 760, 900, 940, 650,
                                   700, 910, 880, 770, 490, 230, 90, 36,  12,  4,   0,   0};

/* Monday to Sunday, per mille. */
static const int weekday_factor[7] = {880, 960, 1000, 950, 690, 60, 25};

/* What is the same for all quarters of a row. */
struct series {
    const struct zone *zone;
    uint64_t hash;
    int64_t capacity;
    int64_t group_share; /* per mille of all people */
};

static struct series series_of(const struct world *world, const struct slice *slice)
{
    uint64_t seed = world->edition ? world_mix(world->seed, SALT_EDITION) : world->seed;
    uint64_t site = world_mix(seed, (uint64_t)world_site_id(world, slice->building, slice->site));
    int group = world->group_numbers[slice->group];
    struct series series = {
        .zone = world_zone_of(world, slice->building),
        .hash = world_mix(site, (uint64_t)group),
        .capacity = 40 + (int64_t)(site % 360),
    };
    /* Groups 0 and 1 both mean everyone, as in the public samples. */
    series.group_share = group <= 1 ? PER_MILLE : 30 + (int64_t)(series.hash % 500);
    return series;
}

/* The sum of the counts of the 15 minutes from an instant on. */
static int64_t quarter_sum(const struct series *series, int64_t at, uint64_t *ret_chance)
{
    int64_t local = at + zone_offset_at(series->zone, at);
    civil_day day = zone_day_at(series->zone, at);
    int64_t second = local - (int64_t)day * 86400;
    int64_t hour = second / 3600;
    int64_t within = second % 3600;
    int64_t curve = (hour_curve[hour] * (3600 - within) + hour_curve[hour + 1] * within) / 3600;
    int64_t people = series->capacity * curve * weekday_factor[civil_weekday(day)] * series->group_share / PER_MILLE;
    uint64_t chance = world_mix(series->hash, (uint64_t)at);
    int64_t noise = 700 + (int64_t)(chance % 601);
    *ret_chance = chance >> 32;
    /* people is in millionths here: capacity times three per-mille factors, one of them taken out again. */
    return people * noise / PER_MILLE * QUARTER_MINUTES / METRICS_UNIT;
}

static int64_t divide_rounded(int64_t a, int64_t b)
{
    return (a + b / 2) / b;
}

static void set_zone(struct metrics *metrics, uint64_t row)
{
    metrics->zone = 1 + (int)(row / NULL_ONE_IN % ZONES);
    metrics->zone_mean = divide_rounded(metrics->mean * (20 + (int64_t)(row % 60)), 100);
}

/* Adds to each value what so many restatements brought. */
static void restate(struct metrics *metrics, const struct series *series, uint64_t row, int revision)
{
    int64_t added = revision * (LATE_COUNT + metrics->mean / 50 + (int64_t)(row % LATE_COUNT));
    metrics->mean += added;
    metrics->pos = metrics->has_pos ? metrics->pos + added : metrics->mean;
    metrics->has_pos = true;
    int64_t people = (metrics->mean + METRICS_UNIT - 1) / METRICS_UNIT * METRICS_UNIT;
    metrics->max = people > metrics->max ? people : metrics->max;
    metrics->share = divide_rounded(metrics->mean, series->capacity);
    set_zone(metrics, row);
}

/* The values as they were published first. */
static struct metrics first_values(const struct series *series, uint64_t row, int64_t start, int64_t end)
{
    struct metrics metrics = {.is_null = false};
    int64_t sum = 0;
    int64_t quarters = (end - start + QUARTER_SECONDS - 1) / QUARTER_SECONDS;
    int64_t busy_quarters = 0;
    int64_t max = 0;
    for (int64_t at = start; at < end; at += QUARTER_SECONDS) {
        uint64_t chance;
        int64_t people = quarter_sum(series, at, &chance);
        int64_t peak = people == 0 ? 0 : (people + QUARTER_MINUTES - 1) / QUARTER_MINUTES + (int64_t)(chance % 3);
        sum += people;
        busy_quarters += people > 0;
        max = peak > max ? peak : max;
    }
    metrics.mean = divide_rounded(sum * METRICS_UNIT, quarters * QUARTER_MINUTES);
    metrics.max = max * METRICS_UNIT;
    metrics.share = divide_rounded(metrics.mean, series->capacity);
    if (busy_quarters > 0) {
        metrics.has_pos = true;
        metrics.pos = divide_rounded(sum * METRICS_UNIT, busy_quarters * QUARTER_MINUTES);
        set_zone(&metrics, row);
    }
    return metrics;
}

struct metrics metrics_of(const struct world *world, const struct slice *slice, int64_t start)
{
    struct series series = series_of(world, slice);
    uint64_t row =
        world_mix(series.hash, (uint64_t)start * 8 + (uint64_t)world->granularities[slice->granularity].period);
    int64_t end = world_period_end(world, slice, start);
    int revision = history_revision(world, slice, start);
    if ((row % NULL_ONE_IN == 0 && revision == 0) || end <= start)
        return (struct metrics){.is_null = true};
    struct metrics metrics = first_values(&series, row, start, end);
    if (revision > 0)
        restate(&metrics, &series, row, revision);
    return metrics;
}
