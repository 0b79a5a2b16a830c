#include "execute.h"

#include "core/text.h"
#include "order.h"

#include <stdlib.h>
#include <string.h>

/* The arguments of a field over a table. */
struct table_query {
    const struct table *table;
    const struct where *where;
    struct order order;
    uint64_t limit; /* UINT64_MAX: none */
    uint64_t offset;
};

struct output_field {
    const char *key; /* "NAME": with its quotes and colon */
    size_t key_size;
    int column; /* -1: __typename */
};

/* Where wanted rows go, one after the other. */
struct output {
    struct backend *backend;
    const struct table *table;
    struct buf *out;
    size_t field_count;
    struct output_field *fields;
    uint64_t skip;
    uint64_t left;
    bool begun;
};

/* Rows kept for sorting: the best `keep` of all. */
struct collection {
    const struct order *order;
    struct row *rows; /* owned */
    size_t count;
    size_t capacity;
    size_t keep; /* EXECUTE_COLLECT_MAX: all, and more are too many */
    bool needs_metrics;
    bool failed; /* no memory, or more rows than may be sorted */
};

static enum status read_amount(const struct selected *field, const char *name, uint64_t absent, uint64_t *ret_amount,
                               struct refusal *refusal)
{
    const struct gql_value *value = gql_value_find(field->args, name);
    if (value == NULL || value->kind == GQL_NULL) {
        *ret_amount = absent;
        return STATUS_OK;
    }
    int64_t number = 0;
    if (!text_to_int64(value->text, value->size, &number) || number < 0) {
        struct path root = {.name = "selectionSet"};
        struct path at = {.up = &root, .name = field->field->name};
        struct path args = {.up = &at, .name = "args"};
        struct path place = {.up = &args, .name = name};
        return refusal_set(refusal, "validation-failed", &place,
                           "expected a non-negative 32-bit integer for type 'Int', but found a negative integer");
    }
    *ret_amount = (uint64_t)number;
    return STATUS_OK;
}

static enum status read_query(const struct backend *backend, struct arena *arena, const struct selected *field,
                              uint64_t *chance, struct table_query *ret_query, struct refusal *refusal)
{
    struct table_query query = {.table = field->field->table};
    const struct gql_value *order_by = gql_value_find(field->args, "order_by");
    order_compile(&query.order, query.table, order_by, chance);
    if (backend->order_keys > 0 && query.order.count > (size_t)backend->order_keys)
        query.order.count = (size_t)backend->order_keys;
    enum status status = where_compile(arena, query.table, backend->world->spelling,
                                       gql_value_find(field->args, "where"), &query.where, refusal);
    if (status == STATUS_OK)
        status = read_amount(field, "limit", UINT64_MAX, &query.limit, refusal);
    if (status == STATUS_OK)
        status = read_amount(field, "offset", 0, &query.offset, refusal);
    if (status == STATUS_OK)
        *ret_query = query;
    return status;
}

static enum status init_output(struct output *output, struct arena *arena, const struct selected *field,
                               struct refusal *refusal)
{
    for (const struct selected *child = field->children; child != NULL; child = child->next)
        output->field_count++;
    output->fields = arena_calloc(arena, output->field_count + 1, sizeof *output->fields);
    if (output->fields == NULL)
        return refusal_exhausted(refusal);
    struct output_field *made = output->fields;
    for (const struct selected *child = field->children; child != NULL; child = child->next, made++) {
        struct buf key = {0};
        execute_key(&key, child, true);
        made->key = arena_copy(arena, buf_text(&key), key.size);
        made->key_size = key.size;
        made->column = child->field->column;
        buf_release(&key);
        if (made->key == NULL)
            return refusal_exhausted(refusal);
    }
    return STATUS_OK;
}

static void append_typename(struct buf *out, const struct output_field *field, const struct table *table)
{
    if (out->data[out->size - 1] != '{')
        buf_append_char(out, ',');
    buf_append(out, field->key, field->key_size);
    buf_append_json_string(out, table->name, strlen(table->name));
}

