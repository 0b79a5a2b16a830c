#include "fixture.h"

#include "config/yaml_reader.h"

#include <criterion/criterion.h>
#include <string.h>

#define DESTINATIONS "destinations:\n  - sqlite: {path: occupancy.db}\n"

TestSuite(yaml_limits, .init = (void (*)(void))fixture_begin, .fini = fixture_end);

static void expect_problems(const char *text, const char *expected)
{
    struct loaded loaded = fixture_load(text);
    cr_expect_eq(loaded.status, STATUS_CONFIG);
    cr_expect_str_eq(buf_text(&loaded.problems), expected);
    loaded_release(&loaded);
}

static void repeat(struct buf *text, const char *part, size_t count)
{
    for (size_t i = 0; i < count; i++)
        buf_append_text(text, part);
}

Test(yaml_limits, a_billion_laughs_are_cut_short)
{
    struct buf text = {0};
    buf_append_text(&text, "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 10; i++) {
        buf_appendf(&text, "a%d: &a%d [", i, i);
        for (int j = 0; j < 10; j++)
            buf_appendf(&text, "%s*a%d", j == 0 ? "" : ", ", i - 1);
        buf_append_text(&text, "]\n");
    }
    expect_problems(buf_text(&text),
                    "6:10: too many values: more than 200000, those behind aliases counted each time\n");
    buf_release(&text);
}

Test(yaml_limits, nesting_is_bounded)
{
    struct buf text = {0};
    buf_append_text(&text, "a: ");
    repeat(&text, "[", 1000);
    expect_problems(buf_text(&text), "1:35: nested more than 32 deep\n");
    buf_release(&text);
}

Test(yaml_limits, nesting_up_to_the_bound_is_read)
{
    struct buf text = {0};
    buf_append_text(&text, "a: ");
    repeat(&text, "[", YAML_DEPTH_MAX - 1);
    repeat(&text, "]", YAML_DEPTH_MAX - 1);
    struct loaded loaded = fixture_load(buf_text(&text));
    cr_expect(strstr(buf_text(&loaded.problems), "1:1: unknown key 'a'\n") != NULL, "%s", buf_text(&loaded.problems));
    loaded_release(&loaded);
    buf_release(&text);
}

Test(yaml_limits, nodes_are_bounded)
{
    struct buf text = {0};
    buf_append_text(&text, "a:\n");
    repeat(&text, "- 1\n", YAML_NODES_MAX);
    expect_problems(buf_text(&text),
                    "199999:3: too many values: more than 200000, those behind aliases counted each time\n");
    buf_release(&text);
}

Test(yaml_limits, a_scalar_is_bounded)
{
    struct buf text = {0};
    buf_append_text(&text, "a: ");
    repeat(&text, "x", YAML_SCALAR_MAX + 1);
    expect_problems(buf_text(&text), "1:4: a value of more than 65536 bytes\n");
    buf_release(&text);
}

Test(yaml_limits, keys_of_a_mapping_are_bounded)
{
    struct buf text = {0};
    for (int i = 0; i <= YAML_KEYS_MAX; i++)
        buf_appendf(&text, "k%d: 1\n", i);
    expect_problems(buf_text(&text), "1001:8: more than 1000 keys in one mapping\n");
    buf_release(&text);
}

Test(yaml_limits, anchors_are_bounded)
{
    struct buf text = {0};
    buf_append_text(&text, "a:\n");
    for (int i = 0; i <= YAML_ANCHORS_MAX; i++)
        buf_appendf(&text, "- &a%d 1\n", i);
    expect_problems(buf_text(&text), "1002:3: too many anchors: more than 1000\n");
    buf_release(&text);
}

Test(yaml_limits, ten_thousand_buildings_are_no_problem)
{
    struct buf text = {.max = 1 << 20};
    buf_append(&text, minimal_job, strlen(minimal_job) - strlen(DESTINATIONS));
    for (int i = 0; i < 9999; i++)
        buf_appendf(&text, "  - {id: %d, sites: [1, 2], groups: [a, b]}\n", 1000 + i);
    buf_append_text(&text, "destinations: [{sqlite: {path: x}}]\n");
    struct loaded loaded = fixture_load(buf_text(&text));
    cr_assert_eq(loaded.status, STATUS_OK, "%s", buf_text(&loaded.problems));
    cr_expect_eq(loaded.config->building_count, 10000);
    cr_expect_eq(loaded.config->buildings[9999].id, 10998);
    cr_expect_str_eq(loaded.config->buildings[9999].groups[1], "b");
    loaded_release(&loaded);
    buf_release(&text);
}

/* Aliases of one long value: what it costs to read it is paid each time, and bounded in all. */
static void expect_too_many_references(const char *part, size_t count)
{
    struct buf text = {.max = 1 << 20};
    buf_append(&text, minimal_job, strlen(minimal_job) - strlen("    groups: [\"everyone\"]\n" DESTINATIONS));
    buf_append_text(&text, "    groups:\n      - &a \"");
    repeat(&text, part, count);
    buf_append_text(&text, "\"\n");
    repeat(&text, "      - *a\n", 9000);
    buf_append_text(&text, DESTINATIONS);
    struct loaded loaded = fixture_load(buf_text(&text));
    cr_expect_eq(loaded.status, STATUS_CONFIG);
    cr_expect(strstr(buf_text(&loaded.problems), "too many references") != NULL || loaded.diagnostics.dropped > 0,
              "%.2000s", buf_text(&loaded.problems));
    loaded_release(&loaded);
    buf_release(&text);
}

Test(yaml_limits, references_behind_aliases_are_bounded)
{
    expect_too_many_references("$-", 90);
    expect_too_many_references("${file:a}", 90);
    expect_too_many_references("$-", 30000); /* the maximum of one value */
}

Test(yaml_limits, more_problems_than_can_be_kept_are_counted)
{
    struct buf text = {0};
    for (int i = 0; i < 150; i++)
        buf_appendf(&text, "zzz%d: 1\n", i);
    struct loaded loaded = fixture_load(buf_text(&text));
    cr_expect_eq(loaded.status, STATUS_CONFIG);
    cr_expect_eq(loaded.diagnostics.count, DIAGNOSTICS_MAX);
    cr_expect_eq(loaded.diagnostics.dropped, 56, "50 keys and 6 missing ones, not %zu", loaded.diagnostics.dropped);
    cr_expect(strstr(buf_text(&loaded.problems), "and 56 more\n") != NULL);
    loaded_release(&loaded);
    buf_release(&text);
}
