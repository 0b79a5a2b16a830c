/*
 * The pictures of a report, drawn as SVG: no script, no font, no picture of others. Each has a name of its own, which
 * says the most important of it to those who do not see it, and says by shape what it says by colour. The classes are
 * those of report_style.c.
 */
#ifndef OCCUPORT_VIEW_CHARTS_H
#define OCCUPORT_VIEW_CHARTS_H

#include "core/buf.h"
#include "model/occupancy.h"
#include "model/tally.h"

/* Patterns and symbols that the pictures of a page share; once, before the first of them. */
void chart_definitions(struct buf *out);

/* The coverage of a building: a line a month, a mark a day. months: so many of the latest; earlier ones only where they
 * are not settled to the last slice. Returns how many months were left out. */
int chart_calendar(const struct tally_building *tally, int months, struct buf *out);

/* The mean by hour of week of a site of the building, seven lines of twenty-four, and its scale below. */
void chart_week(const struct coverage_building *building, const struct occupancy_site *site, struct buf *out);

/* Mean and peak by day of a building. */
void chart_daily(const struct occupancy_building *building, struct buf *out);

enum { CHART_BARS_MAX = 400, CHART_PARTS_MAX = 3 };

/* Bars in the order of time. */
struct chart_bars {
    const char *title;
    const char *description;
    const char *unit; /* behind the numbers of the axis: "s"; "" for none */
    size_t count;     /* at most CHART_BARS_MAX */
    size_t parts;     /* of each bar, from the bottom up: 1 to CHART_PARTS_MAX */
    double values[CHART_BARS_MAX][CHART_PARTS_MAX];
    bool marked[CHART_BARS_MAX];                  /* with a cross above it */
    char labels[CHART_BARS_MAX][CIVIL_TEXT_SIZE]; /* shown below as far as there is room */
};

void chart_bars(const struct chart_bars *bars, struct buf *out);

/* The greatest number of an axis that holds `greatest`: 1, 2, 2.5 or 5 times a power of ten; at least 1. */
double chart_axis_top(double greatest);

/*
 * What all pictures are made of. chart_begin opens one; what is appended then is its name, in an attribute, up to
 * chart_draw; then comes the drawing, in units of a canvas of width by height, up to chart_end.
 */
void chart_begin(struct buf *out);
void chart_draw(const char *kind, int width, int height, struct buf *out);
void chart_end(struct buf *out);

/* "Building 71" and its name, if it has one, as text. */
void chart_name_building(const struct coverage_building *building, struct buf *out);

#endif
