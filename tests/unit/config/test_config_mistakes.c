#include "fixture.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

TestSuite(mistakes, .init = (void (*)(void))fixture_begin, .fini = fixture_end);

/* One line of the minimal job is replaced, or lines are added (line 0); all that is said must be what is expected. */
struct mistake {
    unsigned line;
    const char *text;
    const char *expected;
};

static void expect(const struct mistake *mistakes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char *text = fixture_job(mistakes[i].line, mistakes[i].text);
        struct loaded loaded = fixture_load(text);
        cr_expect_eq(loaded.status, STATUS_CONFIG, "'%s'", mistakes[i].text);
        cr_expect_str_eq(buf_text(&loaded.problems), mistakes[i].expected, "for '%s'", mistakes[i].text);
        loaded_release(&loaded);
        free(text);
    }
}

#define EXPECT(mistakes) expect(mistakes, sizeof(mistakes) / sizeof((mistakes)[0]))

Test(mistakes, unknown_keys_are_told_with_what_was_probably_meant)
{
    static const struct mistake mistakes[] = {
        {0, "granularites: [PT1H]", "13:1: unknown key 'granularites'; did you mean 'granularities'?\n"},
        {0, "Version2: 1", "13:1: unknown key 'Version2'; did you mean 'version'?\n"},
        {0, "fetch:\n  pagesize: 5", "14:3: unknown key 'pagesize'; did you mean 'page_size'?\n"},
        {0, "fetch: {page_sizes: 5}", "13:9: unknown key 'page_sizes'; did you mean 'page_size'?\n"},
        {0, "page_size: 5", "13:1: unknown key 'page_size'; did you mean 'fetch.page_size'?\n"},
        {0, "sites: [5]", "13:1: unknown key 'sites'; did you mean 'buildings[].sites'?\n"},
        {0, "zzzzzz: 5", "13:1: unknown key 'zzzzzz'\n"},
        {0, "\"\": 5", "13:1: unknown key ''\n"},
        {0, "12: 5", "13:1: unknown key '12'\n"},
        {12, "  - sqllite: {path: x}", "12:5: unknown key 'sqllite'; did you mean 'sqlite'?\n"},
        {12, "  - sqlite: {file: x}", "12:13: missing required key 'path'\n12:14: unknown key 'file'\n"},
    };
    EXPECT(mistakes);
}

Test(mistakes, missing_keys_are_told_at_the_mapping_that_lacks_them)
{
    static const struct mistake mistakes[] = {
        {1, "# no version", "2:1: missing required key 'version'\n"},
        {3, "  # no id", "4:3: missing required key 'client_id'\n"},
        {6, "  until: today", "6:3: missing required key 'from'\n"},
        {8, "  - name: x", "8:5: missing required key 'id'\n"},
        {9, "    name: x", "8:5: missing required key 'sites'\n"},
        {10, "    name: x", "8:5: missing required key 'groups'\n"},
        {12, "  - sqlite: {}", "12:13: missing required key 'path'\n"},
    };
    EXPECT(mistakes);
    struct loaded loaded = fixture_load("dataset: building_insights\n");
    cr_expect_str_eq(buf_text(&loaded.problems), "1:1: missing required key 'version'\n"
                                                 "1:1: missing required key 'api.client_id'\n"
                                                 "1:1: missing required key 'api.client_secret'\n"
                                                 "1:1: missing required key 'coverage.from'\n"
                                                 "1:1: missing required key 'buildings'\n"
                                                 "1:1: missing required key 'destinations'\n");
    loaded_release(&loaded);
}

