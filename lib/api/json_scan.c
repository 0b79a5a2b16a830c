#include "api/json_scan.h"

#include <string.h>

/* The brackets that are open, innermost last, each as the character that closes it. */
struct nesting {
    size_t depth;
    char close[JSON_DEPTH_MAX];
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

char json_scan_peek(struct json_scan *scan)
{
    while (scan->at < scan->end) {
        char c = *scan->at;
        if (c != ' ' && c != '\n' && c != '\r' && c != '\t')
            return c;
        scan->at++;
    }
    return '\0';
}

static bool take(struct json_scan *scan, char c)
{
    if (scan->at == scan->end || *scan->at != c)
        return false;
    scan->at++;
    return true;
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool scan_escape(struct json_scan *scan)
{
    if (scan->at == scan->end)
        return false;
    char c = *scan->at++;
    if (c != 'u')
        return c != '\0' && strchr("\"\\/bfnrt", c) != NULL;
    for (int i = 0; i < 4; i++) {
        if (scan->at == scan->end || !is_hex(*scan->at++))
            return false;
    }
    return true;
}

static bool scan_string(struct json_scan *scan)
{
    if (!take(scan, '"'))
        return false;
    while (scan->at < scan->end) {
        unsigned char c = (unsigned char)*scan->at++;
        if (c == '"')
            return true;
        if (c < 0x20 || (c == '\\' && !scan_escape(scan)))
            return false;
    }
    return false;
}

static bool scan_digits(struct json_scan *scan)
{
    const char *begin = scan->at;
    while (scan->at < scan->end && is_digit(*scan->at))
        scan->at++;
    return scan->at > begin;
}

static bool scan_number(struct json_scan *scan)
{
    (void)take(scan, '-');
    if (!take(scan, '0') && !scan_digits(scan))
        return false;
    if (take(scan, '.') && !scan_digits(scan))
        return false;
    if (take(scan, 'e') || take(scan, 'E')) {
        if (!take(scan, '+'))
            (void)take(scan, '-');
        return scan_digits(scan);
    }
    return true;
}

static bool scan_word(struct json_scan *scan, const char *word)
{
    size_t size = strlen(word);
    if ((size_t)(scan->end - scan->at) < size || memcmp(scan->at, word, size) != 0)
        return false;
    scan->at += size;
    return true;
}

static bool scan_scalar(struct json_scan *scan, char first)
{
    switch (first) {
    case '"': return scan_string(scan);
    case 't': return scan_word(scan, "true");
    case 'f': return scan_word(scan, "false");
    case 'n': return scan_word(scan, "null");
    default: return scan_number(scan);
    }
}

static bool scan_key(struct json_scan *scan)
{
    return json_scan_peek(scan) == '"' && scan_string(scan) && json_scan_peek(scan) == ':' && take(scan, ':');
}

/* Behind a value: closes what ends here and stops before the next value; depth 0 means that all is closed. */
static bool scan_after_value(struct json_scan *scan, struct nesting *nesting)
{
    while (nesting->depth > 0) {
        char close = nesting->close[nesting->depth - 1];
        char c = json_scan_peek(scan);
        if (c == ',') {
            scan->at++;
            return close != '}' || scan_key(scan);
        }
        if (c != close)
            return false;
        scan->at++;
        nesting->depth--;
    }
    return true;
}

/* At an opening bracket: stops before the first value inside, or behind all that an empty one closes. */
static bool scan_open(struct json_scan *scan, struct nesting *nesting, char open)
{
    if (nesting->depth == JSON_DEPTH_MAX)
        return false;
    char close = open == '{' ? '}' : ']';
    nesting->close[nesting->depth++] = close;
    scan->at++;
    if (json_scan_peek(scan) == close) {
        scan->at++;
        nesting->depth--;
        return scan_after_value(scan, nesting);
    }
    return open != '{' || scan_key(scan);
}

bool json_scan_value(struct json_scan *scan, struct json_span *ret_span)
{
    struct nesting nesting;
    nesting.depth = 0;
    json_scan_peek(scan); /* to the first byte that is no blank */
    const char *begin = scan->at;
    do {
        char c = json_scan_peek(scan);
        bool sound = c == '{' || c == '[' ? scan_open(scan, &nesting, c)
                                          : scan_scalar(scan, c) && scan_after_value(scan, &nesting);
        if (!sound)
            return false;
    } while (nesting.depth > 0);
    *ret_span = (struct json_span){begin, (size_t)(scan->at - begin)};
    return true;
}

bool json_walk_begin(struct json_walk *walk, struct json_scan *scan, char open)
{
    if (json_scan_peek(scan) != open)
        return false;
    scan->at++;
    *walk = (struct json_walk){.scan = scan, .close = open == '{' ? '}' : ']'};
    return true;
}

enum json_step json_walk_next(struct json_walk *walk, struct json_span *ret_key)
{
    struct json_scan *scan = walk->scan;
    char c = json_scan_peek(scan);
    if (c == walk->close) {
        scan->at++;
        return JSON_END;
    }
    if (walk->has_items && !take(scan, ','))
        return JSON_BROKEN;
    walk->has_items = true;
    c = json_scan_peek(scan);
    if (walk->close == '}') {
        const char *begin = scan->at;
        if (c != '"' || !scan_string(scan))
            return JSON_BROKEN;
        *ret_key = (struct json_span){begin, (size_t)(scan->at - begin)};
        if (json_scan_peek(scan) != ':')
            return JSON_BROKEN;
        scan->at++;
        c = json_scan_peek(scan);
    }
    return c != '\0' && c != walk->close ? JSON_ITEM : JSON_BROKEN;
}

enum json_step json_find(struct json_span object, const char *name, struct json_span *ret_value)
{
    struct json_scan scan = {object.text, object.text + object.size};
    struct json_walk walk;
    if (!json_walk_begin(&walk, &scan, '{'))
        return JSON_END;
    struct json_span found = {0};
    struct json_span key;
    enum json_step step;
    while ((step = json_walk_next(&walk, &key)) == JSON_ITEM) {
        struct json_span value;
        if (!json_scan_value(&scan, &value))
            return JSON_BROKEN;
        if (!json_string_is(key, name, strlen(name)))
            continue;
        if (found.text != NULL)
            return JSON_BROKEN;
        found = value;
    }
    if (step == JSON_BROKEN || found.text == NULL)
        return step;
    *ret_value = found;
    return JSON_ITEM;
}
