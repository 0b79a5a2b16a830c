#include "schema_build.h"

#include <stdio.h>
#include <string.h>

enum { SCHEMA_BYTES_MAX = 4 << 20 };

/* How a kind of column appears: its scalar, and what may be asked of it. */
struct scalar_row {
    const char *name; /* NULL: schema_options.time_type */
    enum schema_scalar scalar;
    bool compares; /* has _eq and the rest, and may stand in order_by; _is_null is offered always */
};

static const struct scalar_row scalars[COLUMN_KIND_COUNT] = {
    [COLUMN_INT] = {"Int", SCALAR_INT, true},         [COLUMN_TEXT] = {"String", SCALAR_STRING, true},
    [COLUMN_FLOAT] = {"Float", SCALAR_FLOAT, true},   [COLUMN_TIME] = {NULL, SCALAR_ANY, true},
    [COLUMN_OBJECT] = {"VARIANT", SCALAR_ANY, false},
};

static const char *scalar_name(const struct schema_options *options, enum column_kind kind)
{
    return scalars[kind].name != NULL ? scalars[kind].name : options->time_type;
}

/* A name made of two parts, in the arena; "" when it is full. */
static const char *joined(struct schema_builder *builder, const char *a, const char *b)
{
    char text[SCHEMA_REF_TEXT_SIZE];
    int size = snprintf(text, sizeof text, "%s%s", a, b);
    const char *copy = size < 0 ? NULL : arena_copy(&builder->schema->arena, text, strlen(text));
    builder->failed = builder->failed || copy == NULL;
    return copy != NULL ? copy : "";
}

static void add_pending(struct schema_builder *builder, struct schema_ref *ref, const char *text)
{
    struct schema_pending *pending = arena_calloc(&builder->schema->arena, 1, sizeof *pending);
    if (pending == NULL) {
        builder->failed = true;
        return;
    }
    *pending = (struct schema_pending){.ref = ref, .text = joined(builder, text, ""), .next = builder->pending};
    builder->pending = pending;
}

struct schema_type *schema_build_type(struct schema_builder *builder, enum schema_kind kind, const char *name)
{
    struct schema_type *type = arena_calloc(&builder->schema->arena, 1, sizeof *type);
    if (type == NULL) {
        builder->failed = true;
        return &builder->scratch.type;
    }
    *type = (struct schema_type){.kind = kind, .name = joined(builder, name, "")};
    *builder->tail = type;
    builder->tail = &type->next;
    return type;
}

struct schema_field *schema_build_field(struct schema_builder *builder, struct schema_type *type, const char *name,
                                        const char *ref, enum schema_tag tag)
{
    struct schema_field *field = arena_calloc(&builder->schema->arena, 1, sizeof *field);
    if (field == NULL) {
        builder->failed = true;
        return &builder->scratch.field;
    }
    *field = (struct schema_field){.name = joined(builder, name, ""), .tag = tag, .column = -1};
    add_pending(builder, &field->ref, ref);
    struct schema_field **tail = &type->fields;
    while (*tail != NULL)
        tail = &(*tail)->next;
    *tail = field;
    return field;
}

struct schema_input *schema_build_input(struct schema_builder *builder, struct schema_input **chain, const char *name,
                                        const char *ref)
{
    struct schema_input *input = arena_calloc(&builder->schema->arena, 1, sizeof *input);
    if (input == NULL) {
        builder->failed = true;
        return &builder->scratch.input;
    }
    *input = (struct schema_input){.name = joined(builder, name, "")};
    add_pending(builder, &input->ref, ref);
    while (*chain != NULL)
        chain = &(*chain)->next;
    *chain = input;
    return input;
}

void schema_build_value(struct schema_builder *builder, struct schema_type *type, const char *name)
{
    struct schema_value *value = arena_calloc(&builder->schema->arena, 1, sizeof *value);
    if (value == NULL) {
        builder->failed = true;
        return;
    }
    value->name = name;
    struct schema_value **tail = &type->values;
    while (*tail != NULL)
        tail = &(*tail)->next;
    *tail = value;
}

