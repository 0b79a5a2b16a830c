#include "pg_fixture.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static struct err problem;
static struct db *db;

#define must(call) cr_assert_eq((call), STATUS_OK, "%s", problem.message)

static void begin(void)
{
    db = pg_fixture_open();
}

static void end(void)
{
    db_close(db);
}

TestSuite(pg_statement, .init = begin, .fini = end);

static struct db_statement *prepare(const char *sql)
{
    struct db_statement *statement = NULL;
    must(db_prepare(db, sql, &statement, &problem));
    return statement;
}

static struct db_statement *first_row(const char *sql)
{
    struct db_statement *query = prepare(sql);
    bool row = false;
    must(db_step(query, &row, &problem));
    cr_assert(row);
    return query;
}

Test(pg_statement, values_come_back_as_they_went)
{
    static const double reals[] = {0.1, 1.0 / 3, 5e-324, 1.7976931348623157e308, -0.0, 123456789.123};
    must(db_exec(db,
                 "CREATE TABLE t (i bigint, r double precision, s text, b bytea, o boolean, d date, w timestamptz,"
                 " n numeric)",
                 &problem));
    struct db_statement *insert = prepare("INSERT INTO t VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
    struct db_statement *query = prepare("SELECT * FROM t");
    for (size_t i = 0; i < sizeof reals / sizeof reals[0]; i++) {
        bool row = false;
        must(db_exec(db, "DELETE FROM t", &problem));
        db_bind_integer(insert, 1, INT64_MIN + (int64_t)i);
        db_bind_real(insert, 2, reals[i]);
        db_bind_text(insert, 3, "B\xC3\xBCro?' \\ \"x", 8);
        db_bind_blob(insert, 4, "\0\xFF\x10", 3);
        db_bind_integer(insert, 5, i % 2);
        db_bind_string(insert, 6, "2025-05-01");
        db_bind_string(insert, 7, "2025-05-01T04:00:00Z");
        db_bind_real(insert, 8, 0.1);
        must(db_run(insert, &problem));
        cr_assert_eq(db_changes(db), 1);
        must(db_step(query, &row, &problem));
        cr_assert(row);
        cr_assert_eq(db_column_integer(query, 0), INT64_MIN + (int64_t)i);
        cr_assert_eq(db_column_type(query, 0), DB_INTEGER);
        double real = db_column_real(query, 1);
        cr_assert_eq(memcmp(&real, &reals[i], sizeof real), 0, "%.17g", real);
        cr_assert_eq(db_column_type(query, 1), DB_REAL);
        cr_assert_str_eq(db_column_text(query, 2), "B\xC3\xBCro?' ");
        cr_assert_eq(db_column_size(query, 3), 3);
        cr_assert_eq(memcmp(db_column_blob(query, 3), "\0\xFF\x10", 3), 0);
        cr_assert_eq(memcmp(db_column_blob(query, 3), "\0\xFF\x10", 3), 0, "a second look gives the same");
        cr_assert_eq(db_column_type(query, 3), DB_BLOB);
        cr_assert_eq(db_column_integer(query, 4), (int64_t)(i % 2));
        cr_assert_str_eq(db_column_text(query, 5), "2025-05-01");
        cr_assert_str_eq(db_column_text(query, 6), "2025-05-01T04:00:00Z");
        cr_assert_eq(db_column_size(query, 6), 20);
        cr_assert_str_eq(db_column_text(query, 7), "0.1");
        must(db_step(query, &row, &problem));
        cr_assert_not(row);
    }
    db_finalize(insert);
    db_finalize(query);
}

Test(pg_statement, null_is_null_and_a_sum_is_an_integer)
{
    struct db_statement *query =
        prepare("SELECT ?1::text, ?2::bytea, (SELECT sum(x) FROM (VALUES (1::bigint), (2)) v (x))");
    bool row = false;
    db_bind_string(query, 1, NULL);
    db_bind_blob(query, 2, NULL, 0);
    must(db_step(query, &row, &problem));
    cr_assert_eq(db_column_type(query, 0), DB_NULL);
    cr_assert_str_eq(db_column_text(query, 0), "");
    cr_assert_null(db_column_blob(query, 1));
    cr_assert_eq(db_column_size(query, 1), 0);
    cr_assert_eq(db_column_type(query, 2), DB_INTEGER);
    cr_assert_eq(db_column_integer(query, 2), 3);
    db_finalize(query);
}

Test(pg_statement, question_marks_in_quotes_and_comments_are_none)
{
    struct db_statement *query = prepare("SELECT '?1', 'it''s ?', \"?\", $x$?$x$, ?2::int + ?1 /* ? */ -- ?\n"
                                         "FROM (SELECT 7 AS \"?\") AS q WHERE ?::int = 9");
    bool row = false;
    db_bind_integer(query, 1, 40);
    db_bind_integer(query, 2, 2);
    db_bind_integer(query, 3, 9);
    must(db_step(query, &row, &problem));
    cr_assert(row);
    cr_assert_str_eq(db_column_text(query, 0), "?1");
    cr_assert_str_eq(db_column_text(query, 1), "it's ?");
    cr_assert_eq(db_column_integer(query, 2), 7);
    cr_assert_str_eq(db_column_text(query, 3), "?");
    cr_assert_eq(db_column_integer(query, 4), 42);
    db_finalize(query);
}

Test(pg_statement, statements_may_be_read_side_by_side_and_again)
{
    struct db_statement *outer = prepare("SELECT x FROM generate_series(1, 3) x");
    struct db_statement *inner = prepare("SELECT ?1 * 10 + x FROM generate_series(1, 2) x");
    int64_t sum = 0;
    bool row = false;
    while ((db_step(outer, &row, &problem)) == STATUS_OK && row) {
        bool more = false;
        db_bind_integer(inner, 1, db_column_integer(outer, 0));
        while (db_step(inner, &more, &problem) == STATUS_OK && more)
            sum += db_column_integer(inner, 0);
    }
    cr_assert_eq(sum, 2 * 60 + 3 * 3);
    must(db_step(outer, &row, &problem));
    db_reset(outer);
    must(db_step(outer, &row, &problem));
    cr_assert_eq(db_column_integer(outer, 0), 1);
    db_finalize(outer);
    db_finalize(inner);
}

Test(pg_statement, failures_say_the_place_and_the_server_s_words)
{
    struct db_statement *query = prepare("SELECT nothing FROM nowhere");
    bool row;
    cr_assert_eq(db_step(query, &row, &problem), STATUS_IO);
    cr_assert_not_null(strstr(problem.message, "relation \"nowhere\" does not exist"), "%s", problem.message);
    cr_assert_not_null(strstr(problem.message, db_path(db)));
    cr_assert_eq(pg_trouble(db), PG_TROUBLE_OTHER);
    db_finalize(query);
    query = prepare("SELECT ?1::text");
    db_bind_text(query, 1, "a\0b", 3);
    cr_assert_eq(db_step(query, &row, &problem), STATUS_BUG);
    db_bind_integer(query, 2, 1);
    cr_assert_eq(db_step(query, &row, &problem), STATUS_BUG);
    db_finalize(query);
    db_finalize(first_row("SELECT 1"));
    cr_assert_eq(pg_trouble(db), PG_TROUBLE_NONE);
}

Test(pg_statement, what_is_finalized_is_forgotten_by_the_server)
{
    struct db_statement *query = prepare("SELECT 1");
    must(db_run(query, &problem));
    must(db_run(query, &problem));
    must(db_run(query, &problem));
    int64_t count = 0;
    must(db_query_integer(db, "SELECT count(*) FROM pg_prepared_statements", &count, &problem));
    cr_assert_eq(count, 1, "a statement that is run again is prepared");
    db_finalize(query);
    must(db_query_integer(db, "SELECT count(*) FROM pg_prepared_statements", &count, &problem));
    cr_assert_eq(count, 0);
}
