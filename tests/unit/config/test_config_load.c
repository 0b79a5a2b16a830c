#include "fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

TestSuite(load, .init = (void (*)(void))fixture_begin, .fini = fixture_end);

Test(load, a_file_mode_is_octal_however_it_is_written)
{
    static const struct {
        const char *line;
        int mode;
    } rows[] = {{"file_mode: 0640", 0640},   {"file_mode: 640", 0640}, {"file_mode: \"0660\"", 0660},
                {"file_mode: 0o644", 0644},  {"file_mode: 600", 0600}, {"file_mode: '0604'", 0604},
                {"file_mode: ${MODE}", 0646}};
    setenv("MODE", "0646", 1);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *text = fixture_job(0, rows[i].line);
        struct loaded loaded = fixture_load(text);
        cr_assert_eq(loaded.status, STATUS_OK, "%s: %s", rows[i].line, buf_text(&loaded.problems));
        cr_expect_eq(loaded.config->file_mode, rows[i].mode, "%s", rows[i].line);
        loaded_release(&loaded);
        free(text);
    }
}

static void set_credentials(void)
{
    setenv("INNERSPACE_CLIENT_ID", "id-from-outside", 1);
    setenv("INNERSPACE_CLIENT_SECRET", "secret-from-outside", 1);
}

Test(load, the_starter_job_is_right_once_its_two_variables_are_set)
{
    set_credentials();
    struct loaded loaded = fixture_load(config_starter());
    cr_assert_eq(loaded.status, STATUS_OK, "%s", buf_text(&loaded.problems));
    cr_expect_str_eq(loaded.config->api.client_id, "id-from-outside");
    cr_expect_str_eq(loaded.config->api.client_secret, "secret-from-outside");
    cr_expect_eq(loaded.config->buildings[0].id, 71);
    loaded_release(&loaded);
}

Test(load, the_starter_job_without_its_variables_says_so_at_the_right_places)
{
    unsetenv("INNERSPACE_CLIENT_ID");
    unsetenv("INNERSPACE_CLIENT_SECRET");
    struct loaded loaded = fixture_load(config_starter());
    cr_expect_eq(loaded.status, STATUS_CONFIG);
    cr_expect_eq(loaded.diagnostics.count, 2, "%s", buf_text(&loaded.problems));
    cr_expect(strstr(buf_text(&loaded.problems), ":14: environment variable 'INNERSPACE_CLIENT_ID' is not set\n"));
    cr_expect(strstr(buf_text(&loaded.problems), ":18: environment variable 'INNERSPACE_CLIENT_SECRET' is not set\n"));
    loaded_release(&loaded);
}

Test(load, the_example_job_is_right_and_has_three_buildings)
{
    set_credentials();
    struct loaded loaded = fixture_load_path(OCCUPORT_SOURCE_DIR "/config/example.yaml", NULL);
    cr_assert_eq(loaded.status, STATUS_OK, "%s", buf_text(&loaded.problems));
    cr_expect_eq(loaded.config->building_count, 3);
    cr_expect_str_eq(loaded.config->name, "example");
    cr_expect_str_eq(loaded.config->destinations[0].path, OCCUPORT_SOURCE_DIR "/config/occupancy.db");
    loaded_release(&loaded);
}

static const char whole_job[] = "version: 1\n"
                                "api:\n"
                                "  base_url: http://127.0.0.1:8080/gateway//\n"
                                "  audience: 'other audience'\n"
                                "  client_id: an-id\n"
                                "  client_secret: a$$secret\n"
                                "  dialect: documented\n"
                                "  ca_file: ca.pem\n"
                                "fetch:\n"
                                "  concurrency: 0x10\n"
                                "  requests_per_second: 2.5\n"
                                "  page_size: 010\n"
                                "  verify: pages\n"
                                "  timeout: 2m\n"
                                "  max_attempts: +3\n"
                                "  max_runtime: 0s\n"
                                "coverage:\n"
                                "  from: '2024-02-29'\n"
                                "  until: 2024-03-01\n"
                                "  settle: 36h\n"
                                "  time_zone: America/Toronto\n"
                                "dataset: building_insights\n"
                                "columns: [OCCUPANCY_MAX, _1, occupancy_mean]\n"
                                "granularities: [PT15M, P1D, P1W, P1Y2M3DT4H5M6S]\n"
                                "on_vanished: keep\n"
                                "buildings:\n"
                                "  - id: -1\n"
                                "    name: \"B\xC3\xA2timent 1\"\n"
                                "    sites: [9223372036854775807, 0]\n"
                                "    groups: ['71', all-e707b3a8, A, a]\n"
                                "  - groups: [x]\n"
                                "    time_zone: Asia/Kolkata\n"
                                "    sites: [9223372036854775807]\n"
                                "    id: 2\n"
                                "destinations: [{sqlite: {path: ./data/o.db}}]\n";

