#include "db/feed.h"

#include "core/buf.h"
#include "db/sqlite_internal.h"

#include <stdlib.h>

/* SQLite's name for it is a virtual table; that it is eponymous means that it is there without CREATE. */
struct feed_table {
    sqlite3_vtab base; /* must come first */
    const struct db_feed *feed;
};

struct feed_cursor {
    sqlite3_vtab_cursor base; /* must come first */
    const struct db_feed *feed;
    uint64_t row;
};

static int connect(sqlite3 *handle, void *feed, int argc, const char *const *argv, sqlite3_vtab **ret_table,
                   char **ret_message)
{
    (void)argc;
    (void)argv;
    (void)ret_message;
    struct buf sql = {0};
    const struct db_feed *of = feed;
    buf_append_text(&sql, "CREATE TABLE feed (c0");
    for (int i = 1; i < of->column_count; i++)
        buf_appendf(&sql, ", c%d", i);
    buf_append_text(&sql, ")");
    struct err err;
    int code = buf_status(&sql, &err) == STATUS_OK ? sqlite3_declare_vtab(handle, buf_text(&sql)) : SQLITE_NOMEM;
    buf_release(&sql);
    if (code == SQLITE_OK) /* not from views or triggers of a file that someone else made */
        code = sqlite3_vtab_config(handle, SQLITE_VTAB_DIRECTONLY);
    if (code != SQLITE_OK)
        return code;
    struct feed_table *table = calloc(1, sizeof *table);
    if (table == NULL)
        return SQLITE_NOMEM;
    table->feed = of;
    *ret_table = (sqlite3_vtab *)table; /* its first member */
    return SQLITE_OK;
}

static int disconnect(sqlite3_vtab *table)
{
    free(table);
    return SQLITE_OK;
}

/* There is one way to read it: from the first row to the last. */
static int best_index(sqlite3_vtab *table, sqlite3_index_info *info)
{
    (void)table;
    info->estimatedCost = 1;
    info->estimatedRows = 24;
    return SQLITE_OK;
}

static int open_cursor(sqlite3_vtab *table, sqlite3_vtab_cursor **ret_cursor)
{
    struct feed_cursor *cursor = calloc(1, sizeof *cursor);
    if (cursor == NULL)
        return SQLITE_NOMEM;
    cursor->feed = ((const struct feed_table *)table)->feed;
    *ret_cursor = (sqlite3_vtab_cursor *)cursor; /* its first member */
    return SQLITE_OK;
}

static int close_cursor(sqlite3_vtab_cursor *cursor)
{
    free(cursor);
    return SQLITE_OK;
}

static struct feed_cursor *cursor_of(sqlite3_vtab_cursor *base)
{
    return (struct feed_cursor *)base;
}

static int filter(sqlite3_vtab_cursor *base, int index, const char *name, int argc, sqlite3_value **argv)
{
    (void)index;
    (void)name;
    (void)argc;
    (void)argv;
    cursor_of(base)->row = 0;
    return SQLITE_OK;
}

static int next(sqlite3_vtab_cursor *base)
{
    cursor_of(base)->row++;
    return SQLITE_OK;
}

static int at_end(sqlite3_vtab_cursor *base)
{
    return cursor_of(base)->row >= cursor_of(base)->feed->row_count;
}

static int column(sqlite3_vtab_cursor *base, sqlite3_context *out, int at)
{
    const struct feed_cursor *cursor = cursor_of(base);
    cursor->feed->value(cursor->feed->context, cursor->row, at, (struct db_output *)out);
    return SQLITE_OK;
}

static int row_id(sqlite3_vtab_cursor *base, sqlite3_int64 *ret_id)
{
    *ret_id = (sqlite3_int64)cursor_of(base)->row;
    return SQLITE_OK;
}

static const sqlite3_module module = {
    .xConnect = connect,
    .xBestIndex = best_index,
    .xDisconnect = disconnect,
    .xOpen = open_cursor,
    .xClose = close_cursor,
    .xFilter = filter,
    .xNext = next,
    .xEof = at_end,
    .xColumn = column,
    .xRowid = row_id,
};

enum status db_feed_open(struct db *db, struct db_feed *feed, struct err *err)
{
    int code = sqlite3_create_module(sqlite_of(db)->handle, feed->name, &module, feed);
    return code == SQLITE_OK ? STATUS_OK : sqlite_fail(sqlite_of(db), code, err);
}

void db_feed_close(struct db *db, const struct db_feed *feed)
{
    (void)sqlite3_create_module(sqlite_of(db)->handle, feed->name, NULL, NULL);
}

static sqlite3_context *context_of(struct db_output *out)
{
    return (sqlite3_context *)out;
}

void db_put_integer(struct db_output *out, int64_t value)
{
    sqlite3_result_int64(context_of(out), value);
}

void db_put_real(struct db_output *out, double value)
{
    sqlite3_result_double(context_of(out), value);
}

void db_put_text(struct db_output *out, const char *text, size_t size)
{
    sqlite3_result_text64(context_of(out), text, size, SQLITE_STATIC, SQLITE_UTF8);
}
