#include "pg/copy.h"
#include "pg/pg.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(pg_absent);

Test(pg_absent, every_door_is_closed_with_the_same_words)
{
    const struct pg_options options = {.dsn = "host=x password=s3cret", .schema = "occuport"};
    struct db *db = NULL;
    struct pg_copy *copy = NULL;
    struct err problem[4];
    cr_assert_eq(pg_open(&options, &db, &problem[0]), STATUS_CANTCREATE);
    cr_assert_eq(pg_reconnect(NULL, &problem[1]), STATUS_CANTCREATE);
    cr_assert_eq(pg_copy_begin(NULL, "COPY t FROM STDIN", &copy, &problem[2]), STATUS_CANTCREATE);
    cr_assert_eq(pg_copy_end(NULL, NULL, &problem[3]), STATUS_CANTCREATE);
    cr_assert(db == NULL && copy == NULL);
    for (int i = 0; i < 4; i++) {
        cr_expect_not_null(strstr(problem[i].message, "built without PostgreSQL"), "%s", problem[i].message);
        cr_expect_not_null(strstr(problem[i].message, "libpq-dev"), "%s", problem[i].message);
    }
}
