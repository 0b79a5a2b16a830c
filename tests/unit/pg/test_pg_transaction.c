#include "pg_fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct err problem;
static struct db *db;
static struct db *other;

#define must(call) cr_assert_eq((call), STATUS_OK, "%s", problem.message)

static void begin(void)
{
    db = pg_fixture_open();
    other = pg_fixture_open_again();
    must(db_exec(db, "CREATE TABLE t (x bigint PRIMARY KEY, y text); CREATE TABLE u (x bigint)", &problem));
}

static void end(void)
{
    db_close(other);
    db_close(db);
}

TestSuite(pg_transaction, .init = begin, .fini = end);

static int64_t integer(struct db *of, const char *sql)
{
    int64_t value = -1;
    must(db_query_integer(of, sql, &value, &problem));
    return value;
}

static struct db_statement *prepare(const char *sql)
{
    struct db_statement *statement = NULL;
    must(db_prepare(db, sql, &statement, &problem));
    return statement;
}

static void kill_backend(void)
{
    char sql[100];
    int64_t pid = integer(db, "SELECT pg_backend_pid()");
    snprintf(sql, sizeof sql, "SELECT pg_terminate_backend(%lld, 5000)", (long long)pid);
    must(db_exec(other, sql, &problem));
}

Test(pg_transaction, a_thousand_runs_are_stored_together)
{
    struct db_statement *insert = prepare("INSERT INTO t VALUES (?1, ?2)");
    must(db_begin(db, &problem));
    cr_assert(db_in_transaction(db));
    for (int i = 0; i < 1000; i++) {
        db_bind_integer(insert, 1, i);
        db_bind_string(insert, 2, "x");
        must(db_run(insert, &problem));
        if (i == 500)
            cr_assert_eq(integer(db, "SELECT count(*) FROM t"), 501, "a question sees what was sent before it");
    }
    cr_assert_eq(db_changes(db), 1);
    cr_assert_eq(integer(other, "SELECT count(*) FROM t"), 0);
    must(db_commit(db, &problem));
    cr_assert_not(db_in_transaction(db));
    cr_assert_eq(integer(other, "SELECT count(*) FROM t"), 1000);
    db_finalize(insert);
}

Test(pg_transaction, many_statements_may_come_and_go)
{
    enum { STATEMENTS = 1000 };
    struct db_statement *statements[STATEMENTS];
    must(db_begin(db, &problem));
    for (int i = 0; i < STATEMENTS; i++) {
        statements[i] = prepare("INSERT INTO u VALUES (?1)");
        for (int k = 0; k < 3; k++) {
            db_bind_integer(statements[i], 1, k);
            must(db_run(statements[i], &problem));
        }
    }
    for (int i = 0; i < STATEMENTS; i++) /* nothing but goodbyes is sent */
        db_finalize(statements[i]);
    must(db_commit(db, &problem));
    cr_assert_eq(integer(db, "SELECT count(*) FROM u"), 3 * STATEMENTS);
    cr_assert_eq(integer(db, "SELECT count(*) FROM pg_prepared_statements"), 0);
}

Test(pg_transaction, changes_are_those_of_the_last_run)
{
    struct db_statement *insert = prepare("INSERT INTO t SELECT x, 'a' FROM generate_series(1, ?1) x");
    struct db_statement *update = prepare("UPDATE t SET y = 'b' WHERE x <= ?1");
    must(db_begin(db, &problem));
    db_bind_integer(insert, 1, 9);
    must(db_run(insert, &problem));
    cr_assert_eq(db_changes(db), 9);
    db_bind_integer(update, 1, 4);
    must(db_run(update, &problem));
    cr_assert_eq(db_changes(db), 4);
    db_bind_integer(update, 1, 0);
    must(db_run(update, &problem));
    cr_assert_eq(db_changes(db), 0);
    db_rollback(db);
    cr_assert_eq(integer(db, "SELECT count(*) FROM t"), 0);
    db_finalize(insert);
    db_finalize(update);
}

Test(pg_transaction, a_late_failure_is_told_by_commit_and_nothing_is_stored)
{
    struct db_statement *insert = prepare("INSERT INTO t VALUES (?1, 'x')");
    must(db_begin(db, &problem));
    for (int i = 0; i < 10; i++) {
        db_bind_integer(insert, 1, i % 9);
        must(db_run(insert, &problem));
    }
    cr_assert_eq(db_commit(db, &problem), STATUS_IO);
    cr_assert_not_null(strstr(problem.message, "duplicate key value"), "%s", problem.message);
    db_rollback(db);
    cr_assert_eq(pg_trouble(db), PG_TROUBLE_OTHER, "still told after the rollback");
    cr_assert_eq(integer(db, "SELECT count(*) FROM t"), 0);
    for (int i = 0; i < 3; i++) { /* the statement that was prepared in what was lost works again */
        must(db_begin(db, &problem));
        db_bind_integer(insert, 1, i);
        must(db_run(insert, &problem));
        must(db_commit(db, &problem));
    }
    cr_assert_eq(integer(other, "SELECT count(*) FROM t"), 3);
    db_finalize(insert);
}

