#include "core/clock.h"
#include "view/charts.h"
#include "view/html.h"
#include "view/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

_Static_assert((int)CHART_BARS_MAX >= (int)REPORT_CORRECTION_DAYS && (int)CHART_BARS_MAX >= (int)REPORT_RUNS,
               "every bar has its place");

static void append_counts(const struct correction_counts *counts, struct buf *out)
{
    buf_appendf(out, "<td>%" PRIu64 "<td>%" PRIu64 "<td>%" PRIu64 "<td>%" PRIu64 "\n", counts->slices, counts->inserted,
                counts->updated, counts->vanished);
}

static void draw_corrections(const struct report *report, struct buf *out)
{
    struct chart_bars bars = {.title = "Corrections by day",
                              .description = "Rows inserted, updated and vanished, by the day on which that was seen.",
                              .unit = "",
                              .count = report->correction_count,
                              .parts = 3};
    for (size_t i = 0; i < bars.count; i++) {
        const struct correction_day *day = &report->corrections[bars.count - 1 - i];
        bars.values[i][0] = (double)day->counts.updated;
        bars.values[i][1] = (double)day->counts.inserted;
        bars.values[i][2] = (double)day->counts.vanished;
        civil_day_format(day->seen, bars.labels[i]);
    }
    buf_append_text(out,
                    "<ul class=\"legend\" aria-label=\"Legend\">"
                    "<li><svg aria-hidden=\"true\" viewBox=\"0 0 8 8\"><path class=\"b0\" d=\"M0 0h8v8h-8z\"/></svg>"
                    "full: rows updated"
                    "<li><svg aria-hidden=\"true\" viewBox=\"0 0 8 8\"><path class=\"b1\" d=\"M0 0h8v8h-8z\"/></svg>"
                    "hatched: rows inserted"
                    "<li><svg aria-hidden=\"true\" viewBox=\"0 0 8 8\"><path class=\"b2\" d=\"M.5.5h7v7h-7z\"/></svg>"
                    "outline: rows vanished</ul>\n<figure>");
    chart_bars(&bars, out);
    report_begin_table("The numbers", "Corrections by the day on which they were seen (UTC), newest first", out);
    buf_append_text(out, "<thead><tr><th scope=\"col\">Seen on<th scope=\"col\">Slices<th scope=\"col\">Inserted"
                         "<th scope=\"col\">Updated<th scope=\"col\">Vanished<tbody>\n");
    for (size_t i = 0; i < report->correction_count; i++) {
        buf_append_text(out, "<tr><th scope=\"row\">");
        html_day(out, report->corrections[i].seen);
        append_counts(&report->corrections[i].counts, out);
    }
    report_end_table(out);
    buf_append_text(out, "</figure>\n");
}

void report_append_corrections(const struct report *report, struct buf *out)
{
    const struct correction_counts *all = &report->corrected;
    buf_appendf(out,
                "<section id=\"corrections\" aria-labelledby=\"corrections-h\" data-slices=\"%" PRIu64
                "\" data-inserted=\"%" PRIu64 "\" data-updated=\"%" PRIu64 "\" data-vanished=\"%" PRIu64
                "\"><h2 id=\"corrections-h\">Corrections</h2>\n",
                all->slices, all->inserted, all->updated, all->vanished);
    if (all->slices == 0) {
        buf_append_text(out, "<p>No later fetch has changed anything so far.</p></section>\n");
        return;
    }
    buf_append_text(out, "<p>What later fetches changed in slices that were held already: ");
    html_count(out, all->updated);
    buf_append_text(out, " rows updated, ");
    html_count(out, all->inserted);
    buf_append_text(out, " inserted, ");
    html_count(out, all->vanished);
    buf_append_text(out, " vanished, in ");
    html_count(out, all->slices);
    buf_append_text(out, " corrections of a slice.");
    if (report->correction_count == REPORT_CORRECTION_DAYS)
        buf_appendf(out, " The latest %d days on which there were any:", REPORT_CORRECTION_DAYS);
    buf_append_text(out, "</p>\n");
    draw_corrections(report, out);
    buf_append_text(out, "</section>\n");
}

/* A run that ended well, or is not at its end. */
static bool is_well(const struct run_line *run)
{
    return strcmp(run->status, "ok") == 0 || strcmp(run->status, "running") == 0;
}

static void draw_runs(const struct report *report, struct buf *out)
{
    struct chart_bars bars = {.title = "Duration of runs",
                              .description =
                                  "Seconds that each run took, the oldest first. A cross: it did not end well.",
                              .unit = " s",
                              .count = report->run_count,
                              .parts = 1};
    for (size_t i = 0; i < bars.count; i++) {
        const struct run_line *run = &report->runs[bars.count - 1 - i];
        bars.values[i][0] = run->seconds;
        bars.marked[i] = !is_well(run);
        snprintf(bars.labels[i], sizeof bars.labels[i], "%.10s", run->started_at);
    }
    buf_append_text(out, "<figure><figcaption><h3>Duration</h3> <span>seconds; a cross: the run did not end well</span>"
                         "</figcaption>\n");
    chart_bars(&bars, out);
    bars.title = "Requests of runs";
    bars.description = "Requests that each run sent, the oldest first. A cross: it did not end well.";
    bars.unit = "";
    for (size_t i = 0; i < bars.count; i++)
        bars.values[i][0] = (double)report->runs[bars.count - 1 - i].counts.requests;
    buf_append_text(out, "</figure><figure><figcaption><h3>Requests</h3></figcaption>\n");
    chart_bars(&bars, out);
    buf_append_text(out, "</figure>\n");
}

