/*
 * The coverage as a calendar for the terminal: a line a month, a mark a day,
 * by building. Readable without colour; older months that are settled to the last slice are told in one line.
 */
#ifndef OCCUPORT_VIEW_CALENDAR_H
#define OCCUPORT_VIEW_CALENDAR_H

#include "core/buf.h"
#include "model/tally.h"

struct calendar_options {
    bool color;
    int width; /* columns of the terminal; at least 44 is needed for a month, less is treated as 44 */
};

/* Appends the calendars of all buildings and a legend. */
void calendar_format(const struct tally *tally, const struct calendar_options *options, struct buf *out);

#endif