static void add_where_input(struct schema_builder *builder, struct schema_type *type, const char *name, const char *ref)
{
    schema_build_input(builder, &type->inputs, name, ref)->refuses_null = true;
}

static void build_comparison(struct schema_builder *builder, const struct schema_options *options,
                             enum column_kind kind)
{
    static const char *const operators[] = {"_eq", "_neq", "_gt", "_lt", "_gte", "_lte"};
    if (options->documented && !scalars[kind].compares)
        return; /* an input type without fields does not exist in GraphQL */
    const char *scalar = scalar_name(options, kind);
    struct schema_type *type = schema_build_type(builder, SCHEMA_INPUT, joined(builder, scalar, "_comparison_exp"));
    size_t count = !scalars[kind].compares ? 0 : options->documented ? 1 : sizeof operators / sizeof *operators;
    for (size_t i = 0; i < count; i++)
        add_where_input(builder, type, operators[i], scalar);
    if (options->documented)
        return;
    const char *list = joined(builder, joined(builder, "[", scalar), "!]");
    for (int i = 0; scalars[kind].compares && i < 2; i++)
        add_where_input(builder, type, i == 0 ? "_in" : "_nin", list);
    add_where_input(builder, type, "_is_null", "Boolean");
}

static void build_scalars(struct schema_builder *builder, const struct schema_options *options)
{
    for (int kind = 0; kind < COLUMN_KIND_COUNT; kind++) {
        schema_build_type(builder, SCHEMA_SCALAR, scalar_name(options, (enum column_kind)kind))->scalar =
            scalars[kind].scalar;
        build_comparison(builder, options, (enum column_kind)kind);
    }
    schema_build_type(builder, SCHEMA_SCALAR, "Boolean")->scalar = SCALAR_BOOLEAN;
    struct schema_type *order = schema_build_type(builder, SCHEMA_ENUM, "order_by");
    schema_build_value(builder, order, "asc");
    schema_build_value(builder, order, "desc");
}

/* The public sample orders insights by DATE_TIME_START, and nothing else. */
static bool has_order(const struct schema_options *options, const struct table *table)
{
    return !options->documented || table_is_of_insights(table->id);
}

static bool is_hidden(const struct schema_options *options, const struct table *table, int column)
{
    const char *name = table->columns[column].name;
    bool is_new = table_is_of_insights(table->id) && column == INSIGHT_DWELL_MINUTES;
    return schema_list_has(options->denied, name) || schema_list_has(options->gone, name) ||
           (is_new && !options->new_columns);
}

/* T, T_bool_exp and T_order_by: a column that is denied is in none of them. */
static void build_row_types(struct schema_builder *builder, const struct schema_options *options,
                            const struct table *table)
{
    struct schema_type *row = schema_build_type(builder, SCHEMA_OBJECT, table->name);
    struct schema_type *where = schema_build_type(builder, SCHEMA_INPUT, joined(builder, table->name, "_bool_exp"));
    struct schema_type *order = NULL;
    if (has_order(options, table))
        order = schema_build_type(builder, SCHEMA_INPUT, joined(builder, table->name, "_order_by"));
    if (!options->documented) {
        const char *list = joined(builder, joined(builder, "[", where->name), "!]");
        add_where_input(builder, where, "_and", list);
        add_where_input(builder, where, "_or", list);
        add_where_input(builder, where, "_not", where->name);
    }
    for (int i = 0; i < table->column_count; i++) {
        const struct column *column = &table->columns[i];
        if (is_hidden(options, table, i))
            continue;
        bool is_text = table->id == TABLE_INSIGHTS && schema_list_has(options->as_text, column->name);
        const char *scalar = scalar_name(options, is_text ? COLUMN_TEXT : column->kind);
        struct schema_field *field = schema_build_field(builder, row, column->name, scalar, FIELD_COLUMN);
        field->table = table;
        field->column = i;
        field->description = column->help;
        if (!options->documented || scalars[column->kind].compares)
            add_where_input(builder, where, column->name, joined(builder, scalar, "_comparison_exp"));
        if (order != NULL && scalars[column->kind].compares && (!options->documented || column->kind == COLUMN_TIME))
            schema_build_input(builder, &order->inputs, column->name, "order_by");
    }
}

