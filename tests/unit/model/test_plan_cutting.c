/* How due slices become units: rectangles, sizes, order. */
#include "model/plan.h"

#include <criterion/criterion.h>
#include <string.h>

enum { FIRST = 20000 };

static const int64_t sites[] = {1, 2, 3, 4, 5, 6, 7};
static const char *const groups[] = {"a", "b", "c", "d", "e"};
static const char *const granularities[] = {"PT1H", "P1D"};

struct fake {
    struct ledger_series sites[7]; /* one ledger for all groups of a site */
    size_t group;                  /* only this group fails, when below SIZE_MAX */
};

static enum status read_fake(void *context, const struct coverage_building *building, const char *granularity,
                             size_t site, size_t group, struct ledger_series *ret_series, struct err *err)
{
    (void)building;
    (void)granularity;
    (void)err;
    const struct fake *fake = context;
    *ret_series = fake->sites[site];
    if (fake->group != SIZE_MAX && fake->group != group)
        ret_series->failure_count = 0;
    return STATUS_OK;
}

static struct coverage_building building_of(civil_day days, size_t site_count, size_t group_count)
{
    return (struct coverage_building){.id = 1,
                                      .days = {FIRST, FIRST + days},
                                      .site_count = site_count,
                                      .sites = sites,
                                      .group_count = group_count,
                                      .groups = groups};
}

static struct plan make(const struct coverage_building *buildings, size_t building_count, size_t granularity_count,
                        const struct plan_options *options, struct fake *fake)
{
    const struct coverage coverage = {.granularity_count = granularity_count,
                                      .granularities = granularities,
                                      .building_count = building_count,
                                      .buildings = buildings};
    struct fake nothing = {.group = SIZE_MAX};
    struct plan plan = {0};
    struct err err = {0};
    cr_assert_eq(plan_make(&coverage, options, read_fake, fake != NULL ? fake : &nothing, &plan, &err), STATUS_OK, "%s",
                 err.message);
    return plan;
}

static civil_day days_of(const struct unit *unit)
{
    return unit->days.end - unit->days.first;
}

Test(plan_cutting, days_are_cut_evenly_rather_than_leaving_a_rest)
{
    struct coverage_building building = building_of(31, 1, 1);
    struct plan plan = make(&building, 1, 1, &(struct plan_options){.unit_rows = 30 * 24}, NULL);
    cr_assert_eq(plan.unit_count, 2);
    cr_assert_eq(days_of(&plan.units[0]), 16);
    cr_assert_eq(days_of(&plan.units[1]), 15);
    plan_release(&plan);
}

Test(plan_cutting, what_fits_exactly_is_not_cut)
{
    struct coverage_building building = building_of(30, 1, 1);
    struct plan plan = make(&building, 1, 1, &(struct plan_options){.unit_rows = 30 * 24}, NULL);
    cr_assert_eq(plan.unit_count, 1);
    plan_release(&plan);
    plan = make(&building, 1, 1, &(struct plan_options){.unit_rows = 30 * 24 - 1}, NULL);
    cr_assert_eq(plan.unit_count, 2);
    plan_release(&plan);
}

Test(plan_cutting, sites_are_cut_when_one_day_is_too_much)
{
    struct coverage_building building = building_of(2, 7, 5);
    /* Room for 3 sites x 5 groups: 7 sites become 3, 2 and 2. */
    struct plan plan = make(&building, 1, 1, &(struct plan_options){.unit_rows = 3 * 5 * 24 + 10}, NULL);
    static const size_t counts[] = {3, 2, 2, 3, 2, 2};
    cr_assert_eq(plan.unit_count, 6);
    for (size_t i = 0; i < plan.unit_count; i++) {
        cr_assert_eq(days_of(&plan.units[i]), 1);
        cr_assert_eq(plan.units[i].site_count, counts[i]);
        cr_assert_eq(plan.units[i].group_count, 5);
    }
    plan_release(&plan);
}

Test(plan_cutting, groups_are_cut_when_one_site_is_too_much)
{
    struct coverage_building building = building_of(1, 1, 5);
    struct plan plan = make(&building, 1, 1, &(struct plan_options){.unit_rows = 4 * 24}, NULL);
    cr_assert_eq(plan.unit_count, 2);
    cr_assert_eq(plan.units[0].group_count, 3);
    cr_assert_eq(plan.units[1].group_count, 2);
    cr_assert_str_eq(plan.units[1].groups[0], "d");
    plan_release(&plan);
}

