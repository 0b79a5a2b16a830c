/* Who holds a job: PostgreSQL only. */
#include "fixture.h"
#include "store/job_lock.h"

#include <stdio.h>
#include <string.h>

static struct db *other;

static void begin(void)
{
    fixture_begin();
    cr_assert(fixture_is_postgres(), "run by with_postgres.sh");
    other = fixture_open("", DB_READ_ONLY);
}

static void end(void)
{
    db_close(other);
    fixture_end();
}

TestSuite(job_lock, .init = begin, .fini = end);

static int64_t pid_of(struct db *of)
{
    int64_t pid;
    must(db_query_integer(of, "SELECT pg_backend_pid()", &pid, &problem));
    return pid;
}

static void expect_busy(struct db *by, const char *job, const char *place)
{
    cr_assert_eq(job_lock_take(by, job, place, &problem), STATUS_BUSY);
    cr_assert(fixture_says("another run holds the job"), "%s", problem.message);
    cr_assert_not(db_in_transaction(by));
}

Test(job_lock, only_one_place_holds_a_job)
{
    must(job_lock_take(db, "demo", "here", &problem));
    expect_busy(other, "demo", "there");
    must(job_lock_take(other, "other", "there", &problem));
    expect_busy(db, "other", "here");
}

Test(job_lock, what_ends_a_frozen_holder_is_told)
{
    char words[64];
    must(job_lock_take(other, "demo", "here", &problem));
    snprintf(words, sizeof words, "pg_terminate_backend(%d)", (int)pid_of(other));
    expect_busy(db, "demo", "there");
    cr_assert(fixture_says(words), "%s", problem.message);
}

Test(job_lock, those_of_one_place_hold_it_together)
{
    struct db *third = fixture_open("", DB_READ_ONLY);
    must(job_lock_take(db, "demo", "here", &problem));
    must(job_lock_take(other, "demo", "here", &problem));
    must(job_lock_take(other, "demo", "here", &problem));
    expect_busy(third, "demo", "there");
    db_close(third);
}

Test(job_lock, another_schema_is_another_world)
{
    struct db *elsewhere = fixture_open("", DB_CREATE);
    must(job_lock_take(db, "demo", "here", &problem));
    must(job_lock_take(elsewhere, "demo", "there", &problem));
    db_close(elsewhere);
}

Test(job_lock, it_ends_with_the_session)
{
    struct db *first = fixture_open("", DB_READ_ONLY);
    must(job_lock_take(first, "demo", "here", &problem));
    expect_busy(db, "demo", "there");
    db_close(first);
    for (int i = 0; i < 1000 && job_lock_take(db, "demo", "there", &problem) != STATUS_OK; i++)
        fixture_exec("SELECT pg_sleep(0.01)"); /* the server sees the end in its own time */
    must(job_lock_take(db, "demo", "there", &problem));
    expect_busy(other, "demo", "here");
}
