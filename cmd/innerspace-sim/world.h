/*
 * The generated customer: buildings, sites, groups, granularities and days, and which rows exist of them.
 *
 * Everything is a pure function of the options and a key; nothing is stored but the lists of names and, per time zone,
 * the instants at which days begin. After world_init a world is read-only, threads may share it. It is shown as of one
 * instant, `now`, and does not move on while it lives.
 *
 * What exists is decided here and only here (world_slice_exists, world_slice_starts), with history.h for what changes
 * with time; what its values are, in metrics.h.
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "core/civil.h"
#include "core/err.h"
#include "core/zone.h"
#include "spelling.h"

enum {
    WORLD_BUILDING_FIRST = 71,
    WORLD_BUILDINGS_MAX = 10000,
    WORLD_SITES_MAX = 900, /* ids of a building stay below those of the next */
    WORLD_GROUPS_MAX = 10000,
    WORLD_DEMO_SITE = 900000222, /* first site of building 71 [documented: the public sample] */
    WORLD_GROUP_SIZE = 48,
    WORLD_ZONES_MAX = 32,
    WORLD_GRANULARITIES_MAX = 5,
    WORLD_STARTS_MAX = 128 /* PT15M on a day of 25 hours has 100 */
};

enum world_partitions { PARTITIONS_LOCAL, PARTITIONS_UTC };

/* How the rows of a day change after it; zeros: they never do. What it means is in history.h. */
struct history_options {
    int late_hours;
    int restate_percent;
    int restate_days;
    int drop_percent;
    int drop_days;
};

struct world_options {
    uint64_t seed;
    int buildings;
    int sites;  /* per building */
    int groups; /* per site */
    int gap_percent;
    bool edition; /* published anew: other values, and in one slice of five a row less */
    struct history_options history;
    const char *granularities; /* "PT1H,P1D" */
    const char *zones;         /* IANA names, in turn per building */
    civil_day from;
    bool has_to;
    civil_day to; /* inclusive; without: yesterday in each building's zone */
    enum world_partitions partitions;
    enum spelling spelling;
    int64_t now; /* the instant of which the world is shown; nothing is published for days after today */
};

enum world_period { PERIOD_QUARTER, PERIOD_HOUR, PERIOD_DAY, PERIOD_WEEK, PERIOD_MONTH };

struct world_granularity {
    const char *name; /* "PT1H" */
    enum world_period period;
};

/* A time zone and its days, in the sense of --partitions. */
struct world_zone {
    struct zone *zone;   /* owned: the building's clock */
    int64_t *day_starts; /* owned: from world.first_day to the day after last_day; instants */
    civil_day last_day;  /* the last one published */
    civil_day today;     /* in the sense of --partitions */
};

struct world {
    uint64_t seed;
    int building_count;
    int site_count;
    int group_count;
    int granularity_count;
    int zone_count;
    int gap_percent;
    bool edition;
    struct history_options history;
    int64_t now;
    enum world_partitions partitions;
    enum spelling spelling;
    civil_day first_day;
    civil_day last_day;                                              /* of all zones */
    char (*groups)[WORLD_GROUP_SIZE];                                /* owned, in byte order */
    int *group_numbers;                                              /* owned: groups[i] is the group of that number */
    struct world_granularity granularities[WORLD_GRANULARITIES_MAX]; /* in byte order of the name */
    struct world_zone zones[WORLD_ZONES_MAX];
};

/* One (building, site, group, granularity) on one day. Indices count from 0; sites, groups in the order of their ids.
 */
struct slice {
    int building;
    int site;
    int group;
    int granularity;
    civil_day day;
};

/* STATUS_USAGE: an unknown granularity or zone, more than the maximum; STATUS_NOMEM. Release also after a failure. */
enum status world_init(struct world *world, const struct world_options *options, struct err *err) MUST_CHECK;
void world_release(struct world *world);

int64_t world_building_id(const struct world *world, int building);

/* Ids ascend with the index: the demo site, whose id is large, is the last of building 71. */
int64_t world_site_id(const struct world *world, int building, int site);

/* The number of the site as it was laid out: 0 is the one that --sites 1 gives. */
int world_site_number(const struct world *world, int building, int site);

const struct zone *world_zone_of(const struct world *world, int building);

/*
 * True when the slice was published: its day is past, the series has such a period that day, it is no gap and not late.
 */
bool world_slice_exists(const struct world *world, const struct slice *slice);

/* The instants at which the rows of an existing slice start, ascending; returns how many, 0 when all were dropped. */
size_t world_slice_starts(const struct world *world, const struct slice *slice, int64_t starts[WORLD_STARTS_MAX]);

/* How many rows an existing slice has, without listing them. */
size_t world_slice_count(const struct world *world, const struct slice *slice);

/* The instant at which the day of an existing slice ends, in the sense of --partitions. */
int64_t world_day_end(const struct world *world, const struct slice *slice);

/* Whole days since the end of the slice's day; negative while the day lasts. */
int world_day_age(const struct world *world, const struct slice *slice);

/* Chance that belongs to the series of a slice, another one for each salt. */
uint64_t world_series_chance(const struct world *world, const struct slice *slice, uint64_t salt);

/* The instant at which the period of a row ends. */
int64_t world_period_end(const struct world *world, const struct slice *slice, int64_t start);

/* Spreads two numbers over 64 bits: the only source of chance in the generated data. */
uint64_t world_mix(uint64_t a, uint64_t b);

/* The next pseudo-random number of a request, which starts *chance at will. */
uint64_t world_chance(uint64_t *chance);

#endif
