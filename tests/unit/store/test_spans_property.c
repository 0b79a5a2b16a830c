/* Random puts; after each one the list is compared with a model that keeps one cell a day. */
#include "span_model.h"

enum { CASES = 300, PUTS = 40 };

struct trial {
    uint64_t seed;
    int step;
    const struct span *list;
    size_t count;
};

static void check_days(const struct trial *t, const struct span *span, const struct span_model *model)
{
    int64_t empty = 0;
    unsigned proofs = 0;
    bool proofs_differ = false;
    for (civil_day day = span->days.first; day < span->days.end; day++) {
        const struct model_day *want = &model->days[day - model->first];
        bool same = span->settled == want->settled && span->columns_id == want->columns_id &&
                    span_day_proofs(span, day) == want->proofs && span->fetched_at == want->fetched_at;
        cr_assert(same, "seed %llu, put %d, day %d", (unsigned long long)t->seed, t->step, day);
        cr_assert_eq(span_day_is_empty(span, day), want->empty, "seed %llu, put %d, day %d",
                     (unsigned long long)t->seed, t->step, day);
        empty += want->empty;
        proofs_differ = proofs_differ || (proofs != 0 && want->proofs != proofs);
        proofs |= want->proofs;
    }
    cr_assert_eq(span_empty_count(span), empty, "seed %llu, put %d: bits beyond the days", (unsigned long long)t->seed,
                 t->step);
    cr_assert_eq(span->proofs, proofs, "seed %llu, put %d", (unsigned long long)t->seed, t->step);
    cr_assert_eq(span->proof_days != NULL, proofs_differ, "seed %llu, put %d", (unsigned long long)t->seed, t->step);
    cr_assert_eq(span->empty_days != NULL, empty > 0, "seed %llu, put %d: a map for nothing",
                 (unsigned long long)t->seed, t->step);
}

static void check(const struct trial *t, const struct span_model *model)
{
    struct day_range ranges[MODEL_DAYS];
    size_t count = span_model_stretches(model, ranges);
    cr_assert_eq(t->count, count, "seed %llu, put %d: %zu spans instead of %zu", (unsigned long long)t->seed, t->step,
                 t->count, count);
    for (size_t i = 0; i < count; i++) {
        cr_assert(t->list[i].days.first == ranges[i].first && t->list[i].days.end == ranges[i].end,
                  "seed %llu, put %d, span %zu", (unsigned long long)t->seed, t->step, i);
        check_days(t, &t->list[i], model);
    }
}

static void run_trial(uint64_t seed)
{
    struct dice dice = dice_make(seed);
    struct span_model model = {.first = MAY_DAY};
    struct arena arenas[2] = {{0}, {0}};
    struct trial t = {.seed = seed};
    for (t.step = 1; t.step <= PUTS; t.step++) {
        unsigned char map[MODEL_DAYS / 8];
        struct span put = span_model_roll(&model, &dice, map);
        struct span *list = NULL;
        must(spans_put(t.list, t.count, &put, &arenas[t.step % 2], &list, &t.count, &problem));
        cr_assert_leq(t.count, (size_t)MODEL_DAYS);
        t.list = list;
        span_model_put(&model, &put);
        arena_release(&arenas[(t.step + 1) % 2]); /* the result must not point into the old list */
        for (size_t i = 0; i < sizeof map; i++)
            map[i] = 0xFF; /* nor into what was put */
        check(&t, &model);
    }
    arena_release(&arenas[0]);
    arena_release(&arenas[1]);
}

Test(spans_property, random_puts_agree_with_a_model_of_one_cell_a_day)
{
    for (uint64_t seed = 1; seed <= CASES; seed++)
        run_trial(seed);
}
