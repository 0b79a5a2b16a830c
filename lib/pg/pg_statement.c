#include "pg/pg_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_SIZE = 24, NUMBER_SIZE = 32, PARAMETERS_MAX = 1000, OID_UNKNOWN = 0, OID_BYTEA = 17 };

struct parameter {
    char *text; /* owned: the last text that was bound, or a number */
    size_t capacity;
};

/*
 * Run for the first time it is sent as it is; only what is run again is worth a plan that the server keeps. The server
 * looks at the text when it is first run, not before.
 */
struct pg_statement {
    struct db_statement base; /* must come first */
    char *sql;
    char name[NAME_SIZE];
    unsigned generation; /* of the connection in which it is prepared; 0: none */
    unsigned runs;
    int parameter_count;
    struct parameter *parameters;
    const char **values; /* as libpq wants them */
    int *sizes;
    int *formats;
    Oid *types;
    const char *bind_failure; /* NULL: none */
    struct pg_row row;
};

static struct pg_statement *statement_of(struct db_statement *base)
{
    return (struct pg_statement *)base;
}

static void statement_free(struct pg_statement *statement)
{
    pg_row_release(&statement->row);
    free(statement->row.cells);
    for (int i = 0; statement->parameters != NULL && i < statement->parameter_count; i++)
        free(statement->parameters[i].text);
    free(statement->parameters);
    free(statement->values);
    free(statement->sizes);
    free(statement->formats);
    free(statement->types);
    free(statement->sql);
    free(statement);
}

enum status pg_prepare(struct db *base, const char *sql, struct db_statement **ret_statement, struct err *err)
{
    struct pg_db *pg = pg_of(base);
    struct pg_statement *statement = calloc(1, sizeof *statement);
    if (statement == NULL)
        return err_nomem(err);
    statement->base = (struct db_statement){base->driver, base};
    statement->sql = pg_sql_translate(sql, &statement->parameter_count);
    size_t count = (size_t)statement->parameter_count + 1;
    if (statement->sql != NULL && statement->parameter_count <= PARAMETERS_MAX) {
        statement->parameters = calloc(count, sizeof *statement->parameters);
        statement->values = calloc(count, sizeof *statement->values);
        statement->sizes = calloc(count, sizeof *statement->sizes);
        statement->formats = calloc(count, sizeof *statement->formats);
        statement->types = calloc(count, sizeof *statement->types);
    }
    if (statement->parameters == NULL || statement->values == NULL || statement->sizes == NULL ||
        statement->formats == NULL || statement->types == NULL) {
        statement_free(statement);
        return err_nomem(err);
    }
    snprintf(statement->name, sizeof statement->name, "s%u", ++pg->statement_count);
    *ret_statement = &statement->base;
    return STATUS_OK;
}

/* What the server keeps of it goes as well. That it cannot, in a transaction that is lost, harms nothing. */
static void forget(struct pg_db *pg, const struct pg_statement *statement)
{
    char sql[NAME_SIZE + 16];
    struct err ignored;
    if (statement->generation != pg->generation || PQstatus(pg->connection) == CONNECTION_BAD ||
        pg_check(pg, &ignored) != STATUS_OK)
        return;
    snprintf(sql, sizeof sql, "DEALLOCATE %s", statement->name);
    if (pg->pipelined)
        (void)pg_queue_add(pg, PQsendQueryParams(pg->connection, sql, 0, NULL, NULL, NULL, NULL, 0), PG_WANT_NOTHING,
                           &ignored);
    else
        PQclear(PQexec(pg->connection, sql));
}

void pg_finalize(struct db_statement *base)
{
    forget(pg_of(base->db), statement_of(base));
    statement_free(statement_of(base));
}

