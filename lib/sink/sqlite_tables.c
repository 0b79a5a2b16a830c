#include "sink/sqlite_internal.h"

#include <string.h>

/*
 * The tables of building_insights come from a migration. Those of another dataset have the same form, with the extra
 * keys behind the start in every primary key. They are columns without a type, so that SQLite keeps an integer and a
 * text as they came.
 */

enum status sqlite_exec_buf(struct db *db, struct buf *sql, struct err *err)
{
    enum status status = buf_status(sql, err);
    if (status == STATUS_OK)
        status = db_exec(db, buf_text(sql), err);
    buf_release(sql);
    return status;
}

enum status sqlite_columns_read(struct db *db, const char *dataset, const char *prefix, struct column_list *list,
                                struct err *err)
{
    struct db_statement *query = NULL;
    enum status status = db_prepare(db, "SELECT name FROM pragma_table_info(?1 || '_rows') ORDER BY cid", &query, err);
    if (status == STATUS_OK)
        db_bind_string(query, 1, dataset);
    bool row;
    while (status == STATUS_OK && (status = db_step(query, &row, err)) == STATUS_OK && row) {
        const char *name = db_column_text(query, 0);
        if (strncmp(name, prefix, strlen(prefix)) != 0 || list->count == SQLITE_COLUMNS_MAX)
            continue;
        name += strlen(prefix);
        list->names[list->count] = arena_copy(&list->arena, name, strlen(name));
        if (list->names[list->count++] == NULL)
            status = err_nomem(err);
    }
    db_finalize(query);
    return status;
}

/* `, "k_KEY" NOT NULL` for each extra key. */
static void append_definitions(struct buf *sql, const struct dataset *dataset)
{
    for (size_t i = 0; i < dataset->key_count; i++)
        buf_appendf(sql, ", \"" SQLITE_KEY_PREFIX "%s\" NOT NULL", dataset->keys[i]);
}

static void append_table(struct buf *sql, const struct dataset *dataset, const char *ending, const char *columns,
                         const char *leading_keys)
{
    buf_appendf(sql,
                "CREATE TABLE %s%s (date_partition INTEGER NOT NULL, series_id INTEGER NOT NULL,"
                " start INTEGER NOT NULL",
                dataset->name, ending);
    append_definitions(sql, dataset);
    buf_appendf(sql, "%s, PRIMARY KEY (%s, start", columns, leading_keys);
    sqlite_append_keys(sql, dataset->key_count, dataset->keys);
    buf_append_text(sql, ")) WITHOUT ROWID;");
}

static enum status make_tables(struct db *db, const struct dataset *dataset, struct err *err)
{
    static const struct column_list none = {.count = 0};
    struct buf sql = {0};
    append_table(&sql, dataset, "_rows", ", spelling_id INTEGER NOT NULL, local_offset INTEGER NOT NULL",
                 "date_partition, series_id");
    append_table(&sql, dataset, "_strays", "", "series_id");
    append_table(&sql, dataset, "_vanished", ", run_id TEXT NOT NULL", "date_partition, series_id");
    sqlite_days_append_table(&sql, dataset->name, &none);
    return sqlite_exec_buf(db, &sql, err);
}

/*
 * The view completeness counts the rows of a slice in the table of each dataset; a series is in one of them only.
 * migrations/ has the view, with a mark where further tables are added to the sum.
 */
static enum status count_rows(struct db *db, const struct dataset *dataset, struct err *err)
{
    static const char mark[] = "/* and of further datasets */";
    struct db_statement *query;
    struct buf sql = {0};
    bool row;
    enum status status = db_prepare(db, "SELECT sql FROM sqlite_schema WHERE name = 'completeness'", &query, err);
    if (status != STATUS_OK)
        return status;
    status = db_step(query, &row, err);
    const char *view = status == STATUS_OK && row ? db_column_text(query, 0) : "";
    const char *place = strstr(view, mark);
    if (status == STATUS_OK && place == NULL)
        status = err_set(err, STATUS_BUG, "%s: the view completeness has no mark", db_path(db));
    if (status == STATUS_OK) {
        buf_append_text(&sql, "DROP VIEW completeness;");
        buf_append(&sql, view, (size_t)(place - view));
        buf_appendf(&sql,
                    "+ (SELECT count(*) FROM %s_rows r"
                    " WHERE r.date_partition = k.date_partition AND r.series_id = k.series_id) ",
                    dataset->name);
        buf_append_text(&sql, place);
    }
    db_finalize(query);
    if (status != STATUS_OK)
        return status;
    return sqlite_exec_buf(db, &sql, err);
}

