#include "pg/copy.h"
#include "pg_fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct err problem;
static struct db *db;

#define must(call) cr_assert_eq((call), STATUS_OK, "%s", problem.message)

static void begin(void)
{
    db = pg_fixture_open();
    must(db_exec(db, "CREATE TABLE t (a boolean, b smallint, c integer, d bigint, e double precision, f text, g jsonb)",
                 &problem));
}

static void end(void)
{
    db_close(db);
}

TestSuite(pg_copy, .init = begin, .fini = end);

static int64_t integer(const char *sql)
{
    int64_t value = -1;
    must(db_query_integer(db, sql, &value, &problem));
    return value;
}

Test(pg_copy, each_type_arrives)
{
    struct pg_copy *copy = NULL;
    uint64_t rows = 0;
    must(db_begin(db, &problem));
    must(pg_copy_begin(db, "COPY t FROM STDIN (FORMAT binary)", &copy, &problem));
    pg_copy_row(copy, 7);
    pg_copy_bool(copy, true);
    pg_copy_int2(copy, -2);
    pg_copy_int4(copy, INT32_MIN);
    pg_copy_int8(copy, INT64_MAX);
    pg_copy_float8(copy, 0.1);
    pg_copy_text(copy, "B\xC3\xBCro", 5);
    pg_copy_jsonb(copy, "{\"a\": 1}", 8);
    pg_copy_row(copy, 7);
    for (int i = 0; i < 7; i++)
        pg_copy_null(copy);
    must(pg_copy_end(copy, &rows, &problem));
    cr_assert_eq(rows, 2);
    must(db_commit(db, &problem));
    cr_assert_eq(integer("SELECT count(*) FROM t WHERE a AND b = -2 AND c = -2147483648 AND d = 9223372036854775807"
                         " AND e = 0.1::double precision AND f = U&'B\\00FCro' AND g->>'a' = '1'"),
                 1);
    cr_assert_eq(integer("SELECT count(*) FROM t WHERE a IS NULL AND g IS NULL"), 1);
}

Test(pg_copy, many_rows_and_a_long_value)
{
    struct pg_copy *copy = NULL;
    uint64_t rows = 0;
    size_t size = 3 * PG_COPY_BYTES;
    char *text = malloc(size);
    cr_assert_not_null(text);
    memset(text, 'x', size);
    must(pg_copy_begin(db, "COPY t (d, f) FROM STDIN (FORMAT binary)", &copy, &problem));
    for (int i = 0; i < 100000; i++) {
        pg_copy_row(copy, 2);
        pg_copy_int8(copy, i);
        pg_copy_text(copy, text, i == 50000 ? size : (size_t)(i % 13));
    }
    must(pg_copy_end(copy, &rows, &problem));
    free(text);
    cr_assert_eq(rows, 100000);
    cr_assert_eq(integer("SELECT sum(d) FROM t"), 4999950000);
    cr_assert_eq(integer("SELECT max(length(f)) FROM t"), (int64_t)size);
}

Test(pg_copy, a_refused_row_is_told_at_the_end_and_the_connection_goes_on)
{
    struct pg_copy *copy = NULL;
    must(db_begin(db, &problem));
    must(pg_copy_begin(db, "COPY t (d, f) FROM STDIN (FORMAT binary)", &copy, &problem));
    for (int i = 0; i < 200000; i++) {
        pg_copy_row(copy, 2);
        pg_copy_int8(copy, i);
        pg_copy_text(copy, i == 10 ? "\xFF" : "x", 1);
    }
    cr_assert_eq(pg_copy_end(copy, NULL, &problem), STATUS_IO);
    cr_assert_not_null(strstr(problem.message, "invalid byte sequence"), "%s", problem.message);
    cr_assert_neq(db_commit(db, &problem), STATUS_OK);
    db_rollback(db);
    cr_assert_eq(integer("SELECT count(*) FROM t"), 0);
    cr_assert_neq(pg_copy_begin(db, "COPY nowhere FROM STDIN (FORMAT binary)", &copy, &problem), STATUS_OK);
}

Test(pg_copy, a_connection_that_is_lost_in_the_middle)
{
    struct pg_copy *copy = NULL;
    int64_t pid = integer("SELECT pg_backend_pid()");
    struct db *other = pg_fixture_open_again();
    char sql[100];
    snprintf(sql, sizeof sql, "SELECT pg_terminate_backend(%lld, 5000)", (long long)pid);
    must(db_begin(db, &problem));
    must(pg_copy_begin(db, "COPY t (d, f) FROM STDIN (FORMAT binary)", &copy, &problem));
    for (int i = 0; i < 300000; i++) {
        pg_copy_row(copy, 2);
        pg_copy_int8(copy, i);
        pg_copy_text(copy, "x", 1);
        if (i == 100000)
            must(db_exec(other, sql, &problem));
    }
    cr_assert_eq(pg_copy_end(copy, NULL, &problem), STATUS_IO);
    cr_assert_eq(pg_trouble(db), PG_TROUBLE_LOST, "%s", problem.message);
    db_rollback(db);
    must(pg_reconnect(db, &problem));
    cr_assert_eq(integer("SELECT count(*) FROM t"), 0);
    db_close(other);
}
