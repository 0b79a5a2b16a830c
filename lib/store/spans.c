#include "store/spans.h"

#include <string.h>

size_t span_map_size(struct day_range days)
{
    return ((size_t)(days.end - days.first) + 7) / 8;
}

size_t span_proof_size(struct day_range days)
{
    return ((size_t)(days.end - days.first) + 1) / 2;
}

unsigned span_day_proofs(const struct span *span, civil_day day)
{
    if (span->proof_days == NULL)
        return span->proofs;
    unsigned at = (unsigned)(day - span->days.first);
    return at % 2 == 0 ? span->proof_days[at / 2] >> 4 : span->proof_days[at / 2] & 0xFU;
}

bool span_day_is_empty(const struct span *span, civil_day day)
{
    if (span->empty_days == NULL || day < span->days.first || day >= span->days.end)
        return false;
    unsigned at = (unsigned)(day - span->days.first);
    return ((unsigned)span->empty_days[at / 8] >> (at % 8) & 1U) != 0;
}

int64_t span_empty_count(const struct span *span)
{
    if (span->empty_days == NULL)
        return 0;
    int64_t count = 0;
    for (size_t i = 0; i < span_map_size(span->days); i++)
        count += __builtin_popcount(span->empty_days[i]);
    return count;
}

static bool holds(const struct span *span, civil_day day)
{
    return day >= span->days.first && day < span->days.end;
}

/* Gives span the map of its own days, read from the spans a and b (b may be NULL); keeps NULL when no day is empty. */
static enum status copy_empty_days(struct span *span, const struct span *a, const struct span *b, struct arena *arena,
                                   struct err *err)
{
    span->empty_days = NULL;
    if (a->empty_days == NULL && (b == NULL || b->empty_days == NULL))
        return STATUS_OK;
    unsigned char *map = arena_calloc(arena, span_map_size(span->days), 1);
    if (map == NULL)
        return err_nomem(err);
    bool any = false;
    for (civil_day day = span->days.first; day < span->days.end; day++) {
        if (span_day_is_empty(a, day) || (b != NULL && span_day_is_empty(b, day))) {
            unsigned at = (unsigned)(day - span->days.first);
            map[at / 8] = (unsigned char)(map[at / 8] | 1U << (at % 8));
            any = true;
        }
    }
    if (any)
        span->empty_days = map;
    return STATUS_OK;
}

/* Likewise for the proofs: NULL when they are the same on every day. */
static enum status copy_proof_days(struct span *span, const struct span *a, const struct span *b, struct arena *arena,
                                   struct err *err)
{
    unsigned all = 0;
    bool differ = false;
    span->proof_days = NULL;
    if (a->proof_days == NULL && (b == NULL || (b->proof_days == NULL && a->proofs == b->proofs))) {
        span->proofs = a->proofs;
        return STATUS_OK;
    }
    unsigned char *map = arena_calloc(arena, span_proof_size(span->days), 1);
    if (map == NULL)
        return err_nomem(err);
    for (civil_day day = span->days.first; day < span->days.end; day++) {
        unsigned at = (unsigned)(day - span->days.first);
        unsigned proofs = span_day_proofs(b == NULL || holds(a, day) ? a : b, day);
        map[at / 2] = (unsigned char)(map[at / 2] | proofs << (at % 2 == 0 ? 4 : 0));
        differ = differ || (day > span->days.first && proofs != all);
        all |= proofs;
    }
    span->proofs = all;
    if (differ)
        span->proof_days = map;
    return STATUS_OK;
}

static enum status copy_maps(struct span *span, const struct span *a, const struct span *b, struct arena *arena,
                             struct err *err)
{
    enum status status = copy_empty_days(span, a, b, arena, err);
    return status == STATUS_OK ? copy_proof_days(span, a, b, arena, err) : status;
}

static enum status cut(const struct span *from, civil_day first, civil_day end, struct arena *arena,
                       struct span *ret_span, struct err *err)
{
    struct span part = *from;
    part.days = (struct day_range){first, end};
    enum status status = copy_maps(&part, from, NULL, arena, err);
    if (status == STATUS_OK)
        *ret_span = part;
    return status;
}

enum status spans_cut(const struct span *span, civil_day at, struct arena *arena, struct span ret_parts[2],
                      struct err *err)
{
    enum status status = cut(span, span->days.first, at, arena, &ret_parts[0], err);
    return status == STATUS_OK ? cut(span, at, span->days.end, arena, &ret_parts[1], err) : status;
}

