/* Random coverages, ledgers and filters; every plan is compared with a model that keeps one cell per slice. */
#include "model/plan.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CASES = 400,
    BUILDINGS = 3,
    GRANULARITIES = 3,
    SITES = 5,
    GROUPS = 70, /* beyond one word of bits */
    DAYS = 40,
    ENTRIES = 8, /* spans, and failures, of one series */
    BASE_DAY = 20000
};

static const char *const granularity_names[] = {"PT1H", "P1D", "PT15M", "P1W", "of-another-kind"};

struct series_ledger {
    struct ledger_span spans[ENTRIES];
    struct ledger_failure failures[ENTRIES];
    struct ledger_series view;
};

/* What the plan should hold of one slice. */
enum cell { CELL_NOT_DUE, CELL_MISSING, CELL_FAILED, CELL_OPEN, CELL_FORCED };

struct trial {
    uint64_t seed;
    uint64_t random;
    struct coverage coverage;
    const char *granularities[GRANULARITIES];
    struct coverage_building buildings[BUILDINGS];
    int64_t sites[BUILDINGS][SITES];
    char group_texts[GROUPS][8];
    const char *groups[GROUPS];
    struct plan_options options;
    int64_t filter_buildings[2];
    int64_t filter_sites[2];
    const char *filter_groups[2];
    struct series_ledger ledgers[BUILDINGS * GRANULARITIES * SITES * GROUPS];
    size_t next_read; /* the least series number that may be read next */
    unsigned char hits[BUILDINGS * GRANULARITIES * SITES * GROUPS * DAYS];
};

/* xorshift64*: the same numbers on every machine. */
static uint32_t below(struct trial *t, uint32_t bound)
{
    t->random ^= t->random >> 12;
    t->random ^= t->random << 25;
    t->random ^= t->random >> 27;
    return (uint32_t)((t->random * UINT64_C(2685821657736338717)) >> 33) % bound;
}

static size_t series_number(size_t building, size_t granularity, size_t site, size_t group)
{
    return ((building * GRANULARITIES + granularity) * SITES + site) * GROUPS + group;
}

/* Sorted stretches around the covered days, some of them outside, some touching. */
static size_t make_ranges(struct trial *t, struct day_range *ranges, size_t most)
{
    civil_day day = BASE_DAY - 8;
    size_t count = below(t, (uint32_t)most + 1);
    for (size_t i = 0; i < count; i++) {
        day += (civil_day)below(t, 3) * (civil_day)below(t, 6);
        ranges[i].first = day;
        day += 1 + (civil_day)below(t, below(t, 3) == 0 ? 30 : 4);
        ranges[i].end = day;
    }
    return count;
}

static void make_series(struct trial *t, struct series_ledger *ledger)
{
    struct day_range ranges[ENTRIES];
    size_t span_count = make_ranges(t, ranges, ENTRIES);
    for (size_t i = 0; i < span_count; i++)
        ledger->spans[i] =
            (struct ledger_span){.days = ranges[i], .settled = below(t, 4) != 0, .outdated = below(t, 4) == 0};
    size_t failure_count = make_ranges(t, ranges, below(t, 2) == 0 ? 0 : ENTRIES);
    for (size_t i = 0; i < failure_count; i++)
        ledger->failures[i] = (struct ledger_failure){ranges[i]};
    ledger->view = (struct ledger_series){span_count, ledger->spans, failure_count, ledger->failures};
}

/* Many series share the ledger of another one, as they do in life. */
static void make_ledgers(struct trial *t)
{
    const struct series_ledger *model = NULL;
    for (size_t b = 0; b < t->coverage.building_count; b++) {
        for (size_t i = 0; i < GRANULARITIES * SITES; i++) {
            for (size_t g = 0; g < t->buildings[b].group_count; g++) {
                struct series_ledger *ledger = &t->ledgers[series_number(b, 0, i, g)];
                if (model != NULL && below(t, 8) != 0) {
                    ledger->view = model->view;
                    continue;
                }
                make_series(t, ledger);
                model = ledger;
            }
        }
    }
}

static void make_coverage(struct trial *t)
{
    bool wide = below(t, 10) == 0;
    for (size_t g = 0; g < GROUPS; g++) {
        snprintf(t->group_texts[g], sizeof t->group_texts[g], "g%zu", (g * 37) % GROUPS);
        t->groups[g] = t->group_texts[g];
    }
    uint32_t first_name = below(t, 3);
    for (size_t i = 0; i < GRANULARITIES; i++)
        t->granularities[i] = granularity_names[first_name + i];
    t->coverage = (struct coverage){.granularity_count = wide ? 1 : 1 + below(t, GRANULARITIES),
                                    .granularities = t->granularities,
                                    .building_count = wide ? 1 : 1 + below(t, BUILDINGS),
                                    .buildings = t->buildings};
    for (size_t b = 0; b < t->coverage.building_count; b++) {
        civil_day first = BASE_DAY + (civil_day)below(t, 10);
        for (size_t s = 0; s < SITES; s++)
            t->sites[b][s] = (int64_t)((s * 3) % SITES) + 10 * (int64_t)below(t, 2) * (int64_t)b;
        t->buildings[b] = (struct coverage_building){.id = 100 - (int64_t)b,
                                                     .days = {first, first + (civil_day)below(t, DAYS - 9)},
                                                     .site_count = 1 + below(t, SITES),
                                                     .sites = t->sites[b],
                                                     .group_count = wide ? GROUPS : 1 + below(t, 5),
                                                     .groups = t->groups};
    }
}

