#include "db/sqlite_internal.h"

#include <stdlib.h>

struct sqlite_statement {
    struct db_statement base; /* must come first */
    sqlite3_stmt *handle;
    int bind_failure; /* the first failed bind since the last step, or SQLITE_OK */
};

static struct sqlite_statement *statement_of(struct db_statement *base)
{
    return (struct sqlite_statement *)base;
}

enum status sqlite_prepare(struct db *base, const char *sql, struct db_statement **ret_statement, struct err *err)
{
    struct sqlite_statement *statement = calloc(1, sizeof *statement);
    if (statement == NULL)
        return err_nomem(err);
    statement->base = (struct db_statement){base->driver, base};
    int code =
        sqlite3_prepare_v3(sqlite_of(base)->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement->handle, NULL);
    if (code != SQLITE_OK) {
        free(statement);
        return sqlite_fail(sqlite_of(base), code, err);
    }
    *ret_statement = &statement->base;
    return STATUS_OK;
}

void sqlite_finalize(struct db_statement *base)
{
    sqlite3_finalize(statement_of(base)->handle);
    free(base);
}

static void remember(struct sqlite_statement *statement, int code)
{
    if (code != SQLITE_OK && statement->bind_failure == SQLITE_OK)
        statement->bind_failure = code;
}

void sqlite_bind_null(struct db_statement *base, int at)
{
    struct sqlite_statement *statement = statement_of(base);
    remember(statement, sqlite3_bind_null(statement->handle, at));
}

void sqlite_bind_integer(struct db_statement *base, int at, int64_t value)
{
    struct sqlite_statement *statement = statement_of(base);
    remember(statement, sqlite3_bind_int64(statement->handle, at, value));
}

void sqlite_bind_real(struct db_statement *base, int at, double value)
{
    struct sqlite_statement *statement = statement_of(base);
    remember(statement, sqlite3_bind_double(statement->handle, at, value));
}

void sqlite_bind_text(struct db_statement *base, int at, const char *text, size_t size)
{
    struct sqlite_statement *statement = statement_of(base);
    remember(statement, sqlite3_bind_text64(statement->handle, at, text, size, SQLITE_STATIC, SQLITE_UTF8));
}

void sqlite_bind_blob(struct db_statement *base, int at, const void *bytes, size_t size)
{
    struct sqlite_statement *statement = statement_of(base);
    remember(statement, sqlite3_bind_blob64(statement->handle, at, bytes, size, SQLITE_STATIC));
}

enum status sqlite_step(struct db_statement *base, bool *ret_row, struct err *err)
{
    struct sqlite_statement *statement = statement_of(base);
    int code = statement->bind_failure;
    statement->bind_failure = SQLITE_OK;
    if (code == SQLITE_OK)
        code = sqlite3_step(statement->handle);
    if (code == SQLITE_ROW) {
        *ret_row = true;
        return STATUS_OK;
    }
    enum status status = code == SQLITE_DONE ? STATUS_OK : sqlite_fail(sqlite_of(base->db), code, err);
    sqlite3_reset(statement->handle);
    if (status == STATUS_OK)
        *ret_row = false;
    return status;
}

enum status sqlite_run(struct db_statement *base, struct err *err)
{
    bool row;
    enum status status = sqlite_step(base, &row, err);
    if (status == STATUS_OK && row)
        sqlite3_reset(statement_of(base)->handle);
    return status;
}

void sqlite_reset(struct db_statement *base)
{
    sqlite3_reset(statement_of(base)->handle);
}

enum db_type sqlite_column_type(struct db_statement *base, int at)
{
    switch (sqlite3_column_type(statement_of(base)->handle, at)) {
    case SQLITE_INTEGER: return DB_INTEGER;
    case SQLITE_FLOAT: return DB_REAL;
    case SQLITE_TEXT: return DB_TEXT;
    case SQLITE_BLOB: return DB_BLOB;
    default: return DB_NULL;
    }
}

int64_t sqlite_column_integer(struct db_statement *base, int at)
{
    return sqlite3_column_int64(statement_of(base)->handle, at);
}

double sqlite_column_real(struct db_statement *base, int at)
{
    return sqlite3_column_double(statement_of(base)->handle, at);
}

const char *sqlite_column_text(struct db_statement *base, int at)
{
    const unsigned char *text = sqlite3_column_text(statement_of(base)->handle, at);
    return text != NULL ? (const char *)text : "";
}

const void *sqlite_column_blob(struct db_statement *base, int at)
{
    return sqlite3_column_blob(statement_of(base)->handle, at);
}

size_t sqlite_column_size(struct db_statement *base, int at)
{
    return (size_t)sqlite3_column_bytes(statement_of(base)->handle, at);
}
