#include "view/charts.h"
#include "view/html.h"
#include "view/report.h"

#include <inttypes.h>
#include <stdio.h>

enum { MONTHS_SHOWN = 13 };

static void append_legend(struct buf *out)
{
    static const struct {
        const char *state;
        const char *shape;
        const char *says;
    } rows[] = {
        {"settled", "M0 0h8v8h-8z", "full: settled"},
        {"open", "M0 0h8v8h-8zm1 1v6h6v-6zm1.5 1.5h3v3h-3z", "ring with a dot: open, may still change"},
        {"missing", "M0 0h8v8h-8zm1 1v6h6v-6z", "ring: something is missing"},
        {"failed", "M0 0h8v8h-8z", "cross: something failed"},
    };
    buf_append_text(out, "<ul class=\"legend\" aria-label=\"Legend\">");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        buf_appendf(out, "<li><svg aria-hidden=\"true\" viewBox=\"0 0 8 8\"><path class=\"%s\" d=\"%s\"/>%s</svg>%s",
                    rows[i].state, rows[i].shape, i == 3 ? "<path class=\"cross\" d=\"M2 2l4 4m0-4l-4 4\"/>" : "",
                    rows[i].says);
    buf_append_text(out, "</ul>\n");
}

static bool same_state(const struct tally_day *a, const struct tally_day *b)
{
    return a->settled == b->settled && a->open == b->open && a->missing == b->missing && a->failed == b->failed;
}

/* One line a stretch of days that are alike. */
static void append_stretches(const struct tally_building *tally, struct buf *out)
{
    const struct day_range *days = &tally->building->days;
    for (civil_day day = days->first; day < days->end;) {
        const struct tally_day *first = &tally->days[day - days->first];
        civil_day end = day + 1;
        while (end < days->end && same_state(first, &tally->days[end - days->first]))
            end++;
        buf_append_text(out, "<tr><th scope=\"row\">");
        html_day(out, day);
        buf_append_text(out, "<td>");
        html_day(out, end - 1);
        buf_appendf(out, "<td>%s<td>%" PRId32 "<td>%" PRId32 "<td>%" PRId32 "<td>%" PRId32 "\n",
                    slice_state_name(tally_day_state(first)), first->settled, first->open, first->missing,
                    first->failed);
        day = end;
    }
}

static void append_table(const struct tally_building *tally, struct buf *out)
{
    char caption[96];
    snprintf(caption, sizeof caption, "Coverage of building %" PRId64 ", by stretches of days alike",
             tally->building->id);
    report_begin_table("Gaps and failures as a table", caption, out);
    buf_append_text(out, "<thead><tr><th scope=\"col\">First day<th scope=\"col\">Last day<th scope=\"col\">State"
                         "<th scope=\"col\">Settled<th scope=\"col\">Open<th scope=\"col\">Missing"
                         "<th scope=\"col\">Failed<tbody>\n");
    append_stretches(tally, out);
    report_end_table(out);
}

/* heading: its level, below that of the dataset where there are several. */
static void append_building(const struct tally_building *tally, int heading, struct buf *out)
{
    const struct tally_counts *counts = &tally->counts;
    buf_appendf(
        out,
        "<figure data-building=\"%" PRId64 "\" data-due=\"%" PRIu64 "\" data-settled=\"%" PRIu64
        "\" data-open=\"%" PRIu64 "\" data-missing=\"%" PRIu64 "\" data-failed=\"%" PRIu64 "\"><figcaption><h%d>",
        tally->building->id, counts->due, counts->settled, counts->open, counts->missing, counts->failed, heading);
    report_append_building(tally->building, out);
    buf_appendf(out, "</h%d> <span>", heading);
    if (counts->due == 0) {
        buf_append_text(out, "nothing is due yet</span></figcaption></figure>\n");
        return;
    }
    html_count(out, counts->settled + counts->open);
    buf_append_text(out, " of ");
    html_count(out, counts->due);
    buf_append_text(out, " slices held");
    if (counts->missing > 0)
        buf_appendf(out, ", %" PRIu64 " missing", counts->missing);
    if (counts->failed > 0)
        buf_appendf(out, ", %" PRIu64 " failed", counts->failed);
    buf_append_text(out, "</span></figcaption>\n");
    int left_out = chart_calendar(tally, MONTHS_SHOWN, out);
    if (left_out > 0)
        buf_appendf(out, "<p class=\"scale\">%d earlier month%s settled to the last slice.</p>\n", left_out,
                    left_out == 1 ? " is" : "s are");
    append_table(tally, out);
    buf_append_text(out, "</figure>\n");
}

static void append_never_seen(const struct tally *tally, struct buf *out)
{
    if (tally->series_never_seen == 0)
        return;
    html_count(out, tally->series_never_seen);
    buf_append_text(out, " series never had a row (a wrong site or group looks like that):<ul>");
    for (uint64_t i = 0; i < tally->series_never_seen && i < TALLY_NAMED_MAX; i++) {
        const struct series_key *key = &tally->never_seen[i];
        buf_appendf(out, "<li>building %" PRId64 ", site %" PRId64 ", group ", key->building_id, key->site_id);
        html_name(out, key->group_id);
        buf_append_text(out, ", ");
        html_text(out, key->granularity);
    }
    if (tally->series_never_seen > TALLY_NAMED_MAX)
        buf_appendf(out, "<li>and %" PRIu64 " more", tally->series_never_seen - TALLY_NAMED_MAX);
    buf_append_text(out, "</ul>\n");
}

void report_append_coverage(const struct report *report, struct buf *out)
{
    buf_append_text(out, "<section id=\"coverage\" aria-labelledby=\"coverage-h\"><h2 id=\"coverage-h\">Coverage</h2>\n"
                         "<p>What the job promises, day by day. A day shows the worst of its slices.</p>\n");
    append_legend(out);
    for (size_t i = 0; i < report->dataset_count; i++) {
        const struct tally *tally = report->datasets[i].tally;
        if (report->dataset_count > 1) {
            buf_append_text(out, "<h3>Dataset ");
            html_name(out, report->datasets[i].name);
            buf_append_text(out, "</h3>\n");
        }
        append_never_seen(tally, out);
        buf_append_text(out, "<div class=\"grid\">\n");
        for (size_t k = 0; k < tally->building_count; k++) {
            append_building(&tally->buildings[k], report->dataset_count > 1 ? 4 : 3, out);
        }
        buf_append_text(out, "</div>\n");
    }
    buf_append_text(out, "</section>\n");
}
