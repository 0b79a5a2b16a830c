#include "api/page_order.h"
#include "fixture.h"

#include <criterion/criterion.h>
#include <string.h>

static struct row_place place(size_t slice, const char *start)
{
    struct row_place result = {.slice = slice, .start = start};
    if (start != NULL)
        result.has_moment = moment_parse(start, strlen(start), &result.moment);
    return result;
}

static struct page_summary look(const struct page_key *after, const struct row_place *places, size_t count)
{
    struct unit unit = fixture_unit();
    struct page_summary summary = {0};
    struct page_order order;
    page_order_init(&order, &unit, after);
    for (size_t i = 0; i < count; i++)
        page_order_add(&order, &places[i]);
    page_order_tell(&order, &summary);
    return summary;
}

/* Slices of the fixture: 0 and 1 are site 9 with GROUP_A and GROUP_B, 2 and 3 site 10; 4 to 7 the next day. */
#define LOOK(after, ...)                                                                                               \
    look(after, (const struct row_place[]){__VA_ARGS__},                                                               \
         sizeof((const struct row_place[]){__VA_ARGS__}) / sizeof(struct row_place))

Test(page_order, rows_in_the_asked_order_are_in_order)
{
    struct page_summary page =
        LOOK(NULL, place(0, "2025-05-01 00:00"), place(0, "2025-05-01 01:00"), place(1, "2025-05-01 00:00"),
             place(2, "2025-05-01 00:00"), place(5, "2025-05-02 00:00"), place(5, "2025-05-02 01:00"));
    cr_expect(page.in_order);
    cr_expect(page.past_key);
    cr_expect_not(page.has_repeats);
    cr_expect_eq(page.tail_slice, 5u);
    cr_expect_eq(page.tail_rows, 2u);
    cr_assert(page.has_last);
    cr_expect_str_eq(page.last.start, "2025-05-02 01:00");
    cr_expect_str_eq(page.last.group_id, GROUP_B);
    cr_expect_eq(page.last.site_id, 9);
    cr_assert(page.has_boundary);
    cr_expect_null(page.boundary.start);
    cr_expect_eq(page.boundary.site_id, 10);
    cr_expect_str_eq(page.boundary.group_id, GROUP_A);
}

Test(page_order, an_empty_page_has_neither_last_nor_boundary)
{
    struct page_summary page = look(NULL, NULL, 0);
    cr_expect(page.in_order);
    cr_expect(page.past_key);
    cr_expect_not(page.has_last);
    cr_expect_not(page.has_boundary);
    cr_expect_eq(page.tail_slice, SIZE_MAX);
}

Test(page_order, sites_are_compared_as_numbers_whatever_their_order_in_the_unit)
{
    static const int64_t sites[] = {10, 9};
    struct unit unit = fixture_unit();
    unit.sites = sites; /* slice 0 is now site 10, slice 2 site 9 */
    struct page_order order;
    struct page_summary page = {0};
    struct row_place first = place(2, "2025-05-01");
    struct row_place second = place(0, "2025-05-01");
    page_order_init(&order, &unit, NULL);
    page_order_add(&order, &first);
    page_order_add(&order, &second);
    page_order_tell(&order, &page);
    cr_expect(page.in_order);
    page_order_add(&order, &first);
    page_order_tell(&order, &page);
    cr_expect_not(page.in_order);
}

Test(page_order, days_sites_groups_and_starts_that_go_back_are_out_of_order)
{
    cr_expect_not(LOOK(NULL, place(4, "2025-05-01"), place(0, "2025-05-01")).in_order);
    cr_expect_not(LOOK(NULL, place(2, "2025-05-01"), place(1, "2025-05-01")).in_order);
    cr_expect_not(LOOK(NULL, place(1, "2025-05-01"), place(0, "2025-05-01")).in_order);
    cr_expect_not(LOOK(NULL, place(0, "2025-05-01 02:00"), place(0, "2025-05-01 01:00")).in_order);
}

Test(page_order, starts_may_be_sorted_as_instants_or_as_texts)
{
    const char *early = "2025-05-01 05:00:00 +0200"; /* 03:00 in UTC */
    const char *late = "2025-05-01 04:00:00 +0000";
    cr_expect(LOOK(NULL, place(0, early), place(0, late)).in_order);
    cr_expect(LOOK(NULL, place(0, late), place(0, early)).in_order);
}

Test(page_order, the_same_start_again_is_a_repeat_and_in_order)
{
    struct page_summary page = LOOK(NULL, place(0, "2025-05-01 01:00"), place(0, "2025-05-01 01:00"));
    cr_expect(page.in_order);
    cr_expect(page.has_repeats);
    page = LOOK(NULL, place(0, "2025-05-01T01:00Z"), place(0, "2025-05-01T01:00+00:00"));
    cr_expect(page.has_repeats);
}

Test(page_order, rows_outside_the_unit_are_passed_over)
{
    struct page_summary page = LOOK(NULL, place(SIZE_MAX, NULL), place(0, "2025-05-01 01:00"), place(SIZE_MAX, NULL));
    cr_expect(page.in_order);
    cr_expect(page.has_last);
    cr_expect_not(page.has_boundary);
    cr_expect_eq(page.tail_rows, 1u);
}

Test(page_order, the_last_start_that_can_be_read_is_the_last)
{
    struct page_summary page = LOOK(NULL, place(0, "2025-05-01 01:00"), place(0, NULL));
    cr_assert(page.has_last);
    cr_expect_str_eq(page.last.start, "2025-05-01 01:00");
    cr_expect_eq(page.tail_rows, 2u);
    page = LOOK(NULL, place(0, "2025-05-01 01:00"), place(1, NULL));
    cr_expect_not(page.has_last);
    cr_expect(page.has_boundary);
}

Test(page_order, rows_must_lie_behind_a_key_inside_a_slice)
{
    struct unit unit = fixture_unit();
    struct page_key key = {.day = unit.days.first, .site_id = 9, .group_id = GROUP_B, .start = "2025-05-01 05:00"};
    cr_expect(LOOK(&key, place(1, "2025-05-01 06:00")).past_key);
    cr_expect(LOOK(&key, place(2, "2025-05-01 00:00")).past_key);
    cr_expect_not(LOOK(&key, place(1, "2025-05-01 05:00")).past_key, "the key itself");
    cr_expect_not(LOOK(&key, place(1, "2025-05-01 04:00")).past_key);
    cr_expect_not(LOOK(&key, place(0, "2025-05-01 06:00")).past_key);
    cr_expect_not(LOOK(&key, place(2, "2025-05-01 00:00"), place(0, "2025-05-01 06:00")).past_key);
}

Test(page_order, rows_must_lie_behind_a_whole_slice)
{
    struct unit unit = fixture_unit();
    struct page_key key = {.day = unit.days.first, .site_id = 9, .group_id = GROUP_B};
    cr_expect(LOOK(&key, place(2, "2025-05-01 00:00")).past_key);
    cr_expect_not(LOOK(&key, place(1, "2025-05-01 23:00")).past_key);
    cr_expect_not(LOOK(&key, place(1, NULL)).past_key);
}
