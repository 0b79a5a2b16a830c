#include "small_job.h"

#include "core/buf.h"
#include "db/migrate.h"

#include <stdio.h>

static struct small_job job;
static struct ledger *ledger;
static int64_t series_id;

static void begin(void)
{
    fixture_begin();
    small_job_init(&job, "demo");
    ledger = small_job_declare(&job);
    series_id = small_job_series(ledger, &job, 0, 0);
}

static void end(void)
{
    ledger_close(ledger);
    small_job_release(&job);
    fixture_end();
}

TestSuite(ledger, .init = begin, .fini = end);

static void fail_at(int64_t id, civil_day day, const char *run_id, const char *message)
{
    const struct ledger_fault fault = {id, day, STATUS_SERVER, message, run_id, NOW};
    must(ledger_put_failed(ledger, &fault, &problem));
}

static struct ledger_series read_series(void)
{
    struct ledger_series series = {0};
    must(ledger_read_series(ledger, &job.building, "PT1H", 0, 0, &series, &problem));
    return series;
}

static bool was_fetched(civil_day day)
{
    enum ledger_past past = LEDGER_OTHER_COLUMNS;
    must(ledger_look_back(ledger, series_id, (struct day_range){day, day + 1}, &past, &problem));
    cr_assert_neq(past, LEDGER_OTHER_COLUMNS);
    return past == LEDGER_FETCHED;
}

Test(ledger, fetched_span_is_read_back)
{
    static const unsigned char map[] = {0x05};
    const struct span put = {.days = {MAY_DAY, MAY_DAY + 4},
                             .settled = true,
                             .proofs = SPAN_PROOF_COUNT | SPAN_PROOF_CALENDAR,
                             .fetched_at = NOW + 11,
                             .empty_days = map};
    must(ledger_put_fetched(ledger, series_id, &put, &problem));
    struct ledger_series series = read_series();
    cr_assert(series.span_count == 1 && series.failure_count == 0);
    const struct ledger_span *span = &series.spans[0];
    cr_assert(span->days.first == MAY_DAY && span->days.end == MAY_DAY + 4);
    cr_assert(span->settled && !span->outdated);
    cr_assert_eq(span->fetched_at, NOW + 11);
    cr_assert_eq(span->empty_days[0], 0x05);
    fixture_expect_lines("SELECT fetched_at || ' ' || proofs || ' ' || hex(empty_days) FROM ledger_spans",
                         "2025-05-01T00:00:11Z 9 05\n");
}

Test(ledger, series_do_not_mix)
{
    int64_t other = small_job_series(ledger, &job, 1, 1);
    small_job_fetch(ledger, series_id, MAY_DAY, MAY_DAY + 2, true);
    small_job_fetch(ledger, other, MAY_DAY + 2, MAY_DAY + 3, true);
    cr_assert_eq(fixture_integer("SELECT count(*) FROM ledger_spans"), 2);
    cr_assert_eq(read_series().span_count, 1);
    cr_assert_not(was_fetched(MAY_DAY + 2));
}

Test(ledger, many_nightly_settles_of_one_series_stay_one_row)
{
    enum { NIGHTS = 400, OPEN_DAYS = 3 };
    for (civil_day night = MAY_DAY; night < MAY_DAY + NIGHTS; night++) {
        small_job_fetch(ledger, series_id, night - OPEN_DAYS, night - OPEN_DAYS + 1, true);
        small_job_fetch(ledger, series_id, night - OPEN_DAYS + 1, night + 1, false);
    }
    fixture_expect_lines(
        "SELECT CAST(settled AS INTEGER) || ' ' || (end_day - first_day) FROM ledger_spans ORDER BY first_day",
        "1 400\n0 3\n");
}

Test(ledger, days_settled_one_by_one_in_any_order_become_one_row)
{
    enum { DAYS = 64, STEP = 27 }; /* coprime: every day once */
    small_job_fetch(ledger, series_id, MAY_DAY, MAY_DAY + DAYS, false);
    for (civil_day i = 0; i < DAYS; i++) {
        civil_day day = MAY_DAY + i * STEP % DAYS;
        small_job_fetch(ledger, series_id, day, day + 1, true);
    }
    cr_assert_eq(fixture_integer("SELECT count(*) FROM ledger_spans"), 1);
    cr_assert_eq(fixture_integer("SELECT end_day - first_day FROM ledger_spans"), DAYS);
}

