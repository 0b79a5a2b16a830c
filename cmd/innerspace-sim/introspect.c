#include "execute.h"

#include <string.h>

/* One kind of introspection object: writes the value of a field of it. */
struct writer {
    const struct schema *schema;
    struct buf *out;
};

static void write_text(struct writer *writer, const char *text)
{
    if (text != NULL)
        buf_append_json_string(writer->out, text, strlen(text));
    else
        buf_append_text(writer->out, "null");
}

static void write_bool(struct writer *writer, bool value)
{
    buf_append_text(writer->out, value ? "true" : "false");
}

static bool is(const struct selected *field, const char *name)
{
    return strcmp(field->field->name, name) == 0;
}

/* What every introspection object answers alike; false: the field is another. */
static bool write_common(struct writer *writer, const struct selected *field, const char *name, const char *description)
{
    if (field->field->tag == FIELD_TYPENAME)
        write_text(writer, field->parent->name);
    else if (is(field, "name"))
        write_text(writer, name);
    else if (is(field, "description"))
        write_text(writer, description);
    else if (is(field, "isDeprecated") || is(field, "isRepeatable"))
        write_bool(writer, false);
    else if (is(field, "deprecationReason") || is(field, "defaultValue") || is(field, "specifiedByURL"))
        write_text(writer, NULL);
    else
        return false;
    return true;
}

static void write_type(struct writer *writer, const struct schema_ref *ref, const struct selected *fields);

static void write_input(struct writer *writer, const struct schema_input *input, const struct selected *fields)
{
    buf_append_char(writer->out, '{');
    for (const struct selected *field = fields; field != NULL; field = field->next) {
        execute_key(writer->out, field, field == fields);
        if (!write_common(writer, field, input->name, NULL))
            write_type(writer, &input->ref, field->children);
    }
    buf_append_char(writer->out, '}');
}

static void write_inputs(struct writer *writer, const struct schema_input *inputs, const struct selected *fields)
{
    buf_append_char(writer->out, '[');
    for (const struct schema_input *input = inputs; input != NULL; input = input->next) {
        if (input != inputs)
            buf_append_char(writer->out, ',');
        write_input(writer, input, fields);
    }
    buf_append_char(writer->out, ']');
}

static void write_field(struct writer *writer, const struct schema_field *described, const struct selected *fields)
{
    buf_append_char(writer->out, '{');
    for (const struct selected *field = fields; field != NULL; field = field->next) {
        execute_key(writer->out, field, field == fields);
        if (write_common(writer, field, described->name, described->description))
            continue;
        if (is(field, "args"))
            write_inputs(writer, described->args, field->children);
        else
            write_type(writer, &described->ref, field->children);
    }
    buf_append_char(writer->out, '}');
}

/* The fields of a type; __schema and __type are understood everywhere at the root and never listed. */
static void write_fields(struct writer *writer, const struct schema_field *first, const struct selected *fields)
{
    bool begun = false;
    buf_append_char(writer->out, '[');
    for (const struct schema_field *described = first; described != NULL; described = described->next) {
        if (described->tag == FIELD_META_SCHEMA || described->tag == FIELD_META_TYPE)
            continue;
        if (begun)
            buf_append_char(writer->out, ',');
        begun = true;
        write_field(writer, described, fields);
    }
    buf_append_char(writer->out, ']');
}

static void write_values(struct writer *writer, const struct schema_value *first, const struct selected *fields)
{
    buf_append_char(writer->out, '[');
    for (const struct schema_value *value = first; value != NULL; value = value->next) {
        buf_append_text(writer->out, value == first ? "{" : ",{");
        for (const struct selected *field = fields; field != NULL; field = field->next) {
            execute_key(writer->out, field, field == fields);
            write_common(writer, field, value->name, NULL);
        }
        buf_append_char(writer->out, '}');
    }
    buf_append_char(writer->out, ']');
}

/* NON_NULL and LIST are wrapped around the named type, outermost first. */
static const char *kind_of(const struct schema_ref *ref)
{
    static const char *const names[] = {[SCHEMA_SCALAR] = "SCALAR",
                                        [SCHEMA_OBJECT] = "OBJECT",
                                        [SCHEMA_INPUT] = "INPUT_OBJECT",
                                        [SCHEMA_ENUM] = "ENUM"};
    return ref->non_null ? "NON_NULL" : ref->list ? "LIST" : names[ref->type->kind];
}

