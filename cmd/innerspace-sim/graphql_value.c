#include "graphql_parser.h"

#include <string.h>

/* Names are compared pairwise, so their number is bounded; lists are not. */
enum { NAMED_VALUES_MAX = 1000 };

static struct gql_value *leaf(struct gql_parser *parser, enum gql_value_kind kind)
{
    struct gql_value *value = gql_parser_new(parser, sizeof *value);
    if (value == NULL)
        return NULL;
    value->kind = kind;
    value->text = arena_copy(parser->arena, parser->token.text, parser->token.size);
    value->size = parser->token.size;
    if (value->text == NULL) {
        (void)err_nomem(parser->err);
        return NULL;
    }
    return gql_parser_advance(parser) ? value : NULL;
}

static struct gql_value *word(struct gql_parser *parser)
{
    struct gql_value *value = leaf(parser, GQL_ENUM);
    if (value == NULL)
        return NULL;
    if (strcmp(value->text, "null") == 0) {
        value->kind = GQL_NULL;
    } else if (strcmp(value->text, "true") == 0 || strcmp(value->text, "false") == 0) {
        value->kind = GQL_BOOLEAN;
        value->boolean = value->text[0] == 't';
    }
    return value;
}

static struct gql_value *variable(struct gql_parser *parser, bool constant)
{
    if (constant) {
        gql_parser_unexpected(parser);
        return NULL;
    }
    if (!gql_parser_expect(parser, '$'))
        return NULL;
    if (parser->token.kind != GQL_TOKEN_NAME) {
        gql_parser_unexpected(parser);
        return NULL;
    }
    return leaf(parser, GQL_VARIABLE);
}

/* One "name: value". */
static struct gql_value *named_value(struct gql_parser *parser, bool constant)
{
    const char *name = gql_parser_name(parser);
    if (name == NULL || !gql_parser_expect(parser, ':'))
        return NULL;
    struct gql_value *value = gql_parser_value(parser, constant);
    if (value != NULL)
        value->name = name;
    return value;
}

/* False when the name stands among the values before it, or there are too many of them. */
static bool is_new_name(struct gql_parser *parser, const struct gql_value *first, const char *name)
{
    int count = 1;
    for (const struct gql_value *other = first; other != NULL; other = other->next, count++) {
        if (strcmp(other->name, name) == 0) {
            (void)err_set(parser->err, STATUS_REFUSED, "'%s' is given twice", name);
            return false;
        }
    }
    if (count > NAMED_VALUES_MAX) {
        (void)err_set(parser->err, STATUS_REFUSED, "more than %d names in one place", NAMED_VALUES_MAX);
        return false;
    }
    return true;
}

/* Values up to the closing punctuator; those of objects and arguments have names, each once. */
static bool members(struct gql_parser *parser, char close, bool constant, struct gql_value **ret_first)
{
    bool named = close != ']';
    struct gql_value *first = NULL;
    struct gql_value **tail = &first;
    while (!gql_parser_at(parser, close)) {
        struct gql_value *value = named ? named_value(parser, constant) : gql_parser_value(parser, constant);
        if (value == NULL || (named && !is_new_name(parser, first, value->name)))
            return false;
        *tail = value;
        tail = &value->next;
    }
    *ret_first = first;
    return gql_parser_advance(parser);
}

static struct gql_value *container(struct gql_parser *parser, bool constant)
{
    bool is_list = gql_parser_at(parser, '[');
    struct gql_value *value = gql_parser_new(parser, sizeof *value);
    if (value == NULL || !gql_parser_enter(parser))
        return NULL;
    value->kind = is_list ? GQL_LIST : GQL_OBJECT;
    bool complete = gql_parser_advance(parser) && members(parser, is_list ? ']' : '}', constant, &value->first);
    gql_parser_leave(parser);
    return complete ? value : NULL;
}

struct gql_value *gql_parser_value(struct gql_parser *parser, bool constant)
{
    if (gql_parser_at(parser, '[') || gql_parser_at(parser, '{'))
        return container(parser, constant);
    if (gql_parser_at(parser, '$'))
        return variable(parser, constant);
    switch (parser->token.kind) {
    case GQL_TOKEN_NAME: return word(parser);
    case GQL_TOKEN_INT: return leaf(parser, GQL_INT);
    case GQL_TOKEN_FLOAT: return leaf(parser, GQL_FLOAT);
    case GQL_TOKEN_STRING: return leaf(parser, GQL_STRING);
    case GQL_TOKEN_END:
    case GQL_TOKEN_PUNCTUATOR: break;
    }
    gql_parser_unexpected(parser);
    return NULL;
}

bool gql_parser_arguments(struct gql_parser *parser, bool constant, struct gql_value **ret_args)
{
    if (!gql_parser_at(parser, '('))
        return true;
    if (!gql_parser_advance(parser))
        return false;
    if (gql_parser_at(parser, ')'))
        return gql_parser_unexpected(parser);
    return members(parser, ')', constant, ret_args);
}
