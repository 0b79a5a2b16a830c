#include "wire_holders.h"

#include "core/commit_point.h"
#include "core/log.h"
#include "db/migrate.h"
#include "store/work_life.h"
#include "wire_worker_internal.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { PAUSE_MS = 5000 };

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

/* A schema of an older program has nothing by which holders are found. */
static enum status can_end(struct db *db, bool *ret_can, struct err *err)
{
    int64_t count;
    enum status status =
        db_query_integer(db, "SELECT count(to_regprocedure('work_end_holders(interval, integer[])'))", &count, err);
    if (status == STATUS_OK)
        *ret_can = count > 0;
    return status;
}

/* Programs of the schema that bring it up to date take turns, pauses included. */
#define TURN "(hashtextextended(concat_ws(' ', 'occuport upgrade', current_schema()), 0))"

/* Until it is given back, or the session ends. */
static enum status take_turn(struct db *db, struct err *err)
{
    enum status status = db_begin(db, err);
    if (status == STATUS_OK)
        status = db_exec(db, "SET LOCAL lock_timeout TO '5s'; SELECT pg_advisory_lock" TURN, err);
    status = db_end(db, status, err);
    return status != STATUS_OK ? err_prefix(err, "waiting for others that bring the schema up to date") : status;
}

/* One message, so that the server does all of it whatever becomes of this program. */
static enum status give_turn(struct db *db, int64_t pause_ms, struct err *err)
{
    char sql[256];
    snprintf(sql, sizeof sql, "SELECT pg_sleep(%" PRId64 " / 1000.0); SELECT pg_advisory_unlock" TURN, pause_ms);
    return db_exec(db, sql, err);
}

/* *ret_again: tables that others use were in the way, and those had their turn meanwhile. */
static enum status migrate_in_turn(struct db *db, int64_t now, struct patience *patience, bool *ret_again,
                                   struct err *err)
{
    struct err ignored;
    enum status status = take_turn(db, err);
    if (status == STATUS_OK)
        status = migrate(db, MIGRATE_ALL, now, err);
    if (status == STATUS_OK)
        return give_turn(db, 0, err);
    if (pg_trouble(db) != PG_TROUBLE_AGAIN)
        return status;
    patience_tell(patience,
                  "the schema is to be brought up to date, and others use its tables (a backup, a long query?)"
                  " or are at it");
    *ret_again = give_turn(db, (int64_t)TEST_LIMIT("migrate.pause_ms", PAUSE_MS), &ignored) == STATUS_OK;
    return status;
}

enum status holders_migrate(struct db *db, int64_t now, struct patience *patience, int64_t *told_pid, struct err *err)
{
    for (;;) {
        bool can = false;
        bool current = false;
        bool again = false;
        enum status status = can_end(db, &can, err);
        if (status == STATUS_OK && can)
            status = holders_end(db, told_pid, err);
        if (status == STATUS_OK)
            status = migrate_check(db, MIGRATE_ALL, &current, err);
        if (status == STATUS_OK && !current)
            status = migrate_in_turn(db, now, patience, &again, err);
        if (!again || !patience_again(patience))
            return status;
    }
}

enum status holders_limit_wait(struct db *db, struct err *err)
{
    char sql[64];
    snprintf(sql, sizeof sql, "SET LOCAL lock_timeout TO %" PRId64, lease_ms() / 2);
    return db_exec(db, sql, err);
}
