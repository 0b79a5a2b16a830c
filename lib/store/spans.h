/*
 * Arithmetic on the spans of one series: pure.
 *
 * A span is a stretch of days that were fetched whole. A list of spans is
 * sorted, without overlap, and as short as it can be: neighbours are one span when
 * both are settled with the same columns, or both open with the same columns and fetch time.
 */
#ifndef OCCUPORT_STORE_SPANS_H
#define OCCUPORT_STORE_SPANS_H

#include "core/arena.h"
#include "model/coverage.h"

/* How completeness of a day was proved. */
enum span_proof { SPAN_PROOF_COUNT = 1, SPAN_PROOF_EMPTY_PAGE = 2, SPAN_PROOF_SHORT_PAGE = 4, SPAN_PROOF_CALENDAR = 8 };

struct span {
    struct day_range days;
    bool settled;
    int64_t columns_id;
    unsigned proofs;    /* bits of enum span_proof: of all its days */
    int64_t fetched_at; /* seconds since the epoch; of a merged span: the oldest of its parts */
    /* Bit i (byte i / 8, bit i % 8): day first + i had no row. NULL: every day had one. Bits beyond the span are 0. */
    const unsigned char *empty_days;
    /*
     * Four bits a day, those of enum span_proof, the first day in the upper half of byte 0. NULL: `proofs` holds for
     * every day.
     */
    const unsigned char *proof_days;
};

/* Bytes of an empty_days map for so many days. */
size_t span_map_size(struct day_range days);

/* Bytes of a proof_days map for so many days. */
size_t span_proof_size(struct day_range days);

/* The bits of enum span_proof of a day of the span. */
unsigned span_day_proofs(const struct span *span, civil_day day);

bool span_day_is_empty(const struct span *span, civil_day day);

/* Days of the span without a row. */
int64_t span_empty_count(const struct span *span);

/* Cuts a span in two before a day that lies within it. The maps of the parts are allocated from arena. STATUS_NOMEM. */
enum status spans_cut(const struct span *span, civil_day at, struct arena *arena, struct span ret_parts[2],
                      struct err *err) MUST_CHECK;

/*
 * Lays a new span over a list: what lies under it is replaced, what it touches is merged with it if it may be. The
 * result (at most count + 2 spans) and its maps are allocated from arena. STATUS_NOMEM.
 */
enum status spans_put(const struct span *spans, size_t count, const struct span *put, struct arena *arena,
                      struct span **ret_spans, size_t *ret_count, struct err *err) MUST_CHECK;

/*
 * Settled days of the range become open; all else stays. The result (at most 3 * count spans) and its maps are
 * allocated from arena. *ret_opened: there were such days. STATUS_NOMEM.
 */
enum status spans_open(const struct span *spans, size_t count, struct day_range days, struct arena *arena,
                       struct span **ret_spans, size_t *ret_count, bool *ret_opened, struct err *err) MUST_CHECK;

/* Takes the days of the range out of the list; likewise. *ret_taken: there were such days. */
enum status spans_take(const struct span *spans, size_t count, struct day_range days, struct arena *arena,
                       struct span **ret_spans, size_t *ret_count, bool *ret_taken, struct err *err) MUST_CHECK;

#endif
