#include "config/diagnostics.h"
#include "config/excerpt.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static void expect_format(struct diagnostics *diagnostics, const char *source, const char *expected)
{
    struct buf out = {0};
    diagnostics_format(diagnostics, "job.yaml", source, source != NULL ? strlen(source) : 0, &out);
    cr_expect_str_eq(buf_text(&out), expected);
    buf_release(&out);
    diagnostics_release(diagnostics);
}

Test(diagnostics, an_entry_shows_its_place_its_line_and_a_caret)
{
    struct diagnostics diagnostics = {0};
    diagnostics_add(&diagnostics, 2, 3, "unknown key '%s'", "granularites");
    expect_format(&diagnostics, "a: 1\n  granularites: [PT1H]\nb: 2\n",
                  "job.yaml:2:3: unknown key 'granularites'\n"
                  "    2 |   granularites: [PT1H]\n"
                  "      |   ^\n");
}

Test(diagnostics, entries_are_sorted_by_place_and_keep_their_order_within_one)
{
    struct diagnostics diagnostics = {0};
    diagnostics_add(&diagnostics, 10, 1, "e");
    diagnostics_add(&diagnostics, 2, 9, "c");
    diagnostics_add(&diagnostics, 2, 10, "d");
    diagnostics_add(&diagnostics, 1, 5, "z");
    diagnostics_add(&diagnostics, 1, 5, "a");
    diagnostics_add(&diagnostics, 0, 0, "file");
    expect_format(&diagnostics, NULL,
                  "job.yaml: file\njob.yaml:1:5: z\njob.yaml:1:5: a\njob.yaml:2:9: c\njob.yaml:2:10: d\n"
                  "job.yaml:10:1: e\n");
}

Test(diagnostics, the_same_message_at_the_same_place_is_kept_once)
{
    struct diagnostics diagnostics = {0};
    diagnostics_add(&diagnostics, 1, 1, "a");
    diagnostics_add(&diagnostics, 1, 1, "a");
    diagnostics_add(&diagnostics, 1, 2, "a");
    cr_expect_eq(diagnostics.count, 2);
    cr_expect_eq(diagnostics.dropped, 0);
    diagnostics_release(&diagnostics);
}

Test(diagnostics, more_than_the_maximum_are_counted)
{
    struct diagnostics diagnostics = {0};
    cr_expect(!diagnostics_any(&diagnostics));
    for (size_t i = 0; i < DIAGNOSTICS_MAX + 7; i++)
        diagnostics_add(&diagnostics, i + 1, 1, "x");
    cr_expect_eq(diagnostics.count, DIAGNOSTICS_MAX);
    cr_expect_eq(diagnostics.dropped, 7);
    cr_expect(diagnostics_any(&diagnostics));
    struct buf out = {0};
    diagnostics_format(&diagnostics, "j", NULL, 0, &out);
    cr_expect_not_null(strstr(buf_text(&out), "\nj: and 7 more\n"));
    buf_release(&out);
    diagnostics_release(&diagnostics);
}

Test(diagnostics, messages_and_paths_cannot_drive_a_terminal)
{
    struct diagnostics diagnostics = {0};
    diagnostics_add(&diagnostics, 0, 0, "a\033[31mb\nc");
    struct buf out = {0};
    diagnostics_format(&diagnostics, "x\033]0;y", NULL, 0, &out);
    cr_expect_str_eq(buf_text(&out), "x?]0;y: a?[31mb?c\n");
    buf_release(&out);
    diagnostics_release(&diagnostics);
}

