#include "config/source.h"
#include "fixture.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(source, .init = (void (*)(void))fixture_begin, .fini = fixture_end);

static struct source text_of(const char *text)
{
    return (struct source){.text = text, .size = strlen(text)};
}

static struct place place_after(const char *text, size_t characters)
{
    struct source source = text_of(text);
    struct source_cursor cursor = source_begin();
    source_advance(&source, &cursor, characters);
    return cursor.place;
}

Test(source, places_count_characters_and_lines_of_every_ending)
{
    static const struct {
        const char *text;
        size_t characters;
        size_t line;
        size_t column;
    } cases[] = {{"abc", 0, 1, 1},       {"abc", 2, 1, 3},
                 {"abc", 99, 1, 4},      {"a\nb", 2, 2, 1},
                 {"a\r\nb", 3, 2, 1},    {"a\r\nb", 2, 1, 3},
                 {"a\rb", 2, 2, 1},      {"\n\n\n", 3, 4, 1},
                 {"\xC3\xA9x", 1, 1, 2}, {"\xF0\x9F\x98\x80x", 1, 1, 2},
                 {"\tx", 1, 1, 2},       {"", 5, 1, 1},
                 {"\xFFx", 1, 1, 2}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct place place = place_after(cases[i].text, cases[i].characters);
        cr_expect_eq(place.line, cases[i].line, "line of case %zu is %zu", i, place.line);
        cr_expect_eq(place.column, cases[i].column, "column of case %zu is %zu", i, place.column);
    }
}

Test(source, what_is_no_text_has_a_place)
{
    static const struct {
        const char *text;
        size_t size;
        size_t line;
        size_t column;
        const char *reason;
    } cases[] = {
        {"a: b\nc\0d", 8, 2, 2, "a NUL byte: this is not a text file"},
        {"\xC3\xA9\xFF", 3, 1, 2, "a byte that is not UTF-8: a job file is UTF-8 text"},
        {"a\x1B[31m", 6, 1, 2, "a control character: a job file is plain text"},
        {"\xC2\x9B", 2, 1, 1, "a control character: a job file is plain text"},
        {"a\x7F", 2, 1, 2, "a control character: a job file is plain text"},
        {"a\xEF\xBB\xBF", 4, 1, 2, "a control character: a job file is plain text"},
        {"\xED\xA0\x80", 3, 1, 1, "a byte that is not UTF-8: a job file is UTF-8 text"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct source source = {.text = cases[i].text, .size = cases[i].size};
        struct place place = {0};
        const char *reason = "";
        cr_expect(!source_is_text(&source, &place, &reason), "case %zu is no text", i);
        cr_expect_eq(place.line, cases[i].line);
        cr_expect_eq(place.column, cases[i].column, "column of case %zu is %zu", i, place.column);
        cr_expect_str_eq(reason, cases[i].reason);
    }
}

Test(source, tabs_line_breaks_and_all_scripts_are_text)
{
    struct source source = text_of("a:\t1\r\n# \xC2\x85 \xE6\x97\xA5\xE6\x9C\xAC \xF0\x9F\x98\x80\n");
    struct place place;
    const char *reason;
    cr_expect(source_is_text(&source, &place, &reason));
}

Test(source, reads_up_to_the_maximum_and_no_more)
{
    struct source source = {0};
    struct err err = {0};
    cr_assert_eq(source_read(fixture_write("five", "12345", 5), 5, &source, &err), STATUS_OK);
    cr_expect_eq(source.size, 5);
    cr_expect_str_eq(source.text, "12345");
    source_release(&source);
    cr_expect_eq(source_read(fixture_path("five"), 4, &source, &err), STATUS_CONFIG);
    cr_expect_str_eq(err.message, "it is larger than 4 bytes");
    cr_expect_null(source.memory, "the output is untouched");
}

Test(source, a_byte_order_mark_is_no_part_of_the_text)
{
    struct source source = {0};
    struct err err = {0};
    cr_assert_eq(source_read(fixture_write("bom", "\xEF\xBB\xBFx", 4), 100, &source, &err), STATUS_OK);
    cr_expect_str_eq(source.text, "x");
    cr_expect_eq(source.size, 1);
    source_release(&source);
}

Test(source, a_released_source_is_empty_and_may_be_released_again)
{
    struct source source = {0};
    source_release(&source);
    cr_expect_null(source.memory);
}