Test(pg_transaction, after_a_failure_every_call_tells_it_until_the_rollback)
{
    struct db_statement *bad = prepare("INSERT INTO t VALUES (1, 'x'), (1, 'y')");
    struct db_statement *good = prepare("SELECT 1");
    bool row;
    must(db_begin(db, &problem));
    must(db_run(bad, &problem));
    cr_assert_eq(db_changes(db), 0);
    cr_assert_eq(db_step(good, &row, &problem), STATUS_IO);
    cr_assert_not_null(strstr(problem.message, "duplicate key value"), "%s", problem.message);
    cr_assert_eq(db_run(good, &problem), STATUS_IO);
    cr_assert_eq(db_exec(db, "SELECT 1", &problem), STATUS_IO);
    cr_assert_not_null(strstr(problem.message, "duplicate key value"), "%s", problem.message);
    cr_assert_eq(db_end(db, STATUS_OK, &problem), STATUS_IO);
    cr_assert_not(db_in_transaction(db));
    must(db_step(good, &row, &problem));
    db_finalize(bad);
    db_finalize(good);
}

Test(pg_transaction, exec_of_several_statements_within_one)
{
    must(db_begin(db, &problem));
    must(db_exec(db, "INSERT INTO u VALUES (1); INSERT INTO u VALUES (2), (3)", &problem));
    cr_assert_eq(db_changes(db), 2);
    db_rollback(db);
    cr_assert_eq(integer(db, "SELECT count(*) FROM u"), 0);
}

Test(pg_transaction, a_lost_connection_is_told_and_cured)
{
    struct db_statement *insert = prepare("INSERT INTO t VALUES (?1, 'x')");
    for (int i = 0; i < 2; i++) {
        db_bind_integer(insert, 1, i);
        must(db_run(insert, &problem));
    }
    must(db_begin(db, &problem));
    db_bind_integer(insert, 1, 100);
    must(db_run(insert, &problem));
    kill_backend();
    enum status status = db_commit(db, &problem);
    cr_assert_eq(status, STATUS_IO, "%s", problem.message);
    cr_assert_eq(pg_trouble(db), PG_TROUBLE_LOST, "%s", problem.message);
    db_rollback(db);
    cr_assert_neq(db_begin(db, &problem), STATUS_OK);
    cr_assert_not(db_in_transaction(db));
    must(pg_reconnect(db, &problem));
    cr_assert_eq(pg_trouble(db), PG_TROUBLE_NONE);
    must(db_begin(db, &problem));
    db_bind_integer(insert, 1, 7);
    must(db_run(insert, &problem));
    must(db_commit(db, &problem));
    db_bind_integer(insert, 1, 8);
    must(db_run(insert, &problem));
    cr_assert_eq(integer(other, "SELECT sum(x) FROM t"), 0 + 1 + 7 + 8);
    db_finalize(insert);
}

Test(pg_transaction, a_deadlock_may_be_tried_again)
{
    must(db_exec(db, "INSERT INTO t VALUES (1, 'a'), (2, 'b')", &problem));
    must(db_exec(other, "SET lock_timeout = '50ms'", &problem));
    must(db_begin(db, &problem));
    must(db_exec(db, "UPDATE t SET y = 'c' WHERE x = 1", &problem));
    must(db_begin(other, &problem));
    cr_assert_eq(db_exec(other, "UPDATE t SET y = 'd' WHERE x = 1", &problem), STATUS_IO);
    cr_assert_eq(pg_trouble(other), PG_TROUBLE_AGAIN, "%s", problem.message);
    db_rollback(other);
    must(db_commit(db, &problem));
}

Test(pg_transaction, what_the_role_or_the_dsn_says_of_limits_and_encoding_does_not_count)
{
    struct pg_options options = pg_fixture_options();
    char dsn[512];
    struct db *own = NULL;
    snprintf(dsn, sizeof dsn,
             "%s client_encoding=LATIN1 options='-c statement_timeout=50 -c lock_timeout=50"
             " -c idle_in_transaction_session_timeout=0'",
             options.dsn);
    options.dsn = dsn;
    must(pg_open(&options, &own, &problem));
    must(db_exec(own, "SELECT pg_sleep(0.1)", &problem));
    cr_assert_eq(integer(own, "SELECT octet_length('\xc3\xa4')"), 2);
    cr_assert_eq(integer(own, "SELECT length('\xc3\xa4')"), 1);
    cr_assert_eq(integer(own, "SELECT count(*) FROM pg_settings WHERE (name, setting) IN (('lock_timeout', '10000'),"
                              " ('statement_timeout', '0'), ('idle_in_transaction_session_timeout', '120000'))"),
                 3);
    must(pg_reconnect(own, &problem));
    must(db_exec(own, "SELECT pg_sleep(0.1)", &problem));
    db_close(own);
}

