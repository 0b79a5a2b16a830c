#include "sink/postgres_internal.h"

#include <string.h>
#include <strings.h>

/* As row_columns.kind has them, and the types of what the tables have. */
static const char *const kind_names[COLUMN_KIND_COUNT] = {"none", "number",     "text",    "json",
                                                          "key",  "key_number", "key_text"};
static const char *const kind_types[COLUMN_KIND_COUNT] = {NULL, "double precision", "text", "jsonb", NULL, NULL, NULL};

bool postgres_is_key(const struct row_column *column)
{
    return column->kind >= COLUMN_KEY;
}

bool postgres_has_days(const struct row_column *column)
{
    return column->kind == COLUMN_NUMBER || (!postgres_is_key(column) && column->mixed);
}

static enum status read_one(struct db_statement *query, struct row_columns *columns, struct err *err)
{
    if (columns->count == POSTGRES_COLUMNS_MAX)
        return err_set(err, STATUS_CONFIG, "the schema holds more than %d columns", POSTGRES_COLUMNS_MAX);
    const char *name = db_column_text(query, 0);
    const char *kind = db_column_text(query, 1);
    struct row_column *column = &columns->items[columns->count++];
    *column = (struct row_column){
        .name = arena_copy(&columns->arena, name, strlen(name)),
        .exact = db_column_integer(query, 2) != 0,
        .mixed = db_column_integer(query, 3) != 0,
        .late = db_column_integer(query, 4) != 0,
    };
    while (column->kind < COLUMN_KIND_COUNT && strcmp(kind_names[column->kind], kind) != 0)
        column->kind++;
    if (column->kind == COLUMN_KIND_COUNT)
        return err_set(err, STATUS_IO, "%s: row_columns has a kind %s that this program does not know",
                       columns->items[0].name, kind);
    return column->name != NULL ? STATUS_OK : err_nomem(err);
}

static enum status read_version(struct db *db, const char *dataset, int64_t *ret_version, struct err *err)
{
    struct db_statement *query;
    enum status status = db_prepare(db, "SELECT version FROM row_datasets WHERE dataset = ?1", &query, err);
    if (status != STATUS_OK)
        return status;
    bool row;
    db_bind_string(query, 1, dataset);
    status = db_step(query, &row, err);
    if (status == STATUS_OK)
        *ret_version = row ? db_column_integer(query, 0) : -1;
    db_finalize(query);
    return status;
}

enum status postgres_columns_read(struct db *db, const char *dataset, struct row_columns *columns, struct err *err)
{
    struct db_statement *query;
    arena_release(&columns->arena);
    *columns = (struct row_columns){.version = -1};
    /* The version first: columns that come in between are read a second time, not missed. */
    enum status status = read_version(db, dataset, &columns->version, err);
    if (status == STATUS_OK)
        status = db_prepare(db,
                            "SELECT name, kind, exact::integer, mixed::integer, late::integer FROM row_columns"
                            " WHERE dataset = ?1 ORDER BY position",
                            &query, err);
    if (status != STATUS_OK)
        return status;
    db_bind_string(query, 1, dataset);
    bool row;
    while ((status = db_step(query, &row, err)) == STATUS_OK && row) {
        status = read_one(query, columns, err);
        if (status != STATUS_OK)
            break;
    }
    db_finalize(query);
    if (status != STATUS_OK)
        columns->version = -1;
    return status;
}

static size_t find_column(const struct row_columns *columns, const char *name)
{
    size_t at = 0;
    while (at < columns->count && strcasecmp(columns->items[at].name, name) != 0)
        at++;
    return at;
}

static enum status declare(struct db *db, const char *dataset, const char *name, bool is_key, bool late,
                           struct err *err)
{
    struct db_statement *add;
    if (strlen(name) > POSTGRES_NAME_MAX)
        return err_set(err, STATUS_CONFIG, "column %s: a name in PostgreSQL has at most %d characters here", name,
                       POSTGRES_NAME_MAX);
    enum status status =
        db_prepare(db,
                   "INSERT INTO row_columns (dataset, position, name, kind, late) SELECT ?1, count(*), ?2, ?3,"
                   " ?4::integer <> 0 FROM row_columns WHERE dataset = ?1",
                   &add, err);
    if (status != STATUS_OK)
        return status;
    db_bind_string(add, 1, dataset);
    db_bind_string(add, 2, name);
    db_bind_string(add, 3, kind_names[is_key ? COLUMN_KEY : COLUMN_NONE]);
    db_bind_integer(add, 4, late);
    status = db_run(add, err);
    db_finalize(add);
    return status;
}

