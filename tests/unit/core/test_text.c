#include "core/text.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* They are what is tested. NOLINTBEGIN(misc-misleading-bidirectional) */

struct bytes {
    const char *text;
    size_t size;
};

#define BYTES(text)                                                                                                    \
    {                                                                                                                  \
        text, sizeof(text) - 1                                                                                         \
    }

/* A copy without room behind it, so that the sanitizer sees a byte read too many. */
static bool is_utf8_exactly(struct bytes bytes)
{
    char *exact = malloc(bytes.size > 0 ? bytes.size : 1);
    cr_assert_not_null(exact);
    memcpy(exact, bytes.text, bytes.size);
    bool is_utf8 = text_is_utf8(exact, bytes.size);
    free(exact);
    return is_utf8;
}

Test(text, well_formed_utf8_is_recognised)
{
    static const struct bytes good[] = {
        BYTES(""),
        BYTES("plain"),
        BYTES("a\0b"),
        BYTES("\x7f"),
        BYTES("\xc2\x80"),
        BYTES("\xdf\xbf"),
        BYTES("\xe0\xa0\x80"),
        BYTES("\xed\x9f\xbf"),
        BYTES("\xee\x80\x80"),
        BYTES("\xef\xbf\xbf"),
        BYTES("\xf0\x90\x80\x80"),
        BYTES("\xf4\x8f\xbf\xbf"),
        BYTES("Z\xc3\xbcrich \xe2\x82\xac \xf0\x9f\x98\x80!"),
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        cr_expect(is_utf8_exactly(good[i]), "case %zu", i);
}

Test(text, malformed_utf8_is_recognised)
{
    static const struct bytes bad[] = {
        BYTES("\x80"), /* a tail alone */
        BYTES("\xbf"),
        BYTES("\xc0\x80"), /* overlong */
        BYTES("\xc1\xbf"),
        BYTES("\xe0\x9f\xbf"),
        BYTES("\xf0\x8f\xbf\xbf"),
        BYTES("\xed\xa0\x80"), /* surrogates */
        BYTES("\xed\xbf\xbf"),
        BYTES("\xf4\x90\x80\x80"), /* beyond U+10FFFF */
        BYTES("\xf5\x80\x80\x80"),
        BYTES("\xf8\x88\x80\x80\x80"),
        BYTES("\xfe"),
        BYTES("\xff"),
        BYTES("\xc3"), /* cut short */
        BYTES("\xe2\x82"),
        BYTES("\xf0\x9f\x98"),
        BYTES("ok\xf0"),
        BYTES("\xc3z"), /* the tail is missing */
        BYTES("\xe2z\xac"),
        BYTES("\xe2\x82z"),
        BYTES("\xf0\x9f\x98z"),
        BYTES("\xc3\xc3\xbc"),
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_expect_not(is_utf8_exactly(bad[i]), "case %zu", i);
}

Test(text, printable_text_is_left_alone)
{
    char text[] = "Z\xc3\xbcrich \xe2\x82\xac \xf0\x9f\x98\x80 ~!\xc2\xa0";
    char copy[sizeof text];
    memcpy(copy, text, sizeof text);
    text_make_printable(text);
    cr_assert_str_eq(text, copy);
    char empty[] = "";
    text_make_printable(empty);
    cr_assert_str_eq(empty, "");
}

Test(text, control_characters_and_broken_bytes_are_replaced)
{
    char controls[] = "a\x01\t\n\r\033[0m\x1f\x7fz";
    text_make_printable(controls);
    cr_assert_str_eq(controls, "a?????[0m?"
                               "?z");
    char c1[] = "a\xc2\x9b"
                "31m\xc2\x80z";
    text_make_printable(c1);
    cr_assert_str_eq(c1, "a??31m?"
                         "?z");
    char broken[] = "\xffok\xc3 \xe2\x82";
    text_make_printable(broken);
    cr_assert_str_eq(broken, "?ok? ??");
}

Test(text, distance_counts_single_edits)
{
    cr_expect_eq(text_distance("", "", 9), 0);
    cr_expect_eq(text_distance("same", "same", 9), 0);
    cr_expect_eq(text_distance("SaMe", "sAmE", 9), 0, "case does not count");
    cr_expect_eq(text_distance("", "abc", 9), 3);
    cr_expect_eq(text_distance("abc", "", 9), 3);
    cr_expect_eq(text_distance("granularites", "granularities", 9), 1, "one is missing");
    cr_expect_eq(text_distance("sitess", "sites", 9), 1, "one too many");
    cr_expect_eq(text_distance("sitas", "sites", 9), 1, "one replaced");
    cr_expect_eq(text_distance("sties", "sites", 9), 1, "neighbours swapped");
    cr_expect_eq(text_distance("kitten", "sitting", 9), 3);
    cr_expect_eq(text_distance("abcd", "wxyz", 9), 4);
    cr_expect_eq(text_distance("ca", "abc", 9), 3, "a swapped pair is not edited again");
}

Test(text, distance_is_the_same_both_ways)
{
    static const char *const words[] = {"", "a", "ab", "ba", "until", "untli", "settle", "setttle", "time_zone"};
    enum { COUNT = sizeof words / sizeof words[0] };
    for (size_t i = 0; i < COUNT; i++) {
        for (size_t j = 0; j < COUNT; j++) {
            cr_expect_eq(text_distance(words[i], words[j], 99), text_distance(words[j], words[i], 99));
            cr_expect_eq(text_distance(words[i], words[j], 99) == 0, i == j);
        }
    }
}

Test(text, distance_stops_just_beyond_the_limit)
{
    cr_assert_eq(text_distance("abcdefgh", "xxxxxxxx", 3), 4);
    cr_assert_eq(text_distance("abc", "xyz", 3), 3);
    cr_assert_eq(text_distance("a", "b", 0), 1);
}

Test(text, long_texts_are_never_near)
{
    char longest[64];
    memset(longest, 'a', 63);
    longest[63] = '\0';
    char longer[65];
    memset(longer, 'a', 64);
    longer[64] = '\0';
    cr_assert_eq(text_distance(longest, longest, 5), 0);
    cr_assert_eq(text_distance(longest, longer, 5), 6);
    cr_assert_eq(text_distance(longer, "a", 5), 6);
    cr_assert_eq(text_distance(longer, longer, 5), 6);
}

static const char *const keys[] = {"site", "sites", "settle", "time_zone", "timeout", "id"};
enum { KEY_COUNT = sizeof keys / sizeof keys[0] };

Test(text, nearest_is_found_within_a_third_of_the_length)
{
    cr_expect_str_eq(text_nearest("sitse", keys, KEY_COUNT), "site", "%s", text_nearest("sitse", keys, KEY_COUNT));
    cr_expect_str_eq(text_nearest("sites", keys, KEY_COUNT), "sites", "the exact one beats an earlier near one");
    cr_expect_str_eq(text_nearest("Settel", keys, KEY_COUNT), "settle");
    cr_expect_str_eq(text_nearest("timezone", keys, KEY_COUNT), "time_zone");
    cr_expect_str_eq(text_nearest("ip", keys, KEY_COUNT), "id");
    cr_expect_null(text_nearest("granularity", keys, KEY_COUNT));
    cr_expect_null(text_nearest("xyz", keys, KEY_COUNT));
    cr_expect_null(text_nearest("", keys, KEY_COUNT));
    cr_expect_null(text_nearest("sites", keys, 0));
}

struct integer_case {
    const char *text;
    int64_t value;
};

Test(text, integers_are_parsed_whole)
{
    static const struct integer_case cases[] = {
        {"0", 0},
        {"-0", 0},
        {"7", 7},
        {"-12", -12},
        {"0012", 12},
        {"9223372036854775807", INT64_MAX},
        {"-9223372036854775808", INT64_MIN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t value = 99;
        cr_expect(text_to_int64(cases[i].text, strlen(cases[i].text), &value), "%s", cases[i].text);
        cr_expect_eq(value, cases[i].value, "%s", cases[i].text);
    }
    int64_t part;
    cr_assert(text_to_int64("123abc", 3, &part));
    cr_assert_eq(part, 123);
}

Test(text, what_is_no_integer_leaves_the_value_alone)
{
    static const char *const texts[] = {"",
                                        "-",
                                        "+1",
                                        " 1",
                                        "1 ",
                                        "1.0",
                                        "1e3",
                                        "0x10",
                                        "--1",
                                        "1-2",
                                        "1,000",
                                        "abc",
                                        "9223372036854775808",
                                        "-9223372036854775809",
                                        "99999999999999999999",
                                        "999999999999999999999999999"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        int64_t value = 99;
        cr_expect_not(text_to_int64(texts[i], strlen(texts[i]), &value), "'%s'", texts[i]);
        cr_expect_eq(value, 99);
    }
}

Test(text, durations_are_a_number_and_a_unit)
{
    static const struct integer_case cases[] = {
        {"60s", 60},    {"0s", 0},        {"5m", 300}, {"2h", 7200},
        {"3d", 259200}, {"90d", 7776000}, {"007s", 7}, {"106751991167300d", INT64_C(9223372036854720000)}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t seconds = -1;
        cr_expect(text_to_duration(cases[i].text, &seconds), "%s", cases[i].text);
        cr_expect_eq(seconds, cases[i].value, "%s", cases[i].text);
    }
}

Test(text, what_is_no_duration_leaves_the_value_alone)
{
    static const char *const texts[] = {"",
                                        "s",
                                        "5",
                                        "-5s",
                                        "+5s",
                                        "5 s",
                                        " 5s",
                                        "5s ",
                                        "5S",
                                        "5w",
                                        "1.5h",
                                        "1h30m",
                                        "d",
                                        "5ms",
                                        "5sec",
                                        "106751991167301d",
                                        "9223372036854775808s"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        int64_t seconds = 77;
        cr_expect_not(text_to_duration(texts[i], &seconds), "'%s'", texts[i]);
        cr_expect_eq(seconds, 77);
    }
}

Test(text, what_drives_a_terminal_or_hides_text_is_unprintable)
{
    static const struct {
        const char *text;
        size_t bytes; /* when it must not be shown; 0: it may */
    } cases[] = {
        {"a", 0},
        {"\x1b[2J", 1},
        {"\n", 1},
        {"\x7f", 1},
        {"\xC2\x9B", 2},         /* CSI */
        {"\xC2\xA0", 0},         /* a blank */
        {"\xC3\x89", 0},         /* E acute */
        {"\xD8\x9C", 2},         /* Arabic letter mark */
        {"\xE2\x80\x8D", 0},     /* zero width joiner: emoji need it */
        {"\xE2\x80\x8F", 3},     /* right-to-left mark */
        {"\xE2\x80\xA8", 3},     /* line separator */
        {"\xE2\x80\xAE", 3},     /* right-to-left override */
        {"\xE2\x80\xAF", 0},     /* narrow blank */
        {"\xE2\x81\xA6", 3},     /* left-to-right isolate */
        {"\xEF\xBB\xBF", 3},     /* byte order mark */
        {"\xEF\xBF\xBD", 0},     /* replacement character */
        {"\xEF\xBF\xBF", 3},     /* no character */
        {"\xF0\x9F\x98\x80", 0}, /* a face */
        {"\xF3\xA0\x81\x81", 4}, /* a tag */
        {"\xFF", 1},
        {"\x80", 1},
        {"\xE2\x80", 1},
    };
    bool printable;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t length = text_character(cases[i].text, strlen(cases[i].text), &printable);
        cr_expect_eq(printable, cases[i].bytes == 0, "case %zu", i);
        cr_expect(printable ? length > 0 : length == cases[i].bytes, "case %zu: %zu", i, length);
    }
    cr_expect_eq(text_character("\xC3\x89x", 3, &printable), 2);
    cr_expect_eq(text_character("\0", 1, &printable), 1);
    cr_expect_not(printable);
    cr_expect_eq(text_character("", 0, &printable), 0);
}

Test(text, direction_controls_are_replaced_byte_by_byte)
{
    char text[] = "gpj.\xE2\x80\xAE"
                  "exe \xC3\x89 \xE2\x81\xA6x\xE2\x81\xA9";
    text_make_printable(text);
    cr_expect_str_eq(text, "gpj.???exe \xC3\x89 ???x???");
}
/* NOLINTEND(misc-misleading-bidirectional) */
