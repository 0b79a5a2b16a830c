#include "fixture.h"
#include "truth.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK                                                                                                          \
    "BUILDING_ID:{_eq:71},GRANULARITY:{_eq:\"PT1H\"},SITE_ID:{_in:[71001,900000222]},DATE_PARTITION:{_gte:20250301,_"  \
    "lt:"                                                                                                              \
    "20250401}"
#define ORDER  "order_by:[{DATE_PARTITION:asc},{SITE_ID:asc},{GROUP_ID:asc},{DATE_TIME_START:asc}]"
#define FIELDS "DATE_PARTITION SITE_ID GROUP_ID DATE_TIME_START"

static struct sim sim;

static void teardown(void)
{
    sim_close(&sim);
}

TestSuite(sim_paging, .fini = teardown);

static struct json_object *cell(struct json_object *row, const char *column)
{
    return json_object_object_get(row, column);
}

/* "everything behind this row", as a client without row comparison says it. */
static void append_after(struct buf *out, struct json_object *row)
{
    long long day = json_object_get_int64(cell(row, "DATE_PARTITION"));
    long long site = json_object_get_int64(cell(row, "SITE_ID"));
    const char *group = json_object_get_string(cell(row, "GROUP_ID"));
    const char *start = json_object_to_json_string(cell(row, "DATE_TIME_START"));
    buf_appendf(out,
                ",_or:[{DATE_PARTITION:{_gt:%lld}},{DATE_PARTITION:{_eq:%lld},SITE_ID:{_gt:%lld}},"
                "{DATE_PARTITION:{_eq:%lld},SITE_ID:{_eq:%lld},GROUP_ID:{_gt:\"%s\"}},"
                "{DATE_PARTITION:{_eq:%lld},SITE_ID:{_eq:%lld},GROUP_ID:{_eq:\"%s\"},DATE_TIME_START:{_gt:%s}}]",
                day, day, site, day, site, group, day, site, group, start);
}

/* Reads page after page to an empty one, and checks every row against the block's rows in key order. */
static size_t read_all(const struct truth_row *const *wanted, size_t count, int limit)
{
    struct buf query = {0};
    struct buf after = {0};
    size_t pages = 0;
    size_t at = 0;
    for (;;) {
        buf_reset(&query);
        buf_appendf(&query, "{BUILDING_INSIGHTS(where:{" BLOCK "%s}, " ORDER ", limit:%d){" FIELDS "}}",
                    buf_text(&after), limit);
        struct json_object *rows = sim_data(&sim, buf_text(&query), "BUILDING_INSIGHTS");
        size_t length = json_object_array_length(rows);
        pages++;
        cr_assert_leq(at + length, count, "more rows than there are");
        for (size_t i = 0; i < length; i++, at++) {
            struct json_object *row = json_object_array_get_idx(rows, i);
            cr_assert_eq(json_object_get_int64(cell(row, "DATE_PARTITION")), wanted[at]->partition, "row %zu", at);
            cr_assert_eq(json_object_get_int64(cell(row, "SITE_ID")), wanted[at]->site, "row %zu", at);
            cr_assert_str_eq(json_object_get_string(cell(row, "GROUP_ID")), wanted[at]->group, "row %zu", at);
            cr_assert_str_eq(json_object_get_string(cell(row, "DATE_TIME_START")), wanted[at]->start, "row %zu", at);
        }
        if (length == 0)
            break;
        buf_reset(&after);
        append_after(&after, json_object_array_get_idx(rows, length - 1));
    }
    cr_assert_eq(at, count);
    buf_release(&query);
    buf_release(&after);
    return pages;
}

static int compare_keys(const void *a, const void *b)
{
    const struct truth_row *left = *(const struct truth_row *const *)a;
    const struct truth_row *right = *(const struct truth_row *const *)b;
    if (left->partition != right->partition)
        return left->partition < right->partition ? -1 : 1;
    if (left->site != right->site)
        return left->site < right->site ? -1 : 1;
    int order = strcmp(left->group, right->group);
    /* Epoch seconds of one day have one length; the other spellings sort as text within one slice. */
    return order != 0 ? order : strcmp(left->start, right->start);
}

