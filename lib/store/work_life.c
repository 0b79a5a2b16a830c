#include "store/work_life.h"

#include "store/work_array.h"
#include "store/work_internal.h"

#include <inttypes.h>
#include <stdio.h>

static enum status hold(struct db *db, const char *sql, const char *worker_id, struct err *err)
{
    struct db_statement *query;
    bool row;
    enum status status = db_prepare(db, sql, &query, err);
    if (status != STATUS_OK)
        return status;
    db_bind_string(query, 1, worker_id);
    status = db_step(query, &row, err);
    db_finalize(query);
    return status;
}

enum status work_hold_session(struct work *work, struct err *err)
{
    return hold(work->db, "SELECT work_hold_session(?1)::text", work->worker.worker_id, err);
}

enum status work_hold_lane(struct db *db, const char *worker_id, struct err *err)
{
    return hold(db, "SELECT pg_advisory_lock_shared(work_session_lock(?1, 1))::text", worker_id, err);
}

enum status work_limit_session(struct work *work, int64_t most_ms, int64_t lock_ms, struct err *err)
{
    char sql[128];
    snprintf(sql, sizeof sql, "SET statement_timeout TO %" PRId64 "; SET lock_timeout TO %" PRId64, most_ms, lock_ms);
    return db_exec(work->db, sql, err);
}

enum status work_give_back_others(struct work *work, size_t count, const int64_t *units, struct err *err)
{
    struct db_statement *query;
    struct buf ids = {0};
    work_array_of_ids(&ids, count, units);
    enum status status = buf_status(&ids, err);
    if (status == STATUS_OK)
        status =
            db_prepare(work->db,
                       "UPDATE work_units SET state = 'waiting', worker_id = NULL, lease_until = NULL"
                       " WHERE unit_id IN (SELECT unit_id FROM work_units WHERE worker_id = ?1 AND state = 'leased'"
                       " AND unit_id <> ALL (?2::bigint[]) FOR UPDATE SKIP LOCKED)",
                       &query, err);
    if (status == STATUS_OK) {
        db_bind_string(query, 1, work->worker.worker_id);
        db_bind_text(query, 2, buf_text(&ids), ids.size);
        status = db_run(query, err);
        db_finalize(query);
    }
    buf_release(&ids);
    return status;
}

static void read_holder(struct db_statement *query, struct work_holder *holder)
{
    snprintf(holder->worker_id, sizeof holder->worker_id, "%s", db_column_text(query, 0));
    snprintf(holder->host, sizeof holder->host, "%s", db_column_text(query, 1));
    holder->pid = db_column_integer(query, 2);
    holder->was_tried = db_column_integer(query, 3) >= 0;
    holder->is_ended = db_column_integer(query, 3) > 0;
}

enum status work_end_holders(struct db *db, int64_t lease_ms, size_t count, const int64_t *pids,
                             work_visit_holder *visit, void *context, struct err *err)
{
    struct db_statement *query;
    struct buf ids = {0};
    bool row;
    work_array_of_ids(&ids, count, pids);
    enum status status = buf_status(&ids, err);
    if (status == STATUS_OK)
        status = db_prepare(db,
                            "SELECT worker_id, host, pid, coalesce(is_ended::integer, -1)"
                            " FROM work_end_holders(make_interval(secs => ?1), ?2::integer[])",
                            &query, err);
    if (status == STATUS_OK) {
        db_bind_real(query, 1, (double)lease_ms / 1000);
        db_bind_text(query, 2, buf_text(&ids), ids.size);
    }
    buf_release(&ids);
    if (status != STATUS_OK)
        return status;
    while ((status = db_step(query, &row, err)) == STATUS_OK && row) {
        struct work_holder holder;
        read_holder(query, &holder);
        visit(context, &holder);
    }
    db_finalize(query);
    return status;
}
