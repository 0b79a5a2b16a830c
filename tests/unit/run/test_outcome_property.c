/* Random outcomes; their spans are laid over one cell a slice and compared. */
#include "outcome_case.h"

#include <string.h>

enum { CASES = 300 };

struct trial {
    uint64_t seed;
    uint64_t random;
    int64_t settle;
    struct outcome_case at;
    bool has_row[CASE_SLICES_MAX];
    bool told[CASE_SLICES_MAX];
    size_t last_series;
    civil_day last_end;
    bool last_settled;
};

static uint32_t below(struct trial *t, uint32_t bound)
{
    t->random ^= t->random >> 12;
    t->random ^= t->random << 25;
    t->random ^= t->random >> 27;
    return (uint32_t)((t->random * UINT64_C(2685821657736338717)) >> 33) % bound;
}

static void roll(struct trial *t)
{
    static const char *const zones[] = {"UTC", "America/Toronto", "Asia/Kolkata"};
    static const char *const granularities[] = {"PT1H", "P1D", "P1W"};
    struct outcome_case *at = &t->at;
    outcome_case_init(at, zones[below(t, 3)], 1 + below(t, CASE_SITES), 1 + below(t, CASE_GROUPS),
                      1 + (civil_day)below(t, CASE_DAYS_MAX));
    at->unit.granularity = granularities[below(t, 3)];
    t->settle = 3600 * (int64_t)below(t, 100);
    at->outcome.fetched_at = (int64_t)(CASE_DAY + (civil_day)below(t, CASE_DAYS_MAX + 12)) * 86400 + below(t, 86400);
    at->outcome.proofs = below(t, 16);
    uint32_t failures = 1 + below(t, 8);
    uint32_t empties = 1 + below(t, 4);
    for (size_t slice = 0; slice < unit_slice_count(&at->unit); slice++) {
        at->errs[slice] = below(t, failures) == 0 && failures > 1 ? &at->failure : NULL;
        t->has_row[slice] = below(t, empties) != 0;
        for (uint32_t i = below(t, 3); t->has_row[slice] && i < 3; i++)
            outcome_case_add_row(at, slice, i);
    }
}

static void check_day(struct trial *t, size_t series, const struct span *span, civil_day day)
{
    const struct unit *unit = &t->at.unit;
    size_t slice = (size_t)(day - unit->days.first) * unit->site_count * unit->group_count + series;
    int64_t from = coverage_slice_settled_from(t->at.zone, unit->granularity, day, t->settle);
    bool right = !t->told[slice] && t->at.errs[slice] == NULL && span->settled == (t->at.outcome.fetched_at >= from) &&
                 span_day_is_empty(span, day) != t->has_row[slice];
    cr_assert(right, "seed %llu, series %zu, day %d", (unsigned long long)t->seed, series, day - CASE_DAY);
    t->told[slice] = true;
}

static enum status check_span(void *context, const struct series_key *key, const struct span *span, struct err *err)
{
    (void)err;
    struct trial *t = context;
    const struct unit *unit = &t->at.unit;
    size_t series = unit_slice_of(unit, unit->days.first, key->site_id, key->group_id, strlen(key->group_id));
    cr_assert(series != SIZE_MAX && key->building_id == 71 && strcmp(key->granularity, unit->granularity) == 0);
    cr_assert(span->days.first < span->days.end && span->days.first >= unit->days.first &&
              span->days.end <= unit->days.end);
    bool joins = series == t->last_series && span->days.first == t->last_end && span->settled == t->last_settled;
    cr_assert_not(joins, "seed %llu: a span could be longer", (unsigned long long)t->seed);
    cr_assert(span->proofs == t->at.outcome.proofs && span->fetched_at == t->at.outcome.fetched_at);
    int64_t empty = 0;
    for (civil_day day = span->days.first; day < span->days.end; day++) {
        check_day(t, series, span, day);
        empty += span_day_is_empty(span, day);
    }
    cr_assert_eq(span_empty_count(span), empty, "seed %llu: bits beyond the span", (unsigned long long)t->seed);
    cr_assert_eq(span->empty_days != NULL, empty > 0);
    t->last_series = series;
    t->last_end = span->days.end;
    t->last_settled = span->settled;
    return STATUS_OK;
}

static void run_trial(struct trial *t, uint64_t seed)
{
    memset(t, 0, sizeof *t);
    t->seed = seed;
    t->random = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
    t->last_series = SIZE_MAX;
    roll(t);
    cr_assert_eq(outcome_each_span(&t->at.outcome, t->settle, check_span, t, NULL), STATUS_OK);
    for (size_t slice = 0; slice < unit_slice_count(&t->at.unit); slice++) {
        const struct row *rows;
        cr_assert_eq(t->told[slice], t->at.errs[slice] == NULL, "seed %llu, slice %zu", (unsigned long long)seed,
                     slice);
        cr_assert_eq(outcome_slice_rows(&t->at.outcome, slice, &rows) > 0, t->has_row[slice]);
    }
    outcome_case_release(&t->at);
}

Test(outcome_property, random_outcomes_agree_with_a_model_of_one_cell_a_slice)
{
    static struct trial t;
    for (uint64_t seed = 1; seed <= CASES; seed++)
        run_trial(&t, seed);
}
