/*
 * The due days of one series: step 1 of the plan. Pure; for lib/model only.
 *
 * The state of a slice, by the ledger: failed when a failure covers it, whatever
 * rows are there; else missing when no span covers it; else open or settled as
 * its span says. Why it is due:
 *
 *              PLAN_CONVERGE                PLAN_MISSING  PLAN_FAILED  PLAN_ALL
 *   failed     failed                       -             failed       failed
 *   missing    missing                      missing       -            missing
 *   open       open                         -             -            open
 *   settled    forced when outdated, else - -             -            forced
 */
#ifndef OCCUPORT_MODEL_DUE_H
#define OCCUPORT_MODEL_DUE_H

#include "model/plan.h"

/* Walks over one series. Set the first three, zero the rest. The ledger must stay valid. */
struct due_walk {
    const struct ledger_series *ledger;
    enum plan_reprocess reprocess;
    struct day_range left; /* the days still to be looked at */
    size_t span;           /* the first that may still matter */
    size_t failure;
};

/*
 * The next stretch of due days, as long as it goes whatever the reasons; each day is added to *counts under its
 * reason. False when none is left.
 */
bool due_next(struct due_walk *walk, struct plan_counts *counts, struct day_range *ret_days) MUST_CHECK;

#endif
