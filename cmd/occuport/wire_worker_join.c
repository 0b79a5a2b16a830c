/*
 * From the start of a worker to the goal that it works at, before the coordinator runs. All of it is done again when
 * the database was away or others were in the way: what the attempt before it had stored is found and taken.
 */
#include "core/log.h"
#include "store/work_life.h"
#include "wire_connect.h"
#include "wire_holders.h"
#include "wire_patience.h"
#include "wire_upgrade.h"
#include "wire_worker_internal.h"

#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

struct joining {
    struct worker *worker;
    struct patience patience;
    bool has_entered; /* on the connection at hand */
    bool said;
    int64_t looked_ms; /* when it last said that it is there, and looked for who is frozen; 0: not yet */
    struct plan *plans;
    worker_plan *make;
    void *context;
};

static struct work_worker who_of(const struct worker *worker)
{
    return (struct work_worker){
        .worker_id = worker->options.run_id,
        .job = worker->job->config->name,
        .command = worker->options.command,
        .fingerprint = worker->fingerprint,
        .host = worker->host,
        .pid = getpid(),
        .lease_ms = worker->lease_ms,
    };
}

/* Nothing is wrong with this job by itself, and who comes again when the other has ended is let in. */
enum status worker_refuse(const struct worker *worker, const struct work_stranger *stranger, struct err *err)
{
    return err_set(
        err, STATUS_BUSY,
        "%s: worker %s on %s, there since %s UTC, has another form of this job (buildings, days, columns, "
        "settling, server or budget): all workers must run the same file; when it has ended, this one may run",
        worker->job->config->path, stranger->worker_id, stranger->host, stranger->started_at);
}

static enum status enter(struct joining *joining, struct err *err)
{
    struct worker *worker = joining->worker;
    struct work_stranger stranger;
    if (joining->has_entered)
        return STATUS_OK;
    enum status status = work_enter(worker->work, 0, &stranger, err);
    if (status == STATUS_OK && stranger.found)
        return worker_refuse(worker, &stranger, err);
    if (status == STATUS_OK)
        status = work_hold_session(worker->work, err);
    if (status == STATUS_OK) /* who waits for a frozen one must come to ending it */
        status = work_limit_session(worker->work, 0, worker->lease_ms / 2, err);
    joining->has_entered = status == STATUS_OK;
    return status;
}

/* False: `err` stays. */
static bool may_try_again(struct joining *joining)
{
    joining->has_entered = false;
    return patience_mend(&joining->patience, joining->worker->db);
}

static struct joining joining_of(struct worker *worker)
{
    return (struct joining){.worker = worker,
                            .patience = patience_to_begin(worker->options.interrupted, worker->job->deadline_ms)};
}

enum status worker_come(struct worker *worker, struct err *err)
{
    struct joining joining = joining_of(worker);
    const struct work_worker who = who_of(worker);
    const struct config *config = worker->job->config;
    enum status status = postgres_connect_patiently(&config->destinations[0], config->name, CONNECT_WORK,
                                                    &joining.patience, &worker->db, err);
    if (status == STATUS_OK)
        status = work_open(worker->db, &who, &worker->work, err);
    while (status == STATUS_OK) {
        status = upgrade_schema(worker->db, worker->job->now, &joining.patience, &worker->told_pid, err);
        if (status == STATUS_OK)
            status = enter(&joining, err);
        if (status != STATUS_IO || !may_try_again(&joining))
            break;
        status = STATUS_OK;
    }
    return patience_conclude(&joining.patience, status, err);
}

enum status worker_keep(struct worker *worker, struct db *db, struct err *err)
{
    int64_t now_ms = boot_ms();
    int64_t one;
    worker->keep_db = db;
    if (now_ms - worker->kept_ms < worker->lease_ms / 3)
        return STATUS_OK;
    worker->kept_ms = now_ms;
    /* What the connection of the queue says is seen with the plan, and the server ends one that is idle for long. */
    enum status status = db_query_integer(worker->db, "SELECT 1", &one, err);
    const struct work_worker who = who_of(worker);
    struct work *beside = NULL;
    if (status == STATUS_OK)
        status = work_open(db, &who, &beside, err);
    if (status == STATUS_OK)
        status = work_beat(beside, 0, NULL, NULL, NULL, err);
    work_close(beside);
    return status;
}

/* Whoever was silent for a lease counted as gone: one with another form of the job may have come meanwhile. */
static enum status look_for_strangers(struct worker *worker, struct err *err)
{
    struct work_stranger stranger;
    enum status status = work_find_stranger(worker->work, &stranger, err);
    return status == STATUS_OK && stranger.found ? worker_refuse(worker, &stranger, err) : status;
}

