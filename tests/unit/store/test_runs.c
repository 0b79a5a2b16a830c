#include "store/runs.h"

#include "fixture.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(runs, .init = fixture_begin, .fini = fixture_end);

static struct run_record record_of(const char *run_id, const char *job)
{
    struct run_record record = {
        .job = job, .command = "run", .version = "1.2.3", .status = "ok", .started_at = NOW, .finished_at = NOW + 61};
    snprintf(record.run_id, sizeof record.run_id, "%s", run_id);
    return record;
}

static void begin_run(const char *run_id, const char *job)
{
    struct run_record record = record_of(run_id, job);
    must(runs_begin(db, &record, &problem));
}

/* A different value for each counter. */
static struct run_counts different_counts(void)
{
    return (struct run_counts){
        .slices_due = 101,
        .slices_fetched = 102,
        .slices_failed = 103,
        .slices_empty = 104,
        .rows_received = 105,
        .rows_inserted = 106,
        .rows_updated = 107,
        .rows_unchanged = 108,
        .rows_vanished = 109,
        .rows_rejected = 110,
        .requests = 111,
        .retries = 112,
        .logins = 113,
        .throttled = 114,
        .bytes_received = UINT64_C(1) << 40,
    };
}

/* The pid of a process that is gone for certain. */
static pid_t dead_pid(void)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    cr_assert(pid > 0 && waitpid(pid, NULL, 0) == pid);
    return pid;
}

static void set_pid(const char *run_id, pid_t pid)
{
    char sql[128];
    snprintf(sql, sizeof sql, "UPDATE runs SET pid = %ld WHERE run_id = '%s'", (long)pid, run_id);
    fixture_exec(sql);
}

static struct run_line latest_of(const char *job)
{
    struct run_line line = {0};
    size_t count = 0;
    must(runs_latest(db, job, &line, 1, &count, &problem));
    cr_assert_eq(count, 1);
    return line;
}

Test(runs, begun_run_says_so)
{
    begin_run("run-1", "demo");
    fixture_expect_lines("SELECT run_id || ' ' || job || ' ' || command || ' ' || status || ' ' || started_at || ' ' ||"
                         " version FROM runs",
                         "run-1 demo run running 2025-05-01T00:00:00Z 1.2.3\n");
    cr_assert_eq(fixture_integer("SELECT pid FROM runs"), getpid());
    struct run_line line = latest_of("demo");
    cr_assert_str_eq(line.status, "running");
    cr_assert_str_eq(line.finished_at, "");
    cr_assert_str_eq(line.message, "");
    cr_assert_not(line.has_exit_code);
    cr_assert(line.counts.slices_due == 0 && line.counts.bytes_received == 0);
    cr_assert_not(db_in_transaction(db));
}

Test(runs, every_counter_has_its_own_column)
{
    begin_run("run-1", "demo");
    struct run_record record = record_of("run-1", "demo");
    record.counts = different_counts();
    must(runs_finish(db, &record, &problem));
    fixture_expect_lines("SELECT slices_due || ' ' || slices_fetched || ' ' || slices_failed || ' ' || slices_empty"
                         " || ' ' || rows_received || ' ' || rows_inserted || ' ' || rows_updated || ' ' ||"
                         " rows_unchanged || ' ' || rows_vanished || ' ' || rows_rejected || ' ' || requests || ' ' ||"
                         " retries || ' ' || logins || ' ' || throttled || ' ' || bytes_received FROM runs",
                         "101 102 103 104 105 106 107 108 109 110 111 112 113 114 1099511627776\n");
    struct run_line line = latest_of("demo");
    struct run_counts want = different_counts();
    cr_assert_eq(memcmp(&line.counts, &want, sizeof want), 0);
}

Test(runs, finished_run_is_read_back_whole)
{
    begin_run("run-1", "demo");
    begin_run("run-2", "demo");
    struct run_record record = record_of("run-1", "demo");
    record.status = "failed";
    record.exit_code = 75;
    record.seconds = 61.5;
    record.dialect = "hasura";
    record.message = "two slices failed";
    must(runs_finish(db, &record, &problem));
    struct run_line lines[2];
    size_t count = 0;
    must(runs_latest(db, "demo", lines, 2, &count, &problem));
    cr_assert_eq(count, 2);
    const struct run_line *line = &lines[1];
    cr_assert_str_eq(line->run_id, "run-1");
    cr_assert_str_eq(line->command, "run");
    cr_assert_str_eq(line->status, "failed");
    cr_assert_str_eq(line->started_at, "2025-05-01T00:00:00Z");
    cr_assert_str_eq(line->finished_at, "2025-05-01T00:01:01Z");
    cr_assert_str_eq(line->message, "two slices failed");
    cr_assert(line->has_exit_code && line->exit_code == 75);
    cr_assert(line->seconds == 61.5);
    fixture_expect_lines("SELECT dialect FROM runs WHERE run_id = 'run-1'", "hasura\n");
    cr_assert_str_eq(lines[0].status, "running", "the other run is untouched");
}

