/* Random histories of two jobs in one ledger, compared with a model of one cell a slice. */
#include "ledger_world.h"

#include <stdlib.h>
#include <string.h>

enum { CASES = 12, CASES_POSTGRES = 1, NIGHTS = 25 };

TestSuite(ledger_property, .init = fixture_begin, .fini = fixture_end);

static void check_span(const struct world *world, const struct world_job *job, size_t series,
                       const struct ledger_span *span, struct day_range want)
{
    const struct model_day *days = world->spans[series].days;
    cr_assert(span->days.first == want.first && span->days.end == want.end, "seed %llu, night %d, series %zu",
              (unsigned long long)world->seed, world->night, series);
    for (civil_day day = want.first; day < want.end; day++) {
        const struct model_day *model = &days[day - MAY_DAY];
        civil_day bit = day - want.first;
        bool empty = span->empty_days != NULL && (span->empty_days[bit / 8] >> (bit % 8) & 1) != 0;
        bool same = span->settled == model->settled && span->fetched_at == model->fetched_at &&
                    span->outdated == world_is_outdated(job, model->columns_id) && empty == model->empty;
        cr_assert(same, "seed %llu, night %d, series %zu, day %d", (unsigned long long)world->seed, world->night,
                  series, day);
    }
}

static void check_failures(const struct world *world, size_t series, const struct ledger_series *read)
{
    bool failed[MODEL_DAYS] = {false};
    for (size_t i = 0; i < read->failure_count; i++) {
        const struct day_range *days = &read->failures[i].days;
        cr_assert(i == 0 || read->failures[i - 1].days.end < days->first, "stretches that touch are one");
        for (civil_day day = days->first; day < days->end; day++)
            failed[day - MAY_DAY] = true;
    }
    for (civil_day at = 0; at < MODEL_DAYS; at++)
        cr_assert_eq(failed[at], world->failures[series][at].failed, "seed %llu, night %d, series %zu, day %d",
                     (unsigned long long)world->seed, world->night, series, at);
}

static void check_series(const struct world *world, struct ledger *ledger, const struct world_job *job, size_t series)
{
    struct series_key key = world_key(series);
    const struct coverage_building building = {
        .id = key.building_id, .site_count = 1, .sites = &key.site_id, .group_count = 1, .groups = &key.group_id};
    struct ledger_series read = {0};
    struct day_range ranges[MODEL_DAYS];
    must(ledger_read_series(ledger, &building, key.granularity, 0, 0, &read, &problem));
    size_t count = span_model_stretches(&world->spans[series], ranges);
    cr_assert_eq(read.span_count, count, "seed %llu, night %d, series %zu: %zu spans instead of %zu",
                 (unsigned long long)world->seed, world->night, series, read.span_count, count);
    for (size_t i = 0; i < count; i++)
        check_span(world, job, series, &read.spans[i], ranges[i]);
    check_failures(world, series, &read);
    int64_t id = 0;
    must(ledger_series_id(ledger, &key, &id, &problem));
    for (civil_day at = -1; at <= MODEL_DAYS; at++) {
        enum ledger_past past = LEDGER_FETCHED;
        must(ledger_look_back(ledger, id, (struct day_range){MAY_DAY + at, MAY_DAY + at + 1}, &past, &problem));
        bool held = at >= 0 && at < MODEL_DAYS && world->spans[series].days[at].held;
        bool outdated = held && world_is_outdated(job, world->spans[series].days[at].columns_id);
        cr_assert_eq(past, !held ? LEDGER_NEVER : outdated ? LEDGER_OTHER_COLUMNS : LEDGER_FETCHED);
    }
}

/* What ledger_each_failed has told so far. */
struct told {
    const struct world *world;
    const struct world_job *job;
    size_t count;
    civil_day last;
};

static size_t series_of_key(const struct series_key *key)
{
    for (size_t i = 0; i < WORLD_SERIES; i++) {
        struct series_key at = world_key(i);
        if (at.building_id == key->building_id && at.site_id == key->site_id &&
            strcmp(at.group_id, key->group_id) == 0 && strcmp(at.granularity, key->granularity) == 0)
            return i;
    }
    cr_assert_fail("a series of its own");
    return 0;
}

static void check_failed(void *context, const struct ledger_failed_slice *slice)
{
    struct told *told = context;
    size_t series = series_of_key(&slice->key);
    const struct world_failure *failure = &told->world->failures[series][slice->day - MAY_DAY];
    cr_assert(failure->failed && failure->attempts == slice->attempts, "seed %llu, night %d: %lld attempts, not %lld",
              (unsigned long long)told->world->seed, told->world->night, (long long)slice->attempts,
              (long long)failure->attempts);
    cr_assert(world_promises(told->job, series, slice->day));
    cr_assert(told->count == 0 || slice->day <= told->last, "newest first");
    told->last = slice->day;
    told->count++;
}

static void check_each_failed(const struct world *world, struct ledger *ledger, const struct world_job *job)
{
    struct told told = {.world = world, .job = job};
    size_t want = 0;
    for (size_t series = 0; series < WORLD_SERIES; series++) {
        for (civil_day at = 0; at < MODEL_DAYS; at++)
            want += world->failures[series][at].failed && world_promises(job, series, MAY_DAY + at);
    }
    must(ledger_each_failed(ledger, 10000, check_failed, &told, &problem));
    cr_assert_eq(told.count, want, "seed %llu, night %d", (unsigned long long)world->seed, world->night);
}

static void check_completeness(const struct world *world)
{
    struct buf want = {.max = 16 << 20};
    world_expected_completeness(world, &want);
    fixture_expect_lines("SELECT BUILDING_ID || ' ' || SITE_ID || ' ' || GROUP_ID || ' ' || GRANULARITY || ' ' ||"
                         " DATE_PARTITION || ' ' || STATE || ' ' || coalesce(CAST(ROW_COUNT AS TEXT), '-') || ' ' ||"
                         " coalesce(CAST(FETCHED_AT AS TEXT), '-') FROM completeness"
                         " ORDER BY BUILDING_ID, SITE_ID, GROUP_ID, GRANULARITY, DATE_PARTITION",
                         buf_text(&want));
    buf_release(&want);
}

static void run_case(uint64_t seed)
{
    struct world *world = malloc(sizeof *world);
    cr_assert_not_null(world);
    world_open(world, seed);
    for (int night = 0; night < NIGHTS; night++) {
        size_t which;
        struct ledger *ledger = world_night(world, &which);
        ledger_read_ahead(ledger, night % 2 == 1 ? LEDGER_MANY : 0);
        for (size_t series = 0; series < WORLD_SERIES; series++)
            check_series(world, ledger, &world->jobs[which], series);
        check_each_failed(world, ledger, &world->jobs[which]);
        ledger_close(ledger);
    }
    check_completeness(world);
    world_close(world);
    free(world);
}

static void forget_everything(void)
{
    fixture_exec("DELETE FROM series; DELETE FROM column_sets; DELETE FROM column_set_covers; DELETE FROM jobs;"
                 "DELETE FROM coverage_buildings; DELETE FROM coverage_series; DELETE FROM ledger_spans;"
                 "DELETE FROM ledger_failures; DELETE FROM building_insights_rows");
}

Test(ledger_property, random_histories_agree_with_a_model_of_one_cell_a_slice)
{
    for (uint64_t seed = 1; seed <= (fixture_is_postgres() ? CASES_POSTGRES : CASES); seed++) {
        forget_everything();
        run_case(seed);
    }
}
