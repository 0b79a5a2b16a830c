/* The coordinator: the only thread that talks to the queue while the engine runs. */
#include "store/work_life.h"
#include "wire_holders.h"
#include "wire_worker_internal.h"

enum task { TASK_REST, TASK_SETTLE, TASK_BEAT, TASK_RESERVE, TASK_CLAIM, TASK_GIVE_BACK };

static int wanted_units(const struct worker *worker)
{
    int most = worker->job->config->fetch.concurrency * 2;
    int recent = worker->taken > worker->taken_before ? worker->taken : worker->taken_before;
    int wanted = recent + 1 < most ? recent + 1 : most;
    int ready = (int)(worker->ready.list.count - worker->ready.front);
    int room = WORKER_HELD_MAX - (int)worker->held;
    wanted = wanted - ready < room ? wanted - ready : room;
    return wanted > 0 ? wanted : 0;
}

/* The engine has done all it got, and leases are left that are not done: of units that were dropped on the way. */
static bool has_orphans(const struct worker *worker, int64_t now_ms)
{
    return worker->held > 0 && worker->idle_ms != INT64_MAX && now_ms - worker->idle_ms >= WORKER_ORPHAN_MS &&
           worker->ready.list.count == worker->ready.front;
}

/* With the lock held. *ret_wait_ms: when to ask again, for TASK_REST. */
static enum task next_task(const struct worker *worker, int64_t *ret_wait_ms)
{
    int64_t now_ms = boot_ms();
    if (!worker->is_settled)
        return TASK_SETTLE;
    if (now_ms >= worker->beat_due_ms)
        return TASK_BEAT;
    if (worker_wants_budget(worker))
        return TASK_RESERVE;
    if (has_orphans(worker, now_ms))
        return TASK_GIVE_BACK;
    *ret_wait_ms = worker->beat_due_ms - now_ms;
    if (worker->goal_is_done || worker->dataset_is_over || wanted_units(worker) == 0)
        return TASK_REST;
    if (now_ms >= worker->claim_due_ms)
        return TASK_CLAIM;
    if (worker->claim_due_ms - now_ms < *ret_wait_ms)
        *ret_wait_ms = worker->claim_due_ms - now_ms;
    return TASK_REST;
}

static void note_held(void *context, int64_t unit_id, int64_t lease_no)
{
    struct worker *worker = context;
    bool is_known = false;
    pthread_mutex_lock(&worker->lock);
    for (struct lease *lease = worker->leases; lease != NULL; lease = lease->next) {
        if (lease->unit_id != unit_id || lease->lease_no != lease_no)
            continue;
        lease->beat = worker->beats;
        is_known = true;
    }
    worker->holds_others = worker->holds_others || !is_known;
    pthread_mutex_unlock(&worker->lock);
}

/* A lease that the database does not tell of any more is done, or another worker's. */
static void drop_unseen(struct worker *worker, int64_t sent_ms)
{
    for (struct lease *lease = worker->leases, *next; lease != NULL; lease = next) {
        next = lease->next;
        if (lease->beat == worker->beats)
            lease->until_ms = sent_ms + worker->lease_ms;
        else
            lease_end(worker, lease);
    }
}

static enum status beat(struct worker *worker, struct err *err)
{
    int64_t units[WORKER_HELD_MAX * 2];
    size_t count = 0;
    int64_t sent_ms = boot_ms();
    pthread_mutex_lock(&worker->lock);
    worker->beats++;
    worker->holds_others = false;
    for (const struct lease *lease = worker->leases; lease != NULL && count < WORKER_HELD_MAX * 2; lease = lease->next)
        units[count++] = lease->unit_id;
    pthread_mutex_unlock(&worker->lock);
    enum status status = work_beat(worker->work, count, units, note_held, worker, err);
    if (status != STATUS_OK)
        return status;
    pthread_mutex_lock(&worker->lock);
    drop_unseen(worker, sent_ms);
    if (sent_ms - worker->renewed_ms > worker->lease_ms) /* it counted as gone, and may have been struck off */
        worker->is_settled = false;
    worker->renewed_ms = sent_ms;
    worker->beat_due_ms = sent_ms + worker->lease_ms / 3;
    pthread_mutex_unlock(&worker->lock);
    if (worker->holds_others)
        status = work_give_back_others(worker->work, count, units, err);
    if (status != STATUS_OK)
        return status;
    return holders_end(worker->db, &worker->told_pid, err);
}

/* A reservation holds about half a second of what is our share. */
static enum status reserve(struct worker *worker, struct err *err)
{
    double rate = worker->job->config->fetch.requests_per_second;
    double wait_ms = 0;
    int count = (int)(rate / (double)worker->workers / 2);
    if (count < 1)
        count = 1;
    enum status status = work_reserve(worker->work, rate, count, &wait_ms, &worker->workers, err);
    if (status != STATUS_OK)
        return status;
    pthread_mutex_lock(&worker->lock);
    worker->share = count;
    worker->blocks[worker->block_count++] = (struct block){(double)boot_ms() + wait_ms, 1000 / rate, count};
    pthread_mutex_unlock(&worker->lock);
    return STATUS_OK;
}

static enum status give_back(struct worker *worker, struct err *err)
{
    enum status status = work_give_back(worker->work, err);
    pthread_mutex_lock(&worker->lock);
    if (status == STATUS_OK)
        leases_end_all(worker);
    worker->claim_due_ms = 0;
    pthread_mutex_unlock(&worker->lock);
    return status;
}

static enum status run_task(struct worker *worker, enum task task, int units, struct err *err)
{
    switch (task) {
    case TASK_SETTLE: return worker_settle(worker, err);
    case TASK_BEAT: return beat(worker, err);
    case TASK_RESERVE: return reserve(worker, err);
    case TASK_CLAIM: return worker_claim(worker, units, err);
    case TASK_GIVE_BACK: return give_back(worker, err);
    case TASK_REST:
    default: return STATUS_OK;
    }
}

/* With the lock held. True when the coordinator must end. */
static bool rest(struct worker *worker, int64_t milliseconds)
{
    struct timespec until = cond_deadline(milliseconds);
    if (!worker->must_stop)
        pthread_cond_timedwait(&worker->asked, &worker->lock, &until);
    return worker->must_stop;
}

void *worker_coordinate(void *context)
{
    struct worker *worker = context;
    pthread_mutex_lock(&worker->lock);
    while (!worker->must_stop && worker->failure.kind == STATUS_OK) {
        struct err err = {0};
        int64_t wait_ms = 0;
        enum task task = next_task(worker, &wait_ms);
        int units = wanted_units(worker);
        if (task == TASK_REST) {
            (void)rest(worker, wait_ms);
            continue;
        }
        pthread_mutex_unlock(&worker->lock);
        if (run_task(worker, task, units, &err) != STATUS_OK)
            worker_recover(worker, &err);
        worker->wakeup(worker->wakeup_context);
        pthread_mutex_lock(&worker->lock);
        pthread_cond_broadcast(&worker->change);
    }
    worker->has_ended = true;
    pthread_cond_broadcast(&worker->change);
    pthread_mutex_unlock(&worker->lock);
    return NULL;
}
