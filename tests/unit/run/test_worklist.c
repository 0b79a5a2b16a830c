#include "run/worklist.h"

#include <criterion/criterion.h>

enum { BUILDINGS = 6, UNITS = 18 };

static struct coverage_building buildings[BUILDINGS];
static struct unit units[UNITS];
static struct plan plan = {.unit_count = UNITS, .units = units};
static struct worklist list;
static struct err problem;

/* Unit i is of building i % BUILDINGS, on day i. */
static void set_up(void)
{
    for (int i = 0; i < BUILDINGS; i++)
        buildings[i].id = i;
    for (int i = 0; i < UNITS; i++)
        units[i] = (struct unit){.building = &buildings[i % BUILDINGS], .days = {i, i + 1}};
    worklist_init(&list, &plan);
}

static void tear_down(void)
{
    worklist_release(&list);
}

/* The day of the next unit, -1 for none. */
static int next(void)
{
    bool found;
    struct unit unit;
    cr_assert_eq(worklist_next(&list, &found, &unit, &problem), STATUS_OK);
    return found ? unit.days.first : -1;
}

static void fail(int building)
{
    cr_assert_eq(worklist_failed(&list, &buildings[building], &problem), STATUS_OK);
}

static void postpone(int unit)
{
    cr_assert_eq(worklist_postpone(&list, &units[unit], &problem), STATUS_OK);
}

TestSuite(worklist, .init = set_up, .fini = tear_down);

Test(worklist, the_plan_comes_in_its_order)
{
    for (int i = 0; i < UNITS; i++) {
        cr_assert_not(worklist_is_empty(&list));
        cr_assert_eq(next(), i);
    }
    cr_assert(worklist_is_empty(&list));
    cr_assert_eq(next(), -1);
}

Test(worklist, what_was_cut_comes_first_the_latest_before)
{
    cr_assert_eq(next(), 0);
    cr_assert_eq(worklist_push(&list, &units[7], &problem), STATUS_OK);
    cr_assert_eq(worklist_push(&list, &units[8], &problem), STATUS_OK);
    cr_assert_eq(next(), 8);
    cr_assert_eq(next(), 7);
    cr_assert_eq(next(), 1);
}

Test(worklist, what_is_postponed_comes_last)
{
    postpone(0);
    cr_assert_eq(next(), 0);
    for (int i = 1; i < UNITS; i++)
        cr_assert_eq(next(), i);
    cr_assert_not(worklist_is_empty(&list));
    cr_assert_eq(next(), 0);
    cr_assert(worklist_is_empty(&list));
}

Test(worklist, a_building_that_keeps_failing_waits)
{
    for (int i = 0; i < WORKLIST_PATIENCE; i++) {
        fail(2);
        worklist_worked(&list, &buildings[0]);
    }
    for (int i = 0; i < UNITS; i++) {
        if (i % BUILDINGS != 2)
            cr_assert_eq(next(), i);
    }
    cr_assert_eq(next(), 2, "its own, what waits longest and the latest in turns");
    cr_assert_eq(next(), 14);
    cr_assert_eq(next(), 8);
    cr_assert_eq(next(), -1);
}

Test(worklist, a_building_that_works_again_waits_no_more)
{
    for (int i = 0; i < WORKLIST_PATIENCE; i++)
        fail(0);
    worklist_worked(&list, &buildings[0]);
    cr_assert_eq(worklist_troubled(&list), 0);
    cr_assert_eq(next(), 0);
}

Test(worklist, after_failures_in_a_row_the_other_end_is_tried)
{
    for (int i = 0; i < WORKLIST_PATIENCE; i++) {
        cr_assert_eq(next(), i);
        fail(i);
    }
    cr_assert_eq(next(), UNITS - 1);
    cr_assert_eq(next(), UNITS - 2);
    worklist_worked(&list, &buildings[5]);
    cr_assert_eq(next(), WORKLIST_PATIENCE);
}

Test(worklist, both_ends_meet_and_each_unit_comes_once)
{
    int seen[UNITS] = {0};
    for (int i = 0; i < UNITS; i++) {
        if (i % 5 == 1)
            fail(i % BUILDINGS);
        if (i % 7 == 6)
            worklist_worked(&list, &buildings[0]);
        int day = next();
        cr_assert_geq(day, 0);
        seen[day]++;
    }
    for (int i = 0; i < UNITS; i++)
        cr_assert_eq(seen[i], 1, "unit %d", i);
    cr_assert(worklist_is_empty(&list));
}

Test(worklist, waiting_buildings_take_turns_by_how_often_they_failed)
{
    while (next() >= 0) {
    }
    for (int i = 0; i < UNITS; i++)
        postpone(i);
    for (int i = 0; i < 5; i++)
        fail(0);
    for (int turn = 0; turn < 10; turn++) {
        int building = next() % BUILDINGS;
        cr_assert_neq(building, 0);
        fail(building);
    }
    cr_assert_eq(worklist_troubled(&list), BUILDINGS);
}

