#include "fixture.h"
#include "truth.h"

#include <criterion/criterion.h>
#include <string.h>

/*
 * Random filters over the key columns and a nullable one, against a judge that knows every row and evaluates the plain
 * three-valued logic of SQL. What it guards is the narrowing of the scan: a branch left out by mistake is a lost row.
 */

enum truth_value { JUDGED_FALSE, JUDGED_TRUE, JUDGED_NULL };

enum { DEPTH_MAX = 4, CHILDREN_MAX = 3, NODES_MAX = 200, ROUNDS = 400 };

enum node_kind { NODE_AND, NODE_OR, NODE_NOT, NODE_LEAF };

enum leaf_column {
    LEAF_BUILDING,
    LEAF_SITE,
    LEAF_GROUP,
    LEAF_GRANULARITY,
    LEAF_DAY,
    LEAF_START,
    LEAF_MEAN,
    LEAF_COUNT
};

struct node {
    enum node_kind kind;
    int child_count;
    struct node *children[CHILDREN_MAX];
    enum leaf_column column;
    int operator_number; /* in operators */
    size_t sample;       /* the row whose value it compares with */
};

static struct sim sim;
static struct truth truth;
static struct node nodes[NODES_MAX];
static size_t node_count;
static uint64_t chance;

static const char *const columns[LEAF_COUNT] = {"BUILDING_ID",    "SITE_ID",         "GROUP_ID",      "GRANULARITY",
                                                "DATE_PARTITION", "DATE_TIME_START", "OCCUPANCY_MEAN"};
static const char *const operators[] = {"_eq", "_neq", "_gt", "_lt", "_gte", "_lte"};

static void setup(void)
{
    sim_open(&sim, "--buildings 2 --sites 2 --groups 2 --from 2025-03-07 --to 2025-03-10 --gaps 15");
    truth_read(&truth, &sim.service);
    chance = 42;
}

static void teardown(void)
{
    truth_release(&truth);
    sim_close(&sim);
}

static int below(int limit)
{
    return (int)(world_chance(&chance) % (uint64_t)limit);
}

static struct node *make_node(int depth)
{
    cr_assert_lt(node_count, NODES_MAX);
    struct node *node = &nodes[node_count++];
    *node = (struct node){.kind = depth == DEPTH_MAX || below(3) == 0 ? NODE_LEAF : (enum node_kind)below(3)};
    if (node->kind == NODE_LEAF) {
        node->column = (enum leaf_column)below(LEAF_COUNT);
        node->operator_number = below(6);
        node->sample = (size_t)below((int)truth.count);
        return node;
    }
    node->child_count = node->kind == NODE_NOT ? 1 : below(CHILDREN_MAX + 1);
    for (int i = 0; i < node->child_count; i++)
        node->children[i] = make_node(depth + 1);
    return node;
}

static void write_leaf(struct buf *out, const struct node *node)
{
    const struct truth_row *row = &truth.rows[node->sample];
    buf_appendf(out, "{%s:{%s:", columns[node->column], operators[node->operator_number]);
    switch (node->column) {
    case LEAF_BUILDING: buf_appendf(out, "%lld", (long long)row->building); break;
    case LEAF_SITE: buf_appendf(out, "%lld", (long long)row->site); break;
    case LEAF_GROUP: buf_appendf(out, "\"%s\"", row->group); break;
    case LEAF_GRANULARITY: buf_appendf(out, "\"%s\"", row->granularity); break;
    case LEAF_DAY: buf_appendf(out, "%lld", (long long)row->partition); break;
    case LEAF_START: buf_appendf(out, "\"%s\"", row->start); break;
    case LEAF_MEAN:
    case LEAF_COUNT: buf_appendf(out, "%.6f", row->mean); break;
    }
    buf_append_text(out, "}}");
}