Test(mistakes, wrong_kinds_say_what_is_wanted_and_what_stands_there)
{
    static const struct mistake mistakes[] = {
        {0, "fetch: fast", "13:8: 'fetch' must be a mapping, not text\n"},
        {0, "fetch: [5]", "13:8: 'fetch' must be a mapping, not a list\n"},
        {0, "fetch: 5", "13:8: 'fetch' must be a mapping, not a number\n"},
        {0, "fetch:", "13:1: 'fetch' has no value\n"},
        {0, "fetch: null", "13:8: 'fetch' has no value\n"},
        {0, "fetch:\n  page_size:", "14:3: 'fetch.page_size' has no value\n"},
        {0, "fetch:\n  page_size: ~", "14:14: 'fetch.page_size' has no value\n"},
        {0, "fetch:\n  page_size: [1]", "14:14: 'fetch.page_size' must be a whole number, not a list\n"},
        {0, "granularities: PT1H", "13:16: 'granularities' must be a list, not text\n"},
        {0, "granularities: {PT1H: 1}", "13:16: 'granularities' must be a list, not a mapping\n"},
        {0, "columns: OCCUPANCY_MEAN", "13:10: 'columns' must be a list or the word 'all', not text\n"},
        {0, "columns: [[A]]", "13:11: 'columns[]' must be a column name, not a list\n"},
        {8, "  - 71\n  - id: 71", "8:5: 'buildings[]' must be a mapping, not a number\n"},
        {8, "  -\n  - id: 71", "8:4: 'buildings[]' has no value\n"},
        {12, "  sqlite: {path: x}", "12:3: 'destinations' must be a list, not a mapping\n"},
    };
    EXPECT(mistakes);
}

Test(mistakes, numbers_are_numbers_within_their_range)
{
    static const struct mistake mistakes[] = {
        {1, "version: 2", "1:10: 'version' must be 1, not '2'\n"},
        {1, "version: \"1\"", "1:10: 'version' must be 1, not text: remove the quotes around 1\n"},
        {8, "  - id: \"71\"",
         "8:9: 'buildings[].id' must be a whole number of at most 64 bits, not text: remove the "
         "quotes around 71\n"},
        {8, "  - id: 71.5", "8:9: 'buildings[].id' must be a whole number of at most 64 bits, not '71.5'\n"},
        {8, "  - id: 9223372036854775808",
         "8:9: 'buildings[].id' must be a whole number of at most 64 bits, not '9223372036854775808'\n"},
        {0, "fetch: {concurrency: 0}",
         "13:22: 'fetch.concurrency' must be a whole number between 1 and 256, not '0'\n"},
        {0, "fetch: {concurrency: 257}",
         "13:22: 'fetch.concurrency' must be a whole number between 1 and 256, not '257'\n"},
        {0, "fetch: {page_size: 1000001}",
         "13:20: 'fetch.page_size' must be a whole number between 1 and 1000000, not '1000001'\n"},
        {0, "fetch: {page_size: 1e3}",
         "13:20: 'fetch.page_size' must be a whole number between 1 and 1000000, not '1e3'\n"},
        {0, "fetch: {page_size: yes}",
         "13:20: 'fetch.page_size' must be a whole number between 1 and 1000000, not 'yes'\n"},
        {0, "fetch: {max_attempts: 101}",
         "13:23: 'fetch.max_attempts' must be a whole number between 1 and 100, not '101'\n"},
        {0, "fetch: {requests_per_second: -0.5}",
         "13:30: 'fetch.requests_per_second' must be a number between 0 and 10000, not '-0.5'\n"},
        {0, "fetch: {requests_per_second: .nan}",
         "13:30: 'fetch.requests_per_second' must be a number between 0 and 10000, not '.nan'\n"},
        {0, "fetch: {requests_per_second: \"10\"}",
         "13:30: 'fetch.requests_per_second' must be a number between 0 and 10000, not text: remove the quotes around "
         "10\n"},
    };
    EXPECT(mistakes);
}

