#include "fixture.h"

#include "config/yaml_reader.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(yaml, .init = (void (*)(void))fixture_begin, .fini = fixture_end);

static void expect_problems(const char *text, const char *expected)
{
    struct loaded loaded = fixture_load(text);
    cr_expect_eq(loaded.status, STATUS_CONFIG, "status of\n%s", text);
    cr_expect_str_eq(buf_text(&loaded.problems), expected, "for\n%s", text);
    loaded_release(&loaded);
}

/* Only the first problem: for texts that are wrong in other ways, too. */
static void expect_among(const char *text, const char *expected)
{
    struct loaded loaded = fixture_load(text);
    cr_expect(strstr(buf_text(&loaded.problems), expected) != NULL, "'%s' is missing in\n%s", expected,
              buf_text(&loaded.problems));
    loaded_release(&loaded);
}

Test(yaml, syntax_errors_have_a_place_and_a_hint)
{
    expect_problems("a: [1,\n",
                    "2:1: not valid YAML: did not find expected node content; a bracket is not closed, or a "
                    "value is missing\n");
    expect_problems("a: 'x\n", "2:1: not valid YAML: found unexpected end of stream while scanning a quoted scalar of "
                               "line 1; a quote is not closed\n");
    expect_problems("a: b: c\n", "1:5: not valid YAML: mapping values are not allowed in this context; check the "
                                 "indentation, or put quotes around a value that holds ': '\n");
    expect_problems("a: @x\n", "1:4: not valid YAML: found character that cannot start any token; put quotes around "
                               "the value\n");
    expect_problems("a: 1\n b: 2\n", "2:3: not valid YAML: mapping values are not allowed in this context; check the "
                                     "indentation, or put quotes around a value that holds ': '\n");
    expect_problems("a:\n\tb: 1\n", "2:1: not valid YAML: found character that cannot start any token; indent with "
                                    "blanks, not with tabs\n");
    expect_problems("a: \"\\q\"\n", "1:5: not valid YAML: found unknown escape character; write \\\\ for a backslash, "
                                    "or use single quotes\n");
    expect_problems("a:\n  b: 1\n c: 2\n", "3:2: not valid YAML: did not find expected key while parsing a block "
                                           "mapping of line 1; check the indentation\n");
}

Test(yaml, a_reference_inside_brackets_gets_its_own_hint)
{
    expect_problems("destinations:\n  - sqlite: {path: ${DB}}\n",
                    "2:21: not valid YAML: did not find expected ',' or '}'; inside [] and {} put quotes around a "
                    "value with ${...}\n");
    expect_problems("columns: [${DB}]\n", "1:12: not valid YAML: did not find expected ',' or ']'; inside [] and {} "
                                          "put quotes around a value with ${...}\n");
}

Test(yaml, columns_are_counted_in_characters)
{
    expect_problems("\xC3\xA9\xC3\xA9: @\n", "1:5: not valid YAML: found character that cannot start any token; put "
                                             "quotes around the value\n");
}

Test(yaml, a_file_without_keys_is_empty)
{
    expect_problems("# nothing\n", "1:1: the file is empty: it holds no keys\n");
    expect_problems("---\n...\n", "1:1: the file is empty: it holds no keys\n");
    expect_problems("~\n", "1:1: a job file is a mapping of keys, not nothing\n");
    expect_problems("", "1:1: the file is empty: it holds no keys\n");
    expect_problems("\n\n", "1:1: the file is empty: it holds no keys\n");
}

Test(yaml, the_root_is_a_mapping)
{
    expect_problems("just text\n", "1:1: a job file is a mapping of keys, not text\n");
    expect_problems("\n- a\n", "2:1: a job file is a mapping of keys, not a list\n");
    expect_problems("42\n", "1:1: a job file is a mapping of keys, not a number\n");
}

Test(yaml, two_documents_are_one_too_many)
{
    expect_problems("version: 1\n---\nversion: 1\n", "2:1: a second document: a job file holds one\n");
}

Test(yaml, one_document_may_have_its_marks)
{
    struct buf text = {0};
    buf_appendf(&text, "%%YAML 1.2\n---\n%s...\n", minimal_job);
    struct loaded loaded = fixture_load(buf_text(&text));
    cr_expect_eq(loaded.status, STATUS_OK, "%s", buf_text(&loaded.problems));
    loaded_release(&loaded);
    buf_release(&text);
}

