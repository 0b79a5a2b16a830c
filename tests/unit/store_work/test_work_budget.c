/* The requests that all workers have together. */
#include "work_scene.h"

#include <criterion/criterion.h>

static void set_up(void)
{
    scene_open(SCENE_LEASE_MS);
}

TestSuite(work_budget, .init = set_up, .fini = scene_close);

static double reserve(size_t i, double rate, int count)
{
    double wait_ms;
    int64_t sharing;
    cr_assert_eq(work_reserve(workers[i].work, rate, count, &wait_ms, &sharing, &problem), STATUS_OK, "%s",
                 problem.message);
    cr_assert_eq(sharing, 3);
    return wait_ms;
}

Test(work_budget, reservations_follow_each_other)
{
    double first = reserve(0, 10, 20);
    double second = reserve(1, 10, 5);
    double third = reserve(2, 10, 1);
    cr_assert(first > -500 && first <= 0, "%g", first);
    cr_assert(second > 1500 && second <= 2000, "%g", second);
    cr_assert(third > second && third - second <= 500, "%g after %g", third, second);
}

Test(work_budget, what_nobody_reserved_is_not_saved_up)
{
    cr_assert_eq(
        db_exec(workers[0].db, "UPDATE work_budget SET next_free = clock_timestamp() - interval '1 hour'", &problem),
        STATUS_OK);
    cr_assert_leq(reserve(0, 10, 10), 0);
    cr_assert_gt(reserve(0, 10, 10), 500);
}

Test(work_budget, a_clock_that_was_set_back_holds_nobody_up)
{
    cr_assert_eq(
        db_exec(workers[0].db, "UPDATE work_budget SET next_free = clock_timestamp() + interval '1 hour'", &problem),
        STATUS_OK);
    cr_assert_leq(reserve(0, 10, 10), 0);
}
