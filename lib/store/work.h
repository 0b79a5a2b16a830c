/*
 * How workers on many machines share one job: the queue of units in PostgreSQL, their leases, and the budget of
 * requests (migrations/postgres/NNNN_work_NAME.sql).
 *
 * A goal is what one command wants, cut into units. The first worker that comes publishes it, the others join. A unit
 * is leased to one worker at a time, until a time by the clock of the database; a lease that is not renewed is over,
 * and another worker gets the unit under a new lease_no. What was leased before may be known to the ledger: is_known
 * false.
 *
 * Two goals of a job at the same time (a nightly run and a backfill) never lease units with common slices at once, and
 * the one of the lower priority number goes first: workers of the other help it.
 *
 * Life cycle: work_open on a migrated database, work_enter, work_join until the goal is there, then the calls of leases
 * and budget; work_leave; work_close before db_close. One thread at a time. A failure changes nothing but where said;
 * after one that db and lib/pg call a lost connection, the same call may be made again on the new one.
 */
#ifndef OCCUPORT_STORE_WORK_H
#define OCCUPORT_STORE_WORK_H

#include "db/db.h"
#include "model/plan.h"

enum { WORK_DATASETS_MAX = 16, WORK_NAME_SIZE = 128, WORK_TIME_SIZE = 32 };

/* A goal that was finished so long ago, with nothing failed, is not planned again for a worker that comes late. */
enum { WORK_LATE_SECONDS = 300 };

/*
 * Raised when the queue, the bounds of units or the computing of slices change: it is in the fingerprint, so that an
 * older program does not join.
 */
enum { WORK_RULES = 3 };

/*
 * A fingerprint begins with so many characters for the form of the job. Behind them it says what was learned since:
 * workers that differ in this alone are no strangers, but never at the same goal.
 */
enum { WORK_FORM_SIZE = 32 };

/* Workers that have been silent for so long, by the end of their leases, do not come back to their goal. */
enum { WORK_GONE_SECONDS = 600 };

/*
 * A unit whose leases ended so often by themselves, with nothing stored, may be what ends its workers: it is leased to
 * a worker that holds nothing else, and to nobody who would try it when that ends as well.
 */
enum { WORK_EXPIRED_MOST = 5 };

struct work;

/* All texts are borrowed for the life of the work. */
struct work_worker {
    const char *worker_id; /* of the run: no other ever has it */
    const char *job;
    const char *command;
    const char *fingerprint; /* of the job, as it concerns slices and rows; see WORK_FORM_SIZE */
    const char *host;
    int64_t pid;
    int64_t lease_ms;
};

/* A worker of the same job that is there and has another form of it. */
struct work_stranger {
    bool found;
    char worker_id[WORK_NAME_SIZE];
    char host[WORK_NAME_SIZE];
    char started_at[WORK_TIME_SIZE]; /* UTC */
};

/* Borrows db. */
enum status work_open(struct db *db, const struct work_worker *worker, struct work **ret_work,
                      struct err *err) MUST_CHECK;
void work_close(struct work *work); /* accepts NULL */

/*
 * Notes that the worker is there, unless a stranger is. goal_id: what it is at already, when it comes again; 0:
 * nothing.
 */
enum status work_enter(struct work *work, int64_t goal_id, struct work_stranger *ret_stranger,
                       struct err *err) MUST_CHECK;

/* Whether one is there now: one may have come while this worker was silent, and counted as gone. */
enum status work_find_stranger(struct work *work, struct work_stranger *ret_stranger, struct err *err) MUST_CHECK;

/* Gives all leases back and strikes the worker off. */
enum status work_leave(struct work *work, struct err *err) MUST_CHECK;

/* Gives all leases back that the worker holds. */
enum status work_give_back(struct work *work, struct err *err) MUST_CHECK;

/* How many workers are at the job, of whatever command. For commands that look: false in a schema without the tables.
 */
enum status work_count_workers(struct db *db, const char *job, int64_t *ret_count, struct err *err) MUST_CHECK;

struct work_goal {
    const char *key; /* command, days, filters; borrowed */
    int priority;    /* lower ones first */
    enum plan_reprocess reprocess;
    int64_t planned_at; /* seconds since the epoch, by the clock of the planner */
    size_t dataset_count;
    uint64_t due[WORK_DATASETS_MAX]; /* slices */
    int64_t goal_id;                 /* filled in when it is joined or published */
    bool is_done;                    /* likewise: every unit of it */
};

enum work_joined {
    WORK_JOINED,   /* goal_id, due and is_done are filled in */
    WORK_BEHIND,   /* another worker plans: ask again soon */
    WORK_MUST_PLAN /* nobody does: make the plan and publish it; a transaction is open that keeps others waiting */
};

/*
 * may_be_late: a goal that was finished just now is joined as done. When a plan has to be made, leases of goals whose
 * workers have become silent are taken away, and goals that are over, or whose workers have been gone for long, are
 * dropped: nobody takes units of them any more. One of which a unit is being written just now stays.
 */
