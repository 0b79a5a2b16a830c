/*
 * PostgreSQL through libpq, and nothing else of it is seen outside this folder.
 *
 * pg_open gives a struct db (db/db.h) of kind DB_POSTGRES: statements, transactions and columns are used as those of
 * SQLite are, with ?1 ?2 for parameters. What differs:
 *
 *   - db_run in a transaction need not wait for the server: a failure of it may be told by a later call, at the latest
 * by db_commit. The transaction is lost then in any case.
 *   - A time column (timestamptz) is read as UTC text, 2025-05-01T04:00:00Z, a bytea as a blob, a date as text.
 *   - db_path is what may be told to people of the place: "postgresql://host:port/database" (or the socket's folder)
 * and the schema, never a password, whatever the DSN holds.
 *
 * Failures are mapped by one table of SQLSTATEs: what refuses the login, a database or schema that is not there and may
 * not be made is STATUS_CANTCREATE; what may be over in a while is STATUS_IO: a server that cannot be reached, has no
 * connection free or shuts down, a connection that is lost; as are disk full and no rights; the message names the
 * place, says the server's own words, and what to do where that is known. pg_trouble tells the rest.
 */
#ifndef OCCUPORT_PG_PG_H
#define OCCUPORT_PG_PG_H

#include "db/db.h"

enum { PG_LOCK_MS = 10000 };

/* All texts are borrowed for the call. */
struct pg_options {
    const char *dsn;    /* a libpq connection string or URI; what it leaves out comes from PG* variables, the service
                           file and pgpass, as libpq does */
    const char *schema; /* of all our tables; search_path is set to it, and behind it pg_temp */
    const char *application; /* application_name, unless the DSN has one: "occuport JOB" */
    bool create_schema;      /* make the schema when it is not there */
    bool read_only;          /* default_transaction_read_only: for looking */
};

/*
 * Connects, sets search_path, TimeZone UTC, client_encoding UTF8, standard_conforming_strings and a keepalive that
 * notices a dead network within a minute, on both sides. Unless read_only, statement_timeout is off, whoever waits for
 * a lock is told after PG_LOCK_MS (PG_TROUBLE_AGAIN), and a transaction in which nothing comes for two minutes is ended
 * by the server. The caller owns *ret_db (db_close). Refuses servers older than 13, databases that are not UTF8 and a
 * schema without the right to use it.
 */
enum status pg_open(const struct pg_options *options, struct db **ret_db, struct err *err) MUST_CHECK;

enum pg_trouble {
    PG_TROUBLE_NONE,  /* the last call went well */
    PG_TROUBLE_AGAIN, /* serialization failure, deadlock, a limit of time, cancelled: the same transaction may go
                         through */
    PG_TROUBLE_LOST,  /* the connection is gone, the server goes down or is no longer (or not yet) the primary:
                         pg_reconnect, then again; if it was lost in db_commit the outcome is not known */
    PG_TROUBLE_OTHER
};

/* Of the last failure of a call on db. */
enum pg_trouble pg_trouble(const struct db *db);

/* pg_open; of its failure *ret_trouble tells whether another attempt may go well in a while. */
enum status pg_open_or_tell(const struct pg_options *options, struct db **ret_db, enum pg_trouble *ret_trouble,
                            struct err *err) MUST_CHECK;

/*
 * A new connection in place of the old one, whose transaction is lost. Statements stay valid: they are prepared anew
 * when they are used next. Temporary tables are gone. Fails as pg_open does.
 */
enum status pg_reconnect(struct db *db, struct err *err) MUST_CHECK;

/*
 * From any thread: what another one waits for on this connection ends as by a lost connection. A connecting that is
 * under way is not ended.
 */
void pg_give_up(struct db *db);

#endif
