/* What does not fit together restarts the unit and fails it in the end; what is broken leaves the pager alone. */
#include "pager_table.h"

#include <criterion/criterion.h>
#include <string.h>

/* Feeds the same contradiction until the pager gives up, and what it then says. */
#define EXPECT_GIVES_UP(table, reason, ...)                                                                            \
    do {                                                                                                               \
        enum pager_step step = PAGER_ASK;                                                                              \
        for (int attempt = 0; attempt <= PAGER_RESTARTS_MAX; attempt++) {                                              \
            cr_assert_eq(step, PAGER_ASK);                                                                             \
            cr_expect_eq((table)->pager.restarts, attempt);                                                            \
            cr_expect_eq((table)->pager.batch.row_count, 0u);                                                          \
            cr_expect_not((table)->pager.has_after);                                                                   \
            __VA_ARGS__;                                                                                               \
        }                                                                                                              \
        cr_expect_eq(step, PAGER_FAIL);                                                                                \
        cr_expect_eq((table)->err.kind, STATUS_INCOMPLETE);                                                            \
        cr_expect(strstr((table)->err.message, reason) != NULL, "%s", (table)->err.message);                           \
        cr_expect_eq((table)->evidence.longest_page, learned.longest_page);                                            \
        cr_expect_eq((table)->evidence.largest_count, learned.largest_count);                                          \
    } while (0)

Test(pager_contradictions, rows_missing_from_the_count_after_an_empty_page)
{
    struct table table;
    struct pager_evidence learned = {.longest_page = 24, .largest_count = 25};
    table_init(&table, fixture_single());
    EXPECT_GIVES_UP(&table, "the count is 25", {
        table_hours(&table, 0, 0, 24);
        cr_assert_eq(table_feed(&table, 25), PAGER_ASK);
        step = table_feed(&table, 25);
    });
    table_release(&table);
}

Test(pager_contradictions, an_empty_first_page_with_a_count)
{
    struct table table;
    struct pager_evidence learned = {0};
    table_init(&table, fixture_single());
    EXPECT_GIVES_UP(&table, "the count is 1", step = table_feed(&table, 1));
    table_release(&table);
}

/* To ask again would bring the same. */
Test(pager_contradictions, an_hour_that_comes_twice_fails_at_once)
{
    struct coverage_building building = {.id = 71};
    struct zone *zone = NULL;
    struct table table;
    struct err err = {0};
    cr_assert_eq(zone_load("Europe/Berlin", &zone, &err), STATUS_OK);
    building.zone = zone;
    table_init(&table, fixture_single());
    table.unit.building = &building;
    table.unit.days = (struct day_range){civil_day_from_date((struct civil_date){2025, 10, 26}),
                                         civil_day_from_date((struct civil_date){2025, 10, 27})};
    table_again(&table);
    table_hours(&table, 0, 2, 3);
    table_hours(&table, 0, 2, 3);
    cr_expect_eq(table_feed(&table, 2), PAGER_FAIL);
    cr_expect_eq(table.err.kind, STATUS_INCOMPLETE);
    cr_expect_not_null(strstr(table.err.message, "02:00, which comes twice on that day, since the clocks of Europe/"),
                       "%s", table.err.message);
    cr_expect_eq(table.pager.restarts, 0);
    table_release(&table);
    zone_free(zone);
}

Test(pager_contradictions, rows_beside_a_count_of_zero)
{
    struct table table;
    struct pager_evidence learned = {0};
    table_init(&table, fixture_single());
    EXPECT_GIVES_UP(&table, "more than the count of 0", {
        table_hours(&table, 0, 0, 1);
        step = table_feed(&table, 0);
    });
    table_release(&table);
}

Test(pager_contradictions, more_rows_than_a_count_beyond_suspicion)
{
    struct table table;
    struct pager_evidence learned = {.longest_page = 50, .largest_count = 0};
    table_init(&table, fixture_single());
    table.evidence = learned;
    EXPECT_GIVES_UP(&table, "more than the count of 23", {
        table_hours(&table, 0, 0, 24);
        step = table_feed(&table, 23);
    });
    table_release(&table);
}

Test(pager_contradictions, a_count_that_changes_between_pages)
{
    struct table table;
    struct pager_evidence learned = {.longest_page = 10, .largest_count = 24};
    table_init(&table, fixture_single());
    EXPECT_GIVES_UP(&table, "changed from 24 to 25", {
        table_hours(&table, 0, 0, 10);
        cr_assert_eq(table_feed(&table, 24), PAGER_ASK);
        table_hours(&table, 0, 10, 24);
        step = table_feed(&table, 25);
    });
    table_release(&table);
}

Test(pager_contradictions, the_same_page_again)
{
    struct table table;
    struct pager_evidence learned = {.longest_page = 24, .largest_count = 0};
    table_init(&table, fixture_single());
    EXPECT_GIVES_UP(&table, "do not lie behind", {
        table_hours(&table, 0, 0, 24);
        cr_assert_eq(table_feed(&table, -1), PAGER_ASK);
        table_hours(&table, 0, 0, 24);
        step = table_feed(&table, -1);
    });
    table_release(&table);
}

