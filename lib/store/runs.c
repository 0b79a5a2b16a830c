#include "store/runs.h"

#include "core/clock.h"
#include "core/commit_point.h"
#include "store/dialect.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The counters in the order of their columns, for reading and writing alike. */
static const struct counter_row {
    const char *column;
    size_t offset;
} counters[] = {
#define COUNTER(name)                                                                                                  \
    {                                                                                                                  \
#name, offsetof(struct run_counts, name)                                                                       \
    }
    COUNTER(slices_due),    COUNTER(slices_fetched), COUNTER(slices_failed),  COUNTER(slices_empty),
    COUNTER(rows_received), COUNTER(rows_inserted),  COUNTER(rows_updated),   COUNTER(rows_unchanged),
    COUNTER(rows_vanished), COUNTER(rows_rejected),  COUNTER(requests),       COUNTER(retries),
    COUNTER(logins),        COUNTER(throttled),      COUNTER(bytes_received),
#undef COUNTER
};
enum { COUNTER_COUNT = sizeof counters / sizeof counters[0] };

static uint64_t *counter_of(struct run_counts *counts, size_t at)
{
    return (uint64_t *)(void *)((char *)counts + counters[at].offset);
}

void run_counts_forget_traffic(struct run_counts *counts)
{
    counts->requests = 0;
    counts->retries = 0;
    counts->logins = 0;
    counts->throttled = 0;
    counts->bytes_received = 0;
}

void run_counts_add(struct run_counts *total, const struct run_counts *more)
{
    struct run_counts copy = *more;
    for (size_t i = 0; i < COUNTER_COUNT; i++)
        *counter_of(total, i) += *counter_of(&copy, i);
}

/* A run noted under our own pid is of a former process: in a container the program has the same pid each time. */
static bool is_alive(int64_t pid)
{
    return pid > 0 && pid != getpid() && (kill((pid_t)pid, 0) == 0 || errno == EPERM);
}

#define DIED "status = 'died', message = 'ended without a word: killed, or the machine stopped'"

/* Runs that say they are running and whose process is gone ended without a word: killed, or the machine stopped. */
static enum status bury_by_pid(struct db *db, const char *job, struct err *err)
{
    struct db_statement *query = NULL;
    struct db_statement *update = NULL;
    enum status status =
        db_prepare(db, "SELECT run_id, pid FROM runs WHERE job = ?1 AND status = 'running'", &query, err);
    if (status == STATUS_OK)
        status = db_prepare(db, "UPDATE runs SET " DIED " WHERE run_id = ?1", &update, err);
    if (status == STATUS_OK)
        db_bind_string(query, 1, job);
    bool row;
    while (status == STATUS_OK && (status = db_step(query, &row, err)) == STATUS_OK && row) {
        if (is_alive(db_column_integer(query, 1)))
            continue;
        db_bind_text(update, 1, db_column_text(query, 0), db_column_size(query, 0));
        status = db_run(update, err);
    }
    db_finalize(query);
    db_finalize(update);
    return status;
}

static enum status run_with(struct db *db, const char *sql, const char *text, struct err *err)
{
    struct db_statement *statement;
    enum status status = db_prepare(db, sql, &statement, err);
    if (status != STATUS_OK)
        return status;
    db_bind_string(statement, 1, text);
    status = db_run(statement, err);
    db_finalize(statement);
    return status;
}

/* Of other machines too: one whose session has let go of its lock is gone. Of flushes, those of long ago go as well. */
static enum status bury_by_lock(struct db *db, const char *job, struct err *err)
{
    return run_with(db,
                    "WITH old AS (DELETE FROM flushes WHERE flushed_at < now() - interval '30 days')"
                    " UPDATE runs SET " DIED " WHERE run_id IN (SELECT run_id FROM (SELECT run_id FROM runs"
                    " WHERE job = ?1 AND status = 'running' OFFSET 0) AS r"
                    " WHERE pg_try_advisory_xact_lock(run_lock(r.run_id)))",
                    job, err);
}

static enum status bury_dead(struct db *db, const char *job, struct err *err)
{
    return db_kind(db) == DB_POSTGRES ? bury_by_lock(db, job, err) : bury_by_pid(db, job, err);
}

static const char end_older_sql[] =
    "SELECT count(pg_terminate_backend(l.pid)) FROM pg_locks l WHERE l.locktype = 'advisory' AND l.granted"
    " AND l.pid <> pg_backend_pid() AND l.objsubid = 1"
    " AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())"
    " AND ((l.classid::bigint << 32) | l.objid::bigint) = run_lock(?1)";

