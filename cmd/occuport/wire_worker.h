/*
 * A run as one of many workers: units from the queue in PostgreSQL (store/work.h) instead of a plan of its own, leases
 * kept alive, the shared budget of requests, and the fence that keeps a late writer out.
 *
 * One thread, the coordinator, does all of it on a connection of its own, ahead of need, so that the thread of the
 * engine never waits for the database. What the engine is told comes from memory: `supply`, `sharing`, the budget. A
 * lease counts as lost when it could not be renewed in time by our own clock (which runs on while the machine sleeps),
 * or when the database says so; nothing is begun of it then, and the fence refuses what is still on its way.
 *
 * Life cycle: worker_open before the destinations are opened, worker_join after that, worker_start, for each dataset
 * that worker_next gives an engine run with the ops, worker_leave, worker_close. worker_close alone is fine at any
 * point.
 */
#ifndef OCCUPORT_CMD_WIRE_WORKER_H
#define OCCUPORT_CMD_WIRE_WORKER_H

#include "fence.h"
#include "run/sharing.h"
#include "run/summary.h"
#include "run/supply.h"
#include "wire.h"

#include <signal.h>

struct worker;

/* Borrowed for the life of the worker. */
struct worker_options {
    const char *command;
    const char *run_id;
    int priority; /* of its goal: lower ones first */
    enum plan_reprocess reprocess;
    bool is_one_of_many; /* --worker: a goal that others finished just now is done, and not planned anew */
    const volatile sig_atomic_t *interrupted;
};

/* True for a job whose only destination is PostgreSQL. */
bool worker_fits(const struct job *job);

/* STATUS_CONFIG: --worker was asked for, and the job has other destinations. */
enum status worker_demand(const struct job *job, struct err *err) MUST_CHECK;

/*
 * Connects, brings the schema up to date, and says that it is there; a database that is away is waited for.
 * STATUS_BUSY: another worker of the job is at work with a job file that differs in what concerns slices or rows. The
 * caller closes *ret_worker.
 */
enum status worker_open(const struct job *job, const struct worker_options *options, struct worker **ret_worker,
                        struct err *err) MUST_CHECK;

/* As worker_leave, and frees it; accepts NULL. */
void worker_close(struct worker *worker);

/* Makes the plans of all datasets, as worker_join was given them: called when nobody else has done so. */
typedef enum status worker_plan(void *context, struct err *err);

/*
 * Joins the goal, or plans and publishes it. coverages and filters, one a dataset, say what the command wants;
 * coverages are borrowed. The plans stay with the caller. A database that is away is waited for. STATUS_INTERRUPTED: a
 * signal or the deadline came while it waited for that, or for another's plan.
 */
enum status worker_join(struct worker *worker, const struct coverage *coverages, const struct plan_filter *filters,
                        struct plan *plans, worker_plan *make, void *context, struct err *err) MUST_CHECK;

/* For `make`, as often as it likes: says that the worker lives, by db, on which nothing else is under way. */
enum status worker_keep(struct worker *worker, struct db *db, struct err *err) MUST_CHECK;

/* The slices of the goal in a dataset, whoever fetches them. */
uint64_t worker_due(const struct worker *worker, size_t dataset);

/* True when nothing is left to do: worker_start is not worth it. In words for people why, "" when the plan was empty.
 */
bool worker_is_done(const struct worker *worker, const char **ret_why);

/* The destination is one of destinations, which are open; wakeup is called from another thread when there is news. */
enum status worker_start(struct worker *worker, struct destinations *destinations, void (*wakeup)(void *context),
                         void *context, struct err *err) MUST_CHECK;

/* The next dataset to run the engine for; false: the goal is done. After a stop of the engine it need not be asked. */
bool worker_next(struct worker *worker, size_t *ret_dataset);

const struct supply *worker_supply(const struct worker *worker);
const struct sharing *worker_sharing(const struct worker *worker);

/* client_options.budget. context is the worker. */
int64_t worker_budget(void *context);

/* True for the one worker that finished the goal: it fetches the names of sites and floors. */
bool worker_is_last(const struct worker *worker);

/* How many slices of other goals of the job, which come first, were fetched here. */
uint64_t worker_helped(struct worker *worker);

/* How many slices were booked as failed here without being asked for: their unit ended every worker that had it. */
uint64_t worker_given_up(struct worker *worker);

/* How many slices of the goal failed, in all workers: known once worker_next has told that it is done. */
uint64_t worker_failed(const struct worker *worker);

/*
 * Ends the coordinator, gives back what it holds, strikes it off: as soon as nothing more is asked for, so that no hook
 * or report that takes long keeps others waiting. From then on the budget gives nothing.
 */
void worker_leave(struct worker *worker);

#endif
