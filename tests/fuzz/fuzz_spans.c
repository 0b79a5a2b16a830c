/*
 * Stretches of days laid over each other in any order: the list of spans says of every day what a table of one cell a
 * day says, is as short as it can be, and lives in memory of its own.
 *
 * Input: eight bytes a span.
 */
#include "fuzz.h"
#include "store/spans.h"

#include <string.h>

enum { DAYS = 64, FIRST = 20209, INPUT = 8 };

struct cell {
    bool held;
    bool settled;
    bool empty;
    int64_t columns_id;
    unsigned proofs;
    int64_t fetched_at;
};

static bool are_one(const struct cell *a, const struct cell *b)
{
    return a->held && b->held && a->settled == b->settled && a->columns_id == b->columns_id &&
           (a->settled || a->fetched_at == b->fetched_at);
}

/* The oldest fetch of a stretch holds for all of it. */
static void level(struct cell cells[DAYS])
{
    for (int at = 0; at < DAYS;) {
        int end = at + 1;
        while (end < DAYS && are_one(&cells[end - 1], &cells[end]))
            end++;
        int64_t oldest = cells[at].fetched_at;
        for (int i = at; i < end; i++)
            oldest = cells[i].fetched_at < oldest ? cells[i].fetched_at : oldest;
        for (int i = at; i < end; i++)
            cells[i].fetched_at = oldest;
        at = end;
    }
}

static struct span read_span(const uint8_t *data, unsigned char map[DAYS / 8])
{
    civil_day at = data[0] % DAYS;
    civil_day length = data[1] % (DAYS - at + 1);
    memset(map, 0, DAYS / 8);
    for (civil_day i = 0; i < length; i++) {
        bool empty = (data[4 + i / 8 % 4] >> (i % 8) & 1) != 0;
        map[i / 8] = (unsigned char)(map[i / 8] | (unsigned)empty << (i % 8));
    }
    return (struct span){
        .days = {FIRST + at, FIRST + at + length},
        .settled = (data[2] & 1) != 0,
        .columns_id = 1 + (data[2] >> 1 & 1),
        .proofs = 1U << (data[2] >> 2 & 3),
        .fetched_at = 1746057600 + 3600 * (data[3] % 4),
        .empty_days = (data[2] & 16) != 0 ? map : NULL,
    };
}

static void put_cells(struct cell cells[DAYS], const struct span *put)
{
    for (civil_day day = put->days.first; day < put->days.end; day++) {
        civil_day at = day - put->days.first;
        cells[day - FIRST] = (struct cell){
            .held = true,
            .settled = put->settled,
            .empty = put->empty_days != NULL && (put->empty_days[at / 8] >> (at % 8) & 1) != 0,
            .columns_id = put->columns_id,
            .proofs = put->proofs,
            .fetched_at = put->fetched_at,
        };
    }
    level(cells);
}

static void check_span(const struct span *span, const struct cell cells[DAYS])
{
    int64_t empty = 0;
    unsigned proofs = 0;
    for (civil_day day = span->days.first; day < span->days.end; day++) {
        const struct cell *want = &cells[day - FIRST];
        PROMISE(want->held && span->settled == want->settled && span->columns_id == want->columns_id);
        PROMISE(span->fetched_at == want->fetched_at && span_day_proofs(span, day) == want->proofs);
        PROMISE(span_day_is_empty(span, day) == want->empty);
        empty += want->empty;
        proofs |= want->proofs;
    }
    PROMISE(span_empty_count(span) == empty && (span->empty_days != NULL) == (empty > 0));
    PROMISE(span->proofs == proofs);
}

static void check(const struct span *spans, size_t count, const struct cell cells[DAYS])
{
    civil_day held = 0;
    for (size_t i = 0; i < count; i++) {
        PROMISE(spans[i].days.first < spans[i].days.end);
        PROMISE(i == 0 || spans[i - 1].days.end <= spans[i].days.first);
        PROMISE(spans[i].days.first >= FIRST && spans[i].days.end <= FIRST + DAYS);
        check_span(&spans[i], cells);
        held += spans[i].days.end - spans[i].days.first;
        if (i > 0 && spans[i - 1].days.end == spans[i].days.first)
            PROMISE(!are_one(&cells[spans[i].days.first - FIRST - 1], &cells[spans[i].days.first - FIRST]));
    }
    for (int i = 0; i < DAYS; i++)
        held -= cells[i].held;
    PROMISE(held == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cell cells[DAYS] = {0};
    struct arena arenas[2] = {{0}, {0}};
    struct span *spans = NULL;
    size_t count = 0;
    int turn = 0;
    for (; size >= INPUT; data += INPUT, size -= INPUT) {
        unsigned char map[DAYS / 8];
        struct span put = read_span(data, map);
        struct span *result = NULL;
        size_t result_count = 0;
        PROMISE(spans_put(spans, count, &put, &arenas[turn], &result, &result_count, NULL) == STATUS_OK);
        PROMISE(result_count <= count + 2);
        put_cells(cells, &put);
        turn = !turn;
        arena_release(&arenas[turn]);  /* the result must not point into the old list */
        memset(map, 0xFF, sizeof map); /* nor into what was put */
        spans = result;
        count = result_count;
        check(spans, count, cells);
    }
    arena_release(&arenas[0]);
    arena_release(&arenas[1]);
    return 0;
}
