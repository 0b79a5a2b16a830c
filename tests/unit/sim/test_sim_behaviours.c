/* The switches for what the API may turn out to be: --garble, --flaws, the quotas, --change and what is wrong in counts
 * and orders. */
#include "fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define WORLD  "--buildings 1 --sites 1 --groups 2 --granularities PT1H --from 2025-05-01 --to 2025-05-03 "
#define FLOORS "{\"data\":{\"FLOOR\":[{\"ID\":71001}]}}"

static const char floor_query[] = "{FLOOR{ID}}";
static const char starts_query[] =
    "{BUILDING_INSIGHTS(where:{DATE_PARTITION:{_eq:20250501}},order_by:[{DATE_TIME_START:asc},{GROUP_ID:asc}])"
    "{DATE_TIME_START,GROUP_ID,OCCUPANCY_MEAN}}";
static const char mean_query[] = "{BUILDING_INSIGHTS{OCCUPANCY_MEAN}}";

static struct sim sim;

static void teardown(void)
{
    sim_close(&sim);
}

static void open_with(const char *switches)
{
    char all[512];
    snprintf(all, sizeof all, WORLD "%s", switches);
    sim_open(&sim, all);
}

struct garbled {
    const char *kind;
    unsigned code;
    const char *front; /* of the body */
    const char *back;
    const char *retry_after;
};

static const struct garbled garbled[] = {
    {"html", 200, "<html>", "</html>\r\n", NULL},
    {"empty", 200, "", "", NULL},
    {"cut", 200, "{\"data\":{", "\"FLOOR\"", NULL},
    {"chunked", 200, FLOORS, FLOORS, NULL},
    {"gzip", 200, FLOORS, FLOORS, NULL},
    {"bom", 200, "\xEF\xBB\xBF{", FLOORS, NULL},
    {"deep", 200, "{\"extensions\":[[[[",
     "]],"
     "\"data\":{\"FLOOR\":[{\"ID\":71001}]}}",
     NULL},
    {"blanks", 200, " \n\t", FLOORS, NULL},
    {"twice", 200, "{\"data\":{},\"data\":{", "}}", NULL},
    {"partial", 200, "{\"errors\":[{", "\"data\":{\"FLOOR\":[{\"ID\":71001}]}}", NULL},
    {"null-data", 200, "{\"data\":null}", "", NULL},
    {"ddn", 200, "{\"data\":null,\"errors\":[{\"message\":\"internal error\"}]}", "", NULL},
    {"no-data", 200, "{\"extensions\":{}}", "", NULL},
    {"list", 200, "[{", "}}]", NULL},
    {"repeat", 200, FLOORS, "", NULL},
    {"429", 429, "{\"message\"", "", NULL},
    {"429-seconds", 429, "{\"message\"", "", "1"},
    {"429-date", 429, "{\"message\"", "", "GMT"},
    {"500", 500, "{\"message\"", "", NULL},
    {"501", 501, "<html>", "", NULL},
    {"502", 502, "<html>", "", NULL},
    {"503", 503, "<html>", "", NULL},
    {"503-seconds", 503, "<html>", "", "1"},
    {"504", 504, "<html>", "", NULL},
};

static bool ends_with(const struct buf *body, const char *back)
{
    size_t size = strlen(back);
    return body->size >= size && memcmp(buf_text(body) + body->size - size, back, size) == 0;
}

Test(sim_behaviours, every_kind_of_garbled_answer_has_its_form, .fini = teardown)
{
    for (size_t i = 0; i < sizeof garbled / sizeof *garbled; i++) {
        const struct garbled *wanted = &garbled[i];
        char switches[64];
        if (i > 0)
            sim_close(&sim);
        snprintf(switches, sizeof switches, "--blanks 1000 --garble %s:100", wanted->kind);
        open_with(switches);
        const char *body = sim_ask(&sim, floor_query, NULL);
        cr_assert_eq(sim.reply.code, wanted->code, "%s", wanted->kind);
        cr_assert_eq(strncmp(body, wanted->front, strlen(wanted->front)), 0, "%s: %.80s", wanted->kind, body);
        cr_assert(ends_with(&sim.reply.body, wanted->back), "%s: %.80s", wanted->kind, body);
        const char *after = sim.reply.retry_after;
        cr_assert_eq(after != NULL, wanted->retry_after != NULL, "%s", wanted->kind);
        cr_assert(after == NULL || strstr(after, wanted->retry_after) != NULL, "%s", wanted->kind);
        cr_assert_eq(sim.reply.chunked, strcmp(wanted->kind, "chunked") == 0);
        cr_assert_eq(sim.reply.gzip_broken, strcmp(wanted->kind, "gzip") == 0);
    }
}

