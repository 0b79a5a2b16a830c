/* Workers that are silent and hold what others wait for. */
#include "store/work_fence.h"
#include "store/work_life.h"
#include "work_scene.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct work_holder holders[4];
static size_t holder_count;

static void set_up(void)
{
    scene_open(SCENE_LEASE_MS);
    scene_join(0, "k", 0, 1, 3);
    scene_join(1, "k", 0, 1, 3);
    for (size_t i = 0; i < SCENE_WORKERS; i++)
        cr_assert_eq(work_hold_session(workers[i].work, &problem), STATUS_OK, "%s", problem.message);
}

TestSuite(work_life, .init = set_up, .fini = scene_close);

static void keep(void *context, const struct work_holder *holder)
{
    (void)context;
    holders[holder_count++] = *holder;
}

static size_t look(size_t count, const int64_t *pids)
{
    holder_count = 0;
    cr_assert_eq(work_end_holders(workers[2].db, SCENE_LEASE_MS, count, pids, keep, NULL, &problem), STATUS_OK, "%s",
                 problem.message);
    return holder_count;
}

/* All that are found at a first look. */
static size_t end_holders(void)
{
    int64_t pids[4];
    size_t count = look(0, NULL);
    for (size_t i = 0; i < count; i++) {
        cr_assert_not(holders[i].was_tried);
        pids[i] = holders[i].pid;
    }
    return look(count, pids);
}

static void silence(size_t i, int64_t seconds)
{
    char sql[128];
    snprintf(sql, sizeof sql,
             "UPDATE work_workers SET seen_until = clock_timestamp() - interval '%d s' WHERE worker_id"
             " = 'w%zu'",
             (int)seconds, i);
    cr_assert_eq(db_exec(workers[2].db, sql, &problem), STATUS_OK, "%s", problem.message);
}

/* In a transaction that holds a unit, as its rows are on their way. */
static void be_in_the_middle(size_t i)
{
    cr_assert_eq(db_begin(workers[i].db, &problem), STATUS_OK);
    cr_assert_eq(db_exec(workers[i].db, "SELECT FROM work_units FOR UPDATE", &problem), STATUS_OK);
}

Test(work_life, who_is_silent_in_a_transaction_is_ended)
{
    be_in_the_middle(0);
    silence(0, 61);
    cr_assert_eq(end_holders(), 1);
    cr_assert_str_eq(holders[0].worker_id, "w0");
    cr_assert_str_eq(holders[0].host, "host");
    cr_assert(holders[0].is_ended);
    cr_assert_eq(db_exec(workers[1].db, "SELECT FROM work_units FOR UPDATE", &problem), STATUS_OK, "nobody holds it");
    cr_assert_neq(db_exec(workers[0].db, "SELECT 1", &problem), STATUS_OK);
    cr_assert_eq(pg_trouble(workers[0].db), PG_TROUBLE_LOST);
    cr_assert_eq(end_holders(), 0);
}

/* Each connection that stores rows: the worker may have several. */
Test(work_life, a_session_in_the_middle_of_storing_is_ended)
{
    struct work_fence *fence;
    struct work_held held = {0};
    cr_assert_eq(work_fence_open(workers[1].db, "w0", SCENE_LEASE_MS, &fence, &problem), STATUS_OK);
    cr_assert_eq(db_begin(workers[1].db, &problem), STATUS_OK);
    cr_assert_eq(work_fence_hold(fence, 1, &held, &problem), STATUS_OK, "%s", problem.message);
    silence(0, 61);
    cr_assert_eq(end_holders(), 1);
    cr_assert_str_eq(holders[0].worker_id, "w0");
    work_fence_close(fence);
}

Test(work_life, who_was_not_found_before_is_let_alone)
{
    be_in_the_middle(0);
    silence(0, 61);
    cr_assert_eq(look(0, NULL), 1);
    int64_t other = holders[0].pid + 1;
    cr_assert_eq(look(1, &other), 1);
    cr_assert(!holders[0].was_tried && !holders[0].is_ended);
    cr_assert_eq(db_commit(workers[0].db, &problem), STATUS_OK, "%s", problem.message);
}

Test(work_life, the_dead_of_another_job_are_struck_off_after_a_day)
{
    cr_assert_eq(db_exec(workers[2].db, "UPDATE work_workers SET job = 'other' WHERE worker_id = 'w1'", &problem),
                 STATUS_OK);
    silence(0, 86000);
    silence(1, 86500);
    cr_assert_eq(work_leave(workers[2].work, &problem), STATUS_OK, "%s", problem.message);
    cr_assert_eq(scene_number("SELECT count(*) FROM work_workers WHERE worker_id = 'w0'"), 1);
    cr_assert_eq(scene_number("SELECT count(*) FROM work_workers"), 1);
}