/* Opens a simulator and pages through the block; returns the number of pages, and of rows in *ret_count. */
static size_t page_through(const char *switches, int limit, size_t *ret_count)
{
    sim_open(&sim, switches);
    struct truth truth;
    truth_read(&truth, &sim.service);
    const struct truth_row **wanted = calloc(truth.count, sizeof *wanted);
    cr_assert_not_null(wanted);
    size_t count = 0;
    for (size_t i = 0; i < truth.count; i++) {
        const struct truth_row *row = &truth.rows[i];
        if (row->building == 71 && strcmp(row->granularity, "PT1H") == 0 && row->partition >= 20250301 &&
            row->partition < 20250401 && (row->site == 71001 || row->site == 900000222))
            wanted[count++] = row;
    }
    qsort(wanted, count, sizeof *wanted, compare_keys);
    size_t pages = read_all(wanted, count, limit);
    free(wanted);
    truth_release(&truth);
    *ret_count = count;
    return pages;
}

#define WORLD "--sites 3 --groups 3 --from 2025-02-20 --to 2025-04-05 "

enum { HOURS_OF_MARCH = 31 * 24 - 1, BLOCK_ROWS = 2 * 3 * HOURS_OF_MARCH };

Test(sim_paging, keyset_paging_meets_every_row_once)
{
    size_t count;
    cr_assert_eq(page_through(WORLD, 1000, &count), BLOCK_ROWS / 1000 + 2);
    cr_assert_eq(count, BLOCK_ROWS);
}

Test(sim_paging, one_page_may_hold_everything)
{
    size_t count;
    cr_assert_eq(page_through(WORLD, 100000, &count), 2);
}

Test(sim_paging, a_silent_row_cap_shortens_the_pages_and_loses_nothing)
{
    size_t count;
    cr_assert_eq(page_through(WORLD "--row-cap 100", 10000, &count), BLOCK_ROWS / 100 + 2);
    cr_assert_eq(count, BLOCK_ROWS);
}

Test(sim_paging, a_cap_of_a_prime_number_of_rows_ends_pages_inside_slices)
{
    size_t count;
    page_through(WORLD "--gaps 20 --row-cap 37", 10000, &count);
    cr_assert(count > BLOCK_ROWS / 2 && count < BLOCK_ROWS);
}

Test(sim_paging, a_cap_above_the_limit_changes_nothing)
{
    size_t count;
    cr_assert_eq(page_through(WORLD "--row-cap 5000", 500, &count), BLOCK_ROWS / 500 + 2);
}

Test(sim_paging, every_spelling_that_tells_hours_apart_can_be_paged)
{
    static const char *const spellings[] = {"iso-offset", "iso-local", "snowflake-ntz", "snowflake-tz", "epoch"};
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        char switches[256];
        size_t count;
        snprintf(switches, sizeof switches, WORLD "--timestamps %s", spellings[i]);
        page_through(switches, 1111, &count);
        cr_assert_eq(count, BLOCK_ROWS, "%s", spellings[i]);
        if (i + 1 < sizeof spellings / sizeof *spellings)
            sim_close(&sim);
    }
}

Test(sim_paging, utc_partitions_can_be_paged)
{
    size_t count;
    page_through(WORLD "--partitions utc", 1000, &count);
    cr_assert_eq(count, 2 * 3 * 31 * 24);
}

Test(sim_paging, the_count_is_the_number_of_rows)
{
    sim_open(&sim, WORLD);
    cr_assert_eq(sim_count(&sim, "BUILDING_INSIGHTS", "{" BLOCK "}"), BLOCK_ROWS);
    sim_close(&sim);
    sim_open(&sim, WORLD "--row-cap 100");
    cr_assert_eq(sim_count(&sim, "BUILDING_INSIGHTS", "{" BLOCK "}"), BLOCK_ROWS, "the cap does not bound counts");
    sim_close(&sim);
    sim_open(&sim, WORLD "--row-cap 100 --count-capped");
    cr_assert_eq(sim_count(&sim, "BUILDING_INSIGHTS", "{" BLOCK "}"), 100);
    cr_assert_eq(sim_count(&sim, "SITE", "{}"), 9);
}

