/* What proves a unit complete, and what does not yet. */
#include "pager_table.h"

#include <criterion/criterion.h>
#include <string.h>

static void expect_done(struct table *table, enum pager_step step, enum pager_proof proof, size_t rows)
{
    cr_assert_eq(step, PAGER_DONE, "%s", table->err.message);
    cr_expect_eq(table->pager.proof, proof, "%s", pager_proof_name(table->pager.proof));
    cr_expect_eq(table->pager.batch.row_count, rows);
    cr_expect_eq(table->pager.restarts, 0);
}

Test(pager, an_empty_first_page_is_proof)
{
    struct table table;
    table_init(&table, fixture_unit());
    expect_done(&table, table_feed(&table, 0), PROOF_EMPTY_PAGE, 0);
    table_again(&table);
    expect_done(&table, table_feed(&table, -1), PROOF_EMPTY_PAGE, 0);
    table_release(&table);
}

Test(pager, a_page_shorter_than_asked_is_no_proof_alone)
{
    struct table table;
    table_init(&table, fixture_single());
    table_hours(&table, 0, 0, 24);
    cr_expect_eq(table_feed(&table, -1), PAGER_ASK);
    struct page_query query;
    pager_query(&table.pager, &query);
    cr_assert_not_null(query.after);
    cr_expect_str_eq(query.after->start, "2025-05-01 23:00:00");
    expect_done(&table, table_feed(&table, -1), PROOF_EMPTY_PAGE, 24);
    table_release(&table);
}

Test(pager, a_page_shorter_than_one_seen_longer_is_proof)
{
    struct table table;
    table_init(&table, fixture_single());
    table.evidence.longest_page = 24;
    table_hours(&table, 0, 0, 24);
    cr_expect_eq(table_feed(&table, -1), PAGER_ASK, "as long as the longest may be cut");
    table_again(&table);
    table_hours(&table, 0, 0, 23);
    expect_done(&table, table_feed(&table, -1), PROOF_SHORT_PAGE, 23);
    table_release(&table);
}

Test(pager, a_full_page_is_no_proof_however_long_others_were)
{
    struct table table;
    table_init(&table, fixture_single());
    table.options.page_size = 24;
    table.evidence.longest_page = 1000;
    table_hours(&table, 0, 0, 24);
    cr_expect_eq(table_feed(&table, -1), PAGER_ASK);
    expect_done(&table, table_feed(&table, -1), PROOF_EMPTY_PAGE, 24);
    table_release(&table);
}

Test(pager, a_count_proves_only_when_a_larger_one_or_a_longer_page_was_seen)
{
    struct table table;
    table_init(&table, fixture_single());
    table.options.page_size = 24;
    table_hours(&table, 0, 0, 24);
    cr_expect_eq(table_feed(&table, 24), PAGER_ASK);
    expect_done(&table, table_feed(&table, 24), PROOF_EMPTY_PAGE, 24);
    table_again(&table);
    table_hours(&table, 0, 0, 24);
    cr_expect_eq(table_feed(&table, 24), PAGER_ASK, "equal is not larger");
    table_again(&table);
    table.evidence.largest_count = 25;
    table_hours(&table, 0, 0, 24);
    expect_done(&table, table_feed(&table, 24), PROOF_COUNT, 24);
    table_again(&table);
    table.evidence = (struct pager_evidence){.longest_page = 25};
    table_hours(&table, 0, 0, 24);
    expect_done(&table, table_feed(&table, 24), PROOF_COUNT, 24);
    table_release(&table);
}

Test(pager, a_count_over_several_pages_is_no_proof_since_rows_may_have_changed_places)
{
    struct table table;
    table_init(&table, fixture_unit());
    table.options.page_size = 24;
    table.evidence = (struct pager_evidence){.longest_page = 90, .largest_count = 90};
    table_hours(&table, 0, 0, 24);
    cr_expect_eq(table_feed(&table, 48), PAGER_ASK);
    table_hours(&table, 1, 0, 24);
    cr_expect_eq(table_feed(&table, 48), PAGER_ASK);
    expect_done(&table, table_feed(&table, 48), PROOF_EMPTY_PAGE, 48);
    table_release(&table);
}

