/*
 * What the tests of lib/store share: an empty directory as the working
 * directory of each test, a migrated database (in memory, or a schema of a PostgreSQL), dice, and calls that must
 * succeed.
 *
 * Life cycle: fixture_begin and fixture_end as .init and .fini of a suite.
 */
#ifndef TEST_STORE_FIXTURE_H
#define TEST_STORE_FIXTURE_H

#include "core/civil.h"
#include "db/db.h"

#include <criterion/criterion.h>

enum {
    MAY_DAY = 20209, /* the civil day 2025-05-01 */
    NOW = 1746057600 /* its first instant in UTC */
};

/* What the calls under must() fill in. */
extern struct err problem;

/* Asserts that a call which was given &problem went well. */
#define must(call) cr_assert_eq((call), STATUS_OK, "%s", problem.message)

/* The database of the test: all migrations, in memory. */
extern struct db *db;

void fixture_begin(void);
void fixture_end(void);

/* Whether the tests are run on PostgreSQL (tests/unit/pg/with_postgres.sh), not on SQLite. */
bool fixture_is_postgres(void);

/*
 * A database, which the caller closes. With PostgreSQL the path says nothing: DB_CREATE is a new schema without tables,
 * the others are the one that was made last.
 */
struct db *fixture_open(const char *path, enum db_mode mode);

/* Runs statements. */
void fixture_exec(const char *sql);

/* The one integer of a query. */
int64_t fixture_integer(const char *sql);

/* Asserts that the texts of a query of one column are these lines, each ended by a newline. */
void fixture_expect_lines(const char *sql, const char *want);

/* Whether a text is part of the message of problem. */
bool fixture_says(const char *part);

/* xorshift64*: the same numbers on every machine. */
struct dice {
    uint64_t state;
};

struct dice dice_make(uint64_t seed);
uint32_t dice_below(struct dice *dice, uint32_t bound);

#endif
