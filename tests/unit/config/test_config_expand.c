#include "fixture.h"

#include <criterion/criterion.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

TestSuite(expand, .init = (void (*)(void))fixture_begin, .fini = fixture_end);

static const struct config_options without_credentials = {.without_credentials = true};

static void expect(unsigned line, const char *replacement, const char *expected)
{
    char *text = fixture_job(line, replacement);
    struct loaded loaded = fixture_load(text);
    cr_expect_eq(loaded.status, *expected != '\0' ? STATUS_CONFIG : STATUS_OK, "'%s'", replacement);
    cr_expect_str_eq(buf_text(&loaded.problems), expected, "for '%s'", replacement);
    loaded_release(&loaded);
    free(text);
}

/* The client id that a line of the job gives. */
static void expect_id(const char *line, const char *expected)
{
    char *text = fixture_job(3, line);
    struct loaded loaded = fixture_load(text);
    cr_assert_eq(loaded.status, STATUS_OK, "'%s': %s", line, buf_text(&loaded.problems));
    cr_expect_str_eq(loaded.config->api.client_id, expected, "for '%s'", line);
    loaded_release(&loaded);
    free(text);
}

Test(expand, variables_files_and_dollars_are_replaced)
{
    setenv("ONE", "1", 1);
    setenv("_two_2", "two words", 1);
    fixture_write("id.txt", "from file\n", 10);
    expect_id("  client_id: ${_two_2}", "two words");
    expect_id("  client_id: a${ONE}b${_two_2}c$$d", "a1btwo wordsc$d");
    expect_id("  client_id: '$$${ONE}'", "$1");
    expect_id("  client_id: $${ONE}", "${ONE}");
    expect_id("  client_id: ${file:id.txt}", "from file");
    expect_id("  client_id: ${file:./id.txt}", "from file");
    expect_id("  client_id: \"\\x24{ONE}\"", "1");
    expect_id("  client_id: >-\n    ${ONE}\n    ${ONE}", "1 1");
}

Test(expand, a_variable_that_is_not_set_is_the_credential_of_systemd)
{
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%s", fixture_write("CLIENT", "from systemd\n", 13));
    *strrchr(folder, '/') = '\0';
    unsetenv("CLIENT");
    setenv("CREDENTIALS_DIRECTORY", folder, 1);
    expect_id("  client_id: a${CLIENT}b", "afrom systemdb");
    setenv("CLIENT", "from the environment", 1);
    expect_id("  client_id: ${CLIENT}", "from the environment");
    unsetenv("CLIENT");
    expect(3, "  client_id: ${OTHER}", "3:14: environment variable 'OTHER' is not set\n");
    setenv("CREDENTIALS_DIRECTORY", ".", 1);
    expect(3, "  client_id: ${CLIENT}", "3:14: environment variable 'CLIENT' is not set\n");
}

Test(expand, a_file_loses_the_line_breaks_at_its_end_only)
{
    fixture_write("id.txt", " a \r\n\n", 6);
    expect_id("  client_id: ${file:id.txt}", " a ");
    fixture_write("id.txt", "a\nb\n", 4);
    expect(3, "  client_id: ${file:id.txt}", "3:14: 'api.client_id' holds a control character or a line break\n");
}

Test(expand, an_absolute_path_is_read_as_it_is)
{
    fixture_write("id.txt", "x", 1);
    char line[256];
    snprintf(line, sizeof line, "  client_id: ${file:%s}", fixture_path("id.txt"));
    expect_id(line, "x");
}

Test(expand, what_the_job_takes_from_outside_is_told_once_each)
{
    setenv("ONE", "1", 1);
    unsetenv("UNSET");
    fixture_write("id.txt", "x", 1);
    char *text = fixture_job(3, "  client_id: \"${ONE}\\x24{file:./id.txt}${ONE}$${TWO}\" # ${THREE}");
    struct loaded loaded = fixture_load(text);
    cr_assert_eq(loaded.status, STATUS_OK, "%s", buf_text(&loaded.problems));
    const struct config_inputs *inputs = &loaded.config->inputs;
    cr_assert_eq(inputs->count, 2);
    cr_expect_str_eq(inputs->items[0].name, "ONE");
    cr_expect_null(inputs->items[0].path);
    cr_expect_str_eq(inputs->items[1].name, "./id.txt");
    cr_expect_str_eq(inputs->items[1].path, fixture_path("id.txt"));
    cr_expect_not(inputs->has_more);
    loaded_release(&loaded);
    free(text);
    text = fixture_job(3, "  client_id: ${UNSET}");
    loaded = fixture_load_with(text, &without_credentials);
    cr_assert_eq(loaded.status, STATUS_OK, "%s", buf_text(&loaded.problems));
    cr_expect_eq(loaded.config->inputs.count, 1);
    loaded_release(&loaded);
    free(text);
}

