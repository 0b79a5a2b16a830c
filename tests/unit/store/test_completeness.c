#include "small_job.h"

static struct small_job job;
static struct ledger *ledger;
static int64_t series_id;

/* One series over four days. */
static void begin(void)
{
    fixture_begin();
    small_job_init(&job, "demo");
    job.building.site_count = 1;
    job.building.group_count = 1;
    job.building.days.end = MAY_DAY + 4;
    job.coverage.granularity_count = 1;
    ledger = small_job_declare(&job);
    series_id = small_job_series(ledger, &job, 0, 0);
}

static void end(void)
{
    ledger_close(ledger);
    small_job_release(&job);
    fixture_end();
}

TestSuite(completeness, .init = begin, .fini = end);

static void expect(const char *want)
{
    fixture_expect_lines(
        "SELECT DATE_PARTITION || ' ' || STATE || ' ' || coalesce(CAST(ROW_COUNT AS TEXT), '-') || ' ' ||"
        " coalesce(CAST(FETCHED_AT AS TEXT), '-') FROM completeness ORDER BY DATE_PARTITION, BUILDING_ID, SITE_ID",
        want);
}

static void fail_at(civil_day day)
{
    const struct ledger_fault fault = {series_id, day, STATUS_SERVER, "busy", "run-1", NOW};
    must(ledger_put_failed(ledger, &fault, &problem));
}

Test(completeness, each_state_is_told_with_its_rows_and_time)
{
    small_job_fetch(ledger, series_id, MAY_DAY, MAY_DAY + 1, true);
    small_job_fetch(ledger, series_id, MAY_DAY + 1, MAY_DAY + 2, false);
    fail_at(MAY_DAY + 2);
    fixture_exec("INSERT INTO building_insights_rows SELECT 20250501, series_id, 1, 1, 0 FROM series;"
                 "INSERT INTO building_insights_rows SELECT 20250501, series_id, 2, 1, 0 FROM series;"
                 "INSERT INTO building_insights_rows SELECT 20250501, series_id + 1, 2, 1, 0 FROM series");
    expect("20250501 settled 2 2025-05-01T00:00:00Z\n"
           "20250502 open 0 2025-05-01T00:00:00Z\n"
           "20250503 failed - -\n"
           "20250504 missing - -\n");
    fixture_expect_lines("SELECT DISTINCT BUILDING_ID || ' ' || SITE_ID || ' ' || GROUP_ID || ' ' || GRANULARITY"
                         " FROM completeness",
                         "71 1 everyone PT1H\n");
}

Test(completeness, failure_hides_the_span_but_not_its_rows)
{
    small_job_fetch(ledger, series_id, MAY_DAY, MAY_DAY + 1, true);
    fixture_exec("INSERT INTO building_insights_rows SELECT 20250501, series_id, 1, 1, 0 FROM series");
    fail_at(MAY_DAY);
    fixture_expect_lines("SELECT STATE || ' ' || ROW_COUNT FROM completeness WHERE DATE_PARTITION = 20250501",
                         "failed 1\n");
}

Test(completeness, what_lacks_a_column_is_open)
{
    small_job_fetch(ledger, series_id, MAY_DAY, MAY_DAY + 4, true);
    fixture_expect_lines("SELECT DISTINCT STATE FROM completeness", "settled\n");
    job.job.column_count = 2;
    small_job_declare_only(&job);
    fixture_expect_lines("SELECT DISTINCT STATE FROM completeness", "open\n");
    job.job.column_count = 1;
    small_job_declare_only(&job);
    fixture_expect_lines("SELECT DISTINCT STATE FROM completeness", "settled\n");
}

Test(completeness, slice_that_two_jobs_promise_is_told_once)
{
    struct small_job other;
    small_job_init(&other, "another");
    other.building.group_count = 1;
    other.coverage.granularity_count = 1;
    other.building.days = (struct day_range){MAY_DAY + 2, MAY_DAY + 6};
    small_job_declare_only(&other);
    fixture_expect_lines("SELECT SITE_ID || ' ' || DATE_PARTITION FROM completeness ORDER BY SITE_ID, DATE_PARTITION",
                         "1 20250501\n1 20250502\n1 20250503\n1 20250504\n1 20250505\n1 20250506\n"
                         "2 20250503\n2 20250504\n2 20250505\n2 20250506\n");
    small_job_release(&other);
}

Test(completeness, slice_that_one_of_two_jobs_would_fetch_again_is_open)
{
    struct small_job other;
    small_job_fetch(ledger, series_id, MAY_DAY, MAY_DAY + 4, true);
    small_job_init(&other, "zzz");
    other.building.site_count = 1;
    other.building.group_count = 1;
    other.coverage.granularity_count = 1;
    other.job.column_count = 2;
    other.building.days = (struct day_range){MAY_DAY + 2, MAY_DAY + 4};
    small_job_declare_only(&other);
    fixture_expect_lines("SELECT STATE FROM completeness ORDER BY DATE_PARTITION", "settled\nsettled\nopen\nopen\n");
    small_job_release(&other);
}

Test(completeness, days_run_over_the_ends_of_months_and_years)
{
    job.building.days = (struct day_range){MAY_DAY - 122, MAY_DAY - 60};
    small_job_declare_only(&job);
    fixture_expect_lines("SELECT count(*) || ' ' || min(DATE_PARTITION) || ' ' || max(DATE_PARTITION)"
                         " FROM completeness",
                         "62 20241230 20250301\n");
    cr_assert_eq(fixture_integer("SELECT count(*) FROM completeness WHERE DATE_PARTITION = 20250229"), 0);
}
