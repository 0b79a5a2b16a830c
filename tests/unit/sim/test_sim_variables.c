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

TestSuite(sim_variables, .init = setup, .fini = teardown);

#define FLOORS "{\"data\":{\"FLOOR\":[{\"ID\":72001}]}}"
#define EQ_AT  "$.selectionSet.FLOOR.args.where.ID._eq"

Test(sim_variables, values_are_put_in_at_every_depth)
{
    static const char *const queries[][2] = {
        {"query Q($v: Int!) {FLOOR(where:{ID:{_eq:$v}}){ID}}", "{\"v\":72001}"},
        {"query Q($v: Int) {FLOOR(where:{ID:{_eq:$v}}){ID}}", "{\"v\":72001.0}"},
        {"query Q($v: Int = 72001) {FLOOR(where:{ID:{_eq:$v}}){ID}}", "{}"},
        {"query Q($v: Int! = 1) {FLOOR(where:{ID:{_eq:$v}}){ID}}", "{\"v\":72001}"},
        {"query Q($v: [Int!]!) {FLOOR(where:{ID:{_in:$v}}){ID}}", "{\"v\":[72001, 5]}"},
        {"query Q($v: Int!) {FLOOR(where:{ID:{_in:[$v]}}){ID}}", "{\"v\":72001}"},
        {"query Q($v: FLOOR_bool_exp) {FLOOR(where:$v){ID}}", "{\"v\":{\"_or\":{\"ID\":{\"_eq\":72001}}}}"},
        {"query Q($v: Int_comparison_exp!) {FLOOR(where:{_and:[{ID:$v}]}){ID}}", "{\"v\":{\"_eq\":72001}}"},
        {"query Q($v: Boolean!) {FLOOR(where:{ID:{_eq:72001}}){ID NAME @include(if:$v)}}", "{\"v\":false}"},
        {"query Q($v: order_by!) {FLOOR(order_by:{ID:$v}, offset:1, limit:1){ID}}", "{\"v\":\"asc\"}"},
        {"query Q($v: [FLOOR_order_by!]) {FLOOR(order_by:$v, offset:1, limit:1){ID}}", "{\"v\":[{\"ID\":\"desc\"}]}"},
        {"query Q($v: Int!, $w: Int) {FLOOR(where:{ID:{_eq:$v}}, limit:$w){ID}}", "{\"v\":72001}"},
    };
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++)
        cr_assert_str_eq(sim_ask(&sim, queries[i][0], queries[i][1]), FLOORS, "%s", queries[i][0]);
}

struct mistake {
    const char *query;
    const char *variables;
    const char *path;
    const char *part;
};

static const struct mistake mistakes[] = {
    {"{FLOOR{ID}}", "{\"a\":1}", "$", "unexpected variables in variableValues: a"},
    {"query Q($v: Int) {FLOOR{ID}}", "{\"v\":1}", "$", "unexpected variables in variableValues: v"},
    {"query Q($v: Int) {FLOOR(limit:$v){ID}}", "{\"v\":1,\"w\":2,\"x\":3}", "$", "variableValues: w, x"},
    {"query Q($v: Int!) {FLOOR(where:{ID:{_eq:$v}}){ID}}", "{}", "$",
     "expecting a value for non-nullable variable: \"v\""},
    {"query Q($v: Int!) {FLOOR(where:{ID:{_eq:$v}}){ID}}", "{\"v\":null}", "$", "null value found for non-nullable"},
    {"query Q($v: Int) {FLOOR(where:{ID:{_eq:$v}}){ID}}", "{\"v\":null}", EQ_AT,
     "unexpected null value for type 'Int'"},
    {"query Q($v: Int) {FLOOR(where:{ID:{_eq:$v}}){ID}}", "{}", EQ_AT, "unexpected null value"},
    {"query Q($v: Int!) {FLOOR(where:{ID:{_eq:$v}}){ID}}", "{\"v\":\"72001\"}", EQ_AT, "found a string"},
    {"query Q($v: Int!) {FLOOR(where:{ID:{_eq:$v}}){ID}}", "{\"v\":1.5}", EQ_AT, "found a float"},
    {"query Q($v: String!) {FLOOR(where:{ID:{_eq:$v}}){ID}}", "{\"v\":\"1\"}", EQ_AT,
     "variable 'v' is declared as 'String!', but used where 'Int' is expected"},
    {"query Q($v: Int!) {FLOOR(where:{ID:{_in:$v}}){ID}}", "{\"v\":1}", "$.selectionSet.FLOOR.args.where.ID._in",
     "declared as 'Int!', but used where '[Int!]' is expected"},
    {"query Q($v: [Int]) {FLOOR(where:{ID:{_in:$v}}){ID}}", "{\"v\":[1]}", "$.selectionSet.FLOOR.args.where.ID._in",
     "declared as '[Int]'"},
    {"query Q($v: [[Int]]) {FLOOR(where:{ID:{_in:$v}}){ID}}", "{\"v\":[]}", "$.selectionSet.FLOOR.args.where.ID._in",
     "declared as '[[...]]'"},
    {"query Q($v: Boolean) {FLOOR{ID @skip(if:$v)}}", "{\"v\":true}", "$.selectionSet.FLOOR.selectionSet",
     "used where 'Boolean!' is expected"},
    {"{FLOOR(where:{ID:{_eq:$v}}){ID}}", NULL, EQ_AT, "unbound variable \"v\""},
    {"query Q($v: Nothing) {FLOOR(limit:$v){ID}}", "{\"v\":1}", "$", "no input type"},
    {"query Q($v: FLOOR) {FLOOR(limit:$v){ID}}", "{\"v\":1}", "$", "no input type"},
    {"query Q($v: Int, $v: Int) {FLOOR(limit:$v){ID}}", "{\"v\":1}", "$", "multiple definitions for variable \"v\""},
    {"query Q($v: FLOOR_bool_exp) {FLOOR(where:$v){ID}}", "{\"v\":{\"X\":1}}", "$.selectionSet.FLOOR.args.where.X",
     "field \"X\" not found in type: 'FLOOR_bool_exp'"},
};

Test(sim_variables, mistakes_are_refused)
{
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++)
        sim_refuses(&sim, mistakes[i].query, mistakes[i].variables, "validation-failed", mistakes[i].path,
                    mistakes[i].part);
}

Test(sim_variables, a_variable_used_only_in_a_skipped_field_or_a_fragment_is_used)
{
    cr_assert_str_eq(sim_ask(&sim,
                             "query Q($v: Boolean!, $w: Int) {FLOOR(where:{ID:{_eq:72001}}){...F} "
                             "SITE(limit:$w) @skip(if:true) {ID}} fragment F on FLOOR {ID NAME @skip(if:$v)}",
                             "{\"v\":true,\"w\":1}"),
                     FLOORS);
}

#define TWO "{\"query\":\"query A {FLOOR(where:{ID:{_eq:72001}}){ID}} query B {x}\",\"operationName\":"

Test(sim_variables, the_operation_is_picked_by_its_name)
{
    cr_assert_str_eq(sim_post(&sim, TWO "\"A\"}"), FLOORS);
    cr_assert_str_eq(sim.reply.operation, "A");
    cr_assert_not_null(strstr(sim_post(&sim, TWO "\"C\"}"), "no such operation found in the document: \\\"C\\\""));
    cr_assert_not_null(strstr(sim_post(&sim, TWO "null}"), "exactly one operation"));
}
