/* Which JSON texts jsonb of PostgreSQL takes; tests/postgres/test_rows.py asks a real one. */
#include "sink/postgres_internal.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static bool fits(const char *text)
{
    /* No byte behind the text may be looked at: it is no string in C. */
    size_t size = strlen(text);
    char *copy = malloc(size);
    cr_assert_not_null(copy);
    memcpy(copy, text, size);
    bool does = postgres_json_fits(copy, size);
    free(copy);
    return does;
}

Test(sink_json, plain_values_fit)
{
    static const char *const texts[] = {"{}",
                                        "[]",
                                        "[1,2.5,-3e10,1E+5]",
                                        "{\"a\":[true,null,{\"b\":\"c\"}]}",
                                        "[\"\\n\\\"\\\\\\u00e9\"]",
                                        "[\"\\ud83d\\ude00\"]",
                                        "[\"\\\\u0000\"]",
                                        "[1e99]",
                                        "{\"e\":1}",
                                        "[\"1e999999\"]",
                                        "[12]"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        cr_expect(fits(texts[i]), "%s", texts[i]);
}

Test(sink_json, what_jsonb_has_no_value_for_does_not)
{
    static const char *const texts[] = {"[\"\\u0000\"]",  "[\"\\ud800\"]",        "[\"\\ude00\"]",
                                        "[\"\\ud800x\"]", "[\"\\ud800\\u0041\"]", "[\"\\ud800\\ud800\"]",
                                        "[1e999999]",     "[1E-99999]",           "{\"\\u0000\":1}"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        cr_expect_not(fits(texts[i]), "%s", texts[i]);
}

Test(sink_json, what_is_deep_or_long_does_not)
{
    enum { DEEP = 2000 };
    char text[2 * DEEP + 1];
    memset(text, '[', DEEP);
    memset(text + DEEP, ']', DEEP);
    text[2 * DEEP] = '\0';
    cr_expect_not(fits(text));
    memset(text, '1', 2 * DEEP);
    text[0] = '[';
    text[2 * DEEP - 1] = ']';
    cr_expect_not(fits(text));
}
