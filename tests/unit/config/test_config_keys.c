#include "config/keys.h"
#include "config/value.h"

#include <criterion/criterion.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>

/* The table is data that the program trusts; these are the rules that it must keep. */

static bool is_entry(const struct key *key)
{
    size_t size = strlen(key->path);
    return size >= 2 && strcmp(key->path + size - 2, "[]") == 0;
}

Test(keys, every_row_says_what_it_is_for_in_a_sentence)
{
    for (size_t i = 0; i < key_count; i++) {
        const char *help = keys[i].help;
        cr_assert_not_null(help, "'%s' has a help", keys[i].path);
        cr_expect_eq(help[strlen(help) - 1], '.', "the help of '%s' ends with a full stop", keys[i].path);
        cr_expect(strlen(help) <= 110, "the help of '%s' fits a line", keys[i].path);
        cr_expect_null(strpbrk(help, "\n|#"), "the help of '%s' fits a comment and a table", keys[i].path);
    }
}

Test(keys, paths_are_unique_and_found)
{
    for (size_t i = 0; i < key_count; i++)
        cr_expect_eq(key_find(keys[i].path), &keys[i], "'%s' is found at its own row", keys[i].path);
    cr_expect_null(key_find("fetch.nothing"));
}

Test(keys, every_row_is_reached_from_the_root)
{
    size_t reached = 1;
    for (size_t i = 0; i < key_count; i++) {
        const struct key *child = NULL;
        if (keys[i].type == KEY_LIST) {
            char path[128];
            snprintf(path, sizeof path, "%s[]", keys[i].path);
            cr_expect_str_eq(key_entry(&keys[i])->path, path);
            reached++;
        }
        while (keys[i].type == KEY_MAP && (child = key_next_child(&keys[i], child)) != NULL) {
            cr_expect_eq(key_child(&keys[i], key_leaf(child)), child);
            reached++;
        }
    }
    cr_expect_eq(reached, key_count, "%zu of %zu rows are reached", reached, key_count);
}

Test(keys, a_child_lies_directly_below_its_map)
{
    const struct key *buildings = key_find("buildings[]");
    cr_expect_eq(key_child(buildings, "id"), key_find("buildings[].id"));
    cr_expect_null(key_child(buildings, "sites[]"));
    cr_expect_null(key_child(key_find(""), "fetch.page_size"));
    cr_expect_null(key_child(key_find(""), ""));
    cr_expect_str_eq(key_leaf(key_find("destinations[].csv.layout")), "layout");
    cr_expect_str_eq(key_leaf(key_find("version")), "version");
}

Test(keys, patterns_are_regular_expressions_with_words_for_people)
{
    for (size_t i = 0; i < key_count; i++) {
        if (keys[i].pattern == NULL)
            continue;
        regex_t regex;
        cr_assert_eq(regcomp(&regex, keys[i].pattern, REG_EXTENDED | REG_NOSUB), 0, "'%s'", keys[i].path);
        regfree(&regex);
        cr_expect_not_null(keys[i].expects, "'%s' says what it expects", keys[i].path);
    }
}

Test(keys, entries_of_lists_are_required_and_have_no_default)
{
    for (size_t i = 0; i < key_count; i++) {
        if (!is_entry(&keys[i]))
            continue;
        cr_expect(keys[i].required, "'%s' must not be empty", keys[i].path);
        cr_expect_null(keys[i].default_text, "'%s' has no default of its own", keys[i].path);
        cr_expect_eq(keys[i].offset, 0, "'%s' fills the entry from its beginning", keys[i].path);
    }
}

Test(keys, required_keys_have_no_default)
{
    for (size_t i = 0; i < key_count; i++) {
        bool has_default = keys[i].default_text != NULL || keys[i].inherits != NULL;
        cr_expect(!(keys[i].required && has_default), "'%s'", keys[i].path);
    }
}

Test(keys, texts_are_bounded_and_ranges_are_not_empty)
{
    for (size_t i = 0; i < key_count; i++) {
        enum key_type type = keys[i].type;
        if (type == KEY_MAP || type == KEY_WORD || type == KEY_BOOLEAN || type == KEY_UNTIL)
            continue;
        cr_expect(keys[i].max > 0 && keys[i].min <= keys[i].max, "'%s' has a maximum", keys[i].path);
        if (type == KEY_LIST)
            cr_expect(keys[i].entry_size > 0, "'%s' knows the size of an entry", keys[i].path);
    }
}

Test(keys, every_type_has_words)
{
    for (int type = 0; type < KEY_TYPE_COUNT; type++)
        cr_expect_not_null(key_type_words((enum key_type)type), "type %d", type);
}

Test(keys, durations_are_written_in_their_largest_whole_unit)
{
    static const struct {
        int64_t seconds;
        const char *expected;
    } cases[] = {{0, "0s"},     {1, "1s"},     {60, "1m"},          {90, "90s"},   {3600, "1h"},
                 {3660, "61m"}, {86400, "1d"}, {30 * 86400, "30d"}, {90000, "25h"}};
    char out[32];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        cr_expect_str_eq(value_format_duration(cases[i].seconds, out, sizeof out), cases[i].expected);
}

/* Any text of these letters, often with the beginning of a form that is known. */
static void make_text(unsigned *chance, char *out, size_t size)
{
    static const char letters[] = "PTWYMDHS0159_azAZ-. ";
    static const char *const starts[] = {"", "P", "PT1H", "P1Y2M", "_", "_1", "zone_", "A_b"};
    *chance = *chance * 1103515245u + 12345u;
    int used = snprintf(out, size, "%s", starts[(*chance >> 16) % (sizeof starts / sizeof starts[0])]);
    size_t more = (*chance >> 24) % (size - 8);
    for (size_t i = 0; i < more && (size_t)used + 1 < size; i++, used++) {
        *chance = *chance * 1103515245u + 12345u;
        out[used] = letters[(*chance >> 16) % (sizeof letters - 1)];
    }
    out[used] = '\0';
}

Test(keys, a_form_means_the_same_as_its_pattern)
{
    unsigned chance = 1;
    size_t right = 0;
    for (size_t i = 0; i < key_count; i++) {
        regex_t regex;
        char text[60];
        cr_expect_eq(keys[i].pattern == NULL, keys[i].has_form == NULL, "'%s' has both or none", keys[i].path);
        if (keys[i].pattern == NULL)
            continue;
        cr_assert_eq(regcomp(&regex, keys[i].pattern, REG_EXTENDED | REG_NOSUB), 0);
        for (int round = 0; round < 20000; round++) {
            make_text(&chance, text, round % 2 == 0 ? 12 : sizeof text);
            bool wanted = regexec(&regex, text, 0, NULL, 0) == 0;
            right += wanted;
            cr_assert_eq(keys[i].has_form(text), wanted, "'%s' as %s", text, keys[i].path);
        }
        regfree(&regex);
    }
    cr_assert_gt(right, 1000, "enough of the texts have the form");
}
