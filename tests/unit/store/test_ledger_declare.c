#include "small_job.h"

#include <stdio.h>
#include <string.h>

static struct small_job job;

static void begin(void)
{
    fixture_begin();
    small_job_init(&job, "demo");
}

static void end(void)
{
    small_job_release(&job);
    fixture_end();
}

TestSuite(ledger_declare, .init = begin, .fini = end);

static struct ledger_series read_one(struct ledger *ledger, size_t site, size_t group)
{
    struct ledger_series series = {0};
    must(ledger_read_series(ledger, &job.building, job.granularities[0], site, group, &series, &problem));
    return series;
}

/* Fetches a day of one series with the columns that the job has, then declares the job with others. */
static bool outdated_after(size_t fetched_count, const char *const *fetched, size_t wanted_count,
                           const char *const *wanted)
{
    job.job.column_count = fetched_count;
    job.job.columns = fetched;
    struct ledger *ledger = small_job_declare(&job);
    int64_t id = small_job_series(ledger, &job, 0, 0);
    small_job_fetch(ledger, id, MAY_DAY, MAY_DAY + 1, true);
    ledger_close(ledger);
    job.job.column_count = wanted_count;
    job.job.columns = wanted;
    ledger = small_job_declare(&job);
    struct ledger_series series = read_one(ledger, 0, 0);
    cr_assert_eq(series.span_count, 1);
    cr_assert(series.spans[0].settled);
    bool outdated = series.spans[0].outdated;
    ledger_close(ledger);
    return outdated;
}

Test(ledger_declare, every_series_has_an_id_of_its_own)
{
    struct ledger *ledger = small_job_declare(&job);
    cr_assert_eq(fixture_integer("SELECT count(DISTINCT series_id) FROM series"), 8);
    cr_assert_eq(fixture_integer("SELECT count(*) FROM coverage_series WHERE job = 'demo'"), 8);
    struct series_key key = {71, 2, "owls", "P1D"};
    int64_t id = 0;
    must(ledger_series_id(ledger, &key, &id, &problem));
    char sql[256];
    snprintf(sql, sizeof sql,
             "SELECT dataset || ' ' || building_id || ' ' || site_id || ' ' || group_id || ' ' || granularity"
             " FROM series WHERE series_id = %lld",
             (long long)id);
    fixture_expect_lines(sql, "building_insights 71 2 owls P1D\n");
    key.group_id = "nobody";
    must(ledger_series_id(ledger, &key, &id, &problem));
    cr_assert_eq(id, 0);
    ledger_close(ledger);
}

Test(ledger_declare, ids_belong_to_a_dataset)
{
    small_job_declare_only(&job);
    struct small_job other;
    small_job_init(&other, "zones");
    other.job.dataset = "zone_insights";
    small_job_declare_only(&other);
    cr_assert_eq(fixture_integer("SELECT count(*) FROM series"), 16);
    small_job_release(&other);
}

Test(ledger_declare, same_job_again_writes_nothing)
{
    small_job_declare_only(&job);
    int64_t before = fixture_integer("SELECT total_changes()");
    small_job_declare_only(&job);
    cr_assert_eq(fixture_integer("SELECT total_changes()"), before);
}

Test(ledger_declare, removed_site_keeps_its_data_and_leaves_the_coverage)
{
    struct ledger *ledger = small_job_declare(&job);
    int64_t id = small_job_series(ledger, &job, 1, 0);
    small_job_fetch(ledger, id, MAY_DAY, MAY_DAY + 4, true);
    ledger_close(ledger);
    job.building.site_count = 1;
    small_job_declare_only(&job);
    cr_assert_eq(fixture_integer("SELECT count(*) FROM coverage_series"), 4);
    cr_assert_eq(fixture_integer("SELECT count(*) FROM completeness"), 40);
    cr_assert_eq(fixture_integer("SELECT count(*) FROM completeness WHERE SITE_ID = 2"), 0);
    cr_assert_eq(fixture_integer("SELECT count(*) FROM ledger_spans"), 1);
    job.building.site_count = 2;
    ledger = small_job_declare(&job);
    cr_assert_eq(small_job_series(ledger, &job, 1, 0), id, "it comes back as itself");
    cr_assert_eq(read_one(ledger, 1, 0).span_count, 1);
    cr_assert_eq(fixture_integer("SELECT count(*) FROM completeness WHERE STATE = 'settled'"), 4);
    ledger_close(ledger);
}

