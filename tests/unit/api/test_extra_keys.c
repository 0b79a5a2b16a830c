#include "api/full_day.h"
#include "fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* A dataset whose rows have a key more, under names of its own. */
static const char *const zone_keys[] = {"ZONE_ID"};
static const struct dataset zones = {"zone_insights", "ZONE_INSIGHTS", "DAY", "BEGIN", 1, zone_keys};

static struct page_query zone_query(const struct unit *unit)
{
    struct page_query query = fixture_query(unit);
    query.dataset = &zones;
    return query;
}

static void expect_text(const struct page_query *query, const char *part)
{
    struct buf escaped = {0};
    struct buf body = {0};
    struct err err = {0};
    buf_append_json_string(&escaped, part, strlen(part));
    char *wanted = escaped.data + 1; /* without its quotes */
    wanted[escaped.size - 2] = '\0';
    cr_assert_eq(query_page(query, &body, &err), STATUS_OK, "%s", err.message);
    cr_expect_not_null(strstr(buf_text(&body), wanted), "%s", buf_text(&body));
    buf_release(&escaped);
    buf_release(&body);
}

static struct value number(int64_t integer)
{
    return (struct value){.kind = VALUE_INTEGER, .integer = integer};
}

Test(extra_keys, the_query_uses_the_names_of_the_dataset_and_orders_by_the_key_behind_the_start)
{
    struct unit unit = fixture_unit();
    struct page_query query = zone_query(&unit);
    query.with_count = true;
    expect_text(&query, "ZONE_INSIGHTS(where: {BUILDING_ID: {_eq: 71}");
    expect_text(&query, "DAY: {_gte: 20250501, _lte: 20250502}");
    expect_text(&query, "{BEGIN: asc}, {ZONE_ID: asc}, {BUILDING_ID: asc}, {GRANULARITY: asc}], limit");
    expect_text(&query, "{DAY BUILDING_ID SITE_ID GROUP_ID GRANULARITY BEGIN ZONE_ID OCCUPANCY_MEAN}");
    expect_text(&query, "ZONE_INSIGHTS_aggregate(where: ");
}

Test(extra_keys, the_next_page_begins_behind_start_and_key)
{
    struct unit unit = fixture_single();
    struct page_query query = zone_query(&unit);
    struct value key = number(7);
    struct page_key after = {.day = unit.days.first, .site_id = 9, .group_id = GROUP_A, .start = "x", .keys = &key};
    after.key_count = 1;
    query.after = &after;
    expect_text(&query, ", _or: [{BEGIN: {_gt: \"x\"}}, {BEGIN: {_eq: \"x\"}, ZONE_ID: {_gt: 7}}]}");
    key = (struct value){.kind = VALUE_TEXT, .text = "de\"sk!", .size = 5};
    expect_text(&query, "ZONE_ID: {_gt: \"de\\\"sk\"}}]}");
}

Test(extra_keys, behind_a_whole_slice_neither_start_nor_key_is_compared)
{
    struct unit unit = fixture_unit();
    unit.days.end = unit.days.first + 1;
    unit.group_count = 1;
    struct page_query query = zone_query(&unit);
    struct page_key after = {.day = unit.days.first, .site_id = 9, .group_id = GROUP_A};
    query.after = &after;
    expect_text(&query, ", _or: [{SITE_ID: {_gt: 9}}]}");
}

Test(extra_keys, a_page_key_without_the_key_of_the_dataset_is_a_bug)
{
    struct unit unit = fixture_single();
    struct page_query query = zone_query(&unit);
    struct page_key after = {.day = unit.days.first, .site_id = 9, .group_id = GROUP_A, .start = "x"};
    struct buf body = {0};
    struct err err = {0};
    query.after = &after;
    cr_expect_eq(query_page(&query, &body, &err), STATUS_BUG);
    buf_release(&body);
}

static void row(struct buf *out, int hour, const char *zone, int value)
{
    buf_appendf(out,
                "%s{\"DAY\":20250501,\"BUILDING_ID\":71,\"SITE_ID\":9,\"GROUP_ID\":\"" GROUP_A
                "\",\"GRANULARITY\":\"PT1H\",\"BEGIN\":\"2025-05-01 %02d:00:00\"%s%s,\"OCCUPANCY_MEAN\":%d}",
                out->size > 0 ? "," : "", hour, zone[0] != '\0' ? ",\"ZONE_ID\":" : "", zone, value);
}

