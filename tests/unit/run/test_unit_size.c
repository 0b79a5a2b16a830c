#include "run/unit_size.h"

#include <criterion/criterion.h>

static struct unit_size fresh(void)
{
    struct unit_size size;
    unit_size_init(&size);
    return size;
}

Test(unit_size, nothing_is_limited_at_first)
{
    struct unit_size size = fresh();
    cr_assert_eq(unit_size_next(&size, 10000), UINT64_MAX);
    unit_size_worked(&size, 10000);
    cr_assert_eq(unit_size_next(&size, 10000), UINT64_MAX);
}

Test(unit_size, a_timeout_lowers_the_limit_at_once)
{
    struct unit_size size = fresh();
    unit_size_failed(&size, 9500, STATUS_TIMEOUT);
    cr_assert_eq(unit_size_next(&size, 9500), 6334);
    unit_size_failed(&size, 4750, STATUS_TOO_LARGE);
    cr_assert_eq(unit_size_next(&size, 9500), 3167);
}

Test(unit_size, units_that_were_in_flight_when_the_limit_fell_do_not_lower_it_again)
{
    struct unit_size size = fresh();
    for (int i = 0; i < 8; i++)
        unit_size_failed(&size, 9500, STATUS_TIMEOUT);
    cr_assert_eq(size.limit, 6334);
    cr_assert_eq(size.patience, UNIT_SIZE_PATIENCE);
}

Test(unit_size, one_bad_slice_on_its_way_down_is_no_matter_of_size)
{
    struct unit_size size = fresh();
    for (uint64_t rows = 9600; rows > 24; rows /= 2)
        unit_size_failed(&size, rows, STATUS_SERVER);
    cr_assert_eq(size.limit, UINT64_MAX);
}

Test(unit_size, bad_slices_among_units_that_work_are_no_matter_of_size)
{
    struct unit_size size = fresh();
    for (int i = 0; i < 100; i++) {
        unit_size_failed(&size, 9600, STATUS_SERVER);
        unit_size_worked(&size, 9600);
    }
    cr_assert_eq(size.limit, UINT64_MAX);
}

Test(unit_size, two_units_of_a_class_that_fail_are_one)
{
    struct unit_size size = fresh();
    unit_size_failed(&size, 9600, STATUS_SERVER);
    unit_size_worked(&size, 1200);
    unit_size_failed(&size, 9000, STATUS_BAD_ANSWER);
    cr_assert_eq(size.limit, 6000, "smaller units that worked say nothing of this class");
}

/* A server that chokes above so many rows, with units as the engine makes them: cut by halves to the limit. */
static uint64_t requests_against(struct unit_size *size, uint64_t chokes_above, enum status kind, uint64_t rows)
{
    uint64_t limit = unit_size_next(size, rows);
    if (rows > limit)
        return requests_against(size, chokes_above, kind, rows / 2) +
               requests_against(size, chokes_above, kind, rows - rows / 2);
    if (rows <= chokes_above) {
        unit_size_worked(size, rows);
        return 1;
    }
    unit_size_failed(size, rows, kind);
    return 1 + requests_against(size, chokes_above, kind, rows / 2) +
           requests_against(size, chokes_above, kind, rows - rows / 2);
}

static double waste_of_a_run(uint64_t chokes_above, enum status kind)
{
    struct unit_size size = fresh();
    uint64_t requests = 0;
    for (int i = 0; i < 10000; i++)
        requests += requests_against(&size, chokes_above, kind, 9500);
    uint64_t pieces = 1;
    while ((9500 + pieces - 1) / pieces > chokes_above)
        pieces *= 2;
    return (double)(requests - 10000 * pieces) / (double)requests;
}

Test(unit_size, a_server_that_chokes_costs_under_two_per_cent)
{
    static const enum status kinds[] = {STATUS_TIMEOUT, STATUS_TOO_LARGE, STATUS_SERVER};
    static const uint64_t limits[] = {24, 500, 2000, 2375, 4749, 4750, 9499};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        for (size_t j = 0; j < sizeof limits / sizeof limits[0]; j++) {
            double waste = waste_of_a_run(limits[j], kinds[i]);
            cr_assert_lt(waste, 0.005, "%s above %d rows: %f", status_name(kinds[i]), (int)limits[j], waste);
        }
    }
}

Test(unit_size, more_is_tried_by_one_unit_and_kept_when_it_works)
{
    struct unit_size size = fresh();
    unit_size_failed(&size, 9600, STATUS_TIMEOUT);
    for (int i = 0; i < UNIT_SIZE_PATIENCE; i++) {
        cr_assert_eq(unit_size_next(&size, 9600), 6400);
        unit_size_worked(&size, 4800);
    }
    cr_assert_eq(unit_size_next(&size, 9600), 12800);
    cr_assert_eq(unit_size_next(&size, 9600), 6400, "one at a time");
    unit_size_worked(&size, 9600);
    cr_assert_eq(unit_size_next(&size, 9600), 9600);
}

Test(unit_size, more_that_fails_is_tried_again_much_later)
{
    struct unit_size size = fresh();
    unit_size_failed(&size, 9600, STATUS_SERVER);
    unit_size_failed(&size, 9600, STATUS_SERVER);
    for (int i = 0; i < UNIT_SIZE_PATIENCE; i++)
        unit_size_worked(&size, 4800);
    cr_assert_eq(unit_size_next(&size, 9600), 12800);
    unit_size_failed(&size, 9600, STATUS_SERVER);
    cr_assert_eq(size.limit, 6400);
    cr_assert_eq(size.patience, 4 * UNIT_SIZE_PATIENCE);
    for (int i = 0; i < 4 * UNIT_SIZE_PATIENCE; i++) {
        cr_assert_eq(unit_size_next(&size, 9600), 6400);
        unit_size_worked(&size, 4800);
    }
    cr_assert_eq(unit_size_next(&size, 9600), 12800);
}

Test(unit_size, a_small_unit_is_never_the_one_that_tries)
{
    struct unit_size size = fresh();
    unit_size_failed(&size, 9600, STATUS_TIMEOUT);
    for (int i = 0; i < UNIT_SIZE_PATIENCE; i++)
        unit_size_worked(&size, 4800);
    cr_assert_geq(unit_size_next(&size, 24), 24);
    cr_assert_not(size.is_trying);
    cr_assert_eq(unit_size_next(&size, 9600), 12800);
}

Test(unit_size, small_units_that_work_do_not_show_that_large_ones_would)
{
    struct unit_size size = fresh();
    unit_size_failed(&size, 9600, STATUS_TIMEOUT);
    for (int i = 0; i < 10 * UNIT_SIZE_PATIENCE; i++)
        unit_size_worked(&size, 24);
    cr_assert_eq(unit_size_next(&size, 9600), 6400);
}
