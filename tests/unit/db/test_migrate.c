#include "db/migrate.h"
#include "fixture.h"

#include <stdio.h>
#include <string.h>

enum { NOW = 1746057600 };

static const struct migration files[] = {
    {1, "0001_ledger_first.sql", "CREATE TABLE first (x); INSERT INTO first VALUES (1)"},
    {2, "0002_rows_second.sql", "CREATE TABLE second (x); INSERT INTO first VALUES (2)"},
    {3, "0003_ledger_third.sql", "CREATE TABLE third (x); INSERT INTO first VALUES (3)"},
};

TestSuite(migrate, .init = fixture_begin, .fini = fixture_end);

static enum status apply(struct db *db, const struct migration *list, size_t count, enum migrate_scope scope)
{
    return migrate_list(db, list, count, scope, NOW, &problem);
}

static bool has_table(struct db *db, const char *name)
{
    char sql[128];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = '%s'", name);
    return fixture_integer(db, sql) == 1;
}

static struct db *open_at(size_t count, enum migrate_scope scope)
{
    struct db *db = fixture_open("migrated.db", DB_CREATE);
    must(apply(db, files, count, scope));
    return db;
}

Test(migrate, files_are_applied_in_order_and_recorded)
{
    struct db *db = open_at(3, MIGRATE_ALL);
    fixture_expect_text(db, "SELECT group_concat(x) FROM first", "1,2,3");
    cr_assert(has_table(db, "second") && has_table(db, "third"));
    fixture_expect_text(db, "SELECT group_concat(number || ' ' || name, ', ') FROM schema_migrations",
                        "1 0001_ledger_first.sql, 2 0002_rows_second.sql, 3 0003_ledger_third.sql");
    cr_assert_eq(fixture_integer(db, "SELECT count(DISTINCT checksum) FROM schema_migrations"), 3);
    fixture_expect_text(db, "SELECT DISTINCT applied_at FROM schema_migrations", "2025-05-01T00:00:00Z");
    cr_assert_not(db_in_transaction(db));
    db_close(db);
}

Test(migrate, second_time_does_not_even_take_the_write_lock)
{
    struct db *db = open_at(3, MIGRATE_ALL);
    struct db *writer = fixture_open("migrated.db", DB_CREATE);
    must(db_begin(writer, &problem));
    must(db_exec(db, "PRAGMA busy_timeout=0", &problem));
    must(apply(db, files, 3, MIGRATE_ALL));
    must(apply(db, files, 3, MIGRATE_LEDGER));
    db_close(writer);
    cr_assert_eq(fixture_integer(db, "SELECT count(*) FROM first"), 3);
    db_close(db);
}

Test(migrate, new_files_are_added_to_an_old_database)
{
    struct db *db = open_at(1, MIGRATE_ALL);
    cr_assert_not(has_table(db, "second"));
    must(apply(db, files, 3, MIGRATE_ALL));
    fixture_expect_text(db, "SELECT group_concat(x) FROM first", "1,2,3");
    db_close(db);
}

Test(migrate, edited_file_is_refused_and_nothing_changes)
{
    struct db *db = open_at(2, MIGRATE_ALL);
    struct migration edited[3];
    memcpy(edited, files, sizeof files);
    edited[1].sql = "CREATE TABLE second (x, y); INSERT INTO first VALUES (2)";
    cr_assert_eq(apply(db, edited, 3, MIGRATE_ALL), STATUS_IO);
    cr_assert(fixture_says("migrated.db") && fixture_says("0002_rows_second.sql"), "%s", problem.message);
    cr_assert_not(has_table(db, "third"));
    cr_assert_eq(fixture_integer(db, "SELECT max(number) FROM schema_migrations"), 2);
    cr_assert_not(db_in_transaction(db));
    db_close(db);
}

