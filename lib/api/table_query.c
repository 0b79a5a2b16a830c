#include "api/table_query.h"

#include "api/envelope.h"
#include "api/query.h"
#include "api/row_draft.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { QUESTION_MAX = 1 << 16 };

static void append_value(struct buf *out, const struct value *value)
{
    if (value->kind == VALUE_INTEGER)
        buf_appendf(out, "%" PRId64, value->integer);
    else
        query_append_string(out, value->text, value->size);
}

static void append_comparison(struct buf *out, const struct table_query *query, size_t column, const char *operator)
{
    buf_appendf(out, "%s: {%s: ", query->columns[column], operator);
    append_value(out, &query->order->after[column]);
    buf_append_char(out, '}');
}

/* A greater first key, or the same and a greater second one, and so on. */
static void append_behind(struct buf *out, const struct table_query *query)
{
    if (query->order->key_count == 1) {
        append_comparison(out, query, 0, "_gt");
        return;
    }
    buf_append_text(out, "_or: [");
    for (size_t i = 0; i < query->order->key_count; i++) {
        buf_append_text(out, i > 0 ? ", {" : "{");
        for (size_t before = 0; before < i; before++) {
            append_comparison(out, query, before, "_eq");
            buf_append_text(out, ", ");
        }
        append_comparison(out, query, i, "_gt");
        buf_append_char(out, '}');
    }
    buf_append_char(out, ']');
}

static void append_where(struct buf *out, const struct table_query *query)
{
    bool is_behind = query->order != NULL && query->order->after != NULL;
    if (query->filter == NULL && !is_behind)
        return;
    buf_append_text(out, "where: {");
    if (query->filter != NULL)
        buf_appendf(out, "BUILDING_ID: {_eq: %" PRId64 "}, DATE_PARTITION: {_eq: %d}", query->filter->building_id,
                    (int)civil_day_to_partition(query->filter->day));
    if (query->filter != NULL && is_behind)
        buf_append_text(out, ", ");
    if (is_behind)
        append_behind(out, query);
    buf_append_char(out, '}');
}

static void append_order(struct buf *out, const struct table_query *query)
{
    const struct table_order *order = query->order;
    if (query->filter != NULL || order->after != NULL)
        buf_append_text(out, ", ");
    buf_append_text(out, "order_by: [");
    for (size_t i = 0; i < order->key_count; i++)
        buf_appendf(out, "%s{%s: asc}", i > 0 ? ", " : "", query->columns[i]);
    buf_append_char(out, ']');
    if (order->limit > 0)
        buf_appendf(out, ", limit: %d", order->limit);
}

static enum status append_document(const struct table_query *query, struct buf *out, struct err *err)
{
    if (!query_is_name(query->root_field))
        return err_set(err, STATUS_BUG, "%s is no GraphQL name", query->root_field);
    for (size_t i = 0; i < query->column_count; i++) {
        if (!query_is_name(query->columns[i]))
            return err_set(err, STATUS_BUG, "%s is no GraphQL name", query->columns[i]);
    }
    buf_appendf(out, "query " QUERY_OPERATION " { %s", query->root_field);
    if (query->filter != NULL || query->order != NULL) {
        buf_append_char(out, '(');
        append_where(out, query);
        if (query->order != NULL)
            append_order(out, query);
        buf_append_char(out, ')');
    }
    for (size_t i = 0; i < query->column_count; i++)
        buf_appendf(out, "%s%s", i == 0 ? " {" : " ", query->columns[i]);
    buf_append_text(out, "} }");
    return buf_status(out, err);
}

static void release(struct buf *buf)
{
    buf_release(buf);
}

enum status table_query_format(const struct table_query *query, struct buf *out, struct err *err)
{
    struct buf document CLEANUP(release) = {.max = QUESTION_MAX};
    enum status status = append_document(query, &document, err);
    if (status != STATUS_OK)
        return status;
    return query_wrap(&document, out, err);
}

/* The rows in the list, before any is read: they are kept in one piece. */
static enum status count_rows(struct json_span list, size_t *ret_count, struct err *err)
{
    struct json_scan scan = {list.text, list.text + list.size};
    struct json_walk walk;
    struct json_span row;
    size_t count = 0;
    if (!json_walk_begin(&walk, &scan, '['))
        return err_set(err, STATUS_BAD_ANSWER, "the rows in the answer are no list");
    while (json_walk_next(&walk, NULL) == JSON_ITEM && json_scan_value(&scan, &row)) {
        if (++count > TABLE_ROWS_MAX)
            return err_set(err, STATUS_TOO_LARGE, "the table has more than %d rows", TABLE_ROWS_MAX);
    }
    *ret_count = count;
    return STATUS_OK;
}

struct reader {
    struct json_judge judge;
    struct row_field *fields;
    struct table *table;
};

/* Reads one row behind those of the table; a spoilt one is not counted in. */
static enum status read_row(struct reader *reader, struct json_scan *scan, struct err *err)
{
    struct row_draft draft = {0};
    struct table *table = reader->table;
    struct value *values = &table->values[table->row_count * table->column_count];
    enum status status = row_draft_read(&draft, reader->fields, table->column_count, &reader->judge, scan, err);
    for (size_t i = 0; status == STATUS_OK && i < table->column_count; i++)
        status = row_draft_value(&draft, &reader->fields[i], &table->arena, &values[i], err);
    if (status == STATUS_OK && draft.reason[0] == '\0')
        table->row_count++;
    row_draft_release(&draft);
    return status;
}

static enum status read_rows(struct reader *reader, struct json_span list, struct err *err)
{
    struct json_scan scan = {list.text, list.text + list.size};
    struct json_walk walk;
    enum status status = STATUS_OK;
    if (!json_walk_begin(&walk, &scan, '['))
        return err_set(err, STATUS_BAD_ANSWER, "the rows in the answer are no list");
    while (status == STATUS_OK && json_walk_next(&walk, NULL) == JSON_ITEM)
        status = read_row(reader, &scan, err);
    return status;
}

enum status table_query_read(const struct table_query *query, const char *body, size_t size, struct table *table,
                             size_t *ret_skipped, struct err *err)
{
    struct envelope envelope;
    struct reader reader = {.table = table};
    size_t count = 0;
    enum status status = envelope_read(body, size, query->root_field, &envelope, err);
    if (status == STATUS_OK && envelope.root.text == NULL)
        status = err_set(err, STATUS_BAD_ANSWER, "the answer has no %s", query->root_field);
    if (status == STATUS_OK)
        status = count_rows(envelope.root, &count, err);
    if (status != STATUS_OK)
        return status;
    table->column_count = query->column_count;
    table->values = arena_calloc(&table->arena, (count + 1) * query->column_count, sizeof *table->values);
    reader.fields = calloc(query->column_count, sizeof *reader.fields);
    if (table->values == NULL || reader.fields == NULL)
        status = err_nomem(err);
    if (status == STATUS_OK)
        status = json_judge_init(&reader.judge, JSON_DEPTH_MAX, err);
    for (size_t i = 0; status == STATUS_OK && i < query->column_count; i++)
        reader.fields[i] =
            (struct row_field){.name = query->columns[i], .size = strlen(query->columns[i]), .source = i};
    if (status == STATUS_OK)
        status = read_rows(&reader, envelope.root, err);
    if (status == STATUS_OK)
        *ret_skipped = count - table->row_count;
    json_judge_release(&reader.judge);
    free(reader.fields);
    return status;
}
