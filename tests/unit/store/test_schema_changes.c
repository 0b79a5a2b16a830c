#include "store/schema_changes.h"

#include "fixture.h"

#include <stdio.h>
#include <string.h>

TestSuite(schema_changes, .init = fixture_begin, .fini = fixture_end);

static char told[1024];

static void tell(const void *context, const struct schema_change *change)
{
    (void)context;
    snprintf(told + strlen(told), sizeof told - strlen(told), "%d %s %s %s;", (int)change->kind, change->name,
             change->from != NULL ? change->from : "-", change->to != NULL ? change->to : "-");
}

static void see(const char *dataset, const struct schema_known *columns, size_t count)
{
    struct schema_sighting sighting = {"r1", NOW, dataset, count, columns};
    told[0] = '\0';
    must(schema_changes_note(db, &sighting, tell, NULL, &problem));
}

static const struct schema_known two[] = {{"MEAN", "Float"}, {"MAX", "Int"}};

#define CHANGES                                                                                                        \
    "SELECT column_name || ' ' || change || ' ' || coalesce(from_type, '-') || ' ' || coalesce(to_type, '-')"          \
    " FROM schema_changes ORDER BY change_id"

Test(schema_changes, the_first_sighting_is_written_down_and_not_told)
{
    see("a", two, 2);
    cr_expect_str_eq(told, "");
    fixture_expect_lines(CHANGES, "MEAN added - Float\nMAX added - Int\n");
    fixture_expect_lines("SELECT seen_at || run_id || dataset FROM schema_changes LIMIT 1",
                         "2025-05-01T00:00:00Zr1a\n");
}

Test(schema_changes, the_same_columns_in_another_order_change_nothing)
{
    static const struct schema_known turned[] = {{"MAX", "Int"}, {"MEAN", "Float"}};
    see("a", two, 2);
    see("a", turned, 2);
    cr_expect_str_eq(told, "");
    cr_expect_eq(fixture_integer("SELECT count(*) FROM schema_changes"), 2);
}

Test(schema_changes, new_gone_and_changed_columns_are_told_and_written)
{
    static const struct schema_known later[] = {{"NEW", "String"}, {"MAX", "String"}};
    see("a", two, 2);
    see("a", later, 2);
    cr_expect_str_eq(told, "0 NEW - String;2 MAX Int String;1 MEAN Float -;");
    fixture_expect_lines(CHANGES " LIMIT 100 OFFSET 2", "NEW added - String\nMAX type Int String\nMEAN gone Float -\n");
    see("a", later, 2);
    cr_expect_str_eq(told, "");
}

Test(schema_changes, a_column_that_comes_back_is_added_again)
{
    see("a", two, 2);
    see("a", two, 1);
    see("a", two, 2);
    cr_expect_str_eq(told, "0 MAX - Int;");
}

Test(schema_changes, what_is_known_is_the_last_state_in_the_order_of_the_first)
{
    static const struct schema_known later[] = {{"NEW", "String"}, {"MAX", "String"}, {"MEAN", "Float"}};
    struct arena arena = {0};
    const struct schema_known *known;
    size_t count = 7;
    must(schema_changes_read(db, "a", &arena, &known, &count, &problem));
    cr_expect_eq(count, 0);
    see("a", two, 2);
    see("a", later, 3);
    see("a", later, 2);
    must(schema_changes_read(db, "a", &arena, &known, &count, &problem));
    cr_assert_eq(count, 2);
    cr_expect_str_eq(known[0].name, "MAX");
    cr_expect_str_eq(known[0].type, "String");
    cr_expect_str_eq(known[1].name, "NEW");
    arena_release(&arena);
}

Test(schema_changes, datasets_do_not_meet)
{
    see("a", two, 2);
    see("b", two, 1);
    cr_expect_str_eq(told, "");
    see("a", two, 2);
    cr_expect_str_eq(told, "");
}

Test(schema_changes, a_database_that_cannot_be_written_is_a_failure)
{
    struct schema_sighting sighting = {"r1", NOW, "a", 2, two};
    fixture_exec(fixture_is_postgres() ? "SET default_transaction_read_only = on" : "PRAGMA query_only = 1");
    cr_expect_eq(schema_changes_note(db, &sighting, NULL, NULL, &problem), STATUS_IO);
    fixture_exec(fixture_is_postgres() ? "SET default_transaction_read_only = off" : "PRAGMA query_only = 0");
    fixture_exec("DROP TABLE schema_changes");
    cr_expect_eq(schema_changes_note(db, &sighting, NULL, NULL, &problem), STATUS_IO);
}
