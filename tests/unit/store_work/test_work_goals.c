/* Who plans, who joins, who is refused. */
#include "work_scene.h"

#include <criterion/criterion.h>
#include <stdio.h>

static void set_up(void)
{
    scene_open(SCENE_LEASE_MS);
}

TestSuite(work_goals, .init = set_up, .fini = scene_close);

Test(work_goals, the_first_plans_and_the_others_join)
{
    cr_assert_eq(scene_join(0, "k", 0, 1, 6), WORK_MUST_PLAN);
    cr_assert_eq(scene_join(1, "k", 0, 1, 6), WORK_JOINED);
    cr_assert_eq(workers[1].goal.goal_id, workers[0].goal.goal_id);
    cr_assert_eq(workers[1].goal.due[0], 20);
    cr_assert_eq(workers[1].goal.planned_at, 1000);
    cr_assert_not(workers[1].goal.is_done);
}

Test(work_goals, while_one_plans_the_others_wait)
{
    enum work_joined joined;
    workers[0].goal = (struct work_goal){.key = "k", .dataset_count = 1};
    cr_assert_eq(work_join(workers[0].work, &workers[0].goal, true, &joined, &problem), STATUS_OK);
    cr_assert_eq(joined, WORK_MUST_PLAN);
    workers[1].goal = workers[0].goal;
    cr_assert_eq(work_join(workers[1].work, &workers[1].goal, true, &joined, &problem), STATUS_OK);
    cr_assert_eq(joined, WORK_BEHIND);
    work_forgo(workers[0].work);
    cr_assert_eq(scene_join(1, "k", 0, 1, 2), WORK_MUST_PLAN, "the first gave up");
}

Test(work_goals, a_worker_with_another_job_is_refused_while_others_are_there)
{
    struct work_stranger stranger;
    scene_change(2, "late", "run", "other", SCENE_LEASE_MS, &stranger);
    cr_assert(stranger.found);
    cr_assert_str_eq(stranger.worker_id, "w0");
    cr_assert_str_eq(stranger.host, "host");
    cr_assert_eq(scene_number("SELECT count(*) FROM work_workers"), 3, "it is not noted");
    for (size_t i = 0; i < 2; i++)
        cr_assert_eq(work_leave(workers[i].work, &problem), STATUS_OK);
    cr_assert_eq(db_exec(workers[0].db, "UPDATE work_workers SET seen_until = clock_timestamp()", &problem), STATUS_OK,
                 "w2 is dead");
    scene_change(2, "late", "run", "other", SCENE_LEASE_MS, &stranger);
    cr_assert_not(stranger.found);
}

/* Both want the same, and would not be content with what the other stores. */
Test(work_goals, workers_that_have_learned_different_things_are_beside_each_other)
{
    static const char one[] = "0123456789abcdef0123456789abcdef one";
    static const char other[] = "0123456789abcdef0123456789abcdef other";
    struct work_stranger stranger;
    for (size_t i = 0; i < SCENE_WORKERS; i++)
        cr_assert_eq(work_leave(workers[i].work, &problem), STATUS_OK);
    scene_change(0, "w0", "run", one, SCENE_LEASE_MS, &stranger);
    scene_change(1, "w1", "run", other, SCENE_LEASE_MS, &stranger);
    cr_assert_not(stranger.found);
    scene_change(2, "w2", "backfill", other, SCENE_LEASE_MS, &stranger);
    cr_assert_eq(scene_join(0, "k", 0, 1, 4), WORK_MUST_PLAN);
    cr_assert_eq(scene_join(2, "past", 10, 1, 4), WORK_MUST_PLAN);
    cr_assert_str_eq(scene_claim(0, 1), "3");
    cr_assert_str_eq(scene_claim(2, 1), "2", "it helps nobody who has learned something else");
    cr_assert_eq(scene_join(1, "k", 0, 1, 4), WORK_MUST_PLAN);
    cr_assert_str_eq(scene_claim(1, 9), "1", "of the others some slices are at work");
    cr_assert_not(workers[1].leases[0].is_known);
}

Test(work_goals, one_that_all_have_left_is_planned_anew)
{
    cr_assert_eq(scene_join(0, "k", 0, 1, 6), WORK_MUST_PLAN);
    cr_assert_str_eq(scene_claim(0, 2), "5 4");
    cr_assert_eq(work_leave(workers[0].work, &problem), STATUS_OK);
    int64_t before = workers[0].goal.goal_id;
    cr_assert_eq(scene_join(1, "k", 0, 1, 4), WORK_MUST_PLAN);
    cr_assert_neq(workers[1].goal.goal_id, before);
    cr_assert_eq(scene_number("SELECT count(*) FROM work_units"), 3, "the old one is gone");
}

