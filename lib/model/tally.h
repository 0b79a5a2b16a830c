/*
 * How much of a coverage is held: states counted by building and day. Pure.
 *
 * Works by intervals (difference arrays), so years of thousands of series cost milliseconds; memory is one small
 * cell a building and day.
 */
#ifndef OCCUPORT_MODEL_TALLY_H
#define OCCUPORT_MODEL_TALLY_H

#include "model/plan.h"

/* Series that are named in a tally. */
enum { TALLY_NAMED_MAX = 5 };

struct tally_counts {
    uint64_t due; /* every slice of the coverage: the sum of the next four */
    uint64_t settled;
    uint64_t open;
    uint64_t missing;
    uint64_t failed;
    uint64_t empty; /* of the settled and open ones: without a row; weekly and monthly series are not counted */
};

struct tally_day {
    int32_t settled;
    int32_t open;
    int32_t failed;
    int32_t missing;
};

struct tally_building {
    const struct coverage_building *building;
    struct tally_day *days; /* one a day of building->days */
    struct tally_counts counts;
};

struct tally {
    struct arena arena;
    size_t building_count;
    struct tally_building *buildings;
    struct tally_counts counts;
    bool has_newest;
    civil_day newest;                              /* the newest day with a settled or open slice */
    int64_t newest_end;                            /* when it ended in its building's zone, seconds since the epoch */
    uint64_t series_never_seen;                    /* series with fetched days and not one row in any */
    struct series_key never_seen[TALLY_NAMED_MAX]; /* the first of them; texts of the coverage */
};

/* Outdated spans (fetched with fewer columns) count as open. On STATUS_OK the caller releases *ret_tally. */
enum status tally_make(const struct coverage *coverage, plan_read_series *read_series, void *context,
                       struct tally *ret_tally, struct err *err) MUST_CHECK;

void tally_release(struct tally *tally);

/* The state that a day of a building shows: the worst of its slices, in the order failed, missing, open, settled. */
enum slice_state tally_day_state(const struct tally_day *day);

#endif