static void make_options(struct trial *t)
{
    static const int rows[] = {1, 24, 100, 500, 3000, 10000};
    struct plan_filter *filter = &t->options.filter;
    t->options = (struct plan_options){
        .unit_rows = rows[below(t, 6)], .newest_first = below(t, 2) == 0, .single_slices = below(t, 8) == 0};
    filter->reprocess = (enum plan_reprocess[]){PLAN_CONVERGE, PLAN_MISSING, PLAN_FAILED, PLAN_ALL}[below(t, 4)];
    filter->limit_days = below(t, 3) == 0;
    filter->days.first = BASE_DAY + (civil_day)below(t, DAYS);
    filter->days.end = filter->days.first + (civil_day)below(t, DAYS / 2);
    filter->building_count = below(t, 4) == 0 ? 1 + below(t, 2) : 0;
    filter->site_count = below(t, 4) == 0 ? 1 + below(t, 2) : 0;
    filter->group_count = below(t, 4) == 0 ? 1 + below(t, 2) : 0;
    for (size_t i = 0; i < 2; i++) {
        t->filter_buildings[i] = 100 - (int64_t)below(t, BUILDINGS);
        t->filter_sites[i] = (int64_t)below(t, SITES);
        t->filter_groups[i] = t->groups[below(t, 5)];
    }
    filter->buildings = t->filter_buildings;
    filter->sites = t->filter_sites;
    filter->groups = t->filter_groups;
}

static size_t granularity_index(const struct trial *t, const char *granularity)
{
    for (size_t i = 0; i < t->coverage.granularity_count; i++) {
        if (strcmp(t->granularities[i], granularity) == 0)
            return i;
    }
    cr_assert_fail("seed %llu: a granularity of its own: %s", (unsigned long long)t->seed, granularity);
    return 0;
}

static enum status read_series(void *context, const struct coverage_building *building, const char *granularity,
                               size_t site, size_t group, struct ledger_series *ret_series, struct err *err)
{
    (void)err;
    struct trial *t = context;
    size_t number = series_number((size_t)(building - t->buildings), granularity_index(t, granularity), site, group);
    cr_assert(number >= t->next_read, "seed %llu: series are read in order, once", (unsigned long long)t->seed);
    t->next_read = number + 1;
    *ret_series = t->ledgers[number].view;
    return STATUS_OK;
}

static bool passes(const struct trial *t, const struct coverage_building *building, size_t site, size_t group,
                   civil_day day)
{
    const struct plan_filter *f = &t->options.filter;
    bool found = f->building_count == 0;
    for (size_t i = 0; i < f->building_count; i++)
        found = found || f->buildings[i] == building->id;
    bool found_site = f->site_count == 0;
    for (size_t i = 0; i < f->site_count; i++)
        found_site = found_site || f->sites[i] == building->sites[site];
    bool found_group = f->group_count == 0;
    for (size_t i = 0; i < f->group_count; i++)
        found_group = found_group || strcmp(f->groups[i], building->groups[group]) == 0;
    return found && found_site && found_group && (!f->limit_days || (day >= f->days.first && day < f->days.end));
}

/* The naive model: looks at one slice alone. */
static enum cell cell_of(const struct ledger_series *ledger, enum plan_reprocess reprocess, civil_day day)
{
    const struct ledger_span *span = NULL;
    bool failed = false;
    for (size_t i = 0; i < ledger->span_count; i++) {
        if (day >= ledger->spans[i].days.first && day < ledger->spans[i].days.end)
            span = &ledger->spans[i];
    }
    for (size_t i = 0; i < ledger->failure_count; i++)
        failed = failed || (day >= ledger->failures[i].days.first && day < ledger->failures[i].days.end);
    if (reprocess == PLAN_MISSING)
        return span == NULL && !failed ? CELL_MISSING : CELL_NOT_DUE;
    if (reprocess == PLAN_FAILED)
        return failed ? CELL_FAILED : CELL_NOT_DUE;
    if (!failed && span != NULL && span->settled)
        return reprocess == PLAN_ALL || span->outdated ? CELL_FORCED : CELL_NOT_DUE;
    return failed ? CELL_FAILED : span == NULL ? CELL_MISSING : CELL_OPEN;
}

