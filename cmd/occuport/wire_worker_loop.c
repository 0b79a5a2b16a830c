/* The coordinator: the only thread that talks to the queue while the engine runs. */
#include "store/work_life.h"
#include "wire_holders.h"
#include "wire_worker_internal.h"

#include <stdlib.h>

enum task { TASK_REST, TASK_SETTLE, TASK_BEAT, TASK_RESERVE, TASK_CLAIM, TASK_GIVE_BACK };

/* What one claim brought; no lock held. */
struct claimed {
    struct worker *worker;
    struct lease *first; /* the leases, in the order they came */
    size_t count;
    size_t known_count; /* of leases that have to be looked at: copies of what they were made of */
    struct work_lease *known;
    struct lease **of;
};

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

static enum status visit_lease(void *context, const struct work_lease *from, struct err *err)
{
    struct claimed *claimed = context;
    struct worker *worker = claimed->worker;
    pthread_mutex_lock(&worker->lock);
    struct lease *lease = lease_adopt(worker, worker->dataset, from, err);
    pthread_mutex_unlock(&worker->lock);
    if (lease == NULL)
        return err->kind;
    struct lease **at = &claimed->first;
    while (*at != NULL)
        at = &(*at)->next;
    *at = lease;
    claimed->count++;
    if (from->is_known)
        return STATUS_OK;
    struct work_lease *known = reallocarray(claimed->known, claimed->known_count + 1, sizeof *known);
    if (known != NULL)
        claimed->known = known;
    struct lease **of = reallocarray(claimed->of, claimed->known_count + 1, sizeof(struct lease *));
    if (of != NULL)
        claimed->of = of;
    if (known == NULL || of == NULL)
        return err_nomem(err);
    claimed->known[claimed->known_count] = *from; /* its numbers alone are used */
    claimed->of[claimed->known_count++] = lease;
    return STATUS_OK;
}

static bool must_look(const struct claimed *claimed, const struct lease *lease)
{
    for (size_t i = 0; i < claimed->known_count; i++) {
        if (claimed->of[i] == lease)
            return true;
    }
    return false;
}

static void hold(struct worker *worker, struct lease *lease, int64_t sent_ms)
{
    lease->until_ms = sent_ms + worker->lease_ms;
    worker->claimed_ms = sent_ms;
    lease->next = worker->leases;
    worker->leases = lease;
    worker->held++;
}

/* What is due of units that others had before. Those of which nothing is are over. */
static enum status find_rests(struct worker *worker, const struct claimed *claimed, struct unit_list *rest,
                              struct err *err)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < claimed->known_count; i++) {
        size_t before = rest->count;
        status = worker_trim(worker, claimed->of[i], &claimed->known[i], rest, err);
        claimed->of[i]->is_over = rest->count == before;
    }
    return status;
}

/* With the lock held: the leases become ours. What nobody had before is due as a whole. */
static enum status hold_all(struct worker *worker, struct claimed *claimed, int64_t sent_ms, struct unit_list *units,
                            struct err *err)
{
    enum status status = STATUS_OK;
    while (claimed->first != NULL) {
        struct lease *lease = claimed->first;
        bool is_whole = !must_look(claimed, lease);
        claimed->first = lease->next;
        if (lease->is_over) {
            lease_free(lease);
            continue;
        }
        lease->found = lease->done;
        hold(worker, lease, sent_ms);
        if (status == STATUS_OK && is_whole)
            status = unit_list_add(units, &lease->unit, err);
    }
    return status;
}

/* All units become ready at once, so that the engine sees a pair as one. */
static enum status take_in(struct worker *worker, struct claimed *claimed, int64_t sent_ms, struct err *err)
{
    struct unit_list units = {0};
    enum status status = find_rests(worker, claimed, &units, err); /* before the writer sees the leases */
    pthread_mutex_lock(&worker->lock);
    if (status == STATUS_OK)
        status = hold_all(worker, claimed, sent_ms, &units, err);
    for (size_t i = 0; status == STATUS_OK && i < units.count; i++)
        status = unit_queue_add(&worker->ready, &units.units[i], err);
    pthread_mutex_unlock(&worker->lock);
    free(units.units);
    return status;
}

