#include "api/table_query.h"

#include "api/envelope.h"
#include "api/query.h"
#include "api/row_draft.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { QUESTION_MAX = 1 << 16 };

static enum status append_document(const struct table_query *query, struct buf *out, struct err *err)
{
    const struct table_filter *filter = query->filter;
    if (!query_is_name(query->root_field))
        return err_set(err, STATUS_BUG, "%s is no GraphQL name", query->root_field);
    buf_appendf(out, "query " QUERY_OPERATION " { %s", query->root_field);
    if (filter != NULL) {
        buf_appendf(out, "(where: {BUILDING_ID: {_eq: %" PRId64 "}, DATE_PARTITION: {_eq: %d}}", filter->building_id,
                    (int)civil_day_to_partition(filter->day));
        if (filter->limit > 0)
            buf_appendf(out,
                        ", order_by: [{SITE_ID: asc}, {GROUP_ID: asc}, {GRANULARITY: asc}, {DATE_TIME_START: asc}], "
                        "limit: %d",
                        filter->limit);
        buf_append_char(out, ')');
    }
    for (size_t i = 0; i < query->column_count; i++) {
        if (!query_is_name(query->columns[i]))
            return err_set(err, STATUS_BUG, "%s is no GraphQL name", query->columns[i]);
        buf_appendf(out, "%s%s", i == 0 ? " {" : " ", query->columns[i]);
    }
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
