#include "wire_upgrade.h"

#include "core/commit_point.h"
#include "db/migrate.h"
#include "wire_holders.h"

#include <inttypes.h>
#include <stdio.h>

enum { PAUSE_MS = 5000 };

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

enum status upgrade_schema(struct db *db, int64_t now, struct patience *patience, int64_t *told_pid, struct err *err)
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
        if (status == STATUS_OK && !current)
            patience_done(patience);
        if (!again || !patience_again(patience))
            return status;
    }
}
