#include "api/json_number.h"

#include <criterion/criterion.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

static struct json_span span(const char *text)
{
    return (struct json_span){text, strlen(text)};
}

static enum json_number_kind kind_of(const char *text)
{
    int64_t integer;
    return json_number_classify(span(text), strtod(text, NULL), &integer);
}

static void expect_kind(enum json_number_kind kind, const char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        cr_expect_eq(kind_of(texts[i]), kind, "%s", texts[i]);
}

#define EXPECT_KIND(kind, ...)                                                                                         \
    do {                                                                                                               \
        static const char *const texts[] = {__VA_ARGS__};                                                              \
        expect_kind(kind, texts, sizeof texts / sizeof texts[0]);                                                      \
    } while (0)

Test(json_number, whole_numbers_within_64_bits_are_integers)
{
    EXPECT_KIND(JSON_NUMBER_INTEGER, "0", "-0", "7", "-1", "9007199254740993", "9223372036854775807",
                "-9223372036854775808");
}

Test(json_number, an_integer_keeps_its_value_beyond_2_to_53)
{
    int64_t integer = 0;
    cr_assert_eq(json_number_classify(span("9007199254740993"), 9007199254740992.0, &integer), JSON_NUMBER_INTEGER);
    cr_assert_eq(integer, INT64_C(9007199254740993));
}

Test(json_number, whole_numbers_beyond_64_bits_are_digits)
{
    EXPECT_KIND(JSON_NUMBER_DIGITS, "9223372036854775808", "-9223372036854775809", "123456789012345678901234567890");
}

Test(json_number, fractions_and_exponents_that_a_double_holds_are_real)
{
    EXPECT_KIND(JSON_NUMBER_REAL, "0.1", "1.0", "-0.0", "0e5", "0.000", "1.230000000000000e+00", "1e2", "1E-7",
                "0.30000000000000004", "123456.789", "5e-324", "1.7976931348623157e308", "12.50", "0.00012",
                "0.10000000000000000000000000", "100000000000000000000.0", "9007199254740992.0");
}

Test(json_number, fractions_beyond_a_double_keep_their_digits)
{
    EXPECT_KIND(JSON_NUMBER_DIGITS, "0.1234567890123456789", "9007199254740993.0", "1e400", "-1e400", "1e-400",
                "1.00000000000000000000000001", "12345678901234567.0", "1e99999999999999999999");
}

Test(json_number, a_locale_with_a_decimal_comma_changes_nothing)
{
    static const char *const locales[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE", "fr_FR"};
    const char *set = NULL;
    for (size_t i = 0; i < sizeof locales / sizeof locales[0] && set == NULL; i++)
        set = setlocale(LC_ALL, locales[i]);
    if (set == NULL)
        cr_skip("no locale with a decimal comma is installed");
    int64_t integer;
    cr_expect_eq(json_number_classify(span("12.25"), 12.25, &integer), JSON_NUMBER_REAL);
    cr_expect_eq(json_number_classify(span("12.25"), 12.5, &integer), JSON_NUMBER_DIGITS);
}

Test(json_number, ids_may_be_written_with_fraction_or_exponent_when_they_are_whole)
{
    static const struct {
        const char *text;
        int64_t value;
    } cases[] = {{"71", 71},
                 {"71.0", 71},
                 {"7.1e1", 71},
                 {"710e-1", 71},
                 {"9.00000222e+8", 900000222},
                 {"0.0", 0},
                 {"-3.0", -3},
                 {"9223372036854775807.0", INT64_MAX},
                 {"-9223372036854775808.0", INT64_MIN}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t value = -99;
        cr_expect(json_number_to_int64(span(cases[i].text), &value), "%s", cases[i].text);
        cr_expect_eq(value, cases[i].value, "%s", cases[i].text);
    }
}

Test(json_number, what_is_not_whole_or_does_not_fit_is_no_id)
{
    static const char *const texts[] = {"71.5", "0.1",  "7e-1",  "9223372036854775808",   "9223372036854775808.0",
                                        "1e19", "1e99", "1e-99", "12345678901234567890.5"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        int64_t value = -99;
        cr_expect_not(json_number_to_int64(span(texts[i]), &value), "%s", texts[i]);
        cr_expect_eq(value, -99, "%s", texts[i]);
    }
}
