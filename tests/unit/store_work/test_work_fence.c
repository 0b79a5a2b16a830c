/* Whose lease is another's by now cannot write. */
#include "store/work_fence.h"
#include "work_scene.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct work_fence *fence;
static struct work_held held[2];

static void set_up(void)
{
    scene_open(SCENE_LEASE_MS);
    scene_join(0, "k", 0, 1, 3);
    scene_join(1, "k", 0, 1, 3);
    cr_assert_str_eq(scene_claim(0, 2), "2 1");
    cr_assert_eq(work_fence_open(workers[2].db, "w0", SCENE_LEASE_MS, &fence, &problem), STATUS_OK);
    for (size_t i = 0; i < 2; i++)
        held[i] = (struct work_held){.goal_id = workers[0].goal.goal_id,
                                     .unit_id = workers[0].leases[i].unit_id,
                                     .lease_no = workers[0].leases[i].lease_no};
}

static void tear_down(void)
{
    work_fence_close(fence);
    scene_close();
}

TestSuite(work_fence, .init = set_up, .fini = tear_down);

static void hold(void)
{
    cr_assert_eq(db_begin(workers[2].db, &problem), STATUS_OK);
    cr_assert_eq(work_fence_hold(fence, 2, held, &problem), STATUS_OK, "%s", problem.message);
}

static void note(uint64_t first, uint64_t second, bool commits)
{
    struct unit unit = scene_unit(1, 2);
    held[0].done_slices = first;
    held[1].done_slices = second;
    cr_assert_eq(work_fence_note(fence, 2, held, &problem), STATUS_OK, "%s", problem.message);
    cr_assert_eq(work_fence_log(fence, &held[0], &unit, 0, NULL, &problem), STATUS_OK, "%s", problem.message);
    if (commits)
        cr_assert_eq(db_commit(workers[2].db, &problem), STATUS_OK, "%s", problem.message);
    else
        db_rollback(workers[2].db);
}

Test(work_fence, slices_are_counted_until_the_unit_is_done)
{
    hold();
    cr_assert(held[0].is_held && held[1].is_held);
    note(3, 4, true);
    cr_assert_eq(scene_number("SELECT count(*) FROM work_units WHERE state = 'done'"), 1);
    hold();
    cr_assert(held[0].is_held);
    cr_assert_not(held[1].is_held, "it is done");
    note(1, 4, true);
    cr_assert_eq(scene_number("SELECT count(*) FROM work_units WHERE state = 'done'"), 2);
    cr_assert_eq(scene_number("SELECT sum(done_slices) FROM work_units"), 8, "what is not held is not counted");
    cr_assert_eq(scene_number("SELECT sum(slices) FROM work_log WHERE worker_id = 'w0'"), 8);
}

Test(work_fence, a_transaction_that_is_lost_counts_nothing)
{
    hold();
    note(4, 4, false);
    cr_assert_eq(scene_number("SELECT sum(done_slices) FROM work_units"), 0);
    cr_assert_eq(scene_number("SELECT count(*) FROM work_log"), 0);
}

Test(work_fence, a_lease_that_went_to_another_is_not_held)
{
    scene_expire();
    cr_assert_str_eq(scene_claim(1, 1), "2");
    hold();
    cr_assert(held[0].is_held != held[1].is_held);
    db_rollback(workers[2].db);
    cr_assert_eq(work_leave(workers[0].work, &problem), STATUS_OK);
    hold();
    cr_assert_not(held[0].is_held || held[1].is_held, "given back");
    db_rollback(workers[2].db);
}

Test(work_fence, one_that_is_over_and_nobody_took_is_held)
{
    scene_expire();
    hold();
    cr_assert(held[0].is_held && held[1].is_held);
    cr_assert_str_eq(scene_claim(1, 2), "", "nobody gets it while it is being written");
    note(1, 1, true);
    cr_assert_str_eq(scene_claim(1, 2), "", "and it was renewed");
}