Test(pager, verify_count_trusts_every_count_over_several_pages)
{
    struct table table;
    table_init(&table, fixture_unit());
    table.options.verify = PAGER_VERIFY_COUNT;
    table_hours(&table, 0, 0, 24);
    table_hours(&table, 1, 0, 4);
    cr_expect_eq(table_feed(&table, 48), PAGER_ASK);
    table_hours(&table, 1, 0, 24);
    expect_done(&table, table_feed(&table, 48), PROOF_COUNT, 48);
    table_release(&table);
}

Test(pager, verify_pages_never_asks_for_a_count)
{
    struct table table;
    struct page_query query;
    table_init(&table, fixture_unit());
    pager_query(&table.pager, &query);
    cr_expect(query.with_count);
    table.options.verify = PAGER_VERIFY_PAGES;
    pager_query(&table.pager, &query);
    cr_expect_not(query.with_count);
    table.options.verify = PAGER_VERIFY_AUTO;
    table.evidence.count_unavailable = true;
    pager_query(&table.pager, &query);
    cr_expect_not(query.with_count);
    table_release(&table);
}

Test(pager, the_slice_that_a_page_breaks_off_in_is_read_again_whole)
{
    struct table table;
    struct page_query query;
    table_init(&table, fixture_unit());
    table_hours(&table, 0, 0, 24);
    table_hours(&table, 1, 0, 10);
    cr_assert_eq(table_feed(&table, -1), PAGER_ASK);
    cr_expect_eq(table.pager.batch.row_count, 24u);
    cr_expect_eq(table.pager.batch.received, 24u);
    pager_query(&table.pager, &query);
    cr_assert_not_null(query.after);
    cr_expect_null(query.after->start);
    cr_expect_eq(query.after->site_id, 9);
    cr_expect_str_eq(query.after->group_id, GROUP_A);
    table_hours(&table, 1, 0, 24);
    table_hours(&table, 7, 0, 3);
    expect_done(&table, table_feed(&table, -1), PROOF_SHORT_PAGE, 51);
    table_release(&table);
}

Test(pager, a_cap_of_one_row_is_read_through_to_the_empty_page)
{
    struct table table;
    table_init(&table, fixture_unit());
    for (int hour = 0; hour < 5; hour++) {
        table_hours(&table, 3, hour, hour + 1);
        cr_assert_eq(table_feed(&table, -1), PAGER_ASK);
    }
    expect_done(&table, table_feed(&table, -1), PROOF_EMPTY_PAGE, 5);
    cr_expect_eq(table.pager.pages, 6u);
    table_release(&table);
}

Test(pager, a_count_that_is_capped_like_the_rows_is_left_out_of_account)
{
    struct table table;
    table_init(&table, fixture_single());
    table_hours(&table, 0, 0, 10);
    cr_assert_eq(table_feed(&table, 10), PAGER_ASK);
    table_hours(&table, 0, 10, 20);
    cr_assert_eq(table_feed(&table, 10), PAGER_ASK);
    table_hours(&table, 0, 20, 24);
    expect_done(&table, table_feed(&table, 10), PROOF_SHORT_PAGE, 24);
    cr_expect(table.pager.count_doubted);
    table_release(&table);
}

Test(pager, a_page_longer_than_asked_is_taken_but_teaches_nothing)
{
    struct table table;
    table_init(&table, fixture_single());
    table.options.page_size = 10;
    table_hours(&table, 0, 0, 20);
    cr_assert_eq(table_feed(&table, -1), PAGER_ASK);
    cr_expect_eq(table.evidence.longest_page, 0u);
    expect_done(&table, table_feed(&table, -1), PROOF_EMPTY_PAGE, 20);
    table_release(&table);
}

Test(pager, pages_and_counts_that_were_accepted_are_remembered)
{
    struct table table;
    table_init(&table, fixture_single());
    table_hours(&table, 0, 0, 20);
    cr_assert_eq(table_feed(&table, 21), PAGER_ASK);
    cr_expect_eq(table.evidence.longest_page, 20u);
    cr_expect_eq(table.evidence.largest_count, 21u);
    table_release(&table);
}