Test(ledger, slice_was_fetched_when_a_span_covers_it)
{
    small_job_fetch(ledger, series_id, MAY_DAY + 2, MAY_DAY + 4, false);
    small_job_fetch(ledger, series_id, MAY_DAY + 6, MAY_DAY + 7, true);
    static const bool want[] = {false, false, true, true, false, false, true, false};
    for (civil_day i = 0; i < 8; i++)
        cr_expect_eq(was_fetched(MAY_DAY + i), want[i], "day %d", i);
}

Test(ledger, failure_leaves_the_span_and_is_ended_by_a_fetch)
{
    small_job_fetch(ledger, series_id, MAY_DAY, MAY_DAY + 3, true);
    fail_at(series_id, MAY_DAY + 1, "run-1", "busy");
    struct ledger_series series = read_series();
    cr_assert(series.span_count == 1 && series.failure_count == 1);
    cr_assert(series.failures[0].days.first == MAY_DAY + 1 && series.failures[0].days.end == MAY_DAY + 2);
    cr_assert(was_fetched(MAY_DAY + 1));
    small_job_fetch(ledger, series_id, MAY_DAY + 1, MAY_DAY + 2, true);
    cr_assert_eq(read_series().failure_count, 0);
}

Test(ledger, fetch_ends_the_failures_of_its_days_only)
{
    int64_t other = small_job_series(ledger, &job, 1, 0);
    for (civil_day day = MAY_DAY; day < MAY_DAY + 5; day++)
        fail_at(series_id, day, "run-1", "busy");
    fail_at(other, MAY_DAY + 2, "run-1", "busy");
    small_job_fetch(ledger, series_id, MAY_DAY + 1, MAY_DAY + 4, true);
    fixture_expect_lines("SELECT day - 20209 FROM ledger_failures ORDER BY series_id, day", "0\n4\n2\n");
}

Test(ledger, failed_days_in_a_row_are_read_as_one_stretch)
{
    static const civil_day days[] = {7, 2, 3, 5, 4};
    for (size_t i = 0; i < 5; i++)
        fail_at(series_id, MAY_DAY + days[i], "run-1", "busy");
    struct ledger_series series = read_series();
    cr_assert_eq(series.failure_count, 2);
    cr_assert(series.failures[0].days.first == MAY_DAY + 2 && series.failures[0].days.end == MAY_DAY + 6);
    cr_assert(series.failures[1].days.first == MAY_DAY + 7 && series.failures[1].days.end == MAY_DAY + 8);
}

Test(ledger, attempts_grow_by_one_a_run)
{
    fail_at(series_id, MAY_DAY, "run-1", "busy");
    fail_at(series_id, MAY_DAY, "run-1", "still busy");
    cr_assert_eq(fixture_integer("SELECT attempts FROM ledger_failures"), 1);
    fail_at(series_id, MAY_DAY, "run-2", "gone");
    fail_at(series_id, MAY_DAY, "run-3", "gone for good");
    fixture_expect_lines(
        "SELECT attempts || ' ' || kind || ' ' || error || ' ' || failed_at || ' ' || run_id FROM ledger_failures",
        "3 server gone for good 2025-05-01T00:00:00Z run-3\n");
    small_job_fetch(ledger, series_id, MAY_DAY, MAY_DAY + 1, true);
    fail_at(series_id, MAY_DAY, "run-4", "busy");
    cr_assert_eq(fixture_integer("SELECT attempts FROM ledger_failures"), 1, "a fetch ends the row of attempts");
}

static void list_failed(void *context, const struct ledger_failed_slice *slice)
{
    char day[CIVIL_TEXT_SIZE];
    buf_appendf(context, "%s %lld %lld %s %s %lld %s %s\n", civil_day_format(slice->day, day),
                (long long)slice->key.building_id, (long long)slice->key.site_id, slice->key.group_id,
                slice->key.granularity, (long long)slice->attempts, slice->message, slice->failed_at);
}