Test(sim_behaviours, a_repeated_answer_is_the_good_one_before, .fini = teardown)
{
    open_with("--garble repeat:50");
    bool repeated = false;
    char before[64] = "";
    for (int i = 0; i < 40; i++) {
        char query[64];
        char wanted[64];
        snprintf(query, sizeof query, "{x%d:FLOOR{ID}}", i);
        snprintf(wanted, sizeof wanted, "{\"data\":{\"x%d\"", i);
        const char *body = sim_ask(&sim, query, NULL);
        if (strncmp(body, wanted, strlen(wanted)) == 0) {
            snprintf(before, sizeof before, "%s", wanted);
        } else {
            cr_assert_eq(strncmp(body, before, strlen(before)), 0, "%.60s", body);
            repeated = true;
        }
    }
    cr_assert(repeated);
}

Test(sim_behaviours, a_list_of_kinds_that_is_none_is_refused)
{
    static const char *const lists[] = {"nope:3", "html", "html:101", "html:60,cut:50", "html:-1", "", "html:3,"};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        struct rates rates;
        struct err err = {0};
        const char *const kinds[] = {"html", "cut"};
        cr_assert_eq(rates_parse(&rates, "garble", lists[i], kinds, 2, &err), STATUS_USAGE, "%s", lists[i]);
        cr_assert_not_null(strstr(err.message, "--garble"));
    }
}

static const char *const flaw_parts[][2] = {
    {"extra", "\"NOT_ASKED_FOR\""},
    {"string", "\"OCCUPANCY_MEAN\":\""},
    {"exponent", "e+0"},
    {"huge", "\"OCCUPANCY_MEAN\":90072"},
    {"nested", "\"OCCUPANCY_MEAN\":{"},
    {"null", "\"OCCUPANCY_MEAN\":null"},
    {"bad-utf8", "\xFF"},
    {"lone-surrogate", "\\ud800"},
    {"null-start", "\"DATE_TIME_START\":null"},
    {"twice", "\"OCCUPANCY_MEAN\":0,\"OCCUPANCY_MEAN\":0"},
};

Test(sim_behaviours, every_flaw_has_its_form_and_is_the_same_again, .fini = teardown)
{
    for (size_t i = 0; i < sizeof flaw_parts / sizeof *flaw_parts; i++) {
        char switches[64];
        if (i > 0)
            sim_close(&sim);
        snprintf(switches, sizeof switches, "--flaws %s:50", flaw_parts[i][0]);
        open_with(switches);
        char *first = strdup(sim_ask(&sim, starts_query, NULL));
        cr_assert_not_null(strstr(first, flaw_parts[i][1]), "%s", flaw_parts[i][0]);
        cr_assert_str_eq(sim_ask(&sim, starts_query, NULL), first);
        free(first);
    }
}

Test(sim_behaviours, keys_can_be_left_out, .fini = teardown)
{
    open_with("--flaws no-start:100");
    cr_assert_null(strstr(sim_ask(&sim, starts_query, NULL), "DATE_TIME_START"));
    sim_close(&sim);
    open_with("--flaws no-nulls:100");
    cr_assert_null(strstr(sim_ask(&sim, "{BUILDING_INSIGHTS{OCCUPANCY_MEAN,LARGEST_ZONE}}", NULL), "null"));
}

