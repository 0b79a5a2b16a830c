#include "run/unit_size.h"

#include <criterion/criterion.h>

static struct unit_size fresh(void)
{
    struct unit_size size;
    unit_size_init(&size, true);
    return size;
}

Test(unit_size, nothing_is_limited_at_first)
{
    struct unit_size size = fresh();
    cr_assert_eq(unit_size_most(&size), UINT64_MAX);
    unit_size_worked(&size, 10000);
    cr_assert_eq(unit_size_most(&size), UINT64_MAX);
}

Test(unit_size, two_units_that_fail_lower_the_limit_once)
{
    struct unit_size size = fresh();
    unit_size_failed(&size, 9500, 71);
    cr_assert_eq(unit_size_most(&size), UINT64_MAX);
    for (int i = 0; i < 7; i++) /* in flight already */
        unit_size_failed(&size, 9500, 71);
    cr_assert_eq(size.limit, 6333);
    cr_assert_eq(size.patience, UNIT_SIZE_PATIENCE);
    unit_size_failed(&size, 4750, 71);
    unit_size_failed(&size, 4750, 71);
    cr_assert_eq(unit_size_most(&size), 3166);
}

Test(unit_size, one_bad_slice_on_its_way_down_is_no_matter_of_size)
{
    struct unit_size size = fresh();
    for (uint64_t rows = 9600; rows > 24; rows /= 2)
        unit_size_failed(&size, rows, 71);
    cr_assert_eq(size.limit, UINT64_MAX);
}

Test(unit_size, bad_slices_among_units_that_work_are_no_matter_of_size)
{
    struct unit_size size = fresh();
    for (int i = 0; i < 100; i++) {
        unit_size_failed(&size, 9600, 71);
        unit_size_worked(&size, 9600);
    }
    cr_assert_eq(size.limit, UINT64_MAX);
}

Test(unit_size, two_units_of_a_class_that_fail_are_one)
{
    struct unit_size size = fresh();
    unit_size_failed(&size, 9600, 71);
    unit_size_worked(&size, 1200);
    unit_size_failed(&size, 9000, 71);
    cr_assert_eq(size.limit, 6000, "smaller units that worked say nothing of this class");
}

/* A server that chokes above so many rows, with units as the engine makes them: cut by halves to the limit. */
static uint64_t requests_against(struct unit_size *size, uint64_t chokes_above, uint64_t rows)
{
    uint64_t halves[2] = {rows / 2, rows - rows / 2};
    bool is_cut = rows > unit_size_most(size);
    bool tries = !is_cut && unit_size_began(size, rows);
    if (!is_cut && rows <= chokes_above)
        unit_size_worked(size, rows);
    else if (!is_cut)
        unit_size_failed(size, rows, 71);
    if (tries)
        unit_size_tried(size);
    if (!is_cut && rows <= chokes_above)
        return 1;
    return !is_cut + requests_against(size, chokes_above, halves[0]) + requests_against(size, chokes_above, halves[1]);
}

static double waste_of_a_run(uint64_t chokes_above)
{
    struct unit_size size = fresh();
    uint64_t requests = 0;
    for (int i = 0; i < 10000; i++)
        requests += requests_against(&size, chokes_above, 9500);
    uint64_t pieces = 1;
    while ((9500 + pieces - 1) / pieces > chokes_above)
        pieces *= 2;
    return (double)(requests - 10000 * pieces) / (double)requests;
}

Test(unit_size, a_server_that_chokes_costs_under_two_per_cent)
{
    static const uint64_t limits[] = {24, 500, 2000, 2375, 4749, 4750, 9499};
    for (size_t j = 0; j < sizeof limits / sizeof limits[0]; j++) {
        double waste = waste_of_a_run(limits[j]);
        cr_assert_lt(waste, 0.005, "above %d rows: %f", (int)limits[j], waste);
    }
}

/* With a limit of 6400 rows. */
static struct unit_size limited(void)
{
    struct unit_size size = fresh();
    unit_size_failed(&size, 9600, 71);
    unit_size_failed(&size, 9600, 71);
    cr_assert_eq(size.limit, 6400);
    return size;
}

static void work(struct unit_size *size, uint64_t rows, uint64_t times)
{
    for (uint64_t i = 0; i < times; i++) {
        cr_assert_eq(unit_size_most(size), size->limit);
        cr_assert_not(unit_size_began(size, rows));
        unit_size_worked(size, rows);
    }
}

Test(unit_size, more_is_tried_by_one_unit_and_kept_when_it_works)
{
    struct unit_size size = limited();
    work(&size, 4800, UNIT_SIZE_PATIENCE);
    cr_assert_eq(unit_size_most(&size), 12800);
    cr_assert(unit_size_began(&size, 9600));
    cr_assert_eq(unit_size_most(&size), 6400, "one at a time");
    unit_size_worked(&size, 9600);
    unit_size_tried(&size);
    cr_assert_eq(unit_size_most(&size), 9600);
}

