#include "db/migrate.h"
#include "scene.h"
#include "store/ledger.h"

#include <string.h>

TestSuite(sharing_missing_rows, .init = scene_begin, .fini = scene_end);

static struct db *db;
static struct ledger *ledger;
static const char *const columns[] = {"NOTE"};
static const struct coverage coverage = {.job = "job"};
static const struct ledger_job job = {
    .dataset = "building_insights", .coverage = &coverage, .column_count = 1, .columns = columns};

static void open_ledger(void)
{
    must(db_open("job.db", DB_CREATE, &db, &problem));
    must(migrate(db, MIGRATE_LEDGER, 0, &problem));
    must(ledger_open(db, &job, &ledger, &problem));
}

static void close_ledger(void)
{
    ledger_close(ledger);
    db_close(db);
}

static bool sight(int64_t series_id, civil_day day, const char *run_id)
{
    bool confirmed;
    must(ledger_sight_empty(ledger, series_id, day, run_id, &confirmed, &problem));
    return confirmed;
}

static bool miss(int64_t series_id, civil_day day, const char *start)
{
    bool first;
    must(ledger_miss_row(ledger, series_id, day, start, strlen(start), &first, &problem));
    return first;
}

Test(sharing_missing_rows, empty_sighting_is_confirmed_by_another_run_only)
{
    open_ledger();
    cr_assert(!sight(1, DAY, "run-1"));
    cr_assert(!sight(1, DAY, "run-1"), "the same run proves nothing");
    cr_assert(!sight(1, DAY + 1, "run-2"), "another day");
    cr_assert(!sight(2, DAY, "run-2"), "another series");
    cr_assert(sight(1, DAY, "run-2"));
    cr_assert(sight(1, DAY, "run-3"), "it stays until it is forgotten");
    close_ledger();
}

Test(sharing_missing_rows, forgotten_sighting_must_be_confirmed_anew)
{
    open_ledger();
    cr_assert(!sight(1, DAY, "run-1"));
    cr_assert(!sight(1, DAY + 1, "run-1"));
    must(ledger_forget_empty(ledger, 1, DAY, &problem));
    cr_assert(!sight(1, DAY, "run-2"));
    cr_assert(sight(1, DAY, "run-3"));
    cr_assert(sight(1, DAY + 1, "run-2"), "the neighbour was not forgotten");
    must(ledger_forget_empty(ledger, 9, DAY, &problem));
    close_ledger();
}

Test(sharing_missing_rows, sighting_outlives_the_run)
{
    open_ledger();
    cr_assert(!sight(1, DAY, "run-1"));
    close_ledger();
    open_ledger();
    cr_assert(sight(1, DAY, "run-2"));
    close_ledger();
}

Test(sharing_missing_rows, missed_row_is_told_once)
{
    open_ledger();
    cr_assert(miss(1, DAY, "2025-05-01T00:00:00Z"));
    cr_assert(!miss(1, DAY, "2025-05-01T00:00:00Z"));
    cr_assert(miss(1, DAY, "2025-05-01T01:00:00Z"));
    cr_assert(miss(1, DAY + 1, "2025-05-01T00:00:00Z"));
    cr_assert(miss(2, DAY, "2025-05-01T00:00:00Z"));
    cr_assert(!miss(2, DAY, "2025-05-01T00:00:00Z"));
    close_ledger();
    open_ledger();
    cr_assert(!miss(1, DAY, "2025-05-01T00:00:00Z"));
    close_ledger();
}

Test(sharing_missing_rows, row_that_is_no_longer_missed_is_told_again)
{
    static const char start[] = "2025-05-01T00:00:00Z";
    bool was;
    open_ledger();
    cr_assert(miss(1, DAY, start));
    must(ledger_unmiss_row(ledger, 1, DAY + 1, start, strlen(start), &was, &problem));
    cr_assert(!was, "another day");
    must(ledger_unmiss_row(ledger, 1, DAY, start, strlen(start), &was, &problem));
    cr_assert(was);
    must(ledger_unmiss_row(ledger, 1, DAY, start, strlen(start), &was, &problem));
    cr_assert(!was);
    cr_assert(miss(1, DAY, start));
    close_ledger();
}
