#include "store/dimensions.h"

#include "core/buf.h"
#include "store/dialect.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static enum status prepare(struct db *db, struct buf *sql, struct db_statement **ret_statement, struct err *err)
{
    enum status status = buf_status(sql, err);
    if (status == STATUS_OK)
        status = db_prepare(db, buf_text(sql), ret_statement, err);
    buf_release(sql);
    return status;
}

static void append_names(struct buf *sql, const struct dimension *dimension)
{
    for (size_t i = 0; i < dimension->column_count; i++)
        buf_appendf(sql, "%s%s", i > 0 ? ", " : "", dimension->stored[i]);
}

/* An equal row is left alone, so that nothing is written on a quiet day. */
static enum status prepare_put(struct db *db, const struct dimension *dimension, struct db_statement **ret_put,
                               struct err *err)
{
    struct buf sql = {0};
    buf_appendf(&sql, "INSERT INTO %s (", dimension->name);
    append_names(&sql, dimension);
    for (size_t i = 0; i < dimension->column_count; i++)
        buf_appendf(&sql, "%s?%zu", i > 0 ? ", " : ") VALUES (", i + 1);
    buf_appendf(&sql, ") ON CONFLICT (%s) DO UPDATE SET ", dimension->stored[0]);
    for (size_t i = 1; i < dimension->column_count; i++)
        buf_appendf(&sql, "%s%s = excluded.%s", i > 1 ? ", " : "", dimension->stored[i], dimension->stored[i]);
    for (size_t i = 1; i < dimension->column_count; i++)
        buf_appendf(&sql, "%s excluded.%s %s %s.%s", i > 1 ? " OR" : " WHERE", dimension->stored[i],
                    dialect(db, "IS NOT", "IS DISTINCT FROM"), dimension->name, dimension->stored[i]);
    return prepare(db, &sql, ret_put, err);
}

/* A text that is a number. */
static bool is_number(const struct value *value)
{
    char text[64];
    char *end;
    if (value->size == 0 || value->size >= sizeof text)
        return false;
    memcpy(text, value->text, value->size);
    text[value->size] = '\0';
    double number = strtod(text, &end);
    return end == text + value->size && isfinite(number);
}

/* A column of PostgreSQL has a type, and no text of it holds a NUL byte: what it cannot hold is not known there. */
static bool fits_postgres(const struct value *value, bool must_be_number)
{
    switch (value->kind) {
    case VALUE_TEXT: return must_be_number ? is_number(value) : memchr(value->text, '\0', value->size) == NULL;
    case VALUE_INTEGER:
    case VALUE_REAL:
    case VALUE_NULL: return true;
    case VALUE_JSON:
    default: return !must_be_number;
    }
}

static void bind(struct db_statement *put, int at, const struct value *value, bool is_id)
{
    int64_t id;
    if (is_id) {
        if (value_to_id(value, &id))
            db_bind_integer(put, at, id);
        else
            db_bind_null(put, at);
        return;
    }
    switch (value->kind) {
    case VALUE_INTEGER: db_bind_integer(put, at, value->integer); break;
    case VALUE_REAL: db_bind_real(put, at, value->real); break;
    case VALUE_TEXT:
    case VALUE_JSON: db_bind_text(put, at, value->text, value->size); break;
    case VALUE_NULL:
    default: db_bind_null(put, at);
    }
}

static const struct value *stored_value(const struct db *db, const struct dimension *dimension,
                                        const struct table *table, size_t row, size_t column)
{
    static const struct value none = {.kind = VALUE_NULL};
    const struct value *value = table_value(table, row, column);
    return db_kind(db) == DB_POSTGRES && !fits_postgres(value, dimension->is_number[column]) ? &none : value;
}

enum status dimensions_put(struct db *db, const struct dimension *dimension, const struct table *table, struct err *err)
{
    struct db_statement *put = NULL;
    int64_t id;
    enum status status = prepare_put(db, dimension, &put, err);
    for (size_t row = 0; status == STATUS_OK && row < table->row_count; row++) {
        if (!value_to_id(table_value(table, row, 0), &id))
            continue;
        for (size_t i = 0; i < dimension->column_count; i++)
            bind(put, (int)i + 1, stored_value(db, dimension, table, row, i), dimension->is_id[i]);
        status = db_run(put, err);
    }
    db_finalize(put);
    return status;
}

static enum status read_value(struct db_statement *query, int at, struct arena *arena, struct value *value,
                              struct err *err)
{
    switch (db_column_type(query, at)) {
    case DB_INTEGER: *value = (struct value){.kind = VALUE_INTEGER, .integer = db_column_integer(query, at)}; break;
    case DB_REAL: *value = (struct value){.kind = VALUE_REAL, .real = db_column_real(query, at)}; break;
    case DB_TEXT:
        *value = value_of_text(VALUE_TEXT, arena_copy(arena, db_column_text(query, at), db_column_size(query, at)),
                               db_column_size(query, at));
        return value->text != NULL ? STATUS_OK : err_nomem(err);
    case DB_NULL:
    case DB_BLOB:
    default: *value = (struct value){.kind = VALUE_NULL};
    }
    return STATUS_OK;
}

static enum status read_rows(struct db_statement *query, size_t room, struct table *table, struct err *err)
{
    bool row;
    enum status status = STATUS_OK;
    while (table->row_count < room && (status = db_step(query, &row, err)) == STATUS_OK && row) {
        struct value *values = &table->values[table->row_count * table->column_count];
        for (size_t i = 0; status == STATUS_OK && i < table->column_count; i++)
            status = read_value(query, (int)i, &table->arena, &values[i], err);
        if (status != STATUS_OK)
            return status;
        table->row_count++;
    }
    return status;
}

enum status dimensions_read(struct db *db, const struct dimension *dimension, struct table *table, struct err *err)
{
    struct buf sql = {0};
    struct db_statement *query = NULL;
    int64_t count = 0;
    buf_appendf(&sql, "SELECT count(*) FROM %s", dimension->name);
    enum status status = buf_status(&sql, err);
    if (status == STATUS_OK)
        status = db_query_integer(db, buf_text(&sql), &count, err);
    buf_reset(&sql);
    buf_append_text(&sql, "SELECT ");
    append_names(&sql, dimension);
    buf_appendf(&sql, " FROM %s ORDER BY %s", dimension->name, dimension->stored[0]);
    if (status == STATUS_OK)
        status = prepare(db, &sql, &query, err);
    buf_release(&sql);
    table->column_count = dimension->column_count;
    table->row_count = 0;
    table->values = arena_calloc(&table->arena, ((size_t)count + 1) * table->column_count, sizeof *table->values);
    if (status == STATUS_OK && table->values == NULL)
        status = err_nomem(err);
    if (status == STATUS_OK)
        status = read_rows(query, (size_t)count, table, err);
    db_finalize(query);
    return status;
}
