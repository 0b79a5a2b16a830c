#include "wire_holders.h"

#include "core/commit_point.h"
#include "core/log.h"
#include "store/work_life.h"
#include "wire_worker_internal.h"

#include <inttypes.h>
#include <stdio.h>

static int64_t lease_ms(void)
{
    return (int64_t)TEST_LIMIT("work.lease_ms", WORKER_LEASE_MS);
}

static void tell(void *context, const struct work_holder *holder)
{
    int64_t *told_pid = context;
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

enum status holders_end(struct db *db, int64_t *told_pid, struct err *err)
{
    return work_end_holders(db, lease_ms(), tell, told_pid, err);
}

enum status holders_limit_wait(struct db *db, struct err *err)
{
    char sql[64];
    snprintf(sql, sizeof sql, "SET LOCAL lock_timeout TO %" PRId64, lease_ms() / 2);
    return db_exec(db, sql, err);
}
