#include "run/summary.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

enum { MAY_DAY = 20209 };

static struct summary summary;
static struct buf out;

static void begin(void)
{
    summary =
        (struct summary){.run_id = "run-1",
                         .command = "run",
                         .job = "job.yaml",
                         .path = "/srv/my jobs/a.yaml",
                         .seconds = 12.3456,
                         .dialect = "hasura",
                         .counts = {101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112, 113, 114, 1150000}};
}

static void end(void)
{
    summary_release(&summary);
    buf_release(&out);
}

TestSuite(summary, .init = begin, .fini = end);

static void fail_slice(const char *group, civil_day day, const char *error)
{
    const struct series_key key = {71, 900000222, group, "PT1H"};
    summary_add_failure(&summary, &key, day, error);
}

static void stop(enum status kind, const char *message)
{
    summary.reason = err_set(&summary.err, kind, "%s", message);
    summary.exit_code = status_exit_code(kind);
}

static bool says(const char *part)
{
    return strstr(buf_text(&out), part) != NULL;
}

#define COUNTS                                                                                                         \
    "\"slices\":{\"due\":101,\"fetched\":102,\"failed\":103,\"empty\":104},"                                           \
    "\"rows\":{\"received\":105,\"inserted\":106,\"updated\":107,\"unchanged\":108,\"vanished\":109,"                  \
    "\"rejected\":110},\"requests\":111,\"retries\":112,\"logins\":113,\"throttled\":114,"                             \
    "\"bytes_received\":1150000,\"seconds\":12.346,"

Test(summary, json_of_a_good_run)
{
    summary_format_json(&summary, &out);
    cr_assert_str_eq(buf_text(&out), "{\"run_id\":\"run-1\",\"job\":\"job.yaml\",\"status\":\"ok\",\"exit_code\":0,"
                                     "\"message\":null," COUNTS "\"dialect\":\"hasura\",\"failures\":[],"
                                     "\"failures_total\":0}\n");
}

Test(summary, json_of_a_run_that_failed_escapes_what_it_quotes)
{
    stop(STATUS_IO, "disk \"full\"");
    summary.dialect = NULL;
    fail_slice("say \"all\"\\", MAY_DAY, "HTTP 500\twith a tab");
    fail_slice("owls", MAY_DAY + 31, "caf\xC3\xA9 and \xFF");
    summary_format_json(&summary, &out);
    cr_assert_str_eq(buf_text(&out),
                     "{\"run_id\":\"run-1\",\"job\":\"job.yaml\",\"status\":\"failed\",\"exit_code\":74,"
                     "\"message\":\"disk \\\"full\\\"\"," COUNTS "\"dialect\":null,\"failures\":["
                     "{\"building_id\":71,\"site_id\":900000222,\"group_id\":\"say \\\"all\\\"\\\\\","
                     "\"granularity\":\"PT1H\",\"date_partition\":20250501,\"error\":\"HTTP 500\\twith a tab\"},"
                     "{\"building_id\":71,\"site_id\":900000222,\"group_id\":\"owls\",\"granularity\":\"PT1H\","
                     "\"date_partition\":20250601,\"error\":\"caf\xC3\xA9 and \\ufffd\"}],\"failures_total\":2}\n");
}

Test(summary, failures_are_cut_at_a_hundred_and_counted_beyond)
{
    char error[32];
    for (int i = 0; i < 250; i++) {
        snprintf(error, sizeof error, "error-%d", i);
        fail_slice("everyone", MAY_DAY + i, error);
    }
    cr_assert_eq(summary.failure_count, SUMMARY_FAILURES_MAX);
    cr_assert_eq(summary.failures_total, 250);
    summary_format_json(&summary, &out);
    cr_assert(says("\"error-0\"") && says("\"error-99\"") && !says("\"error-100\""));
    cr_assert(says("],\"failures_total\":250}\n"));
}

Test(summary, failures_keep_copies_and_cut_long_errors)
{
    char group[] = "everyone";
    static char error[1000];
    memset(error, 'e', sizeof error - 1);
    fail_slice(group, MAY_DAY, error);
    memset(group, 'x', sizeof group - 1);
    memset(error, 'y', sizeof error - 1);
    cr_assert_str_eq(summary.failures[0].group_id, "everyone");
    cr_assert_eq(strlen(summary.failures[0].error), sizeof summary.failures[0].error - 1);
    cr_assert_eq(summary.failures[0].error[200], 'e');
}

