/* Units from hand to hand, and two goals at once. */
#include "work_scene.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static void set_up(void)
{
    scene_open(SCENE_LEASE_MS);
}

TestSuite(work_leases, .init = set_up, .fini = scene_close);

static struct work_left look(size_t i)
{
    struct work_left left;
    cr_assert_eq(work_look(workers[i].work, &workers[i].goal, 0, &left, &problem), STATUS_OK, "%s", problem.message);
    return left;
}

Test(work_leases, the_newest_first_and_each_to_one_worker)
{
    scene_join(0, "k", 0, 1, 8);
    scene_join(1, "k", 0, 1, 8);
    cr_assert_str_eq(scene_claim(0, 2), "7 6");
    cr_assert(workers[0].leases[0].is_known);
    cr_assert_eq(workers[0].leases[0].lease_no, 1);
    cr_assert_str_eq(scene_claim(1, 3), "5 4 3");
    cr_assert_str_eq(scene_claim(0, 9), "2 1");
    cr_assert_str_eq(scene_claim(1, 9), "");
    cr_assert(look(1).others);
    cr_assert(look(1).own);
    cr_assert_not(look(1).here);
}

Test(work_leases, one_that_is_over_goes_to_another_who_must_look)
{
    scene_join(0, "k", 0, 1, 3);
    scene_join(1, "k", 0, 1, 3);
    cr_assert_str_eq(scene_claim(0, 2), "2 1");
    cr_assert_str_eq(scene_claim(1, 2), "");
    scene_expire();
    cr_assert(look(1).here);
    cr_assert_str_eq(scene_claim(1, 1), "2");
    cr_assert_eq(workers[1].leases[0].lease_no, 2);
    cr_assert_not(workers[1].leases[0].is_known);
}

static int64_t seen[SCENE_LEASES];
static size_t seen_count;

static void note(void *context, int64_t unit_id, int64_t lease_no)
{
    (void)context;
    (void)lease_no;
    seen[seen_count++] = unit_id;
}

Test(work_leases, a_beat_renews_what_is_held_and_tells_what_is_not)
{
    scene_join(0, "k", 0, 1, 4);
    scene_join(1, "k", 0, 1, 4);
    cr_assert_str_eq(scene_claim(0, 3), "3 2 1");
    scene_expire();
    cr_assert_str_eq(scene_claim(1, 1), "3");
    const int64_t units[] = {workers[0].leases[0].unit_id, workers[0].leases[1].unit_id, workers[0].leases[2].unit_id};
    cr_assert_eq(work_beat(workers[0].work, 3, units, note, NULL, &problem), STATUS_OK, "%s", problem.message);
    cr_assert_eq(seen_count, 2);
    cr_assert_str_eq(scene_claim(1, 3), "", "they are renewed");
    cr_assert_eq(seen[0] == workers[1].leases[0].unit_id || seen[1] == workers[1].leases[0].unit_id, false);
}

Test(work_leases, what_a_worker_does_not_know_of_is_not_renewed)
{
    scene_join(0, "k", 0, 1, 2);
    cr_assert_str_eq(scene_claim(0, 1), "1");
    scene_expire();
    cr_assert_eq(work_beat(workers[0].work, 0, NULL, note, NULL, &problem), STATUS_OK);
    cr_assert_eq(seen_count, 1);
    cr_assert(look(0).here, "it is free");
}

Test(work_leases, leaving_gives_them_back)
{
    scene_join(0, "k", 0, 1, 4);
    scene_join(1, "k", 0, 1, 4);
    cr_assert_str_eq(scene_claim(0, 3), "3 2 1");
    cr_assert_eq(work_leave(workers[0].work, &problem), STATUS_OK);
    cr_assert_str_eq(scene_claim(1, 3), "3 2 1");
    cr_assert_not(workers[1].leases[0].is_known, "something of them may be stored");
}

