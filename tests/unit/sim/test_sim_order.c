#include "fixture.h"
#include "truth.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define FIELDS "BUILDING_ID SITE_ID GROUP_ID GRANULARITY DATE_PARTITION DATE_TIME_START OCCUPANCY_MEAN"

static struct sim sim;

static void setup(void)
{
    sim_open(&sim, "--buildings 2 --sites 3 --groups 3 --from 2025-03-07 --to 2025-03-10");
}

static void teardown(void)
{
    sim_close(&sim);
}

TestSuite(sim_order, .init = setup, .fini = teardown);

static struct json_object *rows_of(const char *args)
{
    char query[2048];
    snprintf(query, sizeof query, "{BUILDING_INSIGHTS(%s){" FIELDS "}}", args);
    return sim_data(&sim, query, "BUILDING_INSIGHTS");
}

static struct json_object *cell(struct json_object *rows, size_t row, const char *column)
{
    return json_object_object_get(json_object_array_get_idx(rows, row), column);
}

/* Null is the greatest: last in ascending order, first in descending [documented: api-facts section 6]. */
static int compare(struct json_object *a, struct json_object *b)
{
    if (a == NULL || b == NULL)
        return (a == NULL) - (b == NULL);
    if (json_object_is_type(a, json_type_string))
        return strcmp(json_object_get_string(a), json_object_get_string(b));
    double left = json_object_get_double(a);
    double right = json_object_get_double(b);
    return (left > right) - (left < right);
}

/* keys: "+A -B": asserts that the rows are sorted so; returns how many neighbours are equal in all keys. */
static size_t assert_sorted(struct json_object *rows, const char *keys)
{
    size_t ties = 0;
    for (size_t row = 1; row < json_object_array_length(rows); row++) {
        char copy[512];
        snprintf(copy, sizeof copy, "%s", keys);
        int order = 0;
        char *state = NULL;
        for (char *key = strtok_r(copy, " ", &state); key != NULL && order == 0; key = strtok_r(NULL, " ", &state))
            order = compare(cell(rows, row - 1, key + 1), cell(rows, row, key + 1)) * (key[0] == '-' ? -1 : 1);
        cr_assert_leq(order, 0, "row %zu by %s", row, keys);
        ties += order == 0;
    }
    return ties;
}

struct ordering {
    const char *args;
    const char *keys;
    size_t count;
    bool is_total;
};

/* 2 buildings, 3 sites, 3 groups; the 9th of March has 23 hours in Toronto. */
enum { HOURS_71 = 9 * 95, HOURS_72 = 9 * 96, ALL = HOURS_71 + HOURS_72 + 2 * 9 * 4 };

static const struct ordering orderings[] = {
    {"order_by:[{BUILDING_ID:asc},{SITE_ID:asc},{GROUP_ID:asc},{GRANULARITY:asc},{DATE_PARTITION:asc},"
     "{DATE_TIME_START:asc}]",
     "+BUILDING_ID +SITE_ID +GROUP_ID +GRANULARITY +DATE_PARTITION +DATE_TIME_START", ALL, true},
    {"order_by:[{DATE_PARTITION:desc},{BUILDING_ID:asc},{GRANULARITY:desc},{GROUP_ID:desc},{SITE_ID:asc},"
     "{DATE_TIME_START:desc}]",
     "-DATE_PARTITION +BUILDING_ID -GRANULARITY -GROUP_ID +SITE_ID -DATE_TIME_START", ALL, true},
    {"where:{BUILDING_ID:{_eq:71},GRANULARITY:{_eq:\"PT1H\"}}, order_by:[{DATE_PARTITION:asc},{SITE_ID:asc},"
     "{GROUP_ID:asc},{DATE_TIME_START:asc}]",
     "+DATE_PARTITION +SITE_ID +GROUP_ID +DATE_TIME_START", HOURS_71, true},
    {"where:{BUILDING_ID:{_eq:71},GRANULARITY:{_eq:\"PT1H\"}}, order_by:[{DATE_PARTITION:asc},{BUILDING_ID:desc},"
     "{SITE_ID:desc},{GRANULARITY:asc},{GROUP_ID:asc},{DATE_TIME_START:desc},{OCCUPANCY_MEAN:asc}]",
     "+DATE_PARTITION -SITE_ID +GROUP_ID -DATE_TIME_START", HOURS_71, true},
    {"order_by:[{SITE_ID:asc},{BUILDING_ID:asc},{GROUP_ID:asc},{GRANULARITY:asc},{DATE_PARTITION:asc},"
     "{DATE_TIME_START:asc}]",
     "+SITE_ID +GROUP_ID +GRANULARITY +DATE_PARTITION +DATE_TIME_START", ALL, true},
    {"order_by:[{SITE_ID:desc},{BUILDING_ID:asc},{GROUP_ID:asc},{GRANULARITY:asc},{DATE_TIME_START:asc}]",
     "-SITE_ID +GROUP_ID +GRANULARITY +DATE_TIME_START", ALL, true},
    {"order_by:[{DATE_TIME_START:asc},{SITE_ID:asc},{GROUP_ID:asc},{GRANULARITY:asc}]",
     "+DATE_TIME_START +SITE_ID +GROUP_ID +GRANULARITY", ALL, true},
    {"order_by:{DATE_TIME_START:desc}", "-DATE_TIME_START", ALL, false},
    {"order_by:[{OCCUPANCY_MEAN:asc},{SITE_ID:desc}]", "+OCCUPANCY_MEAN -SITE_ID", ALL, false},
    {"order_by:{OCCUPANCY_MEAN:desc}", "-OCCUPANCY_MEAN", ALL, false},
    {"order_by:{OCCUPANCY_MEAN:desc}, limit:50", "-OCCUPANCY_MEAN", 50, false},
    {"order_by:[{DATE_PARTITION:asc},{SITE_ID:asc}], offset:100, limit:200", "+DATE_PARTITION +SITE_ID", 200, false},
    {"order_by:[]", "", ALL, false},
    {"", "", ALL, false},
};

