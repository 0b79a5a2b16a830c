#include "db/db.h"

#include "db/driver.h"

#include <string.h>

enum db_kind db_kind(const struct db *db)
{
    return db->driver->kind;
}

void db_close(struct db *db)
{
    if (db != NULL)
        db->driver->close(db);
}

const char *db_path(const struct db *db)
{
    return db->path;
}

enum status db_exec(struct db *db, const char *sql, struct err *err)
{
    return db->driver->exec(db, sql, err);
}

enum status db_prepare(struct db *db, const char *sql, struct db_statement **ret_statement, struct err *err)
{
    return db->driver->prepare(db, sql, ret_statement, err);
}

void db_finalize(struct db_statement *statement)
{
    if (statement != NULL)
        statement->driver->finalize(statement);
}

void db_bind_null(struct db_statement *statement, int at)
{
    statement->driver->bind_null(statement, at);
}

void db_bind_integer(struct db_statement *statement, int at, int64_t value)
{
    statement->driver->bind_integer(statement, at, value);
}

void db_bind_real(struct db_statement *statement, int at, double value)
{
    statement->driver->bind_real(statement, at, value);
}

void db_bind_text(struct db_statement *statement, int at, const char *text, size_t size)
{
    statement->driver->bind_text(statement, at, text, size);
}

void db_bind_string(struct db_statement *statement, int at, const char *text)
{
    if (text == NULL)
        statement->driver->bind_null(statement, at);
    else
        statement->driver->bind_text(statement, at, text, strlen(text));
}

void db_bind_blob(struct db_statement *statement, int at, const void *bytes, size_t size)
{
    if (bytes == NULL)
        statement->driver->bind_null(statement, at);
    else
        statement->driver->bind_blob(statement, at, bytes, size);
}

enum status db_step(struct db_statement *statement, bool *ret_row, struct err *err)
{
    return statement->driver->step(statement, ret_row, err);
}

enum status db_run(struct db_statement *statement, struct err *err)
{
    return statement->driver->run(statement, err);
}

void db_reset(struct db_statement *statement)
{
    statement->driver->reset(statement);
}

enum db_type db_column_type(struct db_statement *statement, int at)
{
    return statement->driver->column_type(statement, at);
}

int64_t db_column_integer(struct db_statement *statement, int at)
{
    return statement->driver->column_integer(statement, at);
}

double db_column_real(struct db_statement *statement, int at)
{
    return statement->driver->column_real(statement, at);
}

const char *db_column_text(struct db_statement *statement, int at)
{
    return statement->driver->column_text(statement, at);
}

const void *db_column_blob(struct db_statement *statement, int at)
{
    return statement->driver->column_blob(statement, at);
}

size_t db_column_size(struct db_statement *statement, int at)
{
    return statement->driver->column_size(statement, at);
}

enum status db_query_integer(struct db *db, const char *sql, int64_t *ret_value, struct err *err)
{
    struct db_statement *statement;
    enum status status = db_prepare(db, sql, &statement, err);
    if (status != STATUS_OK)
        return status;
    bool row;
    status = db_step(statement, &row, err);
    if (status == STATUS_OK && !row)
        status = err_set(err, STATUS_BUG, "%s: no row from: %s", db->path, sql);
    if (status == STATUS_OK)
        *ret_value = db_column_integer(statement, 0);
    db_finalize(statement);
    return status;
}

enum status db_begin(struct db *db, struct err *err)
{
    return db_in_transaction(db) ? STATUS_OK : db->driver->begin(db, err);
}

enum status db_commit(struct db *db, struct err *err)
{
    return db_in_transaction(db) ? db->driver->commit(db, err) : STATUS_OK;
}

void db_rollback(struct db *db)
{
    /* Some failures (disk full) have rolled back already; then there is nothing to undo. */
    if (db_in_transaction(db))
        db->driver->rollback(db);
}

enum status db_end(struct db *db, enum status status, struct err *err)
{
    if (status == STATUS_OK)
        status = db_commit(db, err);
    if (status != STATUS_OK)
        db_rollback(db);
    return status;
}

bool db_in_transaction(const struct db *db)
{
    return db->driver->in_transaction(db);
}

int64_t db_last_insert_id(const struct db *db)
{
    return db->driver->last_insert_id(db);
}

int64_t db_changes(struct db *db)
{
    return db->driver->changes(db);
}