Test(work_life, who_lives_or_holds_nothing_is_let_alone)
{
    be_in_the_middle(0);
    silence(0, 59); /* its lease is over, for less than a lease */
    silence(1, 1000);
    cr_assert_eq(end_holders(), 0);
    cr_assert_eq(db_commit(workers[0].db, &problem), STATUS_OK, "%s", problem.message);
    cr_assert_eq(db_exec(workers[1].db, "SELECT 1", &problem), STATUS_OK);
}

Test(work_life, an_older_session_of_the_same_worker_ends)
{
    const struct work_worker who = {"w0", "job", "run", "f", "host", 1, 1000};
    struct db *db = workers[1].db;
    struct work *again;
    cr_assert_eq(work_open(db, &who, &again, &problem), STATUS_OK);
    cr_assert_eq(work_hold_session(again, &problem), STATUS_OK, "%s", problem.message);
    cr_assert_eq(work_hold_session(again, &problem), STATUS_OK, "%s", problem.message);
    cr_assert_neq(db_exec(workers[0].db, "SELECT 1", &problem), STATUS_OK);
    work_close(again);
}

Test(work_life, a_user_without_the_right_is_told)
{
    be_in_the_middle(0);
    silence(0, 61);
    cr_assert_eq(db_exec(workers[2].db,
                         "DO $$ BEGIN CREATE ROLE meek;"
                         " EXECUTE format('GRANT ALL ON ALL TABLES IN SCHEMA %I TO meek', current_schema());"
                         " EXECUTE format('GRANT USAGE ON SCHEMA %I TO meek', current_schema()); END $$;"
                         " SET ROLE meek",
                         &problem),
                 STATUS_OK, "%s", problem.message);
    cr_assert_eq(end_holders(), 1);
    cr_assert_not(holders[0].is_ended);
    cr_assert(holders[0].pid > 0);
    cr_assert_eq(db_exec(workers[0].db, "SELECT 1", &problem), STATUS_OK);
}

Test(work_life, what_is_held_beside_the_known_units_goes_back)
{
    cr_assert_str_eq(scene_claim(0, 2), "2 1");
    cr_assert_eq(work_give_back_others(workers[0].work, 1, &workers[0].leases[0].unit_id, &problem), STATUS_OK, "%s",
                 problem.message);
    cr_assert_eq(scene_number("SELECT count(*) FROM work_units WHERE state = 'leased'"), 1);
    cr_assert_str_eq(scene_claim(1, 2), workers[0].leases[0].days.first == 2 ? "1" : "2");
    cr_assert_eq(work_give_back_others(workers[0].work, 0, NULL, &problem), STATUS_OK, "%s", problem.message);
    cr_assert_eq(scene_number("SELECT count(*) FROM work_units WHERE worker_id = 'w0' AND state = 'leased'"), 0);
    cr_assert_eq(scene_number("SELECT count(*) FROM work_units WHERE worker_id = 'w1' AND state = 'leased'"), 1);
}

/* Nobody else is at it, but it is not planned and stored twice. */
Test(work_life, the_own_goal_whose_commit_was_lost_is_joined)
{
    cr_assert_eq(scene_join(2, "z", 0, 1, 3), WORK_MUST_PLAN);
    cr_assert_eq(scene_join(2, "z", 0, 1, 3), WORK_JOINED);
    cr_assert_eq(scene_number("SELECT count(*) FROM work_goals WHERE goal_key = 'z'"), 1);
}

Test(work_life, a_stranger_that_came_meanwhile_is_found)
{
    struct work_stranger stranger;
    scene_change(1, "other", "run", "f", SCENE_LEASE_MS, &stranger);
    cr_assert_eq(work_find_stranger(workers[0].work, &stranger, &problem), STATUS_OK);
    cr_assert_not(stranger.found);
    cr_assert_eq(
        db_exec(workers[2].db, "UPDATE work_workers SET fingerprint = 'g' WHERE worker_id = 'other'", &problem),
        STATUS_OK);
    cr_assert_eq(work_find_stranger(workers[0].work, &stranger, &problem), STATUS_OK);
    cr_assert(stranger.found);
    cr_assert_str_eq(stranger.worker_id, "other");
}

Test(work_life, a_statement_that_takes_too_long_may_be_tried_again)
{
    cr_assert_eq(work_limit_session(workers[0].work, 50, 0, &problem), STATUS_OK, "%s", problem.message);
    cr_assert_eq(db_exec(workers[0].db, "SELECT pg_sleep(20)", &problem), STATUS_IO);
    cr_assert_eq(pg_trouble(workers[0].db), PG_TROUBLE_AGAIN, "%s", problem.message);
    cr_assert_eq(work_limit_session(workers[0].work, 0, 0, &problem), STATUS_OK, "%s", problem.message);
    cr_assert_eq(db_exec(workers[0].db, "SELECT pg_sleep(0.1)", &problem), STATUS_OK, "%s", problem.message);
}
