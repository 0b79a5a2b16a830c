#include "history.h"
#include "world.h"

enum { DAY_SECONDS = 86400, SALT_EDITION = 0x65646974, SHORTER_ONE_IN = 5 };

int64_t world_building_id(const struct world *world, int building)
{
    (void)world;
    return WORLD_BUILDING_FIRST + building;
}

int world_site_number(const struct world *world, int building, int site)
{
    return building == 0 ? (site + 1) % world->site_count : site;
}

int64_t world_site_id(const struct world *world, int building, int site)
{
    int number = world_site_number(world, building, site);
    if (building == 0 && number == 0)
        return WORLD_DEMO_SITE;
    int64_t base = world_building_id(world, building) * 1000;
    return building == 0 ? base + number : base + 1 + number;
}

static const struct world_zone *zone_of(const struct world *world, int building)
{
    return &world->zones[building % world->zone_count];
}

const struct zone *world_zone_of(const struct world *world, int building)
{
    return zone_of(world, building)->zone;
}

static enum world_period period_of(const struct world *world, const struct slice *slice)
{
    return world->granularities[slice->granularity].period;
}

static bool starts_on(enum world_period period, civil_day day)
{
    if (period == PERIOD_WEEK)
        return civil_weekday(day) == 0;
    return period != PERIOD_MONTH || civil_date_from_day(day).day == 1;
}

uint64_t world_series_chance(const struct world *world, const struct slice *slice, uint64_t salt)
{
    uint64_t chance = world_mix(world->seed, salt);
    chance = world_mix(chance, (uint64_t)world_site_id(world, slice->building, slice->site));
    chance = world_mix(chance, (uint64_t)world->group_numbers[slice->group]);
    return world_mix(chance, (uint64_t)period_of(world, slice));
}

static bool is_gap(const struct world *world, const struct slice *slice)
{
    if (world->gap_percent == 0)
        return false;
    uint64_t chance = world_mix(world_series_chance(world, slice, 0x676170U), (uint64_t)slice->day);
    return chance % 100 < (uint64_t)world->gap_percent;
}

bool world_slice_exists(const struct world *world, const struct slice *slice)
{
    return slice->day >= world->first_day && slice->day <= zone_of(world, slice->building)->last_day &&
           starts_on(period_of(world, slice), slice->day) && !is_gap(world, slice) && history_published(world, slice);
}

/* Seconds between the rows of a slice; 0: it has one row. */
static int64_t step_of(enum world_period period)
{
    return period == PERIOD_QUARTER ? 900 : period == PERIOD_HOUR ? 3600 : 0;
}

static int64_t day_start(const struct world *world, int building, civil_day day)
{
    return zone_of(world, building)->day_starts[day - world->first_day];
}

int64_t world_day_end(const struct world *world, const struct slice *slice)
{
    return day_start(world, slice->building, slice->day + 1);
}

int world_day_age(const struct world *world, const struct slice *slice)
{
    return zone_of(world, slice->building)->today - slice->day - 1;
}

/* How many rows a slice had at first. */
static size_t count_made(const struct world *world, const struct slice *slice)
{
    int64_t step = step_of(period_of(world, slice));
    int64_t length = world_day_end(world, slice) - day_start(world, slice->building, slice->day);
    if (step == 0 || length <= 0)
        return length > 0; /* a zone may skip a day whole, as Samoa did in 2011 */
    size_t count = (size_t)((length + step - 1) / step);
    if (world->edition && count > 1 &&
        world_mix(world_series_chance(world, slice, SALT_EDITION), (uint64_t)slice->day) % SHORTER_ONE_IN == 0)
        count--;
    return count < WORLD_STARTS_MAX ? count : WORLD_STARTS_MAX;
}

size_t world_slice_count(const struct world *world, const struct slice *slice)
{
    if (!history_drops(world, slice))
        return count_made(world, slice);
    int64_t starts[WORLD_STARTS_MAX];
    return world_slice_starts(world, slice, starts);
}

size_t world_slice_starts(const struct world *world, const struct slice *slice, int64_t starts[WORLD_STARTS_MAX])
{
    size_t made = count_made(world, slice);
    int64_t first = day_start(world, slice->building, slice->day);
    int64_t step = step_of(period_of(world, slice));
    bool drops = history_drops(world, slice);
    size_t count = 0;
    for (size_t i = 0; i < made; i++) {
        int64_t start = first + (int64_t)i * step;
        if (!drops || !history_dropped(world, slice, start))
            starts[count++] = start;
    }
    return count;
}

int64_t world_period_end(const struct world *world, const struct slice *slice, int64_t start)
{
    enum world_period period = period_of(world, slice);
    int64_t step = step_of(period);
    if (step != 0)
        return start + step;
    struct civil_date date = civil_date_from_day(slice->day);
    civil_day end = slice->day + (period == PERIOD_WEEK    ? 7
                                  : period == PERIOD_MONTH ? civil_days_in_month(date.year, date.month)
                                                           : 1);
    return world->partitions == PARTITIONS_UTC ? (int64_t)end * DAY_SECONDS
                                               : zone_day_start(world_zone_of(world, slice->building), end);
}