Test(work_leases, what_was_found_done_ends_the_unit)
{
    scene_join(0, "k", 0, 1, 2);
    scene_claim(0, 1);
    const struct work_lease *lease = &workers[0].leases[0];
    cr_assert_eq(work_note_found(workers[0].work, lease->unit_id, lease->lease_no, 3, &problem), STATUS_OK);
    cr_assert(look(0).own);
    cr_assert_eq(work_note_found(workers[0].work, lease->unit_id, lease->lease_no + 1, 4, &problem), STATUS_OK);
    cr_assert(look(0).own, "not by another number");
    cr_assert_eq(work_note_found(workers[0].work, lease->unit_id, lease->lease_no, 4, &problem), STATUS_OK);
    cr_assert_not(look(0).own);
}

/* Two goals of so many units; the statistics know of none. */
static void fill(int units)
{
    char sql[600];
    scene_join(1, "past", 10, 1, 3);
    cr_assert_eq(db_exec(workers[0].db, "ANALYZE work_units", &problem), STATUS_OK);
    scene_join(0, "k", 0, 1, 3);
    snprintf(sql, sizeof sql,
             "INSERT INTO work_units (goal_id, ordinal, dataset, building_id, granularity, first_day, end_day, sites,"
             " groups, slices, expected_rows) SELECT goal_id, 1000 + n, 0, 71 + n %% 1000, granularity, first_day + n,"
             " end_day + n, sites, groups, 4, 96 FROM work_units, generate_series(10, %d) AS n WHERE ordinal = 0",
             units);
    cr_assert_eq(db_exec(workers[0].db, sql, &problem), STATUS_OK, "%s", problem.message);
}

static int64_t rows_read(void)
{
    return scene_number("SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables"
                        " WHERE relid = 'work_units'::regclass");
}

static enum status tell_nobody(void *context, const struct work_stored *stored, struct err *err)
{
    (void)context;
    (void)stored;
    (void)err;
    return STATUS_OK;
}

/* Statistics are old when a goal was just published or worked off: to read all of it at each call takes seconds. */
Test(work_leases, a_call_reads_few_rows_whatever_the_statistics_say)
{
    enum { UNITS = 3000, FEW = 2000 }; /* 64 pairs are looked at, with some units of their buildings */
    bool first;
    fill(UNITS);
    cr_assert_eq(db_begin(workers[0].db, &problem), STATUS_OK);
    int64_t before = rows_read();
    cr_assert_str_eq(scene_claim_pair(0), "2 1");
    cr_assert_lt(rows_read() - before, FEW, "%d by a pair", (int)(rows_read() - before));
    before = rows_read();
    cr_assert_eq(scene_number("SELECT count(*) FROM work_take((SELECT max(goal_id) FROM work_goals), 0, 'w0', 5,"
                              " interval '1 minute', 5)"),
                 5);
    cr_assert_lt(rows_read() - before, FEW, "%d by a claim", (int)(rows_read() - before));
    cr_assert_eq(db_exec(workers[0].db, "UPDATE work_goals SET fingerprint = repeat('f', 32) || goal_id", &problem),
                 STATUS_OK);
    before = rows_read();
    cr_assert_eq(work_each_stored(workers[0].work, scene_number("SELECT min(unit_id) FROM work_units"), tell_nobody,
                                  NULL, &problem),
                 STATUS_OK, "%s", problem.message);
    cr_assert_lt(rows_read() - before, FEW, "%d by what others stored", (int)(rows_read() - before));
    cr_assert_eq(db_exec(workers[0].db, "UPDATE work_units SET state = 'done'", &problem), STATUS_OK);
    cr_assert_eq(db_commit(workers[0].db, &problem), STATUS_OK);
    cr_assert_eq(db_exec(workers[0].db, "VACUUM work_units", &problem), STATUS_OK, "%s", problem.message);
    cr_assert_eq(db_begin(workers[0].db, &problem), STATUS_OK);
    before = rows_read();
    cr_assert_not(look(0).here);
    cr_assert_lt(rows_read() - before, FEW, "%d by a look", (int)(rows_read() - before));
    cr_assert_eq(work_finish(workers[0].work, &workers[0].goal, &first, &problem), STATUS_OK, "%s", problem.message);
    cr_assert(first);
    cr_assert_lt(rows_read() - before, FEW, "%d by the end", (int)(rows_read() - before));
    cr_assert_eq(db_commit(workers[0].db, &problem), STATUS_OK);
}

