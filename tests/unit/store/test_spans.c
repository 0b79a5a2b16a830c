#include "store/spans.h"

#include "fixture.h"

#include <stdio.h>

static struct arena arena;

static void end(void)
{
    arena_release(&arena);
}

TestSuite(spans, .fini = end);

/* Puts spans one after another and returns the list. */
static size_t put_all(const struct span *puts, size_t count, struct span **ret_list)
{
    struct span *list = NULL;
    size_t used = 0;
    for (size_t i = 0; i < count; i++)
        must(spans_put(list, used, &puts[i], &arena, &list, &used, &problem));
    *ret_list = list;
    return used;
}

static struct span settled(civil_day first, civil_day end_day)
{
    return (struct span){.days = {first, end_day}, .settled = true, .columns_id = 1, .fetched_at = NOW};
}

static struct span open_at(civil_day first, civil_day end_day, int64_t fetched_at)
{
    return (struct span){.days = {first, end_day}, .columns_id = 1, .fetched_at = fetched_at};
}

static void expect_days(const struct span *span, civil_day first, civil_day end_day)
{
    cr_expect(span->days.first == first && span->days.end == end_day, "[%d, %d) instead of [%d, %d)", span->days.first,
              span->days.end, first, end_day);
}

Test(spans, first_span_is_the_list)
{
    const struct span put = settled(10, 12);
    struct span *list;
    cr_assert_eq(put_all(&put, 1, &list), 1);
    expect_days(&list[0], 10, 12);
    cr_assert(list[0].settled && list[0].columns_id == 1 && list[0].fetched_at == NOW);
    cr_assert_null(list[0].empty_days);
}

Test(spans, settled_neighbours_are_one_span_with_the_oldest_time_and_all_proofs)
{
    struct span puts[] = {settled(10, 12), settled(14, 16), settled(12, 14)};
    puts[0].proofs = SPAN_PROOF_COUNT;
    puts[1].proofs = SPAN_PROOF_CALENDAR;
    puts[2].proofs = SPAN_PROOF_SHORT_PAGE;
    puts[1].fetched_at = NOW - 7;
    struct span *list;
    cr_assert_eq(put_all(puts, 3, &list), 1);
    expect_days(&list[0], 10, 16);
    cr_assert_eq(list[0].proofs, SPAN_PROOF_COUNT | SPAN_PROOF_CALENDAR | SPAN_PROOF_SHORT_PAGE);
    cr_assert_eq(list[0].fetched_at, NOW - 7);
}

Test(spans, merged_spans_remember_how_each_day_was_proved)
{
    struct span puts[] = {settled(10, 13), settled(13, 16), settled(16, 17), settled(11, 12)};
    puts[0].proofs = SPAN_PROOF_COUNT;
    puts[1].proofs = SPAN_PROOF_COUNT;
    puts[2].proofs = SPAN_PROOF_CALENDAR;
    puts[3].proofs = SPAN_PROOF_EMPTY_PAGE;
    struct span *list;
    cr_assert_eq(put_all(puts, 2, &list), 1);
    cr_assert_null(list[0].proof_days, "the same for every day needs no map");
    cr_assert_eq(span_day_proofs(&list[0], 15), SPAN_PROOF_COUNT);
    cr_assert_eq(put_all(puts, 4, &list), 1);
    static const unsigned char expected[] = {0x12, 0x11, 0x11, 0x80};
    cr_assert_eq(span_proof_size(list[0].days), sizeof expected);
    cr_assert_eq(memcmp(list[0].proof_days, expected, sizeof expected), 0);
    cr_assert_eq(span_day_proofs(&list[0], 11), SPAN_PROOF_EMPTY_PAGE);
    cr_assert_eq(span_day_proofs(&list[0], 16), SPAN_PROOF_CALENDAR);
}

Test(spans, open_neighbours_are_one_span_only_when_fetched_together)
{
    const struct span together[] = {open_at(1, 2, NOW), open_at(2, 3, NOW)};
    const struct span apart[] = {open_at(1, 2, NOW), open_at(2, 3, NOW + 1)};
    struct span *list;
    cr_assert_eq(put_all(together, 2, &list), 1);
    expect_days(&list[0], 1, 3);
    cr_assert_eq(put_all(apart, 2, &list), 2);
}

Test(spans, other_columns_or_another_state_or_a_gap_stay_apart)
{
    struct span puts[] = {settled(1, 2), settled(2, 3), open_at(3, 4, NOW), settled(5, 6)};
    puts[1].columns_id = 2;
    struct span *list;
    cr_assert_eq(put_all(puts, 4, &list), 4);
    for (size_t i = 1; i < 4; i++)
        cr_expect_leq(list[i - 1].days.end, list[i].days.first);
}

