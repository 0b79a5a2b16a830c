/*
 * What keeps a late writer out: the leases of outcomes, looked at and counted in the transaction that stores them.
 *
 * Life cycle: work_fence_open on the connection of the destination; inside a transaction of it work_fence_hold, then
 * work_fence_note and work_fence_log; work_fence_close before that connection is closed.
 */
#ifndef OCCUPORT_STORE_WORK_FENCE_H
#define OCCUPORT_STORE_WORK_FENCE_H

#include "db/db.h"
#include "model/plan.h"

struct work_fence;

/* Borrows all. A transaction that rests for lease_ms, as a frozen process lets it, is ended by the server. */
enum status work_fence_open(struct db *db, const char *worker_id, int64_t lease_ms, struct work_fence **ret_fence,
                            struct err *err) MUST_CHECK;
void work_fence_close(struct work_fence *fence); /* accepts NULL */

struct work_held {
    int64_t goal_id;
    int64_t unit_id;
    int64_t lease_no;
    bool is_held;         /* filled in by work_fence_hold */
    uint64_t done_slices; /* what the transaction adds */
    uint64_t failed_slices;
};

/* Which of the leases are ours still; those stay so until the transaction ends. */
enum status work_fence_hold(struct work_fence *fence, size_t count, struct work_held *leases,
                            struct err *err) MUST_CHECK;

/* Adds the slices to the leases that are held, and renews them. */
enum status work_fence_note(struct work_fence *fence, size_t count, const struct work_held *leases,
                            struct err *err) MUST_CHECK;

/* Which lease wrote what; failed: the numbers of the slices in the rectangle (model/plan.h) that are not stored. */
enum status work_fence_log(struct work_fence *fence, const struct work_held *lease, const struct unit *written,
                           size_t failed_count, const int64_t *failed, struct err *err) MUST_CHECK;

#endif
