#include "core/buf.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* They are what is tested. NOLINTBEGIN(misc-misleading-bidirectional) */

Test(buf, empty_buf_is_the_empty_text)
{
    struct buf buf = {0};
    cr_assert_str_eq(buf_text(&buf), "");
    cr_assert_eq(buf_status(&buf, NULL), STATUS_OK);
    buf_reset(&buf);
    buf_release(&buf);
    buf_wipe(&buf);
    buf_release(&buf);
}

Test(buf, appends_follow_each_other)
{
    struct buf buf = {0};
    buf_append_text(&buf, "a");
    buf_append_char(&buf, 'b');
    buf_append(&buf, "cd", 1);
    buf_append(&buf, NULL, 0);
    buf_appendf(&buf, "%d-%s", 42, "x");
    buf_append_text(&buf, "");
    cr_assert_str_eq(buf_text(&buf), "abc42-x");
    cr_assert_eq(buf.size, 7);
    buf_release(&buf);
}

Test(buf, bytes_may_hold_nul_and_are_always_terminated)
{
    struct buf buf = {0};
    buf_append(&buf, "a\0b", 3);
    cr_assert_eq(buf.size, 3);
    cr_assert_eq(memcmp(buf_text(&buf), "a\0b\0", 4), 0);
    buf_release(&buf);
}

Test(buf, text_of_every_length_is_kept)
{
    struct buf buf = {0};
    for (size_t i = 0; i < 3000; i++) {
        buf_append_char(&buf, (char)('a' + i % 26));
        cr_assert(buf.size == i + 1 && buf.data[i + 1] == '\0');
    }
    for (size_t i = 0; i < 3000; i++)
        cr_assert_eq(buf.data[i], (char)('a' + i % 26));
    buf_release(&buf);
}

Test(buf, format_longer_than_any_block_is_kept_whole)
{
    struct buf buf = {0};
    buf_appendf(&buf, "%0*d", 5000, 7);
    cr_assert_eq(buf.size, 5000);
    cr_assert_eq(buf.data[4999], '7');
    buf_release(&buf);
}

Test(buf, maximum_is_reached_but_not_passed)
{
    struct buf buf = {.max = 10};
    buf_append_text(&buf, "0123456789");
    cr_assert_eq(buf_status(&buf, NULL), STATUS_OK, "exactly the maximum is allowed");
    buf_append_char(&buf, 'x');
    struct err err = {0};
    cr_assert_eq(buf_status(&buf, &err), STATUS_TOO_LARGE);
    cr_assert(strstr(err.message, "10 bytes") != NULL, "%s", err.message);
    cr_assert_str_eq(buf_text(&buf), "0123456789", "what was there stays");
    buf_release(&buf);
}

Test(buf, failure_is_sticky_until_reset)
{
    struct buf buf = {.max = 4};
    buf_append_text(&buf, "too long");
    buf_append_text(&buf, "ok");
    buf_appendf(&buf, "%d", 1);
    buf_append_json_string(&buf, "", 0);
    cr_assert_eq(buf.size, 0, "nothing is added after a failure");
    cr_assert_eq(buf_status(&buf, NULL), STATUS_TOO_LARGE);
    buf_reset(&buf);
    cr_assert_eq(buf_status(&buf, NULL), STATUS_OK);
    buf_append_text(&buf, "ok");
    cr_assert_str_eq(buf_text(&buf), "ok");
    buf_release(&buf);
}

Test(buf, default_maximum_holds)
{
    struct buf buf = {0};
    char *block = calloc(1, BUF_MAX_DEFAULT);
    cr_assert_not_null(block);
    buf_append(&buf, block, BUF_MAX_DEFAULT);
    cr_assert_eq(buf_status(&buf, NULL), STATUS_OK);
    buf_append_char(&buf, 'x');
    cr_assert_eq(buf_status(&buf, NULL), STATUS_TOO_LARGE);
    free(block);
    buf_release(&buf);
}

Test(buf, size_that_would_overflow_is_too_large)
{
    struct buf buf = {0};
    buf_append_text(&buf, "abc");
    buf_append(&buf, "x", SIZE_MAX);
    cr_assert_eq(buf_status(&buf, NULL), STATUS_TOO_LARGE);
    buf_release(&buf);
}

Test(buf, reset_keeps_the_memory_and_release_keeps_the_maximum)
{
    struct buf buf = {.max = 100};
    buf_append_text(&buf, "hello");
    const char *memory = buf.data;
    buf_reset(&buf);
    cr_assert(buf.data == memory && buf.size == 0 && buf_text(&buf)[0] == '\0');
    buf_release(&buf);
    cr_assert(buf.data == NULL && buf.capacity == 0 && buf.max == 100);
}

Test(buf, wipe_empties_the_buf)
{
    struct buf buf = {0};
    buf_append_text(&buf, "secret");
    buf_wipe(&buf);
    cr_assert(buf.data == NULL && buf.size == 0);
}

struct json_case {
    const char *text;
    size_t size;
    const char *json;
};

#define JSON_CASE(text, json)                                                                                          \
    {                                                                                                                  \
        text, sizeof(text) - 1, json                                                                                   \
    }

