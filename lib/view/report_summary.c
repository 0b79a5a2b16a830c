#include "view/html.h"
#include "view/report.h"

#include "core/clock.h"

#include <inttypes.h>
#include <string.h>

static uint64_t held_slices(const struct tally_counts *counts)
{
    return counts->settled + counts->open;
}

/* Rounded down: what is not whole is never called 100. */
static void append_share(const struct tally_counts *counts, struct buf *out)
{
    if (counts->due == 0) {
        buf_append_text(out, "\xE2\x80\x93");
        return;
    }
    uint64_t tenths = held_slices(counts) * 1000 / counts->due;
    buf_appendf(out, "%" PRIu64 ".%" PRIu64 " %%", tenths / 10, tenths % 10);
}

static void append_verdict(const struct report *report, struct buf *out)
{
    const struct tally_counts *held = &report->held;
    bool bad = held->missing > 0 || held->failed > 0;
    buf_appendf(out, "<p class=\"verdict%s\">", bad ? " bad" : "");
    if (held->due == 0) {
        buf_append_text(out, "Nothing is due yet: the coverage of the job has no day so far.</p>\n");
        return;
    }
    if (!bad) {
        buf_append_text(out, "Complete: all ");
        html_count(out, held->due);
        buf_append_text(out, " slices that the job promises are held.");
    } else {
        buf_append_text(out, "Not complete: of ");
        html_count(out, held->due);
        buf_append_text(out, " slices ");
        if (held->missing > 0) {
            html_count(out, held->missing);
            buf_append_text(out, " were never fetched");
        }
        if (held->missing > 0 && held->failed > 0)
            buf_append_text(out, " and ");
        if (held->failed > 0) {
            html_count(out, held->failed);
            buf_append_text(out, " failed when they were last tried");
        }
        buf_append_char(out, '.');
    }
    buf_append_text(out, "</p>\n");
}

static void begin_card(const char *label, struct buf *out)
{
    buf_appendf(out, "<div><dt>%s</dt><dd>", label);
}

static void count_card(const char *label, uint64_t count, const char *note, struct buf *out)
{
    begin_card(label, out);
    html_count(out, count);
    buf_appendf(out, "</dd><dd>%s</dd></div>", note);
}

static void append_last_run(const struct report *report, struct buf *out)
{
    begin_card("Last run", out);
    if (report->run_count == 0) {
        buf_append_text(out, "none</dd><dd>no run of this job is known</dd></div>");
        return;
    }
    html_text(out, report->runs[0].status);
    buf_append_text(out, "</dd><dd>");
    html_time(out, report->runs[0].started_at);
    buf_append_text(out, "</dd></div>");
}

static void append_cards(const struct report *report, struct buf *out)
{
    const struct tally_counts *held = &report->held;
    buf_appendf(out,
                "<dl class=\"cards\" data-due=\"%" PRIu64 "\" data-settled=\"%" PRIu64 "\" data-open=\"%" PRIu64
                "\" data-missing=\"%" PRIu64 "\" data-failed=\"%" PRIu64 "\" data-empty=\"%" PRIu64 "\">",
                held->due, held->settled, held->open, held->missing, held->failed, held->empty);
    begin_card("Held", out);
    append_share(held, out);
    buf_append_text(out, "</dd><dd>");
    html_count(out, held_slices(held));
    buf_append_text(out, " of ");
    html_count(out, held->due);
    buf_append_text(out, " slices</dd></div>");
    begin_card("Newest day", out);
    if (report->has_newest)
        html_day(out, report->newest);
    else
        buf_append_text(out, "none");
    buf_append_text(out, "</dd><dd>");
    if (report->newest_fetch[0] != '\0') {
        buf_append_text(out, "stored ");
        html_time(out, report->newest_fetch);
    } else {
        buf_append_text(out, "nothing was stored yet");
    }
    buf_append_text(out, "</dd></div>");
    append_last_run(report, out);
    count_card("Failed", held->failed, "slices whose last attempt failed", out);
    count_card("Missing", held->missing, "slices that were never fetched", out);
    count_card("Open", held->open, "slices that may still change", out);
    count_card("Empty", held->empty, "held slices without a row", out);
    buf_append_text(out, "</dl>\n");
}

static void append_command(const struct report *report, const char *command, struct buf *out)
{
    buf_appendf(out, "<code>occuport %s ", command);
    html_text(out, report->path);
    buf_append_text(out, "</code>");
}

static uint64_t never_seen(const struct report *report)
{
    uint64_t count = 0;
    for (size_t i = 0; i < report->dataset_count; i++)
        count += report->datasets[i].tally->series_never_seen;
    return count;
}

/* Says how the last run ended when that was not well. Returns whether it did. */
static bool append_run_advice(const struct report *report, struct buf *out)
{
    const struct run_line *last = report->run_count > 0 ? &report->runs[0] : NULL;
    if (last == NULL || strcmp(last->status, "ok") == 0)
        return false;
    if (strcmp(last->status, "running") == 0) {
        buf_append_text(out, "<li>A run is going on, or ended without a word: the figures are those of the moment.");
        return true;
    }
    buf_append_text(out, "<li>The last run ended as ");
    html_text(out, last->status);
    if (last->has_exit_code)
        buf_appendf(out, " (exit %d)", last->exit_code);
    if (last->message[0] != '\0') {
        buf_append_text(out, ": ");
        html_name(out, last->message);
    }
    buf_append_text(out, " \xE2\x80\x93 look at its log.");
    return true;
}

static void append_advice(const struct report *report, struct buf *out)
{
    buf_append_text(out, "<h3>What to do</h3><ul>");
    bool any = append_run_advice(report, out);
    if (report->held.failed > 0) {
        buf_append_text(out, "<li>Read why slices failed, <a href=\"#failures\">below</a>; then try them again: ");
        append_command(report, "retry", out);
        any = true;
    }
    if (report->held.missing > 0) {
        buf_append_text(out, "<li>Fetch what is missing: ");
        append_command(report, "run", out);
        buf_append_text(out, "; how long that takes is told by ");
        append_command(report, "plan", out);
        any = true;
    }
    if (never_seen(report) > 0) {
        buf_append_text(out, "<li>");
        html_count(out, never_seen(report));
        buf_append_text(out, " series never had a row. A wrong site or group in the job looks like that: see "
                             "<a href=\"#coverage\">Coverage</a>, and ");
        append_command(report, "discover", out);
        any = true;
    }
    if (!any)
        buf_append_text(out, "<li>Nothing. The next run fetches what is due by then.");
    buf_append_text(out, "</ul>\n");
}

void report_append_summary(const struct report *report, struct buf *out)
{
    buf_append_text(out, "<section id=\"summary\" aria-labelledby=\"summary-h\"><h2 id=\"summary-h\">Summary</h2>\n");
    append_verdict(report, out);
    append_cards(report, out);
    append_advice(report, out);
    buf_append_text(out, "</section>\n");
}
