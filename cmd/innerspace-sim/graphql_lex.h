/*
 * GraphQL source text, token by token [GraphQL specification, October 2021, section 2.1].
 *
 * The text must be UTF-8 and outlive the lexer; decoded strings go to the arena. Comments, commas, blanks and a byte
 * order mark are skipped.
 */
#ifndef SIM_GRAPHQL_LEX_H
#define SIM_GRAPHQL_LEX_H

#include "core/arena.h"
#include "core/err.h"

enum gql_token_kind {
    GQL_TOKEN_END,
    GQL_TOKEN_PUNCTUATOR,
    GQL_TOKEN_NAME,
    GQL_TOKEN_INT,
    GQL_TOKEN_FLOAT,
    GQL_TOKEN_STRING
};

struct gql_token {
    enum gql_token_kind kind;
    char punctuator;  /* '.' stands for "..." */
    const char *text; /* name, digits (not terminated), or the decoded string */
    size_t size;
    unsigned line; /* from 1 */
};

struct gql_lexer {
    struct arena *arena;
    const char *at;
    const char *end;
    unsigned line;
};

void gql_lexer_init(struct gql_lexer *lexer, struct arena *arena, const char *text, size_t size);

/* The next token; GQL_TOKEN_END again and again at the end. STATUS_REFUSED: no token begins here; STATUS_NOMEM. */
enum status gql_lexer_next(struct gql_lexer *lexer, struct gql_token *ret_token, struct err *err) MUST_CHECK;

/*
 * What stands between the quotes of a plain string, escapes resolved: \uXXXX with surrogate pairs.
 * STATUS_REFUSED: an unknown escape, half a pair; STATUS_NOMEM.
 */
enum status gql_string_decode(struct arena *arena, const char *raw, size_t size, const char **ret_text,
                              size_t *ret_size, struct err *err) MUST_CHECK;

/* What stands between the triple quotes of a block string: common indent and blank outer lines removed. STATUS_NOMEM.
 */
enum status gql_block_string_decode(struct arena *arena, const char *raw, size_t size, const char **ret_text,
                                    size_t *ret_size, struct err *err) MUST_CHECK;

#endif