/* The field of a type that is not one of its lists; wrapped: of a NON_NULL or LIST around it. */
static void write_type_field(struct writer *writer, const struct schema_ref *ref, const struct selected *field)
{
    const struct schema_type *type = ref->type;
    bool wrapped = ref->non_null || ref->list;
    struct schema_ref inner = {.type = type, .list = ref->list, .item_non_null = ref->item_non_null};
    if (!ref->non_null)
        inner = (struct schema_ref){.type = type, .non_null = ref->item_non_null};
    bool is_object = !wrapped && type->kind == SCHEMA_OBJECT;
    if (write_common(writer, field, wrapped ? NULL : type->name, wrapped ? NULL : type->description))
        return;
    if (is(field, "kind"))
        write_text(writer, kind_of(ref));
    else if (is(field, "ofType") && wrapped)
        write_type(writer, &inner, field->children);
    else if (is(field, "fields") && is_object)
        write_fields(writer, type->fields, field->children);
    else if (is(field, "interfaces") && is_object)
        buf_append_text(writer->out, "[]");
    else if (is(field, "inputFields") && !wrapped && type->kind == SCHEMA_INPUT)
        write_inputs(writer, type->inputs, field->children);
    else if (is(field, "enumValues") && !wrapped && type->kind == SCHEMA_ENUM)
        write_values(writer, type->values, field->children);
    else
        write_text(writer, NULL);
}

static void write_type(struct writer *writer, const struct schema_ref *ref, const struct selected *fields)
{
    buf_append_char(writer->out, '{');
    for (const struct selected *field = fields; field != NULL; field = field->next) {
        execute_key(writer->out, field, field == fields);
        write_type_field(writer, ref, field);
    }
    buf_append_char(writer->out, '}');
}

/* @include and @skip, which check.c obeys. */
static void write_directives(struct writer *writer, const struct selected *fields)
{
    static const char *const names[] = {"include", "skip"};
    struct schema_input condition = {.name = "if",
                                     .ref = {.type = schema_find_type(writer->schema, "Boolean"), .non_null = true}};
    buf_append_char(writer->out, '[');
    for (size_t i = 0; i < 2; i++) {
        buf_append_text(writer->out, i == 0 ? "{" : ",{");
        for (const struct selected *field = fields; field != NULL; field = field->next) {
            execute_key(writer->out, field, field == fields);
            if (write_common(writer, field, names[i], NULL))
                continue;
            if (is(field, "args"))
                write_inputs(writer, &condition, field->children);
            else
                buf_append_text(writer->out, "[\"FIELD\",\"FRAGMENT_SPREAD\",\"INLINE_FRAGMENT\"]");
        }
        buf_append_char(writer->out, '}');
    }
    buf_append_char(writer->out, ']');
}

static void write_types(struct writer *writer, const struct selected *fields)
{
    buf_append_char(writer->out, '[');
    for (const struct schema_type *type = writer->schema->types; type != NULL; type = type->next) {
        struct schema_ref ref = {.type = type};
        if (type != writer->schema->types)
            buf_append_char(writer->out, ',');
        write_type(writer, &ref, fields);
    }
    buf_append_char(writer->out, ']');
}

void introspect_schema(const struct schema *schema, const struct selected *field, struct buf *out)
{
    struct writer writer = {.schema = schema, .out = out};
    struct schema_ref query = {.type = schema_query_root(schema)};
    buf_append_char(out, '{');
    for (const struct selected *child = field->children; child != NULL; child = child->next) {
        execute_key(out, child, child == field->children);
        if (write_common(&writer, child, NULL, NULL))
            continue;
        if (is(child, "types"))
            write_types(&writer, child->children);
        else if (is(child, "queryType"))
            write_type(&writer, &query, child->children);
        else if (is(child, "directives"))
            write_directives(&writer, child->children);
        else
            write_text(&writer, NULL); /* no mutations, no subscriptions */
    }
    buf_append_char(out, '}');
}

void introspect_type(const struct schema *schema, const struct selected *field, struct buf *out)
{
    struct writer writer = {.schema = schema, .out = out};
    struct schema_ref ref = {.type = schema_find_type(schema, gql_value_find(field->args, "name")->text)};
    if (ref.type != NULL)
        write_type(&writer, &ref, field->children);
    else
        write_text(&writer, NULL);
}
