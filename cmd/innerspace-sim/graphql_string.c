#include "graphql_lex.h"

#include <stdint.h>
#include <string.h>

/* Four hexadecimal digits, or -1. */
static int32_t read_hex4(const char *at, const char *end)
{
    if (end - at < 4)
        return -1;
    int32_t value = 0;
    for (int i = 0; i < 4; i++) {
        char c = at[i];
        int32_t digit = c >= '0' && c <= '9'   ? c - '0'
                        : c >= 'a' && c <= 'f' ? c - 'a' + 10
                        : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                               : -1;
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

static size_t put_utf8(char *out, uint32_t point)
{
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    size_t size = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = size - 1; i > 0; i--) {
        out[i] = (char)(0x80U | (point & 0x3FU));
        point >>= 6;
    }
    out[0] = (char)(lead[size] | point);
    return size;
}

/* Reads what follows "\u"; advances *at. -1: not hexadecimal, or half a surrogate pair. */
static int64_t read_code_point(const char **at, const char *end)
{
    int32_t high = read_hex4(*at, end);
    if (high < 0 || (high >= 0xDC00 && high <= 0xDFFF))
        return -1;
    *at += 4;
    if (high < 0xD800 || high > 0xDBFF)
        return high;
    if (end - *at < 6 || (*at)[0] != '\\' || (*at)[1] != 'u')
        return -1;
    int32_t low = read_hex4(*at + 2, end);
    if (low < 0xDC00 || low > 0xDFFF)
        return -1;
    *at += 6;
    return 0x10000 + ((int64_t)(high - 0xD800) << 10) + (low - 0xDC00);
}

static char simple_escape(char c)
{
    switch (c) {
    case '"':
    case '\\':
    case '/': return c;
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return '\0';
    }
}

enum status gql_string_decode(struct arena *arena, const char *raw, size_t size, const char **ret_text,
                              size_t *ret_size, struct err *err)
{
    char *out = arena_calloc(arena, size + 1, 1); /* no escape is longer than what it stands for */
    if (out == NULL)
        return err_nomem(err);
    const char *end = raw + size;
    size_t used = 0;
    while (raw < end) {
        if (*raw != '\\') {
            out[used++] = *raw++;
            continue;
        }
        char kind = end - raw > 1 ? raw[1] : '\0';
        raw += 2;
        if (kind == 'u') {
            int64_t point = read_code_point(&raw, end);
            if (point < 0)
                return err_set(err, STATUS_REFUSED, "malformed \\u escape in a string");
            used += put_utf8(out + used, (uint32_t)point);
            continue;
        }
        char plain = simple_escape(kind);
        if (plain == '\0')
            return err_set(err, STATUS_REFUSED, "unknown escape in a string");
        out[used++] = plain;
    }
    *ret_text = out;
    *ret_size = used;
    return STATUS_OK;
}

/* Copies with \""" resolved and every line end a single \n; returns the size. */
static size_t normalise_block(const char *raw, size_t size, char *out)
{
    size_t used = 0;
    for (size_t i = 0; i < size; i++) {
        if (size - i >= 4 && memcmp(raw + i, "\\\"\"\"", 4) == 0) {
            memcpy(out + used, "\"\"\"", 3);
            used += 3;
            i += 3;
        } else if (raw[i] == '\r') {
            out[used++] = '\n';
            if (i + 1 < size && raw[i + 1] == '\n')
                i++;
        } else {
            out[used++] = raw[i];
        }
    }
    return used;
}

struct line {
    const char *text;
    size_t size;
    size_t indent; /* leading blanks; equal to size: a blank line */
};

/* Takes the next line off [*at, end]; false when none is left (*at is then NULL). */
static bool next_line(const char **at, const char *end, struct line *ret_line)
{
    if (*at == NULL)
        return false;
    const char *stop = memchr(*at, '\n', (size_t)(end - *at));
    struct line line = {.text = *at, .size = (size_t)((stop != NULL ? stop : end) - *at)};
    while (line.indent < line.size && (line.text[line.indent] == ' ' || line.text[line.indent] == '\t'))
        line.indent++;
    *at = stop != NULL ? stop + 1 : NULL;
    *ret_line = line;
    return true;
}

/* The least indent of the lines after the first that are not blank; SIZE_MAX when there is none. */
static size_t common_indent(const char *text, const char *end)
{
    size_t common = SIZE_MAX;
    struct line line;
    bool first = true;
    for (const char *at = text; next_line(&at, end, &line); first = false) {
        if (!first && line.indent < line.size && line.indent < common)
            common = line.indent;
    }
    return common;
}

enum status gql_block_string_decode(struct arena *arena, const char *raw, size_t size, const char **ret_text,
                                    size_t *ret_size, struct err *err)
{
    char *plain = arena_calloc(arena, size + 1, 1);
    char *out = arena_calloc(arena, size + 1, 1);
    if (plain == NULL || out == NULL)
        return err_nomem(err);
    const char *end = plain + normalise_block(raw, size, plain);
    size_t common = common_indent(plain, end);
    size_t used = 0;
    size_t kept = 0; /* size up to and including the last line that is not blank */
    bool begun = false;
    bool first = true;
    struct line line;
    for (const char *at = plain; next_line(&at, end, &line); first = false) {
        bool blank = line.indent == line.size;
        if (blank && !begun)
            continue;
        size_t cut = first || common == SIZE_MAX ? 0 : common < line.size ? common : line.size;
        if (begun)
            out[used++] = '\n';
        memcpy(out + used, line.text + cut, line.size - cut);
        used += line.size - cut;
        begun = true;
        if (!blank)
            kept = used;
    }
    out[kept] = '\0';
    *ret_text = out;
    *ret_size = kept;
    return STATUS_OK;
}