/* Room for a value of so many bytes at parameter `at`; NULL: a failure that the next step reports. */
static char *room(struct pg_statement *statement, int at, size_t size)
{
    if (at < 1 || at > statement->parameter_count) {
        statement->bind_failure = "a parameter is bound that the statement has not";
        return NULL;
    }
    struct parameter *parameter = &statement->parameters[at - 1];
    if (parameter->capacity < size + 1) {
        size_t capacity = size + 1 > NUMBER_SIZE ? size + 1 : NUMBER_SIZE;
        char *text = realloc(parameter->text, capacity);
        if (text == NULL) {
            statement->bind_failure = "out of memory";
            return NULL;
        }
        parameter->text = text;
        parameter->capacity = capacity;
    }
    statement->values[at - 1] = parameter->text;
    statement->formats[at - 1] = 0;
    statement->types[at - 1] = OID_UNKNOWN;
    return parameter->text;
}

void pg_bind_null(struct db_statement *base, int at)
{
    struct pg_statement *statement = statement_of(base);
    if (room(statement, at, 0) != NULL)
        statement->values[at - 1] = NULL;
}

void pg_bind_integer(struct db_statement *base, int at, int64_t value)
{
    char *text = room(statement_of(base), at, NUMBER_SIZE);
    if (text != NULL)
        snprintf(text, NUMBER_SIZE, "%lld", (long long)value);
}

/* The shortest text that is read back as the same number. */
void pg_bind_real(struct db_statement *base, int at, double value)
{
    char *text = room(statement_of(base), at, NUMBER_SIZE);
    if (text == NULL)
        return;
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, NUMBER_SIZE, "%.*g", digits, value);
        if (!(strtod(text, NULL) < value) && !(strtod(text, NULL) > value))
            return;
    }
}

void pg_bind_text(struct db_statement *base, int at, const char *text, size_t size)
{
    char *copy = room(statement_of(base), at, size);
    if (copy == NULL)
        return;
    if (size > 0)
        memcpy(copy, text, size);
    copy[size] = '\0';
    if (memchr(copy, '\0', size) != NULL)
        statement_of(base)->bind_failure = "a text holds a NUL byte, which PostgreSQL cannot store";
}

void pg_bind_blob(struct db_statement *base, int at, const void *bytes, size_t size)
{
    struct pg_statement *statement = statement_of(base);
    char *copy = room(statement, at, size);
    if (copy == NULL)
        return;
    if (size > 0)
        memcpy(copy, bytes, size);
    statement->sizes[at - 1] = (int)size;
    statement->formats[at - 1] = 1;
    statement->types[at - 1] = OID_BYTEA;
}

static int send_prepared(struct pg_db *pg, const struct pg_statement *statement)
{
    return PQsendQueryPrepared(pg->connection, statement->name, statement->parameter_count, statement->values,
                               statement->sizes, statement->formats, 0);
}

static int send_plain(struct pg_db *pg, const struct pg_statement *statement)
{
    return PQsendQueryParams(pg->connection, statement->sql, statement->parameter_count, statement->types,
                             statement->values, statement->sizes, statement->formats, 0);
}

/* In a pipeline: behind what was sent, without waiting. */
static enum status send(struct pg_db *pg, struct pg_statement *statement, enum pg_wanted wanted, struct err *err)
{
    if (statement->generation == pg->generation)
        return pg_queue_add(pg, send_prepared(pg, statement), wanted, err);
    if (statement->runs == 0)
        return pg_queue_add(pg, send_plain(pg, statement), wanted, err);
    int sent = PQsendPrepare(pg->connection, statement->name, statement->sql, 0, NULL);
    enum status status = pg_queue_add(pg, sent, PG_WANT_NOTHING, err);
    if (status == STATUS_OK)
        status = pg_queue_add(pg, send_prepared(pg, statement), wanted, err);
    if (status == STATUS_OK)
        statement->generation = pg->generation;
    return status;
}