static void build_arguments(struct schema_builder *builder, const struct schema_options *options,
                            const struct table *table, struct schema_field *field)
{
    schema_build_input(builder, &field->args, "where", joined(builder, table->name, "_bool_exp"))->refuses_null = true;
    if (has_order(options, table))
        schema_build_input(builder, &field->args, "order_by",
                           joined(builder, joined(builder, "[", table->name), "_order_by!]"));
    if (!options->documented) {
        schema_build_input(builder, &field->args, "limit", "Int");
        schema_build_input(builder, &field->args, "offset", "Int");
    }
}

static void build_table(struct schema_builder *builder, const struct schema_options *options, const struct table *table,
                        struct schema_type *query_root)
{
    build_row_types(builder, options, table);
    struct schema_field *rows = schema_build_field(
        builder, query_root, table->name, joined(builder, joined(builder, "[", table->name), "!]!"), FIELD_ROWS);
    rows->table = table;
    build_arguments(builder, options, table, rows);
    if (!options->aggregates || options->documented)
        return;
    const char *outer_name = joined(builder, table->name, "_aggregate");
    const char *inner_name = joined(builder, table->name, "_aggregate_fields");
    struct schema_type *outer = schema_build_type(builder, SCHEMA_OBJECT, outer_name);
    schema_build_field(builder, outer, "aggregate", inner_name, FIELD_AGGREGATES);
    struct schema_type *inner = schema_build_type(builder, SCHEMA_OBJECT, inner_name);
    schema_build_field(builder, inner, "count", "Int!", FIELD_COUNT);
    struct schema_field *root =
        schema_build_field(builder, query_root, outer_name, joined(builder, outer_name, "!"), FIELD_AGGREGATE);
    root->table = table;
    build_arguments(builder, options, table, root);
}

/* Turns "[T!]!" into a reference; false when there is no such type. */
static bool resolve(const struct schema *schema, const char *text, struct schema_ref *ref)
{
    char name[SCHEMA_REF_TEXT_SIZE];
    size_t size = strlen(text);
    ref->list = text[0] == '[';
    if (size > 0 && text[size - 1] == '!') {
        ref->non_null = true;
        size--;
    }
    if (ref->list) {
        text++;
        size -= 2;
        ref->item_non_null = size > 0 && text[size - 1] == '!';
        size -= ref->item_non_null;
    }
    snprintf(name, sizeof name, "%.*s", (int)size, text);
    ref->type = schema_find_type(schema, name);
    return ref->type != NULL;
}

enum status schema_init(struct schema *schema, const struct schema_options *options, struct err *err)
{
    *schema = (struct schema){.arena = {.max = SCHEMA_BYTES_MAX}};
    struct schema_builder builder = {.schema = schema, .tail = &schema->types};
    struct schema_type *query_root = schema_build_type(&builder, SCHEMA_OBJECT, "query_root");
    build_scalars(&builder, options);
    for (int i = 0; i < TABLE_COUNT; i++)
        build_table(&builder, options, table_get((enum table_id)i), query_root);
    schema_build_meta(&builder, query_root, options->introspection);
    schema->typename_field = (struct schema_field){.name = "__typename", .tag = FIELD_TYPENAME, .column = -1};
    add_pending(&builder, &schema->typename_field.ref, "String!");
    if (builder.failed)
        return err_nomem(err);
    for (const struct schema_pending *pending = builder.pending; pending != NULL; pending = pending->next) {
        if (!resolve(schema, pending->text, pending->ref))
            return err_set(err, STATUS_BUG, "the schema names a type that it does not have: %s", pending->text);
    }
    return STATUS_OK;
}

void schema_release(struct schema *schema)
{
    arena_release(&schema->arena);
    *schema = (struct schema){0};
}
