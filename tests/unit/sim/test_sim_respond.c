#include "fixture.h"

#include "dump.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct sim sim;

static void teardown(void)
{
    sim_close(&sim);
}

TestSuite(sim_respond, .fini = teardown);

#define SLICE                                                                                                          \
    "where:{BUILDING_ID:{_eq:71},SITE_ID:{_eq:900000222},GRANULARITY:{_eq:\"PT1H\"},DATE_PARTITION:{_eq:20250304},"    \
    "GROUP_ID:{_eq:\"00000000-0000-0000-0000-000000000000\"}}, order_by:[{DATE_TIME_START:asc}], offset:11, limit:1"
#define WORLD "--sites 1 --groups 1 --from 2025-03-01 --to 2025-03-10 "

/* The row of eleven o'clock, which has people in it, with these columns. */
static const char *row_of(const char *switches, const char *columns)
{
    static char text[1024];
    char query[1024];
    sim_open(&sim, switches);
    snprintf(query, sizeof query, "{BUILDING_INSIGHTS(" SLICE "){%s}}", columns);
    struct json_object *rows = sim_data(&sim, query, "BUILDING_INSIGHTS");
    cr_assert_eq(json_object_array_length(rows), 1);
    /* The text as it was sent, not as a parser would write it again. */
    const char *body = buf_text(&sim.reply.body);
    const char *start = strchr(body, '[') + 1;
    snprintf(text, sizeof text, "%.*s", (int)(strlen(start) - strlen("]}}")), start);
    return text;
}

Test(sim_respond, plain_numbers_are_decimals_without_trailing_zeros)
{
    const char *row = row_of(WORLD, "SITE_ID DATE_PARTITION OCCUPANCY_MAX OCCUPANCY_MEAN");
    const char *start = "{\"SITE_ID\":900000222,\"DATE_PARTITION\":20250304,\"OCCUPANCY_MAX\":";
    cr_assert_eq(strncmp(row, start, strlen(start)), 0, "%s", row);
    double mean = strtod(strstr(row, "MEAN\":") + 6, NULL);
    cr_assert_gt(mean, 1);
    char text[32];
    snprintf(text, sizeof text, ":%.12g}", mean);
    cr_assert_not_null(strstr(row, text), "%s", row);
}

Test(sim_respond, numbers_may_be_strings_or_exponents_of_the_same_value)
{
    double plain = strtod(strchr(row_of(WORLD, "OCCUPANCY_MEAN"), ':') + 1, NULL);
    sim_close(&sim);
    const char *row = row_of(WORLD "--numbers string", "OCCUPANCY_MEAN");
    cr_assert_eq(strncmp(row, "{\"OCCUPANCY_MEAN\":\"", 19), 0, "%s", row);
    cr_assert_float_eq(strtod(row + 19, NULL), plain, 0);
    sim_close(&sim);
    row = row_of(WORLD "--numbers exponent", "OCCUPANCY_MEAN");
    cr_assert_not_null(strstr(row, "e+0"), "%s", row);
    cr_assert_float_eq(strtod(strchr(row, ':') + 1, NULL), plain, 1e-9);
}

Test(sim_respond, ids_may_be_strings)
{
    cr_assert_str_eq(row_of(WORLD "--stringify-ids", "BUILDING_ID SITE_ID DATE_PARTITION"),
                     "{\"BUILDING_ID\":\"71\",\"SITE_ID\":\"900000222\",\"DATE_PARTITION\":\"20250304\"}");
    cr_assert_eq(sim_count(&sim, "BUILDING_INSIGHTS", "{SITE_ID:{_eq:900000222},GRANULARITY:{_eq:\"P1D\"}}"), 10,
                 "filters keep taking numbers");
}