Test(worklist, pieces_of_a_building_that_keeps_failing_wait_as_well)
{
    for (int i = 0; i < WORKLIST_PATIENCE; i++)
        fail(1);
    worklist_worked(&list, &buildings[0]);
    cr_assert_eq(worklist_push(&list, &units[1], &problem), STATUS_OK);
    cr_assert_eq(worklist_push(&list, &units[6], &problem), STATUS_OK);
    cr_assert_eq(next(), 6, "of another building");
    cr_assert_eq(next(), 0);
    cr_assert_not(worklist_is_empty(&list));
}

/* What waits for building 0: units of 1, 1, 4, 2, 4 slices on days 0, 6, 12, 100, 200. */
static void let_wait(void)
{
    static const int days[] = {0, 6, 12, 100, 200};
    static const int slices[] = {1, 1, 4, 2, 4};
    while (next() >= 0) {
    }
    for (size_t i = 0; i < sizeof days / sizeof days[0]; i++) {
        struct unit unit = {.building = &buildings[0], .days = {days[i], days[i] + 1}, .group_count = 1};
        unit.site_count = (size_t)slices[i];
        cr_assert_eq(worklist_postpone(&list, &unit, &problem), STATUS_OK);
    }
}

Test(worklist, the_largest_that_waits_and_the_smallest_come_in_turns)
{
    static const int order[] = {12, 6, 200, 0, 100, -1};
    let_wait();
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
        cr_assert_eq(next(), order[i]);
}

Test(worklist, after_failures_in_a_row_the_latest_of_equals_comes_first)
{
    static const int order[] = {200, 6, 12, 0, 100, -1};
    let_wait();
    for (int i = 0; i < WORKLIST_PATIENCE; i++)
        fail(0);
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
        cr_assert_eq(next(), order[i]);
}

Test(worklist, a_long_queue_is_taken_from_while_it_grows)
{
    enum { MANY = 5000 };
    static int seen[MANY];
    while (next() >= 0) {
    }
    for (int i = 0; i < MANY; i++) {
        struct unit unit = {.building = &buildings[0], .days = {i, i + 1}};
        cr_assert_eq(worklist_postpone(&list, &unit, &problem), STATUS_OK);
        if (i % 4 != 0)
            seen[next()]++;
    }
    for (int i = 0; i < MANY / 4; i++)
        seen[next()]++;
    for (int i = 0; i < MANY; i++)
        cr_assert_eq(seen[i], 1);
    cr_assert(worklist_is_empty(&list));
}

static const int64_t join_sites[] = {1, 2};
static const char *const join_groups[] = {"a", "b"};

/* Two units of one building that follow each other, with units of others between. */
static void make_joinable(void)
{
    for (int i = 0; i < UNITS; i++) {
        units[i].granularity = "PT1H";
        units[i].site_count = units[i].group_count = 2;
        units[i].sites = join_sites;
        units[i].groups = join_groups;
        units[i].days = (struct day_range){100 - 10 * (i / BUILDINGS), 110 - 10 * (i / BUILDINGS)};
    }
}

Test(worklist, a_unit_is_joined_with_the_one_that_goes_on_with_it)
{
    bool found;
    struct unit unit;
    make_joinable();
    cr_assert_eq(worklist_next(&list, &found, &unit, &problem), STATUS_OK);
    worklist_join(&list, &unit);
    cr_assert_eq(unit.days.first, 90);
    cr_assert_eq(unit.days.end, 110);
    for (int rest = 0; rest < UNITS - 2; rest++) {
        cr_assert_eq(worklist_next(&list, &found, &unit, &problem), STATUS_OK);
        cr_assert(found);
        cr_assert_not(unit.building == &buildings[0] && unit.days.first == 90, "it is in the first one");
    }
    cr_assert(worklist_is_empty(&list));
}

Test(worklist, units_of_other_sites_are_not_joined)
{
    static const int64_t other_sites[] = {1, 3};
    bool found;
    struct unit unit;
    make_joinable();
    for (int i = BUILDINGS; i < UNITS; i++)
        units[i].sites = other_sites;
    cr_assert_eq(worklist_next(&list, &found, &unit, &problem), STATUS_OK);
    worklist_join(&list, &unit);
    cr_assert_eq(unit.days.end - unit.days.first, 10);
    cr_assert_eq(list.joined, SIZE_MAX);
}

Test(worklist, a_plan_whose_last_unit_was_joined_is_empty)
{
    bool found;
    struct unit unit;
    make_joinable();
    units[0].building = units[1].building = &buildings[0];
    units[1].days = (struct day_range){90, 100};
    plan.unit_count = 2;
    worklist_init(&list, &plan);
    cr_assert_eq(worklist_next(&list, &found, &unit, &problem), STATUS_OK);
    worklist_join(&list, &unit);
    cr_assert_eq(list.joined, 1);
    cr_assert(worklist_is_empty(&list));
    cr_assert_eq(worklist_next(&list, &found, &unit, &problem), STATUS_OK);
    cr_assert_not(found);
}

Test(worklist, a_queue_of_many_units_stays_small)
{
    struct unit_queue queue = {0};
    const struct unit unit = {.site_count = 1};
    for (int i = 0; i < 100000; i++) {
        cr_assert_eq(unit_queue_add(&queue, &unit, &problem), STATUS_OK);
        if (i >= 10)
            queue.front++;
    }
    cr_assert_eq(queue.list.count - queue.front, 10);
    cr_assert_lt(queue.list.capacity, 100);
    free(queue.list.units);
}
