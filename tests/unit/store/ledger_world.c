#include "ledger_world.h"

#include <stdio.h>
#include <string.h>

/* All lists in ascending order. */
static const int64_t building_ids[WORLD_SIDE] = {71, 72};
static const int64_t sites[WORLD_SIDE] = {1, 900000222};
static const char *const groups[WORLD_SIDE] = {"everyone", "owls"};
static const char *const granularities[WORLD_SIDE] = {"P1D", "PT1H"};
static const char *const job_names[WORLD_JOBS] = {"a.yaml", "b.yaml"};

/* Sets 1 and 2 are the same, so they have one number in the model. */
static const struct column_choice {
    int64_t model_id;
    size_t count;
    const char *names[2];
} choices[WORLD_COLUMN_SETS] = {{1, 1, {"MEAN"}}, {2, 2, {"MEAN", "PEAK"}}, {2, 2, {"PEAK", "MEAN"}}, {3, 1, {"PEAK"}}};

size_t world_series(size_t building, size_t site, size_t group, size_t granularity)
{
    return ((building * WORLD_SIDE + site) * WORLD_SIDE + group) * WORLD_SIDE + granularity;
}

struct series_key world_key(size_t series)
{
    return (struct series_key){building_ids[series / 8], sites[series / 4 % 2], groups[series / 2 % 2],
                               granularities[series % 2]};
}

bool world_is_outdated(const struct world_job *job, int64_t columns_id)
{
    return columns_id != 2 && columns_id != choices[job->columns].model_id;
}

/* A part of a list of two: both, the first or the second. */
static size_t roll_part(struct dice *dice, size_t *ret_count)
{
    size_t first = dice_below(dice, 3) == 0;
    *ret_count = first == 1 || dice_below(dice, 2) == 0 ? 1 : 2;
    return first;
}

static void roll_shape(struct world *world, struct world_job *job)
{
    struct dice *dice = &world->dice;
    struct coverage *coverage = &job->coverage;
    size_t building = roll_part(dice, &coverage->building_count);
    coverage->granularities = granularities + roll_part(dice, &coverage->granularity_count);
    for (size_t i = 0; i < coverage->building_count; i++) {
        struct coverage_building *at = &job->buildings[i];
        *at = (struct coverage_building){.id = building_ids[building + i], .zone = world->zone};
        at->sites = sites + roll_part(dice, &at->site_count);
        at->groups = groups + roll_part(dice, &at->group_count);
    }
}

static void roll_job(struct world *world, struct world_job *job)
{
    struct dice *dice = &world->dice;
    if (!job->declared || dice_below(dice, 4) == 0)
        roll_shape(world, job);
    for (size_t i = 0; i < job->coverage.building_count; i++) {
        civil_day first = MAY_DAY + (civil_day)dice_below(dice, MODEL_DAYS / 2);
        job->buildings[i].days = (struct day_range){first, first + (civil_day)dice_below(dice, MODEL_DAYS / 2)};
    }
    job->coverage.buildings = job->buildings;
    job->columns = dice_below(dice, 3) == 0 ? dice_below(dice, WORLD_COLUMN_SETS) : job->columns;
    job->job = (struct ledger_job){.dataset = "building_insights",
                                   .coverage = &job->coverage,
                                   .column_count = choices[job->columns].count,
                                   .columns = choices[job->columns].names};
    job->declared = true;
}

void world_open(struct world *world, uint64_t seed)
{
    *world = (struct world){.seed = seed, .dice = dice_make(seed)};
    must(zone_load("UTC", &world->zone, &problem));
    for (size_t i = 0; i < WORLD_SERIES; i++)
        world->spans[i].first = MAY_DAY;
    for (size_t i = 0; i < WORLD_JOBS; i++)
        world->jobs[i].coverage = (struct coverage){.job = job_names[i]};
}

void world_close(struct world *world)
{
    zone_free(world->zone);
}

/* Rows are the sink's; here they only need to be countable. */
static void store_rows(struct world *world, size_t series, int64_t series_id, const struct span *span)
{
    char sql[512];
    for (civil_day day = span->days.first; day < span->days.end; day++) {
        bool empty = span_day_is_empty(span, day);
        int count = empty ? 0 : 1 + (int)dice_below(&world->dice, 3);
        world->rows[series][day - MAY_DAY] = count;
        world->failures[series][day - MAY_DAY] = (struct world_failure){0};
        int partition = civil_day_to_partition(day);
        snprintf(sql, sizeof sql,
                 "DELETE FROM building_insights_rows WHERE date_partition = %d AND series_id = %lld;"
                 "INSERT INTO building_insights_rows SELECT %d, %lld, value, 1, 0 FROM"
                 " (WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < %d)"
                 " SELECT value FROM n) AS numbers WHERE %d > 0",
                 partition, (long long)series_id, partition, (long long)series_id, count, count);
        fixture_exec(sql);
    }
}

static void fetch(struct world *world, struct ledger *ledger, const struct world_job *job, size_t series, int64_t id)
{
    unsigned char map[MODEL_DAYS / 8];
    struct span put = span_model_roll(&world->spans[series], &world->dice, map);
    must(ledger_put_fetched(ledger, id, &put, &problem));
    put.columns_id = choices[job->columns].model_id;
    span_model_put(&world->spans[series], &put);
    store_rows(world, series, id, &put);
}

