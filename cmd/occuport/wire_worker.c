#include "wire_worker.h"

#include "core/commit_point.h"
#include "core/log.h"
#include "pg/pg.h"
#include "store/work_life.h"
#include "wire_worker_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool worker_fits(const struct job *job)
{
    return job->config->destination_count == 1 && job->config->destinations[0].kind == CONFIG_DESTINATION_POSTGRES;
}

enum status worker_demand(const struct job *job, struct err *err)
{
    const struct config *config = job->config;
    for (size_t i = 0; i < config->destination_count; i++) {
        if (config->destinations[i].kind != CONFIG_DESTINATION_POSTGRES)
            return err_set(err, STATUS_CONFIG,
                           "%s: --worker shares the work through PostgreSQL, and this job also writes to %s, which no "
                           "worker on another machine sees: leave it out, or run without --worker",
                           config->path, config->destinations[i].path);
    }
    if (!worker_fits(job))
        return err_set(err, STATUS_CONFIG, "%s: --worker needs a job with one destination, which is PostgreSQL",
                       config->path);
    return STATUS_OK;
}

enum status worker_open(const struct job *job, const struct worker_options *options, struct worker **ret_worker,
                        struct err *err)
{
    struct worker *worker = calloc(1, sizeof *worker);
    if (worker == NULL)
        return err_nomem(err);
    *worker = (struct worker){.job = job,
                              .options = *options,
                              .workers = 1,
                              .idle_ms = INT64_MAX,
                              .lease_ms = (int64_t)TEST_LIMIT("work.lease_ms", WORKER_LEASE_MS),
                              .away_ms = (int64_t)TEST_LIMIT("work.away_ms", WORKER_AWAY_MS)};
    pthread_mutex_init(&worker->lock, NULL);
    pthread_mutex_init(&worker->fence_lock, NULL);
    cond_init(&worker->asked);
    cond_init(&worker->change);
    *ret_worker = worker;
    if (gethostname(worker->host, sizeof worker->host - 1) != 0)
        snprintf(worker->host, sizeof worker->host, "?");
    enum status status = worker_make_fingerprint(job, worker->fingerprint, sizeof worker->fingerprint, err);
    return status == STATUS_OK ? worker_come(worker, err) : status;
}

static void free_leases(struct lease *lease)
{
    while (lease != NULL) {
        struct lease *next = lease->next;
        lease_free(lease);
        lease = next;
    }
}

void worker_close(struct worker *worker)
{
    if (worker == NULL)
        return;
    worker_leave(worker);
    for (size_t i = 0; i < JOB_DATASETS_MAX; i++)
        ledger_close(worker->ledgers[i]);
    work_close(worker->work);
    db_close(worker->db);
    free_leases(worker->leases);
    free_leases(worker->over);
    free(worker->ready.list.units);
    free(worker->refused);
    arena_release(&worker->arena);
    pthread_cond_destroy(&worker->asked);
    pthread_cond_destroy(&worker->change);
    pthread_mutex_destroy(&worker->lock);
    pthread_mutex_destroy(&worker->fence_lock);
    free(worker);
}

uint64_t worker_due(const struct worker *worker, size_t dataset)
{
    return worker->goal.due[dataset];
}

bool worker_is_done(const struct worker *worker, const char **ret_why)
{
    *ret_why = worker->is_late ? "other workers have just fetched all of it" : "";
    return worker->goal.is_done;
}

static int create_deaf(struct worker *worker)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failure = pthread_create(&worker->thread, NULL, worker_coordinate, worker);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failure;
}

enum status worker_start(struct worker *worker, struct destinations *destinations, void (*wakeup)(void *context),
                         void *context, struct err *err)
{
    struct opened_destination *to = &destinations->items[0];
    worker->destinations = destinations;
    worker->wakeup = wakeup;
    worker->wakeup_context = context;
    worker->renewed_ms = boot_ms();
    worker->claim_due_ms = worker->renewed_ms;
    worker->dataset = SIZE_MAX;
    worker->dataset_is_over = true; /* until one is chosen */
    worker->taken_before = worker->job->config->fetch.concurrency;
    worker_make_fence(worker);
    worker_make_ops(worker);
    to->set_fence(to->ops.context, &worker->fence);
    int failure = create_deaf(worker);
    if (failure != 0)
        return err_set_errno(err, STATUS_BUG, failure, "cannot start a thread");
    worker->has_thread = true;
    (void)pthread_setname_np(worker->thread, "coordinator");
    return STATUS_OK;
}