Test(yaml, a_duplicate_key_is_told_with_its_first_place)
{
    char *text = fixture_job(0, "version: 1");
    expect_problems(text, "13:1: duplicate key 'version', first at line 1\n");
    free(text);
    text = fixture_job(4, "  client_secret: a\n  client_id: b");
    expect_problems(text, "5:3: duplicate key 'client_id', first at line 3\n");
    free(text);
}

Test(yaml, merge_keys_are_refused)
{
    char *text = fixture_job(0, "fetch:\n  <<: {page_size: 5}");
    expect_problems(text, "14:3: merge keys ('<<') are not supported; write the keys out\n");
    free(text);
    expect_among("\"<<\": 1\n", "1:1: unknown key '<<'\n");
}

Test(yaml, keys_are_words)
{
    expect_among("? [a]\n: 1\n", "1:3: a key must be a word, not a list\n");
    expect_among("? {a: b}\n: 1\n", "1:3: a key must be a word, not a mapping\n");
    expect_among("\"version\\0x\": 1\n", "1:1: unknown key 'version'; did you mean 'version'?\n");
}

Test(yaml, tags_of_the_core_schema_work_and_others_do_not)
{
    char *text = fixture_job(8, "  - id: !!int \"71\"");
    struct loaded loaded = fixture_load(text);
    cr_expect_eq(loaded.status, STATUS_OK, "%s", buf_text(&loaded.problems));
    loaded_release(&loaded);
    free(text);
    text = fixture_job(10, "    groups: [!!str 71, ! 72]");
    loaded = fixture_load(text);
    cr_assert_eq(loaded.status, STATUS_OK, "%s", buf_text(&loaded.problems));
    cr_expect_str_eq(loaded.config->buildings[0].groups[0], "71");
    cr_expect_str_eq(loaded.config->buildings[0].groups[1], "72");
    loaded_release(&loaded);
    free(text);
    expect_among("version: !!int x\n", "1:10: the value is not what its tag '!!int' says\n");
    expect_among("version: !!binary aGk=\n", "1:10: tag 'tag:yaml.org,2002:binary' is not supported\n");
    expect_among("api: !secret {a: b}\n", "1:6: tag '!secret' is not supported\n");
    expect_among("api: !!python/object:os.system [x]\n",
                 "1:6: tag 'tag:yaml.org,2002:python/object:os.system' is not supported\n");
}

Test(yaml, an_alias_stands_for_its_anchor)
{
    char *text = fixture_job(10, "    groups: &all [a, b]\n"
                                 "  - id: 72\n"
                                 "    sites: [5]\n"
                                 "    groups: *all");
    struct loaded loaded = fixture_load(text);
    cr_assert_eq(loaded.status, STATUS_OK, "%s", buf_text(&loaded.problems));
    cr_expect_eq(loaded.config->buildings[1].group_count, 2);
    cr_expect_str_eq(loaded.config->buildings[1].groups[1], "b");
    loaded_release(&loaded);
    free(text);
}

Test(yaml, what_is_wrong_behind_an_alias_is_told_once_and_the_alias_by_its_own_place)
{
    char *text = fixture_job(10, "    groups: &all [7]\n"
                                 "  - id: 72\n"
                                 "    sites: *all\n"
                                 "    groups: *all");
    expect_problems(text, "10:19: 'buildings[].groups[]' must be text, not a number: put quotes around 7\n");
    free(text);
    text = fixture_job(10, "    groups: [&g x, *g]");
    expect_problems(text, "10:20: duplicate group 'x', first at line 10\n");
    free(text);
}

Test(yaml, aliases_without_an_anchor_or_an_end_are_errors)
{
    expect_problems("a: *nowhere\n", "1:4: unknown alias '*nowhere'\n");
    expect_problems("a: *later\nb: &later 1\n", "1:4: unknown alias '*later'\n");
    expect_problems("a: &a [*a]\n", "1:8: alias '*a' stands inside what it stands for\n");
    expect_problems("a: &a {b: {c: *a}}\n", "1:15: alias '*a' stands inside what it stands for\n");
}