/* Outside of a transaction: one statement, and its answer. */
static enum status execute_alone(struct pg_db *pg, struct pg_statement *statement, PGresult **ret_result,
                                 struct err *err)
{
    PGresult *result = NULL;
    if (statement->generation != pg->generation && statement->runs > 0) {
        result = PQprepare(pg->connection, statement->name, statement->sql, 0, NULL);
        if (PQresultStatus(result) != PGRES_COMMAND_OK) {
            enum status status = pg_fail(pg, result, err);
            PQclear(result);
            return status;
        }
        PQclear(result);
        statement->generation = pg->generation;
    }
    if (statement->generation == pg->generation)
        result = PQexecPrepared(pg->connection, statement->name, statement->parameter_count, statement->values,
                                statement->sizes, statement->formats, 0);
    else
        result = PQexecParams(pg->connection, statement->sql, statement->parameter_count, statement->types,
                              statement->values, statement->sizes, statement->formats, 0);
    if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK) {
        enum status status = pg_fail(pg, result, err);
        PQclear(result);
        return status;
    }
    pg_note_changes(pg, result);
    pg->trouble = PG_TROUBLE_NONE;
    *ret_result = result;
    return STATUS_OK;
}

/* ret_result NULL: nobody waits for the answer. */
static enum status execute(struct pg_statement *statement, PGresult **ret_result, struct err *err)
{
    struct pg_db *pg = pg_of(statement->base.db);
    const char *bind_failure = statement->bind_failure;
    statement->bind_failure = NULL;
    pg_row_release(&statement->row);
    if (bind_failure != NULL)
        return pg_fail_words(pg, STATUS_BUG, bind_failure, err);
    enum status status = pg_check(pg, err);
    PGresult *result = NULL;
    if (status != STATUS_OK)
        return status;
    if (pg->in_transaction) {
        status = pg_pipeline_enter(pg, err);
        if (status == STATUS_OK)
            status = send(pg, statement, ret_result != NULL ? PG_WANT_RESULT : PG_WANT_CHANGES, err);
        if (status == STATUS_OK && ret_result != NULL)
            status = pg_queue_wait(pg, &result, err);
    } else {
        status = pg_pipeline_leave(pg, err);
        if (status == STATUS_OK)
            status = execute_alone(pg, statement, &result, err);
    }
    statement->runs += status == STATUS_OK && statement->runs < 2;
    if (ret_result != NULL && status == STATUS_OK)
        *ret_result = result;
    else
        PQclear(result);
    return status;
}

enum status pg_step(struct db_statement *base, bool *ret_row, struct err *err)
{
    struct pg_statement *statement = statement_of(base);
    if (statement->row.result == NULL) {
        PGresult *result = NULL;
        enum status status = execute(statement, &result, err);
        if (status != STATUS_OK)
            return status;
        if (!pg_row_take(&statement->row, result))
            return err_nomem(err);
    }
    *ret_row = pg_row_next(&statement->row);
    if (!*ret_row)
        pg_row_release(&statement->row);
    return STATUS_OK;
}

enum status pg_run(struct db_statement *base, struct err *err)
{
    return execute(statement_of(base), NULL, err);
}

void pg_reset(struct db_statement *base)
{
    pg_row_release(&statement_of(base)->row);
}

enum db_type pg_column_type(struct db_statement *base, int at)
{
    return pg_row_type(&statement_of(base)->row, at);
}

int64_t pg_column_integer(struct db_statement *base, int at)
{
    size_t size;
    const char *text = pg_row_bytes(&statement_of(base)->row, at, &size);
    return text != NULL ? strtoll(text, NULL, 10) : 0;
}

double pg_column_real(struct db_statement *base, int at)
{
    size_t size;
    const char *text = pg_row_bytes(&statement_of(base)->row, at, &size);
    return text != NULL ? strtod(text, NULL) : 0;
}

const char *pg_column_text(struct db_statement *base, int at)
{
    size_t size;
    const char *text = pg_row_bytes(&statement_of(base)->row, at, &size);
    return text != NULL ? text : "";
}

const void *pg_column_blob(struct db_statement *base, int at)
{
    size_t size;
    const char *bytes = pg_row_bytes(&statement_of(base)->row, at, &size);
    return size > 0 ? bytes : NULL;
}

size_t pg_column_size(struct db_statement *base, int at)
{
    size_t size;
    (void)pg_row_bytes(&statement_of(base)->row, at, &size);
    return size;
}
