#include "wire_holders.h"

#include "core/commit_point.h"
#include "core/log.h"
#include "store/work_life.h"
#include "wire_worker_internal.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

static int64_t lease_ms(void)
{
    return (int64_t)TEST_LIMIT("work.lease_ms", WORKER_LEASE_MS);
}

/* Sessions that this process has found silent at each look since. */
struct silent {
    char worker_id[WORK_NAME_SIZE];
    int64_t pid;
    int64_t since_ms;
};

enum { SILENT_MOST = 64 };

static struct {
    pthread_mutex_t lock;
    size_t count;
    struct silent items[SILENT_MOST];
} known = {.lock = PTHREAD_MUTEX_INITIALIZER};

struct looking {
    int64_t *told_pid;
    int64_t now_ms;
    size_t count;
    struct silent found[SILENT_MOST];
};

/* With the lock held. More than there is room for are found when others have gone. */
static void remember(struct looking *looking, const struct work_holder *holder)
{
    if (looking->count == SILENT_MOST)
        return;
    struct silent *silent = &looking->found[looking->count++];
    *silent = (struct silent){.pid = holder->pid, .since_ms = looking->now_ms};
    memcpy(silent->worker_id, holder->worker_id, sizeof silent->worker_id);
    for (size_t i = 0; i < known.count; i++) {
        if (known.items[i].pid == silent->pid && strcmp(known.items[i].worker_id, silent->worker_id) == 0)
            silent->since_ms = known.items[i].since_ms;
    }
}

static void visit(void *context, const struct work_holder *holder)
{
    struct looking *looking = context;
    int64_t *told_pid = looking->told_pid;
    if (!holder->is_ended)
        remember(looking, holder);
    if (!holder->was_tried)
        return;
    if (holder->is_ended) {
        log_warn("worker %s on %s is frozen in the middle of a transaction: its session was ended", holder->worker_id,
                 holder->host);
    } else if (holder->pid != *told_pid) {
        log_warn("worker %s on %s is frozen and holds what others wait for, and this user may not end its session: as "
                 "its user or an administrator run SELECT pg_terminate_backend(%" PRId64 ")",
                 holder->worker_id, holder->host, holder->pid);
        *told_pid = holder->pid;
    }
}

enum status holders_end(struct db *db, int64_t *told_pid, /* NOLINT(readability-non-const-parameter): visit fills it */
                        struct err *err)
{
    struct looking looking = {.told_pid = told_pid, .now_ms = boot_ms()};
    int64_t pids[SILENT_MOST];
    size_t count = 0;
    pthread_mutex_lock(&known.lock);
    for (size_t i = 0; i < known.count; i++) {
        if (looking.now_ms - known.items[i].since_ms > lease_ms() / 2)
            pids[count++] = known.items[i].pid;
    }
    enum status status = work_end_holders(db, lease_ms(), count, pids, visit, &looking, err);
    if (status == STATUS_OK) {
        memcpy(known.items, looking.found, sizeof known.items);
        known.count = looking.count;
    }
    pthread_mutex_unlock(&known.lock);
    return status;
}

enum status holders_limit_wait(struct db *db, struct err *err)
{
    char sql[64];
    snprintf(sql, sizeof sql, "SET LOCAL lock_timeout TO %" PRId64, lease_ms() / 2);
    return db_exec(db, sql, err);
}
