/* The connection of the coordinator, and what becomes of a call that failed. */
#include "core/log.h"
#include "pg/pg.h"
#include "store/work_life.h"
#include "wire_worker_internal.h"

/*
 * A connection that is new: others see whose it is, and no call of the coordinator outlives half a lease. The server
 * may be another one, which has never heard of the worker or has forgotten it; one with another form of the job may
 * have come while this one counted as gone.
 */
enum status worker_settle(struct worker *worker, struct err *err)
{
    struct work_stranger stranger = {0};
    enum status status = work_hold_session(worker->work, err);
    if (status == STATUS_OK)
        status = work_limit_session(worker->work, worker->lease_ms / 2, 0, err);
    if (status == STATUS_OK)
        status = work_enter(worker->work, worker->goal.goal_id, &stranger, err);
    if (status == STATUS_OK && stranger.found)
        status = worker_refuse(worker, &stranger, err);
    worker->is_settled = status == STATUS_OK;
    return status;
}

/* True: the coordinator must end. */
static bool nap(struct worker *worker, int64_t milliseconds)
{
    int64_t until_ms = boot_ms() + milliseconds;
    pthread_mutex_lock(&worker->lock);
    while (!worker->must_stop && boot_ms() < until_ms) {
        struct timespec until = cond_deadline(until_ms - boot_ms());
        pthread_cond_timedwait(&worker->asked, &worker->lock, &until);
    }
    bool stop = worker->must_stop;
    pthread_mutex_unlock(&worker->lock);
    return stop;
}

/* What they know may be of another server, on which a number is another series. They are opened when needed. */
static void forget_ledgers(struct worker *worker)
{
    for (size_t i = 0; i < JOB_DATASETS_MAX; i++) {
        ledger_close(worker->ledgers[i]);
        worker->ledgers[i] = NULL;
    }
}

static enum status reconnect(struct worker *worker, struct err *err)
{
    enum { FIRST_MS = 100, MOST_MS = 5000 };
    int64_t begun_ms = boot_ms();
    int64_t wait_ms = FIRST_MS;
    log_warn("the queue of work is out of reach, trying again: %s", err->message);
    while (pg_trouble(worker->db) == PG_TROUBLE_LOST && boot_ms() - begun_ms < worker->away_ms) {
        if (nap(worker, wait_ms))
            return STATUS_OK;
        wait_ms = wait_ms * 2 < MOST_MS ? wait_ms * 2 : MOST_MS;
        if (pg_reconnect(worker->db, err) == STATUS_OK) {
            log_info("the queue of work is back");
            forget_ledgers(worker);
            pthread_mutex_lock(&worker->lock);
            worker->beat_due_ms = 0;
            worker->is_settled = false;
            pthread_mutex_unlock(&worker->lock);
            return STATUS_OK;
        }
    }
    return err->kind;
}

/*
 * Others are in the way, or a call takes longer than one may: again, and more and more seldom while that goes on. It is
 * told once a lease when it was not over at once: something may be in the way for good.
 */
static int64_t again_in_ms(struct worker *worker, const struct err *failure)
{
    enum { FIRST_MS = 20, DOUBLED_MOST = 6 };
    int64_t now_ms = boot_ms();
    bool goes_on = now_ms - worker->again_ms < worker->lease_ms;
    worker->again_count = goes_on ? worker->again_count + 1 : 0;
    worker->again_ms = now_ms;
    if (worker->again_count > 1 && now_ms - worker->again_told_ms >= worker->lease_ms) {
        log_warn("the queue of work: %s; trying again", failure->message);
        worker->again_told_ms = now_ms;
    }
    int64_t wait_ms = (int64_t)FIRST_MS << (worker->again_count < DOUBLED_MOST ? worker->again_count : DOUBLED_MOST);
    int64_t most_ms = worker->lease_ms / 30;
    return wait_ms < most_ms ? wait_ms : most_ms;
}

void worker_recover(struct worker *worker, const struct err *failure)
{
    struct err err = *failure;
    enum pg_trouble trouble = pg_trouble(worker->db);
    enum status status = failure->kind;
    if (trouble == PG_TROUBLE_AGAIN && !nap(worker, again_in_ms(worker, failure)))
        status = STATUS_OK;
    else if (trouble == PG_TROUBLE_LOST)
        status = reconnect(worker, &err);
    if (status == STATUS_OK)
        return;
    pthread_mutex_lock(&worker->lock);
    worker->failure = err;
    err_prefix(&worker->failure, "the queue of work");
    pthread_mutex_unlock(&worker->lock);
}
