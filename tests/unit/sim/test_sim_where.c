#include "fixture.h"
#include "graphql_parse.h"
#include "truth.h"
#include "where.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct sim sim;
static struct truth truth;

static void setup(void)
{
    sim_open(&sim, "--buildings 2 --groups 3 --from 2025-03-06 --to 2025-03-11 --gaps 10");
    truth_read(&truth, &sim.service);
}

static void teardown(void)
{
    truth_release(&truth);
    sim_close(&sim);
}

TestSuite(sim_where, .init = setup, .fini = teardown);

static bool is_71(const struct truth_row *row)
{
    return row->building == 71;
}

static bool is_not_71(const struct truth_row *row)
{
    return row->building != 71;
}

static bool is_later(const struct truth_row *row)
{
    return row->partition > 20250308;
}

static bool is_between(const struct truth_row *row)
{
    return row->partition >= 20250308 && row->partition <= 20250309;
}

static bool is_hourly_71_or_daily(const struct truth_row *row)
{
    return (row->building == 71 && strcmp(row->granularity, "PT1H") == 0) || strcmp(row->granularity, "P1D") == 0;
}

static bool has_mean(const struct truth_row *row)
{
    return row->has_mean;
}

static bool has_no_mean(const struct truth_row *row)
{
    return !row->has_mean;
}

static bool is_busy(const struct truth_row *row)
{
    return row->has_mean && row->mean > 20;
}

static bool is_known_and_not_busy(const struct truth_row *row)
{
    return row->has_mean && !(row->mean > 20);
}

static bool is_from_noon(const struct truth_row *row)
{
    return strcmp(row->start, "2025-03-08T12:00:00Z") >= 0;
}

static bool is_all(const struct truth_row *row)
{
    (void)row;
    return true;
}

static bool is_none(const struct truth_row *row)
{
    (void)row;
    return false;
}

static bool is_known_zone(const struct truth_row *row)
{
    return row->has_zone;
}

struct filter {
    const char *where;
    bool (*wants)(const struct truth_row *row);
};

static const struct filter filters[] = {
    {"{}", is_all},
    {"{BUILDING_ID:{_eq:71}}", is_71},
    {"{BUILDING_ID:{_neq:71}}", is_not_71},
    {"{BUILDING_ID:{_in:[71,99]}}", is_71},
    {"{BUILDING_ID:{_in:71}}", is_71},
    {"{BUILDING_ID:{_nin:[71,99]}}", is_not_71},
    {"{BUILDING_ID:{_in:[]}}", is_none},
    {"{BUILDING_ID:{_nin:[]}}", is_all},
    {"{BUILDING_ID:{_gt:71}}", is_not_71},
    {"{BUILDING_ID:{_lt:72}}", is_71},
    {"{BUILDING_ID:{}}", is_all},
    {"{DATE_PARTITION:{_gt:20250308}}", is_later},
    {"{DATE_PARTITION:{_gte:20250308,_lte:20250309}}", is_between},
    {"{_and:[{DATE_PARTITION:{_gt:20250307}},{DATE_PARTITION:{_lt:20250310}}]}", is_between},
    {"{_not:{DATE_PARTITION:{_lte:20250308}}}", is_later},
    {"{_or:[{BUILDING_ID:{_eq:71},GRANULARITY:{_eq:\"PT1H\"}},{GRANULARITY:{_eq:\"P1D\"}}]}", is_hourly_71_or_daily},
    {"{_or:[]}", is_none},
    {"{_and:[]}", is_all},
    {"{_not:{}}", is_none},
    {"{BUILDING_ID:{_eq:71},_not:{BUILDING_ID:{_eq:71}}}", is_none},
    {"{BUILDING_ID:{_eq:1}}", is_none},
    {"{GROUP_ID:{_eq:\"00000000-0000-0000-0000-00000000000\"}}", is_none},
    {"{GROUP_ID:{_gte:\"\"}}", is_all},
    {"{OCCUPANCY_MEAN:{_is_null:false}}", has_mean},
    {"{OCCUPANCY_MEAN:{_is_null:true}}", has_no_mean},
    {"{_not:{OCCUPANCY_MEAN:{_is_null:false}}}", has_no_mean},
    {"{OCCUPANCY_MEAN:{_gt:20}}", is_busy},
    {"{_not:{OCCUPANCY_MEAN:{_gt:20}}}", is_known_and_not_busy},
    {"{OCCUPANCY_MEAN:{_neq:-1}}", has_mean},
    {"{OCCUPANCY_MEAN:{_nin:[-1]}}", has_mean},
    {"{LARGEST_ZONE:{_is_null:false}}", is_known_zone},
    {"{DATE_TIME_START:{_gte:\"2025-03-08T12:00:00Z\"}}", is_from_noon},
    {"{DATE_TIME_START:{_gte:\"2025-03-08T07:00:00.000-05:00\"}}", is_from_noon},
    {"{DATE_TIME_START:{_gt:\"2025-03-08 11:59:59 +0000\"}}", is_from_noon},
    {"{_not:{DATE_TIME_START:{_lt:1741435200}}}", is_from_noon},
};

