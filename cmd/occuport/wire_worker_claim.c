/* Units for the engine: what one claim brings, and what it means when it brings nothing. */
#include "core/commit_point.h"
#include "store/work_life.h"
#include "wire_worker_internal.h"

#include <stdlib.h>

/* What one claim brought; no lock held. */
struct claimed {
    struct worker *worker;
    struct lease *first; /* the leases, in the order they came */
    size_t count;
    size_t known_count; /* of leases that have to be looked at: copies of what they were made of */
    struct work_lease *known;
    struct lease **of;
};

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

/* The leases that are ours, and those of the claim that are not over, stay; the others are for whoever is free. */
static enum status give_back_rest(struct worker *worker, const struct claimed *claimed, struct err *err)
{
    int64_t units[WORKER_HELD_MAX * 2];
    size_t count = 0;
    pthread_mutex_lock(&worker->lock);
    for (const struct lease *lease = worker->leases; lease != NULL && count < WORKER_HELD_MAX; lease = lease->next)
        units[count++] = lease->unit_id;
    pthread_mutex_unlock(&worker->lock);
    for (const struct lease *lease = claimed->first; lease != NULL && count < WORKER_HELD_MAX * 2; lease = lease->next)
        if (!lease->is_over)
            units[count++] = lease->unit_id;
    return work_give_back_others(worker->work, count, units, err);
}

/*
 * What is due of units that others had before. Those of which nothing is are over. It takes no longer than beats and
 * reservations of the budget can wait: of a claim that takes longer a part, one unit at least, is enough for now.
 */
static enum status find_rests(struct worker *worker, const struct claimed *claimed, struct unit_list *rest,
                              struct err *err)
{
    enum status status = STATUS_OK;
    int64_t until_ms = boot_ms() + (int64_t)TEST_LIMIT("work.trim_ms", (size_t)worker->lease_ms / 6);
    size_t at = 0;
    for (; status == STATUS_OK && at < claimed->known_count && (at == 0 || boot_ms() < until_ms); at++) {
        size_t before = rest->count;
        status = worker_trim(worker, claimed->of[at], &claimed->known[at], rest, err);
        claimed->of[at]->is_over = rest->count == before;
    }
    worker_trimmed(worker);
    if (status != STATUS_OK || at == claimed->known_count)
        return status;
    for (; at < claimed->known_count; at++)
        claimed->of[at]->is_over = true;
    return give_back_rest(worker, claimed, err);
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

enum status worker_claim(struct worker *worker, int count, struct err *err)
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
