#include "outcome_case.h"

#include "core/buf.h"

static struct outcome_case at;

static void end(void)
{
    outcome_case_release(&at);
}

TestSuite(outcome, .fini = end);

enum { SETTLE = 3 * 86400 };

static enum status list_span(void *context, const struct series_key *key, const struct span *span, struct err *err)
{
    (void)err;
    buf_appendf(context, "%lld %lld %s %s [%d,%d) %s empty", (long long)key->building_id, (long long)key->site_id,
                key->group_id, key->granularity, span->days.first - CASE_DAY, span->days.end - CASE_DAY,
                span->settled ? "settled" : "open");
    for (civil_day day = span->days.first; day < span->days.end; day++) {
        if (span_day_is_empty(span, day))
            buf_appendf(context, " %d", day - CASE_DAY);
    }
    buf_append_text(context, span->empty_days != NULL ? "\n" : " none\n");
    return STATUS_OK;
}

static void expect_spans(const char *want)
{
    struct buf got = {0};
    struct err err = {0};
    cr_assert_eq(outcome_each_span(&at.outcome, SETTLE, list_span, &got, &err), STATUS_OK, "%s", err.message);
    cr_assert_str_eq(buf_text(&got), want);
    buf_release(&got);
}

Test(outcome, complete_unit_is_one_span_a_series)
{
    outcome_case_init(&at, "UTC", 2, 2, 3);
    for (size_t slice = 0; slice < 12; slice++)
        outcome_case_add_row(&at, slice, 0);
    expect_spans("71 1 everyone PT1H [0,3) settled empty none\n"
                 "71 1 owls PT1H [0,3) settled empty none\n"
                 "71 2 everyone PT1H [0,3) settled empty none\n"
                 "71 2 owls PT1H [0,3) settled empty none\n");
}

Test(outcome, failed_slices_cut_the_spans_of_their_series)
{
    outcome_case_init(&at, "UTC", 1, 2, 4);
    for (size_t slice = 0; slice < 8; slice++)
        outcome_case_add_row(&at, slice, 0);
    at.errs[2] = &at.failure; /* everyone, day 1 */
    at.errs[1] = &at.failure; /* owls, day 0 */
    at.errs[7] = &at.failure; /* owls, day 3 */
    expect_spans("71 1 everyone PT1H [0,1) settled empty none\n"
                 "71 1 everyone PT1H [2,4) settled empty none\n"
                 "71 1 owls PT1H [1,3) settled empty none\n");
}

Test(outcome, wholly_failed_unit_has_no_span)
{
    outcome_case_init(&at, "UTC", 2, 1, 3);
    for (size_t slice = 0; slice < 6; slice++)
        at.errs[slice] = &at.failure;
    expect_spans("");
}

Test(outcome, days_without_rows_are_marked_in_their_own_span)
{
    outcome_case_init(&at, "UTC", 1, 1, 12);
    static const size_t with_rows[] = {0, 1, 4, 6, 7, 8, 9, 10};
    for (size_t i = 0; i < 8; i++)
        outcome_case_add_row(&at, with_rows[i], 0);
    at.errs[5] = &at.failure;
    expect_spans("71 1 everyone PT1H [0,5) settled empty 2 3\n"
                 "71 1 everyone PT1H [6,12) settled empty 11\n");
}

Test(outcome, day_settles_at_the_very_second)
{
    outcome_case_init(&at, "America/Toronto", 1, 1, 3);
    int64_t second_day = coverage_settled_from(at.zone, CASE_DAY + 1, SETTLE);
    cr_assert_eq(second_day, (int64_t)(CASE_DAY + 2) * 86400 + 4 * 3600 + SETTLE);
    at.outcome.fetched_at = second_day;
    expect_spans("71 1 everyone PT1H [0,2) settled empty 0 1\n"
                 "71 1 everyone PT1H [2,3) open empty 2\n");
    at.outcome.fetched_at = second_day - 1;
    expect_spans("71 1 everyone PT1H [0,1) settled empty 0\n"
                 "71 1 everyone PT1H [1,3) open empty 1 2\n");
}

Test(outcome, week_settles_after_its_period)
{
    outcome_case_init(&at, "UTC", 1, 1, 2);
    at.unit.granularity = "P1W";
    at.outcome.fetched_at = coverage_settled_from(at.zone, CASE_DAY + 1, SETTLE);
    expect_spans("71 1 everyone P1W [0,2) open empty 0 1\n");
    at.outcome.fetched_at = coverage_slice_settled_from(at.zone, "P1W", CASE_DAY, SETTLE);
    expect_spans("71 1 everyone P1W [0,1) settled empty 0\n"
                 "71 1 everyone P1W [1,2) open empty 1\n");
}

static enum status check_books(void *context, const struct series_key *key, const struct span *span, struct err *err)
{
    (void)key;
    (void)err;
    *(int *)context += 1;
    cr_assert_eq(span->proofs, SPAN_PROOF_COUNT | SPAN_PROOF_EMPTY_PAGE);
    cr_assert_eq(span->fetched_at, at.outcome.fetched_at);
    return STATUS_OK;
}

Test(outcome, spans_carry_the_proofs_and_the_time_of_the_unit)
{
    int visits = 0;
    outcome_case_init(&at, "UTC", 3, 1, 2);
    at.outcome.proofs = SPAN_PROOF_COUNT | SPAN_PROOF_EMPTY_PAGE;
    cr_assert_eq(outcome_each_span(&at.outcome, SETTLE, check_books, &visits, NULL), STATUS_OK);
    cr_assert_eq(visits, 3);
}

static enum status refuse_second(void *context, const struct series_key *key, const struct span *span, struct err *err)
{
    (void)key;
    (void)span;
    return ++*(int *)context == 2 ? err_set(err, STATUS_IO, "disk full") : STATUS_OK;
}

Test(outcome, first_failure_of_the_visitor_ends_the_walk)
{
    int visits = 0;
    struct err err = {0};
    outcome_case_init(&at, "UTC", 3, 2, 2);
    cr_assert_eq(outcome_each_span(&at.outcome, SETTLE, refuse_second, &visits, &err), STATUS_IO);
    cr_assert_str_eq(err.message, "disk full");
    cr_assert_eq(visits, 2);
}

Test(outcome, rows_of_a_slice_are_found)
{
    static const size_t counts[] = {0, 3, 1, 0, 0, 2};
    const struct row *rows = NULL;
    outcome_case_init(&at, "UTC", 1, 1, 6);
    cr_assert_eq(outcome_slice_rows(&at.outcome, 0, &rows), 0, "of a batch without rows");
    for (size_t slice = 0; slice < 6; slice++) {
        for (size_t i = 0; i < counts[slice]; i++)
            outcome_case_add_row(&at, slice, (int64_t)(slice * 10 + i));
    }
    for (size_t slice = 0; slice < 6; slice++) {
        cr_assert_eq(outcome_slice_rows(&at.outcome, slice, &rows), counts[slice], "slice %zu", slice);
        for (size_t i = 0; i < counts[slice]; i++)
            cr_assert_eq(rows[i].start.seconds, (int64_t)(slice * 10 + i));
    }
    cr_assert_eq(outcome_slice_rows(&at.outcome, 6, &rows), 0);
}