Test(expand, more_variables_than_a_schedule_takes_are_not_told)
{
    struct buf line = {0};
    buf_append_text(&line, "  client_id: a");
    for (int i = 0; i <= CONFIG_INPUTS_MAX; i++) {
        char name[24];
        snprintf(name, sizeof name, "MANY_%d", i);
        setenv(name, "1", 1);
        buf_appendf(&line, "${%s}", name);
    }
    char *text = fixture_job(3, buf_text(&line));
    struct loaded loaded = fixture_load(text);
    cr_assert_eq(loaded.status, STATUS_OK, "%s", buf_text(&loaded.problems));
    cr_expect_eq(loaded.config->inputs.count, CONFIG_INPUTS_MAX);
    cr_expect(loaded.config->inputs.has_more);
    loaded_release(&loaded);
    free(text);
    buf_release(&line);
}

Test(expand, an_unset_variable_is_told_at_its_dollar)
{
    setenv("ONE", "1", 1);
    unsetenv("UNSET");
    unsetenv("UNSET2");
    expect(3, "  client_id: ${UNSET}", "3:14: environment variable 'UNSET' is not set\n");
    expect(3, "  client_id: \"a${ONE}${UNSET}\"", "3:22: environment variable 'UNSET' is not set\n");
    expect(3, "  client_id: '\xC3\xA9$$${UNSET}'", "3:18: environment variable 'UNSET' is not set\n");
    expect(3, "  client_id: ${UNSET}-${UNSET2}",
           "3:14: environment variable 'UNSET' is not set\n3:23: environment variable 'UNSET2' is not set\n");
    expect(3, "  client_id:\n    ${ONE}\n    ${UNSET}", "5:5: environment variable 'UNSET' is not set\n");
    expect(3, "  client_id: |\n    ${UNSET}", "4:5: environment variable 'UNSET' is not set\n");
    expect(10, "    groups: [a, \"${UNSET}\"]", "10:18: environment variable 'UNSET' is not set\n");
    expect(0, "fetch: {page_size: \"${UNSET}\"}", "13:21: environment variable 'UNSET' is not set\n");
}

Test(expand, a_dollar_that_an_escape_hides_is_told_at_the_value)
{
    unsetenv("UNSET");
    expect(3, "  client_id: \"\\x24{UNSET}\"", "3:14: environment variable 'UNSET' is not set\n");
}

Test(expand, a_variable_behind_an_alias_is_told_where_it_is_written)
{
    unsetenv("UNSET");
    expect(10, "    groups: &g [\"${UNSET}\"]\n  - {id: 2, sites: [1], groups: *g}",
           "10:18: environment variable 'UNSET' is not set\n");
}

Test(expand, what_is_no_reference_is_an_error)
{
    static const char advice[] = "write $$ for a dollar sign, or ${NAME} for an environment variable\n";
    static const char form[] = "a reference is ${NAME} or ${file:PATH}, with a NAME of letters, digits and '_'\n";
    static const struct {
        const char *line;
        const char *place;
        const char *expected;
    } cases[] = {
        {"  client_id: pa$word", "3:16: ", advice},
        {"  client_id: x$", "3:15: ", advice},
        {"  client_id: $HOME", "3:14: ", advice},
        {"  client_id: ${}", "3:14: ", form},
        {"  client_id: ${1A}", "3:14: ", form},
        {"  client_id: ${A-B}", "3:14: ", form},
        {"  client_id: ${A:-b}", "3:14: ", form},
        {"  client_id: ${ONE", "3:14: ", "'${' without '}'\n"},
        {"  client_id: ${A${ONE}}", "3:14: ", "a reference cannot stand inside another\n"},
        {"  client_id: ${file:}", "3:14: ", "'${file:}' names no file\n"},
        {"  client_id: ${file:~/id}", "3:14: ", "'~' is not expanded; write the whole path\n"},
    };
    setenv("ONE", "1", 1);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char expected[256];
        snprintf(expected, sizeof expected, "%s%s", cases[i].place, cases[i].expected);
        expect(3, cases[i].line, expected);
    }
}

Test(expand, a_file_that_cannot_be_read_is_told)
{
    expect(3, "  client_id: ${file:nothing}", "3:14: cannot read file 'nothing': No such file or directory\n");
    expect(3, "  client_id: ${file:.}", "3:14: cannot read file '.': it is a directory\n");
    cr_assert_eq(mkfifo(fixture_path("pipe"), 0600), 0);
    expect(3, "  client_id: ${file:pipe}", "3:14: cannot read file 'pipe': it is not a regular file\n");
    static char large[64 * 1024 + 1];
    memset(large, 'x', sizeof large);
    fixture_write("large", large, sizeof large);
    expect(3, "  client_id: ${file:large}", "3:14: cannot read file 'large': it is larger than 65536 bytes\n");
}

