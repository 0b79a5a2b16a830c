#include "model/ledger_union.h"

#include <stdlib.h>

/* The array with room for so many elements: itself, or a larger one; NULL when there is no memory (it then stays as it
 * was). */
static void *with_room(void *array, size_t *capacity, size_t wanted, size_t size)
{
    if (wanted <= *capacity)
        return array;
    void *larger = reallocarray(array, wanted, size);
    if (larger != NULL)
        *capacity = wanted;
    return larger;
}

static int compare_days(const void *a, const void *b)
{
    const civil_day *left = a;
    const civil_day *right = b;
    return (*left > *right) - (*left < *right);
}

static int compare_failures(const void *a, const void *b)
{
    const struct ledger_failure *left = a;
    const struct ledger_failure *right = b;
    return compare_days(&left->days.first, &right->days.first);
}

static enum status reserve_all(struct ledger_union *joined, size_t spans, size_t failures, struct err *err)
{
    struct ledger_span *span_room = with_room(joined->spans, &joined->span_capacity, 2 * spans + 1, sizeof *span_room);
    if (span_room == NULL)
        return err_nomem(err);
    joined->spans = span_room;
    civil_day *edge_room = with_room(joined->edges, &joined->edge_capacity, 2 * spans + 1, sizeof *edge_room);
    if (edge_room == NULL)
        return err_nomem(err);
    joined->edges = edge_room;
    struct ledger_failure *failure_room =
        with_room(joined->failures, &joined->failure_capacity, failures + 1, sizeof *failure_room);
    if (failure_room == NULL)
        return err_nomem(err);
    joined->failures = failure_room;
    return STATUS_OK;
}

/* The span of one ledger that holds the day, or NULL. */
static const struct ledger_span *span_at(const struct ledger_series *ledger, civil_day day)
{
    size_t low = 0;
    size_t high = ledger->span_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ledger->spans[middle].days.end <= day)
            low = middle + 1;
        else
            high = middle;
    }
    return low < ledger->span_count && ledger->spans[low].days.first <= day ? &ledger->spans[low] : NULL;
}

/* What all ledgers say of the stretch that begins at first; false when one does not hold it. */
static bool join_at(const struct ledger_series *ledgers, size_t count, civil_day first, struct ledger_span *span)
{
    span->settled = true;
    span->fetched_at = INT64_MAX;
    for (size_t i = 0; i < count; i++) {
        const struct ledger_span *held = span_at(&ledgers[i], first);
        if (held == NULL)
            return false;
        span->settled = span->settled && held->settled;
        span->outdated = span->outdated || held->outdated;
        if (held->fetched_at < span->fetched_at)
            span->fetched_at = held->fetched_at;
    }
    return true;
}

static size_t join_spans(struct ledger_union *joined, const struct ledger_series *ledgers, size_t count,
                         size_t edge_count)
{
    size_t used = 0;
    qsort(joined->edges, edge_count, sizeof *joined->edges, compare_days);
    for (size_t i = 0; i + 1 < edge_count; i++) {
        struct ledger_span span = {.days = {joined->edges[i], joined->edges[i + 1]}};
        if (span.days.first == span.days.end || !join_at(ledgers, count, span.days.first, &span))
            continue;
        struct ledger_span *last = used > 0 ? &joined->spans[used - 1] : NULL;
        bool same = last != NULL && last->days.end == span.days.first && last->settled == span.settled &&
                    last->outdated == span.outdated && last->fetched_at == span.fetched_at;
        if (same)
            last->days.end = span.days.end;
        else
            joined->spans[used++] = span;
    }
    return used;
}

static size_t join_failures(struct ledger_union *joined, size_t count)
{
    size_t used = 0;
    qsort(joined->failures, count, sizeof *joined->failures, compare_failures);
    for (size_t i = 0; i < count; i++) {
        struct ledger_failure next = joined->failures[i];
        struct ledger_failure *last = used > 0 ? &joined->failures[used - 1] : NULL;
        if (last == NULL || next.days.first > last->days.end)
            joined->failures[used++] = next;
        else if (next.days.end > last->days.end)
            last->days.end = next.days.end;
    }
    return used;
}

enum status ledger_union_make(struct ledger_union *joined, const struct ledger_series *ledgers, size_t count,
                              struct ledger_series *ret_series, struct err *err)
{
    size_t spans = 0;
    size_t failures = 0;
    for (size_t i = 0; i < count; i++) {
        spans += ledgers[i].span_count;
        failures += ledgers[i].failure_count;
    }
    enum status status = reserve_all(joined, spans, failures, err);
    if (status != STATUS_OK)
        return status;
    size_t edge_count = 0;
    size_t failure_count = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t s = 0; s < ledgers[i].span_count; s++) {
            joined->edges[edge_count++] = ledgers[i].spans[s].days.first;
            joined->edges[edge_count++] = ledgers[i].spans[s].days.end;
        }
        for (size_t f = 0; f < ledgers[i].failure_count; f++)
            joined->failures[failure_count++] = ledgers[i].failures[f];
    }
    ret_series->span_count = join_spans(joined, ledgers, count, edge_count);
    ret_series->failure_count = join_failures(joined, failure_count);
    ret_series->spans = joined->spans;
    ret_series->failures = joined->failures;
    return STATUS_OK;
}

void ledger_union_release(struct ledger_union *joined)
{
    free(joined->spans);
    free(joined->failures);
    free(joined->edges);
    *joined = (struct ledger_union){0};
}
