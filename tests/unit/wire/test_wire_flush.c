/*
 * A flush of PostgreSQL. One slice that comes several times ends as in SQLite: rows, counts, corrections. What the
 * server has lost is noticed.
 */
#include "fence.h"
#include "outcomes.h"
#include "pg_fixture.h"
#include "wire_postgres.h"
#include "wire_sqlite.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { NOW = 1746057600 + 30 * 86400, OUTCOMES_MAX = 8 };

static const char run_id[] = "flush-1";
static struct err problem;
#define must(call) cr_assert_eq((call), STATUS_OK, "%s", problem.message)

static struct job job;
static struct opened_destination both[2]; /* SQLite, PostgreSQL */
static struct kept kept[OUTCOMES_MAX];

static void open_with(const char *vanished)
{
    char more[1024];
    snprintf(more, sizeof more,
             "on_vanished: %s\n"
             "destinations:\n  - sqlite: {path: rows.db}\n  - postgres: {dsn: \"%s\", schema: flush_%ld}\n",
             vanished, pg_fixture_options().dsn, (long)getpid());
    outcome_job_open(NOW, more, &job);
    must(sqlite_destination_open(&job, &job.config->destinations[0], run_id, &both[0], &problem));
    must(postgres_destination_open(&job, &job.config->destinations[1], run_id, &both[1], &problem));
}

static void end(void)
{
    for (size_t i = 0; i < 2; i++)
        both[i].close(both[i].ops.context);
    outcome_job_close(&job);
}

TestSuite(wire_flush, .fini = end);

static void make(struct kept *to, const struct fetched *from, int64_t at)
{
    outcome_make(to, &job.datasets[0].coverage.buildings[0], from, NOW + at);
}

/* All of it between two flushes, into one of the destinations. */
static struct run_counts flush_into(struct opened_destination *to, size_t count)
{
    struct run_counts counts = {0};
    bool flushed = false;
    for (size_t i = 0; i < count; i++)
        must(to->ops.write(to->ops.context, &kept[i].outcome, &counts, &problem));
    must(to->ops.flush(to->ops.context, true, &counts, &flushed, &problem));
    cr_assert(flushed);
    return counts;
}

static void append_lines(struct db *db, const char *sql, struct buf *out)
{
    struct db_statement *query;
    bool row;
    must(db_prepare(db, sql, &query, &problem));
    for (;;) {
        must(db_step(query, &row, &problem));
        if (!row)
            break;
        buf_appendf(out, "%s\n", db_column_text(query, 0));
    }
    db_finalize(query);
}

static void describe(struct db *db, const struct run_counts *counts, struct buf *out)
{
    buf_appendf(out,
                "fetched %" PRIu64 " empty %" PRIu64 " received %" PRIu64 " inserted %" PRIu64 " updated %" PRIu64
                " unchanged %" PRIu64 " vanished %" PRIu64 "\n",
                counts->slices_fetched, counts->slices_empty, counts->rows_received, counts->rows_inserted,
                counts->rows_updated, counts->rows_unchanged, counts->rows_vanished);
    append_lines(db,
                 "SELECT SITE_ID || ' ' || DATE_TIME_START || ' ' || CAST(OCCUPANCY_MEAN AS INTEGER) FROM"
                 " building_insights ORDER BY SITE_ID, DATE_TIME_START",
                 out);
    append_lines(db,
                 "SELECT 'correction ' || site_id || ' ' || date_partition || ' ' || inserted || ' ' || updated || ' '"
                 " || vanished FROM corrections ORDER BY correction_id",
                 out);
    append_lines(db,
                 "SELECT STATE || ' ' || SITE_ID || ' ' || DATE_PARTITION || ' ' || ROW_COUNT FROM completeness"
                 " WHERE STATE <> 'missing' ORDER BY SITE_ID, DATE_PARTITION",
                 out);
    append_lines(db, "SELECT 'sighted ' || day FROM empty_sightings ORDER BY series_id, day", out);
}

/* Returns what PostgreSQL says, in words; the caller releases it. */
static struct buf store(size_t count, const struct fetched *fetched)
{
    struct buf told[2] = {0};
    for (size_t i = 0; i < count; i++)
        make(&kept[i], &fetched[i], (int64_t)i);
    for (size_t i = 0; i < 2; i++) {
        struct run_counts counts = flush_into(&both[i], count);
        describe(both[i].db, &counts, &told[i]);
    }
    for (size_t i = 0; i < count; i++)
        batch_release(&kept[i].batch);
    cr_assert_str_eq(buf_text(&told[1]), buf_text(&told[0]));
    buf_release(&told[0]);
    return told[1];
}

