/*
 * How runs of one job on one machine share the work.
 *
 * Kept in a small database of its own beside the destination (PATH.claims):
 * claims only matter while their owner lives, so nothing here needs to survive
 * a power cut, and a claim costs microseconds where a synced transaction costs
 * milliseconds. Deleting the file while no run is going on harms nothing.
 *
 * An owner is a process: pid, boot id and the time it started, which together
 * no other process ever has. What a dead owner held is free. An owner of lower priority (a backfill)
 * lets the others (the nightly run) go first.
 *
 * The file also holds the job's budget of requests: one token bucket for all
 * owners, in the time of CLOCK_BOOTTIME, which is the same for all processes of the machine.
 */
#ifndef OCCUPORT_STORE_CLAIMS_H
#define OCCUPORT_STORE_CLAIMS_H

#include "model/plan.h"

struct claims;

enum claims_priority { CLAIMS_BACKGROUND, CLAIMS_NIGHTLY };

struct claims_options {
    const char *path; /* of the claims file */
    const char *run_id;
    const char *command;
    enum claims_priority priority;
};

/* The caller owns *ret_claims. STATUS_CANTCREATE or STATUS_IO when the file cannot be used. */
enum status claims_open(const struct claims_options *options, struct claims **ret_claims, struct err *err) MUST_CHECK;

/* Frees what this owner claimed; accepts NULL. */
void claims_close(struct claims *claims);

/*
 * Claims all slices of a unit, or none of them: *ret_taken false means that another living owner holds some.
 * A unit claimed twice by the same owner is a bug of the caller. *ret_others, unless NULL: as claims_others_seen tells,
 * in the same look at the file.
 */
enum status claims_take(struct claims *claims, const struct unit *unit, bool *ret_taken, bool *ret_others,
                        struct err *err) MUST_CHECK;

/* Gives units back, all at once; call it after their slices were committed. */
enum status claims_release(struct claims *claims, const struct unit *units, size_t count, struct err *err) MUST_CHECK;

/* True when another owner was there at any time since claims_open: what was due then may have been fetched by it. */
enum status claims_others_seen(struct claims *claims, bool *ret_seen, struct err *err) MUST_CHECK;

/* True while a living owner of higher priority is there. */
enum status claims_must_yield(struct claims *claims, bool *ret_yield, struct err *err) MUST_CHECK;

/*
 * Takes one request from the budget of `rate` requests a second (> 0; at most one second's worth is saved up).
 * *ret_wait_ms: 0, it was taken; else nothing was, ask again after so long.
 */
enum status claims_take_request(struct claims *claims, double rate, int64_t *ret_wait_ms, struct err *err) MUST_CHECK;

#endif
