#include "store/ledger_internal.h"

#include "core/buf.h"
#include "store/dialect.h"

#include <stdlib.h>
#include <string.h>

static int compare_names(const void *a, const void *b)
{
    const char *const *left = a;
    const char *const *right = b;
    return strcmp(*left, *right);
}

/*
 * The names sorted and joined by blanks, so that the order in the job does not matter. Before them the source, with a
 * mark that no name of a column has: of another source all columns are others.
 */
static enum status join_sorted(struct ledger *ledger, struct err *err)
{
    size_t count = ledger->job.column_count;
    const char **names = arena_calloc(&ledger->columns, count + 1, sizeof *names);
    if (names == NULL)
        return err_nomem(err);
    if (count > 0)
        memcpy(names, ledger->job.columns, count * sizeof *names);
    qsort(names, count, sizeof *names, compare_names);
    struct buf text = {0};
    if (ledger->job.source != NULL)
        buf_appendf(&text, "@%s", ledger->job.source);
    for (size_t i = 0; i < count; i++)
        buf_appendf(&text, "%s%s", text.size > 0 ? " " : "", names[i]);
    enum status status = buf_status(&text, err);
    if (status == STATUS_OK) {
        ledger->wanted_columns = arena_copy(&ledger->columns, buf_text(&text), text.size);
        if (ledger->wanted_columns == NULL)
            status = err_nomem(err);
    }
    buf_release(&text);
    return status;
}

static bool has_word(const char *words, const char *word, size_t size)
{
    const char *at = words;
    while (*at != '\0') {
        size_t length = strcspn(at, " ");
        if (length == size && memcmp(at, word, size) == 0)
            return true;
        at += length;
        at += strspn(at, " ");
    }
    return false;
}

/* True when each word of `few` is a word of `many`. */
static bool covers(const char *many, const char *few)
{
    const char *at = few;
    while (*at != '\0') {
        size_t length = strcspn(at, " ");
        if (!has_word(many, at, length))
            return false;
        at += length;
        at += strspn(at, " ");
    }
    return true;
}

static enum status add_set(struct ledger *ledger, int64_t id, const char *columns, struct err *err)
{
    if (ledger->column_set_count == LEDGER_COLUMN_SETS_MAX)
        return err_set(err, STATUS_IO, "%s: more than %d different sets of columns were fetched into it",
                       db_path(ledger->db), LEDGER_COLUMN_SETS_MAX);
    char *copy = arena_copy(&ledger->columns, columns, strlen(columns));
    if (copy == NULL)
        return err_nomem(err);
    ledger->column_sets[ledger->column_set_count++] =
        (struct column_set){id, copy, !covers(copy, ledger->wanted_columns)};
    if (strcmp(copy, ledger->wanted_columns) == 0)
        ledger->columns_id = id;
    return STATUS_OK;
}

static enum status read_sets(struct ledger *ledger, struct err *err)
{
    struct db_statement *query = NULL;
    enum status status =
        db_prepare(ledger->db, "SELECT columns_id, columns FROM column_sets ORDER BY columns_id", &query, err);
    bool row;
    ledger->column_set_count = 0;
    while (status == STATUS_OK && (status = db_step(query, &row, err)) == STATUS_OK && row)
        status = add_set(ledger, db_column_integer(query, 0), db_column_text(query, 1), err);
    db_finalize(query);
    return status;
}

enum status ledger_columns_load(struct ledger *ledger, struct err *err)
{
    enum status status = join_sorted(ledger, err);
    return status == STATUS_OK ? read_sets(ledger, err) : status;
}

static enum status insert_cover(struct db_statement *insert, int64_t columns_id, int64_t wanted_id, struct err *err)
{
    db_bind_integer(insert, 1, columns_id);
    db_bind_integer(insert, 2, wanted_id);
    return db_run(insert, err);
}

/* For the view completeness: which sets cover which, in both directions of the new one. */
static enum status record_covers(struct ledger *ledger, struct err *err)
{
    struct db_statement *insert = NULL;
    enum status status = db_prepare(
        ledger->db, "INSERT INTO column_set_covers (columns_id, wanted_id) VALUES (?, ?) ON CONFLICT DO NOTHING",
        &insert, err);
    for (size_t i = 0; status == STATUS_OK && i < ledger->column_set_count; i++) {
        const struct column_set *set = &ledger->column_sets[i];
        if (covers(set->columns, ledger->wanted_columns))
            status = insert_cover(insert, set->id, ledger->columns_id, err);
        if (status == STATUS_OK && covers(ledger->wanted_columns, set->columns))
            status = insert_cover(insert, ledger->columns_id, set->id, err);
    }
    db_finalize(insert);
    return status;
}

static enum status insert_set(struct ledger *ledger, int64_t *ret_id, struct err *err)
{
    struct db_statement *insert;
    bool row;
    enum status status =
        db_prepare(ledger->db, "INSERT INTO column_sets (columns) VALUES (?) RETURNING columns_id", &insert, err);
    if (status != STATUS_OK)
        return status;
    db_bind_string(insert, 1, ledger->wanted_columns);
    status = db_step(insert, &row, err);
    if (status == STATUS_OK)
        *ret_id = row ? db_column_integer(insert, 0) : 0;
    db_finalize(insert);
    return status;
}

/* Another program may have written sets since ledger_open; from here on it waits for the end of our transaction. */
enum status ledger_columns_declare(struct ledger *ledger, struct err *err)
{
    int64_t id = 0;
    if (ledger->columns_id != 0)
        return STATUS_OK;
    enum status status = read_sets(ledger, err);
    if (status != STATUS_OK || ledger->columns_id != 0)
        return status;
    status = insert_set(ledger, &id, err);
    if (status == STATUS_OK)
        status = add_set(ledger, id, ledger->wanted_columns, err);
    if (status == STATUS_OK)
        status = record_covers(ledger, err);
    return status;
}

/* The job's set among those that the database has now, or made anew: in a transaction of its own only where it must. */
static enum status find_again(struct ledger *ledger, struct err *err)
{
    ledger->columns_id = 0;
    enum status status = read_sets(ledger, err);
    if (status != STATUS_OK || ledger->columns_id != 0)
        return status;
    status = db_begin(ledger->db, err);
    if (status == STATUS_OK)
        status = dialect_lock(ledger->db, "declare", err);
    if (status == STATUS_OK)
        status = ledger_columns_declare(ledger, err);
    return db_end(ledger->db, status, err);
}

enum status ledger_reconnected(struct ledger *ledger, struct err *err)
{
    memset(ledger->series, 0, sizeof ledger->series);
    return find_again(ledger, err);
}

enum status ledger_columns_catch_up(struct ledger *ledger, bool *ret_again, struct err *err)
{
    *ret_again = ledger->met_unknown_columns;
    ledger->met_unknown_columns = false;
    return *ret_again ? read_sets(ledger, err) : STATUS_OK;
}

bool ledger_columns_outdated(struct ledger *ledger, int64_t columns_id)
{
    if (columns_id == ledger->columns_id)
        return false;
    for (size_t i = 0; i < ledger->column_set_count; i++) {
        if (ledger->column_sets[i].id == columns_id)
            return ledger->column_sets[i].outdated;
    }
    ledger->met_unknown_columns = true;
    return true;
}
