#include "dump.h"
#include "fixture.h"
#include "zones.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORLD  "--buildings 2 --sites 3 --groups 2 --granularities PT1H,P1D --from 2025-05-01 --to 2025-05-03"
#define FIELDS "BUILDING_ID SITE_ID GROUP_ID GRANULARITY DATE_PARTITION DATE_TIME_START OCCUPANCY_MEAN"
#define KEY_ORDER                                                                                                      \
    "{BUILDING_ID:asc},{SITE_ID:asc},{GROUP_ID:asc},{GRANULARITY:asc},{DATE_PARTITION:asc},{DATE_TIME_START:asc}"
#define SLICE                                                                                                          \
    "where:{BUILDING_ID:{_eq:71},SITE_ID:{_eq:900000222},GROUP_ID:{_eq:\"00000000-0000-0000-0000-000000000000\"},"     \
    "GRANULARITY:{_eq:\"PT1H\"},DATE_PARTITION:{_eq:20250502}}"

static struct sim sim;

static void setup(void)
{
    sim_open(&sim, WORLD);
}

static void teardown(void)
{
    sim_close(&sim);
}

TestSuite(sim_zones, .init = setup, .fini = teardown);

static struct json_object *cell(struct json_object *rows, size_t row, const char *column)
{
    return json_object_object_get(json_object_array_get_idx(rows, row), column);
}

static struct json_object *ask(const char *table, const char *key, const char *args)
{
    char query[2048];
    snprintf(query, sizeof query, "{%s(%s){" FIELDS " %s}}", table, args, key);
    return sim_data(&sim, query, table);
}

static size_t dumped_rows(enum table_id table)
{
    char *text = NULL;
    size_t size = 0;
    size_t lines = 0;
    struct err err = {0};
    FILE *out = open_memstream(&text, &size);
    cr_assert_not_null(out);
    cr_assert_eq(dump_csv(&sim.service.editions[0].backend, table, out, &err), STATUS_OK);
    fclose(out);
    for (size_t i = 0; i < size; i++)
        lines += text[i] == '\n';
    free(text);
    return lines - 1;
}

Test(sim_zones, the_full_key_gives_every_row_of_the_dump_and_counts_agree)
{
    size_t zones = dumped_rows(TABLE_ZONES);
    cr_expect_gt(zones, 2 * dumped_rows(TABLE_INSIGHTS));
    cr_expect_eq((size_t)sim_count(&sim, "ZONE_INSIGHTS", "{}"), zones);
    cr_expect_eq((size_t)sim_count(&sim, "ZONE_TYPE_INSIGHTS", "{}"), dumped_rows(TABLE_ZONE_TYPES));
    struct json_object *rows = ask("ZONE_INSIGHTS", "ZONE_ID", "order_by:[" KEY_ORDER ",{ZONE_ID:asc}]");
    cr_expect_eq(json_object_array_length(rows), zones);
}

Test(sim_zones, zones_of_one_start_come_in_the_order_that_was_asked_for)
{
    struct json_object *rows =
        ask("ZONE_TYPE_INSIGHTS", "ZONE_TYPE", SLICE ",order_by:[{DATE_TIME_START:asc},{ZONE_TYPE:desc}]");
    size_t same = 0;
    for (size_t i = 1; i < json_object_array_length(rows); i++) {
        int start = strcmp(json_object_get_string(cell(rows, i - 1, "DATE_TIME_START")),
                           json_object_get_string(cell(rows, i, "DATE_TIME_START")));
        cr_assert_leq(start, 0);
        same += start == 0;
        if (start == 0)
            cr_assert_gt(strcmp(json_object_get_string(cell(rows, i - 1, "ZONE_TYPE")),
                                json_object_get_string(cell(rows, i, "ZONE_TYPE"))),
                         0);
    }
    cr_expect_geq(same, 24u);
}

Test(sim_zones, an_order_that_does_not_name_the_zone_leaves_it_open)
{
    bool differs = false;
    char first[8192] = "";
    for (int i = 0; i < 8 && !differs; i++) {
        struct json_object *rows = ask("ZONE_TYPE_INSIGHTS", "ZONE_TYPE", SLICE ",order_by:[{DATE_TIME_START:asc}]");
        char seen[8192] = "";
        size_t used = 0;
        for (size_t row = 0; row < json_object_array_length(rows); row++)
            used += (size_t)snprintf(seen + used, sizeof seen - used, "%s,",
                                     json_object_get_string(cell(rows, row, "ZONE_TYPE")));
        if (i == 0)
            snprintf(first, sizeof first, "%s", seen);
        differs = strcmp(first, seen) != 0;
    }
    cr_expect(differs);
}

Test(sim_zones, pages_behind_start_and_zone_give_each_row_once)
{
    char args[1024];
    char start[64] = "";
    long long zone = 0;
    size_t total = 0;
    size_t all = json_object_array_length(ask("ZONE_INSIGHTS", "ZONE_ID", SLICE));
    for (int page = 0; page < 1000; page++) {
        char after[256] = "";
        if (page > 0)
            snprintf(after, sizeof after,
                     ",_or:[{DATE_TIME_START:{_gt:\"%s\"}},{DATE_TIME_START:{_eq:\"%s\"},ZONE_ID:{_gt:%lld}}]", start,
                     start, zone);
        snprintf(args, sizeof args, "%.*s%s},order_by:[{DATE_TIME_START:asc},{ZONE_ID:asc}],limit:5",
                 (int)strlen(SLICE) - 1, SLICE, after);
        struct json_object *rows = ask("ZONE_INSIGHTS", "ZONE_ID", args);
        size_t count = json_object_array_length(rows);
        if (count == 0)
            break;
        total += count;
        snprintf(start, sizeof start, "%s", json_object_get_string(cell(rows, count - 1, "DATE_TIME_START")));
        zone = json_object_get_int64(cell(rows, count - 1, "ZONE_ID"));
    }
    cr_expect_eq(total, all);
}

Test(sim_zones, the_filter_on_a_zone_leaves_its_rows_only)
{
    struct json_object *rows = ask("ZONE_TYPE_INSIGHTS", "ZONE_TYPE", "where:{ZONE_TYPE:{_eq:\"desk\"}}");
    cr_assert_gt(json_object_array_length(rows), 0u);
    for (size_t i = 0; i < json_object_array_length(rows); i++)
        cr_assert_str_eq(json_object_get_string(cell(rows, i, "ZONE_TYPE")), "desk");
}

Test(sim_zones, not_every_zone_has_rows_on_every_day_and_the_first_always_has)
{
    bool differs = false;
    size_t before = 0;
    for (int day = 0; day < 60; day++) {
        const struct slice slice = {.day = sim.service.editions[0].world.first_day + day};
        int zones[ZONES_MAX];
        size_t count = zones_list(&sim.service.editions[0].world, TABLE_ZONES, &slice, zones);
        cr_assert(count >= 1 && count <= ZONES_MAX && zones[0] == 0);
        differs = differs || (day > 0 && count != before);
        before = count;
    }
    cr_expect(differs);
}

Test(sim_zones, a_column_of_the_other_table_does_not_exist)
{
    sim_refuses(&sim, "{ZONE_INSIGHTS{ZONE_TYPE}}", NULL, "validation-failed",
                "$.selectionSet.ZONE_INSIGHTS.selectionSet.ZONE_TYPE", "ZONE_TYPE");
    sim_refuses(&sim, "{BUILDING_INSIGHTS{ZONE_ID}}", NULL, "validation-failed",
                "$.selectionSet.BUILDING_INSIGHTS.selectionSet.ZONE_ID", "ZONE_ID");
}