/* Counts how often the units hold each slice, and checks the numbering on the way. */
static void mark_units(struct trial *t, const struct plan *plan)
{
    for (size_t i = 0; i < plan->unit_count; i++) {
        const struct unit *unit = &plan->units[i];
        size_t b = (size_t)(unit->building - t->buildings);
        size_t gr = granularity_index(t, unit->granularity);
        size_t slices = unit_slice_count(unit);
        cr_assert(slices == 1 ||
                      (unit_expected_rows(unit) <= (uint64_t)t->options.unit_rows && !t->options.single_slices),
                  "seed %llu: unit %zu is too large", (unsigned long long)t->seed, i);
        for (size_t slice = 0; slice < slices; slice++) {
            civil_day day;
            struct series_key key = unit_series_of(unit, slice, &day);
            size_t s = 0;
            size_t g = 0;
            while (s < unit->building->site_count && unit->building->sites[s] != key.site_id)
                s++;
            while (g < unit->building->group_count && unit->building->groups[g] != key.group_id)
                g++;
            cr_assert(s < unit->building->site_count && g < unit->building->group_count &&
                          key.building_id == 100 - (int64_t)b && day >= BASE_DAY && day < BASE_DAY + DAYS &&
                          unit_slice_of(unit, day, key.site_id, key.group_id, strlen(key.group_id)) == slice,
                      "seed %llu: slice %zu of unit %zu", (unsigned long long)t->seed, slice, i);
            t->hits[series_number(b, gr, s, g) * DAYS + (size_t)(day - BASE_DAY)]++;
        }
    }
}

static void compare_with_model(const struct trial *t, const struct plan *plan)
{
    uint64_t counts[CELL_FORCED + 1] = {0};
    for (size_t cell = 0; cell < sizeof t->hits; cell++) {
        size_t series = cell / DAYS;
        size_t b = series / GROUPS / SITES / GRANULARITIES;
        size_t gr = series / GROUPS / SITES % GRANULARITIES;
        size_t s = series / GROUPS % SITES;
        size_t g = series % GROUPS;
        const struct coverage_building *building = &t->buildings[b];
        civil_day day = BASE_DAY + (civil_day)(cell % DAYS);
        enum cell want = CELL_NOT_DUE;
        if (b < t->coverage.building_count && gr < t->coverage.granularity_count && s < building->site_count &&
            g < building->group_count && day >= building->days.first && day < building->days.end &&
            passes(t, building, s, g, day))
            want = cell_of(&t->ledgers[series].view, t->options.filter.reprocess, day);
        counts[want]++;
        if (t->hits[cell] != (want != CELL_NOT_DUE))
            cr_assert_fail("seed %llu: building %zu, granularity %zu, site %zu, group %zu, day %d is in %d units",
                           (unsigned long long)t->seed, b, gr, s, g, day, t->hits[cell]);
    }
    bool equal =
        counts[CELL_MISSING] == plan->counts.missing && counts[CELL_FAILED] == plan->counts.failed &&
        counts[CELL_OPEN] == plan->counts.open && counts[CELL_FORCED] == plan->counts.forced &&
        plan->counts.due == plan->counts.missing + plan->counts.failed + plan->counts.open + plan->counts.forced;
    cr_assert(equal, "seed %llu: the counts differ", (unsigned long long)t->seed);
}

static void check_order(const struct trial *t, const struct plan *plan)
{
    for (size_t i = 1; i < plan->unit_count; i++) {
        const struct unit *a = &plan->units[i - 1];
        const struct unit *b = &plan->units[i];
        civil_day step = t->options.newest_first ? a->days.end - b->days.end : b->days.first - a->days.first;
        bool ordered = step > 0 || (step == 0 && a->building < b->building);
        if (step == 0 && a->building == b->building)
            ordered = granularity_index(t, a->granularity) <= granularity_index(t, b->granularity);
        cr_assert(ordered, "seed %llu: units %zu and %zu are out of order", (unsigned long long)t->seed, i - 1, i);
    }
}

static void run_trial(struct trial *t, uint64_t seed)
{
    memset(t, 0, sizeof *t);
    t->seed = seed;
    t->random = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
    make_coverage(t);
    make_ledgers(t);
    make_options(t);
    struct plan plan = {0};
    struct err err = {0};
    cr_assert_eq(plan_make(&t->coverage, &t->options, read_series, t, &plan, &err), STATUS_OK, "seed %llu: %s",
                 (unsigned long long)seed, err.message);
    mark_units(t, &plan);
    compare_with_model(t, &plan);
    check_order(t, &plan);
    plan_release(&plan);
}

Test(plan_property, random_plans_agree_with_a_model_of_one_cell_a_slice)
{
    struct trial *t = malloc(sizeof *t);
    cr_assert_not_null(t);
    for (uint64_t seed = 1; seed <= CASES; seed++)
        run_trial(t, seed);
    free(t);
}