Test(pg_transaction, a_database_that_is_not_utf8_is_refused)
{
    struct pg_options options = pg_fixture_options();
    char dsn[512];
    struct db *none = NULL;
    must(db_exec(db, "DROP DATABASE IF EXISTS latin", &problem));
    must(db_exec(db, "CREATE DATABASE latin ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0",
                 &problem));
    snprintf(dsn, sizeof dsn, "%s dbname=latin", options.dsn);
    options.dsn = dsn;
    cr_assert_eq(pg_open(&options, &none, &problem), STATUS_CANTCREATE);
    cr_assert_not_null(strstr(problem.message, "LATIN1"), "%s", problem.message);
    must(db_exec(db, "DROP DATABASE latin", &problem));
}

/* The server would pass over the schema and make every table among the temporary ones. */
Test(pg_transaction, a_schema_that_may_not_be_used_is_refused)
{
    struct pg_options options = pg_fixture_options();
    char dsn[512];
    struct db *none = NULL;
    must(db_exec(db, "CREATE ROLE outsider LOGIN; CREATE SCHEMA closed", &problem));
    snprintf(dsn, sizeof dsn, "%s user=outsider", options.dsn);
    options.schema = "closed";
    options.dsn = dsn;
    for (int look = 0; look <= 1; look++) {
        options.read_only = look != 0;
        cr_assert_eq(pg_open(&options, &none, &problem), STATUS_IO);
        cr_assert_not_null(strstr(problem.message, "permission denied for the schema"), "%s", problem.message);
    }
    must(db_exec(db, "DROP ROLE outsider; DROP SCHEMA closed", &problem));
}

/* It may come back: whoever starts programs may try again. */
Test(pg_transaction, a_server_that_is_away_is_another_matter_than_a_login_that_is_refused)
{
    struct pg_options options = {.dsn = "host=/nowhere port=1 dbname=x user=x", .schema = "x"};
    struct db *none = NULL;
    char dsn[512];
    cr_assert_eq(pg_open(&options, &none, &problem), STATUS_IO);
    options = pg_fixture_options();
    snprintf(dsn, sizeof dsn, "%s user=stranger", options.dsn);
    options.dsn = dsn;
    cr_assert_eq(pg_open(&options, &none, &problem), STATUS_CANTCREATE, "%s", problem.message);
}

Test(pg_transaction, read_only_cannot_write)
{
    struct pg_options options = pg_fixture_options();
    options.read_only = true;
    struct db *looking = NULL;
    must(pg_open(&options, &looking, &problem));
    cr_assert_neq(db_exec(looking, "CREATE TABLE v (x int)", &problem), STATUS_OK);
    cr_assert_eq(pg_trouble(looking), PG_TROUBLE_OTHER);
    db_close(looking);
}

Test(pg_transaction, no_password_is_ever_shown)
{
    static const char *const bad[] = {
        "postgresql://user:s3cret@x@127.0.0.1/db",
        "postgresql://user:s3cret/x@127.0.0.1:1/db",
        "host=127.0.0.1 port=1 password=s3cret s3cret2 user=x",
        "host=127.0.0.1 port=s3cret",
        "postgresql://[s3cret",
        "postgresql://user:s3cret@127.0.0.1:1/db?nonsense=s3cret",
        "host=127.0.0.1 port=1 user=u password=s3cret",
        "s3cret",
        "postgresql://u:s3cret@127.0.0.1:1/db",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct pg_options options = {.dsn = bad[i], .schema = "x"};
        struct db *none = NULL;
        cr_assert_neq(pg_open(&options, &none, &problem), STATUS_OK);
        cr_assert_null(strstr(problem.message, "s3cret"), "%s", problem.message);
        cr_assert_gt(strlen(problem.message), 10);
    }
    cr_assert_null(strstr(db_path(db), "postgres:"));
}

Test(pg_transaction, a_schema_that_is_not_there_is_refused_unless_it_may_be_made)
{
    struct pg_options options = pg_fixture_options();
    struct db *none = NULL;
    options.create_schema = false;
    cr_assert_eq(pg_open(&options, &none, &problem), STATUS_CANTCREATE);
    cr_assert_not_null(strstr(problem.message, "no such schema"), "%s", problem.message);
}