Test(sim_where, filters_want_what_they_say)
{
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) {
        int64_t wanted = 0;
        for (size_t row = 0; row < truth.count; row++)
            wanted += filters[i].wants(&truth.rows[row]);
        cr_assert_eq(sim_count(&sim, "BUILDING_INSIGHTS", filters[i].where), wanted, "%s", filters[i].where);
    }
}

Test(sim_where, or_given_an_object_acts_as_and)
{
    int64_t both = sim_count(&sim, "BUILDING_INSIGHTS", "{_and:[{BUILDING_ID:{_eq:71}},{GRANULARITY:{_eq:\"P1D\"}}]}");
    cr_assert_gt(both, 0);
    cr_assert_eq(sim_count(&sim, "BUILDING_INSIGHTS", "{_or:{BUILDING_ID:{_eq:71},GRANULARITY:{_eq:\"P1D\"}}}"), both);
    cr_assert_gt(sim_count(&sim, "BUILDING_INSIGHTS", "{_or:[{BUILDING_ID:{_eq:71}},{GRANULARITY:{_eq:\"P1D\"}}]}"),
                 both);
}

Test(sim_where, an_exact_decimal_equals_itself)
{
    int tried = 0;
    for (size_t row = 0; row < truth.count && tried < 20; row += 7) {
        if (!truth.rows[row].has_mean || truth.rows[row].mean < 1)
            continue;
        char where[1024];
        snprintf(where, sizeof where,
                 "{SITE_ID:{_eq:%lld},DATE_TIME_START:{_eq:\"%s\"},GROUP_ID:{_eq:\"%s\"},GRANULARITY:{_eq:\"%s\"},"
                 "OCCUPANCY_MEAN:{_eq:%.6f}}",
                 (long long)truth.rows[row].site, truth.rows[row].start, truth.rows[row].group,
                 truth.rows[row].granularity, truth.rows[row].mean);
        cr_assert_eq(sim_count(&sim, "BUILDING_INSIGHTS", where), 1, "%s", where);
        tried++;
    }
    cr_assert_geq(tried, 10);
}

Test(sim_where, the_small_tables_are_filtered_too)
{
    cr_assert_eq(sim_count(&sim, "SITE", "{}"), 4);
    cr_assert_eq(sim_count(&sim, "SITE", "{BUILDING_ID:{_eq:72}}"), 2);
    cr_assert_eq(sim_count(&sim, "SITE", "{TIME_ZONE:{_eq:\"Europe/London\"}}"), 2);
    cr_assert_eq(sim_count(&sim, "SITE", "{ID:{_eq:900000222}}"), 1);
    cr_assert_eq(sim_count(&sim, "FLOOR", "{LEVEL:{_gte:0}}"), 2);
    cr_assert_eq(sim_count(&sim, "FLOOR", "{NAME:{_gt:\"Floor 0\"}}"), 0);
}