Test(runs, exit_code_of_zero_is_told_from_none)
{
    begin_run("run-1", "demo");
    struct run_record record = record_of("run-1", "demo");
    must(runs_finish(db, &record, &problem));
    struct run_line line = latest_of("demo");
    cr_assert(line.has_exit_code && line.exit_code == 0);
}

Test(runs, run_of_a_process_that_is_gone_died)
{
    begin_run("run-1", "demo");
    begin_run("run-1-other", "other");
    pid_t pid = dead_pid();
    set_pid("run-1", pid);
    set_pid("run-1-other", pid);
    begin_run("run-2", "demo");
    fixture_expect_lines("SELECT run_id || ' ' || status FROM runs ORDER BY run_id",
                         "run-1 died\nrun-1-other running\nrun-2 running\n");
    fixture_expect_lines("SELECT message FROM runs WHERE run_id = 'run-1'",
                         "ended without a word: killed, or the machine stopped\n");
}

/* With PostgreSQL it is the session that lives, wherever its process is. */
Test(runs, run_of_a_living_process_goes_on)
{
    struct db *ours = db;
    if (fixture_is_postgres())
        db = fixture_open("", DB_SCRATCH);
    begin_run("run-1", "demo");
    if (fixture_is_postgres()) {
        struct db *other = db;
        db = ours;
        ours = other;
    }
    set_pid("run-1", fixture_is_postgres() ? dead_pid() : getppid());
    begin_run("run-2", "demo");
    fixture_expect_lines("SELECT status FROM runs ORDER BY run_id", "running\nrunning\n");
    if (fixture_is_postgres()) {
        db_close(ours);
        fixture_exec("SELECT pg_advisory_xact_lock(run_lock('run-1'))"); /* waits until the server has seen it */
        begin_run("run-3", "demo");
        fixture_expect_lines("SELECT status FROM runs ORDER BY run_id", "died\ndied\nrunning\n");
    }
}

/* Of a file alone. */
Test(runs, whether_any_process_is_at_it)
{
    bool any = true;
    if (fixture_is_postgres())
        return;
    must(runs_any_alive(db, &any, &problem));
    cr_assert_not(any);
    begin_run("run-1", "demo");
    set_pid("run-1", getppid());
    must(runs_any_alive(db, &any, &problem));
    cr_assert(any);
    set_pid("run-1", dead_pid());
    must(runs_any_alive(db, &any, &problem));
    cr_assert_not(any);
}

Test(runs, a_row_that_is_no_text_is_kept_as_a_reject)
{
    struct run_reject reject = {.run_id = "run-1",
                                .dataset = "building_insights",
                                .seen_at = NOW,
                                .reason = "x",
                                .raw = "a\0b\xFF",
                                .raw_size = 4};
    must(runs_add_reject(db, &reject, &problem));
    cr_assert_eq(fixture_integer("SELECT count(*) FROM rejects"), 1);
}

/* In a container the program has the same pid each time. */
Test(runs, run_of_a_former_process_with_our_pid_died)
{
    begin_run("run-1", "demo");
    begin_run("run-2", "demo");
    fixture_expect_lines("SELECT status FROM runs ORDER BY run_id", "died\nrunning\n");
}

Test(runs, runs_that_ended_never_die)
{
    begin_run("run-1", "demo");
    struct run_record record = record_of("run-1", "demo");
    must(runs_finish(db, &record, &problem));
    set_pid("run-1", dead_pid());
    begin_run("run-2", "demo");
    fixture_expect_lines("SELECT status FROM runs ORDER BY run_id", "ok\nrunning\n");
}

Test(runs, many_dead_runs_are_buried_at_once)
{
    char run_id[16];
    pid_t pid = dead_pid();
    for (int i = 0; i < 50; i++) {
        snprintf(run_id, sizeof run_id, "run-%02d", i);
        begin_run(run_id, "demo");
        set_pid(run_id, getppid());
    }
    char sql[64];
    snprintf(sql, sizeof sql, "UPDATE runs SET pid = %ld", (long)pid);
    fixture_exec(sql);
    begin_run("run-50", "demo");
    fixture_expect_lines("SELECT status || ' ' || count(*) FROM runs GROUP BY status", "died 50\nrunning 1\n");
}

Test(runs, same_id_twice_is_refused_and_nothing_changes)
{
    begin_run("run-1", "demo");
    set_pid("run-1", dead_pid());
    struct run_record record = record_of("run-1", "demo");
    cr_assert_eq(runs_begin(db, &record, &problem), STATUS_IO);
    cr_assert_not(db_in_transaction(db));
    fixture_expect_lines("SELECT status FROM runs", "running\n");
}

