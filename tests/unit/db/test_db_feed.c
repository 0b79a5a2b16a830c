#include "fixture.h"

#include "db/feed.h"

#include <string.h>

enum { ROWS = 5 };

static struct db *db;
static int asked; /* how often a value was asked for */

TestSuite(db_feed, .init = fixture_begin, .fini = fixture_end);

/* number, a half of it, its name; the third row has no name, the fourth no half. */
static void value(const void *context, uint64_t row, int column, struct db_output *out)
{
    static const char *const names[ROWS] = {"one", "t\0o", NULL, "four", ""};
    static const size_t sizes[ROWS] = {3, 3, 0, 4, 0};
    const int64_t *first = context;
    asked++;
    cr_assert_lt(row, ROWS);
    if (column == 0)
        db_put_integer(out, *first + (int64_t)row);
    if (column == 1 && row != 3)
        db_put_real(out, ((double)*first + (double)row) / 2);
    if (column == 2 && names[row] != NULL)
        db_put_text(out, names[row], sizes[row]);
}

static int64_t first = INT64_C(9000000000000000001);
static struct db_feed feed = {.name = "feed", .column_count = 3, .context = &first, .value = value};

static struct db_statement *insert(void)
{
    struct db_statement *statement = NULL;
    db = fixture_open("feed.db", DB_CREATE);
    must(db_exec(db, "CREATE TABLE rows (mark INTEGER, number INTEGER PRIMARY KEY, half REAL, name TEXT) WITHOUT ROWID",
                 &problem));
    must(db_feed_open(db, &feed, &problem));
    must(db_prepare(db, "INSERT OR FAIL INTO rows (mark, number, half, name) SELECT ?1, c0, c1, c2 FROM feed",
                    &statement, &problem));
    return statement;
}

static void end(struct db_statement *statement)
{
    db_finalize(statement);
    db_feed_close(db, &feed);
    db_close(db);
}

Test(db_feed, every_row_arrives_as_it_was_put)
{
    struct db_statement *statement = insert();
    feed.row_count = ROWS;
    db_bind_integer(statement, 1, 7);
    must(db_run(statement, &problem));
    cr_assert_eq(db_changes(db), ROWS);
    fixture_expect_text(db, "SELECT group_concat((number - 9000000000000000000) || typeof(number)) FROM rows",
                        "1integer,2integer,3integer,4integer,5integer");
    fixture_expect_text(db, "SELECT group_concat(typeof(half)) FROM rows", "real,real,real,null,real");
    fixture_expect_text(db, "SELECT group_concat(CASE WHEN name IS NULL THEN '-' ELSE hex(name) END) FROM rows",
                        "6F6E65,74006F,-,666F7572,");
    cr_assert_eq(fixture_integer(db, "SELECT min(mark) + max(mark) FROM rows"), 14);
    end(statement);
}

Test(db_feed, statement_runs_again_with_other_rows)
{
    struct db_statement *statement = insert();
    for (int i = 0; i < 3; i++) {
        feed.row_count = (uint64_t)(i == 1 ? 0 : 2);
        must(db_run(statement, &problem));
        first += 2;
    }
    cr_assert_eq(fixture_integer(db, "SELECT count(*) FROM rows"), 4);
    cr_assert_eq(fixture_integer(db, "SELECT max(number) - min(number) FROM rows"), 5);
    end(statement);
}

Test(db_feed, row_with_a_key_that_is_there_fails_and_the_caller_can_roll_back)
{
    struct db_statement *statement = insert();
    must(db_exec(db, "INSERT INTO rows (number, name) VALUES (9000000000000000003, 'mine')", &problem));
    must(db_begin(db, &problem));
    feed.row_count = ROWS;
    cr_assert_eq(db_run(statement, &problem), STATUS_IO);
    cr_assert(fixture_says("feed.db") && fixture_says("UNIQUE"), "%s", problem.message);
    db_rollback(db);
    fixture_expect_text(db, "SELECT group_concat(name) FROM rows", "mine");
    end(statement);
}

Test(db_feed, view_of_the_file_cannot_read_it)
{
    struct db_statement *statement = insert();
    must(db_exec(db, "CREATE VIEW sly AS SELECT c0 FROM feed", &problem));
    asked = 0;
    int64_t number;
    cr_assert_neq(db_query_integer(db, "SELECT c0 FROM sly", &number, &problem), STATUS_OK);
    cr_assert_eq(asked, 0);
    end(statement);
}

Test(db_feed, closed_feed_is_no_table)
{
    end(insert());
    db = fixture_open("feed.db", DB_CREATE);
    int64_t number;
    cr_assert_neq(db_query_integer(db, "SELECT count(*) FROM feed", &number, &problem), STATUS_OK);
    db_close(db);
}