Test(sim_behaviours, too_many_rows_fail_in_the_style_asked_for, .fini = teardown)
{
    static const char *const styles[][3] = {{"error", "200", "data-connector-error"},
                                            {"time-limit", "200", "tenant-time-limit-exceeded"},
                                            {"504", "504", "<html>"},
                                            {"413", "413", "<html>"},
                                            {"ddn", "200", "{\"data\":null,\"errors\""}};
    for (size_t i = 0; i < sizeof styles / sizeof *styles; i++) {
        char switches[64];
        if (i > 0)
            sim_close(&sim);
        snprintf(switches, sizeof switches, "--choke-rows 48 --choke-style %s", styles[i][0]);
        open_with(switches);
        cr_assert_not_null(strstr(sim_ask(&sim, mean_query, NULL), styles[i][2]), "%s", styles[i][0]);
        cr_assert_eq(sim.reply.code, (unsigned)strtoul(styles[i][1], NULL, 10));
        cr_assert_eq(json_object_array_length(sim_data(&sim, starts_query, "BUILDING_INSIGHTS")), 48);
    }
}

Test(sim_behaviours, long_lists_and_many_nodes_are_refused, .fini = teardown)
{
    open_with("--in-limit 2 --node-limit 1");
    sim_refuses(&sim, "{FLOOR(where:{ID:{_in:[1,2,3]}}){ID}}", NULL, "validation-failed", "$.selectionSet.FLOOR.args",
                "at most 2");
    cr_assert_str_eq(sim_ask(&sim, "{FLOOR(where:{ID:{_in:[71001,2]}}){ID}}", NULL), FLOORS);
    sim_refuses(&sim, "{a:FLOOR{ID} b:FLOOR{ID}}", NULL, "node-limit-exceeded", "$", "limit of 1");
}

Test(sim_behaviours, counts_are_wrong_by_what_was_asked, .fini = teardown)
{
    open_with("--count-off -3");
    cr_assert_eq(sim_count(&sim, "BUILDING_INSIGHTS", "{DATE_PARTITION:{_eq:20250501}}"), 45);
    cr_assert_eq(sim_count(&sim, "BUILDING_INSIGHTS", "{DATE_PARTITION:{_eq:20240501}}"), 0);
    cr_assert_eq(sim_count(&sim, "FLOOR", "{}"), 1);
}

Test(sim_behaviours, keys_behind_the_first_are_not_obeyed, .fini = teardown)
{
    open_with("--order-keys 1");
    bool differs = false;
    char *first = strdup(sim_ask(&sim, starts_query, NULL));
    for (int i = 0; i < 20 && !differs; i++)
        differs = strcmp(first, sim_ask(&sim, starts_query, NULL)) != 0;
    free(first);
    cr_assert(differs);
}

Test(sim_behaviours, the_change_comes_after_so_many_queries, .fini = teardown)
{
    open_with("--change-after 1 --change-values --change-without OCCUPANCY_MAX --change-text OCCUPANCY_MEAN "
              "--change-new");
    char *before = strdup(sim_ask(&sim, starts_query, NULL));
    cr_assert_str_neq(sim_ask(&sim, starts_query, NULL), before);
    cr_assert_not_null(strstr(sim_ask(&sim, starts_query, NULL), "\"OCCUPANCY_MEAN\":\""));
    cr_assert_null(strstr(before, "\"OCCUPANCY_MEAN\":\""));
    free(before);
    sim_refuses(&sim, "{BUILDING_INSIGHTS{OCCUPANCY_MAX}}", NULL, "validation-failed",
                "$.selectionSet.BUILDING_INSIGHTS.selectionSet.OCCUPANCY_MAX", "not found");
    cr_assert_not_null(strstr(sim_ask(&sim, "{__type(name:\"BUILDING_INSIGHTS\"){fields{name type{name}}}}", NULL),
                              "{\"name\":\"DWELL_MINUTES\",\"type\":{\"name\":\"Float\"}}"));
    cr_assert_not_null(strstr(sim_ask(&sim, "{__type(name:\"BUILDING_INSIGHTS\"){fields{name type{name}}}}", NULL),
                              "{\"name\":\"OCCUPANCY_MEAN\",\"type\":{\"name\":\"String\"}}"));
}
