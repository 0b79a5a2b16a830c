#include "fixture.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

TestSuite(defaults, .init = (void (*)(void))fixture_begin, .fini = fixture_end);

Test(defaults, a_minimal_job_has_the_documented_defaults)
{
    struct loaded loaded = fixture_load(minimal_job);
    cr_assert_eq(loaded.status, STATUS_OK, "%s", buf_text(&loaded.problems));
    const struct config *config = loaded.config;
    cr_expect_str_eq(config->api.base_url, "https://api.innerspace.io");
    cr_expect_str_eq(config->api.audience, "https://global-config.innerspace.io");
    cr_expect_eq(config->api.dialect, CONFIG_DIALECT_AUTO);
    cr_expect_null(config->api.ca_file);
    cr_expect_eq(config->fetch.concurrency, 8);
    cr_expect_eq(config->fetch.requests_per_second, 10.0);
    cr_expect_eq(config->fetch.page_size, 10000);
    cr_expect_eq(config->fetch.verify, CONFIG_VERIFY_AUTO);
    cr_expect_eq(config->fetch.timeout_seconds, 60);
    cr_expect_eq(config->fetch.max_attempts, 6);
    cr_expect_eq(config->fetch.max_runtime_seconds, 4 * 3600);
    cr_expect(!config->coverage.from_is_relative);
    cr_expect_eq(config->coverage.until, CONFIG_UNTIL_YESTERDAY);
    cr_expect_eq(config->coverage.settle_seconds, 3 * 86400);
    cr_expect_str_eq(config->coverage.time_zone, "UTC");
    loaded_release(&loaded);
}

Test(defaults, lists_and_what_is_not_given)
{
    struct loaded loaded = fixture_load(minimal_job);
    cr_assert_eq(loaded.status, STATUS_OK, "%s", buf_text(&loaded.problems));
    const struct config *config = loaded.config;
    cr_expect_str_eq(config->dataset, "building_insights");
    cr_expect_eq(config->column_count, 1);
    cr_expect_str_eq(config->columns[0], "OCCUPANCY_MEAN");
    cr_expect(!config->all_columns);
    cr_expect_eq(config->granularity_count, 1);
    cr_expect_str_eq(config->granularities[0], "PT1H");
    cr_expect_str_eq(config->buildings[0].time_zone, "UTC");
    cr_expect_null(config->buildings[0].name);
    cr_expect_eq(config->on_vanished, CONFIG_VANISHED_KEEP);
    cr_expect_eq(config->file_mode, 0600);
    cr_expect_null(config->notify.heartbeat_url);
    cr_expect_eq(config->notify.on_failure_count, 0);
    cr_expect_null(config->metrics_textfile);
    cr_expect_str_eq(config->name, "job");
    loaded_release(&loaded);
}

Test(defaults, a_section_with_one_key_keeps_the_defaults_of_the_others)
{
    char *text = fixture_job(0, "fetch: {page_size: 5}");
    struct loaded loaded = fixture_load(text);
    cr_assert_eq(loaded.status, STATUS_OK, "%s", buf_text(&loaded.problems));
    cr_expect_eq(loaded.config->fetch.page_size, 5);
    cr_expect_eq(loaded.config->fetch.concurrency, 8);
    loaded_release(&loaded);
    free(text);
}

Test(defaults, an_empty_section_is_all_defaults)
{
    char *text = fixture_job(0, "fetch: {}");
    struct loaded loaded = fixture_load(text);
    cr_assert_eq(loaded.status, STATUS_OK, "%s", buf_text(&loaded.problems));
    cr_expect_eq(loaded.config->fetch.page_size, 10000);
    loaded_release(&loaded);
    free(text);
}
