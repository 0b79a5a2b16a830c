#include "db/migrate.h"
#include "fixture.h"

#include <stdio.h>
#include <string.h>

enum { NOW = 1746057600 };

TestSuite(migrate_embedded, .init = fixture_begin, .fini = fixture_end);

static void expect_numbered(enum db_kind kind)
{
    size_t count;
    const struct migration *list = migrations_embedded(kind, &count);
    cr_assert_geq(count, 1);
    int before = 0;
    for (size_t i = 0; i < count; i++) {
        char number[16];
        snprintf(number, sizeof number, "%04d_", list[i].number);
        cr_expect_gt(list[i].number, before);
        cr_expect(strncmp(list[i].name, number, strlen(number)) == 0, "%s", list[i].name);
        cr_expect(strstr(list[i].name, "_ledger_") != NULL || strstr(list[i].name, "_rows_") != NULL ||
                      (kind == DB_POSTGRES && strstr(list[i].name, "_work_") != NULL),
                  "%s", list[i].name);
        cr_expect(strstr(list[i].sql, "CREATE") != NULL || strstr(list[i].sql, "ALTER") != NULL, "%s", list[i].name);
        before = list[i].number;
    }
}

Test(migrate_embedded, files_are_numbered_upwards_and_named_by_scope)
{
    expect_numbered(DB_SQLITE);
    expect_numbered(DB_POSTGRES);
}

Test(migrate_embedded, ledger_scope_makes_the_bookkeeping_only)
{
    struct db *db = fixture_open("ledger.db", DB_CREATE);
    must(migrate(db, MIGRATE_LEDGER, NOW, &problem));
    static const char *const tables[] = {"series", "ledger_spans", "ledger_failures", "runs", "rejects", "corrections"};
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        char sql[64];
        snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", tables[i]);
        cr_expect_eq(fixture_integer(db, sql), 0);
    }
    cr_assert_eq(fixture_integer(db, "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'building_insights%'"), 0);
    db_close(db);
}

Test(migrate_embedded, whole_schema_has_a_completeness_view_that_runs)
{
    struct db *db = fixture_open("all.db", DB_CREATE);
    must(migrate(db, MIGRATE_ALL, NOW, &problem));
    cr_assert_eq(fixture_integer(db, "SELECT count(*) FROM completeness"), 0);
    fixture_expect_text(db, "SELECT group_concat(name) FROM pragma_table_info('completeness')",
                        "BUILDING_ID,SITE_ID,GROUP_ID,GRANULARITY,DATE_PARTITION,STATE,ROW_COUNT,FETCHED_AT,PROOF,"
                        "DATASET");
    db_close(db);
}

Test(migrate_embedded, database_of_a_newer_program_is_refused_unchanged)
{
    struct db *db = fixture_open("newer.db", DB_CREATE);
    must(migrate(db, MIGRATE_ALL, NOW, &problem));
    must(db_exec(db, "INSERT INTO schema_migrations VALUES (9999, '9999_rows_future.sql', 'x', '')", &problem));
    int64_t version = fixture_integer(db, "PRAGMA schema_version");
    bool current = false;
    cr_assert_eq(migrate(db, MIGRATE_ALL, NOW, &problem), STATUS_IO);
    cr_assert(fixture_says("newer") && fixture_says("9999_rows_future.sql"), "%s", problem.message);
    cr_assert_eq(migrate_check(db, MIGRATE_ALL, &current, &problem), STATUS_IO);
    cr_assert_eq(fixture_integer(db, "PRAGMA schema_version"), version);
    cr_assert_eq(fixture_integer(db, "SELECT max(number) FROM schema_migrations"), 9999);
    db_close(db);
}