static enum status count_up(struct db *db, const char *dataset, struct err *err)
{
    struct buf sql = {0};
    buf_appendf(&sql, "UPDATE row_datasets SET version = version + 1 WHERE dataset = '%s'", dataset);
    return postgres_exec(db, &sql, err);
}

static enum status declare_all(struct db *db, const struct sink_postgres_options *options, bool late,
                               const struct row_columns *columns, bool *ret_added, struct err *err)
{
    const struct dataset *dataset = options->dataset;
    enum status status = STATUS_OK;
    size_t added = 0;
    for (size_t i = 0; status == STATUS_OK && i < dataset->key_count + options->column_count; i++) {
        bool is_key = i < dataset->key_count;
        const char *name = is_key ? dataset->keys[i] : options->columns[i - dataset->key_count];
        if (find_column(columns, name) < columns->count)
            continue;
        if (columns->count + added++ == POSTGRES_COLUMNS_MAX)
            return err_set(err, STATUS_CONFIG, "column %s: the schema holds %d columns already", name,
                           POSTGRES_COLUMNS_MAX);
        status = declare(db, dataset->name, name, is_key, late, err);
    }
    *ret_added = added > 0;
    return status == STATUS_OK && added > 0 ? count_up(db, dataset->name, err) : status;
}

enum status postgres_columns_declare(struct db *db, const struct sink_postgres_options *options, bool late,
                                     bool *ret_added, struct err *err)
{
    struct row_columns columns = {.count = 0};
    enum status status = postgres_columns_read(db, options->dataset->name, &columns, err);
    if (status == STATUS_OK)
        status = declare_all(db, options, late, &columns, ret_added, err);
    arena_release(&columns.arena);
    return status;
}

enum status postgres_columns_are_declared(struct db *db, const struct sink_postgres_options *options,
                                          bool *ret_declared, struct err *err)
{
    const struct dataset *dataset = options->dataset;
    struct row_columns columns = {.count = 0};
    enum status status = postgres_columns_read(db, dataset->name, &columns, err);
    bool all = status == STATUS_OK;
    for (size_t i = 0; all && i < dataset->key_count; i++)
        all = find_column(&columns, dataset->keys[i]) < columns.count;
    for (size_t i = 0; all && i < options->column_count; i++)
        all = find_column(&columns, options->columns[i]) < columns.count;
    if (status == STATUS_OK)
        *ret_declared = all;
    arena_release(&columns.arena);
    return status;
}

enum status postgres_columns_load(struct sink_postgres *sink, struct err *err)
{
    const struct sink_postgres_options *options = sink->options;
    postgres_queries_forget(sink);
    enum status status = postgres_columns_read(sink->db, options->dataset->name, &sink->columns, err);
    for (size_t i = 0; status == STATUS_OK && i < options->dataset->key_count + options->column_count; i++) {
        bool is_key = i < options->dataset->key_count;
        size_t at = is_key ? i : i - options->dataset->key_count;
        const char *name = is_key ? options->dataset->keys[at] : options->columns[at];
        size_t found = find_column(&sink->columns, name);
        *(is_key ? &sink->key_at[at] : &sink->column_at[at]) = found;
        if (found == sink->columns.count)
            status = err_set(err, STATUS_IO,
                             "%s: the server no longer has what was committed: column %s of %s is gone (a failover to a"
                             " standby that was behind?); run again",
                             db_path(sink->db), name, options->dataset->name);
    }
    return status;
}

/* What a column must become for a value. *ret_changed is set when it is not so. */
static void widen(struct row_column *column, const struct value *value, bool *ret_changed)
{
    enum column_kind wanted = postgres_value_kind(value);
    bool is_key = postgres_is_key(column);
    if (wanted == COLUMN_NONE)
        return;
    if (is_key)
        wanted = wanted == COLUMN_NUMBER ? COLUMN_KEY_NUMBER : COLUMN_KEY_TEXT;
    if (column->kind == COLUMN_NONE || column->kind == COLUMN_KEY) {
        column->kind = wanted;
        *ret_changed = true;
    }
    bool exact = !is_key && !column->exact && wanted == column->kind && postgres_value_is_wide(value);
    bool mixed = !column->mixed && wanted != column->kind;
    column->exact = column->exact || exact;
    column->mixed = column->mixed || mixed;
    *ret_changed = *ret_changed || exact || mixed;
}