Test(mistakes, durations_have_a_unit_and_a_range)
{
    static const struct mistake mistakes[] = {
        {0, "fetch: {timeout: 60}",
         "13:18: 'fetch.timeout' must be a duration such as 30s, 5m, 2h or 3d, with a unit, not '60'\n"},
        {0, "fetch: {timeout: 1.5m}",
         "13:18: 'fetch.timeout' must be a duration such as 30s, 5m, 2h or 3d, not '1.5m'\n"},
        {0, "fetch: {timeout: 60 s}",
         "13:18: 'fetch.timeout' must be a duration such as 30s, 5m, 2h or 3d, not '60 s'\n"},
        {0, "fetch: {timeout: 0s}", "13:18: 'fetch.timeout' must be between 1s and 1h, not '0s'\n"},
        {0, "fetch: {timeout: 61m}", "13:18: 'fetch.timeout' must be between 1s and 1h, not '61m'\n"},
        {0, "fetch: {max_runtime: 31d}", "13:22: 'fetch.max_runtime' must be between 0s and 30d, not '31d'\n"},
        {6, "  from: 30d\n  settle: -1d",
         "7:11: 'coverage.settle' must be a duration such as 30s, 5m, 2h or 3d, not '-1d'\n"},
        {6, "  from: 30d\n  settle: 99999999999999999999d",
         "7:11: 'coverage.settle' must be a duration such as 30s, 5m, 2h or 3d, not '99999999999999999999d'\n"},
    };
    EXPECT(mistakes);
}

Test(mistakes, dates_exist_and_stand_in_order)
{
    static const struct mistake mistakes[] = {
        {6, "  from: 2025-02-30", "6:9: 'coverage.from' must be a date that exists, not '2025-02-30'\n"},
        {6, "  from: 2025-13-01", "6:9: 'coverage.from' must be a date that exists, not '2025-13-01'\n"},
        {6, "  from: 2023-02-29", "6:9: 'coverage.from' must be a date that exists, not '2023-02-29'\n"},
        {6, "  from: 1969-12-31", "6:9: 'coverage.from' must be a date from 1970-01-01 on, not '1969-12-31'\n"},
        {6, "  from: 2025-1-1",
         "6:9: 'coverage.from' must be a date such as 2025-01-31, or a number of days such as 90d, not '2025-1-1'\n"},
        {6, "  from: 90",
         "6:9: 'coverage.from' must be a date such as 2025-01-31, or a number of days such as 90d, not '90'\n"},
        {6, "  from: 4h",
         "6:9: 'coverage.from' must be a date such as 2025-01-31, or a number of days such as 90d, not '4h'\n"},
        {6, "  from: 0d", "6:9: 'coverage.from' must be between 1d and 36500d, not '0d'\n"},
        {6, "  from: yesterday",
         "6:9: 'coverage.from' must be a date such as 2025-01-31, or a number of days such as "
         "90d, not 'yesterday'\n"},
        {6, "  from: 30d\n  until: tomorrow",
         "7:10: 'coverage.until' must be yesterday, today or a date such as 2025-01-31, not 'tomorrow'\n"},
        {6, "  from: 30d\n  until: 2025-04-31",
         "7:10: 'coverage.until' must be a date that exists, not '2025-04-31'\n"},
        {6, "  until: 2025-01-30\n  from: 2025-01-31",
         "7:9: 'coverage.from' (2025-01-31) is after 'coverage.until' (2025-01-30)\n"},
    };
    EXPECT(mistakes);
}

Test(mistakes, a_coverage_of_one_day_is_in_order)
{
    char *text = fixture_job(6, "  until: 2025-01-31\n  from: 2025-01-31");
    struct loaded loaded = fixture_load(text);
    cr_expect_eq(loaded.status, STATUS_OK, "%s", buf_text(&loaded.problems));
    loaded_release(&loaded);
    free(text);
}

