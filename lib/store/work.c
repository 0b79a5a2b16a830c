#include "store/work.h"

#include "store/work_internal.h"

#include <stdio.h>
#include <stdlib.h>

#define UNTIL            "clock_timestamp() + make_interval(secs => "
#define ALIVE_FOR(lease) "work_holds(w.seen_until, make_interval(secs => " lease "))"

/* The beginning of a fingerprint. */
#define FORM(fingerprint) "left(" fingerprint ", 32)"
_Static_assert(WORK_FORM_SIZE == 32, "as in FORM");

#define LEASE_COLUMNS                                                                                                  \
    "SELECT unit_id, lease_no, ret_goal, goal_reprocess, ret_expired, is_known::integer, building_id, granularity, "   \
    "first_day - date '1970-01-01', end_day - date '1970-01-01',"                                                      \
    " sites::text, groups::text"

/*
 * As work_stored, of goals that differ in what was learned. OFFSET 0 keeps the order in which the tables are asked: few
 * goals, their units by building, the log by unit.
 */
#define STORED_WITH_OTHER_COLUMNS                                                                                      \
    " UNION ALL SELECT l.first_day - date '1970-01-01', l.end_day - date '1970-01-01', l.sites::text, l.groups::text," \
    " coalesce(l.failed_at::text, '') FROM work_units u JOIN work_goals own ON own.goal_id = u.goal_id"                \
    " CROSS JOIN LATERAL (SELECT g.goal_id FROM work_goals g WHERE g.job = own.job"                                    \
    " AND g.fingerprint <> own.fingerprint AND " FORM("g.fingerprint") " = " FORM(                                     \
        "own.fingerprint") " AND work_is_after(g, own.plan_snapshot) OFFSET 0) g"                                      \
                           " CROSS JOIN LATERAL (SELECT o.unit_id FROM work_units o WHERE o.goal_id = g.goal_id"       \
                           " AND o.building_id = u.building_id AND o.dataset = u.dataset AND o.granularity = "         \
                           "u.granularity"                                                                             \
                           " AND o.first_day < u.end_day AND u.first_day < o.end_day AND o.sites && u.sites AND "      \
                           "o.groups && u.groups"                                                                      \
                           " OFFSET 0) o"                                                                              \
                           " CROSS JOIN LATERAL (SELECT w.* FROM work_log w WHERE w.goal_id = g.goal_id AND "          \
                           "w.unit_id = o.unit_id"                                                                     \
                           " OFFSET 0) l WHERE u.unit_id = ?1 AND NOT pg_visible_in_snapshot(l.noted_xid, "            \
                           "own.plan_snapshot)"                                                                        \
                           " AND (l.failed_slices = 0 OR l.failed_at IS NOT NULL)"