Test(diagnostics, the_caret_follows_tabs_and_wide_characters)
{
    static const struct {
        const char *line;
        size_t column;
        const char *expected;
    } cases[] = {
        {"a:\tx", 4, "job.yaml:1:4: m\n    1 | a:\tx\n      |   \t^\n"},
        {"\xC3\xA9\xC3\xA9: x", 5, "job.yaml:1:5: m\n    1 | \xC3\xA9\xC3\xA9: x\n      |     ^\n"},
        {"\xE6\x97\xA5\xE6\x9C\xAC: x", 5, "job.yaml:1:5: m\n    1 | \xE6\x97\xA5\xE6\x9C\xAC: x\n      |       ^\n"},
        {"e\xCC\x81: x", 5, "job.yaml:1:5: m\n    1 | e\xCC\x81: x\n      |    ^\n"},
        {"a\x1B[1mb", 2, "job.yaml:1:2: m\n    1 | a?[1mb\n      |  ^\n"},
        {"a\xFF"
         "b",
         3, "job.yaml:1:3: m\n    1 | a?b\n      |   ^\n"},
        {"ab", 3, "job.yaml:1:3: m\n    1 | ab\n      |   ^\n"},
        {"ab", 99, "job.yaml:1:99: m\n    1 | ab\n      |   ^\n"},
        {"ab\r\ncd", 1, "job.yaml:1:1: m\n    1 | ab\n      | ^\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct diagnostics diagnostics = {0};
        diagnostics_add(&diagnostics, 1, cases[i].column, "m");
        expect_format(&diagnostics, cases[i].line, cases[i].expected);
    }
}

Test(diagnostics, a_line_that_is_not_there_or_empty_has_no_excerpt)
{
    struct diagnostics diagnostics = {0};
    diagnostics_add(&diagnostics, 2, 1, "m");
    expect_format(&diagnostics, "a\n", "job.yaml:2:1: m\n");
    diagnostics_add(&diagnostics, 2, 1, "m");
    expect_format(&diagnostics, "a\n\nb\n", "job.yaml:2:1: m\n");
    diagnostics_add(&diagnostics, 1, 1, "m");
    expect_format(&diagnostics, "", "job.yaml:1:1: m\n");
}

Test(diagnostics, a_long_line_is_shown_around_the_caret)
{
    static char line[5001];
    memset(line, 'x', sizeof line - 1);
    line[3000] = '!';
    struct diagnostics diagnostics = {0};
    diagnostics_add(&diagnostics, 1, 3001, "m");
    struct buf out = {0};
    diagnostics_format(&diagnostics, "j", line, strlen(line), &out);
    cr_expect(out.size < 400, "the excerpt has %zu bytes", out.size);
    char *excerpt = strstr(buf_text(&out), "    1 | ");
    char *caret = strchr(buf_text(&out), '^');
    cr_assert(excerpt != NULL && caret != NULL);
    char *before_caret = memrchr(buf_text(&out), '\n', (size_t)(caret - buf_text(&out)));
    cr_assert_not_null(before_caret);
    cr_expect_eq(excerpt[caret - before_caret - 1], '!', "the caret stands under the character");
    buf_release(&out);
    diagnostics_release(&diagnostics);
}

Test(diagnostics, hidden_bytes_are_stars)
{
    struct diagnostics diagnostics = {0};
    diagnostics_add(&diagnostics, 1, 1, "m");
    diagnostics_add(&diagnostics, 1, 10, "n");
    diagnostics_hide(&diagnostics, 3, 6);
    diagnostics_hide(&diagnostics, 3, 6);
    cr_expect_eq(diagnostics.hidden_count, 1);
    expect_format(&diagnostics, "a: xyz, b: 1\n",
                  "job.yaml:1:1: m\n    1 | a: ***, b: 1\n      | ^\n"
                  "job.yaml:1:10: n\n    1 | a: ***, b: 1\n      |          ^\n");
}

Test(diagnostics, a_secret_is_found_by_its_words_alone)
{
    static const struct {
        const char *previous;
        const char *line;
        size_t begin;
        size_t end;
    } cases[] = {
        {NULL, "client_secret: abc", 15, 18},
        {NULL, "client_id: abc # x", 11, 18},
        {NULL, "'client_secret' : 'abc'", 18, 23},
        {NULL, "client_secret: ${A}", 0, 0},
        {NULL, "client_secret: ${file:a/b.c}", 0, 0},
        {NULL, "client_secret: ${A!}", 15, 20},
        {NULL, "client_secret: ${A", 15, 18},
        {NULL, "client_secret: \"${A}\"", 0, 0},
        {NULL, "client_secret: ${A}b", 15, 20},
        {NULL, "{client_id: \"${A}\", client_secret: abc}", 35, 39},
        {NULL, "{client_id: ${A}, zzz: 1}", 0, 0},
        {NULL, "client_secret:", 0, 0},
        {NULL, "client_secret: # in the vault", 0, 0},
        {NULL, "name: ${CLIENT_SECRET}", 0, 0},
        {NULL, "page_size: 5", 0, 0},
        {"client_secret:", "  abc", 2, 5},
        {"client_secret: |", "  abc", 2, 5},
        {"client_secret: &x", "  abc", 2, 5},
        {"client_secret: abc", "x: 1", 0, 0},
        {"client_secret: ${A}", "x: 1", 0, 0},
        {"heartbeat_url: https://x/secretthing", "x: 1", 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *previous = cases[i].previous;
        struct diagnostics_span span =
            excerpt_secret(cases[i].line, strlen(cases[i].line), previous, previous != NULL ? strlen(previous) : 0);
        cr_expect(span.begin == cases[i].begin && span.end == cases[i].end, "'%s': %zu to %zu", cases[i].line,
                  span.begin, span.end);
    }
}

Test(diagnostics, an_empty_list_may_be_released_twice)
{
    struct diagnostics diagnostics = {0};
    diagnostics_release(&diagnostics);
    diagnostics_release(&diagnostics);
    cr_expect_null(diagnostics.entries);
}
