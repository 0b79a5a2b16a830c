#include "fixture.h"

#include <criterion/criterion.h>
#include <string.h>

static struct sim sim;

static void setup(void)
{
    sim_open(&sim, "--from 2025-01-01 --to 2025-01-02");
}

static void teardown(void)
{
    sim_close(&sim);
}

TestSuite(sim_check, .init = setup, .fini = teardown);

struct mistake {
    const char *query;
    const char *code;
    const char *path;
    const char *part; /* of the message */
};

#define VALIDATION "validation-failed"
#define ROOT       "$.selectionSet.BUILDING_INSIGHTS"
#define WHERE      ROOT ".args.where"

static void all_refused(const struct mistake *mistakes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct mistake *mistake = &mistakes[i];
        sim_refuses(&sim, mistake->query, NULL, mistake->code, mistake->path, mistake->part);
    }
}

Test(sim_check, values_of_the_wrong_type_are_refused_where_they_stand)
{
    static const struct mistake mistakes[] = {
        {"{BUILDING_INSIGHTS(where:{BUILDING_ID:{_eq:\"71\"}}){SITE_ID}}", VALIDATION, WHERE ".BUILDING_ID._eq",
         "expected a 32-bit integer for type 'Int', but found a string"},
        {"{BUILDING_INSIGHTS(where:{BUILDING_ID:{_eq:71.0}}){SITE_ID}}", VALIDATION, WHERE ".BUILDING_ID._eq",
         "found a float"},
        {"{BUILDING_INSIGHTS(where:{BUILDING_ID:{_in:[71, \"72\"]}}){SITE_ID}}", VALIDATION,
         WHERE ".BUILDING_ID._in[1]", "found a string"},
        {"{BUILDING_INSIGHTS(where:{SITE_ID:{_eq:3000000000}}){SITE_ID}}", "parse-failed", WHERE ".SITE_ID._eq",
         "lies outside the bounds"},
        {"{BUILDING_INSIGHTS(where:{GROUP_ID:{_eq:71}}){SITE_ID}}", VALIDATION, WHERE ".GROUP_ID._eq",
         "expected a string for type 'String', but found an integer"},
        {"{BUILDING_INSIGHTS(where:{GROUP_ID:{_eq:abc}}){SITE_ID}}", VALIDATION, WHERE ".GROUP_ID._eq",
         "found an enum value"},
        {"{BUILDING_INSIGHTS(where:{OCCUPANCY_MEAN:{_gt:\"1.5\"}}){SITE_ID}}", VALIDATION, WHERE ".OCCUPANCY_MEAN._gt",
         "expected a float for type 'Float', but found a string"},
        {"{BUILDING_INSIGHTS(where:{SITE_ID:{_is_null:1}}){SITE_ID}}", VALIDATION, WHERE ".SITE_ID._is_null",
         "expected a boolean"},
        {"{BUILDING_INSIGHTS(where:{SITE_ID:5}){SITE_ID}}", VALIDATION, WHERE ".SITE_ID",
         "expected an object for type 'Int_comparison_exp', but found an integer"},
        {"{BUILDING_INSIGHTS(where:[{SITE_ID:{_eq:5}}]){SITE_ID}}", VALIDATION, WHERE,
         "expected an object for type 'BUILDING_INSIGHTS_bool_exp', but found a list"},
        {"{BUILDING_INSIGHTS(limit:\"5\"){SITE_ID}}", VALIDATION, ROOT ".args.limit", "found a string"},
        {"{BUILDING_INSIGHTS(limit:-5){SITE_ID}}", VALIDATION, ROOT ".args.limit", "non-negative"},
        {"{BUILDING_INSIGHTS(offset:-1){SITE_ID}}", VALIDATION, ROOT ".args.offset", "non-negative"},
        {"{BUILDING_INSIGHTS(where:{_or:[{SITE_ID:{_eq:1}},{_and:[{SITE_ID:{_eq:\"1\"}}]}]}){SITE_ID}}", VALIDATION,
         WHERE "._or[1]._and[0].SITE_ID._eq", "found a string"},
    };
    all_refused(mistakes, sizeof mistakes / sizeof *mistakes);
}

