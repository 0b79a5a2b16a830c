/* An allocation fails at each place in turn while a job file is read: never a wrong config, never "wrong job file". */
#include "fixture.h"
#include "starve.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const char full_job[] =
    "version: 1\n"
    "api:\n"
    "  base_url: http://127.0.0.1:8071\n"
    "  client_id: ${STARVE_ID}\n"
    "  client_secret: \"${file:secret}-$$\"\n"
    "fetch: {concurrency: 4, requests_per_second: 2.5, timeout: 90s}\n"
    "coverage: {from: 2025-01-01, until: 2025-05-31, settle: 3d, time_zone: America/Toronto}\n"
    "columns: &columns [OCCUPANCY_MEAN, LARGEST_ZONE]\n"
    "granularities: [PT1H, P1D]\n"
    "buildings:\n"
    "  - id: 71\n"
    "    name: 'It''s a \"demo\"'\n"
    "    sites: &sites [900000222, 900000223]\n"
    "    groups: &groups [\"00000000-0000-0000-0000-000000000000\", everyone]\n"
    "  - {id: 72, time_zone: Europe/London, sites: *sites, groups: *groups}\n"
    "datasets:\n"
    "  - {name: zone_insights, root_field: ZONE_INSIGHTS, keys: [ZONE_ID], columns: *columns}\n"
    "destinations:\n"
    "  - sqlite: {path: occupancy.db}\n"
    "  - csv: {directory: csv, layout: single}\n";

struct load {
    const char *path;
    struct config *config;
    struct diagnostics diagnostics;
};

static enum status act(void *context, struct err *err)
{
    struct load *load = context;
    enum status status = config_load(load->path, NULL, &load->config, &load->diagnostics);
    if (status != STATUS_OK && load->diagnostics.count > 0)
        err_set(err, status, "%s", load->diagnostics.entries[0].message);
    return status;
}

static void release(void *context)
{
    struct load *load = context;
    config_free(load->config);
    diagnostics_release(&load->diagnostics);
    load->config = NULL;
}

static void check(void *context)
{
    const struct config *config = ((struct load *)context)->config;
    cr_assert_str_eq(config->api.client_id, "an id of the environment");
    cr_assert_str_eq(config->api.client_secret, "a secret of a file-$");
    cr_assert_eq(config->fetch.requests_per_second, 2.5);
    cr_assert_str_eq(config->coverage.time_zone, "America/Toronto");
    cr_assert_eq(config->column_count, 2);
    cr_assert_str_eq(config->columns[1], "LARGEST_ZONE");
    cr_assert_eq(config->building_count, 2);
    for (size_t i = 0; i < 2; i++) {
        const struct config_building *building = &config->buildings[i];
        cr_assert_eq(building->id, 71 + (int64_t)i);
        cr_assert(building->site_count == 2 && building->sites[1] == 900000223);
        cr_assert(building->group_count == 2 && strcmp(building->groups[1], "everyone") == 0);
    }
    cr_assert_str_eq(config->buildings[0].name, "It's a \"demo\"");
    cr_assert_str_eq(config->buildings[1].time_zone, "Europe/London");
    cr_assert_str_eq(config->datasets[config->dataset_count - 1].dataset.root_field, "ZONE_INSIGHTS");
    cr_assert_eq(config->datasets[config->dataset_count - 1].column_count, 2);
    cr_assert_eq(config->destination_count, 2);
    cr_assert_eq(config->destinations[1].layout, CONFIG_CSV_SINGLE);
}

static void begin(void)
{
    (void)fixture_begin();
    fixture_write("secret", "a secret of a file\n", 19);
    setenv("STARVE_ID", "an id of the environment", 1);
}

TestSuite(alloc_config, .init = begin, .fini = fixture_end);

Test(alloc_config, a_job_is_read_right_or_memory_is_out)
{
    struct load load = {.path = fixture_write("job.yaml", full_job, strlen(full_job))};
    struct starved starved = {"config_load", &load, act, check, release, STATUS_OK};
    cr_assert_gt(starve_each(&starved), 100);
}

Test(alloc_config, a_wrong_job_is_never_taken_for_a_right_one)
{
    char *wrong = fixture_job(6, "  from: 2025-02-30\n  tymezone: [a, {b: c}]");
    struct load load = {.path = fixture_write("job.yaml", wrong, strlen(wrong))};
    struct starved starved = {"config_load of a wrong job", &load, act, NULL, release, STATUS_CONFIG};
    cr_assert_gt(starve_each(&starved), 20);
    free(wrong);
}

Test(alloc_config, broken_yaml_is_broken_or_memory_is_out)
{
    static const char broken[] = "version: 1\nbuildings: [{id: 71, sites: [1, 2\n\t- 'x";
    struct load load = {.path = fixture_write("job.yaml", broken, strlen(broken))};
    struct starved starved = {"config_load of broken YAML", &load, act, NULL, release, STATUS_CONFIG};
    cr_assert_gt(starve_each(&starved), 5);
}
