#include "api/json_scan.h"

#include <criterion/criterion.h>
#include <string.h>

static struct json_span span(const char *text)
{
    return (struct json_span){text, strlen(text)};
}

/* True when the whole text is one JSON value. */
static bool is_json(const char *text, size_t size)
{
    struct json_scan scan = {text, text + size};
    struct json_span value;
    return json_scan_value(&scan, &value) && json_scan_peek(&scan) == '\0' && scan.at == scan.end;
}

Test(json_scan, sound_json_is_accepted)
{
    static const char *const texts[] = {"0",
                                        "-0",
                                        "12",
                                        "-1.5e+10",
                                        "1E2",
                                        "0.5",
                                        "true",
                                        "false",
                                        "null",
                                        "\"\"",
                                        "\"a\"",
                                        "\"\\u00e9\"",
                                        "[]",
                                        "{}",
                                        "[1,2]",
                                        "{\"a\":1}",
                                        " [ 1 ] ",
                                        "[[],{}]",
                                        "{\"a\":{}}",
                                        "{\"a\":[{}],\"b\":null}",
                                        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
                                        "\t\r\n{\"a\" : \"b\" , \"c\":[ ] }",
                                        "[\"\xff\"]"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        cr_expect(is_json(texts[i], strlen(texts[i])), "%s", texts[i]);
}

Test(json_scan, unsound_json_is_refused)
{
    static const char *const texts[] = {
        "",         " ",          "01",      "1.",    ".5",   "1e",       "+1",        "-",           "NaN",
        "Infinity", "nul",        "True",    "'a'",   "\"a",  "\"\\x\"",  "\"\\u12\"", "\"\\u12g4\"", "\"\n\"",
        "\"\x01\"", "[",          "]",       "[1",    "[1,]", "[,1]",     "[1 2]",     "{",           "{\"a\"}",
        "{\"a\":}", "{\"a\":1,}", "{a:1}",   "{1:2}", "{,}",  "[}",       "{]",        "{\"a\":1]",   "[1}",
        "1 2",      "{}{}",       "/* */ 1", "[1] x", "\"\\", "{\"a\" 1}"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        cr_expect_not(is_json(texts[i], strlen(texts[i])), "%s", texts[i]);
}

Test(json_scan, a_nul_byte_is_no_blank)
{
    cr_expect_not(is_json("1\0", 2));
    cr_expect_not(is_json("[1\0]", 4));
    cr_expect_not(is_json("\0", 1));
}

Test(json_scan, nesting_is_accepted_up_to_the_maximum_and_refused_beyond)
{
    static char text[2 * JSON_DEPTH_MAX + 2];
    memset(text, '[', JSON_DEPTH_MAX);
    memset(text + JSON_DEPTH_MAX, ']', JSON_DEPTH_MAX);
    cr_expect(is_json(text, (size_t)2 * JSON_DEPTH_MAX));
    memset(text, '[', JSON_DEPTH_MAX + 1);
    memset(text + JSON_DEPTH_MAX + 1, ']', JSON_DEPTH_MAX + 1);
    cr_expect_not(is_json(text, sizeof text));
}

Test(json_scan, a_span_is_the_text_as_it_came)
{
    const char *text = "  { \"a\" : [1, 2.50 ] } ,";
    struct json_scan scan = {text, text + strlen(text)};
    struct json_span value;
    cr_assert(json_scan_value(&scan, &value));
    cr_assert_eq(value.size, strlen("{ \"a\" : [1, 2.50 ] }"));
    cr_assert_eq(value.text, text + 2);
    cr_assert_eq(*scan.at, ' ');
}

Test(json_walk, members_come_in_order_with_their_names)
{
    const char *text = "{\"a\":1,\"b\":[2,3] , \"c\":{}}";
    struct json_scan scan = {text, text + strlen(text)};
    struct json_walk walk;
    struct json_span key;
    struct json_span value;
    const char *names = "abc";
    cr_assert(json_walk_begin(&walk, &scan, '{'));
    for (size_t i = 0; i < 3; i++) {
        cr_assert_eq(json_walk_next(&walk, &key), JSON_ITEM);
        cr_assert(json_string_is(key, names + i, 1));
        cr_assert(json_scan_value(&scan, &value));
    }
    cr_assert_eq(json_walk_next(&walk, &key), JSON_END);
    cr_assert_eq(scan.at, scan.end);
}

static enum json_step walk_to_end(const char *text, char open)
{
    struct json_scan scan = {text, text + strlen(text)};
    struct json_walk walk;
    struct json_span key;
    struct json_span value;
    enum json_step step;
    cr_assert(json_walk_begin(&walk, &scan, open), "%s", text);
    while ((step = json_walk_next(&walk, &key)) == JSON_ITEM) {
        if (!json_scan_value(&scan, &value))
            return JSON_BROKEN;
    }
    return step;
}

Test(json_walk, broken_lists_and_objects_are_seen)
{
    static const char *const arrays[] = {"[1,]", "[,1]", "[1 2]", "[1", "[", "[1}"};
    static const char *const objects[] = {"{\"a\":1,}", "{\"a\"}",           "{\"a\":}", "{a:1}",
                                          "{",          "{\"a\":1 \"b\":2}", "{,}"};
    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++)
        cr_expect_eq(walk_to_end(arrays[i], '['), JSON_BROKEN, "%s", arrays[i]);
    for (size_t i = 0; i < sizeof objects / sizeof objects[0]; i++)
        cr_expect_eq(walk_to_end(objects[i], '{'), JSON_BROKEN, "%s", objects[i]);
    cr_expect_eq(walk_to_end("[]", '['), JSON_END);
    cr_expect_eq(walk_to_end(" { } ", '{'), JSON_END);
}

Test(json_find, a_name_is_found_once_missed_or_seen_twice)
{
    struct json_span value;
    cr_assert_eq(json_find(span("{\"b\":1,\"a\":[2]}"), "a", &value), JSON_ITEM);
    cr_expect_eq(value.size, 3u);
    cr_expect_eq(json_find(span("{\"b\":1}"), "a", &value), JSON_END);
    cr_expect_eq(json_find(span("[1]"), "a", &value), JSON_END);
    cr_expect_eq(json_find(span("{\"a\":1,\"a\":1}"), "a", &value), JSON_BROKEN);
    cr_expect_eq(json_find(span("{\"a\":1,\"\\u0061\":1}"), "a", &value), JSON_BROKEN);
}

Test(json_string, escapes_are_decoded)
{
    char out[64];
    size_t size = json_string_decode(span("\"a\\n\\u00e9\\ud83d\\ude00\\\\\\/\xC3\xA9\""), out, sizeof out);
    cr_expect_str_eq(out, "a\n\xC3\xA9\xF0\x9F\x98\x80\\/\xC3\xA9");
    cr_expect_eq(size, strlen(out));
    (void)json_string_decode(span("\"\\ud83dx\""), out, sizeof out);
    cr_expect_str_eq(out, "?x");
}

Test(json_string, decoding_is_cut_to_fit)
{
    char out[4];
    cr_expect_eq(json_string_decode(span("\"abcdef\""), out, sizeof out), 3u);
    cr_expect_str_eq(out, "abc");
    cr_expect_eq(json_string_decode(span("\"ab\\u20ac\""), out, sizeof out), 2u);
    cr_expect_str_eq(out, "ab");
    cr_expect_eq(json_string_decode(span("\"\""), out, 1), 0u);
}

Test(json_string, comparison_looks_through_escapes)
{
    cr_expect(json_string_is(span("\"data\""), "data", 4));
    cr_expect(json_string_is(span("\"d\\u0061ta\""), "data", 4));
    cr_expect_not(json_string_is(span("\"dat\""), "data", 4));
    cr_expect_not(json_string_is(span("\"data2\""), "data", 4));
    cr_expect_not(json_string_is(span("\"d\\u0061t\""), "data", 4));
    cr_expect_not(json_string_is(span("\"\\u0064ata2\""), "data", 4));
    cr_expect_not(json_string_is(span("\"\\n\""), "\\n", 2));
}

Test(json_string, nul_and_half_surrogates_are_flaws)
{
    cr_expect_null(json_string_flaw(span("\"plain\"")));
    cr_expect_null(json_string_flaw(span("\"\\\\u0000 \\ud83d\\ude00\"")));
    cr_expect_str_eq(json_string_flaw(span("\"a\\u0000b\"")), "holds NUL");
    cr_expect_str_eq(json_string_flaw(span("\"\\ud83d\"")), "holds half a surrogate pair");
    cr_expect_str_eq(json_string_flaw(span("\"\\ude00\\ud83d\"")), "holds half a surrogate pair");
    cr_expect_str_eq(json_string_flaw(span("\"\\ud83d\\ud83d\\ude00\"")), "holds half a surrogate pair");
}