/* What failed is due again: of a unit that changed hands, what its holder before did must not be counted as done. */
Test(work_fence, what_the_holder_before_did_does_not_count)
{
    hold();
    held[0].failed_slices = 2;
    note(2, 0, true);
    held[0].failed_slices = 0;
    cr_assert_eq(work_give_back(workers[0].work, &problem), STATUS_OK);
    cr_assert_str_eq(scene_claim(0, 2), "2 1");
    for (size_t i = 0; i < 2; i++)
        held[i].lease_no = workers[0].leases[i].lease_no;
    hold();
    note(2, 2, true);
    cr_assert_eq(scene_number("SELECT count(*) FROM work_units WHERE state = 'done'"), 0);
    cr_assert_eq(scene_number("SELECT sum(done_slices) FROM work_units"), 4);
    cr_assert_eq(scene_number("SELECT sum(failed_slices) FROM work_units"), 0);
}

static char rectangles[256];

static enum status tell(void *context, const struct work_stored *stored, struct err *err)
{
    (void)context;
    (void)err;
    cr_assert_eq(stored->unit.site_count, 2);
    cr_assert_str_eq(stored->unit.groups[1], "b \"c\"");
    size_t used = strlen(rectangles);
    used += (size_t)snprintf(rectangles + used, sizeof rectangles - used, "%s%d-%d", used > 0 ? " " : "",
                             (int)stored->unit.days.first, (int)stored->unit.days.end);
    for (size_t i = 0; i < stored->failed_count; i++)
        used += (size_t)snprintf(rectangles + used, sizeof rectangles - used, "!%d", (int)stored->failed[i]);
    return STATUS_OK;
}

static const char *stored_of(size_t worker, int64_t unit_id)
{
    rectangles[0] = '\0';
    cr_assert_eq(work_each_stored(workers[worker].work, unit_id, tell, NULL, &problem), STATUS_OK, "%s",
                 problem.message);
    return rectangles;
}

static void log_days(civil_day first, civil_day end, size_t failed_count, const int64_t *failed)
{
    struct unit unit = scene_unit(first, end);
    hold();
    cr_assert_eq(work_fence_log(fence, &held[0], &unit, failed_count, failed, &problem), STATUS_OK, "%s",
                 problem.message);
    cr_assert_eq(db_commit(workers[2].db, &problem), STATUS_OK);
}

Test(work_fence, what_was_stored_of_a_unit_is_told_exactly)
{
    const int64_t failed[] = {1, 3};
    cr_assert_str_eq(stored_of(1, held[0].unit_id), "");
    log_days(2, 3, 0, NULL);
    log_days(2, 3, 2, failed);
    cr_assert_str_eq(stored_of(1, held[0].unit_id), "2-3 2-3!1!3");
    cr_assert_str_eq(stored_of(1, held[1].unit_id), "", "another unit");
    /* Written by the version before, which did not say which ones failed. */
    cr_assert_eq(db_exec(workers[0].db, "UPDATE work_log SET failed_at = NULL", &problem), STATUS_OK);
    cr_assert_str_eq(stored_of(1, held[0].unit_id), "2-3");
}

/* Whatever the clock of the database says, and for no longer than it matters. */
Test(work_fence, what_another_goal_stored_meanwhile_is_told)
{
    scene_join(1, "past", 10, 1, 4);
    int64_t past = scene_number("SELECT unit_id FROM work_units WHERE goal_id = (SELECT max(goal_id) FROM work_goals)"
                                " AND first_day = '1970-01-03'");
    log_days(2, 3, 0, NULL);
    cr_assert_str_eq(stored_of(1, past), "2-3");
    cr_assert_eq(db_exec(workers[0].db, "UPDATE work_log SET noted_at = noted_at - interval '1 hour'", &problem),
                 STATUS_OK);
    cr_assert_str_eq(stored_of(1, past), "2-3");
    cr_assert_eq(db_exec(workers[0].db, "UPDATE work_log SET noted_at = noted_at + interval '2 hours'", &problem),
                 STATUS_OK);
    scene_join(1, "later", 10, 1, 4);
    past = scene_number("SELECT unit_id FROM work_units WHERE goal_id = (SELECT max(goal_id) FROM work_goals)"
                        " AND first_day = '1970-01-03'");
    cr_assert_str_eq(stored_of(1, past), "", "before it was planned");
    cr_assert_str_eq(stored_of(1, held[0].unit_id), "2-3", "of its own goal");
}

static void name_forms(const char *own, const char *past)
{
    char sql[200];
    snprintf(sql, sizeof sql, "UPDATE work_goals SET fingerprint = CASE goal_key WHEN 'past' THEN '%s' ELSE '%s' END",
             past, own);
    cr_assert_eq(db_exec(workers[0].db, sql, &problem), STATUS_OK);
}

