#include "pg_fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char schema[64];

struct pg_options pg_fixture_options(void)
{
    static int number;
    const char *dsn = getenv("OCCUPORT_TEST_POSTGRES");
    cr_assert_not_null(dsn, "run by with_postgres.sh");
    snprintf(schema, sizeof schema, "Test \"%ld\" %d", (long)getpid(), number++);
    return (struct pg_options){.dsn = dsn, .schema = schema, .application = "occuport test", .create_schema = true};
}

static struct db *open_with(const struct pg_options *options)
{
    struct db *db = NULL;
    struct err err = {0};
    cr_assert_eq(pg_open(options, &db, &err), STATUS_OK, "%s", err.message);
    return db;
}

struct db *pg_fixture_open(void)
{
    struct pg_options options = pg_fixture_options();
    return open_with(&options);
}

struct db *pg_fixture_open_again(void)
{
    struct pg_options options = {getenv("OCCUPORT_TEST_POSTGRES"), schema, "occuport test", false, false};
    return open_with(&options);
}