Test(runs, a_begin_whose_answer_was_lost_is_made_again)
{
    begin_run("run-1", "demo");
    begin_run("run-1", "demo");
    fixture_expect_lines("SELECT status FROM runs", "running\n");
    fixture_exec("UPDATE runs SET status = 'died', message = 'gone'"); /* others thought so meanwhile */
    begin_run("run-1", "demo");
    fixture_expect_lines("SELECT status || ' ' || coalesce(message, 'well') FROM runs", "running well\n");
}

Test(runs, latest_are_newest_first_up_to_a_limit)
{
    static const char *const ids[] = {"b", "a", "d", "c"};
    struct run_line lines[4];
    size_t count = 0;
    for (size_t i = 0; i < 4; i++)
        begin_run(ids[i], "demo");
    begin_run("x", "other");
    must(runs_latest(db, "demo", lines, 3, &count, &problem));
    cr_assert_eq(count, 3);
    cr_assert_str_eq(lines[0].run_id, "c");
    cr_assert_str_eq(lines[1].run_id, "d");
    cr_assert_str_eq(lines[2].run_id, "a");
    must(runs_latest(db, "demo", lines, 0, &count, &problem));
    cr_assert_eq(count, 0);
    must(runs_latest(db, "nobody", lines, 4, &count, &problem));
    cr_assert_eq(count, 0);
}

Test(runs, newest_fetch_is_the_last_run_that_stored_slices)
{
    char when[RUN_TEXT_SIZE] = "untouched";
    begin_run("run-1", "demo");
    must(runs_newest_fetch(db, "demo", when, &problem));
    cr_assert_str_eq(when, "");
    struct run_record record = record_of("run-1", "demo");
    record.counts.slices_fetched = 1;
    must(runs_finish(db, &record, &problem));
    begin_run("run-2", "demo");
    record = record_of("run-2", "demo");
    record.finished_at = NOW + 86400;
    must(runs_finish(db, &record, &problem));
    must(runs_newest_fetch(db, "demo", when, &problem));
    cr_assert_str_eq(when, "2025-05-01T00:01:01Z");
    must(runs_newest_fetch(db, "other", when, &problem));
    cr_assert_str_eq(when, "");
}

Test(runs, rejects_name_their_slice_or_none)
{
    const struct series_key key = {71, 900000222, "owls", "PT1H"};
    struct run_reject reject = {.run_id = "run-1",
                                .dataset = "zone_insights",
                                .seen_at = NOW,
                                .key = &key,
                                .day = MAY_DAY,
                                .reason = "DATE_TIME_START is missing",
                                .raw = "{\"A\":1}xxx",
                                .raw_size = 7};
    must(runs_add_reject(db, &reject, &problem));
    reject.key = NULL;
    reject.raw = "";
    reject.raw_size = 0;
    must(runs_add_reject(db, &reject, &problem));
    fixture_expect_lines(
        "SELECT run_id || ' ' || seen_at || ' ' || coalesce(CAST(building_id AS TEXT), '-') || ' ' ||"
        " coalesce(CAST(site_id AS TEXT), '-') || ' ' || coalesce(CAST(group_id AS TEXT), '-') || ' ' || "
        "coalesce(CAST(granularity AS TEXT), '-')"
        " || ' ' || coalesce(CAST(date_partition AS TEXT), '-') || ' ' || reason || ' [' || raw || ']' FROM rejects "
        "WHERE dataset = 'zone_insights'",
        "run-1 2025-05-01T00:00:00Z 71 900000222 owls PT1H 20250501 DATE_TIME_START is missing"
        " [{\"A\":1}]\n"
        "run-1 2025-05-01T00:00:00Z - - - - - DATE_TIME_START is missing []\n");
}

Test(runs, corrections_carry_their_counts)
{
    const struct run_correction correction = {.run_id = "run-9",
                                              .dataset = "zone_insights",
                                              .seen_at = NOW,
                                              .key = {71, 2, "owls", "P1D"},
                                              .day = MAY_DAY + 30,
                                              .inserted = 3,
                                              .updated = 5,
                                              .vanished = 7};
    must(runs_add_correction(db, &correction, &problem));
    fixture_expect_lines("SELECT run_id || ' ' || seen_at || ' ' || building_id || ' ' || site_id || ' ' || group_id"
                         " || ' ' || granularity || ' ' || date_partition || ' ' || inserted || ' ' || updated ||"
                         " ' ' || vanished || ' ' || dataset FROM corrections",
                         "run-9 2025-05-01T00:00:00Z 71 2 owls P1D 20250531 3 5 7 zone_insights\n");
}

Test(runs, counts_add_up_field_by_field)
{
    struct run_counts total = different_counts();
    const struct run_counts more = different_counts();
    run_counts_add(&total, &more);
    cr_assert_eq(total.slices_due, 202);
    cr_assert_eq(total.rows_vanished, 218);
    cr_assert_eq(total.throttled, 228);
    cr_assert_eq(total.bytes_received, UINT64_C(1) << 41);
    struct run_counts zero = {0};
    run_counts_add(&zero, &more);
    cr_assert_eq(memcmp(&zero, &more, sizeof zero), 0);
}