Test(sim_check, an_int_is_accepted_where_a_float_is_expected)
{
    sim_data(&sim, "{BUILDING_INSIGHTS(where:{OCCUPANCY_MEAN:{_gte:0}}, limit:1){SITE_ID}}", "BUILDING_INSIGHTS");
}

Test(sim_check, null_inside_of_where_is_refused_at_every_depth)
{
    static const struct mistake mistakes[] = {
        {"{BUILDING_INSIGHTS(where:null){SITE_ID}}", VALIDATION, WHERE, "unexpected null value for type"},
        {"{BUILDING_INSIGHTS(where:{SITE_ID:null}){SITE_ID}}", VALIDATION, WHERE ".SITE_ID", "unexpected null value"},
        {"{BUILDING_INSIGHTS(where:{SITE_ID:{_eq:null}}){SITE_ID}}", VALIDATION, WHERE ".SITE_ID._eq",
         "unexpected null value for type 'Int'"},
        {"{BUILDING_INSIGHTS(where:{SITE_ID:{_in:null}}){SITE_ID}}", VALIDATION, WHERE ".SITE_ID._in", "null"},
        {"{BUILDING_INSIGHTS(where:{SITE_ID:{_in:[1,null]}}){SITE_ID}}", VALIDATION, WHERE ".SITE_ID._in[1]", "null"},
        {"{BUILDING_INSIGHTS(where:{_and:null}){SITE_ID}}", VALIDATION, WHERE "._and", "null"},
        {"{BUILDING_INSIGHTS(where:{_or:[null]}){SITE_ID}}", VALIDATION, WHERE "._or[0]", "null"},
        {"{BUILDING_INSIGHTS(where:{_not:null}){SITE_ID}}", VALIDATION, WHERE "._not", "null"},
        {"{BUILDING_INSIGHTS(where:{DATE_TIME_START:{_gt:null}}){SITE_ID}}", VALIDATION, WHERE ".DATE_TIME_START._gt",
         "null"},
    };
    all_refused(mistakes, sizeof mistakes / sizeof *mistakes);
}

Test(sim_check, null_for_limit_offset_and_a_direction_is_nothing)
{
    sim_data(&sim, "{FLOOR(limit:null, offset:null, order_by:null){ID}}", "FLOOR");
    sim_data(&sim, "{FLOOR(order_by:[{ID:null}]){ID}}", "FLOOR");
}

Test(sim_check, one_unknown_name_fails_the_whole_query)
{
    static const struct mistake mistakes[] = {
        {"{FLOOR{ID} BUILDING_INSIGHTS{SITE_ID NOISE}}", VALIDATION, ROOT ".selectionSet.NOISE",
         "field \"NOISE\" not found in type: 'BUILDING_INSIGHTS'"},
        {"{FLOOR{ID} BUILDINGS{ID}}", VALIDATION, "$.selectionSet.BUILDINGS",
         "field \"BUILDINGS\" not found in type: 'query_root'"},
        {"{BUILDING_INSIGHTS(where:{NOISE:{_eq:1}}){SITE_ID}}", VALIDATION, WHERE ".NOISE",
         "field \"NOISE\" not found in type: 'BUILDING_INSIGHTS_bool_exp'"},
        {"{BUILDING_INSIGHTS(where:{SITE_ID:{_like:1}}){SITE_ID}}", VALIDATION, WHERE ".SITE_ID._like",
         "field \"_like\" not found in type: 'Int_comparison_exp'"},
        {"{BUILDING_INSIGHTS(where:{LARGEST_ZONE:{_eq:1}}){SITE_ID}}", VALIDATION, WHERE ".LARGEST_ZONE._eq",
         "not found"},
        {"{BUILDING_INSIGHTS(order_by:{NOISE:asc}){SITE_ID}}", VALIDATION, ROOT ".args.order_by[0].NOISE", "not found"},
        {"{BUILDING_INSIGHTS(order_by:[{SITE_ID:asc},{LARGEST_ZONE:asc}]){SITE_ID}}", VALIDATION,
         ROOT ".args.order_by[1].LARGEST_ZONE", "not found"},
        {"{BUILDING_INSIGHTS_aggregate{aggregate{sum}}}", VALIDATION,
         "$.selectionSet.BUILDING_INSIGHTS_aggregate.selectionSet.aggregate.selectionSet.sum", "not found"},
    };
    all_refused(mistakes, sizeof mistakes / sizeof *mistakes);
}

