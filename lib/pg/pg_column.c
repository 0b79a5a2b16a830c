#include "pg/pg_internal.h"

#include <stdlib.h>
#include <string.h>

/* From PostgreSQL's catalogue (pg_type.dat): they never change. */
enum {
    TYPE_BOOL = 16,
    TYPE_BYTEA = 17,
    TYPE_INT8 = 20,
    TYPE_INT2 = 21,
    TYPE_INT4 = 23,
    TYPE_OID = 26,
    TYPE_FLOAT4 = 700,
    TYPE_FLOAT8 = 701,
    TYPE_TIMESTAMP = 1114,
    TYPE_TIMESTAMPTZ = 1184,
    TYPE_NUMERIC = 1700,
};

struct pg_cell {
    int seen; /* the row whose value was changed already, from 1 */
    size_t size;
};

bool pg_row_take(struct pg_row *row, PGresult *result)
{
    int count = PQnfields(result);
    if (count > row->column_count) {
        free(row->cells);
        row->column_count = 0;
        row->cells = calloc((size_t)count, sizeof *row->cells);
        if (row->cells == NULL) {
            PQclear(result);
            return false;
        }
    } else if (row->cells != NULL) {
        memset(row->cells, 0, (size_t)row->column_count * sizeof *row->cells);
    }
    if (count > row->column_count)
        row->column_count = count;
    row->result = result;
    row->row = -1;
    return true;
}

bool pg_row_next(struct pg_row *row)
{
    row->row++;
    return row->row < PQntuples(row->result);
}

void pg_row_release(struct pg_row *row)
{
    PQclear(row->result);
    row->result = NULL;
}

static int hex_value(char c)
{
    return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

/* \x0123 becomes the bytes. */
static size_t from_hex(char *text, size_t size)
{
    size_t count = size / 2 - 1;
    for (size_t i = 0; i < count; i++)
        text[i] = (char)(hex_value(text[2 * i + 2]) << 4 | hex_value(text[2 * i + 3]));
    text[count] = '\0';
    return count;
}

/* 2025-05-01 04:00:00+00 becomes 2025-05-01T04:00:00Z, as SQLite has it. */
static size_t from_time(char *text, size_t size)
{
    char *blank = strchr(text, ' ');
    if (blank != NULL)
        *blank = 'T';
    if (size > 3 && strcmp(text + size - 3, "+00") == 0) {
        text[size - 3] = 'Z';
        text[size - 2] = '\0';
        return size - 2;
    }
    return size;
}

static size_t change(Oid type, char *text, size_t size)
{
    switch (type) {
    case TYPE_BOOL: text[0] = text[0] == 't' ? '1' : '0'; return size;
    case TYPE_BYTEA: return size >= 2 ? from_hex(text, size) : size;
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMPTZ: return from_time(text, size);
    default: return size;
    }
}

const char *pg_row_bytes(struct pg_row *row, int at, size_t *ret_size)
{
    *ret_size = 0;
    if (row->result == NULL || at >= PQnfields(row->result) || PQgetisnull(row->result, row->row, at))
        return NULL;
    char *text = PQgetvalue(row->result, row->row, at);
    struct pg_cell *cell = &row->cells[at];
    if (cell->seen != row->row + 1) {
        cell->seen = row->row + 1;
        cell->size = change(PQftype(row->result, at), text, (size_t)PQgetlength(row->result, row->row, at));
    }
    *ret_size = cell->size;
    return text;
}

enum db_type pg_row_type(const struct pg_row *row, int at)
{
    if (row->result == NULL || at >= PQnfields(row->result) || PQgetisnull(row->result, row->row, at))
        return DB_NULL;
    switch (PQftype(row->result, at)) {
    case TYPE_BOOL:
    case TYPE_INT2:
    case TYPE_INT4:
    case TYPE_INT8:
    case TYPE_OID: return DB_INTEGER;
    case TYPE_FLOAT4:
    case TYPE_FLOAT8: return DB_REAL;
    /* The sum of integers is a numeric. */
    case TYPE_NUMERIC: return strpbrk(PQgetvalue(row->result, row->row, at), ".N") == NULL ? DB_INTEGER : DB_REAL;
    case TYPE_BYTEA: return DB_BLOB;
    default: return DB_TEXT;
    }
}
