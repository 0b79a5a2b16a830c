/* Outcomes of units, for the tests of destinations: what was fetched of each slice as one digit a value. */
#ifndef OCCUPORT_TESTS_WIRE_OUTCOMES_H
#define OCCUPORT_TESTS_WIRE_OUTCOMES_H

#include "wire.h"

enum { OUTCOME_MAY_DAY = 20209, OUTCOME_SLICES_MAX = 4, OUTCOME_HOURS_MAX = 8 }; /* 2025-05-01 */

/* What came of one unit: for each of its slices, in order, a digit a value of its hours; "-": no row. */
struct fetched {
    size_t first_site;
    size_t site_count;
    civil_day first_day; /* from OUTCOME_MAY_DAY */
    civil_day days;
    const char *slices[OUTCOME_SLICES_MAX];
};

struct kept {
    struct unit unit;
    struct batch batch; /* to be released by batch_release */
    struct value values[OUTCOME_SLICES_MAX][OUTCOME_HOURS_MAX];
    char starts[OUTCOME_SLICES_MAX][OUTCOME_HOURS_MAX][32];
    const struct err *errs[OUTCOME_SLICES_MAX];
    struct unit_outcome outcome;
};

/* Of hours (PT1H) of the building's first group; *to must stay where it is. */
void outcome_make(struct kept *to, const struct coverage_building *building, const struct fetched *from,
                  int64_t fetched_at);

/*
 * Opens a job as of `now` with building 71, its sites 1 and 2 and group g, for the first ten days of May 2025, in a
 * folder of its own, which becomes the working directory. more: the lines that are left, destinations among them.
 */
void outcome_job_open(int64_t now, const char *more, struct job *ret_job);

/* Releases it, and removes the working directory. */
void outcome_job_close(struct job *job);

#endif