static void widen_for_row(const struct sink_postgres *sink, struct row_column *columns, const struct row *row,
                          bool *ret_changed)
{
    const struct sink_postgres_options *options = sink->options;
    for (size_t i = 0; i < options->column_count; i++) {
        const struct row_column *column = &columns[sink->column_at[i]];
        const struct value *value = &row->values[i];
        if (value->kind != VALUE_NULL && !postgres_value_fits(column, value))
            widen(&columns[sink->column_at[i]], value, ret_changed);
    }
    for (size_t i = 0; i < options->dataset->key_count; i++)
        widen(&columns[sink->key_at[i]], &row->keys[i], ret_changed);
}

static void widen_for_all(const struct sink_postgres *sink, struct row_column *columns, bool *ret_changed)
{
    for (size_t i = 0; i < sink->count; i++) {
        const struct sink_slice *slice = &sink->slices[i].slice;
        for (size_t r = 0; r < slice->row_count; r++)
            widen_for_row(sink, columns, &slice->rows[r], ret_changed);
    }
}

/* By a function of the schema, since the program may have no right of its own to change a table. */
static void append_add(struct buf *sql, const char *dataset, const char *table, const char *prefix, const char *name,
                       const char *type)
{
    buf_appendf(sql, "SELECT add_column('%s%s', '%s' || lower('%s'), '%s'); ", dataset, table, prefix, name, type);
}

static void append_change(struct buf *sql, const char *dataset, const struct row_column *was,
                          const struct row_column *now)
{
    if (was->kind != now->kind && kind_types[now->kind] != NULL) {
        append_add(sql, dataset, "_rows", POSTGRES_COLUMN_PREFIX, now->name, kind_types[now->kind]);
    }
    for (int i = 0; i < 2 && postgres_has_days(now) && !postgres_has_days(was); i++) {
        append_add(sql, dataset, "_days", i == 0 ? POSTGRES_MEAN : POSTGRES_GREATEST, now->name, "double precision");
    }
    buf_appendf(
        sql, "UPDATE row_columns SET kind = '%s', exact = %s, mixed = %s WHERE dataset = '%s' AND name = '%s'; ",
        kind_names[now->kind], now->exact ? "true" : "false", now->mixed ? "true" : "false", dataset, now->name);
}

/* Readers wait behind whoever waits for the tables: not for long. */
#define PATIENCE "SET LOCAL lock_timeout = '5s'; "

static enum status change(struct sink_postgres *sink, struct row_column *columns, struct err *err)
{
    struct buf sql = {0};
    bool changed = false;
    memcpy(columns, sink->columns.items, sink->columns.count * sizeof *columns);
    widen_for_all(sink, columns, &changed);
    if (!changed)
        return STATUS_OK;
    buf_append_text(&sql, PATIENCE);
    for (size_t i = 0; i < sink->columns.count; i++) {
        const struct row_column *was = &sink->columns.items[i];
        if (was->kind != columns[i].kind || was->exact != columns[i].exact || was->mixed != columns[i].mixed)
            append_change(&sql, sink->options->dataset->name, was, &columns[i]);
    }
    enum status status = postgres_exec(sink->db, &sql, err);
    if (status == STATUS_OK)
        status = count_up(sink->db, sink->options->dataset->name, err);
    if (status == STATUS_OK)
        status = postgres_columns_load(sink, err);
    return status == STATUS_OK ? postgres_views_make(sink->db, sink->options->dataset, &sink->columns, err) : status;
}

enum status postgres_columns_learn(struct sink_postgres *sink, struct err *err)
{
    struct row_column columns[POSTGRES_COLUMNS_MAX];
    bool changed = false;
    enum status status = sink->columns.version < 0 ? postgres_columns_load(sink, err) : STATUS_OK;
    if (status != STATUS_OK)
        return status;
    memcpy(columns, sink->columns.items, sink->columns.count * sizeof *columns);
    widen_for_all(sink, columns, &changed);
    if (!changed)
        return STATUS_OK;
    status = db_begin(sink->db, err);
    if (status == STATUS_OK)
        status = sink_postgres_lock(sink->db, err);
    if (status == STATUS_OK) /* another program may have been first */
        status = postgres_columns_load(sink, err);
    if (status == STATUS_OK)
        status = change(sink, columns, err);
    status = db_end(sink->db, status, err);
    if (status != STATUS_OK) /* read by the next attempt: a call that goes well now would hide what the trouble was */
        sink->columns.version = -1;
    return status;
}
