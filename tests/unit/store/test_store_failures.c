/* Each call of the database, and each allocation, fails once: nothing is half done, and the next time all is well. */
#include "db/migrate.h"
#include "small_job.h"
#include "store/dimensions.h"
#include "store/runs.h"
#include "store/schema_changes.h"
#include "support/trip.h"

TestSuite(store_failures, .init = fixture_begin, .fini = fixture_end);

/* Both kinds; the second time the work finds its own results, which it must be able to do again. */
static void sweep(trip_work *work, void *context)
{
    cr_expect_gt(trip_sweep(TRIP_DB, db, work, context), 0);
    cr_expect_gt(trip_sweep(TRIP_MEMORY, db, work, context), 0);
}

/* The puts of a ledger in the transaction of their caller. */
static enum status in_transaction(struct ledger *ledger, enum status (*put)(struct ledger *ledger, struct err *err),
                                  struct err *err)
{
    enum status status = db_begin(db, err);
    if (status == STATUS_OK)
        status = put(ledger, err);
    return db_end(db, status, err);
}

static enum status with_ledger(const struct small_job *small,
                               enum status (*put)(struct ledger *ledger, struct err *err), struct err *err)
{
    struct ledger *ledger = NULL;
    enum status status = ledger_open(db, &small->job, &ledger, err);
    if (status == STATUS_OK)
        status = in_transaction(ledger, put, err);
    ledger_close(ledger);
    return status;
}

static enum status declare(void *context, struct err *err)
{
    return with_ledger(context, ledger_declare, err);
}

Test(store_failures, a_job_is_declared_whole_or_not_at_all)
{
    struct small_job small;
    small_job_init(&small, "job");
    sweep(declare, &small);
    small.job.column_count = 3; /* another set of columns, which is not yet known */
    small.building.name = "New name";
    small.building.site_count = 1;
    sweep(declare, &small);
    cr_expect_eq(fixture_integer("SELECT count(*) FROM coverage_series"), 4);
    small_job_release(&small);
}

static enum status put_all(struct ledger *ledger, struct err *err)
{
    static const unsigned char empty[] = {2};
    static const unsigned char proofs[] = {0x12, 0x40};
    struct span span = {.days = {MAY_DAY, MAY_DAY + 3},
                        .settled = true,
                        .proofs = SPAN_PROOF_COUNT,
                        .fetched_at = NOW,
                        .empty_days = empty,
                        .proof_days = proofs};
    struct ledger_fault fault = {1, MAY_DAY + 5, STATUS_SERVER, "down", "r1", NOW};
    bool flag;
    enum status status = ledger_put_failed(ledger, &fault, err);
    if (status == STATUS_OK)
        status = ledger_put_fetched(ledger, 1, &span, err);
    span.days = (struct day_range){MAY_DAY + 2, MAY_DAY + 4};
    span.settled = false;
    if (status == STATUS_OK)
        status = ledger_put_fetched(ledger, 1, &span, err);
    if (status == STATUS_OK)
        status = ledger_sight_empty(ledger, 1, MAY_DAY, "r1", &flag, err);
    if (status == STATUS_OK)
        status = ledger_sight_empty(ledger, 1, MAY_DAY, "r2", &flag, err);
    if (status == STATUS_OK)
        status = ledger_forget_empty(ledger, 1, MAY_DAY, err);
    if (status == STATUS_OK)
        status = ledger_miss_row(ledger, 1, MAY_DAY, "08:00", 5, &flag, err);
    return status == STATUS_OK ? ledger_forget_missed(ledger, 1, MAY_DAY, err) : status;
}

static enum status put(void *context, struct err *err)
{
    return with_ledger(context, put_all, err);
}

static void count_failed(void *context, const struct ledger_failed_slice *slice)
{
    cr_expect_eq(slice->day, MAY_DAY + 5);
    ++*(int *)context;
}

