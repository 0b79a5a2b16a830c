#include "api/json_number.h"

#include "core/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    DIGITS_KEPT = 20,      /* one more than the longest 64-bit integer */
    DOUBLE_DIGITS_MAX = 17 /* no double needs more to be told from its neighbours */
};

/* d.ddd... * 10^exponent, without leading and trailing zeros. */
struct decimal {
    bool is_negative;
    char digits[DIGITS_KEPT]; /* the first ones */
    size_t significant;       /* how many there are; 0: the number is zero */
    int64_t exponent;
};

/* The digits up to the exponent letter; *ret_rest is what follows them. */
static struct decimal read_mantissa(struct json_span number, struct json_span *ret_rest)
{
    struct decimal decimal = {0};
    size_t at = 0;
    size_t seen = 0; /* digits since the first that is not zero */
    bool in_fraction = false;
    decimal.is_negative = number.text[0] == '-';
    decimal.exponent = -1;
    for (at = decimal.is_negative ? 1 : 0; at < number.size; at++) {
        char c = number.text[at];
        if (c == '.') {
            in_fraction = true;
            continue;
        }
        if (c == 'e' || c == 'E')
            break;
        if (seen > 0 || c != '0') {
            if (seen < DIGITS_KEPT)
                decimal.digits[seen] = c;
            seen++;
            if (c != '0')
                decimal.significant = seen;
            if (!in_fraction)
                decimal.exponent++;
        } else if (in_fraction) {
            decimal.exponent--;
        }
    }
    *ret_rest = (struct json_span){number.text + at, number.size - at};
    return decimal;
}

static struct decimal read_decimal(struct json_span number)
{
    struct json_span rest;
    struct decimal decimal = read_mantissa(number, &rest);
    bool is_negative = rest.size > 1 && rest.text[1] == '-';
    int64_t exponent = 0;
    for (size_t i = 1; i < rest.size; i++) {
        if (rest.text[i] >= '0' && rest.text[i] <= '9' && exponent < INT32_MAX)
            exponent = exponent * 10 + (rest.text[i] - '0');
    }
    decimal.exponent += is_negative ? -exponent : exponent;
    return decimal;
}

/* printf's radix character depends on the locale, so only digits are compared. */
static bool shows_the_digits(const struct decimal *decimal, double value)
{
    char shown[40];
    int size = snprintf(shown, sizeof shown, "%.*e", (int)decimal->significant - 1, fabs(value));
    if (size < 0 || (size_t)size >= sizeof shown)
        return false;
    const char *letter = strrchr(shown, 'e');
    size_t count = 0;
    for (const char *at = shown; at < letter; at++) {
        if (*at < '0' || *at > '9')
            continue;
        if (count == decimal->significant || *at != decimal->digits[count])
            return false;
        count++;
    }
    int64_t exponent;
    const char *exponent_text = letter[1] == '+' ? letter + 2 : letter + 1;
    return count == decimal->significant && text_to_int64(exponent_text, strlen(exponent_text), &exponent) &&
           exponent == decimal->exponent;
}

static bool is_written_whole(struct json_span number)
{
    for (size_t i = 0; i < number.size; i++) {
        char c = number.text[i];
        if (c == '.' || c == 'e' || c == 'E')
            return false;
    }
    return true;
}

enum json_number_kind json_number_classify(struct json_span number, double nearest, int64_t *ret_integer)
{
    if (is_written_whole(number))
        return text_to_int64(number.text, number.size, ret_integer) ? JSON_NUMBER_INTEGER : JSON_NUMBER_DIGITS;
    struct decimal decimal = read_decimal(number);
    if (decimal.significant == 0)
        return JSON_NUMBER_REAL;
    bool held = decimal.significant <= DOUBLE_DIGITS_MAX && isfinite(nearest) && shows_the_digits(&decimal, nearest);
    return held ? JSON_NUMBER_REAL : JSON_NUMBER_DIGITS;
}

bool json_number_to_int64(struct json_span number, int64_t *ret_value)
{
    if (is_written_whole(number))
        return text_to_int64(number.text, number.size, ret_value);
    struct decimal decimal = read_decimal(number);
    if (decimal.significant == 0) {
        *ret_value = 0;
        return true;
    }
    if (decimal.exponent < (int64_t)decimal.significant - 1 || decimal.exponent > 18)
        return false;
    char text[DIGITS_KEPT + 1];
    size_t used = 0;
    if (decimal.is_negative)
        text[used++] = '-';
    for (size_t i = 0; i <= (size_t)decimal.exponent; i++)
        text[used++] = i < decimal.significant ? decimal.digits[i] : '0';
    return text_to_int64(text, used, ret_value);
}