Test(work_fence, what_workers_stored_who_have_learned_something_else_is_told_too)
{
    const int64_t failed[] = {1, 3};
    log_days(2, 3, 0, NULL);
    scene_join(1, "past", 10, 1, 4);
    int64_t past = scene_number("SELECT unit_id FROM work_units WHERE goal_id = (SELECT max(goal_id) FROM work_goals)"
                                " AND first_day = '1970-01-03'");
    log_days(2, 3, 2, failed);
    name_forms("0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdef more");
    cr_assert_str_eq(stored_of(1, past), "2-3!1!3");
    cr_assert_str_eq(stored_of(1, past - 1), "", "another unit");
    cr_assert_str_eq(stored_of(1, past + 1), "", "another unit");
    name_forms("0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdee more");
    cr_assert_str_eq(stored_of(1, past), "", "another form of the job");
}

/* It says when it was begun, and is seen when it is committed. */
Test(work_fence, what_was_on_its_way_while_another_goal_was_planned_is_told)
{
    struct unit unit = scene_unit(2, 3);
    hold();
    cr_assert_eq(work_fence_log(fence, &held[0], &unit, 0, NULL, &problem), STATUS_OK, "%s", problem.message);
    scene_join(1, "past", 10, 1, 4);
    int64_t past = scene_number("SELECT unit_id FROM work_units WHERE goal_id = (SELECT max(goal_id) FROM work_goals)"
                                " AND first_day = '1970-01-03'");
    cr_assert_str_eq(stored_of(1, past), "");
    cr_assert_eq(db_commit(workers[2].db, &problem), STATUS_OK);
    cr_assert_str_eq(stored_of(1, past), "2-3");
}

/* What is committed between the begin of a plan and its publishing may have been seen by it, or not. */
Test(work_fence, what_was_stored_while_another_goal_was_being_planned_is_told)
{
    enum work_joined joined;
    struct unit unit = scene_unit(2, 3);
    struct plan plan = {.units = &unit, .unit_count = 1, .counts.due = 4};
    workers[1].goal = (struct work_goal){.key = "past", .priority = 10, .planned_at = 1000, .dataset_count = 1};
    cr_assert_eq(work_join(workers[1].work, &workers[1].goal, true, &joined, &problem), STATUS_OK);
    cr_assert_eq(joined, WORK_MUST_PLAN);
    log_days(2, 3, 0, NULL);
    cr_assert_eq(work_publish(workers[1].work, &workers[1].goal, &plan, NULL, NULL, &problem), STATUS_OK, "%s",
                 problem.message);
    cr_assert_str_eq(stored_of(1, scene_number("SELECT max(unit_id) FROM work_units")), "2-3");
}

/* A worker that stores something was not ended by it. */
Test(work_fence, leases_that_ended_are_forgotten_with_the_first_slice_that_is_stored)
{
    cr_assert_eq(db_exec(workers[0].db, "UPDATE work_units SET expired = 4", &problem), STATUS_OK);
    hold();
    note(1, 0, true);
    cr_assert_eq(scene_number("SELECT min(expired) FROM work_units"), 0);
}

/* Frozen in the middle of COPY its transaction would hold the row for as long as the process is there. */
Test(work_fence, nobody_waits_for_a_unit_that_is_being_written_to_plan_anew)
{
    struct work_left left;
    cr_assert_eq(db_exec(workers[0].db, "UPDATE work_workers SET seen_until = clock_timestamp()", &problem), STATUS_OK);
    cr_assert_eq(db_exec(workers[1].db, "SET lock_timeout = '2s'", &problem), STATUS_OK);
    scene_expire();
    hold();
    cr_assert_eq(scene_join(1, "k", 0, 1, 4), WORK_MUST_PLAN);
    cr_assert_eq(work_look(workers[0].work, &workers[0].goal, 0, &left, &problem), STATUS_OK);
    cr_assert_not(left.is_gone);
    cr_assert_str_eq(scene_claim(1, 9), "3", "the others are being written");
    note(4, 4, true);
    cr_assert_str_eq(scene_claim(1, 9), "2 1");
    cr_assert_not(workers[1].leases[0].is_known);
}
