/*
 * The schema of a database, built by the numbered files under migrations/ (SQLite) and migrations/postgres/.
 *
 * Each file is embedded in the program at build time and applied once, in
 * order; all that are pending go into one transaction together with their entries (number,
 * name, checksum, time) in schema_migrations. A database that carries a number
 * beyond the program's, or another checksum for a number, was made by another program and is refused unchanged.
 * Of programs that start together one applies the files, and the others wait for it: SQLite's write lock, an advisory
 * lock of PostgreSQL.
 */
#ifndef OCCUPORT_DB_MIGRATE_H
#define OCCUPORT_DB_MIGRATE_H

#include "db/db.h"

struct migration {
    int number;
    const char *name; /* the file name */
    const char *sql;  /* NUL-terminated */
};

enum migrate_scope {
    MIGRATE_LEDGER, /* files named NNNN_ledger_*.sql: the bookkeeping, for every destination */
    MIGRATE_ALL     /* all: also the rows of a destination, and the work that many programs share */
};

/* The embedded files of a kind of database, by number; *ret_count of them. */
const struct migration *migrations_embedded(enum db_kind kind, size_t *ret_count);

/*
 * Brings the database up to date. STATUS_IO: refused as above, or a statement failed; nothing is half applied. A table
 * of PostgreSQL that others use is waited for for seconds only, since everybody else waits behind this one meanwhile:
 * PG_TROUBLE_AGAIN, to be tried again when they had their turn.
 */
enum status migrate(struct db *db, enum migrate_scope scope, int64_t now, struct err *err) MUST_CHECK;

/* The same for any list: what migrate and the tests use. */
enum status migrate_list(struct db *db, const struct migration *list, size_t count, enum migrate_scope scope,
                         int64_t now, struct err *err) MUST_CHECK;

/* True when schema_migrations is there and up to date: a read-only user's question. STATUS_IO when newer. */
enum status migrate_check(struct db *db, enum migrate_scope scope, bool *ret_current, struct err *err) MUST_CHECK;

#endif