Test(work_leases, the_first_units_of_a_worker_go_on_with_each_other)
{
    scene_join(0, "k", 0, 1, 8);
    scene_join(1, "k", 0, 1, 8);
    cr_assert_str_eq(scene_claim_pair(0), "7 6");
    cr_assert(workers[0].leases[1].is_known);
    cr_assert_str_eq(scene_claim(0, 1), "5");
    cr_assert_str_eq(scene_claim_pair(1), "4 3");
    cr_assert_eq(
        db_exec(workers[0].db, "UPDATE work_units SET state = 'done' WHERE first_day = '1970-01-03'", &problem),
        STATUS_OK);
    cr_assert_str_eq(scene_claim_pair(1), "", "day 1 is alone");
}

Test(work_leases, a_pair_has_no_slices_of_another_goal_that_is_at_them)
{
    scene_join(0, "night", 0, 6, 9);
    scene_join(1, "past", 10, 1, 9);
    cr_assert_str_eq(scene_claim(0, 1), "8");
    cr_assert_str_eq(scene_claim_pair(1), "7 6");
    cr_assert_not(workers[1].leases[0].is_known);
    cr_assert_str_eq(scene_claim_pair(0), "", "7 and 6 are leased for the other");
}

Test(work_leases, the_nightly_run_goes_before_the_backfill_which_helps)
{
    scene_join(0, "night", 0, 6, 9);
    scene_join(1, "past", 10, 1, 4);
    cr_assert_str_eq(scene_claim(1, 2), "8 7", "of the other goal");
    cr_assert_eq(workers[1].leases[0].goal_id, workers[0].goal.goal_id);
    cr_assert_not(workers[1].leases[0].is_known);
    cr_assert_str_eq(scene_claim(1, 3), "6 3 2");
    cr_assert_str_eq(scene_claim(0, 3), "", "and not the other way round");
}

Test(work_leases, nobody_helps_with_another_form_of_the_job)
{
    scene_join(0, "night", 0, 6, 9);
    scene_join(1, "past", 10, 1, 4);
    cr_assert_eq(
        db_exec(workers[0].db, "UPDATE work_goals SET fingerprint = 'other' WHERE goal_key = 'night'", &problem),
        STATUS_OK);
    cr_assert_str_eq(scene_claim(1, 9), "3 2 1");
}

Test(work_leases, common_slices_are_not_leased_for_two_goals_at_once)
{
    scene_join(0, "night", 0, 3, 6);
    cr_assert_str_eq(scene_claim(0, 1), "5", "while it was alone");
    scene_join(1, "past", 10, 1, 7);
    cr_assert_str_eq(scene_claim(0, 9), "4 3");
    cr_assert_str_eq(scene_claim(1, 9), "6 2 1", "3 to 5 are passed over");
    cr_assert(look(1).here, "for now");
    cr_assert_eq(work_give_back(workers[0].work, &problem), STATUS_OK);
    cr_assert_eq(db_exec(workers[0].db,
                         "UPDATE work_units SET state = 'done' WHERE goal_id = (SELECT min(goal_id) FROM"
                         " work_goals)",
                         &problem),
                 STATUS_OK);
    cr_assert_str_eq(scene_claim(1, 9), "5 4 3");
    cr_assert_not(workers[1].leases[0].is_known);
}