struct zone_pager {
    struct unit unit;
    struct pager_options options;
    struct pager_evidence evidence;
    struct pager pager;
    struct buf rows;
    struct err err;
};

static void begin(struct zone_pager *at, enum dialect dialect, int page_size)
{
    *at = (struct zone_pager){.unit = fixture_single()};
    at->options = (struct pager_options){
        .dialect = dialect, .dataset = &zones, .column_count = 1, .columns = fixture_columns, .page_size = page_size};
    pager_init(&at->pager, &at->options, &at->evidence, &at->unit);
}

static enum pager_step feed(struct zone_pager *at)
{
    struct buf body = {0};
    buf_appendf(&body, "{\"data\":{\"ZONE_INSIGHTS\":[%s]}}", buf_text(&at->rows));
    enum pager_step step = pager_feed(&at->pager, body.data, body.size, &at->err);
    buf_release(&body);
    buf_reset(&at->rows);
    return step;
}

static void end(struct zone_pager *at)
{
    pager_release(&at->pager);
    buf_release(&at->rows);
}

Test(extra_keys, a_page_that_ends_between_two_zones_of_one_start_is_read_on_behind_the_zone)
{
    struct zone_pager at;
    begin(&at, DIALECT_HASURA, 2);
    row(&at.rows, 8, "3", 30);
    row(&at.rows, 8, "20", 1);
    cr_assert_eq(feed(&at), PAGER_ASK, "%s", at.err.message);
    cr_assert_eq(at.pager.after.key_count, 1u);
    cr_expect_eq(at.pager.after.keys[0].integer, 20);
    row(&at.rows, 8, "21", 2);
    row(&at.rows, 9, "3", 3);
    cr_assert_eq(feed(&at), PAGER_ASK, "%s", at.err.message);
    cr_assert_eq(feed(&at), PAGER_DONE, "%s", at.err.message);
    cr_expect_eq(at.pager.batch.row_count, 4u);
    cr_expect_eq(at.pager.batch.rows[1].keys[0].integer, 20);
    cr_expect_eq(at.pager.restarts, 0);
    end(&at);
}

Test(extra_keys, a_page_that_brings_the_last_zone_again_does_not_lie_behind_it)
{
    struct zone_pager at;
    begin(&at, DIALECT_HASURA, 2);
    row(&at.rows, 8, "3", 30);
    row(&at.rows, 8, "20", 1);
    cr_assert_eq(feed(&at), PAGER_ASK);
    row(&at.rows, 8, "20", 1);
    cr_assert_eq(feed(&at), PAGER_ASK);
    cr_expect_eq(at.pager.restarts, 1);
    end(&at);
}

Test(extra_keys, zones_of_one_start_out_of_order_are_not_read_on_from)
{
    struct zone_pager at;
    begin(&at, DIALECT_HASURA, 2);
    row(&at.rows, 8, "20", 1);
    row(&at.rows, 8, "3", 30);
    cr_assert_eq(feed(&at), PAGER_ASK);
    cr_expect_eq(at.pager.restarts, 1);
    end(&at);
}

Test(extra_keys, one_start_and_zone_with_two_values_is_a_contradiction_and_two_zones_are_not)
{
    struct zone_pager at;
    begin(&at, DIALECT_HASURA, 10);
    at.evidence.longest_page = 5;
    row(&at.rows, 8, "\"a\"", 1);
    row(&at.rows, 8, "\"b\"", 2);
    cr_expect_eq(feed(&at), PAGER_DONE, "%s", at.err.message);
    cr_expect_eq(at.pager.batch.row_count, 2u);
    end(&at);
    begin(&at, DIALECT_HASURA, 10);
    at.evidence.longest_page = 5;
    row(&at.rows, 8, "\"a\"", 1);
    row(&at.rows, 8, "\"a\"", 2);
    cr_expect_eq(feed(&at), PAGER_ASK);
    cr_expect_eq(at.pager.restarts, 1);
    end(&at);
}

