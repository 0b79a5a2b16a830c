#include "view/calendar.h"

#include "core/text.h"
#include "view/month.h"

#include <inttypes.h>
#include <stdio.h>

enum {
    MONTHS_SHOWN = 12, /* the latest; older ones only when they are not settled */
    MONTH_WIDTH = 42,  /* "  2025-05  " and 31 marks */
    MONTH_GAP = 2
};

struct mark {
    char sign;
    const char *color;
    const char *word;
};

static const struct mark marks[] = {
    [SLICE_MISSING] = {'.', "\033[33m", "missing"},
    [SLICE_OPEN] = {'+', "\033[36m", "open (fetched, may still change)"},
    [SLICE_SETTLED] = {'#', "\033[32m", "settled"},
    [SLICE_FAILED] = {'!', "\033[31m", "failed"},
};

static void append_mark(struct buf *out, enum slice_state state, bool color, int *last)
{
    if (color && *last != (int)state)
        buf_append_text(out, marks[state].color);
    *last = (int)state;
    buf_append_char(out, marks[state].sign);
}

static void append_month(const struct tally_building *tally, civil_day first, bool color, struct buf *out)
{
    struct civil_date date = civil_date_from_day(first);
    buf_appendf(out, "  %04d-%02d  ", date.year, date.month);
    int last = -1;
    civil_day end = month_next(first);
    for (civil_day day = first; day < first + 31; day++) {
        bool covered = day < end && day >= tally->building->days.first && day < tally->building->days.end;
        if (covered)
            append_mark(out, tally_day_state(&tally->days[day - tally->building->days.first]), color, &last);
        else
            buf_append_char(out, ' ');
    }
    if (color && last >= 0)
        buf_append_text(out, "\033[0m");
}

/* How many months stand side by side. */
static int months_across(int width)
{
    int across = (width + MONTH_GAP) / (MONTH_WIDTH + MONTH_GAP);
    return across < 1 ? 1 : across > 3 ? 3 : across;
}

static void append_months(const struct tally_building *tally, const struct calendar_options *options, struct buf *out)
{
    const struct day_range *days = &tally->building->days;
    int across = months_across(options->width);
    int at = 0;
    int settled = 0;
    for (civil_day month = month_first(days->first); month < days->end; month = month_next(month)) {
        bool recent = months_between(month, days->end - 1) < MONTHS_SHOWN;
        if (!recent && month_is_settled(tally, month)) {
            settled++;
            continue;
        }
        if (settled > 0 && recent) {
            buf_appendf(out, "%s  %d earlier month%s settled to the last slice\n", at > 0 ? "\n" : "", settled,
                        settled == 1 ? " is" : "s are");
            settled = 0;
            at = 0;
        }
        if (at > 0)
            buf_append_text(out, at % across == 0 ? "\n" : "  ");
        append_month(tally, month, options->color, out);
        at++;
    }
    buf_append_char(out, '\n');
}

static void append_building(const struct tally_building *tally, const struct calendar_options *options, struct buf *out)
{
    const struct coverage_building *building = tally->building;
    const struct tally_counts *counts = &tally->counts;
    buf_appendf(out, "building %" PRId64, building->id);
    if (building->name != NULL) {
        char name[256];
        snprintf(name, sizeof name, "%s", building->name);
        text_make_printable(name);
        buf_appendf(out, " %s", name);
    }
    if (counts->due == 0) {
        buf_append_text(out, ": nothing is due yet\n");
        return;
    }
    buf_appendf(out, ": %" PRIu64 " of %" PRIu64 " slices", counts->settled + counts->open, counts->due);
    if (counts->failed > 0)
        buf_appendf(out, ", %" PRIu64 " failed", counts->failed);
    if (counts->missing > 0)
        buf_appendf(out, ", %" PRIu64 " missing", counts->missing);
    buf_append_char(out, '\n');
    append_months(tally, options, out);
}

void calendar_format(const struct tally *tally, const struct calendar_options *options, struct buf *out)
{
    for (size_t i = 0; i < tally->building_count; i++)
        append_building(&tally->buildings[i], options, out);
    static const enum slice_state order[] = {SLICE_SETTLED, SLICE_OPEN, SLICE_MISSING, SLICE_FAILED};
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        const struct mark *mark = &marks[order[i]];
        buf_appendf(out, "%s%s%c%s %s", i > 0 ? "   " : "", options->color ? mark->color : "", mark->sign,
                    options->color ? "\033[0m" : "", mark->word);
    }
    buf_append_char(out, '\n');
}
