/* A job whose `settle` has become larger than it was when its days were fetched. */
#include "small_job.h"

static struct small_job job;
static struct ledger *ledger;

enum { DAY = 86400, REOPENED = 4 }; /* the day, counted from MAY_DAY, from which on all are open with the new settle */

static void begin(void)
{
    fixture_begin();
    small_job_init(&job, "demo");
    job.coverage.settle_seconds = 0;
    job.coverage.as_of = (MAY_DAY + 10) * (int64_t)DAY;
    ledger = small_job_declare(&job);
}

static void end(void)
{
    ledger_close(ledger);
    small_job_release(&job);
    fixture_end();
}

TestSuite(ledger_settle, .init = begin, .fini = end);

/* Ten settled days, those of the bits without a row. */
static void fetch(size_t site, size_t group, const unsigned char *empty_days, const unsigned char *proof_days)
{
    const struct span span = {.days = {MAY_DAY, MAY_DAY + 10},
                              .settled = true,
                              .proofs = SPAN_PROOF_COUNT | SPAN_PROOF_SHORT_PAGE,
                              .fetched_at = NOW,
                              .empty_days = empty_days,
                              .proof_days = proof_days};
    must(ledger_put_fetched(ledger, small_job_series(ledger, &job, site, group), &span, &problem));
}

static void grow(void)
{
    ledger_close(ledger);
    job.coverage.settle_seconds = (10 - REOPENED) * (int64_t)DAY;
    must(ledger_open(db, &job.job, &ledger, &problem));
}

static void expect_span(const struct ledger_span *span, civil_day first, civil_day end, bool settled)
{
    cr_expect_eq(span->days.first - MAY_DAY, first);
    cr_expect_eq(span->days.end - MAY_DAY, end);
    cr_expect_eq(span->settled, settled);
}

static void expect_read(void)
{
    struct ledger_series series = {0};
    for (int again = 0; again < 2; again++) { /* what is read ahead is told more than once */
        must(ledger_read_series(ledger, &job.building, job.granularities[0], 0, 0, &series, &problem));
        cr_assert_eq(series.span_count, 2);
        expect_span(&series.spans[0], 0, REOPENED, true);
        expect_span(&series.spans[1], REOPENED, 10, false);
        cr_assert_eq(series.spans[0].empty_days[0] & 0xF, 0x5);
        cr_assert_eq(series.spans[1].empty_days[0], 0x22);
    }
    must(ledger_read_series(ledger, &job.building, job.granularities[0], 1, 1, &series, &problem));
    cr_assert_eq(series.span_count, 3);
    expect_span(&series.spans[0], 2, 3, true);
    expect_span(&series.spans[1], 6, 8, false);
    expect_span(&series.spans[2], 8, 9, false);
    must(ledger_read_series(ledger, &job.building, job.granularities[1], 0, 0, &series, &problem));
    cr_assert_eq(series.span_count, 0);
}

/* Before anything is declared anew: what plan and status see. */
Test(ledger_settle, days_that_are_settled_too_early_are_read_as_open)
{
    fetch(0, 0, (const unsigned char[]){0x25, 0x02}, NULL);
    int64_t other = small_job_series(ledger, &job, 1, 1);
    small_job_fetch(ledger, other, MAY_DAY + 2, MAY_DAY + 3, true);
    small_job_fetch(ledger, other, MAY_DAY + 6, MAY_DAY + 8, true);
    small_job_fetch(ledger, other, MAY_DAY + 8, MAY_DAY + 9, false);
    grow();
    expect_read();
    ledger_read_ahead(ledger, LEDGER_MANY);
    expect_read();
    fixture_expect_lines("SELECT count(*) FROM ledger_spans", "4\n"); /* reading writes nothing */
}

Test(ledger_settle, declaring_reopens_them_in_the_tables)
{
    fetch(0, 0, (const unsigned char[]){0x25, 0x02}, (const unsigned char[]){0x14, 0x44, 0x41, 0x11, 0x11});
    int64_t other = small_job_series(ledger, &job, 1, 1);
    small_job_fetch(ledger, other, MAY_DAY + 6, MAY_DAY + 8, true);
    int64_t unpromised = small_job_series(ledger, &job, 1, 0);
    small_job_fetch(ledger, unpromised, MAY_DAY, MAY_DAY + 10, true);
    fixture_expect_lines("SELECT STATE || ' ' || count(*) FROM completeness WHERE STATE <> 'missing' GROUP BY STATE",
                         "settled 22\n");
    static const char completeness[] =
        "SELECT DATE_PARTITION || ' ' || STATE || ' ' || PROOF FROM completeness WHERE SITE_ID = 1"
        " AND GROUP_ID = 'everyone' AND GRANULARITY = 'PT1H' ORDER BY 1";
    fixture_expect_lines(completeness, "20250501 settled count\n20250502 settled short page\n"
                                       "20250503 settled short page\n20250504 settled short page\n"
                                       "20250505 settled short page\n20250506 settled count\n"
                                       "20250507 settled count\n20250508 settled count\n"
                                       "20250509 settled count\n20250510 settled count\n");
    grow();
    must(ledger_declare(ledger, &problem));
    fixture_expect_lines(completeness, "20250501 settled count\n20250502 settled short page\n"
                                       "20250503 settled short page\n20250504 settled short page\n"
                                       "20250505 open short page\n20250506 open count\n"
                                       "20250507 open count\n20250508 open count\n"
                                       "20250509 open count\n20250510 open count\n");
    fixture_expect_lines("SELECT STATE || ' ' || count(*) FROM completeness WHERE STATE <> 'missing' GROUP BY STATE"
                         " ORDER BY STATE",
                         "open 14\nsettled 8\n");
    cr_assert_eq(fixture_integer("SELECT count(*) FROM ledger_spans"), 5);
    int64_t before = fixture_integer("SELECT max(first_day) FROM ledger_spans");
    must(ledger_declare(ledger, &problem));
    cr_assert_eq(fixture_integer("SELECT max(first_day) FROM ledger_spans"), before);
    cr_assert_eq(fixture_integer("SELECT count(*) FROM ledger_spans"), 5);
}

Test(ledger_settle, other_series_are_left_alone)
{
    fetch(0, 0, NULL, NULL);
    fetch(1, 0, NULL, NULL);
    job.building.site_count = 1;
    grow();
    must(ledger_declare(ledger, &problem));
    fixture_expect_lines("SELECT n.site_id || ' ' || count(*) FROM ledger_spans JOIN series n USING (series_id)"
                         " GROUP BY n.site_id ORDER BY 1",
                         "1 2\n2 1\n");
}
