#include "pg/copy.h"

#include "core/buf.h"
#include "pg/pg_internal.h"

#include <stdlib.h>
#include <string.h>

/* The format: PostgreSQL's manual, COPY, "Binary Format". Numbers are big-endian. */

struct pg_copy {
    struct pg_db *pg;
    enum status failed; /* sticky */
    struct err err;
    size_t size;
    unsigned char bytes[PG_COPY_BYTES];
};

static const unsigned char header[] = {'P', 'G', 'C', 'O', 'P', 'Y', '\n', 0xFF, '\r', '\n', 0, 0, 0, 0, 0, 0, 0, 0, 0};

static void send(struct pg_copy *copy, const void *bytes, size_t size)
{
    if (copy->failed == STATUS_OK && size > 0 && PQputCopyData(copy->pg->connection, bytes, (int)size) != 1)
        copy->failed = pg_fail(copy->pg, NULL, &copy->err);
}

static void send_all(struct pg_copy *copy)
{
    send(copy, copy->bytes, copy->size);
    copy->size = 0;
}

static void put(struct pg_copy *copy, const void *bytes, size_t size)
{
    if (size > sizeof copy->bytes - copy->size)
        send_all(copy);
    if (size > sizeof copy->bytes) {
        send(copy, bytes, size);
        return;
    }
    if (size > 0)
        memcpy(copy->bytes + copy->size, bytes, size);
    copy->size += size;
}

/* Room for `size` bytes, which the caller fills; they are few. */
static unsigned char *reserve(struct pg_copy *copy, size_t size)
{
    if (size > sizeof copy->bytes - copy->size)
        send_all(copy);
    unsigned char *at = copy->bytes + copy->size;
    copy->size += size;
    return at;
}

static void write_big(unsigned char *at, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        at[i] = (unsigned char)(value >> 8 * (size - 1 - i));
}

static void put_number(struct pg_copy *copy, uint64_t value, size_t size)
{
    unsigned char *at = reserve(copy, 4 + size);
    write_big(at, size, 4);
    write_big(at + 4, value, size);
}

enum status pg_copy_begin(struct db *db, const char *sql, struct pg_copy **ret_copy, struct err *err)
{
    struct pg_db *pg = pg_of(db);
    enum status status = pg_check(pg, err);
    if (status == STATUS_OK)
        status = pg_pipeline_leave(pg, err);
    if (status != STATUS_OK)
        return status;
    struct pg_copy *copy = malloc(sizeof *copy);
    if (copy == NULL)
        return err_nomem(err);
    copy->pg = pg;
    copy->failed = STATUS_OK;
    copy->size = 0;
    PGresult *result = PQexec(pg->connection, sql);
    if (PQresultStatus(result) != PGRES_COPY_IN)
        status = pg_fail(pg, result, err);
    PQclear(result);
    if (status != STATUS_OK) {
        free(copy);
        return status;
    }
    put(copy, header, sizeof header);
    *ret_copy = copy;
    return STATUS_OK;
}

void pg_copy_row(struct pg_copy *copy, int fields)
{
    write_big(reserve(copy, 2), (uint64_t)fields, 2);
}

void pg_copy_null(struct pg_copy *copy)
{
    write_big(reserve(copy, 4), UINT32_MAX, 4);
}

void pg_copy_bool(struct pg_copy *copy, bool value)
{
    put_number(copy, value, 1);
}

void pg_copy_int2(struct pg_copy *copy, int16_t value)
{
    put_number(copy, (uint16_t)value, 2);
}

void pg_copy_int4(struct pg_copy *copy, int32_t value)
{
    put_number(copy, (uint32_t)value, 4);
}

void pg_copy_int8(struct pg_copy *copy, int64_t value)
{
    put_number(copy, (uint64_t)value, 8);
}

void pg_copy_float8(struct pg_copy *copy, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    put_number(copy, bits, 8);
}

static void put_bytes(struct pg_copy *copy, const char *before, const void *bytes, size_t size)
{
    size_t extra = strlen(before);
    if (size > INT32_MAX / 2 && copy->failed == STATUS_OK)
        copy->failed = pg_fail_words(copy->pg, STATUS_TOO_LARGE, "a value is larger than a gigabyte", &copy->err);
    if (copy->failed != STATUS_OK)
        return;
    write_big(reserve(copy, 4), size + extra, 4);
    put(copy, before, extra);
    put(copy, bytes, size);
}

void pg_copy_text(struct pg_copy *copy, const char *text, size_t size)
{
    put_bytes(copy, "", text, size);
}

void pg_copy_jsonb(struct pg_copy *copy, const char *text, size_t size)
{
    put_bytes(copy, "\1", text, size); /* the version of jsonb's format */
}

/* The server's word; all of it is read, so that the connection can be used again. */
static void finish(struct pg_copy *copy, uint64_t *ret_rows)
{
    PGconn *connection = copy->pg->connection;
    PGresult *result;
    while ((result = PQgetResult(connection)) != NULL) {
        if (PQresultStatus(result) != PGRES_COMMAND_OK && copy->failed == STATUS_OK)
            copy->failed = pg_fail(copy->pg, result, &copy->err);
        else if (copy->failed == STATUS_OK && ret_rows != NULL)
            *ret_rows = strtoull(PQcmdTuples(result), NULL, 10);
        PQclear(result);
        if (PQstatus(connection) == CONNECTION_BAD)
            break;
    }
}

enum status pg_copy_end(struct pg_copy *copy, uint64_t *ret_rows, struct err *err)
{
    uint64_t rows = 0;
    write_big(reserve(copy, 2), UINT16_MAX, 2);
    send_all(copy);
    const char *why = copy->failed != STATUS_OK ? "given up by the client" : NULL;
    if (PQputCopyEnd(copy->pg->connection, why) != 1 && copy->failed == STATUS_OK)
        copy->failed = pg_fail(copy->pg, NULL, &copy->err);
    finish(copy, &rows);
    enum status status = copy->failed;
    if (status != STATUS_OK && err != NULL)
        *err = copy->err;
    if (status == STATUS_OK && ret_rows != NULL)
        *ret_rows = rows;
    free(copy);
    return status;
}