static void expect(size_t count, const struct fetched *fetched, const char *words)
{
    struct buf told = store(count, fetched);
    cr_assert_not_null(strstr(buf_text(&told), words), "%s", buf_text(&told));
    buf_release(&told);
}

Test(wire_flush, the_second_is_compared_with_what_the_first_stored)
{
    const struct fetched twice[] = {{0, 1, 0, 1, {"12"}}, {0, 1, 0, 1, {"145"}}};
    open_with("keep");
    expect(2, twice, "inserted 3 updated 1 unchanged 1 vanished 0");
    expect(1, twice, "correction 1 20250501 1 1 0\ncorrection 1 20250501 0 1 1");
}

Test(wire_flush, units_that_share_some_of_their_slices)
{
    const struct fetched three[] = {
        {0, 2, 0, 2, {"1", "2", "3", "4"}}, {1, 1, 1, 2, {"5", "6"}}, {0, 1, 1, 1, {"37"}}, {1, 1, 1, 1, {"5"}}};
    open_with("keep");
    expect(4, three, "fetched 8 empty 0 received 9 inserted 6 updated 1 unchanged 2 vanished 0");
}

Test(wire_flush, a_slice_that_is_empty_the_second_time)
{
    const struct fetched twice[] = {{0, 1, 0, 1, {"12"}}, {0, 1, 0, 1, {"-"}}, {0, 1, 0, 1, {"-"}}};
    open_with("delete");
    expect(3, twice, "sighted 20209");
    expect(2, twice, "sighted 20209"); /* it had rows between, so nobody confirms that it is empty */
}

Test(wire_flush, a_slice_that_is_empty_the_first_time)
{
    const struct fetched twice[] = {{0, 1, 0, 1, {"-"}}, {0, 1, 0, 1, {"1"}}, {1, 1, 0, 1, {"7"}}};
    open_with("delete");
    expect(3, twice, "inserted 2 updated 0 unchanged 0 vanished 0");
}

/* Refuses the outcomes of the second site. */
static enum status refuse(void *context, size_t lane, struct db *db, size_t count,
                          const struct unit_outcome *const *outcomes, bool *ret_held, struct err *err)
{
    (void)context;
    (void)lane;
    (void)db;
    (void)err;
    for (size_t i = 0; i < count; i++)
        ret_held[i] = outcomes[i]->unit->sites[0] == 1;
    return STATUS_OK;
}

static void note_commit(void *context, size_t lane)
{
    (void)lane;
    ++*(int *)context;
}

Test(wire_flush, rows_of_what_the_fence_refuses_do_not_count)
{
    int commits = 0;
    const struct fence fence = {&commits, refuse, note_commit};
    const struct fetched three[] = {{0, 1, 0, 1, {"12"}}, {1, 1, 0, 1, {"456"}}, {0, 1, 0, 1, {"13"}}};
    open_with("keep");
    both[1].set_fence(both[1].ops.context, &fence);
    for (size_t i = 0; i < 3; i++)
        make(&kept[i], &three[i], (int64_t)i);
    struct run_counts counts = flush_into(&both[1], 3);
    for (size_t i = 0; i < 3; i++)
        batch_release(&kept[i].batch);
    cr_assert(counts.rows_received == 4 && counts.rows_inserted == 2 && counts.rows_updated == 1);
    cr_assert(counts.slices_fetched == 2);
    cr_assert_eq(commits, 2, "it is told of each transaction");
}

static int64_t integer(const char *sql)
{
    int64_t number = -1;
    must(db_query_integer(both[1].db, sql, &number, &problem));
    return number;
}

/* As after a failover to a standby that was behind: a number is gone, or that of another series. */
static void lose(const char *change)
{
    const struct fetched one = {0, 1, 0, 1, {"12"}};
    struct run_counts counts = {0};
    bool flushed = false;
    open_with("keep");
    make(&kept[0], &one, 0);
    must(both[1].ops.write(both[1].ops.context, &kept[0].outcome, &counts, &problem));
    (void)flush_into(&both[1], 0);
    must(both[1].ops.write(both[1].ops.context, &kept[0].outcome, &counts, &problem));
    must(db_exec(both[1].db, change, &problem));
    cr_assert_eq(both[1].ops.flush(both[1].ops.context, true, &counts, &flushed, &problem), STATUS_IO);
    cr_assert_not_null(strstr(problem.message, "no longer has what was committed"), "%s", problem.message);
    cr_assert_eq(integer("SELECT count(*) FROM ledger_spans"), 1);
    cr_assert_eq(integer("SELECT number FROM flushes"), 1);
    batch_release(&kept[0].batch);
}

Test(wire_flush, a_series_that_is_gone)
{
    lose("DELETE FROM series WHERE site_id = 1");
}

