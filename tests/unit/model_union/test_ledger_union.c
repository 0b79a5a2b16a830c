#include "model/ledger_union.h"

#include <criterion/criterion.h>
#include <string.h>

enum { CASES = 2000, LEDGERS = 4, DAYS = 40, BASE = 20000 };

struct naive_day {
    bool held;
    bool settled;
    bool outdated;
    int64_t fetched_at;
    bool failed;
};

struct known {
    struct ledger_span spans[DAYS];
    struct ledger_failure failures[DAYS];
    struct ledger_series series;
};

/* xorshift64*: the same numbers on every machine. */
static uint32_t below(uint64_t *random, uint32_t bound)
{
    *random ^= *random >> 12;
    *random ^= *random << 25;
    *random ^= *random >> 27;
    return (uint32_t)((*random * 2685821657736338717u) >> 32) % bound;
}

static void roll_ledger(uint64_t *random, struct known *known)
{
    size_t spans = 0;
    size_t failures = 0;
    for (uint32_t at = below(random, 6); at < DAYS;) {
        uint32_t end = at + 1 + below(random, 10);
        struct ledger_span span = {.days = {BASE + (civil_day)at, BASE + (civil_day)(end < DAYS ? end : DAYS)},
                                   .settled = below(random, 2) == 0,
                                   .outdated = below(random, 3) == 0,
                                   .fetched_at = 100 + below(random, 3)};
        known->spans[spans++] = span;
        at = end + below(random, 3);
    }
    for (uint32_t at = below(random, 20); at < DAYS;) {
        uint32_t end = at + 1 + below(random, 4);
        known->failures[failures++].days =
            (struct day_range){BASE + (civil_day)at, BASE + (civil_day)(end < DAYS ? end : DAYS)};
        at = end + below(random, 12);
    }
    known->series = (struct ledger_series){spans, known->spans, failures, known->failures};
}

static struct naive_day look(const struct ledger_series *series, civil_day day)
{
    struct naive_day naive = {0};
    for (size_t i = 0; i < series->span_count; i++) {
        const struct ledger_span *span = &series->spans[i];
        if (span->days.first <= day && day < span->days.end)
            naive = (struct naive_day){true, span->settled, span->outdated, span->fetched_at, false};
    }
    for (size_t i = 0; i < series->failure_count; i++)
        naive.failed = naive.failed || (series->failures[i].days.first <= day && day < series->failures[i].days.end);
    return naive;
}

static struct naive_day look_in_all(const struct ledger_series *ledgers, size_t count, civil_day day)
{
    struct naive_day all = look(&ledgers[0], day);
    for (size_t i = 1; i < count; i++) {
        struct naive_day one = look(&ledgers[i], day);
        all.held = all.held && one.held;
        all.settled = all.settled && one.settled;
        all.outdated = all.outdated || one.outdated;
        all.failed = all.failed || one.failed;
        if (one.fetched_at < all.fetched_at)
            all.fetched_at = one.fetched_at;
    }
    if (!all.held)
        all = (struct naive_day){.failed = all.failed};
    return all;
}

static void check_lists(const struct ledger_series *series, unsigned seed)
{
    for (size_t i = 0; i < series->span_count; i++) {
        const struct ledger_span *span = &series->spans[i];
        cr_assert_lt(span->days.first, span->days.end, "seed %u", seed);
        cr_assert_null(span->empty_days);
        if (i == 0)
            continue;
        cr_assert_leq(span[-1].days.end, span->days.first, "seed %u", seed);
        bool same = span[-1].days.end == span->days.first && span[-1].settled == span->settled &&
                    span[-1].outdated == span->outdated && span[-1].fetched_at == span->fetched_at;
        cr_assert(!same, "seed %u: two spans where one would do", seed);
    }
    for (size_t i = 0; i < series->failure_count; i++) {
        cr_assert_lt(series->failures[i].days.first, series->failures[i].days.end, "seed %u", seed);
        if (i > 0)
            cr_assert_lt(series->failures[i - 1].days.end, series->failures[i].days.first, "seed %u", seed);
    }
}

Test(ledger_union, equals_a_model_with_one_cell_a_day)
{
    struct ledger_union joined = {0};
    for (unsigned seed = 1; seed <= CASES; seed++) {
        uint64_t random = seed * 0x9E3779B97F4A7C15u;
        static struct known known[LEDGERS];
        struct ledger_series ledgers[LEDGERS];
        struct ledger_series got;
        struct err err;
        size_t count = 1 + below(&random, LEDGERS);
        for (size_t i = 0; i < count; i++) {
            roll_ledger(&random, &known[i]);
            ledgers[i] = known[i].series;
        }
        cr_assert_eq(ledger_union_make(&joined, ledgers, count, &got, &err), STATUS_OK);
        check_lists(&got, seed);
        for (civil_day day = BASE - 1; day <= BASE + DAYS; day++) {
            struct naive_day want = look_in_all(ledgers, count, day);
            struct naive_day is = look(&got, day);
            cr_assert(want.held == is.held && want.settled == is.settled && want.outdated == is.outdated &&
                          want.fetched_at == is.fetched_at && want.failed == is.failed,
                      "seed %u, %zu ledgers, day %d", seed, count, (int)day - BASE);
        }
    }
    ledger_union_release(&joined);
}

Test(ledger_union, single_ledger_passes_through)
{
    struct ledger_union joined = {0};
    const struct ledger_span spans[] = {
        {.days = {10, 12}, .settled = true, .fetched_at = 5},
        {.days = {12, 13}, .settled = true, .outdated = true, .fetched_at = 5},
        {.days = {20, 30}, .fetched_at = 9},
    };
    const struct ledger_failure failures[] = {{{11, 12}}, {{40, 41}}};
    const struct ledger_series one = {3, spans, 2, failures};
    struct ledger_series got;
    struct err err;
    cr_assert_eq(ledger_union_make(&joined, &one, 1, &got, &err), STATUS_OK);
    cr_assert_eq(got.span_count, 3);
    cr_assert_eq(got.failure_count, 2);
    for (size_t i = 0; i < 3; i++) {
        cr_assert_eq(got.spans[i].days.first, spans[i].days.first);
        cr_assert_eq(got.spans[i].days.end, spans[i].days.end);
        cr_assert_eq(got.spans[i].settled, spans[i].settled);
        cr_assert_eq(got.spans[i].outdated, spans[i].outdated);
        cr_assert_eq(got.spans[i].fetched_at, spans[i].fetched_at);
    }
    cr_assert_eq(memcmp(got.failures, failures, sizeof failures), 0);
    ledger_union_release(&joined);
}

Test(ledger_union, ledger_that_knows_nothing_makes_all_days_missing)
{
    struct ledger_union joined = {0};
    const struct ledger_span span = {.days = {10, 12}, .settled = true};
    const struct ledger_failure failure = {{10, 11}};
    const struct ledger_series ledgers[] = {{1, &span, 1, &failure}, {0}};
    struct ledger_series got;
    struct err err;
    cr_assert_eq(ledger_union_make(&joined, ledgers, 2, &got, &err), STATUS_OK);
    cr_assert_eq(got.span_count, 0);
    cr_assert_eq(got.failure_count, 1); /* failed in one is failed */
    cr_assert_eq(ledger_union_make(&joined, &ledgers[1], 1, &got, &err), STATUS_OK);
    cr_assert_eq(got.span_count, 0);
    cr_assert_eq(got.failure_count, 0);
    ledger_union_release(&joined);
    ledger_union_release(&joined);
}