Test(ledger_declare, removed_building_leaves_the_coverage)
{
    small_job_declare_only(&job);
    job.building.id = 72;
    small_job_declare_only(&job);
    fixture_expect_lines("SELECT DISTINCT building_id FROM coverage_buildings", "72\n");
    fixture_expect_lines("SELECT DISTINCT BUILDING_ID FROM completeness", "72\n");
    fixture_expect_lines("SELECT building_id FROM buildings ORDER BY 1", "71\n72\n");
}

Test(ledger_declare, jobs_do_not_take_each_others_series)
{
    small_job_declare_only(&job);
    struct small_job other;
    small_job_init(&other, "other");
    other.building.site_count = 1;
    small_job_declare_only(&other);
    other.building.group_count = 1;
    small_job_declare_only(&other);
    fixture_expect_lines("SELECT job || ' ' || count(*) FROM coverage_series GROUP BY job", "demo 8\nother 2\n");
    small_job_release(&other);
}

Test(ledger_declare, range_moves_without_a_new_declaration_of_series)
{
    small_job_declare_only(&job);
    int64_t before = fixture_integer("SELECT total_changes()");
    job.building.days = (struct day_range){MAY_DAY + 5, MAY_DAY + 20};
    small_job_declare_only(&job);
    cr_assert_eq(fixture_integer("SELECT total_changes()"), before + 1);
    fixture_expect_lines(
        "SELECT min(DATE_PARTITION) || ' ' || max(DATE_PARTITION) || ' ' || count(*) FROM completeness",
        "20250506 20250520 120\n");
    job.building.days.end = job.building.days.first;
    small_job_declare_only(&job);
    cr_assert_eq(fixture_integer("SELECT count(*) FROM completeness"), 0);
}

Test(ledger_declare, new_column_outdates_what_was_fetched)
{
    cr_assert(outdated_after(1, (const char *[]){"MEAN"}, 2, (const char *[]){"MEAN", "PEAK"}));
}

Test(ledger_declare, other_column_outdates_what_was_fetched)
{
    cr_assert(outdated_after(1, (const char *[]){"MEAN"}, 1, (const char *[]){"PEAK"}));
}

Test(ledger_declare, column_that_begins_like_another_is_another)
{
    cr_assert(outdated_after(1, (const char *[]){"MEAN_POS"}, 1, (const char *[]){"MEAN"}));
    cr_assert(outdated_after(1, (const char *[]){"MEAN"}, 1, (const char *[]){"MEAN_POS"}));
}

Test(ledger_declare, order_of_columns_does_not_matter)
{
    cr_assert_not(outdated_after(2, (const char *[]){"MEAN", "PEAK"}, 2, (const char *[]){"PEAK", "MEAN"}));
    cr_assert_eq(fixture_integer("SELECT count(*) FROM column_sets"), 1);
}

Test(ledger_declare, fewer_columns_outdate_nothing)
{
    cr_assert_not(outdated_after(3, (const char *[]){"MEAN", "PEAK", "LOW"}, 2, (const char *[]){"LOW", "MEAN"}));
    cr_assert_eq(fixture_integer("SELECT count(*) FROM completeness WHERE STATE = 'settled'"), 1);
}

static bool outdated_from(const char *fetched, const char *wanted)
{
    static const char *const columns[] = {"MEAN", "PEAK"};
    job.job.column_count = 2;
    job.job.columns = columns;
    job.job.source = fetched;
    struct ledger *ledger = small_job_declare(&job);
    small_job_fetch(ledger, small_job_series(ledger, &job, 0, 0), MAY_DAY, MAY_DAY + 1, true);
    ledger_close(ledger);
    job.job.column_count = 1;
    job.job.source = wanted;
    ledger = small_job_declare(&job);
    bool outdated = read_one(ledger, 0, 0).spans[0].outdated;
    cr_expect_eq(fixture_integer("SELECT count(*) FROM completeness WHERE STATE = 'settled'"), outdated ? 0 : 1);
    ledger_close(ledger);
    return outdated;
}