Test(work_goals, a_worker_that_comes_late_has_nothing_to_do)
{
    bool first = false;
    cr_assert_eq(scene_join(0, "k", 0, 1, 2), WORK_MUST_PLAN);
    cr_assert_eq(work_finish(workers[0].work, &workers[0].goal, &first, &problem), STATUS_OK);
    cr_assert_not(first, "a unit is left");
    cr_assert_eq(db_exec(workers[0].db, "UPDATE work_units SET state = 'done'", &problem), STATUS_OK);
    cr_assert_eq(work_finish(workers[0].work, &workers[0].goal, &first, &problem), STATUS_OK);
    cr_assert(first);
    cr_assert_eq(work_finish(workers[0].work, &workers[0].goal, &first, &problem), STATUS_OK);
    cr_assert_not(first, "once");
    cr_assert_eq(work_leave(workers[0].work, &problem), STATUS_OK);
    cr_assert_eq(scene_join(1, "k", 0, 1, 2), WORK_JOINED);
    cr_assert(workers[1].goal.is_done);
    cr_assert_eq(
        db_exec(workers[0].db, "UPDATE work_goals SET finished_at = finished_at - interval '301 seconds'", &problem),
        STATUS_OK);
    cr_assert_eq(scene_join(2, "k", 0, 1, 2), WORK_MUST_PLAN);
}

Test(work_goals, one_with_failed_slices_is_planned_anew_at_once)
{
    bool first;
    cr_assert_eq(scene_join(0, "k", 0, 1, 2), WORK_MUST_PLAN);
    cr_assert_eq(db_exec(workers[0].db, "UPDATE work_units SET state = 'done', failed_slices = 1", &problem),
                 STATUS_OK);
    cr_assert_eq(work_finish(workers[0].work, &workers[0].goal, &first, &problem), STATUS_OK);
    uint64_t failed;
    cr_assert_eq(work_failed(workers[1].work, &workers[0].goal, &failed, &problem), STATUS_OK, "%s", problem.message);
    cr_assert_eq(failed, 1, "another worker asked for it");
    cr_assert_eq(scene_join(1, "k", 0, 1, 2), WORK_MUST_PLAN);
}

Test(work_goals, a_worker_whose_goal_was_replaced_finds_the_new_one)
{
    bool found;
    struct work_left left;
    cr_assert_eq(scene_join(0, "k", 0, 1, 6), WORK_MUST_PLAN);
    cr_assert_eq(db_exec(workers[0].db, "UPDATE work_workers SET seen_until = clock_timestamp()", &problem), STATUS_OK);
    cr_assert_eq(scene_join(1, "k", 0, 1, 4), WORK_MUST_PLAN, "w0 counts as dead");
    cr_assert_eq(work_look(workers[0].work, &workers[0].goal, 0, &left, &problem), STATUS_OK);
    cr_assert(left.is_gone);
    cr_assert_eq(work_find_again(workers[0].work, &workers[0].goal, &found, &problem), STATUS_OK);
    cr_assert(found);
    cr_assert_eq(workers[0].goal.goal_id, workers[1].goal.goal_id);
}

static void silence(size_t i, int seconds)
{
    char sql[160];
    snprintf(sql, sizeof sql,
             "UPDATE work_workers SET seen_until = clock_timestamp() - interval '%d seconds' WHERE worker_id = 'w%zu'",
             seconds, i);
    cr_assert_eq(db_exec(workers[0].db, sql, &problem), STATUS_OK, "%s", problem.message);
}

/* A database that is away for a minute makes all workers of a goal look dead. */
Test(work_goals, one_whose_workers_have_just_become_silent_outlives_another_command)
{
    struct work_left left;
    cr_assert_eq(scene_join(0, "past", 10, 1, 6), WORK_MUST_PLAN);
    silence(0, WORK_GONE_SECONDS - 60);
    cr_assert_eq(scene_join(1, "night", 0, 6, 8), WORK_MUST_PLAN);
    cr_assert_eq(work_look(workers[0].work, &workers[0].goal, 0, &left, &problem), STATUS_OK);
    cr_assert(!left.is_gone && left.here);
    silence(0, WORK_GONE_SECONDS + 1);
    cr_assert_eq(scene_join(2, "noon", 0, 8, 9), WORK_MUST_PLAN);
    cr_assert_eq(
        db_exec(workers[2].db, "UPDATE work_goals SET dropped_at = dropped_at - interval '6 seconds'", &problem),
        STATUS_OK);
    cr_assert_eq(work_look(workers[0].work, &workers[0].goal, 0, &left, &problem), STATUS_OK);
    cr_assert(left.is_gone);
}

