#include "store/arrays.h"

#include <inttypes.h>

enum { ARRAY_MAX = 64 << 20 };

struct arrays arrays_new(int count)
{
    struct arrays arrays = {.count = count};
    for (int i = 0; i < count; i++)
        arrays.columns[i].max = ARRAY_MAX;
    return arrays;
}

struct buf *arrays_next(struct arrays *arrays, int column)
{
    struct buf *buf = &arrays->columns[column];
    buf_append_char(buf, buf->size == 0 ? '{' : ',');
    return buf;
}

void arrays_add_number(struct arrays *arrays, int column, int64_t number)
{
    buf_appendf(arrays_next(arrays, column), "%" PRId64, number);
}

void arrays_add_bytes(struct arrays *arrays, int column, const unsigned char *bytes, size_t size)
{
    struct buf *buf = arrays_next(arrays, column);
    buf_append_text(buf, bytes != NULL ? "\"\\\\x" : "NULL");
    for (size_t i = 0; bytes != NULL && i < size; i++)
        buf_appendf(buf, "%02x", bytes[i]);
    if (bytes != NULL)
        buf_append_char(buf, '"');
}

enum status arrays_bind(struct db *db, const char *sql, struct arrays *arrays, struct db_statement **ret_statement,
                        struct err *err)
{
    enum status status = STATUS_OK;
    for (int i = 0; status == STATUS_OK && i < arrays->count; i++) {
        buf_append_text(&arrays->columns[i], arrays->columns[i].size == 0 ? "{}" : "}");
        status = buf_status(&arrays->columns[i], err);
    }
    if (status == STATUS_OK)
        status = db_prepare(db, sql, ret_statement, err);
    for (int i = 0; status == STATUS_OK && i < arrays->count; i++)
        db_bind_text(*ret_statement, i + 1, buf_text(&arrays->columns[i]), arrays->columns[i].size);
    return status;
}

void arrays_release(struct arrays *arrays)
{
    for (int i = 0; i < arrays->count; i++)
        buf_release(&arrays->columns[i]);
}

enum status arrays_run(struct db *db, const char *sql, struct arrays *arrays, struct err *err)
{
    struct db_statement *statement;
    enum status status = arrays_bind(db, sql, arrays, &statement, err);
    if (status == STATUS_OK) {
        status = db_run(statement, err);
        db_finalize(statement);
    }
    arrays_release(arrays);
    return status;
}