Test(pager_contradictions, a_row_before_the_key_among_later_ones)
{
    struct table table;
    struct pager_evidence learned = {.longest_page = 25, .largest_count = 0};
    table_init(&table, fixture_unit());
    EXPECT_GIVES_UP(&table, "do not lie behind", {
        table_hours(&table, 0, 0, 24);
        table_hours(&table, 1, 0, 1);
        cr_assert_eq(table_feed(&table, -1), PAGER_ASK);
        table_hours(&table, 1, 0, 24);
        table_hours(&table, 0, 23, 24);
        step = table_feed(&table, -1);
    });
    table_release(&table);
}

Test(pager_contradictions, one_key_with_two_values)
{
    struct table table;
    struct pager_evidence learned = {.longest_page = 90, .largest_count = 0};
    table_init(&table, fixture_single());
    table.evidence = learned;
    EXPECT_GIVES_UP(&table, "same key and different values", {
        fixture_row(&table.rows, 20250501, 9, GROUP_A, "\"2025-05-01 00:00:00\"", "7");
        table_hours(&table, 0, 0, 24);
        step = table_feed(&table, 25);
    });
    table_release(&table);
}

Test(pager_contradictions, a_page_out_of_order_that_must_be_read_on_from)
{
    struct table table;
    struct pager_evidence learned = {0};
    table_init(&table, fixture_unit());
    EXPECT_GIVES_UP(&table, "not in the order asked for", {
        table_hours(&table, 1, 0, 3);
        table_hours(&table, 0, 0, 3);
        step = table_feed(&table, 100);
    });
    table_release(&table);
}

Test(pager_contradictions, a_unit_may_come_right_after_a_restart)
{
    struct table table;
    table_init(&table, fixture_single());
    table_hours(&table, 0, 0, 10);
    cr_assert_eq(table_feed(&table, 23), PAGER_ASK);
    table_hours(&table, 0, 10, 24);
    cr_assert_eq(table_feed(&table, 24), PAGER_ASK);
    table_hours(&table, 0, 0, 24);
    cr_assert_eq(table_feed(&table, 24), PAGER_ASK);
    cr_assert_eq(table_feed(&table, 24), PAGER_DONE);
    cr_expect_eq(table.pager.batch.row_count, 24u);
    cr_expect_eq(table.pager.restarts, 1);
    table_release(&table);
}

Test(pager_contradictions, a_page_without_any_readable_key_cannot_be_read_on_from)
{
    struct table table;
    table_init(&table, fixture_single());
    table_raw(&table, "{},{\"x\":1}");
    cr_expect_eq(table_feed(&table, -1), PAGER_FAIL);
    cr_expect_eq(table.err.kind, STATUS_INCOMPLETE);
    table_release(&table);
}

Test(pager_contradictions, a_bad_answer_leaves_the_pager_as_it_was)
{
    static const char *const bodies[] = {"", "{\"data\":{}}", "<html>",
                                         "{\"data\":{\"BUILDING_INSIGHTS\":[{\"BUILDING_ID\":71}],"};
    struct table table;
    table_init(&table, fixture_unit());
    table_hours(&table, 0, 0, 24);
    table_hours(&table, 1, 0, 4);
    cr_assert_eq(table_feed(&table, 48), PAGER_ASK);
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        struct err err = {0};
        cr_expect_eq(pager_feed(&table.pager, bodies[i], strlen(bodies[i]), &err), PAGER_FAIL);
        cr_expect_eq(err.kind, STATUS_BAD_ANSWER);
        cr_expect_eq(table.pager.batch.row_count, 24u);
        cr_expect_eq(table.pager.batch.received, 24u);
        cr_expect_eq(table.pager.pages, 1u);
        cr_expect_eq(table.evidence.longest_page, 28u);
    }
    table_hours(&table, 1, 0, 24);
    cr_expect_eq(table_feed(&table, 48), PAGER_DONE);
    cr_expect_eq(table.pager.batch.row_count, 48u);
    table_release(&table);
}

Test(pager_contradictions, a_unit_that_does_not_fit_its_batch_is_too_large)
{
    struct table table;
    table_init(&table, fixture_single());
    table.options.batch_max = 200 * 1024;
    table_again(&table);
    for (int i = 0; i < 1500; i++)
        fixture_row(&table.rows, 20250501, 9, GROUP_A, "\"2025-05-01 00:00:00\"", "\"a text to fill the memory\"");
    cr_expect_eq(table_feed(&table, -1), PAGER_FAIL);
    cr_expect_eq(table.err.kind, STATUS_TOO_LARGE, "%s", table.err.message);
    cr_expect_eq(table.pager.batch.row_count, 0u);
    cr_expect_eq(table.evidence.longest_page, 0u);
    table_release(&table);
}

Test(pager_contradictions, so_many_rejects_that_some_are_dropped_leave_the_count_out_of_account)
{
    struct table table;
    table_init(&table, fixture_single());
    table.options.page_size = 5000;
    table.evidence.longest_page = 4000;
    for (int i = 0; i < BATCH_REJECTS_MAX + 10; i++)
        table_raw(&table, "{}");
    cr_expect_eq(table_feed(&table, 7), PAGER_DONE);
    cr_expect_eq(table.pager.proof, PROOF_SHORT_PAGE);
    table_release(&table);
}