static void expect_failed(int64_t most, const char *want)
{
    struct buf list = {0};
    must(ledger_each_failed(ledger, most, list_failed, &list, &problem));
    cr_assert_str_eq(buf_text(&list), want);
    buf_release(&list);
}

Test(ledger, failed_slices_are_told_newest_first_up_to_a_limit)
{
    int64_t other = small_job_series(ledger, &job, 1, 0);
    int64_t owls = small_job_series(ledger, &job, 0, 1);
    fail_at(series_id, MAY_DAY, "run-1", "oldest");
    fail_at(other, MAY_DAY + 4, "run-1", "b");
    fail_at(owls, MAY_DAY + 4, "run-1", "c");
    fail_at(series_id, MAY_DAY + 4, "run-1", "a");
    expect_failed(100, "2025-05-05 71 1 everyone PT1H 1 a 2025-05-01T00:00:00Z\n"
                       "2025-05-05 71 1 owls PT1H 1 c 2025-05-01T00:00:00Z\n"
                       "2025-05-05 71 2 everyone PT1H 1 b 2025-05-01T00:00:00Z\n"
                       "2025-05-01 71 1 everyone PT1H 1 oldest 2025-05-01T00:00:00Z\n");
    expect_failed(1, "2025-05-05 71 1 everyone PT1H 1 a 2025-05-01T00:00:00Z\n");
    expect_failed(0, "");
    expect_failed(1, "2025-05-05 71 1 everyone PT1H 1 a 2025-05-01T00:00:00Z\n");
}

Test(ledger, failures_outside_the_coverage_are_not_told)
{
    fail_at(series_id, MAY_DAY - 1, "run-1", "before");
    fail_at(series_id, MAY_DAY + 10, "run-1", "after");
    fail_at(series_id + 1000, MAY_DAY, "run-1", "of no series");
    struct small_job other;
    small_job_init(&other, "other");
    other.building.id = 99;
    struct ledger *others = small_job_declare(&other);
    fail_at(small_job_series(others, &other, 0, 0), MAY_DAY, "run-1", "of another job");
    expect_failed(100, "");
    ledger_close(others);
    small_job_release(&other);
}

Test(ledger, map_that_is_too_short_is_no_map)
{
    fixture_exec(fixture_is_postgres() ? "INSERT INTO ledger_spans SELECT series_id, 20209, 20229, true, 1, 1,"
                                         " '2025-05-01T00:00:00Z', '\\xFF', NULL FROM series"
                                       : "INSERT INTO ledger_spans SELECT series_id, 20209, 20229, 1, 1, 1,"
                                         " '2025-05-01T00:00:00Z', x'FF', NULL FROM series");
    struct ledger_series series = read_series();
    cr_assert_eq(series.span_count, 1);
    cr_assert_null(series.spans[0].empty_days);
    small_job_fetch(ledger, series_id, MAY_DAY + 3, MAY_DAY + 4, true);
    cr_assert_eq(read_series().span_count, 1);
}

Test(ledger, read_only_database_can_be_read)
{
    struct db *writer = fixture_open("kept.db", DB_CREATE);
    struct ledger *kept = NULL;
    must(migrate(writer, MIGRATE_LEDGER, NOW, &problem));
    must(ledger_open(writer, &job.job, &kept, &problem));
    must(ledger_declare(kept, &problem));
    int64_t id = small_job_series(kept, &job, 0, 0);
    small_job_fetch(kept, id, MAY_DAY, MAY_DAY + 2, true);
    ledger_close(kept);
    db_close(writer);
    struct db *reader = fixture_open("kept.db", DB_READ_ONLY);
    must(ledger_open(reader, &job.job, &kept, &problem));
    struct ledger_series series = {0};
    must(ledger_read_series(kept, &job.building, "PT1H", 0, 0, &series, &problem));
    cr_assert_eq(series.span_count, 1);
    ledger_close(kept);
    db_close(reader);
}

Test(ledger, database_without_its_tables_is_an_error)
{
    struct db *bare = fixture_open(":memory:", DB_CREATE);
    struct ledger *untouched = (struct ledger *)(void *)&job;
    struct ledger *opened = untouched;
    cr_assert_eq(ledger_open(bare, &job.job, &opened, &problem), STATUS_IO);
    cr_assert_eq(opened, untouched);
    db_close(bare);
}