/* In the order of enum work_query. */
static const char *const texts[WORK_QUERY_COUNT] = {
    [WORK_STRANGERS] =
        "SELECT worker_id, host, to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') FROM work_workers w"
        " WHERE job = ?1 AND " FORM("fingerprint") " <> " FORM("?2") " AND " ALIVE_FOR(
            "?3") " ORDER BY started_at LIMIT 1",
    [WORK_ENTER] =
        "INSERT INTO work_workers (worker_id, job, command, fingerprint, host, pid, seen_until, goal_id)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, " UNTIL "?7), nullif(?8::bigint, 0)) ON CONFLICT (worker_id) DO UPDATE"
        " SET seen_until = excluded.seen_until, goal_id = coalesce(excluded.goal_id, work_workers.goal_id)",
    [WORK_BUDGET_ROW] =
        "INSERT INTO work_budget (job, next_free) VALUES (?1, clock_timestamp()) ON CONFLICT DO NOTHING",
    [WORK_GIVE_BACK] = "UPDATE work_units SET state = 'waiting', worker_id = NULL, lease_until = NULL"
                       " WHERE worker_id = ?1 AND state = 'leased'",
    [WORK_STRIKE_OFF] =
        "DELETE FROM work_workers WHERE worker_id = ?1 OR worker_id IN (SELECT worker_id FROM work_workers"
        " WHERE seen_until < clock_timestamp() - interval '1 day' FOR UPDATE SKIP LOCKED)",
    [WORK_TRY_PLAN] = "SELECT pg_try_advisory_xact_lock(work_lock_key(?1, 2))::integer",
    /* The newest; whether it may be joined: it is unfinished and someone is at it (or it is our own, whose commit was
     * lost), or it ended well just now. */
    [WORK_FIND_GOAL] =
        "SELECT g.goal_id, (g.finished_at IS NOT NULL)::integer, extract(epoch FROM g.planned_at)::bigint,"
        " g.slices_due::text, (CASE WHEN g.finished_at IS NULL THEN g.published_by = ?4 OR EXISTS (SELECT FROM "
        "work_workers w"
        " WHERE w.goal_id = g.goal_id AND w.worker_id <> ?4 AND " ALIVE_FOR(
            "?6") ") ELSE g.slices_failed = 0"
                  " AND g.finished_at > clock_timestamp() - make_interval(secs => ?5)"
                  " AND g.finished_at < clock_timestamp() + 2 * make_interval(secs => ?6) END)::integer"
                  " FROM work_goals g WHERE g.job = ?1 AND g.goal_key = ?2 AND g.fingerprint = ?3 AND g.dropped_at IS "
                  "NULL"
                  " ORDER BY g.goal_id DESC LIMIT 1",
    [WORK_SET_GOAL] = "UPDATE work_workers SET goal_id = ?2, seen_until = " UNTIL "?3) WHERE worker_id = ?1",
    /* What a plan of this transaction sees is at least what is visible now: the ledger is read behind it, elsewhere. */
    [WORK_PATIENCE] = "SELECT set_config('idle_in_transaction_session_timeout', '2min', true),"
                      " set_config('occuport.plan_snapshot', pg_current_snapshot()::text, true)",
    [WORK_CLEAR] = "SELECT work_clear(?1, ?2, ?3, make_interval(secs => ?4), make_interval(secs => ?5),"
                   " make_interval(secs => ?6))",
    [WORK_SWEEP] = "SELECT work_sweep(?1, ?2::integer)::integer",
    [WORK_ADD_GOAL] = "INSERT INTO work_goals (job, goal_key, command, fingerprint, priority, reprocess, planned_at,"
                      " slices_due, published_by, plan_snapshot)"
                      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, to_timestamp(?7), ?8::bigint[], ?9,"
                      " current_setting('occuport.plan_snapshot')::pg_snapshot) RETURNING goal_id",
    [WORK_ADD_UNITS] =
        "INSERT INTO work_units (goal_id, dataset, ordinal, building_id, granularity, first_day, end_day, sites, "
        "groups,"
        " slices, expected_rows) SELECT ?1, ?2::integer, ?3 + v.at - 1, v.building, v.granularity, date '1970-01-01' +"
        " v.first, date '1970-01-01' + v.past, v.sites::bigint[], v.groups::text[], v.slices, v.expected FROM"
        " unnest(?4::bigint[], ?5::text[], ?6::integer[], ?7::integer[], ?8::text[], ?9::text[], ?10::integer[],"
        " ?11::bigint[]) WITH ORDINALITY AS v (building, granularity, first, past, sites, groups, slices, expected, "
        "at)",
    [WORK_LOCK] = "SELECT pg_advisory_xact_lock(work_lock_key(?1, ?2::integer))",
    [WORK_SHARE] = "UPDATE work_goals SET is_shared = true WHERE job = ?1 AND finished_at IS NULL"
                   " AND dropped_at IS NULL AND 1 < (SELECT count(*) FROM work_goals WHERE job = ?1"
                   " AND finished_at IS NULL AND dropped_at IS NULL)",
    [WORK_CLAIM] = LEASE_COLUMNS " FROM work_take(?1, ?2::integer, ?3, ?5::integer, make_interval(secs => ?4),"
                                 " ?6::integer)",
    [WORK_CLAIM_PAIR] = LEASE_COLUMNS " FROM work_take_pair(?1, ?2::integer, ?3, make_interval(secs => ?4))",
    [WORK_LOOK] = "SELECT is_there::integer, here::integer, elsewhere::integer, others::integer, own::integer"
                  " FROM work_look(?1, ?2::integer, ?3, make_interval(secs => ?4))",
    [WORK_FINISH] = "SELECT work_finish(?1, ?2)::integer",
    [WORK_FAILED] = "SELECT slices_failed FROM work_goals WHERE goal_id = ?1",
    [WORK_STORED] = "SELECT first_day - date '1970-01-01', end_day - date '1970-01-01', sites::text, groups::text,"
                    " coalesce(failed_at::text, '') FROM work_stored(?1)" STORED_WITH_OTHER_COLUMNS,
    [WORK_NOTE_FOUND] = "UPDATE work_units SET done_slices = ?4::integer,"
                        " state = CASE WHEN ?4::integer >= slices THEN 'done' ELSE state END"
                        " WHERE unit_id = ?1 AND lease_no = ?2 AND worker_id = ?3 AND state = 'leased'",
    [WORK_GIVE_UP] = "UPDATE work_units SET done_slices = slices, failed_slices = ?4::integer, state = 'done'"
                     " WHERE unit_id = ?1 AND lease_no = ?2 AND worker_id = ?3 AND state = 'leased' RETURNING unit_id",
    /* What a transaction of our own is writing now is passed over; its lock keeps it. */
    [WORK_BEAT] = "WITH held AS (SELECT unit_id FROM work_units WHERE worker_id = ?1 AND state = 'leased'"
                  " AND unit_id = ANY (?3::bigint[]) FOR UPDATE SKIP LOCKED),"
                  " kept AS (UPDATE work_units u SET lease_until = " UNTIL "?2) FROM held"
                  " WHERE u.unit_id = held.unit_id),"
                  " me AS (UPDATE work_workers SET seen_until = " UNTIL "?2) WHERE worker_id = ?1)"
                  " SELECT unit_id, lease_no FROM work_units WHERE worker_id = ?1 AND state = 'leased'",
    /* The database's clock may be set back: what lies further ahead than all workers can have reserved is forgotten. */
    [WORK_RESERVE] =
        "WITH w AS (SELECT greatest(count(*), 1) AS workers FROM work_workers w WHERE job = ?1"
        " AND " ALIVE_FOR(
            "?3") ") UPDATE work_budget b SET next_free = CASE WHEN b.next_free > clock_timestamp() + "
                  "make_interval(secs =>"
                  " 60 + 4 * w.workers * ?2::float8) THEN clock_timestamp() ELSE greatest(b.next_free, "
                  "clock_timestamp()) END"
                  " + make_interval(secs => ?2::float8) FROM w WHERE b.job = ?1"
                  " RETURNING extract(epoch FROM b.next_free - clock_timestamp())::float8 - ?2::float8, w.workers",
};

