/*
 * The history of a database: its runs, the rows that were rejected, and the
 * corrections that later fetches made. The only writer of those tables.
 */
#ifndef OCCUPORT_STORE_RUNS_H
#define OCCUPORT_STORE_RUNS_H

#include "db/db.h"
#include "model/coverage.h"

enum { RUN_ID_SIZE = 40, RUN_TEXT_SIZE = 32 };

struct run_counts {
    uint64_t slices_due;
    uint64_t slices_fetched;
    uint64_t slices_failed;
    uint64_t slices_empty; /* of the fetched ones: without a row */
    uint64_t rows_received;
    uint64_t rows_inserted;
    uint64_t rows_updated;
    uint64_t rows_unchanged;
    uint64_t rows_vanished;
    uint64_t rows_rejected;
    uint64_t requests;
    uint64_t retries;
    uint64_t logins;
    uint64_t throttled;
    uint64_t bytes_received;
};

/* Adds every count of more to total. */
void run_counts_add(struct run_counts *total, const struct run_counts *more);

/* Sets the counts of requests, retries, logins, throttling and bytes to 0. */
void run_counts_forget_traffic(struct run_counts *counts);

struct run_record {
    char run_id[RUN_ID_SIZE];
    const char *job;
    const char *command;
    const char *version;
    const char *status; /* "ok", "failed", "interrupted"; ignored by runs_begin */
    int exit_code;
    int64_t started_at; /* seconds since the epoch */
    int64_t finished_at;
    double seconds;
    const char *dialect; /* NULL: not known */
    const char *learned; /* of the server, in words; NULL: nothing */
    const char *message; /* NULL: none */
    struct run_counts counts;
};

/*
 * Notes that a run has begun, as "running"; runs of the same job that are noted as running by a process that is
 * gone become "died". One transaction, which may be made again when the answer to its commit was lost.
 */
enum status runs_begin(struct db *db, const struct run_record *record, struct err *err) MUST_CHECK;

/*
 * With PostgreSQL a run shows that it lives by a lock of its session, which runs_begin takes. Call this when the
 * session is another one: after pg_reconnect. Nothing to do with SQLite, where its process shows it.
 */
enum status runs_hold(struct db *db, const char *run_id, struct err *err) MUST_CHECK;

/*
 * SQLite only: true when another process is noted as running in this database, of whatever job. False in a database
 * without runs.
 */
enum status runs_any_alive(struct db *db, bool *ret_any, struct err *err) MUST_CHECK;

/* Notes how it ended. One transaction. */
enum status runs_finish(struct db *db, const struct run_record *record, struct err *err) MUST_CHECK;

struct run_line {
    char run_id[RUN_ID_SIZE];
    char command[RUN_TEXT_SIZE];
    char status[RUN_TEXT_SIZE];
    char started_at[RUN_TEXT_SIZE];
    char finished_at[RUN_TEXT_SIZE]; /* "" while running */
    bool has_exit_code;
    int exit_code;
    double seconds;
    char message[ERR_MESSAGE_MAX];
    struct run_counts counts;
};

/* The latest runs of a job, newest first, at most `most`; *ret_count of them in lines. */
enum status runs_latest(struct db *db, const char *job, struct run_line *lines, size_t most, size_t *ret_count,
                        struct err *err) MUST_CHECK;

/* When slices of the job, of whatever dataset, were stored last, as UTC text, "" for never: the end of a run, or the
 * fetch of a slice. */
enum status runs_newest_fetch(struct db *db, const char *job, char ret_when[RUN_TEXT_SIZE], struct err *err) MUST_CHECK;

/* When a run of the job last ended with exit code 0, in seconds since the epoch; 0: never. */
enum status runs_last_success(struct db *db, const char *job, int64_t *ret_when, struct err *err) MUST_CHECK;

struct run_reject {
    const char *run_id;
    const char *dataset;
    int64_t seen_at;
    const struct series_key *key; /* NULL: the row belongs to no slice that was asked for */
    civil_day day;
    const char *reason;
    const char *raw;
    size_t raw_size;
};

/* Both write inside the caller's transaction. */
enum status runs_add_reject(struct db *db, const struct run_reject *reject, struct err *err) MUST_CHECK;

struct run_correction {
    const char *run_id;
    const char *dataset;
    int64_t seen_at;
    struct series_key key;
    civil_day day;
    uint64_t inserted;
    uint64_t updated;
    uint64_t vanished;
};

enum status runs_add_correction(struct db *db, const struct run_correction *correction, struct err *err) MUST_CHECK;

#endif
