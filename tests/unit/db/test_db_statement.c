#include "fixture.h"

#include <string.h>

static struct db *db;

static void begin(void)
{
    fixture_begin();
    db = fixture_open(":memory:", DB_CREATE);
    must(db_exec(db, "CREATE TABLE t (id INTEGER PRIMARY KEY, a, b UNIQUE)", &problem));
}

static void end(void)
{
    db_close(db);
    fixture_end();
}

TestSuite(db_statement, .init = begin, .fini = end);

static struct db_statement *prepare(const char *sql)
{
    struct db_statement *statement = NULL;
    must(db_prepare(db, sql, &statement, &problem));
    return statement;
}

static bool step(struct db_statement *statement)
{
    bool row = false;
    must(db_step(statement, &row, &problem));
    return row;
}

Test(db_statement, values_of_every_kind_come_back)
{
    static const unsigned char blob[] = {0, 255, 'x'};
    struct db_statement *query = prepare("SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10");
    db_bind_null(query, 1);
    db_bind_integer(query, 2, INT64_MIN);
    db_bind_integer(query, 3, INT64_MAX);
    db_bind_real(query, 4, -0.1);
    db_bind_text(query, 5, "a\0b!", 3);
    db_bind_string(query, 6, "caf\xC3\xA9");
    db_bind_string(query, 7, NULL);
    db_bind_blob(query, 8, blob, sizeof blob);
    db_bind_blob(query, 9, NULL, 0);
    db_bind_text(query, 10, "", 0);
    cr_assert(step(query));
    static const enum db_type types[] = {DB_NULL, DB_INTEGER, DB_INTEGER, DB_REAL, DB_TEXT,
                                         DB_TEXT, DB_NULL,    DB_BLOB,    DB_NULL, DB_TEXT};
    for (int i = 0; i < 10; i++)
        cr_expect_eq(db_column_type(query, i), types[i], "column %d", i);
    cr_assert_eq(db_column_integer(query, 1), INT64_MIN);
    cr_assert_eq(db_column_integer(query, 2), INT64_MAX);
    cr_assert(db_column_real(query, 3) == -0.1);
    cr_assert(db_column_size(query, 4) == 3 && memcmp(db_column_text(query, 4), "a\0b", 3) == 0);
    cr_assert_str_eq(db_column_text(query, 5), "caf\xC3\xA9");
    cr_assert(db_column_size(query, 7) == sizeof blob && memcmp(db_column_blob(query, 7), blob, sizeof blob) == 0);
    cr_assert_eq(db_column_size(query, 9), 0);
    cr_assert_not(step(query));
    db_finalize(query);
}

Test(db_statement, null_reads_as_empty_text_and_zero)
{
    struct db_statement *query = prepare("SELECT NULL, x''");
    cr_assert(step(query));
    cr_assert_str_eq(db_column_text(query, 0), "");
    cr_assert_eq(db_column_integer(query, 0), 0);
    cr_assert_eq(db_column_size(query, 0), 0);
    cr_assert_null(db_column_blob(query, 1));
    db_finalize(query);
}

Test(db_statement, failed_bind_is_reported_by_the_next_step_whatever_follows)
{
    struct db_statement *insert = prepare("INSERT INTO t (a, b) VALUES (?1, ?2)");
    db_bind_integer(insert, 3, 1);
    db_bind_integer(insert, 1, 1);
    db_bind_integer(insert, 2, 2);
    cr_assert_eq(db_run(insert, &problem), STATUS_BUG);
    cr_assert_eq(fixture_integer(db, "SELECT count(*) FROM t"), 0);
    must(db_run(insert, &problem));
    cr_assert_eq(fixture_integer(db, "SELECT b FROM t"), 2);
    db_finalize(insert);
}