/* Writes one row; false when no more are wanted. */
static bool write_row(void *context, struct row *row)
{
    struct output *output = context;
    if (output->left == 0)
        return false;
    if (output->skip > 0) {
        output->skip--;
        return true;
    }
    struct buf *out = output->out;
    const struct quota *quota = &output->backend->quota;
    if (quota->rows > 0 && output->backend->rows >= (uint64_t)quota->rows) {
        output->backend->choked = true;
        return false;
    }
    int flaw = flaws_of(&output->backend->flaws, row);
    buf_append(out, output->begun ? ",{" : "{", output->begun ? 2 : 1);
    output->begun = true;
    for (size_t i = 0; i < output->field_count; i++) {
        const struct output_field *field = &output->fields[i];
        if (field->column >= 0)
            flaws_append(out, flaw, &output->backend->style, row, field->column, field->key, field->key_size);
        else
            append_typename(out, field, output->table);
    }
    flaws_append_end(out, flaw);
    buf_append_char(out, '}');
    output->backend->rows++;
    output->left--;
    return output->left > 0 && out->failed == STATUS_OK;
}

static int compare_rows(const void *a, const void *b, void *order)
{
    struct row left; /* copies: reading a row may work out its metrics */
    struct row right;
    memcpy(&left, a, sizeof left);
    memcpy(&right, b, sizeof right);
    return order_compare(order, &left, &right);
}

static void sort_collection(struct collection *collection)
{
    struct order order = *collection->order;
    if (collection->count > 0)
        qsort_r(collection->rows, collection->count, sizeof *collection->rows, compare_rows, &order);
    if (collection->count > collection->keep)
        collection->count = collection->keep;
}

static bool collect_row(void *context, struct row *row)
{
    struct collection *collection = context;
    if (collection->count == collection->capacity && collection->count >= 2 * collection->keep)
        sort_collection(collection); /* only the first `keep` can still matter */
    if (collection->count == collection->capacity) {
        size_t capacity = collection->capacity == 0 ? 64 : 2 * collection->capacity;
        struct row *rows =
            capacity > 2 * EXECUTE_COLLECT_MAX ? NULL : realloc(collection->rows, capacity * sizeof *rows);
        if (rows == NULL) {
            collection->failed = true;
            return false;
        }
        collection->rows = rows;
        collection->capacity = capacity;
    }
    if (collection->needs_metrics)
        (void)row_metrics(row);
    collection->rows[collection->count++] = *row;
    return true;
}

/* Every wanted row of SITE or FLOOR, which are few. */
static void visit_places(const struct backend *backend, const struct table_query *query, uint64_t *chance,
                         scan_visit *visit, void *context)
{
    const struct world *world = backend->world;
    int per_building = query->table->id == TABLE_FLOOR ? row_floor_count(world) : world->site_count;
    for (int building = 0; building < world->building_count; building++) {
        for (int place = 0; place < per_building; place++) {
            struct row row = {.world = world, .table = query->table->id};
            row.slice.building = building;
            row.slice.site = place;
            row.shuffle = world_chance(chance);
            if (where_evaluate(query->where, &row) == TRUTH_TRUE && !visit(context, &row))
                return;
        }
    }
}

static enum status visit_sorted(const struct backend *backend, const struct table_query *query,
                                const struct scan_candidates *candidates, uint64_t *chance, struct output *output,
                                struct refusal *refusal)
{
    struct collection collection = {.order = &query->order, .keep = EXECUTE_COLLECT_MAX};
    if (output->left < EXECUTE_COLLECT_MAX && output->skip < EXECUTE_COLLECT_MAX - output->left)
        collection.keep = (size_t)(output->left + output->skip);
    for (size_t i = 0; table_is_of_insights(query->table->id) && i < query->order.count; i++)
        collection.needs_metrics = collection.needs_metrics || query->order.keys[i].column >= INSIGHT_OCCUPANCY_MEAN;
    enum status status = STATUS_OK;
    struct scan_route route = scan_key_route();
    if (table_is_of_insights(query->table->id))
        status = scan_rows(candidates, &route, world_chance(chance), collect_row, &collection, refusal);
    else
        visit_places(backend, query, chance, collect_row, &collection);
    bool cut = collection.keep == EXECUTE_COLLECT_MAX && collection.count > EXECUTE_COLLECT_MAX;
    if (status == STATUS_OK && (collection.failed || cut))
        status = refusal_set(refusal, "data-connector-error", NULL, "the query sorts more rows than memory holds");
    if (status == STATUS_OK)
        sort_collection(&collection);
    for (size_t i = 0; status == STATUS_OK && i < collection.count; i++) {
        if (!write_row(output, &collection.rows[i]))
            break;
    }
    free(collection.rows);
    return status;
}