Test(sim_check, unknown_arguments_are_refused)
{
    static const struct mistake mistakes[] = {
        {"{BUILDING_INSIGHTS(distinct_on:SITE_ID){SITE_ID}}", VALIDATION, ROOT,
         "'BUILDING_INSIGHTS' has no argument named 'distinct_on'"},
        {"{BUILDING_INSIGHTS(first:5){SITE_ID}}", VALIDATION, ROOT, "has no argument named 'first'"},
        {"{BUILDING_INSIGHTS{SITE_ID(x:1)}}", VALIDATION, ROOT ".selectionSet.SITE_ID", "has no argument named 'x'"},
    };
    all_refused(mistakes, sizeof mistakes / sizeof *mistakes);
}

Test(sim_check, only_asc_and_desc_are_directions)
{
    static const struct mistake mistakes[] = {
        {"{BUILDING_INSIGHTS(order_by:{SITE_ID:asc_nulls_last}){SITE_ID}}", VALIDATION,
         ROOT ".args.order_by[0].SITE_ID",
         "expected one of the values ['asc', 'desc'] for type 'order_by', but found 'asc_nulls_last'"},
        {"{BUILDING_INSIGHTS(order_by:{SITE_ID:ASC}){SITE_ID}}", VALIDATION, ROOT ".args.order_by[0].SITE_ID",
         "but found 'ASC'"},
        {"{BUILDING_INSIGHTS(order_by:{SITE_ID:\"asc\"}){SITE_ID}}", VALIDATION, ROOT ".args.order_by[0].SITE_ID",
         "expected an enum value for type 'order_by', but found a string"},
    };
    all_refused(mistakes, sizeof mistakes / sizeof *mistakes);
}

Test(sim_check, selection_sets_belong_to_objects_only)
{
    static const struct mistake mistakes[] = {
        {"{BUILDING_INSIGHTS}", VALIDATION, ROOT, "missing selection set for 'BUILDING_INSIGHTS'"},
        {"{BUILDING_INSIGHTS{SITE_ID{x}}}", VALIDATION, ROOT ".selectionSet.SITE_ID",
         "unexpected subselection set for non-object field"},
        {"{BUILDING_INSIGHTS{LARGEST_ZONE{ZONE_ID}}}", VALIDATION, ROOT ".selectionSet.LARGEST_ZONE",
         "unexpected subselection set"},
    };
    all_refused(mistakes, sizeof mistakes / sizeof *mistakes);
}

Test(sim_check, fields_that_share_a_key_must_be_the_same)
{
    static const struct mistake mistakes[] = {
        {"{BUILDING_INSIGHTS{a:SITE_ID a:GROUP_ID}}", VALIDATION, ROOT ".selectionSet.GROUP_ID",
         "selection of both 'SITE_ID' and 'GROUP_ID' specify the same response name, 'a'"},
        {"{FLOOR(limit:1){ID} FLOOR(limit:2){ID}}", VALIDATION, "$.selectionSet.FLOOR", "inconsistent arguments"},
        {"{FLOOR(limit:1){ID} FLOOR{ID}}", VALIDATION, "$.selectionSet.FLOOR", "inconsistent arguments"},
    };
    all_refused(mistakes, sizeof mistakes / sizeof *mistakes);
    cr_assert_str_eq(sim_ask(&sim,
                             "{FLOOR(limit:1, where:{ID:{_eq:71001}}){ID} FLOOR(where:{ID:{_eq:71001}}, limit:1){LEVEL "
                             "ID}}",
                             NULL),
                     "{\"data\":{\"FLOOR\":[{\"ID\":71001,\"LEVEL\":0}]}}");
}

Test(sim_check, fragments_directives_and_aliases_are_obeyed)
{
    cr_assert_str_eq(sim_ask(&sim,
                             "query Q {x: FLOOR(where:{ID:{_eq:71001}}) {...F ... {LEVEL @skip(if:true) t:__typename} "
                             "... on SITE {SITE_CODE} BUILDING_ID @include(if:false)} __typename} "
                             "fragment F on FLOOR {id:ID ...G} fragment G on FLOOR {NAME}",
                             NULL),
                     "{\"data\":{\"x\":[{\"id\":71001,\"NAME\":\"Floor 0\",\"t\":\"FLOOR\"}],\"__typename\":\"query_"
                     "root\"}}");
}