enum status work_query(struct work *work, enum work_query which, struct db_statement **ret_query, struct err *err)
{
    if (work->queries[which] == NULL) {
        enum status status = db_prepare(work->db, texts[which], &work->queries[which], err);
        if (status != STATUS_OK)
            return status;
    }
    *ret_query = work->queries[which];
    return STATUS_OK;
}

enum status work_open(struct db *db, const struct work_worker *worker, struct work **ret_work, struct err *err)
{
    struct work *work = calloc(1, sizeof *work);
    if (work == NULL)
        return err_nomem(err);
    work->db = db;
    work->worker = *worker;
    *ret_work = work;
    return STATUS_OK;
}

void work_close(struct work *work)
{
    if (work == NULL)
        return;
    for (int i = 0; i < WORK_QUERY_COUNT; i++)
        db_finalize(work->queries[i]);
    arena_release(&work->arena);
    free(work);
}

enum status work_find_stranger(struct work *work, struct work_stranger *ret_stranger, struct err *err)
{
    *ret_stranger = (struct work_stranger){0};
    struct db_statement *query;
    bool row = false;
    enum status status = work_query(work, WORK_STRANGERS, &query, err);
    if (status != STATUS_OK)
        return status;
    db_bind_string(query, 1, work->worker.job);
    db_bind_string(query, 2, work->worker.fingerprint);
    db_bind_real(query, 3, (double)work->worker.lease_ms / 1000);
    status = db_step(query, &row, err);
    if (status != STATUS_OK || !row)
        return status;
    ret_stranger->found = true;
    snprintf(ret_stranger->worker_id, sizeof ret_stranger->worker_id, "%s", db_column_text(query, 0));
    snprintf(ret_stranger->host, sizeof ret_stranger->host, "%s", db_column_text(query, 1));
    snprintf(ret_stranger->started_at, sizeof ret_stranger->started_at, "%s", db_column_text(query, 2));
    db_reset(query);
    return STATUS_OK;
}

