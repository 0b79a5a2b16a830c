#include "view/charts.h"
#include "view/html.h"
#include "view/month.h"

#include <inttypes.h>
#include <string.h>

enum { LEFT = 50, PITCH = 10, LINE = 11, TOP = 12, WIDTH = LEFT + 31 * PITCH, STATES = 4 };

/* A mark of eight by eight, drawn from its upper left corner: full, ring with a dot, ring, full with a cross. */
static const char *const shapes[STATES] = {
    [SLICE_MISSING] = "h8v8h-8zm1 1v6h6v-6z",
    [SLICE_OPEN] = "h8v8h-8zm1 1v6h6v-6zm1.5 1.5h3v3h-3z",
    [SLICE_SETTLED] = "", /* add_settled */
    [SLICE_FAILED] = "h8v8h-8z",
};

static const char *const classes[STATES] = {
    [SLICE_MISSING] = "missing", [SLICE_OPEN] = "open", [SLICE_SETTLED] = "run", [SLICE_FAILED] = "failed"};

struct calendar {
    const struct tally_building *tally;
    struct buf paths[STATES];
    struct buf crosses;
    struct buf labels;
    uint64_t days[STATES];
    int lines;
};

static void add_day(struct calendar *calendar, enum slice_state state, int x, int y)
{
    calendar->days[state]++;
    buf_appendf(&calendar->paths[state], "M%d %d%s", x, y, shapes[state]);
    if (state == SLICE_FAILED)
        buf_appendf(&calendar->crosses, "M%d %dl4 4m0-4l-4 4", x + 2, y + 2);
}

/* Settled days are nearly all: a run of them is one stroke whose dashes are the days. Returns how many it took. */
static int add_settled(struct calendar *calendar, civil_day day, civil_day end, int x, int y)
{
    const struct day_range *covered = &calendar->tally->building->days;
    int count = 0;
    while (day + count < end && day + count < covered->end &&
           tally_day_state(&calendar->tally->days[day + count - covered->first]) == SLICE_SETTLED)
        count++;
    if (count > 0)
        buf_appendf(&calendar->paths[SLICE_SETTLED], "M%d %dh%d", x, y + 4, count * PITCH - 2);
    calendar->days[SLICE_SETTLED] += (uint64_t)count;
    return count;
}

static void add_month(struct calendar *calendar, civil_day first)
{
    const struct day_range *covered = &calendar->tally->building->days;
    struct civil_date date = civil_date_from_day(first);
    int y = TOP + calendar->lines++ * LINE;
    buf_appendf(&calendar->labels, "<text x=\"0\" y=\"%d\">%04d-%02d</text>", y + 8, date.year, date.month);
    civil_day end = month_next(first) < covered->end ? month_next(first) : covered->end;
    civil_day day = first > covered->first ? first : covered->first;
    while (day < end) {
        int x = LEFT + (day - first) * PITCH;
        int settled = add_settled(calendar, day, end, x, y);
        day += settled;
        if (settled == 0) {
            add_day(calendar, tally_day_state(&calendar->tally->days[day - covered->first]), x, y);
            day++;
        }
    }
}

static void append_header(const struct calendar *calendar, struct buf *out)
{
    chart_begin(out);
    chart_name_building(calendar->tally->building, out);
    buf_appendf(out,
                ": coverage by day. Days settled: %" PRIu64 ", open: %" PRIu64 ", missing: %" PRIu64
                ", failed: %" PRIu64 ".",
                calendar->days[SLICE_SETTLED], calendar->days[SLICE_OPEN], calendar->days[SLICE_MISSING],
                calendar->days[SLICE_FAILED]);
    chart_draw("calendar", WIDTH, TOP + calendar->lines * LINE, out);
    for (int day = 1; day <= 31; day += day == 1 ? 4 : 5)
        buf_appendf(out, "<text class=\"mid\" x=\"%d\" y=\"8\">%d</text>", LEFT + (day - 1) * PITCH + 4, day);
}

static void append_paths(const struct calendar *calendar, struct buf *out)
{
    for (int i = 0; i < STATES; i++) {
        if (calendar->days[i] > 0)
            buf_appendf(out, "<path class=\"%s\" d=\"%s\"/>", classes[i], buf_text(&calendar->paths[i]));
    }
    if (calendar->crosses.size > 0)
        buf_appendf(out, "<path class=\"cross\" d=\"%s\"/>", buf_text(&calendar->crosses));
}

int chart_calendar(const struct tally_building *tally, int months, struct buf *out)
{
    struct calendar calendar = {.tally = tally};
    const struct day_range *days = &tally->building->days;
    int left_out = 0;
    for (civil_day month = month_first(days->first); month < days->end; month = month_next(month)) {
        if (months_between(month, days->end - 1) >= months && month_is_settled(tally, month))
            left_out++;
        else
            add_month(&calendar, month);
    }
    append_header(&calendar, out);
    buf_append_text(out, buf_text(&calendar.labels));
    append_paths(&calendar, out);
    chart_end(out);
    for (int i = 0; i < STATES; i++)
        buf_release(&calendar.paths[i]);
    buf_release(&calendar.crosses);
    buf_release(&calendar.labels);
    return left_out;
}