static bool may_merge(const struct span *a, const struct span *b)
{
    return a->days.end == b->days.first && a->settled == b->settled && a->columns_id == b->columns_id &&
           (a->settled || a->fetched_at == b->fetched_at);
}

/* Appends a span to the result, into the last one where they may be one. */
static enum status append(struct span *result, size_t *count, const struct span *next, struct arena *arena,
                          struct err *err)
{
    if (*count == 0 || !may_merge(&result[*count - 1], next)) {
        result[(*count)++] = *next;
        return STATUS_OK;
    }
    struct span merged = result[*count - 1];
    merged.days.end = next->days.end;
    if (next->fetched_at < merged.fetched_at)
        merged.fetched_at = next->fetched_at;
    enum status status = copy_maps(&merged, &result[*count - 1], next, arena, err);
    if (status == STATUS_OK)
        result[*count - 1] = merged;
    return status;
}

/* What of an old span lies before and behind the new one, in that order around it. */
static enum status append_part(struct span *result, size_t *count, const struct span *old, civil_day first,
                               civil_day end, struct arena *arena, struct err *err)
{
    if (first >= end)
        return STATUS_OK;
    struct span part;
    enum status status = cut(old, first, end, arena, &part, err);
    return status == STATUS_OK ? append(result, count, &part, arena, err) : status;
}

static civil_day earlier(civil_day a, civil_day b)
{
    return a < b ? a : b;
}

static civil_day later(civil_day a, civil_day b)
{
    return a > b ? a : b;
}

enum status spans_put(const struct span *spans, size_t count, const struct span *put, struct arena *arena,
                      struct span **ret_spans, size_t *ret_count, struct err *err)
{
    struct span *result = arena_calloc(arena, count + 2, sizeof *result);
    if (result == NULL)
        return err_nomem(err);
    size_t used = 0;
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        status = append_part(result, &used, &spans[i], spans[i].days.first, earlier(spans[i].days.end, put->days.first),
                             arena, err);
    if (status == STATUS_OK)
        status = append_part(result, &used, put, put->days.first, put->days.end, arena, err);
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        status = append_part(result, &used, &spans[i], later(spans[i].days.first, put->days.end), spans[i].days.end,
                             arena, err);
    if (status == STATUS_OK) {
        *ret_spans = result;
        *ret_count = used;
    }
    return status;
}

/* The span in up to three parts: before the range, in it, behind it. The one in it becomes open, or is left out. */
static enum status append_changed(struct span *result, size_t *count, const struct span *span, struct day_range days,
                                  bool take, struct arena *arena, struct err *err)
{
    struct span opened = *span;
    opened.settled = false;
    enum status status =
        append_part(result, count, span, span->days.first, earlier(span->days.end, days.first), arena, err);
    if (status == STATUS_OK && !take)
        status = append_part(result, count, &opened, later(span->days.first, days.first),
                             earlier(span->days.end, days.end), arena, err);
    if (status == STATUS_OK)
        status = append_part(result, count, span, later(span->days.first, days.end), span->days.end, arena, err);
    return status;
}

static enum status change(const struct span *spans, size_t count, struct day_range days, bool take, struct arena *arena,
                          struct span **ret_spans, size_t *ret_count, bool *ret_changed, struct err *err)
{
    struct span *result = arena_calloc(arena, 3 * count + 1, sizeof *result);
    if (result == NULL)
        return err_nomem(err);
    size_t used = 0;
    bool changed = false;
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        bool lies_in = spans[i].days.first < days.end && days.first < spans[i].days.end;
        changed = changed || (lies_in && (take || spans[i].settled));
        status = append_changed(result, &used, &spans[i], days, take, arena, err);
    }
    if (status == STATUS_OK) {
        *ret_spans = result;
        *ret_count = used;
        *ret_changed = changed;
    }
    return status;
}

enum status spans_open(const struct span *spans, size_t count, struct day_range days, struct arena *arena,
                       struct span **ret_spans, size_t *ret_count, bool *ret_opened, struct err *err)
{
    return change(spans, count, days, false, arena, ret_spans, ret_count, ret_opened, err);
}

enum status spans_take(const struct span *spans, size_t count, struct day_range days, struct arena *arena,
                       struct span **ret_spans, size_t *ret_count, bool *ret_taken, struct err *err)
{
    return change(spans, count, days, true, arena, ret_spans, ret_count, ret_taken, err);
}
