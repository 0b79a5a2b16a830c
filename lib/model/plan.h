/*
 * From coverage and ledger to the requests that are due. Pure: no I/O, no time.
 *
 * Step 1, per series: the due days, each with one reason (due.h has the table).
 * Step 2, per building and granularity: rectangles. The days are cut where the
 * set of due series changes; within a stretch, sites with the same due groups
 * stand together; where the same sites with the same groups are due on both sides
 * of a cut, they are put together again.
 * Each rectangle is then cut so that it holds unit_rows rows at most (but never
 * less than one slice), by days first, then sites, then groups, into pieces of
 * equal size (give or take one) rather than full ones and a rest.
 *
 * Invariants (property tests hold them against a naive model with one cell per slice):
 * every due slice is in exactly one unit, no other slice is in any.
 *
 * The result is ordered newest first (by the last day of a unit) or oldest first (by its first day); ties by
 * building, then granularity in the order of the coverage, then by the first site and group, so that a plan is the
 * same every time.
 */
#ifndef OCCUPORT_MODEL_PLAN_H
#define OCCUPORT_MODEL_PLAN_H

#include "core/arena.h"
#include "model/coverage.h"

/* More requests than this are no plan: 4 million units take 224 MB. */
enum { PLAN_UNITS_MAX = 4000000 };

/* Which slices a command wants. */
enum plan_reprocess {
    PLAN_CONVERGE, /* missing, failed, open and outdated: what `run` does */
    PLAN_MISSING,  /* missing only */
    PLAN_FAILED,   /* failed only: what `retry` does */
    PLAN_ALL       /* every slice of the range, settled ones as "forced" */
};

struct plan_filter {
    enum plan_reprocess reprocess;
    bool limit_days;
    struct day_range days; /* with limit_days: cut to these; the coverage's range still bounds it */
    size_t building_count; /* 0: all; ids that the job does not hold are the caller's error */
    const int64_t *buildings;
    size_t site_count;
    const int64_t *sites;
    size_t group_count;
    const char *const *groups;
};

struct plan_options {
    struct plan_filter filter;
    int unit_rows; /* rows a unit may hold by expectation; at least 1 */
    bool newest_first;
    bool single_slices; /* every unit is one slice (the documented dialect) */
};

/* A rectangle of slices that is fetched together. Slices are numbered ((day - first) * site_count + site) * group_count
 * + group. */
struct unit {
    const struct coverage_building *building;
    const char *granularity;
    struct day_range days;
    size_t site_count;
    const int64_t *sites;
    size_t group_count;
    const char *const *groups;
    uint64_t ticket; /* of a supply (run/supply.h), which knows by it when the unit was handed out; 0 in a plan */
};

struct plan_counts {
    uint64_t due;
    uint64_t missing;
    uint64_t failed;
    uint64_t open; /* outdated settled slices count as forced */
    uint64_t forced;
};

struct plan {
    struct arena arena; /* owns units and their arrays */
    size_t unit_count;
    struct unit *units;
    struct plan_counts counts;
};

/*
 * How the planner reads the ledger: called once per series that the filter lets through, in the order building,
 * granularity, site, group. It fills *ret_series (zeroed before); what that points to must stay valid until the next
 * call. Sites and groups are indices into the building's arrays. What lies outside the coverage is ignored.
 */
typedef enum status plan_read_series(void *context, const struct coverage_building *building, const char *granularity,
                                     size_t site, size_t group, struct ledger_series *ret_series, struct err *err);

/*
 * On STATUS_OK the caller releases *ret_plan, whose units borrow from the coverage. Otherwise the failure of
 * read_series, or STATUS_NOMEM (also for more than PLAN_UNITS_MAX units).
 */
enum status plan_make(const struct coverage *coverage, const struct plan_options *options,
                      plan_read_series *read_series, void *context, struct plan *ret_plan, struct err *err) MUST_CHECK;

void plan_release(struct plan *plan);

/* Slices of a unit. */
size_t unit_slice_count(const struct unit *unit);

/* The slice number of (day, site, group), or SIZE_MAX when the unit does not hold it. */
size_t unit_slice_of(const struct unit *unit, civil_day day, int64_t site_id, const char *group_id, size_t group_size);

/* The inverse: the series and the day of a slice number below unit_slice_count. */
struct series_key unit_series_of(const struct unit *unit, size_t slice, civil_day *ret_day);

/*
 * Splits along its longest side (days, then sites, then groups at equal length). False when it is one slice.
 * The halves share the unit's arrays.
 */
bool unit_halve(const struct unit *unit, struct unit *ret_first, struct unit *ret_second) MUST_CHECK;

/* Rows expected in a unit, by granularity_rows_per_day. */
uint64_t unit_expected_rows(const struct unit *unit);

#endif