static void fail(struct world *world, struct ledger *ledger, size_t series, int64_t id)
{
    char run_id[16];
    civil_day at = (civil_day)dice_below(&world->dice, MODEL_DAYS);
    snprintf(run_id, sizeof run_id, "run-%d", world->night);
    const struct ledger_fault fault = {id, MAY_DAY + at, STATUS_TIMEOUT, "no answer", run_id, NOW + world->night};
    must(ledger_put_failed(ledger, &fault, &problem));
    struct world_failure *failure = &world->failures[series][at];
    failure->attempts += !failure->failed || failure->night != world->night;
    failure->failed = true;
    failure->night = world->night;
}

/* A series that the job promises. */
static size_t roll_series(struct world *world, const struct world_job *job)
{
    while (true) {
        size_t series = dice_below(&world->dice, WORLD_SERIES);
        struct series_key key = world_key(series);
        for (size_t i = 0; i < job->coverage.building_count; i++) {
            const struct coverage_building *building = &job->buildings[i];
            for (size_t s = 0; building->id == key.building_id && s < building->site_count; s++) {
                for (size_t g = 0; building->sites[s] == key.site_id && g < building->group_count; g++) {
                    if (building->groups[g] == key.group_id)
                        return series;
                }
            }
        }
    }
}

struct ledger *world_night(struct world *world, size_t *ret_job)
{
    struct ledger *ledger = NULL;
    *ret_job = dice_below(&world->dice, WORLD_JOBS);
    struct world_job *job = &world->jobs[*ret_job];
    world->night++;
    roll_job(world, job);
    must(db_begin(db, &problem));
    must(ledger_open(db, &job->job, &ledger, &problem));
    must(ledger_declare(ledger, &problem));
    for (uint32_t left = dice_below(&world->dice, 12); left > 0; left--) {
        size_t series = roll_series(world, job);
        struct series_key key = world_key(series);
        int64_t id = 0;
        must(ledger_series_id(ledger, &key, &id, &problem));
        if (id == 0) /* a granularity that was never asked for */
            continue;
        if (dice_below(&world->dice, 3) != 0)
            fetch(world, ledger, job, series, id);
        else
            fail(world, ledger, series, id);
    }
    must(db_commit(db, &problem));
    return ledger;
}

bool world_promises(const struct world_job *job, size_t series, civil_day day)
{
    struct series_key key = world_key(series);
    bool found = false;
    for (size_t i = 0; job->declared && i < job->coverage.building_count; i++) {
        const struct coverage_building *building = &job->buildings[i];
        if (building->id != key.building_id || day < building->days.first || day >= building->days.end)
            continue;
        bool site = false;
        bool group = false;
        for (size_t s = 0; s < building->site_count; s++)
            site = site || building->sites[s] == key.site_id;
        for (size_t g = 0; g < building->group_count; g++)
            group = group || building->groups[g] == key.group_id;
        for (size_t g = 0; g < job->coverage.granularity_count; g++)
            found = found || (site && group && job->coverage.granularities[g] == key.granularity);
    }
    return found;
}

/* Whether any job that promises the slice would fetch it again for its columns. */
static bool wants_more(const struct world *world, size_t series, civil_day at)
{
    bool more = false;
    for (size_t i = 0; i < WORLD_JOBS; i++)
        more = more || (world_promises(&world->jobs[i], series, MAY_DAY + at) &&
                        world_is_outdated(&world->jobs[i], world->spans[series].days[at].columns_id));
    return more;
}

static void expect_slice(const struct world *world, size_t series, civil_day at, struct buf *out)
{
    struct series_key key = world_key(series);
    const struct model_day *day = &world->spans[series].days[at];
    const char *state = "missing";
    if (day->held)
        state = day->settled && !wants_more(world, series, at) ? "settled" : "open";
    if (world->failures[series][at].failed)
        state = "failed";
    buf_appendf(out, "%lld %lld %s %s %d %s", (long long)key.building_id, (long long)key.site_id, key.group_id,
                key.granularity, civil_day_to_partition(MAY_DAY + at), state);
    char when[CLOCK_TEXT_SIZE];
    int64_t begins = (int64_t)(MAY_DAY + at) * 86400;
    int64_t fetched_at = day->settled && day->fetched_at < begins ? begins : day->fetched_at;
    if (day->held)
        buf_appendf(out, " %d %s\n", world->rows[series][at], clock_format_utc(fetched_at, when));
    else
        buf_append_text(out, " - -\n");
}

void world_expected_completeness(const struct world *world, struct buf *out)
{
    for (size_t series = 0; series < WORLD_SERIES; series++) {
        for (civil_day at = 0; at < MODEL_DAYS; at++) {
            bool promised = false;
            for (size_t i = 0; i < WORLD_JOBS; i++)
                promised = promised || world_promises(&world->jobs[i], series, MAY_DAY + at);
            if (promised)
                expect_slice(world, series, at, out);
        }
    }
}
