#include "graphql_lex.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct arena arena;

static void release(void)
{
    arena_release(&arena);
}

/* Reads the tokens of text as "KIND text" words, one blank between; NULL when the lexer refuses. */
static const char *tokens_of(const char *text)
{
    static char out[1024];
    static const char *const kinds[] = {"end", "punctuator", "name", "int", "float", "string"};
    struct gql_lexer lexer;
    struct gql_token token;
    struct err err = {0};
    size_t used = 0;
    gql_lexer_init(&lexer, &arena, text, strlen(text));
    out[0] = '\0';
    do {
        if (gql_lexer_next(&lexer, &token, &err) != STATUS_OK) {
            cr_assert_eq(err.kind, STATUS_REFUSED);
            cr_assert_neq(err.message[0], '\0');
            return NULL;
        }
        if (token.kind == GQL_TOKEN_PUNCTUATOR)
            used += (size_t)snprintf(out + used, sizeof out - used, "%c ", token.punctuator);
        else if (token.kind != GQL_TOKEN_END)
            used += (size_t)snprintf(out + used, sizeof out - used, "%s:%.*s ", kinds[token.kind], (int)token.size,
                                     token.text);
    } while (token.kind != GQL_TOKEN_END);
    if (used > 0)
        out[used - 1] = '\0';
    return out;
}

TestSuite(sim_lex, .fini = release);

Test(sim_lex, names_numbers_and_punctuators_are_told_apart)
{
    cr_assert_str_eq(tokens_of("query A($x: Int! = -12){...f @skip(if:true) [1.5e3]|&}"),
                     "name:query name:A ( $ name:x : name:Int ! = int:-12 ) { . name:f @ name:skip ( name:if : "
                     "name:true ) [ float:1.5e3 ] | & }");
}

Test(sim_lex, blanks_commas_comments_and_a_byte_order_mark_are_nothing)
{
    cr_assert_str_eq(tokens_of("\xEF\xBB\xBF , \t\r\n# a comment { \"\n a,\xEF\xBB\xBF"
                               "b,,# last"),
                     "name:a name:b");
    cr_assert_str_eq(tokens_of(""), "");
    cr_assert_str_eq(tokens_of("#"), "");
}

Test(sim_lex, lines_are_counted_for_every_kind_of_line_end)
{
    const char *text = "a\nb\r\nc\rd # x\ne \"\"\"\n\n\"\"\" f";
    const unsigned lines[] = {1, 2, 3, 4, 5, 5, 7};
    struct gql_lexer lexer;
    struct gql_token token;
    gql_lexer_init(&lexer, &arena, text, strlen(text));
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        cr_assert_eq(gql_lexer_next(&lexer, &token, NULL), STATUS_OK);
        cr_assert_eq(token.line, lines[i], "token %zu is on line %u", i, token.line);
    }
}

Test(sim_lex, malformed_numbers_are_refused)
{
    static const char *const bad[] = {"01", "-", "1.", "1.e3", "1e", "1e+", ".5", "1a", "1_", "1.2.3", "--1", "+1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_assert_null(tokens_of(bad[i]), "%s is no number", bad[i]);
    cr_assert_str_eq(tokens_of("0 -0 10 0.0 1E-2 -1.25e+10"),
                     "int:0 int:-0 int:10 float:0.0 float:1E-2 float:-1.25e+10");
}

Test(sim_lex, strings_are_decoded)
{
    cr_assert_str_eq(tokens_of("\"\""), "string:");
    cr_assert_str_eq(tokens_of("\"a \\\"b\\\" \\\\ \\/ # {\""), "string:a \"b\" \\ / # {");
    cr_assert_str_eq(tokens_of("\"\\b\\f\\n\\r\\t\""), "string:\b\f\n\r\t");
    cr_assert_str_eq(tokens_of("\"\\u0041\\u00e9\\u20AC\""), "string:A\xC3\xA9\xE2\x82\xAC");
    cr_assert_str_eq(tokens_of("\"\\uD83D\\uDE00\""), "string:\xF0\x9F\x98\x80");
}

Test(sim_lex, a_string_may_hold_a_nul)
{
    struct gql_lexer lexer;
    struct gql_token token;
    const char *text = "\"a\\u0000b\"";
    gql_lexer_init(&lexer, &arena, text, strlen(text));
    cr_assert_eq(gql_lexer_next(&lexer, &token, NULL), STATUS_OK);
    cr_assert_eq(token.size, 3);
    cr_assert_eq(memcmp(token.text, "a\0b", 3), 0);
}

Test(sim_lex, malformed_strings_are_refused)
{
    static const char *const bad[] = {
        "\"a",         "\"a\nb\"",    "\"\\x\"",        "\"\\u12\"",          "\"\\u12G4\"",
        "\"\\uD83D\"", "\"\\uDE00\"", "\"\\uD83D\\n\"", "\"\\uD83D\\uD83D\"", "\"\\\"",
        "\"\x01\"",    "\"\"\"open",  "\"\"\"\\\"\"\"", "\"\\u{41}\""};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_assert_null(tokens_of(bad[i]), "%s is no string", bad[i]);
}

Test(sim_lex, block_strings_lose_their_common_indent_and_blank_outer_lines)
{
    cr_assert_str_eq(tokens_of("\"\"\"\"\"\""), "string:");
    cr_assert_str_eq(tokens_of("\"\"\"a \\\"\"\" \\n \"b\" \"\"\""), "string:a \"\"\" \\n \"b\" ");
    cr_assert_str_eq(tokens_of("\"\"\"\n\n    one\r\n      two\r\n\n    three\n  \n\"\"\""),
                     "string:one\n  two\n\nthree");
    cr_assert_str_eq(tokens_of("\"\"\"  first\n    second\n  third\"\"\""), "string:  first\n  second\nthird");
}

Test(sim_lex, characters_outside_of_the_grammar_are_refused)
{
    static const char *const bad[] = {"?", "a.b", "..", "%", "'a'", "\x01", ";", "~"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_assert_null(tokens_of(bad[i]), "%s is no token", bad[i]);
}