Test(ledger_declare, what_came_from_another_table_is_outdated)
{
    cr_expect_not(outdated_from("ZONES/DAY/START", "ZONES/DAY/START"));
    cr_expect(outdated_from("ZONES/DAY/START", "ZONES/DAY/BEGIN"));
    cr_expect(outdated_from("ZONE/DAY/START", "ZONES/DAY/START"));
    cr_expect(outdated_from(NULL, "ZONES/DAY/START"));
    fixture_expect_lines("SELECT columns FROM column_sets ORDER BY columns_id LIMIT 2",
                         "@ZONES/DAY/START MEAN PEAK\n@ZONES/DAY/START MEAN\n");
}

Test(ledger_declare, columns_that_are_asked_for_again_outdate_nothing)
{
    static const char *const both[] = {"MEAN", "PEAK"};
    cr_assert(outdated_after(1, both, 2, both));
    cr_assert_not(outdated_after(2, both, 1, both));
}

Test(ledger_declare, too_many_sets_of_columns_are_refused)
{
    struct ledger *ledger = NULL;
    fixture_exec("WITH RECURSIVE n (i) AS (SELECT 1001 UNION ALL SELECT i + 1 FROM n WHERE i < 1256)"
                 " INSERT INTO column_sets SELECT i, 'C' || i FROM n");
    must(ledger_open(db, &job.job, &ledger, &problem));
    cr_assert_eq(ledger_declare(ledger, &problem), STATUS_IO);
    cr_assert(fixture_says("different sets of columns"), "%s", problem.message);
    ledger_close(ledger);
}

Test(ledger_declare, building_keeps_its_name_until_it_gets_another)
{
    small_job_declare_only(&job);
    job.building.name = NULL;
    job.building.site_count = 1;
    small_job_declare_only(&job);
    fixture_expect_lines("SELECT name || ' ' || time_zone FROM buildings", "Demo UTC\n");
    job.building.name = "Tower";
    small_job_declare_only(&job);
    fixture_expect_lines("SELECT name FROM buildings", "Tower\n");
}

/* The sink derives local times anew where the zone written here is not the job's. */
Test(ledger_declare, zone_of_the_job_that_ran_last_is_written_down)
{
    struct small_job other;
    struct zone *toronto = NULL;
    small_job_init(&other, "other");
    must(zone_load("America/Toronto", &toronto, &problem));
    other.building.zone = toronto;
    small_job_declare_only(&job);
    small_job_declare_only(&other);
    fixture_expect_lines("SELECT time_zone FROM buildings", "America/Toronto\n");
    small_job_declare_only(&job);
    fixture_expect_lines("SELECT time_zone FROM buildings", "UTC\n");
    small_job_declare_only(&other);
    fixture_expect_lines("SELECT time_zone FROM buildings", "America/Toronto\n");
    zone_free(toronto);
    small_job_release(&other);
}

Test(ledger_declare, undeclared_job_reads_as_nothing_fetched)
{
    struct ledger *ledger = NULL;
    must(ledger_open(db, &job.job, &ledger, &problem));
    struct ledger_series series = read_one(ledger, 0, 0);
    cr_assert_eq(series.span_count + series.failure_count, 0);
    ledger_close(ledger);
    ledger_close(NULL);
}

Test(ledger_declare, datasets_that_a_job_no_longer_names_are_no_longer_promised)
{
    const char *const names[] = {"demo", "demo/kept", "demo/gone", "demo2", "demo2/gone"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *slash = strchr(names[i], '/');
        job.coverage.job = names[i];
        job.job.dataset = slash != NULL ? slash + 1 : "building_insights";
        small_job_declare_only(&job);
    }
    const char *const kept[] = {"demo/kept", "demo"};
    must(ledger_drop_others(db, "demo", 2, kept, &problem));
    cr_expect_eq(fixture_integer("SELECT count(*) FROM coverage_series WHERE job = 'demo/gone'"), 0);
    cr_expect_eq(fixture_integer("SELECT count(*) FROM coverage_buildings WHERE job = 'demo/gone'"), 0);
    cr_expect_eq(fixture_integer("SELECT count(*) FROM jobs WHERE job = 'demo/gone'"), 0);
    cr_expect_eq(fixture_integer("SELECT count(DISTINCT job) FROM coverage_series"), 4);
    cr_expect_eq(fixture_integer("SELECT count(*) FROM series WHERE dataset = 'gone'"), 8); /* with their rows */
}
