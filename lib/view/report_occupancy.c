#include "view/charts.h"
#include "view/html.h"
#include "view/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const day_names[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};

static bool groups_differ(const struct occupancy *occupancy)
{
    for (size_t i = 1; i < occupancy->building_count; i++) {
        if (strcmp(occupancy->buildings[i].group, occupancy->buildings[0].group) != 0)
            return true;
    }
    return false;
}

/* Which group, said once where all buildings have the same. */
static void append_group(const struct occupancy *occupancy, struct buf *out)
{
    const char *group = occupancy->building_count > 0 ? occupancy->buildings[0].group : "";
    if (groups_differ(occupancy)) {
        buf_append_text(out, "of the group that is named with each building");
        return;
    }
    buf_append_text(out, "of the group ");
    html_name(out, group);
    if (strcmp(group, OCCUPANCY_EVERYONE) == 0)
        buf_append_text(out, " (everyone)");
    else
        buf_append_text(out, ", the first of the job");
}

static void append_source(const struct occupancy *occupancy, struct buf *out)
{
    buf_append_text(out, " Only rows ");
    append_group(occupancy, out);
    buf_append_text(out, " and of ");
    html_text(out, occupancy->granularity);
    buf_appendf(out, ", of the latest %d days of the coverage at most. ", OCCUPANCY_DAYS_MAX);
    buf_append_text(out, "Nothing is added up over sites or groups: they overlap.");
    if (occupancy->not_numbers > 0) {
        buf_append_text(out, " ");
        html_count(out, occupancy->not_numbers);
        buf_append_text(out, " values are no numbers and left out.");
    }
}

/* Says why there is no picture, if there is none. */
static bool append_reason(const struct report *report, bool needs_hours, struct buf *out)
{
    const struct occupancy *occupancy = report->occupancy;
    if (occupancy == NULL) {
        buf_append_text(out, "<p>");
        html_text(out, report->no_occupancy);
        buf_append_text(out, "</p>\n");
        return true;
    }
    if (occupancy->granularity == NULL || (needs_hours && !occupancy->has_hours)) {
        buf_appendf(out,
                    "<p>The job fetches no granularity that is shorter than a %s. Add %s to <code>granularities</code> "
                    "to see this picture.</p>\n",
                    needs_hours ? "day" : "week", needs_hours ? "PT1H" : "PT1H or P1D");
        return true;
    }
    if (occupancy->rows == 0)
        buf_append_text(out, "<p>No row of these is stored yet.</p>\n");
    return occupancy->rows == 0;
}

static void append_cell(const struct occupancy_mean *mean, struct buf *out)
{
    buf_append_text(out, "<td>");
    if (mean->count > 0)
        html_number(out, mean->sum / (double)mean->count);
    else
        buf_append_text(out, "\xE2\x80\x93");
}

static void append_week_table(const struct occupancy_site *site, struct buf *out)
{
    char caption[96];
    snprintf(caption, sizeof caption, "Site %" PRId64 ": mean by day of week and hour", site->id);
    report_begin_table("The numbers", caption, out);
    buf_append_text(out, "<thead><tr><th scope=\"col\">Day");
    for (int hour = 0; hour < 24; hour++)
        buf_appendf(out, "<th scope=\"col\">%d", hour);
    buf_append_text(out, "<tbody>\n");
    for (int day = 0; day < 7; day++) {
        buf_appendf(out, "<tr><th scope=\"row\">%s", day_names[day]);
        for (int hour = 0; hour < 24; hour++)
            append_cell(&site->hours[day * 24 + hour], out);
        buf_append_char(out, '\n');
    }
    report_end_table(out);
}

static void append_week(const struct occupancy_building *building, const struct occupancy_site *site, struct buf *out)
{
    buf_appendf(out,
                "<figure data-building=\"%" PRId64 "\" data-site=\"%" PRId64 "\"><figcaption><h4>Site %" PRId64 "</h4>",
                building->building->id, site->id, site->id);
    if (site->name != NULL && site->name[0] != '\0') {
        buf_append_text(out, " <span>");
        html_name(out, site->name);
        buf_append_text(out, "</span>");
    }
    buf_append_text(out, "</figcaption>\n");
    chart_week(building->building, site, out);
    append_week_table(site, out);
    buf_append_text(out, "</figure>\n");
}

static void append_heading(const struct occupancy *occupancy, size_t at, struct buf *out)
{
    const struct occupancy_building *building = &occupancy->buildings[at];
    report_append_building(building->building, out);
    if (!groups_differ(occupancy))
        return;
    buf_append_text(out, " <span class=\"soft\">(group ");
    html_name(out, building->group);
    buf_append_text(out, ")</span>");
}