static const struct json_case json_cases[] = {
    JSON_CASE("", "\"\""),
    JSON_CASE("plain", "\"plain\""),
    JSON_CASE("say \"hi\" \\o/", "\"say \\\"hi\\\" \\\\o/\""),
    JSON_CASE("a\nb\rc\td", "\"a\\nb\\rc\\td\""),
    JSON_CASE("\0\x01\x1f\x7f", "\"\\u0000\\u0001\\u001f\\u007f\""),
    JSON_CASE("Z\xc3\xbcrich \xe2\x82\xac \xf0\x9f\x98\x80", "\"Z\xc3\xbcrich \xe2\x82\xac \xf0\x9f\x98\x80\""),
    JSON_CASE("\xff", "\"\\ufffd\""),
    JSON_CASE("a\x80z", "\"a\\ufffdz\""),
    JSON_CASE("\xc3", "\"\\ufffd\""),
    JSON_CASE("\xc3z", "\"\\ufffdz\""),
    JSON_CASE("\xe2\x82", "\"\\ufffd\\ufffd\""),
    JSON_CASE("\xf0\x9f\x98", "\"\\ufffd\\ufffd\\ufffd\""),
    JSON_CASE("\xc0\xaf", "\"\\ufffd\\ufffd\""),            /* overlong */
    JSON_CASE("\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\""), /* a surrogate */
    JSON_CASE("\xf5\x80\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\""),
    JSON_CASE("\xe2\x82\xac\"\xe2\x82", "\"\xe2\x82\xac\\\"\\ufffd\\ufffd\""),
};

Test(buf, json_strings_are_escaped_and_always_utf8)
{
    for (size_t i = 0; i < sizeof json_cases / sizeof json_cases[0]; i++) {
        struct buf buf = {0};
        char *exact = malloc(json_cases[i].size + 1); /* so that reading beyond is seen */
        cr_assert_not_null(exact);
        memcpy(exact, json_cases[i].text, json_cases[i].size);
        buf_append_json_string(&buf, exact, json_cases[i].size);
        cr_expect_str_eq(buf_text(&buf), json_cases[i].json, "case %zu", i);
        free(exact);
        buf_release(&buf);
    }
}

Test(buf, json_string_escapes_what_a_terminal_must_not_get)
{
    static const char text[] = "\x1b\x7f\xC2\x9B\xE2\x80\xAE\xF3\xA0\x81\x81\xC3\x89\xF0\x9F\x98\x80\xFF";
    struct buf out = {0};
    buf_append_json_string(&out, text, strlen(text));
    cr_expect_str_eq(buf_text(&out), "\"\\u001b\\u007f\\u009b\\u202e\\udb40\\udc41\xC3\x89\xF0\x9F\x98\x80\\ufffd\"");
    buf_release(&out);
}

Test(buf, printable_text_has_a_question_mark_for_each_bad_byte)
{
    static const char text[] = "a\x1b[b\xE2\x80\xAE\xC3\x89\0c\xFF";
    struct buf out = {0};
    buf_append_printable(&out, text, sizeof text - 1);
    buf_append_printable(&out, "", 0);
    cr_expect_str_eq(buf_text(&out), "a?[b???\xC3\x89?c?");
    buf_release(&out);
}

Test(buf, a_word_for_a_shell_is_quoted_when_it_must_be)
{
    static const char *const words[][2] = {{"/srv/a-b_c.d:e", "/srv/a-b_c.d:e"},
                                           {"", "''"},
                                           {"a b", "'a b'"},
                                           {"it's", "'it'\\''s'"},
                                           {"$x", "'$x'"},
                                           {"a\nb", "'a\nb'"},
                                           {"A=b", "'A=b'"},
                                           {"~", "'~'"},
                                           {"\xC3\xA9", "'\xC3\xA9'"}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        struct buf out = {0};
        buf_append_shell_word(&out, words[i][0]);
        cr_expect_str_eq(buf_text(&out), words[i][1]);
        buf_release(&out);
    }
}

static void expect_wrapped(const char *before, const char *text, const char *expected)
{
    struct buf out = {0};
    buf_append_text(&out, before);
    buf_append_wrapped(&out, 4, text);
    cr_expect_str_eq(buf_text(&out), expected);
    buf_release(&out);
}

Test(buf, words_are_wrapped_before_the_eightieth_column)
{
#define TEN      "123456789 "
#define SIXTY    TEN TEN TEN TEN TEN TEN
#define E_ACUTE5 "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9"
    expect_wrapped("", "", "");
    expect_wrapped("x\n  y: ", "a b", "x\n  y: a b");
    expect_wrapped("", SIXTY TEN "123456789", SIXTY TEN "123456789");
    expect_wrapped("x", SIXTY TEN "123456789", "x" SIXTY "123456789\n    123456789");
    expect_wrapped("", SIXTY TEN "1234" E_ACUTE5, SIXTY TEN "1234" E_ACUTE5);
    expect_wrapped("", SIXTY SIXTY "x", SIXTY TEN "123456789\n    " TEN TEN TEN TEN "x");
    expect_wrapped(SIXTY SIXTY, "long b", SIXTY SIXTY "long\n    b");
    expect_wrapped("", "a  b", "a  b");
}

Test(buf, a_secret_one_is_empty_memory_once_it_is_reset)
{
    struct buf out = {.secret = true};
    for (int i = 0; i < 100; i++)
        buf_append_text(&out, "hunter2 ");
    cr_assert_eq(out.size, 800);
    cr_expect(strncmp(buf_text(&out) + 792, "hunter2 ", 9) == 0, "it grows like any other");
    char *memory = out.data;
    buf_reset(&out);
    for (size_t i = 0; i < out.capacity; i++)
        cr_assert_eq(memory[i], 0);
    buf_append_text(&out, "x");
    cr_expect_str_eq(buf_text(&out), "x");
    buf_release(&out);
    cr_expect(out.secret, "it stays a secret one");
}
/* NOLINTEND(misc-misleading-bidirectional) */