Test(plan_cutting, unit_is_never_less_than_one_slice)
{
    static const int rows[] = {1, 23, 0, -5};
    struct coverage_building building = building_of(3, 2, 2);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct plan plan = make(&building, 1, 1, &(struct plan_options){.unit_rows = rows[i]}, NULL);
        cr_assert_eq(plan.unit_count, 12, "%zu units with room for %d rows", plan.unit_count, rows[i]);
        plan_release(&plan);
    }
}

Test(plan_cutting, single_slices_cut_everything_apart)
{
    struct coverage_building building = building_of(4, 3, 2);
    struct plan plan = make(&building, 1, 2, &(struct plan_options){.unit_rows = 10000, .single_slices = true}, NULL);
    cr_assert_eq(plan.unit_count, 48);
    for (size_t i = 0; i < plan.unit_count; i++)
        cr_assert_eq(unit_slice_count(&plan.units[i]), 1);
    plan_release(&plan);
}

static const struct ledger_span settled[] = {{.days = {FIRST, FIRST + 9}, .settled = true}};
/* Every second day failed. */
static const struct ledger_failure holes[] = {
    {{FIRST + 1, FIRST + 2}}, {{FIRST + 3, FIRST + 4}}, {{FIRST + 5, FIRST + 6}}};

Test(plan_cutting, sites_apart_with_the_same_due_days_stand_together)
{
    struct coverage_building building = building_of(9, 7, 5);
    struct fake fake = {.group = SIZE_MAX};
    for (size_t i = 0; i < 7; i++)
        fake.sites[i] = (struct ledger_series){1, settled, i % 3 == 0 ? 1 : 0, holes};
    struct plan plan = make(&building, 1, 1, &(struct plan_options){.unit_rows = 10000}, &fake);
    cr_assert_eq(plan.unit_count, 1);
    cr_assert_eq(plan.units[0].site_count, 3);
    cr_assert_eq(plan.units[0].sites[0], 1);
    cr_assert_eq(plan.units[0].sites[1], 4);
    cr_assert_eq(plan.units[0].sites[2], 7);
    cr_assert_eq(plan.units[0].group_count, 5);
    plan_release(&plan);
}

Test(plan_cutting, neighbours_holes_do_not_cut_what_stays_the_same)
{
    struct coverage_building building = building_of(9, 2, 5);
    struct fake fake = {.sites = {{0}, {1, settled, 3, holes}}, .group = 3};
    struct plan plan = make(&building, 1, 1, &(struct plan_options){.unit_rows = 10000}, &fake);
    cr_assert_eq(plan.counts.due, 9 * 5 + 3);
    cr_assert_eq(plan.unit_count, 4, "one for the whole new site, one for each hole; not %zu", plan.unit_count);
    cr_assert_eq(days_of(&plan.units[0]), 9);
    cr_assert_eq(plan.units[0].sites[0], 1);
    cr_assert_str_eq(plan.units[1].groups[0], "d");
    plan_release(&plan);
}

Test(plan_cutting, order_is_by_day_then_building_then_granularity)
{
    struct coverage_building buildings[] = {building_of(4, 1, 1), building_of(2, 1, 1), building_of(4, 1, 1)};
    buildings[0].id = 9;
    buildings[2].id = 3;
    struct plan_options options = {.unit_rows = 10000, .newest_first = true, .single_slices = true};
    struct plan plan = make(buildings, 3, 2, &options, NULL);
    cr_assert_eq(plan.unit_count, 20);
    cr_assert_eq(plan.units[0].days.end, FIRST + 4);
    cr_assert_eq(plan.units[0].building->id, 9, "by the order of the coverage, not by id");
    cr_assert_str_eq(plan.units[0].granularity, "PT1H", "in the order of the coverage, not of the alphabet");
    cr_assert_str_eq(plan.units[1].granularity, "P1D");
    cr_assert_eq(plan.units[2].building->id, 3);
    cr_assert_eq(plan.units[19].days.first, FIRST);
    plan_release(&plan);
    options.newest_first = false;
    plan = make(buildings, 3, 2, &options, NULL);
    cr_assert_eq(plan.units[0].days.first, FIRST);
    cr_assert_eq(plan.units[0].building->id, 9);
    cr_assert_eq(plan.units[2].building->id, 1);
    cr_assert_eq(plan.units[19].days.first, FIRST + 3);
    plan_release(&plan);
}

Test(plan_cutting, newest_first_looks_at_the_last_day_and_oldest_first_at_the_first)
{
    struct coverage_building buildings[] = {building_of(9, 1, 1), building_of(9, 1, 1)};
    buildings[0].days.first += 2;
    buildings[1].days.end -= 2;
    struct plan plan = make(buildings, 2, 1, &(struct plan_options){.unit_rows = 10000, .newest_first = true}, NULL);
    cr_assert_eq(plan.units[0].building, &buildings[0]);
    plan_release(&plan);
    plan = make(buildings, 2, 1, &(struct plan_options){.unit_rows = 10000}, NULL);
    cr_assert_eq(plan.units[0].building, &buildings[1]);
    plan_release(&plan);
}