Test(load, every_value_arrives_where_it_belongs)
{
    fixture_write("ca.pem", "x", 1);
    struct loaded loaded = fixture_load(whole_job);
    cr_assert_eq(loaded.status, STATUS_OK, "%s", buf_text(&loaded.problems));
    const struct config *config = loaded.config;
    cr_expect_str_eq(config->api.base_url, "http://127.0.0.1:8080/gateway");
    cr_expect_str_eq(config->api.audience, "other audience");
    cr_expect_str_eq(config->api.client_secret, "a$secret");
    cr_expect_eq(config->api.dialect, CONFIG_DIALECT_DOCUMENTED);
    cr_expect_str_eq(config->api.ca_file, fixture_path("ca.pem"));
    cr_expect_eq(config->fetch.concurrency, 16);
    cr_expect_eq(config->fetch.requests_per_second, 2.5);
    cr_expect_eq(config->fetch.page_size, 10, "a leading zero is no octal");
    cr_expect_eq(config->fetch.verify, CONFIG_VERIFY_PAGES);
    cr_expect_eq(config->fetch.timeout_seconds, 120);
    cr_expect_eq(config->fetch.max_attempts, 3);
    cr_expect_eq(config->fetch.max_runtime_seconds, 0);
    cr_expect_eq(config->coverage.from, civil_day_from_date((struct civil_date){2024, 2, 29}));
    cr_expect_eq(config->coverage.until, CONFIG_UNTIL_DATE);
    cr_expect_eq(config->coverage.until_day, config->coverage.from + 1);
    cr_expect_eq(config->coverage.settle_seconds, 36 * 3600);
    cr_expect_str_eq(config->coverage.time_zone, "America/Toronto");
    cr_expect_str_eq(config->dataset, "building_insights");
    loaded_release(&loaded);
}

Test(load, lists_keep_the_order_of_the_file)
{
    fixture_write("ca.pem", "x", 1);
    struct loaded loaded = fixture_load(whole_job);
    cr_assert_eq(loaded.status, STATUS_OK, "%s", buf_text(&loaded.problems));
    const struct config *config = loaded.config;
    cr_expect_eq(config->column_count, 3);
    cr_expect_str_eq(config->columns[1], "_1");
    cr_expect(!config->all_columns);
    cr_expect_eq(config->granularity_count, 4);
    cr_expect_str_eq(config->granularities[3], "P1Y2M3DT4H5M6S");
    cr_assert_eq(config->building_count, 2);
    cr_expect_eq(config->buildings[0].id, -1);
    cr_expect_str_eq(config->buildings[0].name, "B\xC3\xA2timent 1");
    cr_expect_str_eq(config->buildings[0].time_zone, "America/Toronto", "that of the coverage");
    cr_expect_eq(config->buildings[0].sites[0], INT64_MAX);
    cr_expect_eq(config->buildings[0].group_count, 4);
    cr_expect_str_eq(config->buildings[0].groups[0], "71");
    cr_expect_null(config->buildings[1].name);
    cr_expect_str_eq(config->buildings[1].time_zone, "Asia/Kolkata");
    cr_expect_eq(config->buildings[1].id, 2);
    cr_expect_eq(config->destination_count, 1);
    cr_expect_eq(config->destinations[0].kind, CONFIG_DESTINATION_SQLITE);
    cr_expect_str_eq(config->destinations[0].path, fixture_path("data/o.db"));
    loaded_release(&loaded);
}

Test(load, coverage_may_begin_some_days_ago)
{
    char *text = fixture_job(6, "  from: 90d");
    struct loaded loaded = fixture_load(text);
    cr_assert_eq(loaded.status, STATUS_OK, "%s", buf_text(&loaded.problems));
    cr_expect(loaded.config->coverage.from_is_relative);
    cr_expect_eq(loaded.config->coverage.from_days_ago, 90);
    loaded_release(&loaded);
    free(text);
}

Test(load, paths_and_name_come_from_where_the_file_lies_not_from_where_we_are)
{
    fixture_write("night.yml", minimal_job, strlen(minimal_job));
    char path[512];
    snprintf(path, sizeof path, "%s", fixture_path("night.yml"));
    cr_assert_eq(chdir("/"), 0);
    struct loaded loaded = fixture_load_path(path, NULL);
    cr_assert_eq(loaded.status, STATUS_OK, "%s", buf_text(&loaded.problems));
    cr_expect_str_eq(loaded.config->path, path);
    cr_expect_str_eq(loaded.config->name, "night");
    cr_expect_str_eq(loaded.config->destinations[0].path, fixture_path("occupancy.db"));
    loaded_release(&loaded);
    loaded = fixture_load_path(path + 1, NULL);
    cr_assert_eq(loaded.status, STATUS_OK, "relative to /: %s", buf_text(&loaded.problems));
    cr_expect_str_eq(loaded.config->destinations[0].path, fixture_path("occupancy.db"));
    loaded_release(&loaded);
}

Test(load, a_failed_load_leaves_the_output_alone_and_says_why)
{
    struct config untouched = {0};
    struct config *config = &untouched;
    struct diagnostics diagnostics = {0};
    cr_expect_eq(config_load(fixture_path("nothing.yaml"), NULL, &config, &diagnostics), STATUS_CONFIG);
    cr_expect_eq(config, &untouched);
    cr_expect(diagnostics_any(&diagnostics));
    diagnostics_release(&diagnostics);
}

Test(load, the_time_zone_of_the_process_stays_as_it_was)
{
    setenv("TZ", "Asia/Tokyo", 1);
    char *text = fixture_job(6, "  from: 90d\n  time_zone: America/Toronto");
    struct loaded loaded = fixture_load(text);
    cr_expect_eq(loaded.status, STATUS_OK);
    cr_expect_str_eq(getenv("TZ"), "Asia/Tokyo");
    loaded_release(&loaded);
    free(text);
}

Test(load, nothing_can_be_freed)
{
    config_free(NULL);
}