Test(unit_size, more_that_fails_is_tried_again_much_later)
{
    struct unit_size size = limited();
    work(&size, 4800, UNIT_SIZE_PATIENCE);
    cr_assert(unit_size_began(&size, 9600));
    unit_size_failed(&size, 9600, 71);
    unit_size_tried(&size);
    cr_assert_eq(size.limit, 6400);
    work(&size, 4800, 4 * UNIT_SIZE_PATIENCE);
    cr_assert_eq(unit_size_most(&size), 12800);
}

Test(unit_size, a_small_unit_is_never_the_one_that_tries)
{
    struct unit_size size = limited();
    work(&size, 4800, UNIT_SIZE_PATIENCE);
    cr_assert_not(unit_size_began(&size, 24));
    cr_assert_eq(unit_size_most(&size), 12800);
}

Test(unit_size, small_units_that_work_do_not_show_that_large_ones_would)
{
    struct unit_size size = limited();
    work(&size, 24, 10 * UNIT_SIZE_PATIENCE);
    cr_assert_eq(unit_size_most(&size), 6400);
}

Test(unit_size, a_trial_that_says_nothing_of_the_size_makes_room_for_the_next)
{
    struct unit_size size = limited();
    work(&size, 4800, UNIT_SIZE_PATIENCE);
    cr_assert(unit_size_began(&size, 9600));
    unit_size_tried(&size); /* refused, say */
    work(&size, 4800, UNIT_SIZE_PATIENCE);
    cr_assert_eq(unit_size_most(&size), 12800);
}

Test(unit_size, the_limit_cuts_what_failed_in_two)
{
    for (uint64_t slices = 2; slices < 100; slices++) {
        struct unit_size size = fresh();
        unit_size_failed(&size, slices, 71);
        unit_size_failed(&size, slices, 71);
        cr_assert_lt(size.limit, slices);
        cr_assert_geq(size.limit, slices - slices / 2, "%d: its larger half is not cut again", (int)slices);
    }
}

Test(unit_size, one_bad_building_of_several_is_no_matter_of_size)
{
    struct unit_size size;
    unit_size_init(&size, false);
    for (int i = 0; i < UNIT_SIZE_ALONE - 1; i++)
        unit_size_failed(&size, 9600, 71);
    cr_assert_eq(size.limit, UINT64_MAX);
    unit_size_failed(&size, 9600, 72);
    cr_assert_eq(size.limit, 6400);
}

Test(unit_size, a_building_that_alone_has_large_units_lowers_the_limit_later)
{
    struct unit_size size;
    unit_size_init(&size, false);
    for (int i = 0; i < UNIT_SIZE_ALONE; i++) {
        cr_assert_eq(size.limit, UINT64_MAX);
        unit_size_worked(&size, 24);
        unit_size_failed(&size, 9600, 71);
    }
    cr_assert_eq(size.limit, 6400);
}

Test(unit_size, slow_answers_make_smaller_units_and_quick_ones_larger)
{
    struct unit_size size;
    unit_size_init(&size, true);
    unit_size_took(&size, 10000, UNIT_SIZE_SLOW_MS);
    unit_size_took(&size, 10000, 30000);
    cr_assert_eq(unit_size_most(&size), UINT64_MAX, "one slow answer is chance");
    unit_size_took(&size, 10000, 30000);
    cr_assert_eq(unit_size_most(&size), 5000);
    unit_size_took(&size, 5000, 15000);
    unit_size_took(&size, 5000, 15000);
    cr_assert_eq(unit_size_most(&size), 2500);
    unit_size_took(&size, 2500, 4000); /* just right */
    cr_assert_eq(unit_size_most(&size), 2500);
    unit_size_took(&size, 10, 5); /* a small one says nothing of large ones */
    cr_assert_eq(unit_size_most(&size), 2500);
    unit_size_took(&size, 2500, UNIT_SIZE_QUICK_MS - 1);
    cr_assert_eq(unit_size_most(&size), 5000);
}

Test(unit_size, where_less_takes_as_long_time_is_left_out_of_account)
{
    struct unit_size size;
    unit_size_init(&size, true);
    for (int i = 0; i < 100; i++) {
        uint64_t most = unit_size_most(&size);
        unit_size_took(&size, most < 10000 ? most : 10000, 6000);
        cr_assert_geq(unit_size_most(&size), 5000);
    }
    cr_assert_eq(unit_size_most(&size), UINT64_MAX);
}

Test(unit_size, quick_answers_do_not_undo_what_failures_taught)
{
    struct unit_size size;
    unit_size_init(&size, true);
    unit_size_failed(&size, 900, 1);
    unit_size_failed(&size, 900, 1);
    uint64_t most = unit_size_most(&size);
    unit_size_took(&size, 600, 10);
    cr_assert_eq(unit_size_most(&size), most);
}
