#include "graphql_parse.h"

#include "core/text.h"
#include "graphql_parser.h"

#include <string.h>

bool gql_parser_advance(struct gql_parser *parser)
{
    return gql_lexer_next(&parser->lexer, &parser->token, parser->err) == STATUS_OK;
}

bool gql_parser_at(const struct gql_parser *parser, char punctuator)
{
    return parser->token.kind == GQL_TOKEN_PUNCTUATOR && parser->token.punctuator == punctuator;
}

bool gql_parser_at_word(const struct gql_parser *parser, const char *word)
{
    return parser->token.kind == GQL_TOKEN_NAME && parser->token.size == strlen(word) &&
           memcmp(parser->token.text, word, parser->token.size) == 0;
}

bool gql_parser_unexpected(struct gql_parser *parser)
{
    const struct gql_token *token = &parser->token;
    unsigned line = token->line;
    if (token->kind == GQL_TOKEN_END)
        (void)err_set(parser->err, STATUS_REFUSED, "line %u: the document ends too early", line);
    else if (token->kind == GQL_TOKEN_PUNCTUATOR)
        (void)err_set(parser->err, STATUS_REFUSED, "line %u: unexpected '%c'", line, token->punctuator);
    else
        (void)err_set(parser->err, STATUS_REFUSED, "line %u: unexpected '%.*s'", line,
                      (int)(token->size < 64 ? token->size : 64), token->text);
    return false;
}

bool gql_parser_expect(struct gql_parser *parser, char punctuator)
{
    return gql_parser_at(parser, punctuator) ? gql_parser_advance(parser) : gql_parser_unexpected(parser);
}

const char *gql_parser_name(struct gql_parser *parser)
{
    if (parser->token.kind != GQL_TOKEN_NAME) {
        gql_parser_unexpected(parser);
        return NULL;
    }
    const char *name = arena_copy(parser->arena, parser->token.text, parser->token.size);
    if (name == NULL) {
        (void)err_nomem(parser->err);
        return NULL;
    }
    return gql_parser_advance(parser) ? name : NULL;
}

void *gql_parser_new(struct gql_parser *parser, size_t size)
{
    void *memory = arena_calloc(parser->arena, 1, size);
    if (memory == NULL)
        (void)err_nomem(parser->err);
    return memory;
}

bool gql_parser_enter(struct gql_parser *parser)
{
    if (parser->depth == GQL_DEPTH_MAX) {
        (void)err_set(parser->err, STATUS_REFUSED, "line %u: nested deeper than %d levels", parser->token.line,
                      GQL_DEPTH_MAX);
        return false;
    }
    parser->depth++;
    return true;
}

void gql_parser_leave(struct gql_parser *parser)
{
    parser->depth--;
}

static struct gql_type *parse_type(struct gql_parser *parser)
{
    struct gql_type *type = gql_parser_new(parser, sizeof *type);
    if (type == NULL || !gql_parser_enter(parser))
        return NULL;
    bool complete;
    if (gql_parser_at(parser, '[')) {
        complete =
            gql_parser_advance(parser) && (type->item = parse_type(parser)) != NULL && gql_parser_expect(parser, ']');
    } else {
        type->name = gql_parser_name(parser);
        complete = type->name != NULL;
    }
    if (complete && gql_parser_at(parser, '!')) {
        type->non_null = true;
        complete = gql_parser_advance(parser);
    }
    gql_parser_leave(parser);
    return complete ? type : NULL;
}

static bool parse_directives(struct gql_parser *parser, struct gql_directive **tail)
{
    while (gql_parser_at(parser, '@')) {
        struct gql_directive *directive = gql_parser_new(parser, sizeof *directive);
        if (directive == NULL || !gql_parser_advance(parser))
            return false;
        directive->name = gql_parser_name(parser);
        if (directive->name == NULL || !gql_parser_arguments(parser, false, &directive->args))
            return false;
        *tail = directive;
        tail = &directive->next;
    }
    return true;
}

static bool parse_selections(struct gql_parser *parser, struct gql_selection **tail);

static bool parse_field(struct gql_parser *parser, struct gql_selection *field)
{
    field->kind = GQL_FIELD;
    field->name = field->response = gql_parser_name(parser);
    if (field->name == NULL)
        return false;
    if (gql_parser_at(parser, ':')) {
        if (!gql_parser_advance(parser) || (field->name = gql_parser_name(parser)) == NULL)
            return false;
    }
    if (!gql_parser_arguments(parser, false, &field->args) || !parse_directives(parser, &field->directives))
        return false;
    field->has_selections = gql_parser_at(parser, '{');
    return !field->has_selections || parse_selections(parser, &field->selections);
}

/* What follows "...": a fragment's name, or an inline fragment. */
static bool parse_spread(struct gql_parser *parser, struct gql_selection *spread)
{
    if (!gql_parser_advance(parser))
        return false;
    if (parser->token.kind == GQL_TOKEN_NAME && !gql_parser_at_word(parser, "on")) {
        spread->kind = GQL_SPREAD;
        spread->name = gql_parser_name(parser);
        return spread->name != NULL && parse_directives(parser, &spread->directives);
    }
    spread->kind = GQL_INLINE;
    if (gql_parser_at_word(parser, "on")) {
        if (!gql_parser_advance(parser) || (spread->on = gql_parser_name(parser)) == NULL)
            return false;
    }
    return parse_directives(parser, &spread->directives) && parse_selections(parser, &spread->selections);
}

