/* Planner, the union of ledgers and time zones without memory: the right result, or STATUS_NOMEM. */
#include "model/ledger_union.h"
#include "model/plan.h"
#include "starve.h"

#include <criterion/criterion.h>
#include <stdlib.h>

enum { FIRST = 20000, END = 20400 };

static const int64_t sites[] = {1, 2, 3};
static const char *const groups[] = {"a", "b"};
static const char *const granularities[] = {"PT1H", "P1D"};
static const struct coverage_building buildings[] = {
    {.id = 71, .days = {FIRST, END}, .site_count = 3, .sites = sites, .group_count = 2, .groups = groups},
    {.id = 72, .days = {FIRST, END}, .site_count = 2, .sites = sites, .group_count = 2, .groups = groups}};
static const struct coverage coverage = {
    .granularity_count = 2, .granularities = granularities, .building_count = 2, .buildings = buildings};

/* A ledger with holes at other places for each series. */
static enum status read_series(void *context, const struct coverage_building *building, const char *granularity,
                               size_t site, size_t group, struct ledger_series *ret_series, struct err *err)
{
    static struct ledger_span spans[3];
    (void)context;
    (void)granularity;
    (void)err;
    civil_day hole = FIRST + 40 + 10 * (civil_day)site + 3 * (civil_day)group + (civil_day)building->id % 7;
    spans[0] = (struct ledger_span){.days = {FIRST, hole}, .settled = true};
    spans[1] = (struct ledger_span){.days = {hole + 5, END - 20}, .settled = true};
    spans[2] = (struct ledger_span){.days = {END - 20, END - 2}};
    *ret_series = (struct ledger_series){.span_count = 3, .spans = spans};
    return STATUS_OK;
}

struct planning {
    struct plan plan;
    size_t units; /* of the plan with memory */
    uint64_t due;
};

static enum status make(void *context, struct err *err)
{
    struct planning *planning = context;
    const struct plan_options options = {.unit_rows = 500, .newest_first = true};
    return plan_make(&coverage, &options, read_series, NULL, &planning->plan, err);
}

static void check_plan(void *context)
{
    const struct planning *planning = context;
    uint64_t slices = 0;
    for (size_t i = 0; i < planning->plan.unit_count; i++)
        slices += unit_slice_count(&planning->plan.units[i]);
    cr_assert_eq(planning->plan.unit_count, planning->units);
    cr_assert_eq(planning->plan.counts.due, planning->due);
    cr_assert_eq(slices, planning->due);
}

static void release_plan(void *context)
{
    struct planning *planning = context;
    plan_release(&planning->plan);
    planning->plan = (struct plan){0};
}

Test(alloc_plan, a_plan_holds_every_due_slice_or_memory_is_out)
{
    struct planning planning = {0};
    cr_assert_eq(make(&planning, NULL), STATUS_OK);
    planning.units = planning.plan.unit_count;
    planning.due = planning.plan.counts.due;
    release_plan(&planning);
    struct starved starved = {"plan_make", &planning, make, check_plan, release_plan, STATUS_OK};
    cr_assert_gt(starve_each(&starved), 3);
}

struct joining {
    struct ledger_union joined;
    struct ledger_series series;
};

static enum status join(void *context, struct err *err)
{
    struct joining *joining = context;
    static const struct ledger_span left[] = {{.days = {FIRST, FIRST + 50}, .settled = true},
                                              {.days = {FIRST + 60, FIRST + 90}}};
    static const struct ledger_span right[] = {{.days = {FIRST + 10, FIRST + 70}, .settled = true}};
    static const struct ledger_failure failures[] = {{{FIRST + 20, FIRST + 22}}};
    const struct ledger_series known[] = {{.span_count = 2, .spans = left},
                                          {.span_count = 1, .spans = right, .failure_count = 1, .failures = failures}};
    return ledger_union_make(&joining->joined, known, 2, &joining->series, err);
}

static void check_union(void *context)
{
    const struct joining *joining = context;
    civil_day days = 0;
    for (size_t i = 0; i < joining->series.span_count; i++)
        days += joining->series.spans[i].days.end - joining->series.spans[i].days.first;
    cr_assert_eq(days, 40 + 10, "what both ledgers hold");
    cr_assert_eq(joining->series.failure_count, 1);
}

static void release_union(void *context)
{
    struct joining *joining = context;
    ledger_union_release(&joining->joined);
    *joining = (struct joining){0};
}

Test(alloc_plan, the_union_of_ledgers)
{
    struct joining joining = {0};
    struct starved starved = {"ledger_union_make", &joining, join, check_union, release_union, STATUS_OK};
    starve_each(&starved);
}

struct zoning {
    const char *name;
    int64_t midnight; /* of 2025-07-01 */
    struct zone *zone;
};

static enum status load_zone(void *context, struct err *err)
{
    struct zoning *zoning = context;
    return zone_load(zoning->name, &zoning->zone, err);
}

static void check_zone(void *context)
{
    const struct zoning *zoning = context;
    civil_day day = civil_day_from_date((struct civil_date){2025, 7, 1});
    cr_assert_eq(zone_day_start(zoning->zone, day), zoning->midnight, "%s", zoning->name);
}

static void release_zone(void *context)
{
    struct zoning *zoning = context;
    zone_free(zoning->zone);
    zoning->zone = NULL;
}

/* setenv of libc keeps every value for ever, and forgets one that it has no memory to list. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:__add_to_environ\n";
}

/* libc takes a zone for which it has no memory for UTC, and says nothing. */
Test(alloc_plan, a_time_zone_is_never_taken_for_utc)
{
    static struct zoning zones[] = {{"America/Toronto", 1751342400, NULL},
                                    {"Australia/Sydney", 1751292000, NULL},
                                    {"Europe/London", 1751324400, NULL},
                                    {"EST", 1751346000, NULL},
                                    {"UTC", 1751328000, NULL}};
    for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++) {
        struct starved starved = {zones[i].name, &zones[i], load_zone, check_zone, release_zone, STATUS_OK};
        starve_each(&starved);
    }
}
