/*
 * Inside of the GraphQL parser: one token of lookahead, shared by its two files.
 *
 * The first mistake is kept in err; every function here returns false (or NULL) from then on.
 */
#ifndef SIM_GRAPHQL_PARSER_H
#define SIM_GRAPHQL_PARSER_H

#include "graphql_lex.h"
#include "graphql_parse.h"

struct gql_parser {
    struct gql_lexer lexer;
    struct gql_token token; /* the next one */
    struct arena *arena;
    unsigned depth;
    struct err *err;
};

/* Reads the next token. */
bool gql_parser_advance(struct gql_parser *parser);

/* True when the next token is this punctuator. */
bool gql_parser_at(const struct gql_parser *parser, char punctuator);

/* True when the next token is this name. */
bool gql_parser_at_word(const struct gql_parser *parser, const char *word);

/* Consumes the punctuator, or refuses the document. */
bool gql_parser_expect(struct gql_parser *parser, char punctuator);

/* Consumes a name into the arena; NULL refuses the document. */
const char *gql_parser_name(struct gql_parser *parser);

/* "line N: unexpected ...", for the next token; always false. */
bool gql_parser_unexpected(struct gql_parser *parser);

/* Zeroed memory from the arena; NULL sets err. */
void *gql_parser_new(struct gql_parser *parser, size_t size);

/* Goes one level down; false beyond GQL_DEPTH_MAX. Undone by gql_parser_leave. */
bool gql_parser_enter(struct gql_parser *parser);
void gql_parser_leave(struct gql_parser *parser);

/* A value; constant: variables are refused. NULL on a mistake. */
struct gql_value *gql_parser_value(struct gql_parser *parser, bool constant);

/* "(name: value ...)" when the next token opens one; *ret_args stays NULL otherwise. */
bool gql_parser_arguments(struct gql_parser *parser, bool constant, struct gql_value **ret_args);

#endif
