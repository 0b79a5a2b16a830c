#include "view/charts.h"
#include "view/html.h"
#include "view/month.h"

#include <inttypes.h>

enum { WIDTH = 720, HEIGHT = 170, LEFT = 50, RIGHT = 714, TOP = 16, BOTTOM = 146, WEEKS_MAX = 62 };

struct plot {
    const struct occupancy_building *building;
    size_t count;    /* days */
    double top;      /* of the axis */
    size_t greatest; /* the day with the greatest peak; count: no day has one */
};

static double x_of(const struct plot *plot, size_t day)
{
    return LEFT + (RIGHT - LEFT) * (double)day / (double)plot->count;
}

static double y_of(const struct plot *plot, double value)
{
    double inside = value < 0 ? 0 : value;
    return BOTTOM - (BOTTOM - TOP) * inside / plot->top;
}

static bool has_value(const struct occupancy_day *day)
{
    return day->has_peak || day->mean.count > 0;
}

static double mean_of(const struct occupancy_day *day)
{
    return day->mean.sum / (double)day->mean.count;
}

static void measure(struct plot *plot)
{
    double greatest = 0;
    plot->count = (size_t)(plot->building->days.end - plot->building->days.first);
    plot->greatest = plot->count;
    for (size_t i = 0; i < plot->count; i++) {
        const struct occupancy_day *day = &plot->building->daily[i];
        if (day->has_peak && (plot->greatest == plot->count || day->peak > plot->building->daily[plot->greatest].peak))
            plot->greatest = i;
        if (day->mean.count > 0 && mean_of(day) > greatest)
            greatest = mean_of(day);
    }
    if (plot->greatest < plot->count && plot->building->daily[plot->greatest].peak > greatest)
        greatest = plot->building->daily[plot->greatest].peak;
    plot->top = chart_axis_top(greatest);
}

/* Peaks as one area a stretch of days that have one, each day a step. */
static void append_peaks(const struct plot *plot, struct buf *out)
{
    bool inside = false;
    buf_append_text(out, "<path class=\"peak\" d=\"");
    for (size_t i = 0; i < plot->count; i++) {
        const struct occupancy_day *day = &plot->building->daily[i];
        if (inside && !day->has_peak)
            buf_appendf(out, "V%dz", BOTTOM);
        else if (!inside && day->has_peak)
            buf_appendf(out, "M%.1f %d", x_of(plot, i), BOTTOM);
        inside = day->has_peak;
        if (inside)
            buf_appendf(out, "V%.1fH%.1f", y_of(plot, day->peak), x_of(plot, i + 1));
    }
    if (inside)
        buf_appendf(out, "V%dz", BOTTOM);
    buf_append_text(out, "\"/>");
}

static void append_means(const struct plot *plot, struct buf *out)
{
    bool inside = false;
    buf_append_text(out, "<path class=\"mean\" d=\"");
    for (size_t i = 0; i < plot->count; i++) {
        const struct occupancy_day *day = &plot->building->daily[i];
        if (day->mean.count > 0 && inside)
            buf_appendf(out, "V%.1fH%.1f", y_of(plot, mean_of(day)), x_of(plot, i + 1));
        else if (day->mean.count > 0)
            buf_appendf(out, "M%.1f %.1fH%.1f", x_of(plot, i), y_of(plot, mean_of(day)), x_of(plot, i + 1));
        inside = day->mean.count > 0;
    }
    buf_append_text(out, "\"/>");
}

/* Days without any value are hatched: they are not zero. */
static void append_gaps(const struct plot *plot, struct buf *out)
{
    buf_append_text(out, "<path class=\"nothing\" d=\"");
    for (size_t i = 0; i < plot->count; i++) {
        size_t end = i;
        while (end < plot->count && !has_value(&plot->building->daily[end]))
            end++;
        if (end > i)
            buf_appendf(out, "M%.1f %dH%.1fV%dH%.1fz", x_of(plot, i), TOP, x_of(plot, end), BOTTOM, x_of(plot, i));
        i = end;
    }
    buf_append_text(out, "\"/>");
}

static void append_axis(const struct plot *plot, struct buf *out)
{
    for (int i = 0; i <= 2; i++) {
        double value = plot->top * i / 2;
        double y = y_of(plot, value);
        buf_appendf(out, "<path class=\"grid\" d=\"M%d %.1fH%d\"/><text class=\"end\" x=\"%d\" y=\"%.1f\">%g</text>",
                    LEFT, y, RIGHT, LEFT - 5, y + 4, value);
    }
}

/* A tick a month, or a week where the days are few. */
static void append_days(const struct plot *plot, struct buf *out)
{
    bool by_week = plot->count <= WEEKS_MAX;
    for (size_t i = 0; i < plot->count; i++) {
        civil_day day = plot->building->days.first + (civil_day)i;
        struct civil_date date = civil_date_from_day(day);
        if (by_week ? civil_weekday(day) != 0 : date.day != 1)
            continue;
        double x = x_of(plot, i);
        buf_appendf(out, "<path class=\"tick\" d=\"M%.1f %dv4\"/>", x, BOTTOM);
        if (x > RIGHT - 30)
            continue;
        buf_appendf(out, "<text x=\"%.1f\" y=\"%d\">", x, HEIGHT - 6);
        if (by_week)
            buf_appendf(out, "%s %d</text>", month_name(date.month), date.day);
        else if (date.month == 1)
            buf_appendf(out, "%d</text>", date.year);
        else
            buf_appendf(out, "%s</text>", month_name(date.month));
    }
}

static void append_greatest(const struct plot *plot, struct buf *out)
{
    if (plot->greatest == plot->count)
        return;
    double value = plot->building->daily[plot->greatest].peak;
    double x = (x_of(plot, plot->greatest) + x_of(plot, plot->greatest + 1)) / 2;
    double y = y_of(plot, value);
    const char *side = x > RIGHT - 120 ? "end" : x < LEFT + 120 ? "start" : "mid";
    buf_appendf(out,
                "<circle class=\"greatest\" cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\"/>"
                "<text class=\"%s strong\" x=\"%.1f\" y=\"%.1f\">%.1f</text>",
                x, y, side, x, y - 6, value);
}

static void append_description(const struct plot *plot, struct buf *out)
{
    buf_appendf(out, "%zu days from ", plot->count);
    html_day(out, plot->building->days.first);
    buf_append_text(out, ". ");
    if (plot->greatest == plot->count) {
        buf_append_text(out, "No values.");
        return;
    }
    buf_appendf(out, "The greatest peak is %.1f on ", plot->building->daily[plot->greatest].peak);
    html_day(out, plot->building->days.first + (civil_day)plot->greatest);
    buf_append_char(out, '.');
}

void chart_daily(const struct occupancy_building *building, struct buf *out)
{
    struct plot plot = {.building = building};
    measure(&plot);
    chart_begin(out);
    chart_name_building(building->building, out);
    buf_append_text(out, ": mean and peak by day. ");
    append_description(&plot, out);
    chart_draw("wide", WIDTH, HEIGHT, out);
    append_gaps(&plot, out);
    append_axis(&plot, out);
    append_peaks(&plot, out);
    append_means(&plot, out);
    append_days(&plot, out);
    append_greatest(&plot, out);
    chart_end(out);
}
