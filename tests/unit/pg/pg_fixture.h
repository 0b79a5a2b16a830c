/*
 * What the tests on PostgreSQL share: a connection to the server that with_postgres.sh started, with a schema of its
 * own for each test.
 */
#ifndef TEST_PG_FIXTURE_H
#define TEST_PG_FIXTURE_H

#include "pg/pg.h"

/* The options of a schema that no other test has; the texts live until the next call. */
struct pg_options pg_fixture_options(void);

/* Opens it, new and empty; must succeed. */
struct db *pg_fixture_open(void);

/* A further connection to the schema of the last pg_fixture_options. */
struct db *pg_fixture_open_again(void);

#endif
