#include "view/charts.h"
#include "view/html.h"

#include <math.h>

enum { WIDTH = 720, HEIGHT = 130, LEFT = 50, RIGHT = 714, TOP = 14, BOTTOM = 106, LABELS_MAX = 6, BAR_MAX = 26 };

double chart_axis_top(double greatest)
{
    static const double steps[] = {1, 2, 2.5, 5, 10};
    if (!(greatest > 1))
        return 1;
    double power = pow(10, floor(log10(greatest)));
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        if (steps[i] * power >= greatest)
            return steps[i] * power;
    }
    return 10 * power;
}

static double sum_of(const struct chart_bars *bars, size_t at)
{
    double sum = 0;
    for (size_t i = 0; i < bars->parts; i++)
        sum += bars->values[at][i];
    return sum;
}

static double slot(const struct chart_bars *bars)
{
    double width = (RIGHT - LEFT) / (double)(bars->count > 0 ? bars->count : 1);
    return width < BAR_MAX ? width : BAR_MAX;
}

static double y_of(double value, double top)
{
    return BOTTOM - (BOTTOM - TOP) * value / top;
}

static void append_part(const struct chart_bars *bars, size_t part, double top, struct buf *out)
{
    double width = slot(bars);
    double gap = width > 4 ? 1 : 0;
    buf_appendf(out, "<path class=\"b%zu\" d=\"", part);
    for (size_t i = 0; i < bars->count; i++) {
        double below = 0;
        for (size_t k = 0; k < part; k++)
            below += bars->values[i][k];
        double value = bars->values[i][part];
        if (value <= 0)
            continue;
        double height = (BOTTOM - TOP) * value / top;
        buf_appendf(out, "M%.1f %.1fv-%.1fh%.1fv%.1fz", LEFT + width * (double)i, y_of(below, top), height, width - gap,
                    height);
    }
    buf_append_text(out, "\"/>");
}

static void append_marks(const struct chart_bars *bars, double top, struct buf *out)
{
    double width = slot(bars);
    buf_append_text(out, "<path class=\"mark\" d=\"");
    for (size_t i = 0; i < bars->count; i++) {
        if (bars->marked[i])
            buf_appendf(out, "M%.1f %.1fl6 6m0-6l-6 6", LEFT + width * ((double)i + 0.5) - 3,
                        y_of(sum_of(bars, i), top) - 9);
    }
    buf_append_text(out, "\"/>");
}

static void append_labels(const struct chart_bars *bars, struct buf *out)
{
    size_t step = (bars->count + LABELS_MAX - 1) / LABELS_MAX;
    double room = 130; /* a label of ten figures, also where phones have larger ones */
    double width = slot(bars);
    while (step > 0 && width * (double)step < room)
        step++;
    for (size_t i = 0; step > 0 && i < bars->count; i += step) {
        double x = LEFT + width * (double)i;
        buf_appendf(out, "<path class=\"tick\" d=\"M%.1f %dv4\"/>", x, BOTTOM);
        if (x < RIGHT - room || i == 0)
            buf_appendf(out, "<text x=\"%.1f\" y=\"%d\">%s</text>", x, HEIGHT - 6, bars->labels[i]);
    }
}

void chart_bars(const struct chart_bars *bars, struct buf *out)
{
    double greatest = 0;
    for (size_t i = 0; i < bars->count; i++)
        greatest = fmax(greatest, sum_of(bars, i));
    double top = chart_axis_top(greatest);
    chart_begin(out);
    html_text(out, bars->title);
    buf_append_text(out, ". ");
    html_text(out, bars->description);
    chart_draw("wide", WIDTH, HEIGHT, out);
    for (int i = 0; i <= 2; i++) {
        double y = y_of(top * i / 2, top);
        buf_appendf(out, "<path class=\"grid\" d=\"M%d %.1fH%d\"/><text class=\"end\" x=\"%d\" y=\"%.1f\">%g%s</text>",
                    LEFT, y, RIGHT, LEFT - 5, y + 4, top * i / 2, i > 0 ? bars->unit : "");
    }
    for (size_t part = 0; part < bars->parts; part++)
        append_part(bars, part, top, out);
    append_marks(bars, top, out);
    append_labels(bars, out);
    chart_end(out);
}
