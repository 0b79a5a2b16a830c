/*
 * What stands behind db.h: a table of functions for each kind of database. Included by the drivers (lib/db/sqlite*.c,
 * lib/pg) and by db.c, nobody else.
 *
 * A driver's own structs begin with these. Each function means what db.h says of the one of its name; path and err are
 * set by the driver.
 */
#ifndef OCCUPORT_DB_DRIVER_H
#define OCCUPORT_DB_DRIVER_H

#include "db/db.h"

struct db_driver {
    enum db_kind kind;
    void (*close)(struct db *db);
    enum status (*exec)(struct db *db, const char *sql, struct err *err);
    enum status (*prepare)(struct db *db, const char *sql, struct db_statement **ret_statement, struct err *err);
    void (*finalize)(struct db_statement *statement);
    void (*bind_null)(struct db_statement *statement, int at);
    void (*bind_integer)(struct db_statement *statement, int at, int64_t value);
    void (*bind_real)(struct db_statement *statement, int at, double value);
    void (*bind_text)(struct db_statement *statement, int at, const char *text, size_t size);
    void (*bind_blob)(struct db_statement *statement, int at, const void *bytes, size_t size); /* not NULL */
    enum status (*step)(struct db_statement *statement, bool *ret_row, struct err *err);
    enum status (*run)(struct db_statement *statement, struct err *err);
    void (*reset)(struct db_statement *statement);
    enum db_type (*column_type)(struct db_statement *statement, int at);
    int64_t (*column_integer)(struct db_statement *statement, int at);
    double (*column_real)(struct db_statement *statement, int at);
    const char *(*column_text)(struct db_statement *statement, int at);
    const void *(*column_blob)(struct db_statement *statement, int at);
    size_t (*column_size)(struct db_statement *statement, int at);
    enum status (*begin)(struct db *db, struct err *err);  /* none is open */
    enum status (*commit)(struct db *db, struct err *err); /* one is open */
    void (*rollback)(struct db *db);
    bool (*in_transaction)(const struct db *db);
    int64_t (*last_insert_id)(const struct db *db);
    int64_t (*changes)(struct db *db);
};

struct db {
    const struct db_driver *driver;
    char *path; /* owned by the driver */
};

struct db_statement {
    const struct db_driver *driver;
    struct db *db;
};

#endif