/* It must not give up while its successor is being planned. */
Test(work_goals, a_worker_whose_goal_was_dropped_waits_for_the_new_plan)
{
    enum work_joined joined;
    struct work_left left;
    bool found;
    cr_assert_eq(scene_join(0, "k", 0, 1, 6), WORK_MUST_PLAN);
    silence(0, 1);
    workers[1].goal = (struct work_goal){.key = "k", .dataset_count = 1};
    cr_assert_eq(work_join(workers[1].work, &workers[1].goal, true, &joined, &problem), STATUS_OK);
    cr_assert_eq(joined, WORK_MUST_PLAN);
    cr_assert_eq(work_look(workers[0].work, &workers[0].goal, 0, &left, &problem), STATUS_OK);
    cr_assert(!left.is_gone && left.others && !left.here);
    cr_assert_str_eq(scene_claim(0, 9), "");
    const char *age = "UPDATE work_goals SET dropped_at = dropped_at - interval '6 seconds'";
    cr_assert_eq(db_exec(workers[2].db, age, &problem), STATUS_OK);
    cr_assert_eq(work_look(workers[0].work, &workers[0].goal, 0, &left, &problem), STATUS_OK);
    cr_assert_not(left.is_gone, "however long it takes");
    work_forgo(workers[1].work);
    cr_assert_eq(work_look(workers[0].work, &workers[0].goal, 0, &left, &problem), STATUS_OK);
    cr_assert(left.is_gone, "nobody plans any more");
    cr_assert_eq(work_find_again(workers[0].work, &workers[0].goal, &found, &problem), STATUS_OK);
    cr_assert_not(found);
}

/* What it stored while the other was planned or at work is told by its log. */
Test(work_goals, one_that_is_over_is_deleted_when_no_other_needs_to_know_of_it)
{
    const char *dropped = "SELECT count(*) FROM work_goals WHERE dropped_at IS NOT NULL";
    bool first;
    cr_assert_eq(scene_join(0, "past", 10, 1, 9), WORK_MUST_PLAN);
    cr_assert_eq(scene_join(1, "night", 0, 6, 8), WORK_MUST_PLAN);
    cr_assert_eq(db_exec(workers[0].db,
                         "UPDATE work_units SET state = 'done' WHERE goal_id = (SELECT max(goal_id) FROM work_goals)",
                         &problem),
                 STATUS_OK);
    cr_assert_eq(work_finish(workers[1].work, &workers[1].goal, &first, &problem), STATUS_OK);
    cr_assert_eq(work_leave(workers[1].work, &problem), STATUS_OK);
    cr_assert_eq(
        db_exec(workers[0].db, "UPDATE work_goals SET finished_at = finished_at - interval '1 hour'", &problem),
        STATUS_OK);
    cr_assert_eq(scene_join(2, "noon", 0, 8, 9), WORK_MUST_PLAN);
    cr_assert_eq(scene_number(dropped), 1);
    cr_assert_eq(db_exec(workers[0].db,
                         "UPDATE work_goals SET plan_snapshot = pg_current_snapshot() WHERE goal_key = 'past'",
                         &problem),
                 STATUS_OK);
    cr_assert_eq(scene_join(1, "evening", 0, 9, 10), WORK_MUST_PLAN);
    cr_assert_eq(scene_number(dropped), 0);
    cr_assert_eq(scene_number("SELECT count(*) FROM work_goals"), 3);
}

/* They are sent many at once. */
Test(work_goals, every_unit_of_a_large_plan_is_published_in_its_order)
{
    enum { UNITS = 2501 };
    enum work_joined joined;
    static struct unit units[UNITS];
    struct plan plan = {.units = units, .unit_count = UNITS, .counts.due = 4 * UNITS};
    for (civil_day i = 0; i < UNITS; i++)
        units[i] = scene_unit(UNITS - i, UNITS - i + 1);
    units[1000].group_count = 1; /* the list of the unit before does not serve */
    workers[0].goal = (struct work_goal){.key = "k", .dataset_count = 1};
    cr_assert_eq(work_join(workers[0].work, &workers[0].goal, true, &joined, &problem), STATUS_OK);
    cr_assert_eq(work_publish(workers[0].work, &workers[0].goal, &plan, NULL, NULL, &problem), STATUS_OK, "%s",
                 problem.message);
    cr_assert_eq(scene_number("SELECT count(*) FROM work_units WHERE first_day - date '1970-01-01' = 2501 - ordinal"
                              " AND end_day = first_day + 1 AND granularity = 'PT1H' AND expected_rows = 24 * slices"),
                 UNITS);
    cr_assert_eq(scene_number("SELECT count(*) FROM work_units WHERE sites = '{1,2}' AND groups[2] = 'b \"c\"'"
                              " AND slices = 4"),
                 UNITS - 1);
    cr_assert_eq(scene_number("SELECT ordinal FROM work_units WHERE groups = '{a}' AND slices = 2"), 1000);
}

Test(work_goals, workers_are_counted)
{
    int64_t count;
    cr_assert_eq(work_count_workers(workers[0].db, "job", &count, &problem), STATUS_OK);
    cr_assert_eq(count, 3);
    cr_assert_eq(work_leave(workers[2].work, &problem), STATUS_OK);
    cr_assert_eq(work_count_workers(workers[0].db, "job", &count, &problem), STATUS_OK);
    cr_assert_eq(count, 2);
    cr_assert_eq(work_count_workers(workers[0].db, "other", &count, &problem), STATUS_OK);
    cr_assert_eq(count, 0);
}
