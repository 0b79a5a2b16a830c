#include "view/charts.h"
#include "view/html.h"

#include <inttypes.h>

enum {
    LEFT = 30,
    PITCH = 13,
    CELL = 12,
    LEVELS = 7,
    BOTTOM = 7 * PITCH,
    WIDTH = LEFT + 24 * PITCH,
    HOURS_AT = BOTTOM + 11, /* base lines of the texts below */
    SCALE_AT = HOURS_AT + 18,
    HEIGHT = SCALE_AT + 4
};

static const char *const day_names[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};

static double mean_of(const struct occupancy_mean *mean)
{
    return mean->sum / (double)mean->count;
}

/* The hour with the greatest mean; -1 when no hour has a value. */
static int busiest_hour(const struct occupancy_site *site)
{
    int best = -1;
    for (int i = 0; i < OCCUPANCY_HOURS; i++) {
        if (site->hours[i].count > 0 && (best < 0 || mean_of(&site->hours[i]) > mean_of(&site->hours[best])))
            best = i;
    }
    return best;
}

static int level_of(double value, double top)
{
    int level = top > 0 && value > 0 ? (int)(value / top * LEVELS) : 0;
    return level < LEVELS ? level : LEVELS - 1;
}

static int level_of_hour(const struct occupancy_site *site, int hour, double top)
{
    const struct occupancy_mean *mean = &site->hours[hour];
    return mean->count > 0 ? level_of(mean_of(mean), top) : LEVELS;
}

/*
 * One path a level, one stroke a run of like hours: its dashes (report_style.c) are the hours. So a picture is less
 * than a kilobyte, and hundreds of them fit into a page. Level LEVELS: hours without a value.
 */
static void append_level(const struct occupancy_site *site, int level, double top, struct buf *out)
{
    bool any = false;
    for (int i = 0; i < OCCUPANCY_HOURS; i++) {
        int end = i;
        while (end < (i / 24 + 1) * 24 && level_of_hour(site, end, top) == level)
            end++;
        if (end == i)
            continue;
        if (!any)
            buf_appendf(out, "<path class=\"h%d\" d=\"", level);
        any = true;
        buf_appendf(out, "M%d %dh%d", LEFT + i % 24 * PITCH, i / 24 * PITCH + CELL / 2,
                    (end - i) * PITCH - (PITCH - CELL));
        i = end - 1;
    }
    if (any)
        buf_append_text(out, "\"/>");
}

static void append_labels(struct buf *out)
{
    for (int day = 0; day < 7; day++)
        buf_appendf(out, "<text x=\"0\" y=\"%d\">%s</text>", day * PITCH + 10, day_names[day]);
    for (int hour = 0; hour < 24; hour += 3)
        buf_appendf(out, "<text class=\"mid\" x=\"%d\" y=\"%d\">%d</text>", LEFT + hour * PITCH + 6, HOURS_AT, hour);
}

static void append_name(const struct coverage_building *building, const struct occupancy_site *site, int busiest,
                        struct buf *out)
{
    chart_name_building(building, out);
    buf_appendf(out, ", site %" PRId64, site->id);
    if (site->name != NULL && site->name[0] != '\0') {
        buf_append_char(out, ' ');
        html_text(out, site->name);
    }
    buf_append_text(out, ": mean occupancy by hour of week. ");
    if (busiest >= 0)
        buf_appendf(out, "Busiest on %s at %d:00 with %.1f.", day_names[busiest / 24], busiest % 24,
                    mean_of(&site->hours[busiest]));
    else
        buf_append_text(out, "No values.");
}

static void append_scale(int busiest, double top, struct buf *out)
{
    if (busiest < 0) {
        buf_appendf(out, "<text x=\"%d\" y=\"%d\">no values</text>", LEFT, SCALE_AT);
        return;
    }
    buf_appendf(out,
                "<text x=\"%d\" y=\"%d\">0</text><use href=\"#ramp\" x=\"%d\" y=\"%d\"/>"
                "<text x=\"%d\" y=\"%d\">%.1f; busiest: %s %d:00</text>",
                LEFT, SCALE_AT, LEFT + PITCH, SCALE_AT - 10, LEFT + (LEVELS + 1) * PITCH + 5, SCALE_AT, top,
                day_names[busiest / 24], busiest % 24);
}

void chart_week(const struct coverage_building *building, const struct occupancy_site *site, struct buf *out)
{
    int busiest = busiest_hour(site);
    double top = busiest >= 0 ? mean_of(&site->hours[busiest]) : 0;
    chart_begin(out);
    append_name(building, site, busiest, out);
    chart_draw("week", WIDTH, HEIGHT, out);
    append_labels(out);
    for (int level = 0; level <= LEVELS; level++)
        append_level(site, level, top, out);
    append_scale(busiest, top, out);
    chart_end(out);
}

void chart_definitions(struct buf *out)
{
    buf_append_text(out, "<svg class=\"definitions\" aria-hidden=\"true\" width=\"0\" height=\"0\"><defs>"
                         "<pattern id=\"hatch\" width=\"4\" height=\"4\" patternUnits=\"userSpaceOnUse\""
                         " patternTransform=\"rotate(45)\"><path class=\"hatch\" d=\"M0 0h1.6v4h-1.6z\"/></pattern>"
                         "<pattern id=\"gap\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\""
                         " patternTransform=\"rotate(-45)\"><path class=\"gap\" d=\"M0 0h1v5h-1z\"/></pattern>"
                         "<g id=\"ramp\">");
    for (int level = 0; level < LEVELS; level++)
        buf_appendf(out, "<path class=\"h%d\" d=\"M%d 6h12\"/>", level, level * PITCH);
    buf_append_text(out, "</g></defs></svg>\n");
}
