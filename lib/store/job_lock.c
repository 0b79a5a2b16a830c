#include "store/job_lock.h"

#include "store/dialect.h"

/*
 * One advisory lock of two numbers: the job in its schema, and the place. All of one place share it; who holds the
 * first number with another second one is of another place. Taking and looking are one step, behind a lock of the
 * transaction.
 */
#define JOB   "hashtext(concat_ws(' ', 'occuport job', current_schema(), ?1::text))"
#define PLACE "hashtext(?2::text)"

static const char others_sql[] =
    "SELECT concat(' (', 'from ' || host(a.client_addr) || '; ', 'if that run is frozen, SELECT pg_terminate_backend(',"
    " l.pid, ') ends its session)') FROM pg_locks l LEFT JOIN pg_stat_activity a"
    " ON a.pid = l.pid WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2"
    " AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())"
    " AND l.classid::bigint = (" JOB "::bigint & 4294967295)"
    " AND l.objid::bigint <> (" PLACE "::bigint & 4294967295) LIMIT 1";

static enum status prepare(struct db *db, const char *sql, const char *job, const char *place,
                           struct db_statement **ret_query, struct err *err)
{
    enum status status = db_prepare(db, sql, ret_query, err);
    if (status != STATUS_OK)
        return status;
    db_bind_string(*ret_query, 1, job);
    db_bind_string(*ret_query, 2, place);
    return STATUS_OK;
}

static enum status look_for_others(struct db *db, const char *job, const char *place, struct err *err)
{
    struct db_statement *query;
    bool row;
    enum status status = prepare(db, others_sql, job, place, &query, err);
    if (status != STATUS_OK)
        return status;
    status = db_step(query, &row, err);
    if (status == STATUS_OK && row)
        status =
            err_set(err, STATUS_BUSY, "%s: another run holds the job %s%s", db_path(db), job, db_column_text(query, 0));
    db_finalize(query);
    return status;
}

static enum status share(struct db *db, const char *job, const char *place, struct err *err)
{
    struct db_statement *lock;
    enum status status = prepare(db, "SELECT pg_advisory_lock_shared(" JOB ", " PLACE ")", job, place, &lock, err);
    if (status != STATUS_OK)
        return status;
    status = db_run(lock, err);
    db_finalize(lock);
    return status;
}

enum status job_lock_take(struct db *db, const char *job, const char *place, struct err *err)
{
    if (db_kind(db) != DB_POSTGRES)
        return STATUS_OK;
    enum status status = db_begin(db, err);
    if (status == STATUS_OK)
        status = dialect_lock(db, "job lock", err);
    if (status == STATUS_OK)
        status = look_for_others(db, job, place, err);
    if (status == STATUS_OK)
        status = share(db, job, place, err);
    return db_end(db, status, err);
}