enum status work_join(struct work *work, struct work_goal *goal, bool may_be_late, enum work_joined *ret_joined,
                      struct err *err) MUST_CHECK;

/*
 * After WORK_MUST_PLAN: one plan a dataset. Commits. goal_id and due are filled in. On failure the transaction is
 * undone, as by work_forgo. Behind the commit goals that were dropped are deleted, for a third of a lease at most.
 * keep (may be NULL) is called now and then, to say elsewhere that the worker lives: a large plan takes minutes.
 */
typedef enum status work_keep(void *context, struct err *err);
enum status work_publish(struct work *work, struct work_goal *goal, const struct plan *plans, work_keep *keep,
                         void *context, struct err *err) MUST_CHECK;
void work_forgo(struct work *work);

/* The goal was replaced or deleted while this worker was away: finds the unfinished one of the same key. False: none.
 */
enum status work_find_again(struct work *work, struct work_goal *goal, bool *ret_found, struct err *err) MUST_CHECK;

struct work_lease {
    int64_t unit_id;
    int64_t lease_no;
    int64_t goal_id;
    enum plan_reprocess reprocess; /* of its goal */
    bool is_known;                 /* all its slices are due; else look at the ledger which are */
    int expired; /* leases of it in a row that ended so; more than WORK_EXPIRED_MOST: it must not be tried */
    int64_t building_id;
    const char *granularity;
    struct day_range days;
    size_t site_count;
    const int64_t *sites;
    size_t group_count;
    const char *const *groups;
};

/* The lease and its texts live during the call. */
typedef enum status work_visit_lease(void *context, const struct work_lease *lease, struct err *err);

/* Leases up to `count` units of a dataset; visits each. None is no end: see work_left. */
enum status work_claim(struct work *work, const struct work_goal *goal, size_t dataset, int count,
                       work_visit_lease *visit, void *context, struct err *err) MUST_CHECK;

/*
 * For the first units of a worker: two units that go on with each other, the same sites and groups on days that follow,
 * or none. Behind others are units of the same length, and a page that is longer proves those whole (api/pager.h).
 */
enum status work_claim_pair(struct work *work, const struct work_goal *goal, size_t dataset, work_visit_lease *visit,
                            void *context, struct err *err) MUST_CHECK;

/* What is left of a goal. */
struct work_left {
    bool is_gone;   /* there is no such goal any more */
    bool here;      /* units of the dataset may be claimed now */
    bool elsewhere; /* of another dataset */
    bool others;    /* other workers hold leases */
    bool own;
};
enum status work_look(struct work *work, const struct work_goal *goal, size_t dataset, struct work_left *ret_left,
                      struct err *err) MUST_CHECK;

/* Marks the goal as finished when all its units are done. *ret_first: nobody did before. */
enum status work_finish(struct work *work, const struct work_goal *goal, bool *ret_first, struct err *err) MUST_CHECK;

/* How many slices of a finished goal failed, whoever asked for them. */
enum status work_failed(struct work *work, const struct work_goal *goal, uint64_t *ret_slices,
                        struct err *err) MUST_CHECK;

/*
 * A rectangle of slices that were stored since the goal of a unit was planned, by whomever; building is NULL. Those
 * that failed are not among them: they have these numbers in the rectangle (model/plan.h). It lives during the call.
 */
struct work_stored {
    struct unit unit;
    size_t failed_count;
    const int64_t *failed;
};
typedef enum status work_visit_stored(void *context, const struct work_stored *stored, struct err *err);

/* Visits what of a unit was stored, and maybe more than is in it. What other programs stored only the ledger knows. */
enum status work_each_stored(struct work *work, int64_t unit_id, work_visit_stored *visit, void *context,
                             struct err *err) MUST_CHECK;

/* So many slices of a unit that we hold were found done already; a unit of which all are is done. */
enum status work_note_found(struct work *work, int64_t unit_id, int64_t lease_no, uint64_t slices,
                            struct err *err) MUST_CHECK;

/*
 * A unit that we hold is done without being tried: so many of its slices count as failed. In the transaction of the
 * caller, who books them. *ret_held: it is ours still; false: nothing was changed.
 */
enum status work_give_up(struct work *work, int64_t unit_id, int64_t lease_no, uint64_t failed_slices, bool *ret_held,
                         struct err *err) MUST_CHECK;

typedef void work_visit_held(void *context, int64_t unit_id, int64_t lease_no);

/*
 * Renews the leases of these units and says that the worker lives. Visits what it holds: a lease that is not visited is
 * done or lost. What it holds without knowing, since an answer was lost, is visited and not renewed.
 */
enum status work_beat(struct work *work, size_t count, const int64_t *units, work_visit_held *visit, void *context,
                      struct err *err) MUST_CHECK;

/*
 * Reserves `count` requests of the budget of `rate` a second. *ret_wait_ms: when the first may go; the others follow at
 * intervals of 1 / rate. *ret_workers: who share it, this one included.
 */
enum status work_reserve(struct work *work, double rate, int count, double *ret_wait_ms, int64_t *ret_workers,
                         struct err *err) MUST_CHECK;

#endif