/* Else its holder could write beside the other goal. */
Test(work_leases, beside_another_goal_a_lease_that_is_over_is_taken_away)
{
    const int64_t units[] = {1};
    scene_join(0, "night", 0, 3, 4);
    scene_join(1, "past", 10, 3, 4);
    cr_assert_str_eq(scene_claim(0, 1), "3");
    scene_expire();
    cr_assert_eq(work_leave(workers[0].work, &problem), STATUS_OK);
    scene_claim(2, 0);
    workers[2].goal = workers[1].goal;
    cr_assert_str_eq(scene_claim(1, 1), "3");
    cr_assert_eq(work_beat(workers[0].work, 1, units, note, NULL, &problem), STATUS_OK);
    cr_assert_eq(seen_count, 0);
}

/* A third worker has published a goal, and has gone. */
static void finish_abandoned(void)
{
    cr_assert_eq(db_exec(workers[0].db,
                         "UPDATE work_units SET state = 'done' WHERE goal_id = (SELECT min(goal_id) FROM"
                         " work_goals)",
                         &problem),
                 STATUS_OK);
}

Test(work_leases, a_goal_whose_workers_have_gone_is_finished_by_those_who_help)
{
    const char *open = "SELECT count(*) FROM work_goals WHERE finished_at IS NULL";
    scene_join(0, "night", 0, 6, 9);
    scene_join(1, "past", 10, 1, 4);
    finish_abandoned();
    cr_assert_str_eq(scene_claim(1, 1), "3");
    cr_assert_eq(scene_number(open), 2, "its own worker is there, and will fetch the names");
    cr_assert_eq(work_leave(workers[0].work, &problem), STATUS_OK);
    cr_assert_str_eq(scene_claim(1, 1), "2");
    cr_assert_eq(scene_number(open), 1);
}

static int64_t exclusive_locks(void)
{
    return scene_number("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ExclusiveLock'"
                        " AND pid = pg_backend_pid()");
}

/* Claims of a goal that is alone do not wait for each other. */
Test(work_leases, a_goal_is_alone_again_when_the_other_has_ended)
{
    bool first;
    scene_join(0, "past", 10, 1, 4);
    scene_join(1, "night", 0, 6, 8);
    cr_assert_eq(db_begin(workers[0].db, &problem), STATUS_OK);
    scene_claim(0, 1);
    cr_assert_eq(exclusive_locks(), 1);
    db_rollback(workers[0].db);
    cr_assert_eq(db_exec(workers[0].db,
                         "UPDATE work_units SET state = 'done' WHERE goal_id = (SELECT max(goal_id) FROM"
                         " work_goals)",
                         &problem),
                 STATUS_OK);
    cr_assert_eq(work_finish(workers[1].work, &workers[1].goal, &first, &problem), STATUS_OK);
    cr_assert_eq(db_begin(workers[0].db, &problem), STATUS_OK);
    cr_assert_str_eq(scene_claim(0, 1), "3");
    cr_assert_eq(exclusive_locks(), 0);
    db_rollback(workers[0].db);
    cr_assert_not(workers[0].leases[0].is_known, "the other has stored something since this one was planned");
}

Test(work_leases, what_another_goal_stored_while_this_one_was_planned_is_looked_for)
{
    enum work_joined joined;
    bool first;
    scene_join(0, "night", 0, 6, 8);
    workers[1].goal = (struct work_goal){.key = "past", .priority = 10, .planned_at = 1000, .dataset_count = 1};
    cr_assert_eq(work_join(workers[1].work, &workers[1].goal, true, &joined, &problem), STATUS_OK);
    cr_assert_eq(joined, WORK_MUST_PLAN);
    cr_assert_eq(db_exec(workers[0].db, "UPDATE work_units SET state = 'done'", &problem), STATUS_OK);
    cr_assert_eq(work_finish(workers[0].work, &workers[0].goal, &first, &problem), STATUS_OK);
    cr_assert(first);
    struct unit unit = scene_unit(6, 7);
    struct plan plan = {.units = &unit, .unit_count = 1, .counts.due = 4};
    cr_assert_eq(work_publish(workers[1].work, &workers[1].goal, &plan, NULL, NULL, &problem), STATUS_OK, "%s",
                 problem.message);
    cr_assert_str_eq(scene_claim(1, 1), "6");
    cr_assert_not(workers[1].leases[0].is_known);
}