Test(plan_cutting, sparse_granularities_are_asked_for_by_long_ranges)
{
    static const char *const sparse[] = {"P1W", "P1M"};
    struct coverage_building building = building_of(1826, 7, 5);
    const struct coverage coverage = {
        .granularity_count = 2, .granularities = sparse, .building_count = 1, .buildings = &building};
    struct fake fake = {.group = SIZE_MAX};
    struct plan plan = {0};
    const struct plan_options options = {.unit_rows = 10000};
    cr_assert_eq(plan_make(&coverage, &options, read_fake, &fake, &plan, NULL), STATUS_OK);
    cr_assert_eq(plan.unit_count, 2 * 7, "1826 days x 35 series with room for 285 days");
    plan_release(&plan);
}

Test(plan_cutting, more_units_than_the_maximum_are_refused_before_they_are_made)
{
    struct coverage_building building = building_of(PLAN_UNITS_MAX / 2 + 1, 2, 1);
    const struct coverage coverage = {
        .granularity_count = 1, .granularities = granularities, .building_count = 1, .buildings = &building};
    struct fake fake = {.group = SIZE_MAX};
    struct plan plan = {0};
    struct err err = {0};
    const struct plan_options options = {.single_slices = true};
    cr_assert_eq(plan_make(&coverage, &options, read_fake, &fake, &plan, &err), STATUS_NOMEM);
    cr_assert(strstr(err.message, "4000002") != NULL, "%s", err.message);
}

Test(plan_cutting, more_series_than_can_be_numbered_are_refused)
{
    struct coverage_building building = building_of(1, 65536, 65536);
    const struct coverage coverage = {
        .granularity_count = 1, .granularities = granularities, .building_count = 1, .buildings = &building};
    struct plan plan = {0};
    struct err err = {0};
    cr_assert_eq(plan_make(&coverage, &(struct plan_options){.unit_rows = 1}, read_fake, NULL, &plan, &err),
                 STATUS_NOMEM);
    cr_assert(strstr(err.message, "building 1 ") != NULL, "%s", err.message);
}

/* More holes than wait at once: the sweep runs in parts (rectangles.c), here in the middle of the second site. */
enum { MANY_HOLES = 300000 };

static enum status read_many_holes(void *context, const struct coverage_building *building, const char *granularity,
                                   size_t site, size_t group, struct ledger_series *ret_series, struct err *err)
{
    (void)building;
    (void)granularity;
    (void)site;
    (void)group;
    (void)err;
    *ret_series = (struct ledger_series){.failure_count = MANY_HOLES, .failures = context};
    return STATUS_OK;
}

Test(plan_cutting, ledger_with_very_many_holes_is_swept_in_parts)
{
    struct coverage_building building = building_of(2 * MANY_HOLES, 2, 1);
    const struct coverage coverage = {
        .granularity_count = 1, .granularities = granularities, .building_count = 1, .buildings = &building};
    struct ledger_failure *failures = malloc(MANY_HOLES * sizeof *failures);
    cr_assert_not_null(failures);
    for (civil_day i = 0; i < MANY_HOLES; i++)
        failures[i] = (struct ledger_failure){{FIRST + 2 * i, FIRST + 2 * i + 1}};
    const struct plan_options options = {.filter.reprocess = PLAN_FAILED, .unit_rows = 10000};
    struct plan plan = {0};
    cr_assert_eq(plan_make(&coverage, &options, read_many_holes, failures, &plan, NULL), STATUS_OK);
    cr_assert_eq(plan.counts.failed, 2 * MANY_HOLES);
    unsigned char *seen = calloc(2, 2 * MANY_HOLES);
    cr_assert_not_null(seen);
    for (size_t i = 0; i < plan.unit_count; i++) {
        cr_assert_eq(days_of(&plan.units[i]), 1);
        for (size_t site = 0; site < plan.units[i].site_count; site++)
            seen[2 * (plan.units[i].days.first - FIRST) + plan.units[i].sites[site] - 1]++;
    }
    for (size_t i = 0; i < 4 * MANY_HOLES; i++)
        cr_assert_eq(seen[i], i / 2 % 2 == 0, "day %zu, site %zu", i / 2, i % 2);
    cr_assert(plan.unit_count > MANY_HOLES && plan.unit_count < 2 * MANY_HOLES, "%zu units", plan.unit_count);
    free(seen);
    free(failures);
    plan_release(&plan);
}
