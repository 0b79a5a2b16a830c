#include "fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(lists, .init = (void (*)(void))fixture_begin, .fini = fixture_end);

static void expect(unsigned line, const char *replacement, const char *expected)
{
    char *text = fixture_job(line, replacement);
    struct loaded loaded = fixture_load(text);
    cr_expect_eq(loaded.status, *expected != '\0' ? STATUS_CONFIG : STATUS_OK, "'%s'", replacement);
    cr_expect_str_eq(buf_text(&loaded.problems), expected, "for '%s'", replacement);
    loaded_release(&loaded);
    free(text);
}

Test(lists, a_list_must_not_be_empty)
{
    expect(9, "    sites: []", "9:12: 'buildings[].sites' must not be an empty list\n");
    expect(10, "    groups: []", "10:13: 'buildings[].groups' must not be an empty list\n");
    expect(0, "columns: []", "13:10: 'columns' must not be an empty list\n");
    expect(0, "granularities: []", "13:16: 'granularities' must not be an empty list\n");
    expect(12, "  []", "12:3: 'destinations' must not be an empty list\n");
}

Test(lists, a_building_stands_once)
{
    expect(10, "    groups: [a]\n  - {id: 72, sites: [1], groups: [a]}\n  - {id: 0x47, sites: [1], groups: [a]}",
           "12:10: duplicate building id '0x47', first at line 8\n");
}

Test(lists, a_site_stands_once_in_a_building_and_again_in_another)
{
    expect(9, "    sites: [1, 2, 1, 1]",
           "9:19: duplicate site '1', first at line 9\n9:22: duplicate site '1', first at line 9\n");
    expect(10, "    groups: [a]\n  - {id: 72, sites: [900000222], groups: [a]}", "");
}

Test(lists, a_group_stands_once_and_the_case_of_letters_counts)
{
    expect(10, "    groups: [b, a, b]", "10:20: duplicate group 'b', first at line 10\n");
    expect(10, "    groups: [b, B]", "");
    expect(10, "    groups: [x, 'x']", "10:17: duplicate group 'x', first at line 10\n");
}

Test(lists, ids_and_groups_are_not_mixed_up)
{
    expect(8, "  - id: 900000222", "");
}

Test(lists, a_file_is_one_destination_however_its_path_is_spelled)
{
    expect(0, "  - sqlite: {path: .//occupancy.db}",
           "13:20: duplicate destination './/occupancy.db', first at line 12\n");
    expect(0, "  - sqlite: {path: other.db}\n  - sqlite: {path: other.db}",
           "14:20: duplicate destination 'other.db', first at line 13\n");
    expect(0, "  - csv: {directory: a/b}\n  - csv: {directory: ./a/.//b/, layout: single}",
           "14:22: duplicate destination './a/.//b/', first at line 13\n");
    expect(0, "  - csv: {directory: a/b}\n  - csv: {directory: a/bc}\n  - csv: {directory: a}", "");
    expect(0, "  - csv: {directory: occupancy.db}", "");
}

Test(lists, a_wrong_entry_is_no_duplicate_of_another_wrong_one)
{
    expect(9, "    sites: [a, a]",
           "9:13: 'buildings[].sites[]' must be a whole number of at most 64 bits, not 'a'\n"
           "9:16: 'buildings[].sites[]' must be a whole number of at most 64 bits, not 'a'\n");
}