/* The clock of the database was set back by an hour, or another server took over. */
Test(work_leases, leases_of_the_dead_do_not_outlive_a_clock_that_was_set_back)
{
    struct work_stranger stranger;
    scene_join(0, "k", 0, 1, 3);
    scene_join(1, "k", 0, 1, 3);
    cr_assert_str_eq(scene_claim(0, 2), "2 1");
    cr_assert_eq(db_exec(workers[0].db,
                         "UPDATE work_units SET lease_until = lease_until + interval '1 hour';"
                         " UPDATE work_workers SET seen_until = seen_until + interval '1 hour' WHERE worker_id = 'w0'",
                         &problem),
                 STATUS_OK);
    cr_assert(look(1).here);
    cr_assert_str_eq(scene_claim(1, 2), "2 1");
    cr_assert_eq(work_leave(workers[1].work, &problem), STATUS_OK);
    cr_assert_eq(work_leave(workers[2].work, &problem), STATUS_OK);
    cr_assert_eq(scene_join(1, "k", 0, 1, 2), WORK_MUST_PLAN, "nobody is at it");
    scene_change(2, "late", "run", "other", SCENE_LEASE_MS, &stranger);
    cr_assert_not(stranger.found);
}

/* Leases of all units end by themselves, so many times. */
static void die(int times)
{
    for (int i = 0; i < times; i++) {
        scene_claim(0, 9);
        scene_expire();
    }
}

Test(work_leases, a_unit_that_may_have_ended_its_workers_is_left_to_the_end_and_to_one_who_holds_nothing_else)
{
    scene_join(0, "k", 0, 1, 3);
    scene_join(1, "k", 0, 1, 3);
    die(WORK_EXPIRED_MOST);
    cr_assert(look(1).here);
    cr_assert_str_eq(scene_claim(1, 9), "2");
    cr_assert_eq(workers[1].leases[0].expired, WORK_EXPIRED_MOST);
    cr_assert_str_eq(scene_claim(1, 9), "", "while it holds that");
    cr_assert_str_eq(scene_claim(0, 9), "1");
    cr_assert_eq(
        work_note_found(workers[0].work, workers[0].leases[0].unit_id, workers[0].leases[0].lease_no, 4, &problem),
        STATUS_OK);
    scene_expire();
    cr_assert_str_eq(scene_claim(0, 9), "2");
    cr_assert_gt(workers[0].leases[0].expired, WORK_EXPIRED_MOST, "it must not be tried");
    bool held;
    cr_assert_eq(work_give_up(workers[0].work, workers[0].leases[0].unit_id, workers[0].leases[0].lease_no - 1, 3,
                              &held, &problem),
                 STATUS_OK);
    cr_assert_not(held);
    cr_assert_eq(
        work_give_up(workers[0].work, workers[0].leases[0].unit_id, workers[0].leases[0].lease_no, 3, &held, &problem),
        STATUS_OK);
    cr_assert(held);
    uint64_t failed;
    bool first;
    cr_assert_eq(work_finish(workers[0].work, &workers[0].goal, &first, &problem), STATUS_OK);
    cr_assert(first);
    cr_assert_eq(work_failed(workers[0].work, &workers[0].goal, &failed, &problem), STATUS_OK);
    cr_assert_eq(failed, 3);
}

Test(work_leases, what_is_given_back_was_not_too_much_for_anybody)
{
    scene_join(0, "k", 0, 1, 3);
    for (int i = 0; i < 2 * WORK_EXPIRED_MOST; i++) {
        cr_assert_str_eq(scene_claim(0, 9), "2 1");
        cr_assert_eq(work_give_back(workers[0].work, &problem), STATUS_OK);
    }
}
