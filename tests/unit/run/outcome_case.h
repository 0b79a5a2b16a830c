/*
 * An outcome of a unit of sites x groups x days that a test fills slice by slice.
 *
 * Life cycle: outcome_case_init, outcome_case_add_row and errs as wanted (slices in ascending order), read,
 * outcome_case_release.
 */
#ifndef TEST_RUN_OUTCOME_CASE_H
#define TEST_RUN_OUTCOME_CASE_H

#include "run/destination.h"

#include <criterion/criterion.h>

enum { CASE_DAY = 20209, CASE_DAYS_MAX = 40, CASE_SITES = 3, CASE_GROUPS = 2, CASE_SLICES_MAX = 240 };

struct outcome_case {
    struct zone *zone;
    struct coverage_building building;
    struct unit unit;
    struct batch batch;
    struct err failure; /* for errs to point to */
    const struct err *errs[CASE_SLICES_MAX];
    struct unit_outcome outcome;
};

static const int64_t case_sites[CASE_SITES] = {1, 2, 900000222};
static const char *const case_groups[CASE_GROUPS] = {"everyone", "owls"};

/* All complete, without a row, fetched long after they settled. */
static inline void outcome_case_init(struct outcome_case *c, const char *zone, size_t sites, size_t groups,
                                     civil_day days)
{
    *c = (struct outcome_case){.building = {.id = 71}};
    cr_assert_eq(zone_load(zone, &c->zone, NULL), STATUS_OK);
    c->building.zone = c->zone;
    c->unit = (struct unit){.building = &c->building,
                            .granularity = "PT1H",
                            .days = {CASE_DAY, CASE_DAY + days},
                            .site_count = sites,
                            .sites = case_sites,
                            .group_count = groups,
                            .groups = case_groups};
    batch_init(&c->batch, 0, 0);
    c->outcome = (struct unit_outcome){.unit = &c->unit,
                                       .batch = &c->batch,
                                       .slice_errs = c->errs,
                                       .proofs = SPAN_PROOF_COUNT,
                                       .fetched_at = (int64_t)(CASE_DAY + 400) * 86400};
}

static inline void outcome_case_release(struct outcome_case *c)
{
    batch_release(&c->batch);
    zone_free(c->zone);
}

static inline void outcome_case_add_row(struct outcome_case *c, size_t slice, int64_t seconds)
{
    const struct row row = {.slice = slice, .start = {.seconds = seconds}};
    cr_assert_eq(batch_add(&c->batch, &row, NULL), STATUS_OK);
}

#endif
