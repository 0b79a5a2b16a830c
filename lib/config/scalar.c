#include "config/scalar.h"

#include "core/text.h"

#include <ctype.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_TEXT_MAX = 64 };

static bool is_one_of(const char *text, size_t size, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strlen(words[i]) == size && memcmp(words[i], text, size) == 0)
            return true;
    }
    return false;
}

static size_t skip_digits(const char *text, size_t size, size_t at)
{
    while (at < size && isdigit((unsigned char)text[at]))
        at++;
    return at;
}

static size_t skip_sign(const char *text, size_t size, size_t at)
{
    return at < size && (text[at] == '-' || text[at] == '+') ? at + 1 : at;
}

/* 8 for 0o17, 16 for 0x1F, 0 for all else. */
static int prefixed_base(const char *text, size_t size)
{
    if (size < 3 || text[0] != '0' || (text[1] != 'o' && text[1] != 'x'))
        return 0;
    for (size_t i = 2; i < size; i++) {
        bool octal = text[i] >= '0' && text[i] <= '7';
        if (text[1] == 'o' ? !octal : !isxdigit((unsigned char)text[i]))
            return 0;
    }
    return text[1] == 'o' ? 8 : 16;
}

static bool is_integer(const char *text, size_t size)
{
    if (prefixed_base(text, size) != 0)
        return true;
    size_t begin = skip_sign(text, size, 0);
    return begin < size && skip_digits(text, size, begin) == size;
}

/* [-+]? ( \. digits+ | digits+ ( \. digits* )? ) ( [eE] [-+]? digits+ )? */
static bool is_float(const char *text, size_t size)
{
    size_t begin = skip_sign(text, size, 0);
    size_t at = skip_digits(text, size, begin);
    size_t whole = at - begin;
    size_t fraction = 0;
    if (at < size && text[at] == '.') {
        size_t end = skip_digits(text, size, at + 1);
        fraction = end - at - 1;
        at = end;
    }
    if (whole + fraction == 0)
        return false;
    if (at < size && (text[at] == 'e' || text[at] == 'E')) {
        size_t digits = skip_sign(text, size, at + 1);
        at = skip_digits(text, size, digits);
        if (at == digits)
            return false;
    }
    return at == size;
}

enum scalar_form scalar_form(const char *text, size_t size)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};
    static const char *const booleans[] = {"true", "True", "TRUE", "false", "False", "FALSE"};
    static const char *const specials[] = {".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN"};
    if (is_one_of(text, size, nulls, sizeof nulls / sizeof nulls[0]))
        return SCALAR_NULL;
    if (is_one_of(text, size, booleans, sizeof booleans / sizeof booleans[0]))
        return SCALAR_BOOLEAN;
    if (is_integer(text, size))
        return SCALAR_INTEGER;
    size_t sign = skip_sign(text, size, 0);
    bool special = is_one_of(text + sign, size - sign, specials, sizeof specials / sizeof specials[0]);
    return special || is_float(text, size) ? SCALAR_FLOAT : SCALAR_TEXT;
}

bool scalar_to_int64(const char *text, size_t size, int64_t *ret_value)
{
    int base = prefixed_base(text, size);
    if (base == 0) {
        size_t plus = size > 0 && text[0] == '+' ? 1 : 0;
        return text_to_int64(text + plus, size - plus, ret_value);
    }
    int64_t value = 0;
    for (size_t i = 2; i < size; i++) {
        int c = tolower((unsigned char)text[i]);
        int digit = c >= 'a' ? c - 'a' + 10 : c - '0';
        if (__builtin_mul_overflow(value, (int64_t)base, &value) || __builtin_add_overflow(value, digit, &value))
            return false;
    }
    *ret_value = value;
    return true;
}

bool scalar_to_double(const char *text, size_t size, double *ret_value)
{
    int64_t whole;
    if (is_integer(text, size) && scalar_to_int64(text, size, &whole)) {
        *ret_value = (double)whole;
        return true;
    }
    if (size >= NUMBER_TEXT_MAX || !is_float(text, size))
        return false;
    char copy[NUMBER_TEXT_MAX];
    memcpy(copy, text, size);
    copy[size] = '\0';
    /* A job file has a decimal point, whatever the locale of the process. */
    locale_t locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (locale == (locale_t)0)
        return false;
    double value = strtod_l(copy, NULL, locale);
    freelocale(locale);
    if (!isfinite(value))
        return false;
    *ret_value = value;
    return true;
}
