#include "fixture.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(db_open, .init = fixture_begin, .fini = fixture_end);

static void write_file(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file);
    cr_assert_eq(fwrite(bytes, 1, size, file), size);
    cr_assert_eq(fclose(file), 0);
}

/* Opening must fail with this, name the file, say why, and leave the output alone. */
static void refuses(const char *path, enum db_mode mode, enum status want, const char *part)
{
    struct db *untouched = (struct db *)&problem;
    struct db *db = untouched;
    cr_expect_eq(db_open(path, mode, &db, &problem), want, "%s: %s", path, problem.message);
    cr_expect_eq(problem.kind, want);
    cr_expect(fixture_says(path) && fixture_says(part), "%s", problem.message);
    cr_expect_eq(db, untouched);
}

Test(db_open, directory_cannot_be_a_database)
{
    cr_assert_eq(mkdir("folder", 0777), 0);
    refuses("folder", DB_CREATE, STATUS_CANTCREATE, "directory");
    refuses("folder", DB_READ_ONLY, STATUS_CANTCREATE, "directory");
}

Test(db_open, missing_directory_is_named)
{
    refuses("nowhere/occupancy.db", DB_CREATE, STATUS_CANTCREATE, "No such file or directory");
    refuses("nowhere/occupancy.db", DB_SCRATCH, STATUS_CANTCREATE, "No such file or directory");
}

Test(db_open, file_as_a_directory_is_refused)
{
    write_file("file", "x", 1);
    refuses("file/occupancy.db", DB_CREATE, STATUS_CANTCREATE, "file/occupancy.db");
}

Test(db_open, read_only_does_not_create)
{
    refuses("none.db", DB_READ_ONLY, STATUS_CANTCREATE, "No such file or directory");
    cr_assert_neq(access("none.db", F_OK), 0);
}

Test(db_open, file_that_is_no_database_is_refused_and_left_alone)
{
    static const char text[] = "BUILDING_ID,SITE_ID\n71,900000222\n";
    static char large[8192];
    memset(large, 'x', sizeof large);
    write_file("small.csv", text, strlen(text));
    write_file("large.csv", large, sizeof large);
    refuses("small.csv", DB_CREATE, STATUS_IO, "not a SQLite database");
    refuses("small.csv", DB_READ_ONLY, STATUS_IO, "not a SQLite database");
    refuses("large.csv", DB_CREATE, STATUS_IO, "not a SQLite database");
    struct stat info;
    char bytes[sizeof text] = "";
    FILE *file = fopen("small.csv", "rb");
    cr_assert_not_null(file);
    cr_assert_eq(fread(bytes, 1, sizeof bytes, file), strlen(text));
    cr_assert_eq(fclose(file), 0);
    cr_assert_str_eq(bytes, text);
    cr_assert(stat("large.csv", &info) == 0 && info.st_size == sizeof large);
    cr_assert_neq(access("small.csv-wal", F_OK), 0);
}

Test(db_open, damaged_database_is_refused)
{
    struct db *db = fixture_open("whole.db", DB_CREATE);
    must(db_exec(db, "CREATE TABLE t (x); INSERT INTO t VALUES (1)", &problem));
    db_close(db);
    char bytes[4096];
    FILE *file = fopen("whole.db", "rb");
    cr_assert_not_null(file);
    cr_assert_eq(fread(bytes, 1, sizeof bytes, file), sizeof bytes);
    cr_assert_eq(fclose(file), 0);
    memset(bytes + 100, 0xFF, 64); /* the head of the schema's page */
    write_file("damaged.db", bytes, sizeof bytes);
    refuses("damaged.db", DB_CREATE, STATUS_IO, "malformed");
}

Test(db_open, empty_file_becomes_a_database)
{
    write_file("empty.db", "", 0);
    struct db *db = fixture_open("empty.db", DB_CREATE);
    cr_assert_str_eq(db_path(db), "empty.db");
    must(db_exec(db, "CREATE TABLE t (x)", &problem));
    db_close(db);
}

Test(db_open, writers_use_wal_and_sync_every_commit)
{
    struct db *db = fixture_open("durable.db", DB_CREATE);
    fixture_expect_text(db, "PRAGMA journal_mode", "wal");
    cr_assert_eq(fixture_integer(db, "PRAGMA synchronous"), 2);
    cr_assert_eq(fixture_integer(db, "PRAGMA busy_timeout"), DB_BUSY_TIMEOUT_MS);
    db_close(db);
}

Test(db_open, scratch_is_wal_without_a_sync_a_commit)
{
    struct db *db = fixture_open("scratch.db", DB_SCRATCH);
    fixture_expect_text(db, "PRAGMA journal_mode", "wal");
    cr_assert_eq(fixture_integer(db, "PRAGMA synchronous"), 1);
    db_close(db);
}

Test(db_open, read_only_refuses_to_write)
{
    struct db *db = fixture_open("kept.db", DB_CREATE);
    must(db_exec(db, "CREATE TABLE t (x); INSERT INTO t VALUES (7)", &problem));
    db_close(db);
    db = fixture_open("kept.db", DB_READ_ONLY);
    cr_assert_eq(fixture_integer(db, "SELECT x FROM t"), 7);
    cr_assert_eq(db_exec(db, "INSERT INTO t VALUES (8)", &problem), STATUS_IO);
    cr_assert(fixture_says("kept.db") && fixture_says("may not be written"), "%s", problem.message);
    cr_assert_eq(fixture_integer(db, "SELECT count(*) FROM t"), 1);
    db_close(db);
}

Test(db_open, memory_database_is_accepted)
{
    struct db *db = fixture_open(":memory:", DB_CREATE);
    must(db_exec(db, "CREATE TABLE t (x)", &problem));
    cr_assert_eq(fixture_integer(db, "SELECT count(*) FROM t"), 0);
    db_close(db);
    cr_assert_neq(access(":memory:", F_OK), 0);
}

Test(db_open, closing_nothing_is_fine)
{
    db_close(NULL);
    db_finalize(NULL);
}

static int open_and_write(int number)
{
    struct db *db;
    struct err err;
    char sql[64];
    snprintf(sql, sizeof sql, "INSERT INTO t VALUES (%d)", number);
    bool done = db_open("raced.db", DB_CREATE, &db, &err) == STATUS_OK && db_begin(db, &err) == STATUS_OK &&
                db_exec(db, "CREATE TABLE IF NOT EXISTS t (x)", &err) == STATUS_OK &&
                db_exec(db, sql, &err) == STATUS_OK && db_commit(db, &err) == STATUS_OK;
    if (!done) {
        fprintf(stderr, "process %d: %s\n", number, err.message);
        return 1;
    }
    db_close(db);
    return 0;
}

Test(db_open, processes_that_create_one_database_at_once_all_succeed)
{
    enum { RACERS = 6, ROUNDS = 3 };
    for (int round = 0; round < ROUNDS; round++) {
        fixture_race(RACERS, open_and_write);
        struct db *db = fixture_open("raced.db", DB_READ_ONLY);
        cr_assert_eq(fixture_integer(db, "SELECT count(DISTINCT x) FROM t"), RACERS);
        db_close(db);
        cr_assert_eq(unlink("raced.db"), 0);
        unlink("raced.db-wal");
        unlink("raced.db-shm");
    }
}
