#include "fixture.h"

#include <pthread.h>

static struct db *writer;
static struct db *other;

static void begin(void)
{
    fixture_begin();
    writer = fixture_open("shared.db", DB_CREATE);
    must(db_exec(writer, "CREATE TABLE t (x)", &problem));
    other = fixture_open("shared.db", DB_CREATE);
}

static void end(void)
{
    db_close(other);
    db_close(writer);
    fixture_end();
}

TestSuite(db_transaction, .init = begin, .fini = end);

static int64_t count(struct db *db)
{
    return fixture_integer(db, "SELECT count(*) FROM t");
}

Test(db_transaction, begin_twice_is_one_transaction)
{
    must(db_begin(writer, &problem));
    cr_assert(db_in_transaction(writer));
    must(db_exec(writer, "INSERT INTO t VALUES (1)", &problem));
    must(db_begin(writer, &problem));
    must(db_exec(writer, "INSERT INTO t VALUES (2)", &problem));
    must(db_commit(writer, &problem));
    cr_assert_not(db_in_transaction(writer));
    cr_assert_eq(count(other), 2);
}

Test(db_transaction, rollback_undoes_and_without_one_does_nothing)
{
    db_rollback(writer);
    must(db_begin(writer, &problem));
    must(db_exec(writer, "INSERT INTO t VALUES (1)", &problem));
    db_rollback(writer);
    cr_assert_not(db_in_transaction(writer));
    db_rollback(writer);
    cr_assert_eq(count(writer), 0);
}

Test(db_transaction, commit_without_one_does_nothing)
{
    must(db_commit(writer, &problem));
    must(db_exec(writer, "INSERT INTO t VALUES (1)", &problem));
    must(db_commit(writer, &problem));
    cr_assert_eq(count(other), 1);
}

Test(db_transaction, close_rolls_back_what_is_open)
{
    must(db_begin(writer, &problem));
    must(db_exec(writer, "INSERT INTO t VALUES (1)", &problem));
    db_close(writer);
    writer = NULL;
    cr_assert_eq(count(other), 0);
}

Test(db_transaction, reader_sees_the_last_commit_while_another_writes)
{
    struct db *reader = fixture_open("shared.db", DB_READ_ONLY);
    must(db_begin(writer, &problem));
    must(db_exec(writer, "INSERT INTO t VALUES (1), (2)", &problem));
    cr_assert_eq(count(reader), 0);
    cr_assert_eq(count(other), 0);
    must(db_commit(writer, &problem));
    cr_assert_eq(count(reader), 2);
    db_close(reader);
}

Test(db_transaction, reader_does_not_hinder_the_writer_and_keeps_its_picture)
{
    must(db_exec(writer, "INSERT INTO t VALUES (1), (2)", &problem));
    struct db_statement *query = NULL;
    bool row = false;
    must(db_prepare(other, "SELECT x FROM t", &query, &problem));
    must(db_step(query, &row, &problem));
    must(db_exec(writer, "DELETE FROM t", &problem));
    must(db_step(query, &row, &problem));
    cr_assert(row && db_column_integer(query, 0) == 2);
    db_finalize(query);
    cr_assert_eq(count(other), 0);
}

Test(db_transaction, lock_that_stays_is_told_as_another_program)
{
    must(db_begin(writer, &problem));
    must(db_exec(other, "PRAGMA busy_timeout=0", &problem));
    cr_assert_eq(db_begin(other, &problem), STATUS_IO);
    cr_assert(fixture_says("shared.db") && fixture_says("another program holds a lock"), "%s", problem.message);
    cr_assert_not(db_in_transaction(other));
    cr_assert_eq(db_exec(other, "INSERT INTO t VALUES (1)", &problem), STATUS_IO);
    must(db_commit(writer, &problem));
    must(db_begin(other, &problem));
    db_rollback(other);
}

static void *begin_in_a_thread(void *result)
{
    *(enum status *)result = db_begin(other, NULL);
    return NULL;
}

Test(db_transaction, writer_waits_for_the_one_before_it)
{
    enum status status = STATUS_BUG;
    pthread_t thread;
    must(db_begin(writer, &problem));
    must(db_exec(writer, "INSERT INTO t VALUES (1)", &problem));
    cr_assert_eq(pthread_create(&thread, NULL, begin_in_a_thread, &status), 0);
    must(db_commit(writer, &problem));
    cr_assert_eq(pthread_join(thread, NULL), 0);
    cr_assert_eq(status, STATUS_OK);
    cr_assert_eq(count(other), 1);
}

Test(db_transaction, failure_inside_leaves_it_open_for_the_caller_to_undo)
{
    must(db_begin(writer, &problem));
    must(db_exec(writer, "INSERT INTO t VALUES (1)", &problem));
    cr_assert_eq(db_exec(writer, "INSERT INTO nowhere VALUES (1)", &problem), STATUS_IO);
    cr_assert(db_in_transaction(writer));
    db_rollback(writer);
    cr_assert_eq(count(writer), 0);
}