static enum status read_all(struct ledger *ledger, struct err *err)
{
    static const int64_t sites[] = {1};
    static const char *const groups[] = {"everyone"};
    struct coverage_building building = {.id = 71, .sites = sites, .groups = groups};
    struct ledger_series series = {0};
    bool fetched[10];
    int count = 0;
    enum status status = ledger_read_series(ledger, &building, "PT1H", 0, 0, &series, err);
    if (status == STATUS_OK)
        status = ledger_look_back(ledger, 1, (struct day_range){MAY_DAY, MAY_DAY + 10}, fetched, err);
    if (status == STATUS_OK)
        status = ledger_each_failed(ledger, 10, count_failed, &count, err);
    if (status == STATUS_OK) {
        cr_expect_eq(series.span_count, 2);
        cr_expect_eq(series.failure_count, 1);
        cr_expect(fetched[3] && !fetched[4]);
        cr_expect_eq(count, 1);
    }
    return status;
}

static enum status look(void *context, struct err *err)
{
    return with_ledger(context, read_all, err);
}

Test(store_failures, slices_are_noted_whole_or_not_at_all)
{
    struct small_job small;
    small_job_init(&small, "job");
    small_job_declare_only(&small);
    sweep(put, &small);
    sweep(look, &small);
    small_job_release(&small);
}

static enum status drop_others(void *context, struct err *err)
{
    const char *const names[] = {"job", "job/zones"};
    (void)context;
    enum status status = db_begin(db, err);
    if (status == STATUS_OK)
        status = ledger_drop_others(db, "job", 2, names, err);
    return db_end(db, status, err);
}

Test(store_failures, datasets_that_are_no_longer_named_are_dropped_together)
{
    struct small_job small;
    small_job_init(&small, "job/gone");
    small_job_declare_only(&small);
    sweep(drop_others, NULL);
    cr_expect_eq(fixture_integer("SELECT count(*) FROM coverage_series"), 0);
    small_job_release(&small);
}

static enum status live_a_run(void *context, struct err *err)
{
    struct run_record record = {
        .run_id = "r2", .job = "job", .command = "run", .version = "1", .status = "ok", .started_at = NOW};
    struct run_line lines[4];
    size_t count = 0;
    char when[RUN_TEXT_SIZE];
    enum status status = db_begin(db, err); /* so that a failed sweep finds no run of an earlier one */
    if (status == STATUS_OK)
        status = db_exec(db, "DELETE FROM runs WHERE run_id = 'r2'", err);
    if (status == STATUS_OK)
        status = runs_begin(db, &record, err);
    if (status == STATUS_OK)
        status = runs_finish(db, &record, err);
    if (status == STATUS_OK)
        status = runs_latest(db, "job", lines, 4, &count, err);
    if (status == STATUS_OK)
        status = runs_newest_fetch(db, "job", when, err);
    (void)context;
    if (db_in_transaction(db))
        return db_end(db, status, err);
    return status;
}

Test(store_failures, a_run_is_noted_or_not)
{
    fixture_exec("INSERT INTO runs (run_id, job, command, status, started_at, pid, version)"
                 " VALUES ('r1', 'job', 'run', 'running', '2025-05-01T00:00:00Z', 0, '1')");
    struct run_record record = {.run_id = "r3", .job = "job", .command = "run", .version = "1", .started_at = NOW};
    for (int nth = 1;; nth++) { /* runs_begin is one transaction */
        trip_arm(TRIP_DB, nth);
        enum status status = runs_begin(db, &record, &problem);
        if (!trip_disarm())
            break;
        cr_expect_eq(status, STATUS_IO);
        cr_expect_eq(fixture_integer("SELECT count(*) FROM runs WHERE status = 'running'"), 1, "at call %d", nth);
    }
    cr_expect_eq(fixture_integer("SELECT count(*) FROM runs WHERE status = 'died'"), 1);
    cr_expect_gt(trip_sweep(TRIP_MEMORY, NULL, live_a_run, NULL), 0);
}