Test(sim_order, rows_come_in_the_order_that_was_asked_for)
{
    for (size_t i = 0; i < sizeof orderings / sizeof *orderings; i++) {
        struct json_object *rows = rows_of(orderings[i].args[0] != '\0' ? orderings[i].args : "limit:100000");
        cr_assert_eq(json_object_array_length(rows), orderings[i].count, "%s", orderings[i].args);
        size_t ties = assert_sorted(rows, orderings[i].keys);
        cr_assert_eq(ties == 0, orderings[i].is_total, "%s", orderings[i].args);
    }
}

Test(sim_order, the_full_key_gives_the_rows_of_the_dump)
{
    struct truth truth;
    truth_read(&truth, &sim.service);
    struct json_object *rows = rows_of(orderings[0].args);
    cr_assert_eq(json_object_array_length(rows), truth.count);
    for (size_t i = 0; i < truth.count; i++) {
        const struct truth_row *row = &truth.rows[i];
        cr_assert_eq(json_object_get_int64(cell(rows, i, "BUILDING_ID")), row->building);
        cr_assert_eq(json_object_get_int64(cell(rows, i, "SITE_ID")), row->site);
        cr_assert_str_eq(json_object_get_string(cell(rows, i, "GROUP_ID")), row->group);
        cr_assert_str_eq(json_object_get_string(cell(rows, i, "GRANULARITY")), row->granularity);
        cr_assert_eq(json_object_get_int64(cell(rows, i, "DATE_PARTITION")), row->partition);
        cr_assert_str_eq(json_object_get_string(cell(rows, i, "DATE_TIME_START")), row->start);
        cr_assert_eq(cell(rows, i, "OCCUPANCY_MEAN") != NULL, row->has_mean);
        cr_assert(!row->has_mean || json_object_get_double(cell(rows, i, "OCCUPANCY_MEAN")) == row->mean);
    }
    truth_release(&truth);
}

/* The same question twice, as text. */
static bool answers_differ(const char *query)
{
    char first[65536];
    snprintf(first, sizeof first, "%s", sim_ask(&sim, query, NULL));
    return strcmp(first, sim_ask(&sim, query, NULL)) != 0;
}

Test(sim_order, without_a_total_order_ties_come_back_differently_each_time)
{
    cr_assert(answers_differ("{BUILDING_INSIGHTS(limit:20){" FIELDS "}}"));
    cr_assert(answers_differ("{BUILDING_INSIGHTS(order_by:{DATE_TIME_START:desc}, limit:20){" FIELDS "}}"));
    cr_assert(answers_differ("{BUILDING_INSIGHTS(order_by:{OCCUPANCY_MEAN:asc}, limit:20){" FIELDS "}}"));
    cr_assert(answers_differ("{BUILDING_INSIGHTS(where:{SITE_ID:{_eq:71001},DATE_PARTITION:{_eq:20250308},GROUP_ID:{"
                             "_eq:\"00000000-0000-0000-0000-000000000000\"},GRANULARITY:{_eq:\"PT1H\"}}){" FIELDS "}}"),
              "not even one slice has an order of its own");
    bool differs = false;
    for (int i = 0; i < 20 && !differs; i++)
        differs = answers_differ("{SITE(order_by:{BUILDING_ID:asc}){ID}}");
    cr_assert(differs);
    cr_assert_not(answers_differ("{SITE(order_by:{ID:asc}){ID}}"));
}

Test(sim_order, several_keys_in_one_object_have_no_precedence)
{
    bool by_site = false;
    bool by_group = false;
    for (int i = 0; i < 60 && !(by_site && by_group); i++) {
        struct json_object *rows =
            rows_of("where:{BUILDING_ID:{_eq:71},GRANULARITY:{_eq:\"P1D\"},DATE_PARTITION:{_eq:20250308}}, "
                    "order_by:{SITE_ID:asc,GROUP_ID:asc}");
        cr_assert_eq(json_object_array_length(rows), 9);
        bool same_site = compare(cell(rows, 0, "SITE_ID"), cell(rows, 1, "SITE_ID")) == 0;
        assert_sorted(rows, same_site ? "+SITE_ID +GROUP_ID" : "+GROUP_ID +SITE_ID");
        by_site = by_site || same_site;
        by_group = by_group || !same_site;
    }
    cr_assert(by_site && by_group);
}

Test(sim_order, clocks_going_back_keep_a_column_without_zone_sorted)
{
    sim_close(&sim);
    sim_open(&sim, "--buildings 1 --sites 1 --groups 1 --granularities PT15M --from 2025-11-02 --to 2025-11-02 "
                   "--timestamps iso-local");
    struct json_object *rows = rows_of("order_by:[{DATE_PARTITION:asc},{SITE_ID:asc},{GROUP_ID:asc},"
                                       "{DATE_TIME_START:asc}]");
    cr_assert_eq(json_object_array_length(rows), 100);
    cr_assert_eq(assert_sorted(rows, "+DATE_TIME_START"), 4, "four quarters are written twice");
}