Test(expand, a_file_that_is_no_text_is_told)
{
    fixture_write("id.bin", "a\xFF", 2);
    expect(3, "  client_id: ${file:id.bin}", "3:14: 'api.client_id' must be UTF-8 text\n");
    fixture_write("id.bin", "a\0b", 3);
    expect(3, "  client_id: ${file:id.bin}", "3:14: 'api.client_id' must be UTF-8 text\n");
}

Test(expand, references_together_are_bounded)
{
    static char half[40 * 1024];
    memset(half, 'x', sizeof half);
    fixture_write("half", half, sizeof half);
    expect(3, "  client_id: ${file:half}${file:half}", "3:14: the value grows beyond 64 KiB\n");
    expect(3, "  client_id: ${file:half}", "3:14: 'api.client_id' is longer than 4096 bytes\n");
}

Test(expand, what_a_variable_holds_is_never_structure)
{
    setenv("EVIL", "x\", \"y", 1);
    expect_id("  client_id: \"${EVIL}\"", "x\", \"y");
    setenv("EVIL", "[a, b]", 1);
    expect(0, "columns: ${EVIL}", "13:10: 'columns' must be a list or the word 'all', not text\n");
    setenv("EVIL", "${ONE} $$ *alias", 1);
    expect_id("  client_id: ${EVIL}", "${ONE} $$ *alias");
}

Test(expand, a_variable_takes_the_type_of_its_key)
{
    setenv("NUMBER", "123", 1);
    char *text = fixture_job(10, "    groups: [\"${NUMBER}\"]\n    name: ${NUMBER}");
    struct loaded loaded = fixture_load(text);
    cr_assert_eq(loaded.status, STATUS_OK, "%s", buf_text(&loaded.problems));
    cr_expect_str_eq(loaded.config->buildings[0].groups[0], "123");
    loaded_release(&loaded);
    free(text);
    expect(0, "fetch: {page_size: \"${NUMBER}\"}", "");
    setenv("NUMBER", "many", 1);
    expect(0, "fetch:\n  page_size: ${NUMBER}",
           "14:14: 'fetch.page_size' must be a whole number between 1 and 1000000; the value of '${NUMBER}' is not\n");
    setenv("DIALECT", "documented", 1);
    expect(3, "  client_id: a\n  dialect: ${DIALECT}", "");
}

Test(expand, an_empty_variable_is_an_error_for_a_required_key_and_none_for_another)
{
    setenv("EMPTY", "", 1);
    expect(3, "  client_id: ${EMPTY}", "3:14: 'api.client_id' must not be empty, as is ${EMPTY}\n");
    expect(10, "    groups: [\"${EMPTY}\"]", "10:14: 'buildings[].groups[]' must not be empty, as is ${EMPTY}\n");
    expect(3, "  client_id: a\n  ca_file: ${EMPTY}", "");
    char *text = fixture_job(0, "fetch:\n  page_size: ${EMPTY}");
    struct loaded loaded = fixture_load(text);
    cr_assert_eq(loaded.status, STATUS_OK, "%s", buf_text(&loaded.problems));
    cr_expect_eq(loaded.config->fetch.page_size, 10000, "the default");
    loaded_release(&loaded);
    free(text);
}

Test(expand, commands_that_send_nothing_need_no_credentials)
{
    unsetenv("UNSET");
    setenv("EMPTY", "", 1);
    static const char *const lines[] = {"  client_id: ${UNSET}", "  client_id: ${EMPTY}", "  client_id: ${file:none}"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        char *text = fixture_job(3, lines[i]);
        struct loaded loaded = fixture_load_with(text, &without_credentials);
        cr_assert_eq(loaded.status, STATUS_OK, "'%s': %s", lines[i], buf_text(&loaded.problems));
        cr_expect_null(loaded.config->api.client_id);
        cr_expect_str_eq(loaded.config->api.client_secret, "a-secret");
        loaded_release(&loaded);
        free(text);
    }
}

Test(expand, without_credentials_other_variables_must_be_set_all_the_same)
{
    unsetenv("UNSET");
    char *text = fixture_job(3, "  client_id: ${UNSET}\n  audience: ${UNSET}");
    struct loaded loaded = fixture_load_with(text, &without_credentials);
    cr_expect_str_eq(buf_text(&loaded.problems), "4:13: environment variable 'UNSET' is not set\n");
    loaded_release(&loaded);
    free(text);
    text = fixture_job(3, "  client_id: ${UNSET");
    loaded = fixture_load_with(text, &without_credentials);
    cr_expect_str_eq(buf_text(&loaded.problems), "3:14: '${' without '}'\n");
    loaded_release(&loaded);
    free(text);
}
