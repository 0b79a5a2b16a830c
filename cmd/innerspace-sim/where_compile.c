#include "where_internal.h"

#include "core/text.h"

#include <stdlib.h>
#include <string.h>

struct compiler {
    struct arena *arena;
    const struct table *table;
    enum spelling spelling;
    struct refusal *refusal;
};

struct operator_row {
    const char *name;
    enum where_kind kind;
    unsigned wanted;
    bool negated;
};

static const struct operator_row operators[] = {
    {"_eq", WHERE_COMPARE, RELATION_EQUAL, false},
    {"_neq", WHERE_COMPARE, RELATION_LESS | RELATION_GREATER, false},
    {"_gt", WHERE_COMPARE, RELATION_GREATER, false},
    {"_lt", WHERE_COMPARE, RELATION_LESS, false},
    {"_gte", WHERE_COMPARE, RELATION_GREATER | RELATION_EQUAL, false},
    {"_lte", WHERE_COMPARE, RELATION_LESS | RELATION_EQUAL, false},
    {"_in", WHERE_IN, 0, false},
    {"_nin", WHERE_IN, 0, true},
    {"_is_null", WHERE_IS_NULL, 0, false},
};

static struct where *new_node(struct compiler *compiler, enum where_kind kind)
{
    struct where *node = arena_calloc(compiler->arena, 1, sizeof *node);
    if (node != NULL)
        node->kind = kind;
    else
        (void)refusal_exhausted(compiler->refusal);
    return node;
}

static bool read_literal(struct compiler *compiler, enum column_kind kind, const struct gql_value *value,
                         struct literal *literal)
{
    literal->text = value->text != NULL ? value->text : "";
    literal->size = value->size;
    bool valid = true;
    if (kind == COLUMN_INT)
        valid = text_to_int64(literal->text, literal->size, &literal->number);
    else if (kind == COLUMN_FLOAT)
        literal->real = strtod(literal->text, NULL);
    else if (kind == COLUMN_TIME)
        valid = (value->kind == GQL_STRING || value->kind == GQL_INT) &&
                spelling_parse(compiler->spelling, literal->text, literal->size, &literal->number);
    if (!valid)
        (void)refusal_set(compiler->refusal, "data-connector-error", NULL, "Timestamp '%.60s' is not recognized",
                          literal->text);
    return valid;
}

int literal_compare(enum column_kind kind, const struct literal *a, const struct literal *b)
{
    if (kind == COLUMN_TEXT) {
        size_t shared = a->size < b->size ? a->size : b->size;
        int order = shared > 0 ? memcmp(a->text, b->text, shared) : 0;
        return order != 0 ? order : (a->size > b->size) - (a->size < b->size);
    }
    if (kind == COLUMN_FLOAT)
        return (a->real > b->real) - (a->real < b->real);
    return (a->number > b->number) - (a->number < b->number);
}

static int compare_literals(const void *a, const void *b, void *kind)
{
    return literal_compare(*(const enum column_kind *)kind, a, b);
}

/* One operator on a column, e.g. _eq: 71. */
static struct where *compile_operator(struct compiler *compiler, int column, const struct gql_value *value)
{
    size_t i = 0;
    while (strcmp(operators[i].name, value->name) != 0)
        i++;
    const struct operator_row *row = &operators[i];
    struct where *node = new_node(compiler, row->kind);
    if (node == NULL)
        return NULL;
    node->column = column;
    node->column_kind = compiler->table->columns[column].kind;
    node->wanted = row->wanted;
    node->negated = row->negated;
    if (row->kind == WHERE_IS_NULL) {
        node->negated = !value->boolean;
        return node;
    }
    const struct gql_value *first = row->kind == WHERE_IN ? value->first : value;
    const struct gql_value *end = row->kind == WHERE_IN ? NULL : value->next;
    for (const struct gql_value *item = first; item != end; item = item->next)
        node->literal_count++;
    node->literals = arena_calloc(compiler->arena, node->literal_count + 1, sizeof *node->literals);
    if (node->literals == NULL) {
        (void)refusal_exhausted(compiler->refusal);
        return NULL;
    }
    struct literal *literal = node->literals;
    for (const struct gql_value *item = first; item != end; item = item->next) {
        if (!read_literal(compiler, node->column_kind, item, literal++))
            return NULL;
    }
    qsort_r(node->literals, node->literal_count, sizeof *node->literals, compare_literals, &node->column_kind);
    return node;
}

static struct where *compile_object(struct compiler *compiler, const struct gql_value *object);

/* _and, _or: a list of objects; _not: one; a column: an object of operators, ANDed. */
static struct where *compile_member(struct compiler *compiler, const struct gql_value *member)
{
    if (strcmp(member->name, "_not") == 0) {
        struct where *node = new_node(compiler, WHERE_NOT);
        return node != NULL && (node->first = compile_object(compiler, member)) != NULL ? node : NULL;
    }
    bool is_or = strcmp(member->name, "_or") == 0;
    bool is_list = is_or || strcmp(member->name, "_and") == 0;
    struct where *node = new_node(compiler, is_or ? WHERE_OR : WHERE_AND);
    if (node == NULL)
        return NULL;
    int column = is_list ? -1 : table_find_column(compiler->table, member->name);
    struct where **tail = &node->first;
    for (const struct gql_value *item = member->first; item != NULL; item = item->next) {
        *tail = is_list ? compile_object(compiler, item) : compile_operator(compiler, column, item);
        if (*tail == NULL)
            return NULL;
        tail = &(*tail)->next;
    }
    return node;
}

/* The keys of an object are ANDed; without any it is true, as in Hasura. */
static struct where *compile_object(struct compiler *compiler, const struct gql_value *object)
{
    struct where *node = new_node(compiler, WHERE_AND);
    if (node == NULL)
        return NULL;
    struct where **tail = &node->first;
    for (const struct gql_value *member = object->first; member != NULL; member = member->next) {
        *tail = compile_member(compiler, member);
        if (*tail == NULL)
            return NULL;
        tail = &(*tail)->next;
    }
    return node;
}

enum status where_compile(struct arena *arena, const struct table *table, enum spelling spelling,
                          const struct gql_value *value, const struct where **ret_where, struct refusal *refusal)
{
    struct compiler compiler = {.arena = arena, .table = table, .spelling = spelling, .refusal = refusal};
    if (value == NULL) {
        *ret_where = NULL;
        return STATUS_OK;
    }
    const struct where *where = compile_object(&compiler, value);
    if (where == NULL)
        return STATUS_REFUSED;
    *ret_where = where;
    return STATUS_OK;
}