Test(summary, error_that_is_cut_within_a_character_is_still_json)
{
    static char error[400];
    for (size_t i = 0; i + 2 < sizeof error; i += 2)
        memcpy(error + i, "\xC3\xA9", 2);
    fail_slice("everyone", MAY_DAY, error);
    summary_format_json(&summary, &out);
    cr_assert(says("\xC3\xA9\\ufffd\"}]"), "%s", buf_text(&out));
}

Test(summary, status_is_ok_failed_or_interrupted)
{
    cr_assert_str_eq(summary_status(&summary), "ok");
    summary.exit_code = 75;
    cr_assert_str_eq(summary_status(&summary), "failed");
    summary.interrupted = true;
    cr_assert_str_eq(summary_status(&summary), "interrupted");
}

Test(summary, text_of_a_good_run)
{
    summary_format_text(&summary, &out);
    cr_assert_str_eq(buf_text(&out),
                     "job.yaml: all covered in 12.3s\n"
                     "  slices: 101 due, 102 fetched (104 of them empty), 103 failed\n"
                     "  rows: 105 received: 106 inserted, 107 updated, 108 unchanged, 110 rejected, 109 vanished\n"
                     "  api: 111 requests (113 logins, 112 retries), 1.1 MB received\n");
}

Test(summary, text_of_a_command_for_a_part_claims_no_more_than_the_part)
{
    static const char *const commands[] = {"retry", "backfill"};
    for (size_t i = 0; i < 2; i++) {
        summary.command = commands[i];
        buf_reset(&out);
        summary_format_text(&summary, &out);
        cr_expect(says("job.yaml: all that was asked for is covered in 12.3s\n"), "%s", buf_text(&out));
        cr_expect_not(says("all covered"));
    }
}

Test(summary, text_knows_one_from_many)
{
    summary.counts.requests = summary.counts.logins = summary.counts.retries = 1;
    summary_format_text(&summary, &out);
    cr_assert(says("  api: 1 request (1 login, 1 retry), 1.1 MB received\n"));
}

Test(summary, text_names_five_failures_and_what_to_do)
{
    stop(STATUS_SERVER, "the API failed");
    for (int i = 0; i < 7; i++)
        fail_slice("everyone", MAY_DAY + i, "HTTP 500");
    summary_format_text(&summary, &out);
    cr_assert(says("job.yaml: failed in 12.3s\n"));
    cr_assert(says("  failed: group everyone, PT1H: HTTP 500\n"
                   "    building 71, site 900000222, 2025-05-01\n"
                   "    building 71, site 900000222, 2025-05-02\n"));
    cr_assert(says("2025-05-05\n    and 2 more; `occuport status` names ten, the table ledger_failures all\n"));
    cr_assert_not(says("2025-05-06"));
    cr_assert(says("  problem: the API failed\n  next: the next run continues where this one ended; to do it now:\n"
                   "      occuport run '/srv/my jobs/a.yaml'\n"),
              "%s", buf_text(&out));
}

Test(summary, text_tells_what_differs_between_failures)
{
    summary.exit_code = 75;
    fail_slice("everyone", MAY_DAY, "HTTP 500");
    fail_slice("everyone", MAY_DAY, "HTTP 502");
    fail_slice("owls", MAY_DAY, "HTTP 502");
    summary_format_text(&summary, &out);
    cr_assert(says("group everyone, PT1H: HTTP 500\n    building 71, site 900000222, 2025-05-01\n"
                   "  failed: group everyone, PT1H: HTTP 502\n    building 71, site 900000222, 2025-05-01\n"
                   "  failed: group owls, PT1H: HTTP 502\n    building 71, site 900000222, 2025-05-01\n"));
}

Test(summary, each_bad_end_says_in_one_line_of_the_log_what_to_do)
{
    static const int codes[] = {65, 69, 70, 73, 74, 75, 77, 78};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        char begin[64];
        summary.exit_code = codes[i];
        buf_reset(&out);
        snprintf(begin, sizeof begin, "ended with %d: 101 slices were due, 102 of them fetched; next: ", codes[i]);
        summary_append_end(&summary, &out);
        cr_expect(says(begin) && out.size > strlen(begin) + 20, "%s", buf_text(&out));
        cr_expect_null(strchr(buf_text(&out), '\n'));
    }
    cr_expect(says("; next: correct the job, then: occuport check --online '/srv/my jobs/a.yaml'"));
    buf_reset(&out);
    summary.command = "backfill"; /* "run" would fetch something else */
    summary.exit_code = 75;
    summary_append_end(&summary, &out);
    cr_expect(says("; next: run the same command again; it continues where this one ended"));
}

Test(summary, worker_is_told_to_run_as_one_again)
{
    summary.exit_code = 75;
    summary.is_shared = true;
    summary_append_end(&summary, &out);
    cr_assert(says(" to do it now: occuport run --worker '/srv/my jobs/a.yaml'"), "%s", buf_text(&out));
}