Test(db_statement, bind_during_the_reading_of_rows_is_a_bug)
{
    struct db_statement *query = prepare("SELECT ?1 UNION ALL SELECT ?1 + 1");
    db_bind_integer(query, 1, 5);
    cr_assert(step(query));
    db_bind_integer(query, 1, 9);
    bool row = true;
    cr_assert_eq(db_step(query, &row, &problem), STATUS_BUG);
    cr_assert(row, "the output is untouched");
    cr_assert(step(query));
    cr_assert_eq(db_column_integer(query, 0), 5, "the statement was reset and its bindings stayed");
    db_finalize(query);
}

Test(db_statement, statement_runs_again_after_its_end_and_keeps_its_bindings)
{
    struct db_statement *query = prepare("SELECT ?1");
    db_bind_integer(query, 1, 4);
    for (int i = 0; i < 3; i++) {
        cr_assert(step(query));
        cr_assert_eq(db_column_integer(query, 0), 4);
        cr_assert_not(step(query));
    }
    cr_assert(step(query));
    db_reset(query);
    cr_assert(step(query));
    db_finalize(query);
}

Test(db_statement, run_resets_a_statement_that_has_rows)
{
    struct db_statement *query = prepare("INSERT INTO t (a) VALUES (?1) RETURNING id");
    for (int i = 0; i < 2; i++) {
        db_bind_integer(query, 1, i);
        must(db_run(query, &problem));
    }
    cr_assert_eq(fixture_integer(db, "SELECT sum(a) FROM t"), 1);
    db_finalize(query);
}

Test(db_statement, wrong_sql_is_refused_with_its_reason)
{
    struct db_statement *untouched = (struct db_statement *)&problem;
    struct db_statement *statement = untouched;
    cr_assert_eq(db_prepare(db, "SELEKT 1", &statement, &problem), STATUS_IO);
    cr_assert(fixture_says(":memory:") && fixture_says("syntax error"), "%s", problem.message);
    cr_assert_eq(statement, untouched);
    cr_assert_eq(db_exec(db, "SELECT * FROM nowhere", &problem), STATUS_IO);
    cr_assert(fixture_says("no such table"), "%s", problem.message);
}

Test(db_statement, broken_constraint_fails_one_run_and_not_the_statement)
{
    struct db_statement *insert = prepare("INSERT INTO t (b) VALUES (?1)");
    db_bind_integer(insert, 1, 1);
    must(db_run(insert, &problem));
    cr_assert_eq(db_run(insert, &problem), STATUS_IO);
    cr_assert(fixture_says("UNIQUE"), "%s", problem.message);
    db_bind_integer(insert, 1, 2);
    must(db_run(insert, &problem));
    cr_assert_eq(fixture_integer(db, "SELECT count(*) FROM t"), 2);
    db_finalize(insert);
}

Test(db_statement, changes_and_last_id_tell_of_the_last_write)
{
    must(db_exec(db, "INSERT INTO t (id, a) VALUES (40, 1), (41, 1), (42, 2)", &problem));
    cr_assert_eq(db_changes(db), 3);
    cr_assert_eq(db_last_insert_id(db), 42);
    must(db_exec(db, "UPDATE t SET a = 3 WHERE a = 1", &problem));
    cr_assert_eq(db_changes(db), 2);
    must(db_exec(db, "INSERT OR IGNORE INTO t (id) VALUES (40)", &problem));
    cr_assert_eq(db_changes(db), 0);
}

Test(db_statement, query_for_an_integer_needs_a_row)
{
    int64_t value = 17;
    cr_assert_eq(db_query_integer(db, "SELECT id FROM t", &value, &problem), STATUS_BUG);
    cr_assert(fixture_says("SELECT id FROM t"), "%s", problem.message);
    cr_assert_eq(db_query_integer(db, "SELECT nothing FROM t", &value, &problem), STATUS_IO);
    cr_assert_eq(value, 17);
    must(db_query_integer(db, "SELECT max(id) FROM t", &value, &problem));
    cr_assert_eq(value, 0, "null counts as 0");
}