static bool same_keys(const struct column_list *stored, const struct dataset *dataset)
{
    bool same = stored->count == dataset->key_count;
    for (size_t i = 0; same && i < stored->count; i++)
        same = strcmp(stored->names[i], dataset->keys[i]) == 0;
    return same;
}

static enum status refuse_keys(const struct column_list *stored, struct db *db, const char *dataset, struct err *err)
{
    struct buf names = {0};
    for (size_t i = 0; i < stored->count; i++)
        buf_appendf(&names, "%s%s", i > 0 ? ", " : "", stored->names[i]);
    enum status status = err_set(err, STATUS_CONFIG,
                                 "%s holds dataset %s with the keys [%s]; another set of keys needs another name of "
                                 "the dataset, or another database",
                                 db_path(db), dataset, buf_text(&names));
    buf_release(&names);
    return status;
}

/* The tables were made with other keys: while they hold nothing, those may have been a mistake. */
static enum status change_keys(const struct column_list *stored, struct db *db, const struct dataset *dataset,
                               struct err *err)
{
    struct buf sql = {0};
    int64_t rows = 0;
    buf_appendf(&sql, "SELECT EXISTS (SELECT 1 FROM %s_rows)", dataset->name);
    enum status status = buf_status(&sql, err);
    if (status == STATUS_OK)
        status = db_query_integer(db, buf_text(&sql), &rows, err);
    buf_reset(&sql);
    if (status == STATUS_OK && rows != 0)
        status = refuse_keys(stored, db, dataset->name, err);
    if (status != STATUS_OK) {
        buf_release(&sql);
        return status;
    }
    buf_appendf(
        &sql,
        "DROP VIEW IF EXISTS %s; DROP VIEW IF EXISTS %s_daily; DROP TABLE IF EXISTS %s_days; DROP TABLE %s_rows;"
        " DROP TABLE %s_strays; DROP TABLE %s_vanished",
        dataset->name, dataset->name, dataset->name, dataset->name, dataset->name, dataset->name);
    status = sqlite_exec_buf(db, &sql, err);
    return status == STATUS_OK ? make_tables(db, dataset, err) : status;
}

/* What the database has of the dataset, if it has anything, must have its keys. */
static enum status check_tables(struct db *db, const struct dataset *dataset, struct err *err)
{
    struct column_list stored = {.count = 0};
    enum status status = sqlite_columns_read(db, dataset->name, SQLITE_KEY_PREFIX, &stored, err);
    if (status == STATUS_OK && !same_keys(&stored, dataset))
        status = change_keys(&stored, db, dataset, err);
    arena_release(&stored.arena);
    return status;
}

enum status sqlite_tables_make(struct db *db, const struct dataset *dataset, struct err *err)
{
    struct db_statement *query;
    bool there;
    if (strcmp(dataset->name, "building_insights") == 0) /* a migration made them */
        return STATUS_OK;
    enum status status =
        db_prepare(db, "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1 || '_rows'", &query, err);
    if (status != STATUS_OK)
        return status;
    db_bind_string(query, 1, dataset->name);
    status = db_step(query, &there, err);
    db_finalize(query);
    if (status == STATUS_OK && there)
        return check_tables(db, dataset, err);
    if (status == STATUS_OK)
        status = make_tables(db, dataset, err);
    return status == STATUS_OK ? count_rows(db, dataset, err) : status;
}
