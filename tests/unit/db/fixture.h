/*
 * What the tests of lib/db share: an empty directory as the working directory
 * of each test, and calls that must succeed.
 *
 * Life cycle: fixture_begin and fixture_end as .init and .fini of a suite.
 */
#ifndef TEST_DB_FIXTURE_H
#define TEST_DB_FIXTURE_H

#include "db/db.h"

#include <criterion/criterion.h>

/* What the calls under must() fill in. */
extern struct err problem;

/* Asserts that a call which was given &problem went well. */
#define must(call) cr_assert_eq((call), STATUS_OK, "%s", problem.message)

void fixture_begin(void);
void fixture_end(void);

/* Opens a database, which must succeed. */
struct db *fixture_open(const char *path, enum db_mode mode);

/* The one integer of a query. */
int64_t fixture_integer(struct db *db, const char *sql);

/* Asserts that the one text of a query is this. */
void fixture_expect_text(struct db *db, const char *sql, const char *want);

/* Whether a text is part of the message of problem. */
bool fixture_says(const char *part);

/*
 * Runs work in `count` processes at once, each with its number; all must return 0. They wait for each other before
 * they begin.
 */
void fixture_race(int count, int (*work)(int number));

#endif
