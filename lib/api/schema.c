#include "api/schema.h"

#include "api/envelope.h"
#include "api/query.h"
#include "api/schema_json.h"
#include "core/arena.h"

#include <stdlib.h>
#include <string.h>

enum { PROBE_BYTES_MAX = 4 << 20, QUESTION_MAX = 4096 };

enum question { QUESTION_ROOTS, QUESTION_ROWS, QUESTION_NONE };

struct schema_probe {
    struct arena arena;
    enum question question;
    const char *root_field; /* NULL: only the roots */
    const char *row_type;
    const char **roots; /* SCHEMA_ROOTS_MAX */
    size_t root_count;
    struct schema_column *columns; /* SCHEMA_COLUMNS_MAX */
    struct schema_table table;
};

static enum status keep(struct schema_probe *probe, const char *text, const char **ret_copy, struct err *err)
{
    const char *copy = arena_copy(&probe->arena, text, strlen(text));
    if (copy == NULL)
        return err_nomem(err);
    *ret_copy = copy;
    return STATUS_OK;
}

enum status schema_probe_new(const char *root_field, struct schema_probe **ret_probe, struct err *err)
{
    if (root_field != NULL && (!query_is_name(root_field) || strlen(root_field) > SCHEMA_NAME_MAX))
        return err_set(err, STATUS_BUG, "%s is no GraphQL name", root_field);
    struct schema_probe *probe = calloc(1, sizeof *probe);
    if (probe == NULL)
        return err_nomem(err);
    probe->arena.max = PROBE_BYTES_MAX;
    probe->roots = arena_calloc(&probe->arena, SCHEMA_ROOTS_MAX, sizeof *probe->roots);
    probe->columns = arena_calloc(&probe->arena, SCHEMA_COLUMNS_MAX, sizeof *probe->columns);
    enum status status = probe->roots != NULL && probe->columns != NULL ? STATUS_OK : err_nomem(err);
    if (status == STATUS_OK && root_field != NULL)
        status = keep(probe, root_field, &probe->root_field, err);
    if (status != STATUS_OK) {
        schema_probe_free(probe);
        return status;
    }
    probe->table.columns = probe->columns;
    *ret_probe = probe;
    return STATUS_OK;
}

void schema_probe_free(struct schema_probe *probe)
{
    if (probe == NULL)
        return;
    arena_release(&probe->arena);
    free(probe);
}

const struct schema_table *schema_probe_table(const struct schema_probe *probe)
{
    return &probe->table;
}

size_t schema_probe_roots(const struct schema_probe *probe, const char *const **ret_names)
{
    *ret_names = probe->roots;
    return probe->root_count;
}

static void release(struct buf *buf)
{
    buf_release(buf);
}

enum status schema_probe_query(const struct schema_probe *probe, struct buf *out, struct err *err)
{
    struct buf document CLEANUP(release) = {.max = QUESTION_MAX};
    buf_append_text(&document, "query " QUERY_OPERATION " { ");
    switch (probe->question) {
    case QUESTION_ROOTS:
        buf_append_text(&document, "__schema {queryType {fields {name args {name " SCHEMA_TYPE_SELECTION
                                   "} " SCHEMA_TYPE_SELECTION "}}}");
        break;
    case QUESTION_ROWS:
        buf_appendf(&document,
                    "__type(name: \"%s\") {fields {name args {name defaultValue type {kind}} " SCHEMA_TYPE_SELECTION
                    "}}",
                    probe->row_type);
        break;
    case QUESTION_NONE:
    default: return err_set(err, STATUS_BUG, "the schema probe has no question left");
    }
    buf_append_text(&document, " }");
    return query_wrap(&document, out, err);
}

static bool has_root(const struct schema_probe *probe, const char *name)
{
    for (size_t i = 0; i < probe->root_count; i++) {
        if (strcmp(probe->roots[i], name) == 0)
            return true;
    }
    return false;
}

/* What the root field of the table says: its arguments, the type to ask about next. */
static enum status take_table(struct schema_probe *probe, struct json_span field, struct err *err)
{
    struct json_span args = {0};
    struct json_span item = {0};
    struct schema_type_ref type;
    schema_json_type(field, &type);
    if (!type.is_object)
        return err_set(err, STATUS_BAD_ANSWER, "the schema says that %s has no rows", probe->root_field);
    enum status status = keep(probe, type.name, &probe->row_type, err);
    if (status != STATUS_OK)
        return status;
    probe->table.exists = true;
    (void)schema_json_member(field, "args", &args);
    probe->table.has_order_by = schema_json_list_has(args, "order_by", &item);
    probe->table.has_limit = schema_json_list_has(args, "limit", &item);
    probe->table.has_where = schema_json_list_has(args, "where", &item);
    return STATUS_OK;
}

