#include "view/metrics.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct summary summary = {
    .job = "office \"A\"\\\n",
    .seconds = 12.25,
    .counts = {
        .slices_due = 10, .slices_fetched = 7, .slices_failed = 3, .rows_received = 1234567890123, .requests = 9}};
static struct buf out;

static void end(void)
{
    buf_release(&out);
}

TestSuite(metrics, .fini = end);

static void expect(const char *part)
{
    cr_expect(strstr(buf_text(&out), part) != NULL, "not there: %s\n%s", part, buf_text(&out));
}

#define JOB "export=\"office \\\"A\\\"\\\\\\n\""

Test(metrics, every_number_has_its_job_and_nothing_is_rounded)
{
    const struct metrics metrics = {
        .summary = &summary,
        .version = "1.2",
        .exit_code = 75,
        .ended_at = 1748779200,
        .succeeded_at = 1748692800,
        .has_held = true,
        .held = {.due = 40, .settled = 30, .open = 4, .missing = 5, .failed = 1, .empty = 2},
        .has_newest = true,
        .newest_end = 1748750400};
    metrics_format(&metrics, &out);
    expect("occuport_build_info{" JOB ",version=\"1.2\"} 1\n");
    expect("occuport_run_exit_code{" JOB "} 75\n");
    expect("occuport_run_end_timestamp_seconds{" JOB "} 1748779200\n");
    expect("occuport_run_success_timestamp_seconds{" JOB "} 1748692800\n");
    expect("occuport_run_duration_seconds{" JOB "} 12.25\n");
    expect("occuport_run_slices{" JOB ",result=\"failed\"} 3\n");
    expect("occuport_run_rows{" JOB ",result=\"received\"} 1234567890123\n");
    expect("occuport_coverage_known{" JOB "} 1\n");
    expect("occuport_coverage_slices{" JOB ",state=\"missing\"} 5\n");
    expect("occuport_coverage_empty_slices{" JOB "} 2\n");
    expect("occuport_newest_partition_end_timestamp_seconds{" JOB "} 1748750400\n");
}

Test(metrics, what_never_was_is_left_out)
{
    const struct metrics metrics = {.summary = &summary, .version = "1.2", .exit_code = 69};
    metrics_format(&metrics, &out);
    cr_assert(strstr(buf_text(&out), "run_success") == NULL && strstr(buf_text(&out), "newest_partition") == NULL);
}

Test(metrics, what_is_not_known_is_not_nought)
{
    const struct metrics metrics = {.summary = &summary, .version = "1.2", .exit_code = 74, .has_newest = true};
    metrics_format(&metrics, &out);
    expect("occuport_coverage_known{" JOB "} 0\n");
    expect("occuport_run_exit_code{" JOB "} 74\n");
    cr_assert(strstr(buf_text(&out), "coverage_slices") == NULL && strstr(buf_text(&out), "coverage_empty") == NULL);
    cr_assert(strstr(buf_text(&out), "newest_partition") == NULL);
}

/* Each name once with HELP and TYPE before its values, as the format wants it. */
Test(metrics, every_value_follows_its_type)
{
    const struct metrics metrics = {.summary = &summary, .version = "1.2", .has_held = true};
    char type[100] = "";
    metrics_format(&metrics, &out);
    char *rest = NULL;
    for (char *line = strtok_r(out.data, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
        if (sscanf(line, "# TYPE %99s gauge", type) == 1 || strncmp(line, "# HELP ", 7) == 0)
            continue;
        cr_assert(strncmp(line, type, strlen(type)) == 0 && line[strlen(type)] == '{', "%s after %s", line, type);
    }
}