Test(extra_keys, a_key_that_is_no_whole_number_and_no_text_rejects_its_row_by_name)
{
    static const char *const bad[] = {"null",         "", "1.5", "true", "{}", "[1]", "1e400", "99999999999999999999",
                                      "\"a\\u0000b\""};
    struct zone_pager at;
    begin(&at, DIALECT_HASURA, 100);
    at.evidence.longest_page = 50;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        row(&at.rows, (int)i, bad[i], 1);
    row(&at.rows, 20, "7.0e0", 1);
    row(&at.rows, 21, "\"7\"", 1);
    row(&at.rows, 22, "\"\"", 1);
    cr_assert_eq(feed(&at), PAGER_DONE, "%s", at.err.message);
    const struct batch *batch = &at.pager.batch;
    cr_assert_eq(batch->reject_count, sizeof bad / sizeof bad[0]);
    for (size_t i = 0; i < batch->reject_count; i++) {
        cr_expect_not_null(strstr(batch->rejects[i].reason, "ZONE_ID"), "%s", batch->rejects[i].reason);
        cr_expect_eq(batch->rejects[i].slice, 0u);
    }
    cr_assert_eq(batch->row_count, 3u);
    cr_expect(batch->rows[0].keys[0].kind == VALUE_INTEGER && batch->rows[0].keys[0].integer == 7);
    cr_expect(batch->rows[1].keys[0].kind == VALUE_TEXT && batch->rows[1].keys[0].size == 1);
    cr_expect(batch->rows[2].keys[0].kind == VALUE_TEXT && batch->rows[2].keys[0].size == 0);
    end(&at);
}

Test(extra_keys, a_key_that_no_index_takes_rejects_its_row)
{
    char key[ROW_KEY_MAX + 4];
    struct zone_pager at;
    begin(&at, DIALECT_HASURA, 100);
    at.evidence.longest_page = 50;
    for (int more = 0; more < 2; more++) {
        (void)snprintf(key, sizeof key, "\"%0*d\"", ROW_KEY_MAX + more, 7);
        row(&at.rows, more, key, 1);
    }
    cr_assert_eq(feed(&at), PAGER_DONE, "%s", at.err.message);
    cr_assert_eq(at.pager.batch.row_count, 1u);
    cr_expect_eq(at.pager.batch.rows[0].keys[0].size, (size_t)ROW_KEY_MAX);
    cr_assert_eq(at.pager.batch.reject_count, 1u);
    cr_expect_not_null(strstr(at.pager.batch.rejects[0].reason, "longer than 640 bytes"));
    end(&at);
}

Test(extra_keys, a_row_whose_key_cannot_be_read_is_no_place_to_read_on_from)
{
    struct zone_pager at;
    begin(&at, DIALECT_HASURA, 2);
    row(&at.rows, 8, "3", 30);
    row(&at.rows, 8, "null", 1);
    cr_assert_eq(feed(&at), PAGER_ASK, "%s", at.err.message);
    cr_expect_eq(at.pager.after.keys[0].integer, 3);
    row(&at.rows, 8, "null", 1);
    row(&at.rows, 9, "3", 2);
    cr_assert_eq(feed(&at), PAGER_ASK, "%s", at.err.message);
    cr_assert_eq(feed(&at), PAGER_DONE, "%s", at.err.message);
    cr_expect_eq(at.pager.batch.row_count, 2u);
    cr_expect_eq(at.pager.batch.reject_count, 1u);
    end(&at);
}

Test(extra_keys, a_full_day_of_one_zone_does_not_prove_that_there_is_no_other)
{
    struct zone_pager at;
    begin(&at, DIALECT_DOCUMENTED, 100);
    for (int hour = 0; hour < 24; hour++)
        row(&at.rows, hour, "1", hour);
    cr_expect_eq(feed(&at), PAGER_FAIL);
    cr_expect_eq(at.err.kind, STATUS_INCOMPLETE);
    end(&at);
    begin(&at, DIALECT_DOCUMENTED, 100);
    at.evidence.longest_page = 48;
    for (int hour = 0; hour < 24; hour++)
        row(&at.rows, hour, "1", hour);
    cr_expect_eq(feed(&at), PAGER_DONE);
    cr_expect_eq(at.pager.proof, PROOF_SHORT_PAGE);
    end(&at);
}