Test(summary, text_of_rejects_points_to_their_table)
{
    summary.exit_code = 65;
    summary_format_text(&summary, &out);
    cr_assert(says("  next: look at the table rejects, which holds the rows and the reasons\n"));
}

Test(summary, text_of_a_wrong_job_gives_no_advice_to_run_again)
{
    stop(STATUS_CONFIG, "no such column: X");
    summary_format_text(&summary, &out);
    cr_assert(says("  problem: no such column: X\n"));
    cr_assert(says("  next: correct the job, then:\n      occuport check --online '/srv/my jobs/a.yaml'\n"));
}

Test(summary, released_summary_is_empty_and_may_be_released_again)
{
    fail_slice("everyone", MAY_DAY, "HTTP 500");
    summary_release(&summary);
    cr_assert(summary.failures == NULL && summary.failure_count == 0 && summary.failures_total == 0);
    summary_release(&summary);
}

Test(summary, what_stood_there_before_is_added_and_requests_are_not)
{
    struct summary before = summary;
    summary.counts = (struct run_counts){.slices_due = 1, .rows_inserted = 2, .requests = 200, .bytes_received = 9};
    before.interrupted = true;
    summary_carry(&summary, &before);
    cr_expect_eq(summary.counts.slices_due, 102u);
    cr_expect_eq(summary.counts.rows_inserted, 108u);
    cr_expect_eq(summary.counts.requests, 200u);
    cr_expect_eq(summary.counts.bytes_received, 9u);
    cr_expect(summary.interrupted);
}

Test(summary, the_first_reason_stays)
{
    stop(STATUS_SERVER, "first");
    struct summary before = summary;
    summary.reason = STATUS_OK;
    summary.err = (struct err){0};
    summary_carry(&summary, &before);
    cr_expect_eq(summary.reason, STATUS_SERVER);
    cr_expect_str_eq(summary.err.message, "first");
}

Test(summary, an_api_that_went_away_after_another_dataset_was_fetched_is_one_to_ask_again)
{
    struct summary before = summary;
    stop(STATUS_UNREACHABLE, "gone");
    cr_expect_eq(summary.exit_code, 69);
    summary_carry(&summary, &before);
    cr_expect_eq(summary.exit_code, 75);
    before.counts.slices_fetched = 0;
    stop(STATUS_UNREACHABLE, "gone");
    summary_carry(&summary, &before);
    cr_expect_eq(summary.exit_code, 69);
}

Test(summary, what_is_worse_than_an_api_that_went_away_stays)
{
    struct summary before = summary;
    stop(STATUS_UNREACHABLE, "gone");
    summary.exit_code = status_exit_code(STATUS_IO); /* a destination failed as well */
    summary_carry(&summary, &before);
    cr_expect_eq(summary.exit_code, 74);
    before.exit_code = status_exit_code(STATUS_CANTCREATE);
    stop(STATUS_UNREACHABLE, "gone");
    summary.exit_code = exit_code_worse(before.exit_code, summary.exit_code);
    summary_carry(&summary, &before);
    cr_expect_eq(summary.exit_code, 73);
    before.exit_code = status_exit_code(STATUS_REJECTED);
    stop(STATUS_UNREACHABLE, "gone");
    summary_carry(&summary, &before);
    cr_expect_eq(summary.exit_code, 75);
}

Test(summary, blame_keeps_the_first_reason_and_the_worst_code)
{
    struct err failure;
    err_set(&failure, STATUS_IO, "disk full");
    summary_blame(&summary, &failure);
    cr_expect_eq(summary.exit_code, 74);
    cr_expect_eq(summary.reason, STATUS_IO);
    err_set(&failure, STATUS_CANTCREATE, "no folder");
    summary_blame(&summary, &failure);
    cr_expect_eq(summary.exit_code, 73);
    cr_expect_str_eq(summary.err.message, "disk full");
    err_set(&failure, STATUS_TIMEOUT, "too late");
    summary_blame(&summary, &failure);
    cr_expect_eq(summary.exit_code, 73);
}

Test(summary, a_failure_names_its_dataset_where_there_are_several)
{
    summary.dataset = "zone_insights";
    fail_slice("everyone", MAY_DAY, "HTTP 500");
    summary_format_text(&summary, &out);
    cr_assert(says("  failed: zone_insights, group everyone, PT1H: HTTP 500\n"));
    buf_reset(&out);
    summary_format_json(&summary, &out);
    cr_assert(says("[{\"dataset\":\"zone_insights\",\"building_id\":71,"));
}
