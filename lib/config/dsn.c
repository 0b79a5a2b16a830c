#include "config/dsn.h"

#include <string.h>
#include <strings.h>

static const char words_fault[] =
    "a connection string such as 'host=db.example.com dbname=occupancy user=writer': NAME=VALUE with spaces between "
    "them, and single quotes around a value that has a space";
static const char uri_fault[] = "a connection string whose user name and password have %40 for '@', %2F for '/', %25 "
                                "for '%' and %20 for a space";

/* Some bytes of a text. */
struct part {
    const char *begin;
    const char *end;
};

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* The end of ${...} at `at`, or `at`. */
static const char *skip_reference(const char *at)
{
    const char *close = at[0] == '$' && at[1] == '{' ? strchr(at, '}') : NULL;
    return close != NULL ? close + 1 : at;
}

static const char *skip_spaces(const char *at)
{
    while (is_space(*at))
        at++;
    return at;
}

/* The first of the characters of set in a part, or its end. What stands in a reference is not looked at. */
static const char *find(struct part part, const char *set)
{
    const char *at = part.begin;
    while (at < part.end && strchr(set, *at) == NULL) {
        const char *after = skip_reference(at);
        at = after > at && after <= part.end ? after : at + 1;
    }
    return at;
}

/* A value that is more than references. */
static bool is_literal(struct part value)
{
    while (value.begin < value.end) {
        const char *after = skip_reference(value.begin);
        if (after == value.begin || after > value.end)
            return true;
        value.begin = after;
    }
    return false;
}

/* True for the parameters that are passwords, and for what may be a misspelling of one. */
static bool names_password(struct part name)
{
    size_t size = (size_t)(name.end - name.begin);
    if (size == strlen("passfile") && strncasecmp(name.begin, "passfile", size) == 0)
        return false;
    for (size_t i = 0; i + 3 <= size; i++) {
        if (strncasecmp(name.begin + i, "pas", 3) == 0 || strncasecmp(name.begin + i, "pwd", 3) == 0)
            return true;
    }
    return false;
}

/* Moves over a value; ret_value is without its quotes. False: its quote is not closed. */
static bool pass_value(const char **at, struct part *ret_value)
{
    bool quoted = **at == '\'';
    const char *end = *at + quoted;
    *ret_value = (struct part){end, end};
    while (*end != '\0' && (quoted ? *end != '\'' : !is_space(*end))) {
        const char *after = skip_reference(end);
        end = after > end ? after : end + (*end == '\\' && end[1] != '\0' ? 2 : 1);
    }
    ret_value->end = end;
    *at = end + (quoted && *end == '\'');
    return !quoted || *end == '\'';
}

/* Moves over NAME=VALUE, or over what is not that to the next space. */
static bool pass_word(const char **at, struct part *ret_name, struct part *ret_value)
{
    *ret_name = (struct part){*at, *at};
    while (is_name(*ret_name->end))
        ret_name->end++;
    const char *equals = skip_spaces(ret_name->end);
    if (ret_name->begin == ret_name->end || *equals != '=') {
        pass_value(at, ret_value);
        return false;
    }
    *at = skip_spaces(equals + 1);
    return pass_value(at, ret_value);
}

static bool look_at_words(const char *text, bool *ret_literal)
{
    struct part name;
    struct part value;
    bool fine = true;
    for (const char *at = skip_spaces(text); *at != '\0'; at = skip_spaces(at)) {
        bool is_word = pass_word(&at, &name, &value);
        fine = fine && is_word;
        *ret_literal = *ret_literal || (is_word && names_password(name) && is_literal(value));
    }
    return fine;
}

/* What stands behind '?': name=value&name=value. */
static bool query_has_password(struct part query)
{
    while (query.begin < query.end) {
        const char *end = find(query, "&");
        const char *equals = find((struct part){query.begin, end}, "=");
        struct part name = {query.begin, equals};
        if (equals < end && names_password(name) && is_literal((struct part){equals + 1, end}))
            return true;
        query.begin = end < query.end ? end + 1 : end;
    }
    return false;
}

/* libpq takes the first '@', and takes none behind a '/': what a second one would be part of is not what was meant. */
static bool look_at_uri(const char *rest, bool *ret_literal)
{
    struct part all = {rest, rest + strlen(rest)};
    struct part before_query = {rest, find(all, "?")};
    const char *sign = find(before_query, "@");
    bool has_user = sign < before_query.end;
    const char *slash = find(before_query, "/");
    bool fine = !has_user || (sign < slash && find((struct part){sign + 1, before_query.end}, "@") == before_query.end);
    struct part user = {rest, has_user ? sign : rest};
    const char *colon = find(user, ":");
    *ret_literal = colon < user.end && is_literal((struct part){colon + 1, user.end});
    if (before_query.end < all.end && query_has_password((struct part){before_query.end + 1, all.end}))
        *ret_literal = true;
    for (const char *at = rest; *at != '\0'; at++) {
        bool is_code = *at != '%' || (is_hex(at[1]) && is_hex(at[2]) && (at[1] != '0' || at[2] != '0'));
        fine = fine && is_code && !is_space(*at);
    }
    return fine;
}

static const char *look(const char *text, bool *ret_literal)
{
    static const char *const schemes[] = {"postgresql://", "postgres://"};
    *ret_literal = false;
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        size_t size = strlen(schemes[i]);
        if (strncmp(text, schemes[i], size) == 0)
            return look_at_uri(text + size, ret_literal) ? NULL : uri_fault;
    }
    return look_at_words(text, ret_literal) ? NULL : words_fault;
}

const char *dsn_fault(const char *text)
{
    bool literal;
    return look(text, &literal);
}

bool dsn_has_password(const char *written)
{
    bool literal;
    look(written, &literal);
    return literal;
}
