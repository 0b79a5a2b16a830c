#include "query_text.h"

static void append_value(struct buf *out, const struct gql_value *value);

/* Control characters, quotes and backslashes as escapes; the rest is UTF-8 and stays. */
static void append_string(struct buf *out, const struct gql_value *value)
{
    buf_append_char(out, '"');
    for (size_t i = 0; i < value->size; i++) {
        unsigned char c = (unsigned char)value->text[i];
        if (c < 0x20 || c == '"' || c == '\\')
            buf_appendf(out, "\\u%04X", c);
        else
            buf_append_char(out, (char)c);
    }
    buf_append_char(out, '"');
}

/* The members of an object, list or argument list, with their names. */
static void append_members(struct buf *out, const struct gql_value *first)
{
    for (const struct gql_value *value = first; value != NULL; value = value->next) {
        if (value != first)
            buf_append_char(out, ' ');
        if (value->name != NULL)
            buf_appendf(out, "%s:", value->name);
        append_value(out, value);
    }
}

static void append_value(struct buf *out, const struct gql_value *value)
{
    switch (value->kind) {
    case GQL_STRING: append_string(out, value); break;
    case GQL_LIST:
    case GQL_OBJECT:
        buf_append_char(out, value->kind == GQL_LIST ? '[' : '{');
        append_members(out, value->first);
        buf_append_char(out, value->kind == GQL_LIST ? ']' : '}');
        break;
    case GQL_VARIABLE:
        buf_append_char(out, '$');
        buf_append_text(out, value->text);
        break;
    case GQL_NULL:
    case GQL_INT:
    case GQL_FLOAT:
    case GQL_BOOLEAN:
    case GQL_ENUM: buf_append(out, value->text, value->size); break;
    }
}

static void append_args(struct buf *out, const struct gql_value *args)
{
    if (args == NULL)
        return;
    buf_append_char(out, '(');
    append_members(out, args);
    buf_append_char(out, ')');
}

static void append_directives(struct buf *out, const struct gql_directive *first)
{
    for (const struct gql_directive *directive = first; directive != NULL; directive = directive->next) {
        buf_appendf(out, " @%s", directive->name);
        append_args(out, directive->args);
    }
}

static void append_selections(struct buf *out, const struct gql_selection *first)
{
    buf_append_text(out, " {");
    for (const struct gql_selection *at = first; at != NULL; at = at->next) {
        buf_append_char(out, ' ');
        if (at->kind == GQL_FIELD && at->response != at->name)
            buf_appendf(out, "%s:", at->response);
        if (at->kind != GQL_FIELD)
            buf_append_text(out, "...");
        if (at->kind == GQL_INLINE && at->on != NULL)
            buf_appendf(out, " on %s", at->on);
        if (at->kind != GQL_INLINE)
            buf_append_text(out, at->name);
        append_args(out, at->args);
        append_directives(out, at->directives);
        if (at->kind == GQL_INLINE || at->has_selections)
            append_selections(out, at->selections);
    }
    buf_append_text(out, " }");
}

static void append_type(struct buf *out, const struct gql_type *type)
{
    if (type->name != NULL) {
        buf_append_text(out, type->name);
    } else {
        buf_append_char(out, '[');
        append_type(out, type->item);
        buf_append_char(out, ']');
    }
    if (type->non_null)
        buf_append_char(out, '!');
}

static void append_variables(struct buf *out, const struct gql_variable *first)
{
    if (first == NULL)
        return;
    buf_append_char(out, '(');
    for (const struct gql_variable *variable = first; variable != NULL; variable = variable->next) {
        buf_appendf(out, " $%s: ", variable->name);
        append_type(out, variable->type);
        if (variable->fallback != NULL) {
            buf_append_text(out, " = ");
            append_value(out, variable->fallback);
        }
    }
    buf_append_char(out, ')');
}

void query_text_append(struct buf *out, const struct gql_document *document)
{
    static const char *const kinds[] = {
        [GQL_QUERY] = "query", [GQL_MUTATION] = "mutation", [GQL_SUBSCRIPTION] = "subscription"};
    for (const struct gql_operation *at = document->operations; at != NULL; at = at->next) {
        buf_appendf(out, " %s %s", kinds[at->kind], at->name != NULL ? at->name : "");
        append_variables(out, at->variables);
        append_directives(out, at->directives);
        append_selections(out, at->selections);
    }
    for (const struct gql_fragment *at = document->fragments; at != NULL; at = at->next) {
        buf_appendf(out, " fragment %s on %s", at->name, at->on);
        append_selections(out, at->selections);
    }
}