static enum status add_history(void *context, struct err *err)
{
    struct series_key key = {71, 1, "everyone", "PT1H"};
    struct run_reject reject = {"r1", "building_insights", NOW, context, MAY_DAY, "odd", "{}", 2};
    struct run_correction correction = {"r1", "building_insights", NOW, key, MAY_DAY, 1, 2, 3};
    enum status status = db_begin(db, err);
    if (status == STATUS_OK)
        status = runs_add_reject(db, &reject, err);
    if (status == STATUS_OK)
        status = runs_add_correction(db, &correction, err);
    return db_end(db, status, err);
}

Test(store_failures, rejects_and_corrections)
{
    struct series_key key = {71, 1, "everyone", "PT1H"};
    sweep(add_history, NULL);
    sweep(add_history, &key);
    cr_expect_eq(fixture_integer("SELECT count(*) FROM rejects"), 4);
    cr_expect_eq(fixture_integer("SELECT count(*) FROM corrections"), 4);
}

static void visit_change(const void *context, const struct schema_change *change)
{
    (void)context;
    cr_expect_not_null(change->name);
}

static enum status note_columns(void *context, struct err *err)
{
    enum status status = db_begin(db, err);
    if (status == STATUS_OK)
        status = schema_changes_note(db, context, visit_change, NULL, err);
    return db_end(db, status, err);
}

Test(store_failures, columns_of_the_server_are_noted_together)
{
    static const struct schema_known first[] = {{"MEAN", "Float"}, {"MAX", "Int"}};
    static const struct schema_known second[] = {{"MEAN", "String"}, {"NEW", "Int"}};
    struct schema_sighting sighting = {"r1", NOW, "d", 2, first};
    sweep(note_columns, &sighting);
    sighting.columns = second;
    sweep(note_columns, &sighting);
    cr_expect_eq(fixture_integer("SELECT count(*) FROM schema_changes"), 5);
}

static enum status put_dimension(void *context, struct err *err)
{
    static const struct dimension *floors;
    struct table read = {0};
    floors = dimension_get(DIMENSION_FLOORS);
    enum status status = db_begin(db, err);
    if (status == STATUS_OK)
        status = dimensions_put(db, floors, context, err);
    if (status == STATUS_OK)
        status = dimensions_read(db, floors, &read, err);
    if (status == STATUS_OK)
        cr_expect_eq(read.row_count, 2);
    table_release(&read);
    return db_end(db, status, err);
}

Test(store_failures, tables_of_names)
{
    struct value values[12] = {
        {.kind = VALUE_INTEGER, .integer = 1},
        {.kind = VALUE_TEXT, .text = "A", .size = 1},
        {.kind = VALUE_INTEGER, .integer = 71},
        {.kind = VALUE_REAL, .real = 0.5},
        {.kind = VALUE_NULL},
        {.kind = VALUE_JSON, .text = "{}", .size = 2},
        {.kind = VALUE_INTEGER, .integer = 2},
    };
    struct table table = {.column_count = 6, .row_count = 2, .values = values};
    sweep(put_dimension, &table);
}

static enum status build(void *context, struct err *err)
{
    struct db *fresh = NULL;
    bool current = false;
    enum status status = db_open(":memory:", DB_CREATE, &fresh, err);
    (void)context;
    if (status == STATUS_OK)
        status = migrate(fresh, MIGRATE_LEDGER, NOW, err);
    if (status == STATUS_OK)
        status = migrate(fresh, MIGRATE_ALL, NOW, err);
    if (status == STATUS_OK)
        status = migrate_check(fresh, MIGRATE_ALL, &current, err);
    cr_expect_eq(current, status == STATUS_OK);
    db_close(fresh);
    return status;
}

Test(store_failures, a_database_that_is_being_made)
{
    cr_expect_gt(trip_sweep(TRIP_DB, NULL, build, NULL), 0);
    cr_expect_gt(trip_sweep(TRIP_MEMORY, NULL, build, NULL), 0);
}