/* The truths that a filter may have for a row of building 71 of which only these parts are known. */
static unsigned truths_of(const char *where, unsigned known)
{
    struct arena arena = {0};
    struct gql_document *document = NULL;
    const struct where *compiled = NULL;
    struct refusal refusal = {0};
    char query[512];
    int size = snprintf(query, sizeof query, "{t(where: %s)}", where);
    cr_assert_eq(gql_parse(&arena, query, (size_t)size, &document, NULL), STATUS_OK);
    cr_assert_eq(where_compile(&arena, table_get(TABLE_INSIGHTS), SPELLING_ISO_Z,
                               document->operations->selections->args, &compiled, &refusal),
                 STATUS_OK);
    struct row row = {
        .world = &sim.service.editions[0].world, .table = TABLE_INSIGHTS, .known = known, .has_metrics = true};
    row.slice.day = row.world->first_day + 2; /* 2025-03-08 */
    row.metrics.is_null = true;
    unsigned truths = where_evaluate(compiled, &row);
    arena_release(&arena);
    return truths;
}

struct partial {
    const char *where;
    unsigned known;
    unsigned truths;
};

Test(sim_where, a_row_known_in_part_has_the_truths_that_are_still_possible)
{
    static const struct partial partials[] = {
        {"{BUILDING_ID:{_eq:71}}", 0, TRUTH_ANY},
        {"{BUILDING_ID:{_eq:71}}", ROW_BUILDING, TRUTH_TRUE},
        {"{BUILDING_ID:{_eq:72}}", ROW_BUILDING, TRUTH_FALSE},
        {"{BUILDING_ID:{_eq:72},GROUP_ID:{_eq:\"x\"}}", ROW_BUILDING, TRUTH_FALSE},
        {"{_or:[{BUILDING_ID:{_eq:71}},{GROUP_ID:{_eq:\"x\"}}]}", ROW_BUILDING, TRUTH_TRUE},
        {"{_not:{BUILDING_ID:{_eq:71},GROUP_ID:{_eq:\"x\"}}}", ROW_BUILDING, TRUTH_ANY},
        {"{SITE_ID:{_eq:1}}", ROW_SITE, TRUTH_ANY},
        {"{OCCUPANCY_MEAN:{_gt:1}}", ROW_BUILDING, TRUTH_ANY},
        {"{OCCUPANCY_MEAN:{_gt:1}}", ROW_START, TRUTH_NULL},
        {"{OCCUPANCY_MEAN:{_gt:1},BUILDING_ID:{_eq:71}}", ROW_START | ROW_BUILDING, TRUTH_NULL},
        {"{OCCUPANCY_MEAN:{_gt:1},BUILDING_ID:{_eq:72}}", ROW_START | ROW_BUILDING, TRUTH_FALSE},
        {"{_or:[{OCCUPANCY_MEAN:{_gt:1}},{BUILDING_ID:{_eq:71}}]}", ROW_START | ROW_BUILDING, TRUTH_TRUE},
        {"{_not:{OCCUPANCY_MEAN:{_gt:1}}}", ROW_START, TRUTH_NULL},
        {"{OCCUPANCY_MEAN:{_is_null:true}}", ROW_DAY, TRUTH_TRUE | TRUTH_FALSE},
        {"{DATE_TIME_START:{_gte:\"2025-03-08T12:00:00Z\"}}", ROW_DAY, TRUTH_TRUE | TRUTH_FALSE},
        {"{DATE_TIME_START:{_gte:\"2025-03-01T12:00:00Z\"}}", ROW_DAY, TRUTH_TRUE},
        {"{DATE_TIME_START:{_gte:\"2025-03-18T12:00:00Z\"}}", ROW_DAY, TRUTH_FALSE},
        {"{DATE_TIME_START:{_in:[\"2025-03-01\",\"2025-03-18\"]}}", ROW_DAY, TRUTH_FALSE},
        {"{DATE_TIME_START:{_in:[\"2025-03-01\",\"2025-03-08\"]}}", ROW_DAY, TRUTH_TRUE | TRUTH_FALSE},
        {"{DATE_TIME_START:{_in:[\"2025-03-01\"]}}", ROW_BUILDING, TRUTH_ANY},
    };
    for (size_t i = 0; i < sizeof partials / sizeof *partials; i++)
        cr_assert_eq(truths_of(partials[i].where, partials[i].known), partials[i].truths, "%s", partials[i].where);
}