static void append_run(const struct run_line *run, struct buf *out)
{
    char span[32];
    const struct run_counts *counts = &run->counts;
    buf_append_text(out, "<tr><th scope=\"row\">");
    html_time(out, run->started_at);
    buf_append_text(out, "<td>");
    html_text(out, run->command);
    buf_append_text(out, "<td>");
    html_text(out, run->status);
    if (run->has_exit_code && run->exit_code != 0)
        buf_appendf(out, " (exit %d)", run->exit_code);
    buf_appendf(out,
                "<td data-seconds=\"%.3f\">%s<td>%" PRIu64 "<td>%" PRIu64 "<td>%" PRIu64 "<td>%" PRIu64 "<td>%" PRIu64
                "<td>%" PRIu64 "<td>%" PRIu64 "<td>%" PRIu64 "<td>%" PRIu64 "<td class=\"long\">",
                run->seconds, clock_format_span(run->seconds, span, sizeof span), counts->slices_fetched,
                counts->slices_failed, counts->rows_received, counts->rows_inserted, counts->rows_updated,
                counts->rows_vanished, counts->rows_rejected, counts->requests, counts->retries);
    html_name(out, run->message);
    buf_append_char(out, '\n');
}

void report_append_runs(const struct report *report, struct buf *out)
{
    static const char *const columns[] = {"Command",  "Result",   "Duration", "Slices fetched", "Slices failed",
                                          "Rows",     "Inserted", "Updated",  "Vanished",       "Rejected",
                                          "Requests", "Retries",  "Message"};
    buf_append_text(out, "<section id=\"runs\" aria-labelledby=\"runs-h\"><h2 id=\"runs-h\">Runs</h2>\n");
    if (report->run_count == 0) {
        buf_append_text(out, "<p>No run of this job is known yet.</p></section>\n");
        return;
    }
    buf_appendf(out, "<p>The latest %d at most.</p>\n", REPORT_RUNS);
    draw_runs(report, out);
    report_begin_table("All of them as a table", "Runs, newest first; times are UTC", out);
    buf_append_text(out, "<thead><tr><th scope=\"col\">Started");
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
        buf_appendf(out, "<th scope=\"col\">%s", columns[i]);
    buf_append_text(out, "<tbody>\n");
    for (size_t i = 0; i < report->run_count; i++)
        append_run(&report->runs[i], out);
    report_end_table(out);
    buf_append_text(out, "</section>\n");
}

static void append_failure(const struct report *report, const struct report_failure *failure, struct buf *out)
{
    buf_append_text(out, "<tr><th scope=\"row\">");
    html_day(out, failure->day);
    buf_appendf(out, "<td>%" PRId64 "<td>%" PRId64 "<td>", failure->key.building_id, failure->key.site_id);
    html_name(out, failure->key.group_id);
    buf_append_text(out, "<td>");
    html_text(out, failure->key.granularity);
    if (report->dataset_count > 1) {
        buf_append_text(out, "<td>");
        html_text(out, failure->dataset);
    }
    buf_appendf(out, "<td class=\"n\">%" PRId64 "<td>", failure->attempts);
    html_time(out, failure->failed_at);
    buf_append_text(out, "<td class=\"long\">");
    html_name(out, failure->message);
    buf_append_char(out, '\n');
}

void report_append_failures(const struct report *report, struct buf *out)
{
    buf_append_text(
        out, "<section id=\"failures\" aria-labelledby=\"failures-h\"><h2 id=\"failures-h\">Failed slices</h2>\n");
    if (report->failure_count == 0) {
        buf_append_text(out, "<p>None: the last attempt at every slice went well.</p></section>\n");
        return;
    }
    buf_append_text(out, "<p>Rows of an earlier fetch of such a slice are kept. ");
    if (report->held.failed > report->failure_count) {
        buf_appendf(out, "The %zu newest of ", report->failure_count);
        html_count(out, report->held.failed);
        buf_append_text(out, ":");
    }
    buf_append_text(out,
                    "</p>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Failed slices\"><table>"
                    "<caption>Slices whose last attempt failed, newest day first</caption><thead><tr>"
                    "<th scope=\"col\">Day<th scope=\"col\">Building<th scope=\"col\">Site<th scope=\"col\">Group"
                    "<th scope=\"col\">Granularity");
    if (report->dataset_count > 1)
        buf_append_text(out, "<th scope=\"col\">Dataset");
    buf_append_text(out,
                    "<th scope=\"col\">Runs that tried<th scope=\"col\">Last tried<th scope=\"col\">Error<tbody>\n");
    for (size_t i = 0; i < report->failure_count; i++)
        append_failure(report, &report->failures[i], out);
    buf_append_text(out, "</table></div></section>\n");
}
