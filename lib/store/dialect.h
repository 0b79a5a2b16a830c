/* Where the SQL of the two kinds of databases must differ. Private to lib/store. */
#ifndef OCCUPORT_STORE_DIALECT_H
#define OCCUPORT_STORE_DIALECT_H

#include "db/db.h"

/* The text for the kind of db. */
static inline const char *dialect(const struct db *db, const char *sqlite, const char *postgres)
{
    return db_kind(db) == DB_POSTGRES ? postgres : sqlite;
}

/*
 * Of the programs that do this to one database only one at a time goes on, until its transaction ends. SQLite has one
 * writer anyway. what: a word for it, without quotes.
 */
enum status dialect_lock(struct db *db, const char *what, struct err *err) MUST_CHECK;

#endif
