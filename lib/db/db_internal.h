/* Shared by the files of this folder and nobody else. */
#ifndef OCCUPORT_DB_DB_INTERNAL_H
#define OCCUPORT_DB_DB_INTERNAL_H

#include "db/db.h"

#include <sqlite3.h>

struct db {
    sqlite3 *handle;
    char *path; /* owned */
};

/* Sets err to what an SQLite result code means (db.c has the table), and returns its status. */
enum status db_fail(const struct db *db, int code, struct err *err);

#endif