Test(sim_check, fragments_and_directives_that_make_no_sense_are_refused)
{
    static const struct mistake mistakes[] = {
        {"{FLOOR{...F}}", VALIDATION, "$.selectionSet.FLOOR.selectionSet", "undefined fragment \"F\""},
        {"{FLOOR{...F}} fragment F on FLOOR {...G} fragment G on FLOOR {ID ...F}", VALIDATION,
         "$.selectionSet.FLOOR.selectionSet", "form a cycle"},
        {"{FLOOR{...F}} fragment F on FLOORS {ID}", VALIDATION, "$.selectionSet.FLOOR.selectionSet",
         "no such type exists in the schema: 'FLOORS'"},
        {"{FLOOR{... on FLOORS {ID}}}", VALIDATION, "$.selectionSet.FLOOR.selectionSet", "no such type"},
        {"{FLOOR{ID @cached}}", VALIDATION, "$.selectionSet.FLOOR.selectionSet", "directive 'cached' is not defined"},
        {"{FLOOR{ID @skip}}", VALIDATION, "$.selectionSet.FLOOR.selectionSet", "takes exactly 'if'"},
        {"{FLOOR{ID @skip(if:\"true\")}}", VALIDATION, "$.selectionSet.FLOOR.selectionSet", "expected a boolean"},
        {"{FLOOR{ID @include(if:true, x:1)}}", VALIDATION, "$.selectionSet.FLOOR.selectionSet", "takes exactly 'if'"},
    };
    all_refused(mistakes, sizeof mistakes / sizeof *mistakes);
}

Test(sim_check, fragments_that_grow_without_bound_are_refused)
{
    struct buf query = {0};
    buf_append_text(&query, "{FLOOR{...F0}}");
    for (int i = 0; i < 30; i++)
        buf_appendf(&query, " fragment F%d on FLOOR {a%d:ID ...F%d}", i, i, i + 1);
    buf_append_text(&query, " fragment F30 on FLOOR {ID}");
    sim_data(&sim, buf_text(&query), "FLOOR");
    buf_reset(&query);
    buf_append_text(&query, "{FLOOR{...F0}}");
    for (int i = 0; i < CHECK_DEPTH_MAX; i++)
        buf_appendf(&query, " fragment F%d on FLOOR {...F%d}", i, i + 1);
    buf_appendf(&query, " fragment F%d on FLOOR {ID}", CHECK_DEPTH_MAX);
    sim_refuses(&sim, buf_text(&query), NULL, VALIDATION, "$.selectionSet.FLOOR.selectionSet", "nested deeper");
    buf_release(&query);
}

Test(sim_check, only_queries_are_offered)
{
    sim_refuses(&sim, "mutation {x}", NULL, VALIDATION, "$", "no mutations exist");
    sim_refuses(&sim, "subscription {FLOOR{ID}}", NULL, VALIDATION, "$", "no subscriptions exist");
    sim_refuses(&sim, "query A {FLOOR{ID}} query B {FLOOR{ID}}", NULL, VALIDATION, "$", "exactly one operation");
    sim_refuses(&sim, "fragment F on FLOOR {ID}", NULL, VALIDATION, "$", "exactly one operation");
    sim_refuses(&sim, "{FLOOR{ID}", NULL, VALIDATION, "$.query", "not a valid graphql query");
}

Test(sim_check, a_time_that_is_none_is_the_agents_error)
{
    sim_refuses(&sim, "{BUILDING_INSIGHTS(where:{DATE_TIME_START:{_gt:\"yesterday\"}}){SITE_ID}}", NULL,
                "data-connector-error", "$", "'yesterday' is not recognized");
    sim_refuses(&sim, "{BUILDING_INSIGHTS(where:{DATE_TIME_START:{_gt:{a:1}}}){SITE_ID}}", NULL, "data-connector-error",
                "$", "is not recognized");
}
