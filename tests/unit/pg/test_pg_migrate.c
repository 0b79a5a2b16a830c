#include "core/clock.h"
#include "db/migrate.h"
#include "pg_fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOW = 1746057600, RACERS = 10 };

static struct err problem;

#define must(call) cr_assert_eq((call), STATUS_OK, "%s", problem.message)

TestSuite(pg_migrate);

static int64_t integer(struct db *db, const char *sql)
{
    int64_t value = -1;
    must(db_query_integer(db, sql, &value, &problem));
    return value;
}

static int open_and_migrate(const struct pg_options *options, int gate)
{
    char byte;
    struct db *db = NULL;
    if (read(gate, &byte, 1) != 0)
        return 1;
    enum status status = pg_open(options, &db, &problem);
    if (status == STATUS_OK)
        status = migrate(db, MIGRATE_ALL, NOW, &problem);
    if (status != STATUS_OK)
        fprintf(stderr, "%s\n", problem.message);
    db_close(db);
    return status != STATUS_OK;
}

Test(pg_migrate, programs_that_start_together_make_the_schema_once)
{
    struct pg_options options = pg_fixture_options();
    pid_t pids[RACERS];
    int gate[2];
    cr_assert_eq(pipe(gate), 0);
    for (int i = 0; i < RACERS; i++) {
        pids[i] = fork();
        cr_assert_geq(pids[i], 0);
        if (pids[i] == 0) {
            close(gate[1]);
            _exit(open_and_migrate(&options, gate[0]));
        }
    }
    close(gate[0]);
    close(gate[1]); /* starts all of them */
    for (int i = 0; i < RACERS; i++) {
        int result = 1;
        cr_assert_eq(waitpid(pids[i], &result, 0), pids[i]);
        cr_expect_eq(result, 0);
    }
    struct db *db = pg_fixture_open_again();
    size_t count;
    (void)migrations_embedded(DB_POSTGRES, &count);
    cr_assert_eq(integer(db, "SELECT count(*) FROM schema_migrations"), (int64_t)count);
    db_close(db);
}

Test(pg_migrate, schema_of_a_newer_program_is_refused_unchanged)
{
    struct db *db = pg_fixture_open();
    bool current = true;
    must(migrate_check(db, MIGRATE_ALL, &current, &problem));
    cr_assert_not(current);
    must(migrate(db, MIGRATE_ALL, NOW, &problem));
    must(migrate(db, MIGRATE_ALL, NOW, &problem));
    must(migrate_check(db, MIGRATE_ALL, &current, &problem));
    cr_assert(current);
    must(db_exec(db, "INSERT INTO schema_migrations VALUES (9999, '9999_rows_future.sql', 'x', now())", &problem));
    cr_assert_eq(migrate(db, MIGRATE_ALL, NOW, &problem), STATUS_IO);
    cr_assert_not_null(strstr(problem.message, "newer"), "%s", problem.message);
    cr_assert_eq(migrate_check(db, MIGRATE_ALL, &current, &problem), STATUS_IO);
    must(db_exec(db,
                 "DELETE FROM schema_migrations WHERE number = 9999;"
                 " UPDATE schema_migrations SET checksum = 'other' WHERE number = 1",
                 &problem));
    cr_assert_eq(migrate(db, MIGRATE_ALL, NOW, &problem), STATUS_IO);
    cr_assert_not_null(strstr(problem.message, "another occuport"), "%s", problem.message);
    db_close(db);
}

Test(pg_migrate, a_file_that_fails_leaves_nothing)
{
    static const struct migration list[] = {{1, "0001_rows_a.sql", "CREATE TABLE a (x int); CREATE TABLE b (x int)"},
                                            {2, "0002_rows_b.sql", "CREATE TABLE c (x int); SELECT 1/0"}};
    struct db *db = pg_fixture_open();
    cr_assert_eq(migrate_list(db, list, 2, MIGRATE_ALL, NOW, &problem), STATUS_IO);
    cr_assert_not_null(strstr(problem.message, "migration 0002_rows_b.sql"), "%s", problem.message);
    cr_assert_not_null(strstr(problem.message, "division by zero"), "%s", problem.message);
    cr_assert_eq(integer(db, "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()"), 0);
    must(migrate_list(db, list, 1, MIGRATE_ALL, NOW, &problem));
    cr_assert_eq(integer(db, "SELECT count(*) FROM a"), 0);
    db_close(db);
}

Test(pg_migrate, a_user_without_rights_is_told_what_is_missing)
{
    char dsn[256];
    struct db *db = pg_fixture_open();
    struct pg_options options = pg_fixture_options();
    struct db *weak = NULL;
    must(db_exec(db, "DROP ROLE IF EXISTS weak; CREATE ROLE weak LOGIN", &problem));
    snprintf(dsn, sizeof dsn, "%s user=weak", getenv("OCCUPORT_TEST_POSTGRES"));
    options.dsn = dsn;
    cr_assert_eq(pg_open(&options, &weak, &problem), STATUS_IO);
    cr_assert_not_null(strstr(problem.message, "making the schema"), "%s", problem.message);
    cr_assert_not_null(strstr(problem.message, "permission denied"), "%s", problem.message);
    cr_assert_not_null(strstr(problem.message, "roles.sql"), "%s", problem.message);
    db_close(db);
}
