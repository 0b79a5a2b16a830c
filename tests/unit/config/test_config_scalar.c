#include "config/scalar.h"

#include <criterion/criterion.h>
#include <float.h>
#include <string.h>

static enum scalar_form form_of(const char *text)
{
    return scalar_form(text, strlen(text));
}

Test(scalar, forms_are_those_of_the_core_schema)
{
    static const struct {
        const char *text;
        enum scalar_form form;
    } cases[] = {
        {"", SCALAR_NULL},           {"~", SCALAR_NULL},
        {"null", SCALAR_NULL},       {"NULL", SCALAR_NULL},
        {"nULL", SCALAR_TEXT},       {"true", SCALAR_BOOLEAN},
        {"False", SCALAR_BOOLEAN},   {"TRUE", SCALAR_BOOLEAN},
        {"yes", SCALAR_TEXT},        {"no", SCALAR_TEXT},
        {"on", SCALAR_TEXT},         {"Off", SCALAR_TEXT},
        {"y", SCALAR_TEXT},          {"0", SCALAR_INTEGER},
        {"-12", SCALAR_INTEGER},     {"+12", SCALAR_INTEGER},
        {"010", SCALAR_INTEGER},     {"0o17", SCALAR_INTEGER},
        {"0o18", SCALAR_TEXT},       {"0x1F", SCALAR_INTEGER},
        {"0xG", SCALAR_TEXT},        {"0x", SCALAR_TEXT},
        {"-0x1", SCALAR_TEXT},       {"1_000", SCALAR_TEXT},
        {"1:30", SCALAR_TEXT},       {"-", SCALAR_TEXT},
        {"+", SCALAR_TEXT},          {"1.5", SCALAR_FLOAT},
        {"1.", SCALAR_FLOAT},        {".5", SCALAR_FLOAT},
        {".", SCALAR_TEXT},          {"1e3", SCALAR_FLOAT},
        {"1e", SCALAR_TEXT},         {"1e+", SCALAR_TEXT},
        {"-1.5E-3", SCALAR_FLOAT},   {".inf", SCALAR_FLOAT},
        {"-.Inf", SCALAR_FLOAT},     {".nan", SCALAR_FLOAT},
        {"inf", SCALAR_TEXT},        {"nan", SCALAR_TEXT},
        {"2025-01-01", SCALAR_TEXT}, {"1.2.3", SCALAR_TEXT},
        {"60s", SCALAR_TEXT},        {" 1", SCALAR_TEXT},
        {"0b1", SCALAR_TEXT},        {"99999999999999999999", SCALAR_INTEGER},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        cr_expect_eq(form_of(cases[i].text), cases[i].form, "form of '%s'", cases[i].text);
}

Test(scalar, integers_are_read_in_their_base)
{
    static const struct {
        const char *text;
        int64_t value;
    } cases[] = {{"010", 10},
                 {"+7", 7},
                 {"-7", -7},
                 {"0o17", 15},
                 {"0x1f", 31},
                 {"9223372036854775807", INT64_MAX},
                 {"-9223372036854775808", INT64_MIN},
                 {"0x7fffffffffffffff", INT64_MAX}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t value = 0;
        cr_expect(scalar_to_int64(cases[i].text, strlen(cases[i].text), &value), "%s is read", cases[i].text);
        cr_expect_eq(value, cases[i].value, "value of %s", cases[i].text);
    }
}

Test(scalar, integers_beyond_64_bits_do_not_fit)
{
    static const char *const cases[] = {"9223372036854775808", "-9223372036854775809", "0x8000000000000000",
                                        "99999999999999999999999999"};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t value = 42;
        cr_expect(!scalar_to_int64(cases[i], strlen(cases[i]), &value), "%s does not fit", cases[i]);
        cr_expect_eq(value, 42, "and leaves the output alone");
    }
}

Test(scalar, numbers_are_finite_and_have_a_point)
{
    static const struct {
        const char *text;
        bool readable;
        double value;
    } cases[] = {{"10", true, 10},
                 {"0.5", true, 0.5},
                 {".5", true, 0.5},
                 {"1e3", true, 1000},
                 {"-2.", true, -2},
                 {".inf", false, 0},
                 {".nan", false, 0},
                 {"1e999", false, 0},
                 {"0,5", false, 0},
                 {"0x10", true, 16},
                 {"x", false, 0},
                 {"", false, 0},
                 {"99999999999999999999", true, 1e20}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double value = 0;
        bool readable = scalar_to_double(cases[i].text, strlen(cases[i].text), &value);
        cr_expect_eq(readable, cases[i].readable, "'%s' is readable", cases[i].text);
        cr_expect_float_eq(value, cases[i].value, DBL_EPSILON, "value of '%s'", cases[i].text);
    }
}
