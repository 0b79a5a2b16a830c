/*
 * Databases. db_open gives one of SQLite; lib/pg gives one of PostgreSQL with the same functions (driver.h). Nothing of
 * SQLite is seen outside this folder.
 *
 * A struct db is one connection, used by one thread at a time. Statements belong to their db: finalize them first.
 *
 * Every database of SQLite is opened in WAL mode, so that a dashboard reads while a job writes, with synchronous=FULL,
 * so that what was reported as stored survives a power cut, and with a busy timeout.
 * A new database file gets the mode 0666 less the umask, and SQLite gives its -wal and -shm the same.
 *
 * Failures are mapped by one table (sqlite.c): the file cannot be opened or made
 * is STATUS_CANTCREATE; locked, full, read-only, damaged or not a database is
 * STATUS_IO; the message names the file.
 */
#ifndef OCCUPORT_DB_DB_H
#define OCCUPORT_DB_DB_H

#include "core/err.h"

#include <stddef.h>
#include <stdint.h>

struct db;
struct db_statement;

enum db_kind { DB_SQLITE, DB_POSTGRES };

enum db_mode {
    DB_CREATE,   /* read and write, made when it is not there */
    DB_SCRATCH,  /* as DB_CREATE, for what need not survive a power cut: a commit is not synced */
    DB_READ_ONLY /* must be there */
};

enum { DB_BUSY_TIMEOUT_MS = 60000 };

enum db_type { DB_NULL, DB_INTEGER, DB_REAL, DB_TEXT, DB_BLOB };

/* The caller owns *ret_db. ":memory:" is accepted (tests). */
enum status db_open(const char *path, enum db_mode mode, struct db **ret_db, struct err *err) MUST_CHECK;

/* Rolls back what is open; accepts NULL. */
void db_close(struct db *db);

enum db_kind db_kind(const struct db *db);

/* What people are told of the place: the file, or where the server is. */
const char *db_path(const struct db *db);

/* Runs one or more statements that return nothing. */
enum status db_exec(struct db *db, const char *sql, struct err *err) MUST_CHECK;

/* Compiles one statement, kept for reuse. The caller finalizes it. */
enum status db_prepare(struct db *db, const char *sql, struct db_statement **ret_statement, struct err *err) MUST_CHECK;
void db_finalize(struct db_statement *statement);

/*
 * Binds parameter number `at` (from 1). Text and blobs are NOT copied: they must stay until the statement was
 * reset. A failed bind is remembered and reported by the next step.
 */
void db_bind_null(struct db_statement *statement, int at);
void db_bind_integer(struct db_statement *statement, int at, int64_t value);
void db_bind_real(struct db_statement *statement, int at, double value);
void db_bind_text(struct db_statement *statement, int at, const char *text, size_t size);
void db_bind_string(struct db_statement *statement, int at, const char *text); /* NULL binds null */
void db_bind_blob(struct db_statement *statement, int at, const void *bytes, size_t size);

/* *ret_row: a row is there to be read. Without one the statement is reset already. */
enum status db_step(struct db_statement *statement, bool *ret_row, struct err *err) MUST_CHECK;

/* Runs a statement whose rows do not matter, and resets it. */
enum status db_run(struct db_statement *statement, struct err *err) MUST_CHECK;

/* Ready to be run again; bindings stay. */
void db_reset(struct db_statement *statement);

/* The columns of the current row, from 0. Text and blobs live until the next step or reset. */
enum db_type db_column_type(struct db_statement *statement, int at);
int64_t db_column_integer(struct db_statement *statement, int at);
double db_column_real(struct db_statement *statement, int at);
const char *db_column_text(struct db_statement *statement, int at); /* never NULL */
const void *db_column_blob(struct db_statement *statement, int at); /* NULL when empty */
size_t db_column_size(struct db_statement *statement, int at);

/* One integer from a query of one row; STATUS_BUG when it gives none. */
enum status db_query_integer(struct db *db, const char *sql, int64_t *ret_value, struct err *err) MUST_CHECK;

/* Takes the write lock at once, so that a later statement cannot fail for it. Does nothing when one is open. */
enum status db_begin(struct db *db, struct err *err) MUST_CHECK;
enum status db_commit(struct db *db, struct err *err) MUST_CHECK;

/* Undoes an open transaction; nothing to do is fine. */
void db_rollback(struct db *db);

/*
 * Ends what db_begin opened: commits when status is STATUS_OK, else undoes it. Returns status, or why the commit
 * failed; everything is undone then as well.
 */
enum status db_end(struct db *db, enum status status, struct err *err) MUST_CHECK;

bool db_in_transaction(const struct db *db);

/* The rowid of the last INSERT; 0 with PostgreSQL, which has none: use RETURNING. */
int64_t db_last_insert_id(const struct db *db);

/* Rows that the last INSERT, UPDATE or DELETE touched. With PostgreSQL this waits for the server. */
int64_t db_changes(struct db *db);

#endif