static void write_node(struct buf *out, const struct node *node)
{
    if (node->kind == NODE_LEAF) {
        write_leaf(out, node);
        return;
    }
    if (node->kind == NODE_NOT) {
        buf_append_text(out, "{_not:");
        write_node(out, node->children[0]);
        buf_append_char(out, '}');
        return;
    }
    buf_append_text(out, node->kind == NODE_AND ? "{_and:[" : "{_or:[");
    for (int i = 0; i < node->child_count; i++) {
        buf_append_text(out, i > 0 ? "," : "");
        write_node(out, node->children[i]);
    }
    buf_append_text(out, "]}");
}

static int order(double a, double b)
{
    return (a > b) - (a < b);
}

static enum truth_value judge_leaf(const struct node *node, const struct truth_row *row)
{
    const struct truth_row *sample = &truth.rows[node->sample];
    int compared = 0;
    switch (node->column) {
    case LEAF_BUILDING: compared = order((double)row->building, (double)sample->building); break;
    case LEAF_SITE: compared = order((double)row->site, (double)sample->site); break;
    case LEAF_GROUP: compared = strcmp(row->group, sample->group); break;
    case LEAF_GRANULARITY: compared = strcmp(row->granularity, sample->granularity); break;
    case LEAF_DAY: compared = order((double)row->partition, (double)sample->partition); break;
    case LEAF_START: compared = strcmp(row->start, sample->start); break;
    case LEAF_MEAN:
    case LEAF_COUNT:
        if (!row->has_mean)
            return JUDGED_NULL;
        compared = order(row->mean, sample->mean);
        break;
    }
    bool results[] = {compared == 0, compared != 0, compared > 0, compared < 0, compared >= 0, compared <= 0};
    return results[node->operator_number] ? JUDGED_TRUE : JUDGED_FALSE;
}

static enum truth_value judge(const struct node *node, const struct truth_row *row)
{
    if (node->kind == NODE_LEAF)
        return judge_leaf(node, row);
    if (node->kind == NODE_NOT) {
        enum truth_value inner = judge(node->children[0], row);
        return inner == JUDGED_NULL ? JUDGED_NULL : inner == JUDGED_TRUE ? JUDGED_FALSE : JUDGED_TRUE;
    }
    enum truth_value decisive = node->kind == NODE_AND ? JUDGED_FALSE : JUDGED_TRUE;
    enum truth_value result = node->kind == NODE_AND ? JUDGED_TRUE : JUDGED_FALSE;
    for (int i = 0; i < node->child_count; i++) {
        enum truth_value inner = judge(node->children[i], row);
        if (inner == decisive)
            return decisive;
        if (inner == JUDGED_NULL)
            result = JUDGED_NULL;
    }
    return result;
}

static size_t count_rows(const char *where)
{
    struct buf query = {0};
    buf_appendf(&query, "{BUILDING_INSIGHTS(where:%s){SITE_ID}}", where);
    size_t count = json_object_array_length(sim_data(&sim, buf_text(&query), "BUILDING_INSIGHTS"));
    buf_release(&query);
    return count;
}

Test(sim_where_property, random_filters_find_exactly_the_rows_that_a_plain_judge_finds, .init = setup, .fini = teardown)
{
    int some = 0;
    for (int round = 0; round < ROUNDS; round++) {
        node_count = 0;
        const struct node *root = make_node(0);
        struct buf where = {0};
        write_node(&where, root);
        size_t wanted = 0;
        for (size_t row = 0; row < truth.count; row++)
            wanted += judge(root, &truth.rows[row]) == JUDGED_TRUE;
        cr_assert_eq(sim_count(&sim, "BUILDING_INSIGHTS", buf_text(&where)), (int64_t)wanted, "round %d: %s", round,
                     buf_text(&where));
        if (round % 8 == 0)
            cr_assert_eq(count_rows(buf_text(&where)), wanted, "round %d: %s", round, buf_text(&where));
        some += wanted > 0 && wanted < truth.count;
        buf_release(&where);
    }
    cr_assert_gt(some, ROUNDS / 4, "the filters are worth the try");
}