Test(mistakes, words_are_those_of_the_table)
{
    static const struct mistake mistakes[] = {
        {3, "  client_id: a\n  dialect: hasra",
         "4:12: 'api.dialect' must be auto, hasura or documented, not 'hasra'; did you mean 'hasura'?\n"},
        {3, "  client_id: a\n  dialect: Auto",
         "4:12: 'api.dialect' must be auto, hasura or documented, not 'Auto'; did you mean 'auto'?\n"},
        {0, "fetch: {verify: 7}", "13:17: 'fetch.verify' must be auto, count or pages, not '7'\n"},
        {0, "on_vanished: drop it all", "13:14: 'on_vanished' must be keep or delete, not 'drop it all'\n"},
        {0, "dataset: building_insight",
         "13:10: 'dataset' must be building_insights, not 'building_insight'; did "
         "you mean 'building_insights'?\n"},
    };
    EXPECT(mistakes);
}

Test(mistakes, addresses_zones_and_paths_are_checked)
{
    static const struct mistake mistakes[] = {
        {3, "  client_id: a\n  base_url: http://example.com",
         "4:13: 'api.base_url' must be an https address; plain http is for a loopback address such as "
         "http://127.0.0.1:8080 only, not 'http://example.com'\n"},
        {3, "  client_id: a\n  base_url: https://u:p@example.com",
         "4:13: 'api.base_url' must be an address without user name and password\n"},
        {3, "  client_id: a\n  base_url: https://example.com/?a=b",
         "4:13: 'api.base_url' must be an address without '?' and '#', not 'https://example.com/?a=b'\n"},
        {3, "  client_id: a\n  base_url: example.com",
         "4:13: 'api.base_url' must be an address such as https://api.example.com, not 'example.com'\n"},
        {3, "  client_id: a\n  ca_file: nothing.pem",
         "4:12: cannot read the file of 'api.ca_file': No such file or directory\n"},
        {3, "  client_id: a\n  ca_file: .", "4:12: cannot read the file of 'api.ca_file': it is not a regular file\n"},
        {6, "  from: 30d\n  time_zone: Amerika/Toronto",
         "7:14: 'coverage.time_zone' must be a time zone that this system knows, by its IANA name such as "
         "America/Toronto, not 'Amerika/Toronto'\n"},
        {8, "  - id: 71\n    time_zone: ../../etc/passwd",
         "9:16: 'buildings[].time_zone' must be a time zone that this system knows, by its IANA name such as "
         "America/Toronto, not '../../etc/passwd'\n"},
        {12, "  - sqlite: {path: ~/x.db}",
         "12:20: 'destinations[].sqlite.path' must be a path without '~', which is "
         "not expanded, not '~/x.db'\n"},
        {12, "  - sqlite: {path: ''}", "12:20: 'destinations[].sqlite.path' must not be empty\n"},
        {12, "  - sqlite: {path: 5}",
         "12:20: 'destinations[].sqlite.path' must be text, not a number: put quotes around 5\n"},
        {12, "  - sqlite: {path: \"a\\nb\"}",
         "12:20: 'destinations[].sqlite.path' holds a control character or a line break\n"},
    };
    EXPECT(mistakes);
}

Test(mistakes, csv_destinations)
{
    static const struct mistake mistakes[] = {
        {12, "  - csv: {directory: csv, layout: flat}",
         "12:35: 'destinations[].csv.layout' must be partitioned or single, not 'flat'\n"},
        {12, "  - csv: {directory: csv, excel_safe: yes}",
         "12:39: 'destinations[].csv.excel_safe' must be true or false, not 'yes'\n"},
        {12, "  - csv: {directory: csv, excel_safe: \"true\"}",
         "12:39: 'destinations[].csv.excel_safe' must be true or false, not text: remove the quotes around true\n"},
        {0, "on_vanished: drop", "13:14: 'on_vanished' must be keep or delete, not 'drop'\n"},
    };
    EXPECT(mistakes);
}

Test(mistakes, whom_to_tell_is_checked)
{
    static const struct mistake mistakes[] = {
        {0, "notify: {on_failure: []}", "13:22: 'notify.on_failure' must not be an empty list\n"},
        {0, "notify: {on_failure: page-me}", "13:22: 'notify.on_failure' must be a list, not text\n"},
        {0, "metrics: {}", "13:10: missing required key 'textfile'\n"},
    };
    EXPECT(mistakes);
}