/* Who else holds its lock is an older session of the run, whose network was cut: the server would keep it for hours. */
enum status runs_hold(struct db *db, const char *run_id, struct err *err)
{
    if (db_kind(db) != DB_POSTGRES)
        return STATUS_OK;
    enum status status = run_with(db, end_older_sql, run_id, err);
    return status == STATUS_OK ? run_with(db, "SELECT pg_advisory_lock(run_lock(?1))", run_id, err) : status;
}

enum status runs_any_alive(struct db *db, bool *ret_any, struct err *err)
{
    int64_t tables;
    struct db_statement *query;
    bool any = false;
    bool row = false;
    enum status status = db_query_integer(db, "SELECT count(*) FROM sqlite_schema WHERE name = 'runs'", &tables, err);
    if (status != STATUS_OK || tables == 0) {
        *ret_any = false;
        return status;
    }
    status = db_prepare(db, "SELECT pid FROM runs WHERE status = 'running'", &query, err);
    if (status != STATUS_OK)
        return status;
    while (!any && (status = db_step(query, &row, err)) == STATUS_OK && row)
        any = is_alive(db_column_integer(query, 0));
    db_finalize(query);
    if (status == STATUS_OK)
        *ret_any = any;
    return status;
}

/* A commit whose answer was lost is made again: the row is there then, or was taken for that of a dead run. */
static enum status insert_run(struct db *db, const struct run_record *record, struct err *err)
{
    struct db_statement *insert;
    enum status status = db_prepare(db,
                                    "INSERT INTO runs (run_id, job, command, status, started_at, pid, version)"
                                    " VALUES (?1, ?2, ?3, 'running', ?4, ?5, ?6) ON CONFLICT (run_id) DO UPDATE"
                                    " SET status = 'running', message = NULL"
                                    " WHERE runs.pid = excluded.pid AND runs.started_at = excluded.started_at",
                                    &insert, err);
    if (status != STATUS_OK)
        return status;
    char started_at[CLOCK_TEXT_SIZE];
    db_bind_string(insert, 1, record->run_id);
    db_bind_string(insert, 2, record->job);
    db_bind_string(insert, 3, record->command);
    db_bind_string(insert, 4, clock_format_utc(record->started_at, started_at));
    db_bind_integer(insert, 5, getpid());
    db_bind_string(insert, 6, record->version);
    status = db_run(insert, err);
    if (status == STATUS_OK && db_changes(db) != 1)
        status = err_set(err, STATUS_IO, "%s: there is another run %s", db_path(db), record->run_id);
    db_finalize(insert);
    return status;
}

enum status runs_begin(struct db *db, const struct run_record *record, struct err *err)
{
    enum status status = db_begin(db, err);
    if (status == STATUS_OK)
        status = bury_dead(db, record->job, err);
    if (status == STATUS_OK)
        status = runs_hold(db, record->run_id, err);
    if (status == STATUS_OK)
        status = insert_run(db, record, err);
    status = db_end(db, status, err);
    COMMIT_POINT("run.begun");
    return status;
}

static enum status update_run(struct db *db, const struct run_record *record, struct err *err)
{
    char sql[1024];
    int used = snprintf(sql, sizeof sql,
                        "UPDATE runs SET status = ?1, exit_code = ?2, finished_at = ?3, seconds = ?4, dialect = ?5,"
                        " message = ?6, learned = ?8");
    for (size_t i = 0; i < COUNTER_COUNT; i++)
        used += snprintf(sql + used, sizeof sql - (size_t)used, ", %s = ?%zu", counters[i].column, i + 9);
    snprintf(sql + used, sizeof sql - (size_t)used, " WHERE run_id = ?7");
    struct db_statement *update;
    enum status status = db_prepare(db, sql, &update, err);
    if (status != STATUS_OK)
        return status;
    char finished_at[CLOCK_TEXT_SIZE];
    db_bind_string(update, 1, record->status);
    db_bind_integer(update, 2, record->exit_code);
    db_bind_string(update, 3, clock_format_utc(record->finished_at, finished_at));
    db_bind_real(update, 4, record->seconds);
    db_bind_string(update, 5, record->dialect);
    db_bind_string(update, 6, record->message);
    db_bind_string(update, 7, record->run_id);
    db_bind_string(update, 8, record->learned);
    struct run_counts counts = record->counts;
    for (size_t i = 0; i < COUNTER_COUNT; i++)
        db_bind_integer(update, (int)i + 9, (int64_t)*counter_of(&counts, i));
    status = db_run(update, err);
    db_finalize(update);
    return status;
}

