/*
 * The sessions of workers: who is frozen and holds what others wait for, and how long a call of this one may take. Part
 * of the queue (store/work.h), for the same struct work and by the same rules.
 */
#ifndef OCCUPORT_STORE_WORK_LIFE_H
#define OCCUPORT_STORE_WORK_LIFE_H

#include "store/work.h"

/*
 * The session of `work` becomes that of its worker, for others to see; call it again after a reconnect. An older one of
 * the worker is ended.
 */
enum status work_hold_session(struct work *work, struct err *err) MUST_CHECK;

/* Another session that stores rows for the worker: others find it by this as long as it is there. */
enum status work_hold_lane(struct db *db, const char *worker_id, struct err *err) MUST_CHECK;

/*
 * From now on no statement of the session takes longer than most_ms, nor waits for a lock longer than lock_ms: it fails
 * as one that may be tried again. 0: without a limit.
 */
enum status work_limit_session(struct work *work, int64_t most_ms, int64_t lock_ms, struct err *err) MUST_CHECK;

/*
 * Gives back what the worker holds beside these units: of a claim whose answer was lost. What another transaction of it
 * is at stays.
 */
enum status work_give_back_others(struct work *work, size_t count, const int64_t *units, struct err *err) MUST_CHECK;

/* A worker that has been silent for two leases while it is in a transaction. */
struct work_holder {
    char worker_id[WORK_NAME_SIZE];
    char host[WORK_NAME_SIZE];
    int64_t pid;    /* of its session, on the server */
    bool was_tried; /* it was among those to be ended */
    bool is_ended;  /* else this user may not end it */
};

typedef void work_visit_holder(void *context, const struct work_holder *holder);

/*
 * Visits the sessions of those in the schema, of whatever job, and ends these of them. On any connection. When the
 * clock of the database is set forward all workers look silent at once, until each has said again that it lives: so end
 * only what was visited before, and still is at a second look when all had time for that.
 */
enum status work_end_holders(struct db *db, int64_t lease_ms, size_t count, const int64_t *pids,
                             work_visit_holder *visit, void *context, struct err *err) MUST_CHECK;

#endif