Test(lists, a_group_is_any_text_in_quotes_or_out_of_them)
{
    expect(10, "    groups: [\"123\", 00000000-0000-0000-0000-000000000000, all-e707b3a8, '\xC3\xA9quipe 1', yes]", "");
    expect(10, "    groups: [123]",
           "10:14: 'buildings[].groups[]' must be text, not a number: put quotes around 123\n");
    expect(10, "    groups: [1e5]",
           "10:14: 'buildings[].groups[]' must be text, not a number: put quotes around 1e5\n");
    expect(10, "    groups: [true]",
           "10:14: 'buildings[].groups[]' must be text, not a boolean: put quotes around true\n");
    expect(10, "    groups: [null]", "10:14: 'buildings[].groups[]' has no value\n");
    expect(10, "    groups: ['']", "10:14: 'buildings[].groups[]' must not be empty\n");
    expect(10, "    groups: [\"a\\x01\"]", "10:14: 'buildings[].groups[]' holds a control character or a line break\n");
    expect(10, "    groups: [\"a\\0b\"]", "10:14: 'buildings[].groups[]' holds a control character or a line break\n");
    expect(10, "    groups: [\"a\\u0085\"]",
           "10:14: 'buildings[].groups[]' holds a control character or a line break\n");
}

Test(lists, a_group_has_at_most_256_bytes)
{
    char group[258];
    char line[400];
    memset(group, 'g', sizeof group - 1);
    group[257] = '\0';
    snprintf(line, sizeof line, "    groups: [%s]", group + 1);
    expect(10, line, "");
    snprintf(line, sizeof line, "    groups: [%s]", group);
    expect(10, line, "10:14: 'buildings[].groups[]' is longer than 256 bytes\n");
}

Test(lists, granularities_are_iso_durations)
{
    expect(0, "granularities: [PT1H, P1D, P1W, P1M, PT15M, PT1H30M, P1Y6M, P1DT12H, PT90S]", "");
    static const char *const wrong[] = {"P",     "PT",    "1H",    "pt1h",  "PT1",    "P1",   "P1H",    "PT1D",
                                        "P1W1D", "-PT1H", "PT1H ", "P1D1M", "PT1S1M", "P1DT", "PT1.5H", "hour"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char line[64];
        char expected[160];
        snprintf(line, sizeof line, "granularities: ['%s']", wrong[i]);
        snprintf(expected, sizeof expected,
                 "13:17: 'granularities[]' must be an ISO 8601 duration such as PT1H or P1D, not '%s'\n", wrong[i]);
        expect(0, line, expected);
    }
    expect(0, "granularities: [PT1H, P1D, PT1H]", "13:28: duplicate granularity 'PT1H', first at line 13\n");
}

Test(lists, columns_are_names_that_are_not_stored_already)
{
    expect(0, "columns: [A, b_2, _x, _9]", "");
    expect(0, "columns: [BUILDING_ID]", "13:11: column 'BUILDING_ID' is always stored; leave it out\n");
    expect(0, "columns: [Local_Hour]", "13:11: column 'LOCAL_HOUR' is always stored; leave it out\n");
    expect(0, "columns: [OCCUPANCY_MEAN, occupancy_mean]",
           "13:27: duplicate column 'occupancy_mean', first at line 13\n");
    static const char *const wrong[] = {"9A", "A-B", "A B", "__typename", "__x", "A.B", "\xC3\xA9", "A;", "_", "a\"b"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char line[64];
        char expected[200];
        snprintf(line, sizeof line, "columns: ['%s']", wrong[i]);
        snprintf(expected, sizeof expected,
                 "13:11: 'columns[]' must be a column name: letters, digits and '_', no digit first, at most one '_' "
                 "first, not '%s'\n",
                 wrong[i]);
        expect(0, line, expected);
    }
}

Test(lists, a_destination_has_exactly_one_kind)
{
    expect(12, "  - {}", "12:5: 'destinations[]' must have exactly one of these keys: sqlite, csv, postgres\n");
    expect(12, "  - {sqlite: {path: x}, csv: {directory: y}}",
           "12:5: 'destinations[]' must have exactly one of these keys: sqlite, csv, postgres\n");
}

Test(lists, a_list_has_a_maximum)
{
    struct buf line = {0};
    buf_append_text(&line, "granularities: [");
    for (int i = 1; i <= 51; i++)
        buf_appendf(&line, "%sPT%dM", i == 1 ? "" : ", ", i);
    buf_append_text(&line, "]");
    expect(0, buf_text(&line), "13:16: 'granularities' has more than 50 entries\n");
    buf_release(&line);
}