static enum status take_root(struct schema_probe *probe, struct json_span field, struct err *err)
{
    char name[SCHEMA_NAME_MAX + 1] = "";
    enum status status = schema_json_name(field, name, err);
    if (status != STATUS_OK || has_root(probe, name))
        return status;
    if (probe->root_count == SCHEMA_ROOTS_MAX)
        return err_set(err, STATUS_TOO_LARGE, "the schema has more than %d root fields", SCHEMA_ROOTS_MAX);
    status = keep(probe, name, &probe->roots[probe->root_count], err);
    if (status != STATUS_OK)
        return status;
    probe->root_count++;
    size_t root_size = probe->root_field != NULL ? strlen(probe->root_field) : 0;
    if (root_size == 0 || strncmp(name, probe->root_field, root_size) != 0)
        return STATUS_OK;
    probe->table.has_aggregate = probe->table.has_aggregate || strcmp(name + root_size, "_aggregate") == 0;
    return name[root_size] == '\0' ? take_table(probe, field, err) : STATUS_OK;
}

/* True when the field has an argument that must be given: it cannot be asked by its name alone. */
static bool needs_argument(struct json_span field, bool *ret_has_any)
{
    struct json_span args = {0};
    struct json_span arg;
    struct json_walk walk;
    *ret_has_any = false;
    if (!schema_json_member(field, "args", &args))
        return false;
    struct json_scan scan = {args.text, args.text + args.size};
    if (!json_walk_begin(&walk, &scan, '['))
        return false;
    while (json_walk_next(&walk, NULL) == JSON_ITEM && json_scan_value(&scan, &arg)) {
        struct schema_type_ref type;
        struct json_span value;
        *ret_has_any = true;
        schema_json_type(arg, &type);
        if (type.is_required && !schema_json_member(arg, "defaultValue", &value))
            return true;
    }
    return false;
}

static bool has_column(const struct schema_table *table, const char *name)
{
    for (size_t i = 0; i < table->column_count; i++) {
        if (strcmp(table->columns[i].name, name) == 0)
            return true;
    }
    return false;
}

static enum status take_column(struct schema_probe *probe, struct json_span field, struct err *err)
{
    char name[SCHEMA_NAME_MAX + 1] = "";
    bool has_arguments;
    struct schema_type_ref type;
    struct schema_table *table = &probe->table;
    enum status status = schema_json_name(field, name, err);
    if (status != STATUS_OK)
        return status;
    schema_json_type(field, &type);
    bool is_column = !needs_argument(field, &has_arguments) && type.name[0] != '\0';
    if (!is_column || (type.is_object && has_arguments) || has_column(table, name))
        return STATUS_OK;
    if (table->column_count == SCHEMA_COLUMNS_MAX)
        return err_set(err, STATUS_TOO_LARGE, "%s has more than %d columns", probe->root_field, SCHEMA_COLUMNS_MAX);
    struct schema_column column = {.is_object = type.is_object};
    status = keep(probe, name, &column.name, err);
    if (status == STATUS_OK)
        status = keep(probe, type.text, &column.type, err);
    if (status == STATUS_OK)
        probe->columns[table->column_count++] = column;
    return status;
}

typedef enum status field_taker(struct schema_probe *probe, struct json_span field, struct err *err);

static enum status each_field(struct schema_probe *probe, struct json_span fields, field_taker *take, struct err *err)
{
    struct json_scan scan = {fields.text, fields.text + fields.size};
    struct json_walk walk;
    struct json_span field;
    enum status status = STATUS_OK;
    if (!json_walk_begin(&walk, &scan, '['))
        return err_set(err, STATUS_BAD_ANSWER, "the fields in the schema are no list");
    while (status == STATUS_OK && json_walk_next(&walk, NULL) == JSON_ITEM && json_scan_value(&scan, &field))
        status = take(probe, field, err);
    return status;
}

static enum status take_answer(struct schema_probe *probe, struct json_span root, struct err *err)
{
    struct json_span type = root;
    struct json_span fields = {0};
    bool is_roots = probe->question == QUESTION_ROOTS;
    bool is_shown =
        (!is_roots || schema_json_member(root, "queryType", &type)) && schema_json_member(type, "fields", &fields);
    if (!is_shown)
        return err_set(err, STATUS_UNSUPPORTED, "the server does not show %s%s",
                       is_roots ? "its schema" : "the columns of ", is_roots ? "" : probe->root_field);
    return each_field(probe, fields, is_roots ? take_root : take_column, err);
}

static enum question question_after(const struct schema_probe *probe)
{
    return probe->question == QUESTION_ROOTS && probe->table.exists ? QUESTION_ROWS : QUESTION_NONE;
}

enum schema_step schema_probe_feed(struct schema_probe *probe, const char *body, size_t size, struct err *err)
{
    struct envelope envelope;
    const char *field = probe->question == QUESTION_ROOTS ? "__schema" : "__type";
    enum status status = probe->question == QUESTION_NONE
                             ? err_set(err, STATUS_BUG, "an answer came to no question of the schema probe")
                             : envelope_read(body, size, field, &envelope, err);
    if (status == STATUS_OK)
        status = take_answer(probe, envelope.root, err);
    probe->question = status == STATUS_OK ? question_after(probe) : QUESTION_NONE;
    if (status != STATUS_OK)
        return SCHEMA_FAIL;
    return probe->question == QUESTION_NONE ? SCHEMA_DONE : SCHEMA_ASK;
}