/* Nobody knows what of the goal was left: to say that it is done would be a guess. */
static enum status give_up(struct worker *worker)
{
    pthread_mutex_lock(&worker->lock);
    (void)err_set(&worker->failure, STATUS_TIMEOUT,
                  "the work was given up while this worker was away for long: run again to fetch what is left");
    pthread_mutex_unlock(&worker->lock);
    return STATUS_OK;
}

/* Many who wait for long must not be a load on the database, and who has just begun to wait should lose no time. */
static int64_t look_wait_ms(const struct worker *worker, int64_t now_ms)
{
    int64_t wait_ms = worker->claimed_ms > 0 ? (now_ms - worker->claimed_ms) / 4 : 0;
    int64_t most_ms = wait_ms < WORKER_LOOK_MOST_MS ? wait_ms : WORKER_LOOK_MOST_MS;
    return most_ms > WORKER_LOOK_MS ? most_ms : WORKER_LOOK_MS;
}

/* Nothing was to be had: what does that mean? */
static enum status look(struct worker *worker, struct err *err)
{
    struct work_left left = {0};
    bool found = true;
    bool first = false;
    uint64_t failed = 0;
    enum status status = work_look(worker->work, &worker->goal, worker->dataset, &left, err);
    if (status == STATUS_OK && left.is_gone)
        status = work_find_again(worker->work, &worker->goal, &found, err);
    if (status == STATUS_OK && !found)
        return give_up(worker);
    bool is_done = !(left.is_gone || left.here || left.elsewhere || left.others || left.own);
    if (status == STATUS_OK && is_done)
        status = work_finish(worker->work, &worker->goal, &first, err);
    if (status == STATUS_OK && is_done)
        status = work_failed(worker->work, &worker->goal, &failed, err);
    if (status != STATUS_OK)
        return status;
    pthread_mutex_lock(&worker->lock);
    worker->slices_failed = failed;
    worker->goal_is_done = is_done;
    worker->is_last = worker->is_last || first;
    worker->dataset_is_over = !left.is_gone && !left.here && left.elsewhere;
    worker->claim_due_ms = boot_ms() + (left.is_gone ? 0 : look_wait_ms(worker, boot_ms()));
    pthread_mutex_unlock(&worker->lock);
    return STATUS_OK;
}

static enum status ask(struct claimed *claimed, bool is_first, int count, struct err *err)
{
    struct worker *worker = claimed->worker;
    enum status status = STATUS_OK;
    if (is_first)
        status = work_claim_pair(worker->work, &worker->goal, worker->dataset, visit_lease, claimed, err);
    if (status == STATUS_OK && claimed->count == 0)
        status = work_claim(worker->work, &worker->goal, worker->dataset, count, visit_lease, claimed, err);
    return status;
}

static enum status claim(struct worker *worker, int count, struct err *err)
{
    struct claimed claimed = {.worker = worker};
    int64_t sent_ms = boot_ms();
    pthread_mutex_lock(&worker->lock);
    bool is_first = worker->is_fresh;
    worker->is_fresh = false;
    pthread_mutex_unlock(&worker->lock);
    enum status status = ask(&claimed, is_first, count, err);
    if (status == STATUS_OK)
        status = take_in(worker, &claimed, sent_ms, err);
    while (claimed.first != NULL) { /* they end by themselves, or with the run */
        struct lease *lease = claimed.first;
        claimed.first = lease->next;
        lease_free(lease);
    }
    free(claimed.known);
    free(claimed.of);
    return status == STATUS_OK && claimed.count == 0 ? look(worker, err) : status;
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
    case TASK_CLAIM: return claim(worker, units, err);
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
