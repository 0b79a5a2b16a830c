/* Shared by the files of this folder and nobody else. */
#ifndef OCCUPORT_PG_PG_INTERNAL_H
#define OCCUPORT_PG_PG_INTERNAL_H

#include "db/driver.h"
#include "pg/pg.h"

#include <libpq-fe.h>
#include <pthread.h>

/*
 * Commands that were sent and whose answers were not read. The server's answers to so many fit into the buffers of
 * the connection, and a wait for so many is none that counts.
 */
enum { PG_QUEUE_MAX = 256 };

/* What is wanted of the answer to a command in the queue. */
enum pg_wanted { PG_WANT_NOTHING, PG_WANT_CHANGES, PG_WANT_RESULT, PG_WANT_COMMIT };

struct pg_db {
    struct db base; /* must come first */
    PGconn *connection;
    pthread_mutex_t socket_lock; /* of `socket`, which another thread may shut down */
    int socket;                  /* of the connection; -1: none */
    char *dsn;                   /* a secret; owned, as the next two */
    char *schema;
    char *application; /* or NULL */
    bool read_only;
    unsigned generation;      /* of the connection: statements are prepared once in each */
    unsigned statement_count; /* for their names */
    bool in_transaction;
    bool pipelined;
    size_t queued;
    unsigned char wanted[PG_QUEUE_MAX + 4]; /* of each command in the queue: enum pg_wanted */
    int64_t changes;
    enum pg_trouble trouble;
    struct err failure; /* why the open transaction is lost; STATUS_OK: it is not */
};

static inline struct pg_db *pg_of(struct db *db)
{
    return (struct pg_db *)db;
}

/* pg_fail.c: from what the server or libpq said. result may be NULL: then it is the connection's word. */
enum status pg_fail(struct pg_db *pg, const PGresult *result, struct err *err);
/* A failure that is nobody's word: remembered like the others. */
enum status pg_fail_words(struct pg_db *pg, enum status status, const char *words, struct err *err);
/*
 * Where the connection failed before there is a place: `place` is said instead. STATUS_CANTCREATE: no such user,
 * password or database; STATUS_IO: anything that may be over in a while.
 */
enum status pg_fail_connect(const PGconn *connection, const char *place, struct err *err);

/* pg_queue.c: the commands of a transaction. */

/* STATUS_OK, or why the open transaction is lost already. */
enum status pg_check(const struct pg_db *pg, struct err *err);
/* Makes the connection ready for pg_queued commands. */
enum status pg_pipeline_enter(struct pg_db *pg, struct err *err);
/* Notes a command that was sent: sent is what PQsend* returned. Waits when the queue is full. */
enum status pg_queue_add(struct pg_db *pg, int sent, enum pg_wanted wanted, struct err *err);
/* Waits for all answers. ret_result may be NULL; else it is set to that of PG_WANT_RESULT (owned by the caller). */
enum status pg_queue_wait(struct pg_db *pg, PGresult **ret_result, struct err *err);
/* Waits for all answers and goes back to one command at a time. */
enum status pg_pipeline_leave(struct pg_db *pg, struct err *err);

/* For pg_changes: how many rows the command of this answer touched. */
void pg_note_changes(struct pg_db *pg, PGresult *result);

/* One command or several, at once. */
enum status pg_exec(struct db *base, const char *sql, struct err *err);
enum status pg_begin(struct db *base, struct err *err);
enum status pg_commit(struct db *base, struct err *err);
void pg_rollback(struct db *base);
int64_t pg_changes(struct db *base);

/* pg_place.c */

/* The settings of a connection from a DSN, with what is ours added; free with PQconninfoFree. */
struct pg_settings {
    PQconninfoOption *options;
    const char *keywords[64];
    const char *values[64];
};
enum status pg_settings_read(const struct pg_options *options, struct pg_settings *ret_settings, struct err *err);
/* "postgresql://host:port/database, schema NAME"; owned by the caller; NULL: no memory. */
char *pg_place(const PGconn *connection, const char *schema);

/* pg_sql.c: ?N and ? become $N, outside of literals, names and comments. Owned by the caller; NULL: no memory. */
char *pg_sql_translate(const char *sql, int *ret_parameters);

/* pg_statement.c */
enum status pg_prepare(struct db *base, const char *sql, struct db_statement **ret_statement, struct err *err);
void pg_finalize(struct db_statement *base);
void pg_bind_null(struct db_statement *base, int at);
void pg_bind_integer(struct db_statement *base, int at, int64_t value);
void pg_bind_real(struct db_statement *base, int at, double value);
void pg_bind_text(struct db_statement *base, int at, const char *text, size_t size);
void pg_bind_blob(struct db_statement *base, int at, const void *bytes, size_t size);
enum status pg_step(struct db_statement *base, bool *ret_row, struct err *err);
enum status pg_run(struct db_statement *base, struct err *err);
void pg_reset(struct db_statement *base);
enum db_type pg_column_type(struct db_statement *base, int at);
int64_t pg_column_integer(struct db_statement *base, int at);
double pg_column_real(struct db_statement *base, int at);
const char *pg_column_text(struct db_statement *base, int at);
const void *pg_column_blob(struct db_statement *base, int at);
size_t pg_column_size(struct db_statement *base, int at);

/* pg_column.c: the values of a row. What is not as SQLite gives it is changed once, where it lies in the result. */
struct pg_row {
    PGresult *result; /* owned; NULL: none */
    int row;
    int column_count;
    struct pg_cell *cells; /* owned: one a column */
};

/* Takes the result and stands before its first row; false: no memory (the result is freed). */
bool pg_row_take(struct pg_row *row, PGresult *result);
/* Goes on to the next row; false: there is none. */
bool pg_row_next(struct pg_row *row);
void pg_row_release(struct pg_row *row);
enum db_type pg_row_type(const struct pg_row *row, int at);
const char *pg_row_bytes(struct pg_row *row, int at, size_t *ret_size);

#endif
