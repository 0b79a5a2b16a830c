/*
 * How runs of one job share its slices and its budget of requests: claims
 * (store/claims.h) beside the first destination that is open, and the ledgers, which tell what another run has fetched
 * meanwhile.
 *
 * Claims only spare two runs the same work; what is stored is true without them. Where they cannot be kept, because
 * their disk is full or their file is locked, the run says so and goes on alone.
 */
#ifndef OCCUPORT_CMD_WIRE_SHARING_H
#define OCCUPORT_CMD_WIRE_SHARING_H

#include "run/sharing.h"
#include "store/claims.h"
#include "wire.h"

struct shared_run {
    struct claims *claims; /* owned; NULL: they could not be opened */
    bool is_alone;         /* they failed, and are not asked any more */
    bool cannot_look;      /* a ledger failed, and none is looked at any more */
    const struct job *job;
    struct destinations *destinations;
    enum plan_reprocess reprocess;
    int64_t planned_at; /* seconds since the epoch */
    struct sharing ops;
};

/* Borrows all pointers. On STATUS_OK the caller releases *ret_shared. STATUS_NOMEM, or a bug. */
enum status shared_run_open(const struct job *job, struct destinations *destinations, const struct claims_options *who,
                            enum plan_reprocess reprocess, struct shared_run *ret_shared, struct err *err) MUST_CHECK;
void shared_run_release(struct shared_run *shared);

/* client_options.budget: takes a request from the budget that all runs of the job share. context is the shared_run. */
int64_t shared_run_budget(void *context);

#endif