static enum status keep(void *context, struct err *err)
{
    struct worker *worker = context;
    return worker->keep_db != NULL ? worker_keep(worker, worker->keep_db, err) : STATUS_OK;
}

static enum status plan_and_publish(struct joining *joining, struct err *err)
{
    struct worker *worker = joining->worker;
    worker->kept_ms = boot_ms() - worker->lease_ms; /* at once: what came before it may have taken long */
    enum status status = look_for_strangers(worker, err);
    if (status == STATUS_OK)
        status = joining->make(joining->context, err);
    if (status == STATUS_OK)
        status = look_for_strangers(worker, err);
    if (status != STATUS_OK) {
        work_forgo(worker->work);
        return status;
    }
    return work_publish(worker->work, &worker->goal, joining->plans, keep, worker, err);
}

/* Another one plans: that takes a while for a large job. */
static enum status wait_for_plan(struct joining *joining, struct err *err)
{
    enum { WAIT_MS = 200 };
    if (!joining->said)
        log_info("another worker makes the plan; waiting for it");
    joining->said = true;
    if (patience_is_stopped(&joining->patience))
        return patience_conclude(&joining->patience, STATUS_IO, err);
    poll(NULL, 0, WAIT_MS);
    return STATUS_OK;
}

/* As often as one who is at work: many may wait. */
static enum status look_around(struct joining *joining, struct err *err)
{
    struct worker *worker = joining->worker;
    int64_t now_ms = boot_ms();
    if (joining->looked_ms != 0 && now_ms - joining->looked_ms < worker->lease_ms / 3)
        return STATUS_OK;
    joining->looked_ms = now_ms;
    enum status status = work_beat(worker->work, 0, NULL, NULL, NULL, err);
    return status == STATUS_OK ? holders_end(worker->db, &worker->told_pid, err) : status;
}

static enum status join(struct joining *joining, enum work_joined *ret_joined, struct err *err)
{
    struct worker *worker = joining->worker;
    enum status status = enter(joining, err);
    *ret_joined = WORK_BEHIND;
    while (status == STATUS_OK && *ret_joined == WORK_BEHIND) {
        status = look_around(joining, err);
        if (status == STATUS_OK)
            status = work_join(worker->work, &worker->goal, worker->options.is_one_of_many, ret_joined, err);
        if (status == STATUS_OK)
            patience_found(&joining->patience);
        if (status == STATUS_OK && *ret_joined == WORK_BEHIND)
            status = wait_for_plan(joining, err);
    }
    return status == STATUS_OK && *ret_joined == WORK_MUST_PLAN ? plan_and_publish(joining, err) : status;
}

static enum status finish_empty(struct worker *worker, enum work_joined joined, struct err *err)
{
    for (size_t i = 0; i < worker->job->dataset_count; i++)
        log_info("%s: %" PRIu64 " slices due for all workers, %s", worker->job->datasets[i].coverage.job,
                 worker->goal.due[i], joined == WORK_JOINED ? "planned by another" : "planned by this one");
    worker->is_late = joined == WORK_JOINED && worker->goal.is_done;
    worker->goal_is_done = worker->goal.is_done;
    return worker->goal.is_done && !worker->is_late ? work_finish(worker->work, &worker->goal, &worker->is_last, err)
                                                    : STATUS_OK;
}

enum status worker_join(struct worker *worker, const struct coverage *coverages, const struct plan_filter *filters,
                        struct plan *plans, worker_plan *make, void *context, struct err *err)
{
    struct joining joining = joining_of(worker);
    enum work_joined joined = WORK_BEHIND;
    joining.has_entered = true;
    joining.plans = plans;
    joining.make = make;
    joining.context = context;
    worker->coverages = coverages;
    enum status status = worker_make_key(worker, filters, worker->key, sizeof worker->key, err);
    const struct work_goal goal = {
        .key = worker->key,
        .priority = worker->options.priority,
        .reprocess = worker->options.reprocess,
        .planned_at = worker->job->now,
        .dataset_count = worker->job->dataset_count,
    };
    while (status == STATUS_OK) {
        worker->goal = goal;
        status = join(&joining, &joined, err);
        if (status == STATUS_OK)
            status = finish_empty(worker, joined, err);
        if (status == STATUS_OK)
            return status;
        if (status == STATUS_IO && may_try_again(&joining))
            status = STATUS_OK;
    }
    return patience_conclude(&joining.patience, status, err);
}