static void append_weeks_of(const struct occupancy *occupancy, size_t at, size_t *drawn, struct buf *out)
{
    const struct occupancy_building *building = &occupancy->buildings[at];
    buf_append_text(out, "<h3>");
    append_heading(occupancy, at, out);
    buf_append_text(out, "</h3><div class=\"grid\">\n");
    for (size_t i = 0; i < building->building->site_count && *drawn < REPORT_WEEKS; i++) {
        append_week(building, &building->sites[i], out);
        (*drawn)++;
    }
    buf_append_text(out, "</div>\n");
}

void report_append_weeks(const struct report *report, struct buf *out)
{
    const struct occupancy *occupancy = report->occupancy;
    buf_append_text(out,
                    "<section id=\"weeks\" aria-labelledby=\"weeks-h\"><h2 id=\"weeks-h\">Hours of the week</h2>\n");
    if (!append_reason(report, true, out)) {
        size_t drawn = 0;
        size_t sites = 0;
        buf_append_text(out, "<p>Mean of ");
        html_text(out, occupancy->mean_column);
        buf_append_text(out,
                        " of each site by local hour: the mean of all values that begin in that hour. Darker is more "
                        "on light ground, lighter is more on dark ground; a dot is an hour without a value. Each site "
                        "has its own scale.");
        append_source(occupancy, out);
        buf_append_text(out, "</p>\n");
        for (size_t i = 0; i < occupancy->building_count; i++) {
            sites += occupancy->buildings[i].building->site_count;
            if (drawn < REPORT_WEEKS)
                append_weeks_of(occupancy, i, &drawn, out);
        }
        if (drawn < sites)
            buf_appendf(out,
                        "<p>The first %zu of %zu sites are drawn. The view <code>occupancy_hour_of_week</code> of the "
                        "database has all of them.</p>\n",
                        drawn, sites);
    }
    buf_append_text(out, "</section>\n");
}

static void append_daily_table(const struct occupancy_building *building, struct buf *out)
{
    char caption[96];
    snprintf(caption, sizeof caption, "Building %" PRId64 ": mean and peak by day", building->building->id);
    report_begin_table("The numbers", caption, out);
    buf_append_text(out, "<thead><tr><th scope=\"col\">Day<th scope=\"col\">Mean<th scope=\"col\">Peak"
                         "<th scope=\"col\">Site of the peak<tbody>\n");
    for (civil_day day = building->days.first; day < building->days.end; day++) {
        const struct occupancy_day *of = &building->daily[day - building->days.first];
        buf_append_text(out, "<tr><th scope=\"row\">");
        html_day(out, day);
        append_cell(&of->mean, out);
        if (of->has_peak)
            buf_appendf(out, "<td>%.1f<td>%" PRId64 "\n", of->peak, of->peak_site);
        else
            buf_append_text(out, "<td>\xE2\x80\x93<td>\xE2\x80\x93\n");
    }
    report_end_table(out);
}

static void append_daily(const struct occupancy *occupancy, size_t at, struct buf *out)
{
    const struct occupancy_building *building = &occupancy->buildings[at];
    buf_appendf(out, "<figure data-building=\"%" PRId64 "\"><figcaption><h3>", building->building->id);
    append_heading(occupancy, at, out);
    buf_append_text(out, "</h3></figcaption>\n");
    chart_daily(building, out);
    append_daily_table(building, out);
    buf_append_text(out, "</figure>\n");
}

void report_append_days(const struct report *report, struct buf *out)
{
    const struct occupancy *occupancy = report->occupancy;
    buf_append_text(out, "<section id=\"days\" aria-labelledby=\"days-h\"><h2 id=\"days-h\">Day by day</h2>\n");
    if (!append_reason(report, false, out)) {
        buf_append_text(out, "<p>The line is the mean of ");
        html_text(out, occupancy->mean_column);
        buf_append_text(out,
                        " of a building: the mean of the values of all its sites that day. The area reaches to the "
                        "peak: the greatest ");
        html_text(out, occupancy->peak_column);
        buf_append_text(out, " of any of its sites. Hatched days have no value. A day is a DATE_PARTITION of the API.");
        append_source(occupancy, out);
        buf_append_text(out, "</p>\n");
        for (size_t i = 0; i < occupancy->building_count; i++)
            append_daily(occupancy, i, out);
    }
    buf_append_text(out, "</section>\n");
}
