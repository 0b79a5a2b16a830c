#include "graphql_lex.h"

#include <string.h>

void gql_lexer_init(struct gql_lexer *lexer, struct arena *arena, const char *text, size_t size)
{
    *lexer = (struct gql_lexer){.arena = arena, .at = text, .end = text + size, .line = 1};
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_name_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* The character `offset` bytes ahead, or NUL behind the end. */
static char peek(const struct gql_lexer *lexer, size_t offset)
{
    return (size_t)(lexer->end - lexer->at) > offset ? lexer->at[offset] : '\0';
}

static bool at_byte_order_mark(const struct gql_lexer *lexer)
{
    return lexer->end - lexer->at >= 3 && memcmp(lexer->at, "\xEF\xBB\xBF", 3) == 0;
}

static void skip_ignored(struct gql_lexer *lexer)
{
    for (; lexer->at < lexer->end; lexer->at++) {
        char c = *lexer->at;
        if (at_byte_order_mark(lexer)) {
            lexer->at += 2;
            continue;
        }
        if (c == '#') {
            while (lexer->at < lexer->end && *lexer->at != '\n' && *lexer->at != '\r')
                lexer->at++;
            if (lexer->at == lexer->end)
                return;
            c = *lexer->at;
        }
        if (c == '\n' || (c == '\r' && peek(lexer, 1) != '\n'))
            lexer->line++;
        else if (c != ' ' && c != '\t' && c != ',' && c != '\r')
            return;
    }
}

static size_t skip_digits(const struct gql_lexer *lexer, size_t at)
{
    while (is_digit(peek(lexer, at)))
        at++;
    return at;
}

static enum status read_number(struct gql_lexer *lexer, struct gql_token *token, struct err *err)
{
    bool is_float = false;
    size_t size = peek(lexer, 0) == '-' ? 1 : 0;
    bool valid = is_digit(peek(lexer, size)) && !(peek(lexer, size) == '0' && is_digit(peek(lexer, size + 1)));
    size = skip_digits(lexer, size);
    if (peek(lexer, size) == '.') {
        is_float = true;
        valid = valid && is_digit(peek(lexer, size + 1));
        size = skip_digits(lexer, size + 1);
    }
    if (peek(lexer, size) == 'e' || peek(lexer, size) == 'E') {
        is_float = true;
        size++;
        if (peek(lexer, size) == '+' || peek(lexer, size) == '-')
            size++;
        valid = valid && is_digit(peek(lexer, size));
        size = skip_digits(lexer, size);
    }
    if (!valid || is_name_start(peek(lexer, size)) || peek(lexer, size) == '.')
        return err_set(err, STATUS_REFUSED, "line %u: malformed number", lexer->line);
    token->kind = is_float ? GQL_TOKEN_FLOAT : GQL_TOKEN_INT;
    token->text = lexer->at;
    token->size = size;
    lexer->at += size;
    return STATUS_OK;
}

static enum status read_string(struct gql_lexer *lexer, struct gql_token *token, struct err *err)
{
    const char *raw = lexer->at + 1;
    const char *at = raw;
    while (at < lexer->end && *at != '"') {
        unsigned char c = (unsigned char)*at;
        if (c < 0x20 && c != '\t')
            return err_set(err, STATUS_REFUSED, "line %u: control character in a string", lexer->line);
        at += c == '\\' && lexer->end - at > 1 ? 2 : 1;
    }
    if (at >= lexer->end)
        return err_set(err, STATUS_REFUSED, "line %u: unterminated string", lexer->line);
    token->kind = GQL_TOKEN_STRING;
    lexer->at = at + 1;
    return gql_string_decode(lexer->arena, raw, (size_t)(at - raw), &token->text, &token->size, err);
}

static enum status read_block_string(struct gql_lexer *lexer, struct gql_token *token, struct err *err)
{
    const char *raw = lexer->at + 3;
    const char *at = raw;
    while (lexer->end - at >= 3 && memcmp(at, "\"\"\"", 3) != 0) {
        if (*at == '\n')
            lexer->line++;
        at += lexer->end - at >= 4 && memcmp(at, "\\\"\"\"", 4) == 0 ? 4 : 1;
    }
    if (lexer->end - at < 3)
        return err_set(err, STATUS_REFUSED, "line %u: unterminated block string", lexer->line);
    token->kind = GQL_TOKEN_STRING;
    lexer->at = at + 3;
    return gql_block_string_decode(lexer->arena, raw, (size_t)(at - raw), &token->text, &token->size, err);
}

static void read_name(struct gql_lexer *lexer, struct gql_token *token)
{
    size_t size = 1;
    while (is_name_start(peek(lexer, size)) || is_digit(peek(lexer, size)))
        size++;
    token->kind = GQL_TOKEN_NAME;
    token->text = lexer->at;
    token->size = size;
    lexer->at += size;
}

static enum status read_punctuator(struct gql_lexer *lexer, struct gql_token *token, struct err *err)
{
    char c = *lexer->at;
    bool is_spread = c == '.' && peek(lexer, 1) == '.' && peek(lexer, 2) == '.';
    if (!is_spread && (c == '\0' || strchr("!$&():=@[]{|}", c) == NULL))
        return err_set(err, STATUS_REFUSED, "line %u: unexpected character", lexer->line);
    token->kind = GQL_TOKEN_PUNCTUATOR;
    token->punctuator = c;
    lexer->at += is_spread ? 3 : 1;
    return STATUS_OK;
}

enum status gql_lexer_next(struct gql_lexer *lexer, struct gql_token *ret_token, struct err *err)
{
    skip_ignored(lexer);
    struct gql_token token = {.kind = GQL_TOKEN_END, .line = lexer->line};
    enum status status = STATUS_OK;
    char c = peek(lexer, 0);
    if (lexer->at == lexer->end)
        token.kind = GQL_TOKEN_END;
    else if (is_name_start(c))
        read_name(lexer, &token);
    else if (is_digit(c) || c == '-')
        status = read_number(lexer, &token, err);
    else if (c == '"' && peek(lexer, 1) == '"' && peek(lexer, 2) == '"')
        status = read_block_string(lexer, &token, err);
    else if (c == '"')
        status = read_string(lexer, &token, err);
    else
        status = read_punctuator(lexer, &token, err);
    if (status == STATUS_OK)
        *ret_token = token;
    return status;
}