Test(pager, rejects_count_as_rows)
{
    struct table table;
    table_init(&table, fixture_single());
    table.evidence.longest_page = 90;
    table_hours(&table, 0, 0, 23);
    table_raw(&table, "{\"x\":1}");
    expect_done(&table, table_feed(&table, 24), PROOF_COUNT, 23);
    cr_expect_eq(table.pager.batch.reject_count, 1u);
    table_release(&table);
}

Test(pager, a_reject_without_a_key_is_read_on_past_from_the_last_key_and_counts_once)
{
    struct table table;
    table_init(&table, fixture_single());
    table_hours(&table, 0, 0, 10);
    table_raw(&table, "{\"x\":1}");
    cr_assert_eq(table_feed(&table, 25), PAGER_ASK);
    table_raw(&table, "{\"x\":1}");
    table_hours(&table, 0, 10, 20);
    cr_assert_eq(table_feed(&table, 25), PAGER_ASK);
    cr_expect_eq(table.pager.batch.reject_count, 1u);
    table_hours(&table, 0, 20, 24);
    expect_done(&table, table_feed(&table, 25), PROOF_SHORT_PAGE, 24);
    table_release(&table);
}

Test(pager, repeats_inside_a_page_agree_with_a_count_of_distinct_rows_or_of_all)
{
    for (long long count = 24; count <= 25; count++) {
        struct table table;
        table_init(&table, fixture_single());
        table.evidence.longest_page = 90;
        table_hours(&table, 0, 0, 1);
        table_hours(&table, 0, 0, 24);
        expect_done(&table, table_feed(&table, count), count == 24 ? PROOF_COUNT : PROOF_SHORT_PAGE, 24);
        table_release(&table);
    }
}

Test(pager, one_page_in_any_order_is_fine_when_nothing_is_read_on)
{
    struct table table;
    table_init(&table, fixture_unit());
    table.evidence.longest_page = 90;
    table_hours(&table, 5, 3, 6);
    table_hours(&table, 0, 3, 6);
    expect_done(&table, table_feed(&table, 6), PROOF_COUNT, 6);
    cr_expect_eq(table.pager.batch.rows[0].slice, 0u);
    table_release(&table);
}

Test(pager, the_documented_dialect_is_proved_by_the_calendar_or_a_short_page)
{
    struct coverage_building building = {.id = 71};
    struct zone *zone = NULL;
    struct table table;
    struct err err = {0};
    cr_assert_eq(zone_load("UTC", &zone, &err), STATUS_OK);
    building.zone = zone;
    table_init(&table, fixture_single());
    table.unit.building = &building;
    table.options.dialect = DIALECT_DOCUMENTED;
    table_hours(&table, 0, 0, 20);
    cr_expect_eq(table_feed(&table, -1), PAGER_FAIL);
    cr_expect_eq(table.err.kind, STATUS_INCOMPLETE);
    cr_expect_eq(table.evidence.longest_page, 20u);
    table_again(&table);
    table_hours(&table, 0, 0, 24);
    expect_done(&table, table_feed(&table, -1), PROOF_CALENDAR, 24);
    table_again(&table);
    table_hours(&table, 0, 0, 20);
    expect_done(&table, table_feed(&table, -1), PROOF_SHORT_PAGE, 20);
    table_again(&table);
    expect_done(&table, table_feed(&table, -1), PROOF_EMPTY_PAGE, 0);
    table_release(&table);
    zone_free(zone);
}

Test(pager, proofs_have_names)
{
    cr_expect_str_eq(pager_proof_name(PROOF_NONE), "none");
    cr_expect_str_eq(pager_proof_name(PROOF_COUNT), "count");
    cr_expect_str_eq(pager_proof_name(PROOF_EMPTY_PAGE), "empty page");
    cr_expect_str_eq(pager_proof_name(PROOF_SHORT_PAGE), "short page");
    cr_expect_str_eq(pager_proof_name(PROOF_CALENDAR), "calendar");
}