Test(wire_flush, a_series_that_is_of_another_site)
{
    lose("UPDATE series SET site_id = 9 WHERE site_id = 1");
}

Test(wire_flush, a_series_that_is_of_another_dataset)
{
    lose("UPDATE series SET dataset = 'zone_insights' WHERE site_id = 1");
}

Test(wire_flush, a_series_that_is_of_another_granularity)
{
    lose("UPDATE series SET granularity = 'P1D' WHERE site_id = 1");
}

/* The session ends, and when it is back another server answers, which got less and gave numbers anew. */
static struct db *fail_over(const char *change)
{
    struct db *other;
    struct pg_options options = {getenv("OCCUPORT_TEST_POSTGRES"), job.config->destinations[1].schema, "other", false,
                                 false};
    must(pg_open(&options, &other, &problem));
    must(db_exec(other, change, &problem));
    must(db_exec(other,
                 "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                 " AND datname = current_database()",
                 &problem));
    return other;
}

static int64_t ask(struct db *other, const char *sql)
{
    int64_t number = -1;
    must(db_query_integer(other, sql, &number, &problem));
    return number;
}

Test(wire_flush, numbers_are_asked_for_again_on_another_connection)
{
    const struct fetched two[] = {{0, 1, 0, 1, {"12"}}, {0, 1, 1, 1, {"3"}}};
    open_with("keep");
    make(&kept[0], &two[0], 0);
    must(both[1].ops.write(both[1].ops.context, &kept[0].outcome, &(struct run_counts){0}, &problem));
    (void)flush_into(&both[1], 0);
    struct db *other = fail_over("UPDATE column_sets SET columns_id = 7;"
                                 "INSERT INTO column_sets (columns_id, columns) VALUES (1, 'OCCUPANCY_MAX');"
                                 "UPDATE ledger_spans SET columns_id = 7, series_id = 100;"
                                 "UPDATE series SET series_id = 100 WHERE site_id = 1");
    batch_release(&kept[0].batch);
    make(&kept[0], &two[1], 0);
    (void)flush_into(&both[1], 1);
    cr_assert_eq(ask(other, "SELECT count(*) FROM ledger_spans"), 1);
    cr_assert_eq(ask(other, "SELECT count(*) FROM ledger_spans WHERE columns_id = 7 AND end_day - first_day = 2"), 1);
    batch_release(&kept[0].batch);
    db_close(other);
}

Test(wire_flush, a_set_of_columns_that_was_lost_is_noted_again)
{
    const struct fetched one = {0, 1, 0, 1, {"12"}};
    open_with("keep");
    struct db *other = fail_over("DELETE FROM column_sets; DELETE FROM column_set_covers;"
                                 "INSERT INTO column_sets (columns_id, columns) VALUES (1, 'OCCUPANCY_MAX')");
    make(&kept[0], &one, 0);
    (void)flush_into(&both[1], 1);
    cr_assert_eq(ask(other, "SELECT count(*) FROM ledger_spans JOIN column_sets USING (columns_id)"
                            " WHERE columns = 'OCCUPANCY_MEAN'"),
                 1);
    cr_assert_eq(ask(other, "SELECT count(*) FROM column_set_covers"), 1);
    batch_release(&kept[0].batch);
    db_close(other);
}

Test(wire_flush, series_that_another_connection_does_not_have)
{
    const struct fetched one = {0, 1, 0, 1, {"12"}};
    struct run_counts counts = {0};
    bool flushed = false;
    open_with("keep");
    struct db *other = fail_over("DELETE FROM series");
    make(&kept[0], &one, 0);
    must(both[1].ops.write(both[1].ops.context, &kept[0].outcome, &counts, &problem));
    cr_assert_eq(both[1].ops.flush(both[1].ops.context, true, &counts, &flushed, &problem), STATUS_IO, "%s",
                 problem.message);
    cr_assert_not_null(strstr(problem.message, "no longer has what was committed"), "%s", problem.message);
    batch_release(&kept[0].batch);
    db_close(other);
}

Test(wire_flush, nothing_in_the_schema_has_a_name_that_a_dataset_may_have)
{
    struct buf names = {0};
    open_with("keep");
    append_lines(both[1].db,
                 "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace"
                 " AND relname <> 'building_insights'",
                 &names);
    cr_assert_not_null(strstr(buf_text(&names), "work_units\n"));
    for (char *name = strtok(names.data, "\n"); name != NULL; name = strtok(NULL, "\n"))
        cr_expect(dataset_name_is_reserved(name) || dataset_name_is_reserved_in_postgres(name), "%s", name);
    buf_release(&names);
}
