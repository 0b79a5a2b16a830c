#include "fixture.h"

#include "config/keys.h"
#include "config/source.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct source read_project_file(const char *path)
{
    struct source source = {0};
    struct err err = {0};
    cr_assert_eq(source_read(path, 1 << 20, &source, &err), STATUS_OK, "%s: %s", path, err.message);
    return source;
}

Test(schema, the_file_is_what_the_table_says)
{
    struct source file = read_project_file(OCCUPORT_SOURCE_DIR "/config/schema.json");
    struct buf schema = {0};
    config_schema(&schema);
    cr_assert_eq(buf_status(&schema, NULL), STATUS_OK);
    cr_expect_eq(strcmp(buf_text(&schema), file.text), 0,
                 "config/schema.json is not that of the table of keys: write it anew with config_text schema");
    buf_release(&schema);
    source_release(&file);
}

/* The object of properties of a map holds a member for each of its keys, with its help. */
Test(schema, every_key_and_its_help_stand_in_it)
{
    struct buf schema = {0};
    config_schema(&schema);
    for (size_t i = 0; i < key_count; i++) {
        struct buf help = {0};
        buf_append_json_string(&help, keys[i].help, strlen(keys[i].help));
        help.data[help.size - 1] = '\0'; /* a note may follow the help */
        cr_expect_not_null(strstr(buf_text(&schema), buf_text(&help)), "the help of '%s'", keys[i].path);
        buf_release(&help);
    }
    buf_release(&schema);
}

Test(schema, the_documentation_holds_the_table_of_keys)
{
    struct source file = read_project_file(OCCUPORT_SOURCE_DIR "/docs/configuration.md");
    struct buf reference = {0};
    config_reference(&reference);
    cr_assert_eq(buf_status(&reference, NULL), STATUS_OK);
    cr_expect_not_null(
        strstr(file.text, buf_text(&reference)),
        "the table in docs/configuration.md is not that of the keys: take it from config_text reference");
    buf_release(&reference);
    source_release(&file);
}

Test(schema, every_key_stands_in_the_documentation)
{
    struct source file = read_project_file(OCCUPORT_SOURCE_DIR "/docs/configuration.md");
    for (size_t i = 1; i < key_count; i++) {
        char cell[128];
        snprintf(cell, sizeof cell, "| `%s` |", keys[i].path);
        cr_expect_not_null(strstr(file.text, cell), "'%s'", keys[i].path);
    }
    source_release(&file);
}

Test(schema, the_comments_of_the_starter_job_are_those_of_the_table)
{
    static const char *const paths[] = {"version", "api.client_secret", "coverage.from", "buildings[].groups"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        cr_expect_not_null(strstr(config_starter(), key_find(paths[i])->help), "%s", paths[i]);
    cr_expect_eq(config_starter(), config_starter(), "it is made once");
}

Test(schema, a_buffer_that_is_too_small_says_so)
{
    struct buf small = {.max = 1000};
    config_schema(&small);
    cr_expect_eq(buf_status(&small, NULL), STATUS_TOO_LARGE);
    buf_release(&small);
}
