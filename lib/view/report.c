#include "view/report.h"

#include "core/clock.h"
#include "view/charts.h"
#include "view/html.h"

#include <inttypes.h>

void report_append_building(const struct coverage_building *building, struct buf *out)
{
    buf_appendf(out, "Building %" PRId64, building->id);
    if (building->name != NULL && building->name[0] != '\0') {
        buf_append_text(out, " ");
        html_name(out, building->name);
    }
}

void report_begin_table(const char *summary, const char *caption, struct buf *out)
{
    buf_append_text(out, "<details><summary aria-label=\"");
    html_text(out, summary);
    buf_append_text(out, ": ");
    html_text(out, caption);
    buf_append_text(out, "\">");
    html_text(out, summary);
    buf_append_text(out, "</summary><div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"");
    html_text(out, caption);
    buf_append_text(out, "\"><table class=\"n\"><caption>");
    html_text(out, caption);
    buf_append_text(out, "</caption>");
}

void report_end_table(struct buf *out)
{
    buf_append_text(out, "</table></div></details>\n");
}

/* Nothing is loaded and nothing is run, whatever the page may hold: the policy says so once more. */
static void append_head(const struct report *report, struct buf *out)
{
    buf_append_text(out, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                         "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
                         "<meta http-equiv=\"Content-Security-Policy\""
                         " content=\"default-src 'none';style-src 'unsafe-inline'\">"
                         "<meta name=\"color-scheme\" content=\"light dark\">"
                         "<meta name=\"generator\" content=\"occuport ");
    html_text(out, report->version);
    buf_append_text(out, "\"><title>");
    html_text(out, report->job);
    buf_append_text(out, ": occupancy report</title><style>\n");
    for (size_t i = 0; report_style[i] != NULL; i++)
        buf_append_text(out, report_style[i]);
    buf_append_text(out, "</style></head>\n");
}

static void append_opening(const struct report *report, struct buf *out)
{
    char now[CLOCK_TEXT_SIZE];
    buf_append_text(out, "<body><a class=\"skip\" href=\"#main\">Skip to the report</a>\n<header><h1>");
    html_name(out, report->job);
    buf_append_text(out, ": occupancy report</h1><p class=\"soft\">As of ");
    html_time(out, clock_format_utc(report->now, now));
    buf_append_text(out, ", from what is stored; nothing was asked of the API.</p>\n"
                         "<nav aria-label=\"Sections\"><ul>"
                         "<li><a href=\"#summary\">Summary</a><li><a href=\"#coverage\">Coverage</a>"
                         "<li><a href=\"#weeks\">Hours of the week</a><li><a href=\"#days\">Day by day</a>"
                         "<li><a href=\"#corrections\">Corrections</a><li><a href=\"#runs\">Runs</a>"
                         "<li><a href=\"#failures\">Failed slices</a></ul></nav></header>\n<main id=\"main\">\n");
}

void report_format(const struct report *report, struct buf *out)
{
    append_head(report, out);
    append_opening(report, out);
    chart_definitions(out);
    report_append_summary(report, out);
    report_append_coverage(report, out);
    report_append_weeks(report, out);
    report_append_days(report, out);
    report_append_corrections(report, out);
    report_append_runs(report, out);
    report_append_failures(report, out);
    buf_append_text(out, "</main>\n<footer>Written by occuport ");
    html_text(out, report->version);
    buf_append_text(out, " for the job <code>");
    html_text(out, report->path);
    buf_append_text(out,
                    "</code>. A slice is one series (building, site, group, granularity) on one day. Settled: "
                    "fetched long enough after the day ended. Open: fetched, may still change, and will be fetched "
                    "again.</footer></body></html>\n");
}
