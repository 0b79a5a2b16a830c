/*
 * A page of rows from anywhere. Read in pieces of any size while it arrives, the usual rows by our own reader, it gives
 * what json-c makes of the whole body: the same verdict, rows, rejects and summary.
 *
 * Input: a byte for the size of the pieces, a byte of switches (1: with a count, 2: documented dialect, 4: a dataset
 * with an extra key, 8: no two pieces of one size), the body.
 */
#include "api/answer.h"
#include "api/page_reader.h"
#include "api/row_plain.h"
#include "fuzz.h"

#include <string.h>

static const char *const columns[] = {"OCCUPANCY_MEAN", "LARGEST_ZONE"};
static const int64_t sites[] = {9, 10};
static const char *const groups[] = {"00000000-0000-0000-0000-000000000000", "all"};
static const char *const zone_keys[] = {"ZONE_ID"};
static const struct dataset zones = {
    .name = "zone_insights",
    .root_field = "BUILDING_INSIGHTS",
    .partition_column = "DATE_PARTITION",
    .start_column = "DATE_TIME_START",
    .key_count = 1,
    .keys = zone_keys,
};
static const struct coverage_building building = {.id = 71};

struct reading {
    struct batch batch;
    enum status status;
    struct page_summary page;
};

static enum status verdict(struct page_reader *reader, const char *body, size_t size, struct page_summary *page)
{
    struct err err;
    enum status status = answer_classify(200, false, body, size, &err);
    if (status == STATUS_OK)
        return page_reader_end(reader, body, size, page, &err);
    page_reader_drop(reader);
    return status;
}

static void read_whole(struct reading *reading, const struct page_query *query, const char *body, size_t size)
{
    struct page_reader reader;
    struct err err;
    PROMISE(page_reader_begin(&reader, query, &reading->batch, &err) == STATUS_OK);
    row_plain_release(reader.rows.plain);
    free(reader.rows.plain);
    reader.rows.plain = NULL;
    reading->status = verdict(&reader, body, size, &reading->page);
}

static void read_pieces(struct reading *reading, const struct page_query *query, const char *body, size_t size,
                        size_t piece, bool is_ragged)
{
    struct page_reader reader;
    struct err err;
    struct buf came = {0};
    PROMISE(page_reader_begin(&reader, query, &reading->batch, &err) == STATUS_OK);
    uint32_t dice = (uint32_t)piece;
    for (size_t at = 0; at < size;) {
        dice = dice * 1664525 + 1013904223;
        size_t more = is_ragged ? 1 + (dice >> 16) % (2 * piece) : piece;
        more = size - at < more ? size - at : more;
        buf_append(&came, body + at, more);
        at += more;
        PROMISE(page_reader_take(&reader, &came, &err) == STATUS_OK);
    }
    reading->status = verdict(&reader, buf_text(&came), came.size, &reading->page);
    buf_release(&came);
}

static bool has_replacement(const char *text, size_t size)
{
    return memmem(text, size, "\xEF\xBF\xBD", 3) != NULL;
}

/* No character is replaced by U+FFFD on its way: it is in a value only where the body has it. */
static void check_replacements(const struct reading *reading, const struct page_query *query, const char *body,
                               size_t size)
{
    if (has_replacement(body, size) || memmem(body, size, "\\uf", 3) != NULL || memmem(body, size, "\\uF", 3) != NULL)
        return;
    for (size_t i = 0; i < reading->batch.row_count * query->column_count; i++) {
        const struct value *value = &reading->batch.rows[i / query->column_count].values[i % query->column_count];
        PROMISE(value->kind != VALUE_TEXT || !has_replacement(value->text, value->size));
    }
}

static void same_row(const struct row *a, const struct row *b, const struct page_query *query)
{
    PROMISE(a->slice == b->slice && moment_compare(&a->start, &b->start) == 0);
    PROMISE(a->start.zone_known == b->start.zone_known && a->start.offset == b->start.offset);
    PROMISE(a->start_size == b->start_size && memcmp(a->start_text, b->start_text, a->start_size) == 0);
    PROMISE(a->start_text[a->start_size] == '\0');
    for (size_t i = 0; i < query->dataset->key_count; i++)
        PROMISE(value_equal(&a->keys[i], &b->keys[i]));
    for (size_t i = 0; i < query->column_count; i++)
        PROMISE(value_equal(&a->values[i], &b->values[i]));
}