static int64_t count_with(const char *args)
{
    char query[1024];
    snprintf(query, sizeof query, "{BUILDING_INSIGHTS_aggregate(where:{" BLOCK "}, %s){aggregate{count}}}", args);
    struct json_object *aggregate =
        json_object_object_get(sim_data(&sim, query, "BUILDING_INSIGHTS_aggregate"), "aggregate");
    return json_object_get_int64(json_object_object_get(aggregate, "count"));
}

Test(sim_paging, the_clients_own_limit_bounds_the_count)
{
    sim_open(&sim, WORLD);
    cr_assert_eq(count_with("limit:10"), 10);
    cr_assert_eq(count_with("limit:100000"), BLOCK_ROWS);
    cr_assert_eq(count_with("offset:58"), BLOCK_ROWS - 58);
    cr_assert_eq(count_with("offset:100000"), 0);
    cr_assert_eq(count_with("limit:10, offset:4455"), 3);
}

Test(sim_paging, limit_zero_gives_no_row)
{
    sim_open(&sim, WORLD);
    cr_assert_eq(json_object_array_length(sim_data(&sim, "{BUILDING_INSIGHTS(limit:0){SITE_ID}}", "BUILDING_INSIGHTS")),
                 0);
}

Test(sim_paging, offset_paging_over_a_total_order_meets_every_row_once)
{
    sim_open(&sim, WORLD);
    struct buf all = {0};
    buf_append_text(&all, sim_ask(&sim, "{BUILDING_INSIGHTS(where:{" BLOCK "}, " ORDER "){" FIELDS "}}", NULL));
    size_t rows = 0;
    for (int offset = 0; offset < 6000; offset += 700) {
        char query[1024];
        snprintf(query, sizeof query,
                 "{BUILDING_INSIGHTS(where:{" BLOCK "}, " ORDER ", limit:700, offset:%d){" FIELDS "}}", offset);
        struct json_object *page = sim_data(&sim, query, "BUILDING_INSIGHTS");
        size_t length = json_object_array_length(page);
        rows += length;
        for (size_t i = 0; i < length; i += 100) {
            const char *row =
                json_object_to_json_string_ext(json_object_array_get_idx(page, i), JSON_C_TO_STRING_PLAIN);
            cr_assert_not_null(strstr(buf_text(&all), row), "%s", row);
        }
    }
    cr_assert_eq(rows, BLOCK_ROWS);
    buf_release(&all);
}

Test(sim_paging, sorting_more_than_memory_holds_is_an_error_and_with_a_limit_is_not)
{
    sim_open(&sim, "--buildings 4 --sites 4 --groups 4 --granularities PT1H --from 2024-01-01 --to 2025-06-30");
    sim_refuses(&sim, "{BUILDING_INSIGHTS(order_by:{OCCUPANCY_MAX:asc}){SITE_ID}}", NULL, "data-connector-error", "$",
                "sorts more rows");
    struct json_object *rows =
        sim_data(&sim,
                 "{BUILDING_INSIGHTS(order_by:{OCCUPANCY_MAX:desc}, where:{OCCUPANCY_MAX:{_is_null:false}}, "
                 "limit:3){OCCUPANCY_MAX}}",
                 "BUILDING_INSIGHTS");
    cr_assert_eq(json_object_array_length(rows), 3);
    double largest = json_object_get_double(cell(json_object_array_get_idx(rows, 0), "OCCUPANCY_MAX"));
    char where[128];
    snprintf(where, sizeof where, "{OCCUPANCY_MAX:{_gt:%f}}", largest);
    cr_assert_eq(sim_count(&sim, "BUILDING_INSIGHTS", where), 0);
}