static enum status visit_rows(const struct backend *backend, struct arena *arena, const struct table_query *query,
                              uint64_t *chance, struct output *output, struct refusal *refusal)
{
    struct scan_candidates candidates = {0};
    if (!table_is_of_insights(query->table->id))
        return visit_sorted(backend, query, &candidates, chance, output, refusal);
    enum status status = scan_narrow(arena, backend->world, query->table->id, query->where, &candidates, refusal);
    if (status != STATUS_OK)
        return status;
    struct scan_route route;
    if (order_to_route(&query->order, &candidates, &route))
        return scan_rows(&candidates, &route, world_chance(chance), write_row, output, refusal);
    if (query->order.count == 0)
        return scan_rows_shuffled(&candidates, world_chance(chance), write_row, output, refusal);
    return visit_sorted(backend, query, &candidates, chance, output, refusal);
}

enum status execute_rows(struct backend *backend, struct arena *arena, const struct selected *field, uint64_t *chance,
                         struct buf *out, struct refusal *refusal)
{
    struct table_query query;
    enum status status = read_query(backend, arena, field, chance, &query, refusal);
    if (status != STATUS_OK)
        return status;
    /* The role's limit is applied without a word [documented: Hasura row-fetch-limit]. */
    uint64_t cap = backend->row_cap > 0 ? (uint64_t)backend->row_cap : UINT64_MAX;
    struct output output = {
        .backend = backend,
        .table = query.table,
        .out = out,
        .skip = query.offset,
        .left = query.limit < cap ? query.limit : cap,
    };
    status = init_output(&output, arena, field, refusal);
    buf_append_char(out, '[');
    if (status == STATUS_OK && output.left > 0)
        status = visit_rows(backend, arena, &query, chance, &output, refusal);
    buf_append_char(out, ']');
    return status;
}

static bool count_row(void *context, struct row *row)
{
    (void)row;
    ++*(uint64_t *)context;
    return true;
}

static enum status count_rows(const struct backend *backend, struct arena *arena, const struct table_query *query,
                              uint64_t *chance, uint64_t *ret_count, struct refusal *refusal)
{
    uint64_t count = 0;
    enum status status = STATUS_OK;
    if (table_is_of_insights(query->table->id)) {
        struct scan_candidates candidates;
        status = scan_narrow(arena, backend->world, query->table->id, query->where, &candidates, refusal);
        if (status == STATUS_OK)
            status = scan_count(&candidates, &count, refusal);
    } else {
        visit_places(backend, query, chance, count_row, &count);
    }
    if (status != STATUS_OK)
        return status;
    count = count > query->offset ? count - query->offset : 0;
    count = count < query->limit ? count : query->limit;
    int64_t off = query->table->id == TABLE_INSIGHTS ? backend->count_off : 0;
    count = off < 0 && count < (uint64_t)-off ? 0 : count + (uint64_t)off;
    bool capped = backend->count_capped && backend->row_cap > 0 && count > (uint64_t)backend->row_cap;
    *ret_count = capped ? (uint64_t)backend->row_cap : count;
    return STATUS_OK;
}

static void append_count(struct buf *out, const struct selected *fields, uint64_t count)
{
    buf_append_char(out, '{');
    for (const struct selected *field = fields; field != NULL; field = field->next) {
        execute_key(out, field, field == fields);
        if (field->field->tag == FIELD_COUNT)
            respond_integer(out, (int64_t)count);
        else
            buf_append_json_string(out, field->parent->name, strlen(field->parent->name));
    }
    buf_append_char(out, '}');
}

enum status execute_aggregate(struct backend *backend, struct arena *arena, const struct selected *field,
                              uint64_t *chance, struct buf *out, struct refusal *refusal)
{
    struct table_query query;
    uint64_t count = 0;
    enum status status = read_query(backend, arena, field, chance, &query, refusal);
    if (status == STATUS_OK)
        status = count_rows(backend, arena, &query, chance, &count, refusal);
    if (status != STATUS_OK)
        return status;
    buf_append_char(out, '{');
    for (const struct selected *child = field->children; child != NULL; child = child->next) {
        execute_key(out, child, child == field->children);
        if (child->field->tag == FIELD_AGGREGATES)
            append_count(out, child->children, count);
        else
            buf_append_json_string(out, child->parent->name, strlen(child->parent->name));
    }
    buf_append_char(out, '}');
    return STATUS_OK;
}
