/* What the dump says of a moment is what queries, counts and pages say of it. */
#include "fixture.h"
#include "truth.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HOUR = 3600, PAGE = 37 };

#define SWITCHES "--buildings 2 --zones America/Toronto,Australia/Sydney --from 2026-01-06 "
#define HISTORY  SWITCHES "--late 40 --restate 30 --restate-days 3 --drop 20 --drop-after 2"
#define KEY      "order_by:[{BUILDING_ID:asc},{SITE_ID:asc},{GROUP_ID:asc},{GRANULARITY:asc},{DATE_TIME_START:asc}]"

static struct sim sim;
static struct truth truth;

static void teardown(void)
{
    truth_release(&truth);
    sim_close(&sim);
}

static void show_at(const char *switches, int64_t now)
{
    teardown();
    sim_open_at(&sim, switches, now);
    truth_read(&truth, &sim.service);
}

static const char *text_of(struct json_object *row, const char *column)
{
    return json_object_get_string(json_object_object_get(row, column));
}

static void check_row(struct json_object *row, const struct truth_row *wanted)
{
    struct json_object *mean = json_object_object_get(row, "OCCUPANCY_MEAN");
    cr_assert_eq(json_object_get_int64(json_object_object_get(row, "SITE_ID")), wanted->site);
    cr_assert_str_eq(text_of(row, "GROUP_ID"), wanted->group);
    cr_assert_str_eq(text_of(row, "GRANULARITY"), wanted->granularity);
    cr_assert_str_eq(text_of(row, "DATE_TIME_START"), wanted->start);
    cr_assert_eq(mean != NULL, wanted->has_mean);
    cr_assert(mean == NULL || json_object_get_double(mean) == wanted->mean, "%s %s", wanted->group, wanted->start);
}

/* The place of the next row of the series that check_pages reads, from a place on. */
static size_t next_of_series(size_t at, const char *granularity)
{
    while (at < truth.count && (truth.rows[at].site != 72001 || strcmp(truth.rows[at].granularity, granularity) != 0 ||
                                strncmp(truth.rows[at].group, "00000000-", 9) != 0))
        at++;
    return at;
}

/* Pages through one series by the start of its rows, and compares with the dump. */
static void check_pages(const char *granularity)
{
    size_t at = next_of_series(0, granularity);
    char after[TRUTH_TEXT_SIZE] = "2000-01-01T00:00:00Z";
    for (bool more = true; more;) {
        char query[1024];
        snprintf(query, sizeof query,
                 "{BUILDING_INSIGHTS(where:{BUILDING_ID:{_eq:72},GRANULARITY:{_eq:\"%s\"},SITE_ID:{_eq:72001},"
                 "GROUP_ID:{_eq:\"00000000-0000-0000-0000-000000000000\"},DATE_TIME_START:{_gt:\"%s\"}},"
                 "order_by:{DATE_TIME_START:asc},limit:%d){SITE_ID GROUP_ID GRANULARITY DATE_TIME_START "
                 "OCCUPANCY_MEAN}}",
                 granularity, after, PAGE);
        struct json_object *rows = sim_data(&sim, query, "BUILDING_INSIGHTS");
        size_t length = json_object_array_length(rows);
        more = length > 0;
        for (size_t i = 0; i < length; i++, at = next_of_series(at + 1, granularity)) {
            cr_assert_lt(at, truth.count, "more rows than the dump has");
            check_row(json_object_array_get_idx(rows, i), &truth.rows[at]);
            snprintf(after, sizeof after, "%s", truth.rows[at].start);
        }
    }
    cr_assert_eq(at, truth.count, "fewer rows than the dump has");
}

static void check_whole(void)
{
    struct json_object *rows =
        sim_data(&sim, "{BUILDING_INSIGHTS(" KEY "){SITE_ID GROUP_ID GRANULARITY DATE_TIME_START OCCUPANCY_MEAN}}",
                 "BUILDING_INSIGHTS");
    cr_assert_eq(json_object_array_length(rows), truth.count);
    for (size_t i = 0; i < truth.count; i++)
        check_row(json_object_array_get_idx(rows, i), &truth.rows[i]);
}

static void check_counts(void)
{
    int64_t by_day = 0;
    cr_assert_eq(sim_count(&sim, "BUILDING_INSIGHTS", "{}"), (int64_t)truth.count);
    for (int partition = 20260105; partition < 20260118; partition++) {
        char where[128];
        int64_t wanted = 0;
        for (size_t i = 0; i < truth.count; i++)
            wanted += truth.rows[i].partition == partition && truth.rows[i].mean > 1;
        snprintf(where, sizeof where, "{DATE_PARTITION:{_eq:%d}}", partition);
        by_day += sim_count(&sim, "BUILDING_INSIGHTS", where);
        snprintf(where, sizeof where, "{DATE_PARTITION:{_eq:%d},OCCUPANCY_MEAN:{_gt:1}}", partition);
        cr_assert_eq(sim_count(&sim, "BUILDING_INSIGHTS", where), wanted, "%d", partition);
    }
    cr_assert_eq(by_day, (int64_t)truth.count);
}

TestSuite(sim_history_query, .fini = teardown);

Test(sim_history_query, queries_counts_and_pages_agree_with_the_dump_at_any_time)
{
    static const char *const partitions[] = {HISTORY, HISTORY " --partitions utc"};
    for (size_t i = 0; i < 2; i++) {
        for (int64_t now = SIM_NOW - 30 * HOUR; now <= SIM_NOW; now += 15 * HOUR) {
            show_at(partitions[i], now);
            cr_assert_gt(truth.count, 1000);
            check_whole();
            check_counts();
            check_pages("PT1H");
            check_pages("P1D");
        }
    }
}

Test(sim_history_query, history_takes_rows_away_and_adds_none)
{
    show_at(SWITCHES, SIM_NOW);
    size_t all = truth.count;
    show_at(SWITCHES "--late 40", SIM_NOW);
    size_t published = truth.count;
    show_at(SWITCHES "--late 40 --drop 20", SIM_NOW);
    cr_assert(truth.count < published && published < all, "%zu, %zu, %zu", truth.count, published, all);
    show_at(SWITCHES "--restate 100", SIM_NOW);
    cr_assert_eq(truth.count, all);
}

Test(sim_history_query, a_day_that_is_dropped_whole_is_gone_in_every_order)
{
    show_at(SWITCHES "--drop 100 --drop-after 5", SIM_NOW);
    cr_assert_gt(truth.count, 0);
    cr_assert_eq(sim_count(&sim, "BUILDING_INSIGHTS", "{DATE_PARTITION:{_lte:20260108}}"), 0);
    struct json_object *rows =
        sim_data(&sim, "{BUILDING_INSIGHTS(where:{DATE_PARTITION:{_lte:20260108}}){SITE_ID}}", "BUILDING_INSIGHTS");
    cr_assert_eq(json_object_array_length(rows), 0);
    rows = sim_data(
        &sim, "{BUILDING_INSIGHTS(where:{DATE_PARTITION:{_lte:20260108}},order_by:{OCCUPANCY_MEAN:desc}){SITE_ID}}",
        "BUILDING_INSIGHTS");
    cr_assert_eq(json_object_array_length(rows), 0);
}