bool worker_next(struct worker *worker, size_t *ret_dataset)
{
    pthread_mutex_lock(&worker->lock);
    bool more = !worker->goal_is_done;
    if (more) {
        worker->dataset = worker->dataset == SIZE_MAX ? 0 : (worker->dataset + 1) % worker->job->dataset_count;
        worker->dataset_is_over = false;
        worker->is_fresh = worker->job->config->fetch.verify != CONFIG_VERIFY_COUNT;
        worker->idle_ms = INT64_MAX;
        worker->claim_due_ms = 0;
        *ret_dataset = worker->dataset;
        pthread_cond_signal(&worker->asked);
    }
    pthread_mutex_unlock(&worker->lock);
    return more;
}

const struct supply *worker_supply(const struct worker *worker)
{
    return &worker->supply;
}

const struct sharing *worker_sharing(const struct worker *worker)
{
    return &worker->sharing;
}

bool worker_is_last(const struct worker *worker)
{
    return worker->is_last;
}

uint64_t worker_given_up(struct worker *worker)
{
    pthread_mutex_lock(&worker->lock);
    uint64_t slices = worker->given_up;
    pthread_mutex_unlock(&worker->lock);
    return slices;
}

uint64_t worker_helped(struct worker *worker)
{
    pthread_mutex_lock(&worker->lock);
    uint64_t slices = worker->helped;
    pthread_mutex_unlock(&worker->lock);
    return slices;
}

uint64_t worker_failed(const struct worker *worker)
{
    return worker->slices_failed;
}

/* A call that waits for a lock, or for a server that is frozen, is not waited for: its connection is given up. */
static void end_thread(struct worker *worker)
{
    struct timespec until = cond_deadline(WORKER_STOP_MS);
    int waited = 0;
    pthread_mutex_lock(&worker->lock);
    worker->must_stop = true;
    pthread_cond_broadcast(&worker->asked);
    while (!worker->has_ended && waited == 0)
        waited = pthread_cond_timedwait(&worker->change, &worker->lock, &until);
    bool hangs = !worker->has_ended;
    pthread_mutex_unlock(&worker->lock);
    if (hangs)
        pg_give_up(worker->db);
    pthread_join(worker->thread, NULL);
    worker->has_thread = false;
}

static void stop(struct worker *worker)
{
    if (worker->has_thread)
        end_thread(worker);
    if (worker->destinations != NULL && worker->destinations->count > 0) {
        struct opened_destination *to = &worker->destinations->items[0];
        to->set_fence(to->ops.context, NULL);
    }
    worker->destinations = NULL;
    for (size_t i = 0; i < FENCE_LANES; i++) {
        work_fence_close(worker->fence_works[i]);
        worker->fence_works[i] = NULL;
    }
}

static enum status leave_soon(struct worker *worker, struct err *err)
{
    enum status status = work_limit_session(worker->work, WORKER_LEAVE_MS, 0, err);
    return status == STATUS_OK ? work_leave(worker->work, err) : status;
}

/* After a lost connection once more on a new one: others need not wait for the leases to end then. */
static void leave(struct worker *worker)
{
    struct err err;
    if (worker->work == NULL || leave_soon(worker, &err) == STATUS_OK)
        return;
    if (pg_trouble(worker->db) == PG_TROUBLE_LOST && pg_reconnect(worker->db, &err) == STATUS_OK &&
        leave_soon(worker, &err) == STATUS_OK)
        return;
    log_warn("the leases of this worker end by themselves: %s", err.message);
}

void worker_leave(struct worker *worker)
{
    stop(worker);
    if (!worker->has_left)
        leave(worker);
    worker->has_left = true;
}
