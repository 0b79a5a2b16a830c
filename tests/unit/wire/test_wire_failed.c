/*
 * A destination whose flush failed is as it was after the flush before: nothing of what it was given since comes later,
 * and nothing of what it owes the ledger is forgotten.
 */
#include "outcomes.h"
#include "pg_fixture.h"
#include "wire_csv.h"
#include "wire_postgres.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { NOW = 1746057600 + 30 * 86400 };

static const char run_id[] = "failed-1";
static const char list[] = "files/.occuport/corrections";
static struct err problem;
#define must(call) cr_assert_eq((call), STATUS_OK, "%s", problem.message)

static struct job job;
static struct opened_destination place;

static void open_job(void)
{
    char more[1024];
    snprintf(more, sizeof more,
             "destinations:\n  - csv: {directory: files}\n  - postgres: {dsn: \"%s\", schema: failed_%ld}\n",
             pg_fixture_options().dsn, (long)getpid());
    outcome_job_open(NOW, more, &job);
}

static void end(void)
{
    place.close(place.ops.context);
    outcome_job_close(&job);
}

TestSuite(wire_failed, .init = open_job, .fini = end);

/* One slice, of the first or the second site. */
static enum status flush_one(size_t site, const char *digits)
{
    const struct fetched fetched = {site, 1, 0, 1, {digits}};
    struct kept *kept = malloc(sizeof *kept); /* so that it is seen when it is used afterwards */
    struct run_counts counts = {0};
    bool flushed = false;
    cr_assert_not_null(kept);
    outcome_make(kept, &job.datasets[0].coverage.buildings[0], &fetched, NOW);
    must(place.ops.write(place.ops.context, &kept->outcome, &counts, &problem));
    enum status status = place.ops.flush(place.ops.context, true, &counts, &flushed, &problem);
    cr_assert_eq(flushed, status == STATUS_OK);
    batch_release(&kept->batch);
    free(kept);
    return status;
}

static int64_t ask(const char *sql)
{
    int64_t number = -1;
    must(db_query_integer(place.db, sql, &number, &problem));
    return number;
}

Test(wire_failed, postgres_stores_what_came_later_and_nothing_before_it)
{
    must(postgres_destination_open(&job, &job.config->destinations[1], run_id, &place, &problem));
    must(flush_one(0, "1"));
    must(db_exec(place.db,
                 "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;"
                 "CREATE TRIGGER no BEFORE INSERT ON ledger_spans FOR EACH ROW EXECUTE FUNCTION no()",
                 &problem));
    cr_assert_eq(flush_one(1, "2"), STATUS_IO);
    must(db_exec(place.db, "DROP TRIGGER no ON ledger_spans", &problem));
    must(flush_one(0, "3"));
    cr_assert_eq(ask("SELECT count(*) FROM building_insights"), 1);
    cr_assert_eq(ask("SELECT CAST(sum(occupancy_mean) AS bigint) FROM building_insights"), 3);
}

static void refuse_corrections(void)
{
    must(csv_destination_open(&job, &job.config->destinations[0], "run", run_id, &place, &problem));
    must(flush_one(0, "12"));
    must(db_exec(place.db,
                 "CREATE TEMP TRIGGER no BEFORE INSERT ON main.corrections BEGIN SELECT RAISE(ABORT, 'no'); END",
                 &problem));
    cr_assert_eq(flush_one(0, "34"), STATUS_IO);
    cr_assert_eq(access(list, F_OK), 0, "the files are in place, and the ledger does not know what changed in them");
}

Test(wire_failed, csv_books_what_it_changed_before_it_goes_on)
{
    refuse_corrections();
    must(db_exec(place.db, "DROP TRIGGER no", &problem));
    must(flush_one(1, "5"));
    cr_assert_eq(ask("SELECT updated FROM corrections WHERE site_id = 1"), 2);
    cr_assert_eq(access(list, F_OK), -1);
}

Test(wire_failed, csv_keeps_what_it_cannot_book_and_does_not_go_on)
{
    refuse_corrections();
    const struct fetched other = {1, 1, 0, 1, {"5"}};
    struct run_counts counts = {0};
    struct kept kept;
    outcome_make(&kept, &job.datasets[0].coverage.buildings[0], &other, NOW);
    cr_assert_eq(place.ops.write(place.ops.context, &kept.outcome, &counts, &problem), STATUS_IO);
    batch_release(&kept.batch);
    cr_assert_eq(access(list, F_OK), 0);
    cr_assert_eq(ask("SELECT count(*) FROM corrections"), 0);
}