Test(migrate, newer_database_is_refused_and_nothing_changes)
{
    struct db *db = open_at(3, MIGRATE_ALL);
    cr_assert_eq(apply(db, files, 2, MIGRATE_ALL), STATUS_IO);
    cr_assert(fixture_says("newer") && fixture_says("0003_ledger_third.sql"), "%s", problem.message);
    cr_assert_eq(fixture_integer(db, "SELECT max(number) FROM schema_migrations"), 3);
    db_close(db);
}

Test(migrate, failing_file_undoes_all_files_of_the_call)
{
    static const struct migration broken[] = {
        {1, "0001_ledger_good.sql", "CREATE TABLE good (x)"},
        {2, "0002_rows_broken.sql", "CREATE TABLE half (x); INSERT INTO nowhere VALUES (1)"},
    };
    struct db *db = fixture_open("broken.db", DB_CREATE);
    cr_assert_eq(apply(db, broken, 2, MIGRATE_ALL), STATUS_IO);
    cr_assert(fixture_says("0002_rows_broken.sql") && fixture_says("no such table"), "%s", problem.message);
    cr_assert_eq(fixture_integer(db, "SELECT count(*) FROM sqlite_schema"), 0);
    cr_assert_not(db_in_transaction(db));
    must(apply(db, broken, 1, MIGRATE_ALL));
    cr_assert(has_table(db, "good"));
    db_close(db);
}

Test(migrate, ledger_scope_leaves_the_rows_out)
{
    struct db *db = open_at(3, MIGRATE_LEDGER);
    fixture_expect_text(db, "SELECT group_concat(x) FROM first", "1,3");
    cr_assert_not(has_table(db, "second"));
    must(apply(db, files, 3, MIGRATE_LEDGER));
    cr_assert_eq(fixture_integer(db, "SELECT count(*) FROM first"), 2);
    db_close(db);
}

Test(migrate, rows_are_added_to_a_ledger_even_behind_a_later_ledger_file)
{
    struct db *db = open_at(3, MIGRATE_LEDGER);
    must(apply(db, files, 3, MIGRATE_ALL));
    cr_assert(has_table(db, "second"));
    fixture_expect_text(db, "SELECT group_concat(x) FROM first", "1,3,2");
    must(apply(db, files, 3, MIGRATE_ALL));
    cr_assert_eq(fixture_integer(db, "SELECT count(*) FROM first"), 3);
    db_close(db);
}

static int apply_in_a_process(int number)
{
    struct db *db;
    struct err err;
    bool done = db_open("raced.db", DB_CREATE, &db, &err) == STATUS_OK &&
                migrate_list(db, files, 3, MIGRATE_ALL, NOW, &err) == STATUS_OK;
    if (!done) {
        fprintf(stderr, "process %d: %s\n", number, err.message);
        return 1;
    }
    db_close(db);
    return 0;
}

Test(migrate, processes_that_start_at_once_apply_each_file_once)
{
    fixture_race(8, apply_in_a_process);
    struct db *db = fixture_open("raced.db", DB_READ_ONLY);
    fixture_expect_text(db, "SELECT group_concat(x) FROM first", "1,2,3");
    db_close(db);
}

Test(migrate, check_fails_for_another_checksum_and_changes_nothing)
{
    struct db *db = fixture_open("embedded.db", DB_CREATE);
    bool current = true;
    must(migrate_check(db, MIGRATE_LEDGER, &current, &problem));
    cr_assert_not(current, "nothing was applied");
    cr_assert_eq(fixture_integer(db, "SELECT count(*) FROM sqlite_schema"), 0);
    must(migrate(db, MIGRATE_LEDGER, NOW, &problem));
    must(migrate_check(db, MIGRATE_LEDGER, &current, &problem));
    cr_assert(current);
    must(migrate_check(db, MIGRATE_ALL, &current, &problem));
    cr_assert_not(current, "the rows are not there");
    must(db_exec(db, "UPDATE schema_migrations SET checksum = 'x' WHERE number = 1", &problem));
    current = true;
    cr_assert_eq(migrate_check(db, MIGRATE_LEDGER, &current, &problem), STATUS_IO);
    cr_assert(current, "the output is untouched");
    db_close(db);
}
