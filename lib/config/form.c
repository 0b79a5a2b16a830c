#include "config/form.h"

#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/*
 * Moves over "12H30M" where units are "HMS": numbers with letters of the list, in its order, each at most once. The
 * first letter may be any, each further one must be of those behind it. False: there is not one.
 */
static bool pass_parts(const char **at, const char *units)
{
    bool any = false;
    while (is_digit(**at)) {
        const char *end = *at;
        while (is_digit(*end))
            end++;
        const char *unit = *end != '\0' ? strchr(units, *end) : NULL;
        if (unit == NULL)
            break;
        units = unit + 1;
        *at = end + 1;
        any = true;
    }
    return any;
}

/* Years, months and days, of which the later may stand alone; then perhaps a time; or weeks. */
bool form_is_duration(const char *text)
{
    const char *at = text;
    if (*at++ != 'P')
        return false;
    const char *weeks = at;
    if (pass_parts(&weeks, "W"))
        return *weeks == '\0';
    bool has_days = pass_parts(&at, "YMD");
    if (*at == 'T') {
        at++;
        return pass_parts(&at, "HMS") && *at == '\0';
    }
    return has_days && *at == '\0';
}

bool form_is_column(const char *text)
{
    const char *at = text;
    bool has_mark = *at == '_';
    at += has_mark;
    if (!is_letter(*at) && !(has_mark && is_digit(*at)))
        return false;
    while (is_letter(*at) || is_digit(*at) || *at == '_')
        at++;
    return *at == '\0';
}

bool form_is_dataset(const char *text)
{
    enum { LONGEST = 41 };
    size_t size = 0;
    while ((text[size] >= 'a' && text[size] <= 'z') || (size > 0 && (is_digit(text[size]) || text[size] == '_')))
        size++;
    return size > 0 && size <= LONGEST && text[size] == '\0';
}

bool form_is_schema(const char *text)
{
    size_t size = 0;
    while ((text[size] >= 'a' && text[size] <= 'z') || text[size] == '_' || (size > 0 && is_digit(text[size])))
        size++;
    return size > 0 && text[size] == '\0' && strncmp(text, "pg_", 3) != 0;
}