static void same_key(bool has_a, const struct page_key *a, bool has_b, const struct page_key *b)
{
    PROMISE(has_a == has_b);
    if (!has_a)
        return;
    PROMISE(a->day == b->day && a->site_id == b->site_id && strcmp(a->group_id, b->group_id) == 0);
    PROMISE((a->start == NULL) == (b->start == NULL) && a->start_is_number == b->start_is_number);
    PROMISE(a->start == NULL || strcmp(a->start, b->start) == 0);
    PROMISE(keys_compare(a->keys, b->keys, a->start != NULL ? a->key_count : 0) == 0);
}

static void same_page(const struct page_summary *a, const struct page_summary *b)
{
    PROMISE(a->rows == b->rows && a->has_count == b->has_count && a->count == b->count);
    PROMISE(a->in_order == b->in_order && a->past_key == b->past_key && a->has_repeats == b->has_repeats);
    PROMISE(a->tail_slice == b->tail_slice && a->tail_rows == b->tail_rows);
    same_key(a->has_last, &a->last, b->has_last, &b->last);
    same_key(a->has_boundary, &a->boundary, b->has_boundary, &b->boundary);
}

static void same(const struct reading *a, const struct reading *b, const struct page_query *query)
{
    PROMISE(a->status == b->status);
    PROMISE(a->batch.row_count == b->batch.row_count && a->batch.reject_count == b->batch.reject_count);
    PROMISE(a->batch.received == b->batch.received && a->batch.rejects_dropped == b->batch.rejects_dropped);
    for (size_t i = 0; i < a->batch.row_count; i++)
        same_row(&a->batch.rows[i], &b->batch.rows[i], query);
    for (size_t i = 0; i < a->batch.reject_count; i++) {
        const struct reject *left = &a->batch.rejects[i];
        const struct reject *right = &b->batch.rejects[i];
        PROMISE(left->slice == right->slice && strcmp(left->reason, right->reason) == 0);
        PROMISE(left->raw_size == right->raw_size && memcmp(left->raw, right->raw, left->raw_size) == 0);
    }
    if (a->status == STATUS_OK)
        same_page(&a->page, &b->page);
    else
        PROMISE(a->batch.received == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    bool is_documented = (data[1] & 2) != 0;
    civil_day first = civil_day_from_date((struct civil_date){2025, 5, 1});
    const struct unit unit = {
        .building = &building,
        .granularity = "PT1H",
        .days = {first, first + (is_documented ? 1 : 2)},
        .site_count = is_documented ? 1 : 2,
        .sites = sites,
        .group_count = is_documented ? 1 : 2,
        .groups = groups,
    };
    const struct page_query query = {
        .dialect = is_documented ? DIALECT_DOCUMENTED : DIALECT_HASURA,
        .dataset = (data[1] & 4) != 0 ? &zones : dataset_built_in("building_insights"),
        .unit = &unit,
        .column_count = 2,
        .columns = columns,
        .limit = 100,
        .with_count = (data[1] & 1) != 0,
    };
    struct reading whole = {0};
    struct reading pieces = {0};
    batch_init(&whole.batch, query.column_count, 0);
    batch_init(&pieces.batch, query.column_count, 0);
    whole.batch.key_count = pieces.batch.key_count = query.dataset->key_count;
    read_whole(&whole, &query, (const char *)data + 2, size - 2);
    read_pieces(&pieces, &query, (const char *)data + 2, size - 2, data[0] + 1U, (data[1] & 8) != 0);
    same(&whole, &pieces, &query);
    check_replacements(&whole, &query, (const char *)data + 2, size - 2);
    batch_release(&whole.batch);
    batch_release(&pieces.batch);
    return 0;
}