static bool parse_selections(struct gql_parser *parser, struct gql_selection **tail)
{
    if (!gql_parser_enter(parser) || !gql_parser_expect(parser, '{'))
        return false;
    if (gql_parser_at(parser, '}'))
        return gql_parser_unexpected(parser);
    while (!gql_parser_at(parser, '}')) {
        struct gql_selection *selection = gql_parser_new(parser, sizeof *selection);
        if (selection == NULL)
            return false;
        bool complete = gql_parser_at(parser, '.') ? parse_spread(parser, selection) : parse_field(parser, selection);
        if (!complete)
            return false;
        *tail = selection;
        tail = &selection->next;
    }
    gql_parser_leave(parser);
    return gql_parser_advance(parser);
}

static bool parse_variables(struct gql_parser *parser, struct gql_variable **tail)
{
    if (!gql_parser_at(parser, '('))
        return true;
    if (!gql_parser_advance(parser))
        return false;
    do {
        struct gql_variable *variable = gql_parser_new(parser, sizeof *variable);
        if (variable == NULL || !gql_parser_expect(parser, '$') || (variable->name = gql_parser_name(parser)) == NULL ||
            !gql_parser_expect(parser, ':') || (variable->type = parse_type(parser)) == NULL)
            return false;
        if (gql_parser_at(parser, '=')) {
            if (!gql_parser_advance(parser) || (variable->fallback = gql_parser_value(parser, true)) == NULL)
                return false;
        }
        struct gql_directive *ignored = NULL;
        if (!parse_directives(parser, &ignored))
            return false;
        *tail = variable;
        tail = &variable->next;
    } while (!gql_parser_at(parser, ')'));
    return gql_parser_advance(parser);
}

static bool parse_operation(struct gql_parser *parser, struct gql_operation *operation)
{
    if (gql_parser_at(parser, '{'))
        return parse_selections(parser, &operation->selections);
    operation->kind = gql_parser_at_word(parser, "mutation")       ? GQL_MUTATION
                      : gql_parser_at_word(parser, "subscription") ? GQL_SUBSCRIPTION
                                                                   : GQL_QUERY;
    if (operation->kind == GQL_QUERY && !gql_parser_at_word(parser, "query"))
        return gql_parser_unexpected(parser);
    if (!gql_parser_advance(parser))
        return false;
    if (parser->token.kind == GQL_TOKEN_NAME && (operation->name = gql_parser_name(parser)) == NULL)
        return false;
    return parse_variables(parser, &operation->variables) && parse_directives(parser, &operation->directives) &&
           parse_selections(parser, &operation->selections);
}

static bool parse_fragment(struct gql_parser *parser, struct gql_fragment *fragment)
{
    if (!gql_parser_advance(parser))
        return false;
    if (gql_parser_at_word(parser, "on"))
        return gql_parser_unexpected(parser);
    fragment->name = gql_parser_name(parser);
    if (fragment->name == NULL)
        return false;
    if (!gql_parser_at_word(parser, "on"))
        return gql_parser_unexpected(parser);
    if (!gql_parser_advance(parser) || (fragment->on = gql_parser_name(parser)) == NULL)
        return false;
    struct gql_directive *ignored = NULL;
    return parse_directives(parser, &ignored) && parse_selections(parser, &fragment->selections);
}

static bool parse_document(struct gql_parser *parser, struct gql_document *document)
{
    struct gql_operation **operations = &document->operations;
    struct gql_fragment **fragments = &document->fragments;
    do {
        if (gql_parser_at_word(parser, "fragment")) {
            *fragments = gql_parser_new(parser, sizeof **fragments);
            if (*fragments == NULL || !parse_fragment(parser, *fragments))
                return false;
            fragments = &(*fragments)->next;
        } else {
            *operations = gql_parser_new(parser, sizeof **operations);
            if (*operations == NULL || !parse_operation(parser, *operations))
                return false;
            operations = &(*operations)->next;
        }
    } while (parser->token.kind != GQL_TOKEN_END);
    return true;
}

enum status gql_parse(struct arena *arena, const char *text, size_t size, struct gql_document **ret_document,
                      struct err *err)
{
    if (!text_is_utf8(text, size))
        return err_set(err, STATUS_REFUSED, "the document is not UTF-8");
    struct err own = {0};
    struct gql_parser parser = {.arena = arena, .err = err != NULL ? err : &own};
    gql_lexer_init(&parser.lexer, arena, text, size);
    struct gql_document *document = gql_parser_new(&parser, sizeof *document);
    if (document == NULL || !gql_parser_advance(&parser) || !parse_document(&parser, document))
        return parser.err->kind;
    *ret_document = document;
    return STATUS_OK;
}