enum status runs_finish(struct db *db, const struct run_record *record, struct err *err)
{
    enum status status = db_begin(db, err);
    if (status == STATUS_OK)
        status = update_run(db, record, err);
    status = db_end(db, status, err);
    COMMIT_POINT("run.finished");
    return status;
}

static void copy_text(char *out, size_t size, struct db_statement *query, int at)
{
    snprintf(out, size, "%s", db_column_text(query, at));
}

static void read_line(struct db_statement *query, struct run_line *line)
{
    *line = (struct run_line){0};
    copy_text(line->run_id, sizeof line->run_id, query, 0);
    copy_text(line->command, sizeof line->command, query, 1);
    copy_text(line->status, sizeof line->status, query, 2);
    copy_text(line->started_at, sizeof line->started_at, query, 3);
    copy_text(line->finished_at, sizeof line->finished_at, query, 4);
    line->has_exit_code = db_column_type(query, 5) == DB_INTEGER;
    line->exit_code = (int)db_column_integer(query, 5);
    line->seconds = db_column_real(query, 6);
    copy_text(line->message, sizeof line->message, query, 7);
    for (size_t i = 0; i < COUNTER_COUNT; i++)
        *counter_of(&line->counts, i) = (uint64_t)db_column_integer(query, (int)i + 8);
}

enum status runs_latest(struct db *db, const char *job, struct run_line *lines, size_t most, size_t *ret_count,
                        struct err *err)
{
    char sql[1024];
    int used =
        snprintf(sql, sizeof sql,
                 "SELECT run_id, command, status, started_at, finished_at, exit_code, coalesce(seconds, 0), message");
    for (size_t i = 0; i < COUNTER_COUNT; i++)
        used += snprintf(sql + used, sizeof sql - (size_t)used, ", coalesce(%s, 0)", counters[i].column);
    snprintf(sql + used, sizeof sql - (size_t)used, " FROM runs WHERE job = ?1 ORDER BY %s DESC LIMIT ?2",
             dialect(db, "rowid", "run_number"));
    struct db_statement *query;
    enum status status = db_prepare(db, sql, &query, err);
    if (status != STATUS_OK)
        return status;
    db_bind_string(query, 1, job);
    db_bind_integer(query, 2, (int64_t)most);
    size_t count = 0;
    bool row;
    while ((status = db_step(query, &row, err)) == STATUS_OK && row)
        read_line(query, &lines[count++]);
    db_finalize(query);
    if (status == STATUS_OK)
        *ret_count = count;
    return status;
}

enum status runs_newest_fetch(struct db *db, const char *job, char ret_when[RUN_TEXT_SIZE], struct err *err)
{
    struct db_statement *query;
    enum status status = db_prepare(
        db,
        "SELECT max(fetched) FROM (SELECT max(finished_at) AS fetched FROM runs WHERE job = ?1"
        " AND slices_fetched > 0 UNION ALL SELECT max(l.fetched_at) FROM coverage_series s JOIN ledger_spans l"
        " USING (series_id) WHERE s.job = ?1 OR substr(s.job, 1, length(?1) + 1) = ?1 || '/') AS f",
        &query, err);
    if (status != STATUS_OK)
        return status;
    db_bind_string(query, 1, job);
    bool row;
    status = db_step(query, &row, err);
    if (status == STATUS_OK)
        snprintf(ret_when, RUN_TEXT_SIZE, "%s", row ? db_column_text(query, 0) : "");
    db_finalize(query);
    return status;
}

enum status runs_last_success(struct db *db, const char *job, int64_t *ret_when, struct err *err)
{
    struct db_statement *query;
    enum status status = db_prepare(
        db, "SELECT coalesce(max(unixepoch(finished_at)), 0) FROM runs WHERE job = ?1 AND exit_code = 0", &query, err);
    if (status != STATUS_OK)
        return status;
    db_bind_string(query, 1, job);
    bool row;
    status = db_step(query, &row, err);
    if (status == STATUS_OK)
        *ret_when = row ? db_column_integer(query, 0) : 0;
    db_finalize(query);
    return status;
}
