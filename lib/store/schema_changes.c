#include "store/schema_changes.h"

#include "core/clock.h"
#include "store/dialect.h"

#include <string.h>

enum { COLUMNS_MAX = 5000 };

static const char *const kind_names[] = {
    [SCHEMA_CHANGE_ADDED] = "added", [SCHEMA_CHANGE_GONE] = "gone", [SCHEMA_CHANGE_TYPE] = "type"};

static const char read_sql[] =
    "SELECT column_name, to_type FROM schema_changes c WHERE dataset = ?1 AND change <> 'gone' AND change_id ="
    " (SELECT max(change_id) FROM schema_changes d WHERE d.dataset = c.dataset AND d.column_name = c.column_name)"
    " ORDER BY (SELECT min(change_id) FROM schema_changes d"
    " WHERE d.dataset = c.dataset AND d.column_name = c.column_name)";

static enum status read_row(struct db_statement *query, struct arena *arena, struct schema_known *column,
                            struct err *err)
{
    const char *name = db_column_text(query, 0);
    const char *type = db_column_text(query, 1);
    column->name = arena_copy(arena, name, strlen(name));
    column->type = arena_copy(arena, type, strlen(type));
    return column->name != NULL && column->type != NULL ? STATUS_OK : err_nomem(err);
}

enum status schema_changes_read(struct db *db, const char *dataset, struct arena *arena,
                                const struct schema_known **ret_columns, size_t *ret_count, struct err *err)
{
    struct db_statement *query = NULL;
    struct schema_known *columns = arena_calloc(arena, COLUMNS_MAX, sizeof *columns);
    size_t count = 0;
    bool row;
    if (columns == NULL)
        return err_nomem(err);
    enum status status = db_prepare(db, read_sql, &query, err);
    if (status == STATUS_OK)
        db_bind_string(query, 1, dataset);
    while (status == STATUS_OK && (status = db_step(query, &row, err)) == STATUS_OK && row) {
        if (count == COLUMNS_MAX)
            status =
                err_set(err, STATUS_IO, "%s: more than %d columns of %s were seen", db_path(db), COLUMNS_MAX, dataset);
        else
            status = read_row(query, arena, &columns[count++], err);
    }
    db_finalize(query);
    if (status != STATUS_OK)
        return status;
    *ret_columns = columns;
    *ret_count = count;
    return STATUS_OK;
}

static const struct schema_known *find(const struct schema_known *columns, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(columns[i].name, name) == 0)
            return &columns[i];
    }
    return NULL;
}

struct note {
    const struct schema_sighting *sighting;
    struct db_statement *insert;
    bool is_first;
    schema_changes_visit *visit;
    const void *context;
};

static enum status write_change(struct note *note, const struct schema_change *change, struct err *err)
{
    char seen_at[CLOCK_TEXT_SIZE];
    db_bind_string(note->insert, 1, clock_format_utc(note->sighting->seen_at, seen_at));
    db_bind_string(note->insert, 2, note->sighting->run_id);
    db_bind_string(note->insert, 3, note->sighting->dataset);
    db_bind_string(note->insert, 4, change->name);
    db_bind_string(note->insert, 5, kind_names[change->kind]);
    db_bind_string(note->insert, 6, change->from);
    db_bind_string(note->insert, 7, change->to);
    enum status status = db_run(note->insert, err);
    if (status == STATUS_OK && !note->is_first && note->visit != NULL)
        note->visit(note->context, change);
    return status;
}

static enum status note_all(struct note *note, const struct schema_known *known, size_t known_count, struct err *err)
{
    const struct schema_sighting *now = note->sighting;
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < now->column_count; i++) {
        const struct schema_known *seen = &now->columns[i];
        const struct schema_known *before = find(known, known_count, seen->name);
        struct schema_change change = {SCHEMA_CHANGE_ADDED, seen->name, NULL, seen->type};
        if (before != NULL)
            change = (struct schema_change){SCHEMA_CHANGE_TYPE, seen->name, before->type, seen->type};
        if (before == NULL || strcmp(before->type, seen->type) != 0)
            status = write_change(note, &change, err);
    }
    for (size_t i = 0; status == STATUS_OK && i < known_count; i++) {
        struct schema_change change = {SCHEMA_CHANGE_GONE, known[i].name, known[i].type, NULL};
        if (find(now->columns, now->column_count, known[i].name) == NULL)
            status = write_change(note, &change, err);
    }
    return status;
}

enum status schema_changes_note(struct db *db, const struct schema_sighting *sighting, schema_changes_visit *visit,
                                const void *context, struct err *err)
{
    struct arena arena = {0};
    const struct schema_known *known = NULL;
    size_t count = 0;
    struct note note = {.sighting = sighting, .visit = visit, .context = context};
    enum status status = dialect_lock(db, "schema changes", err);
    if (status == STATUS_OK)
        status = schema_changes_read(db, sighting->dataset, &arena, &known, &count, err);
    if (status == STATUS_OK)
        status = db_prepare(db,
                            "INSERT INTO schema_changes (seen_at, run_id, dataset, column_name, change, from_type,"
                            " to_type) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                            &note.insert, err);
    if (status == STATUS_OK) {
        note.is_first = count == 0;
        status = note_all(&note, known, count, err);
    }
    db_finalize(note.insert);
    arena_release(&arena);
    return status;
}