Test(spans, put_in_the_middle_cuts_the_old_span_in_two)
{
    static const unsigned char map[] = {0x81, 0x02}; /* days 0, 7 and 9 */
    struct span puts[] = {settled(100, 110), open_at(104, 106, NOW + 5)};
    puts[0].empty_days = map;
    struct span *list;
    cr_assert_eq(put_all(puts, 2, &list), 3);
    expect_days(&list[0], 100, 104);
    expect_days(&list[1], 104, 106);
    expect_days(&list[2], 106, 110);
    cr_assert_eq(list[0].empty_days[0], 0x01);
    cr_assert_null(list[1].empty_days);
    cr_assert_eq(list[2].empty_days[0], 0x0A);
}

Test(spans, put_over_everything_replaces_it)
{
    const struct span puts[] = {settled(1, 3), open_at(5, 6, NOW), settled(8, 9), open_at(0, 20, NOW)};
    struct span *list;
    cr_assert_eq(put_all(puts, 4, &list), 1);
    expect_days(&list[0], 0, 20);
    cr_assert_not(list[0].settled);
}

Test(spans, put_of_no_days_changes_nothing)
{
    const struct span puts[] = {settled(1, 9), open_at(4, 4, NOW)};
    struct span *list;
    cr_assert_eq(put_all(puts, 2, &list), 1);
    expect_days(&list[0], 1, 9);
    const struct span nothing = settled(3, 3);
    cr_assert_eq(put_all(&nothing, 1, &list), 0);
}

Test(spans, map_is_as_long_as_its_days_need)
{
    cr_assert_eq(span_map_size((struct day_range){5, 5}), 0);
    cr_assert_eq(span_map_size((struct day_range){5, 6}), 1);
    cr_assert_eq(span_map_size((struct day_range){5, 13}), 1);
    cr_assert_eq(span_map_size((struct day_range){5, 14}), 2);
}

Test(spans, empty_days_are_counted_and_looked_up)
{
    static const unsigned char map[] = {0x05, 0x80};
    struct span span = settled(100, 116);
    cr_assert_eq(span_empty_count(&span), 0);
    cr_assert_not(span_day_is_empty(&span, 100));
    span.empty_days = map;
    cr_assert_eq(span_empty_count(&span), 3);
    cr_assert(span_day_is_empty(&span, 100) && span_day_is_empty(&span, 102) && span_day_is_empty(&span, 115));
    cr_assert_not(span_day_is_empty(&span, 101));
    cr_assert_not(span_day_is_empty(&span, 99));
    cr_assert_not(span_day_is_empty(&span, 116));
}

Test(spans, no_room_in_the_arena_is_told_and_leaves_the_output_alone)
{
    struct arena tiny = {.max = 16};
    const struct span put = settled(1, 2);
    struct span *untouched = (struct span *)(void *)&arena;
    struct span *list = untouched;
    size_t count = 77;
    cr_assert_eq(spans_put(NULL, 0, &put, &tiny, &list, &count, &problem), STATUS_NOMEM);
    cr_assert(list == untouched && count == 77);
    arena_release(&tiny);
}

Test(spans, opened_days_are_cut_out_of_settled_ones_only)
{
    const struct span puts[] = {settled(10, 20), open_at(20, 22, NOW), settled(24, 25)};
    struct span *list;
    size_t count = put_all(puts, 3, &list);
    bool opened = false;
    must(spans_open(list, count, (struct day_range){12, 14}, &arena, &list, &count, &opened, &problem));
    cr_assert(opened);
    cr_assert_eq(count, 5);
    expect_days(&list[0], 10, 12);
    expect_days(&list[1], 12, 14);
    expect_days(&list[2], 14, 20);
    cr_assert(list[0].settled && !list[1].settled && list[2].settled && list[4].settled);
    must(spans_open(list, count, (struct day_range){12, 14}, &arena, &list, &count, &opened, &problem));
    cr_assert(!opened);
    must(spans_open(list, count, (struct day_range){20, 24}, &arena, &list, &count, &opened, &problem));
    cr_assert(!opened);
    cr_assert_eq(count, 5);
    must(spans_open(list, count, (struct day_range){18, 30}, &arena, &list, &count, &opened, &problem));
    cr_assert(opened);
    cr_assert_eq(count, 5); /* 18 to 22 is one: fetched at the same time */
    expect_days(&list[3], 18, 22);
    expect_days(&list[4], 24, 25);
    must(spans_take(list, count, (struct day_range){13, 19}, &arena, &list, &count, &opened, &problem));
    cr_assert(opened);
    expect_days(&list[1], 12, 13);
    expect_days(&list[2], 19, 22);
    cr_assert_eq(count, 4);
    must(spans_take(list, count, (struct day_range){22, 24}, &arena, &list, &count, &opened, &problem));
    cr_assert(!opened && count == 4);
}