Test(sim_respond, a_feature_is_an_object)
{
    row_of(WORLD, "LARGEST_ZONE");
    struct json_object *row = json_object_array_get_idx(
        json_object_object_get(json_object_object_get(sim.json, "data"), "BUILDING_INSIGHTS"), 0);
    struct json_object *zone = json_object_object_get(row, "LARGEST_ZONE");
    cr_assert(json_object_is_type(zone, json_type_object));
    cr_assert_eq(json_object_get_int64(json_object_object_get(zone, "ZONE_ID")) / 100, 900000222);
    cr_assert(json_object_is_type(json_object_object_get(zone, "NAME"), json_type_string));
}

Test(sim_respond, every_timestamp_spelling_is_sent)
{
    static const char *const spellings[][2] = {
        {"iso-z", "\"2025-03-04T16:00:00Z\""},
        {"iso-offset", "\"2025-03-04T11:00:00-05:00\""},
        {"iso-local", "\"2025-03-04T11:00:00\""},
        {"snowflake-ntz", "\"2025-03-04 16:00:00.000\""},
        {"snowflake-tz", "\"2025-03-04 11:00:00.000 -0500\""},
        {"date", "\"2025-03-04\""},
        {"epoch", "1741104000"},
    };
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        char switches[256];
        char wanted[128];
        snprintf(switches, sizeof switches, WORLD "--timestamps %s", spellings[i][0]);
        snprintf(wanted, sizeof wanted, "{\"DATE_TIME_START\":%s}", spellings[i][1]);
        cr_assert_str_eq(row_of(switches, "DATE_TIME_START"), wanted);
        if (i + 1 < sizeof spellings / sizeof *spellings)
            sim_close(&sim);
    }
}

static char *dumped(enum status (*write)(const struct world *, FILE *, struct err *))
{
    char *text = NULL;
    size_t size = 0;
    struct err err = {0};
    FILE *out = open_memstream(&text, &size);
    cr_assert_eq(write(&sim.service.editions[0].world, out, &err), STATUS_OK, "%s", err.message);
    fclose(out);
    return text;
}

static enum status write_csv(const struct world *world, FILE *out, struct err *err)
{
    (void)world;
    return dump_csv(&sim.service.editions[0].backend, TABLE_INSIGHTS, out, err);
}

Test(sim_respond, the_csv_dump_quotes_objects_and_leaves_null_empty)
{
    sim_open(&sim, "--buildings 1 --sites 1 --groups 1 --granularities PT1H --from 2025-03-04 --to 2025-03-04");
    char *text = dumped(write_csv);
    cr_assert_not_null(strstr(text, "\n71,900000222,00000000-0000-0000-0000-000000000000,PT1H,20250304,"
                                    "2025-03-04T05:00:00Z,0,0,,0,\n"));
    cr_assert_not_null(strstr(text, ",\"{\"\"ZONE_ID\"\":900000222"));
    cr_assert_null(strstr(text, "null"));
    free(text);
}

Test(sim_respond, the_job_dump_names_everything_there_is)
{
    sim_open(&sim, "--buildings 2 --sites 2 --groups 1");
    char *text = dumped(dump_job);
    cr_assert_str_eq(text, "granularities: [P1D, PT1H]\n"
                           "buildings:\n"
                           "  - id: 71\n"
                           "    time_zone: America/Toronto\n"
                           "    sites: [71001, 900000222]\n"
                           "    groups: [\"00000000-0000-0000-0000-000000000000\"]\n"
                           "  - id: 72\n"
                           "    time_zone: Europe/London\n"
                           "    sites: [72001, 72002]\n"
                           "    groups: [\"00000000-0000-0000-0000-000000000000\"]\n");
    free(text);
}

Test(sim_respond, a_dump_that_cannot_be_written_says_so)
{
    sim_open(&sim, "--from 2025-03-01 --to 2025-03-10");
    FILE *full = fopen("/dev/full", "w");
    cr_assert_not_null(full);
    struct err err = {0};
    cr_assert_eq(write_csv(&sim.service.editions[0].world, full, &err), STATUS_IO);
    fclose(full);
}
