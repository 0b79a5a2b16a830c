#include "api/plain_json.h"

#include "api/json_scan.h"
#include "core/text.h"

#include <string.h>

enum {
    INTEGER_DIGITS_MAX = 18, /* fits 64 bits, whatever the digits */
    REAL_DIGITS_MAX = 15,    /* exact in a double, and so is the power of ten below: their quotient is rounded once */
    JSON_SIZE_MAX = 512      /* cannot nest too deep for json-c */
};

static bool read_word(const char **at, const char *end, const char *word, size_t size)
{
    if ((size_t)(end - *at) < size || memcmp(*at, word, size) != 0)
        return false;
    *at += size;
    return true;
}

static bool read_string(const char **at, const char *end, struct plain_value *value)
{
    const char *begin = ++*at;
    unsigned char all = 0;
    while (*at < end) {
        unsigned char c = (unsigned char)**at;
        if (c == '"') {
            value->kind = PLAIN_STRING;
            value->text = begin;
            value->size = (size_t)(*at - begin);
            ++*at;
            return all < 0x80 || text_is_utf8(begin, value->size);
        }
        if (c < 0x20 || c == '\\')
            return false;
        all |= c;
        ++*at;
    }
    return false;
}

static bool read_json(const char **at, const char *end, struct plain_value *value)
{
    struct json_scan scan = {*at, end};
    struct json_span span;
    if (!json_scan_value(&scan, &span) || span.size > JSON_SIZE_MAX || memchr(span.text, '\\', span.size) != NULL ||
        !text_is_utf8(span.text, span.size))
        return false;
    value->kind = PLAIN_JSON;
    value->text = span.text;
    value->size = span.size;
    *at = scan.at;
    return true;
}

/* The digits at *at, at most `most`, appended to *number. */
static size_t read_digits(const char **at, const char *end, size_t most, uint64_t *number)
{
    const char *begin = *at;
    while (*at < end && (size_t)(*at - begin) <= most && **at >= '0' && **at <= '9')
        *number = *number * 10 + (uint64_t)(*(*at)++ - '0');
    return (size_t)(*at - begin);
}

static bool read_fraction(const char **at, const char *end, bool is_negative, size_t digits, uint64_t mantissa,
                          struct plain_value *value)
{
    static const double powers[] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    ++*at;
    size_t count = read_digits(at, end, REAL_DIGITS_MAX, &mantissa);
    if (count == 0 || digits + count > REAL_DIGITS_MAX)
        return false;
    double magnitude = (double)mantissa / powers[count];
    value->kind = PLAIN_REAL;
    value->real = is_negative ? -magnitude : magnitude;
    return true;
}

static bool read_number(const char **at, const char *end, struct plain_value *value)
{
    const char *begin = *at;
    bool is_negative = **at == '-';
    *at += is_negative;
    uint64_t number = 0;
    const char *first = *at;
    size_t digits = read_digits(at, end, INTEGER_DIGITS_MAX, &number);
    if (digits == 0 || digits > INTEGER_DIGITS_MAX || (digits > 1 && *first == '0') || *at == end)
        return false;
    if (**at == '.') {
        if (!read_fraction(at, end, is_negative, digits, number, value) || *at == end)
            return false;
    } else if (is_negative && number == 0) {
        return false; /* -0: an integer has no such value */
    } else {
        value->kind = PLAIN_INTEGER;
        value->integer = is_negative ? -(int64_t)number : (int64_t)number;
    }
    value->text = begin;
    value->size = (size_t)(*at - begin);
    return **at != 'e' && **at != 'E' && **at != '.';
}

bool plain_json_read(const char **at, const char *end, struct plain_value *ret_value)
{
    if (*at == end)
        return false;
    switch (**at) {
    case '"': return read_string(at, end, ret_value);
    case '{':
    case '[': return read_json(at, end, ret_value);
    case 'n': ret_value->kind = PLAIN_NULL; return read_word(at, end, "null", 4);
    case 't':
    case 'f':
        ret_value->kind = PLAIN_BOOLEAN;
        ret_value->integer = **at == 't';
        return ret_value->integer == 1 ? read_word(at, end, "true", 4) : read_word(at, end, "false", 5);
    default: return read_number(at, end, ret_value);
    }
}
