/* The driver of SQLite: shared by sqlite.c, sqlite_statement.c and feed.c, and nobody else. */
#ifndef OCCUPORT_DB_SQLITE_INTERNAL_H
#define OCCUPORT_DB_SQLITE_INTERNAL_H

#include "db/driver.h"

#include <sqlite3.h>

struct sqlite_db {
    struct db base; /* must come first */
    sqlite3 *handle;
    int open_errno; /* what opening met: where writing was refused, it goes on reading only, and says so later */
    bool is_scratch;
};

static inline struct sqlite_db *sqlite_of(struct db *db)
{
    return (struct sqlite_db *)db;
}

/* Sets err to what an SQLite result code means (sqlite.c has the table), and returns its status. */
enum status sqlite_fail(const struct sqlite_db *db, int code, struct err *err);

enum status sqlite_prepare(struct db *base, const char *sql, struct db_statement **ret_statement, struct err *err);
void sqlite_finalize(struct db_statement *base);
void sqlite_bind_null(struct db_statement *base, int at);
void sqlite_bind_integer(struct db_statement *base, int at, int64_t value);
void sqlite_bind_real(struct db_statement *base, int at, double value);
void sqlite_bind_text(struct db_statement *base, int at, const char *text, size_t size);
void sqlite_bind_blob(struct db_statement *base, int at, const void *bytes, size_t size);
enum status sqlite_step(struct db_statement *base, bool *ret_row, struct err *err);
enum status sqlite_run(struct db_statement *base, struct err *err);
void sqlite_reset(struct db_statement *base);
enum db_type sqlite_column_type(struct db_statement *base, int at);
int64_t sqlite_column_integer(struct db_statement *base, int at);
double sqlite_column_real(struct db_statement *base, int at);
const char *sqlite_column_text(struct db_statement *base, int at);
const void *sqlite_column_blob(struct db_statement *base, int at);
size_t sqlite_column_size(struct db_statement *base, int at);

#endif
