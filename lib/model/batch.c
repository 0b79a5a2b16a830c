#include "model/batch.h"

#include <stdlib.h>
#include <string.h>

void batch_init(struct batch *batch, size_t column_count, size_t max_bytes)
{
    *batch = (struct batch){.column_count = column_count};
    batch->arena.max = max_bytes;
}

/* Doubles an array inside the arena; the old one is left to it. */
static void *grown(struct arena *arena, const void *old, size_t count, size_t capacity, size_t size)
{
    void *array = arena_alloc(arena, capacity, size);
    if (array != NULL && count > 0)
        memcpy(array, old, count * size);
    return array;
}

enum status batch_add(struct batch *batch, const struct row *row, struct err *err)
{
    if (batch->row_count == batch->row_capacity) {
        size_t capacity = batch->row_capacity != 0 ? batch->row_capacity * 2 : 256;
        if (capacity < batch->row_hint)
            capacity = batch->row_hint;
        struct row *rows = grown(&batch->arena, batch->rows, batch->row_count, capacity, sizeof *rows);
        if (rows == NULL)
            return err_nomem(err);
        batch->rows = rows;
        batch->row_capacity = capacity;
    }
    batch->rows[batch->row_count++] = *row;
    batch->received++;
    return STATUS_OK;
}

enum status batch_reject(struct batch *batch, size_t slice, const char *reason, const char *raw, size_t raw_size,
                         struct err *err)
{
    batch->received++;
    if (batch->reject_count == BATCH_REJECTS_MAX) {
        batch->rejects_dropped++;
        return STATUS_OK;
    }
    if (batch->rejects == NULL)
        batch->rejects = arena_calloc(&batch->arena, BATCH_REJECTS_MAX, sizeof *batch->rejects);
    size_t kept = raw_size < REJECT_RAW_MAX ? raw_size : REJECT_RAW_MAX;
    char *reason_copy = arena_copy(&batch->arena, reason, strlen(reason));
    char *raw_copy = arena_copy(&batch->arena, raw, kept);
    if (batch->rejects == NULL || reason_copy == NULL || raw_copy == NULL)
        return err_nomem(err);
    batch->rejects[batch->reject_count++] = (struct reject){slice, reason_copy, raw_copy, kept};
    return STATUS_OK;
}

static int compare_values(const struct value *a, const struct value *b)
{
    if (a->kind == VALUE_INTEGER && b->kind == VALUE_INTEGER)
        return (a->integer > b->integer) - (a->integer < b->integer);
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    size_t shared = a->size < b->size ? a->size : b->size;
    int order = shared > 0 ? memcmp(a->text, b->text, shared) : 0;
    return order != 0 ? order : (a->size > b->size) - (a->size < b->size);
}

int keys_compare(const struct value *a, const struct value *b, size_t count)
{
    int order = 0;
    for (size_t i = 0; order == 0 && i < count; i++)
        order = compare_values(&a[i], &b[i]);
    return order;
}

static int compare_keys(const struct batch *batch, const struct row *a, const struct row *b)
{
    if (a->slice != b->slice)
        return a->slice < b->slice ? -1 : 1;
    int order = moment_compare(&a->start, &b->start);
    return order != 0 ? order : keys_compare(a->keys, b->keys, batch->key_count);
}

static int compare_rows(const void *a, const void *b, void *batch)
{
    return compare_keys(batch, a, b);
}

bool value_equal(const struct value *a, const struct value *b)
{
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case VALUE_NULL: return true;
    case VALUE_INTEGER: return a->integer == b->integer;
    case VALUE_REAL: return memcmp(&a->real, &b->real, sizeof a->real) == 0;
    case VALUE_TEXT:
    case VALUE_JSON: return a->size == b->size && memcmp(a->text, b->text, a->size) == 0;
    default: return false;
    }
}

static bool same_values(const struct batch *batch, const struct row *a, const struct row *b)
{
    for (size_t i = 0; i < batch->column_count; i++) {
        if (!value_equal(&a->values[i], &b->values[i]))
            return false;
    }
    return true;
}

static bool is_sorted(const struct batch *batch)
{
    for (size_t i = 1; i < batch->row_count; i++) {
        if (compare_keys(batch, &batch->rows[i - 1], &batch->rows[i]) >= 0)
            return false;
    }
    return true;
}

/* True when the clocks of the zone show the digits of the start twice: before they are set back, and after. */
static bool comes_twice(const struct zone *zone, const struct moment *start)
{
    enum { DAY = 86400 };
    if (zone == NULL || start->zone_known)
        return false;
    int32_t before = zone_offset_at(zone, start->seconds - DAY);
    int32_t after = zone_offset_at(zone, start->seconds + DAY);
    return before != after && zone_offset_at(zone, start->seconds - before) == before &&
           zone_offset_at(zone, start->seconds - after) == after;
}

void batch_finish(struct batch *batch, size_t *ret_conflict)
{
    *ret_conflict = SIZE_MAX;
    batch->ambiguous = NULL;
    if (is_sorted(batch)) /* the usual case: the server's order is ours, without repeats */
        return;
    qsort_r(batch->rows, batch->row_count, sizeof *batch->rows, compare_rows, batch);
    size_t kept = batch->row_count > 0 ? 1 : 0;
    for (size_t i = 1; i < batch->row_count; i++) {
        const struct row *before = &batch->rows[kept - 1];
        const struct row *row = &batch->rows[i];
        if (compare_keys(batch, before, row) == 0) {
            bool is_ambiguous = comes_twice(batch->zone, &row->start);
            if (!is_ambiguous && same_values(batch, before, row))
                continue;
            if (*ret_conflict == SIZE_MAX)
                *ret_conflict = row->slice;
            if (is_ambiguous && batch->ambiguous == NULL)
                batch->ambiguous = before; /* it stays where it is */
        }
        batch->rows[kept++] = *row;
    }
    batch->row_count = kept;
}

struct batch_mark batch_mark(const struct batch *batch)
{
    return (struct batch_mark){batch->row_count, batch->reject_count, batch->rejects_dropped, batch->received};
}

void batch_put_back(struct batch *batch, const struct batch_mark *mark)
{
    batch->row_count = mark->row_count;
    batch->reject_count = mark->reject_count;
    batch->rejects_dropped = mark->rejects_dropped;
    batch->received = mark->received;
}

void batch_reset(struct batch *batch)
{
    struct batch empty = {.arena = batch->arena,
                          .key_count = batch->key_count,
                          .column_count = batch->column_count,
                          .zone = batch->zone,
                          .row_hint = batch->row_hint};
    arena_reset(&empty.arena);
    *batch = empty;
}

void batch_release(struct batch *batch)
{
    arena_release(&batch->arena);
    *batch = (struct batch){0};
}