static enum status insert_worker(struct work *work, int64_t goal_id, struct err *err)
{
    const struct work_worker *worker = &work->worker;
    struct db_statement *query;
    enum status status = work_query(work, WORK_ENTER, &query, err);
    if (status != STATUS_OK)
        return status;
    const char *const names[] = {worker->worker_id, worker->job, worker->command, worker->fingerprint, worker->host};
    for (int i = 0; i < 5; i++)
        db_bind_string(query, i + 1, names[i]);
    db_bind_integer(query, 6, worker->pid);
    db_bind_real(query, 7, (double)worker->lease_ms / 1000);
    db_bind_integer(query, 8, goal_id);
    status = db_run(query, err);
    if (status == STATUS_OK)
        status = work_query(work, WORK_BUDGET_ROW, &query, err);
    if (status != STATUS_OK)
        return status;
    db_bind_string(query, 1, worker->job);
    return db_run(query, err);
}

enum status work_enter(struct work *work, int64_t goal_id, struct work_stranger *ret_stranger, struct err *err)
{
    *ret_stranger = (struct work_stranger){0};
    struct db_statement *lock;
    enum status status = work_query(work, WORK_LOCK, &lock, err);
    if (status == STATUS_OK)
        status = db_begin(work->db, err);
    if (status != STATUS_OK)
        return status;
    db_bind_string(lock, 1, work->worker.job);
    db_bind_integer(lock, 2, 1);
    status = db_run(lock, err);
    if (status == STATUS_OK)
        status = work_find_stranger(work, ret_stranger, err);
    if (status == STATUS_OK && !ret_stranger->found)
        status = insert_worker(work, goal_id, err);
    return db_end(work->db, status, err);
}

enum status work_give_back(struct work *work, struct err *err)
{
    struct db_statement *query;
    enum status status = work_query(work, WORK_GIVE_BACK, &query, err);
    if (status != STATUS_OK)
        return status;
    db_bind_string(query, 1, work->worker.worker_id);
    return db_run(query, err);
}

enum status work_leave(struct work *work, struct err *err)
{
    struct db_statement *query;
    enum status status = work_give_back(work, err);
    if (status == STATUS_OK)
        status = work_query(work, WORK_STRIKE_OFF, &query, err);
    if (status != STATUS_OK)
        return status;
    db_bind_string(query, 1, work->worker.worker_id);
    return db_run(query, err);
}

enum status work_count_workers(struct db *db, const char *job, int64_t *ret_count, struct err *err)
{
    struct db_statement *query = NULL;
    bool row = false;
    int64_t there = 0;
    *ret_count = 0;
    enum status status = db_query_integer(db, "SELECT count(to_regclass('work_workers'))", &there, err);
    if (status != STATUS_OK || there == 0)
        return status;
    /* The functions of the queue may not be there yet. */
    status = db_prepare(db,
                        "SELECT count(*) FROM work_workers WHERE job = ?1 AND seen_until > clock_timestamp()"
                        " AND seen_until < clock_timestamp() + interval '2 minutes'",
                        &query, err);
    if (status == STATUS_OK) {
        db_bind_string(query, 1, job);
        status = db_step(query, &row, err);
    }
    if (status == STATUS_OK && row)
        *ret_count = db_column_integer(query, 0);
    db_finalize(query);
    return status;
}
