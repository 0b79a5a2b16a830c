#include "flaws.h"

#include <stdio.h>

enum { SALT_FLAW = 0x666C6177 };

static const char *const names[FLAW_COUNT] = {
    [FLAW_NO_NULLS] = "no-nulls",     [FLAW_NO_START] = "no-start", [FLAW_EXTRA] = "extra",
    [FLAW_STRING] = "string",         [FLAW_EXPONENT] = "exponent", [FLAW_HUGE] = "huge",
    [FLAW_NESTED] = "nested",         [FLAW_NULL] = "null",         [FLAW_BAD_UTF8] = "bad-utf8",
    [FLAW_NULL_START] = "null-start", [FLAW_TWICE] = "twice",       [FLAW_LONE_SURROGATE] = "lone-surrogate",
};

enum status flaws_parse(struct rates *flaws, const char *list, struct err *err)
{
    return rates_parse(flaws, "flaws", list, names, FLAW_COUNT, err);
}

int flaws_of(const struct rates *flaws, const struct row *row)
{
    if (flaws->total == 0 || row->table != TABLE_INSIGHTS)
        return -1;
    uint64_t chance = world_series_chance(row->world, &row->slice, SALT_FLAW);
    return rates_pick(flaws, world_mix(chance, (uint64_t)row->start));
}

static bool is_left_out(int flaw, struct row *row, int column)
{
    struct cell cell;
    if (flaw == FLAW_NO_START)
        return column == INSIGHT_DATE_TIME_START;
    if (flaw != FLAW_NO_NULLS)
        return false;
    row_read(row, column, &cell);
    return cell.kind == CELL_NULL;
}

static struct respond_style style_of(int flaw, const struct respond_style *style)
{
    struct respond_style changed = *style;
    if (flaw == FLAW_STRING)
        changed.numbers = NUMBERS_STRING;
    else if (flaw == FLAW_EXPONENT)
        changed.numbers = NUMBERS_EXPONENT;
    return changed;
}

/* The value of OCCUPANCY_MEAN of a flawed row; false: it is as always. */
static bool append_mean(struct buf *out, int flaw, const struct row *row)
{
    uint64_t digits = 9007199254740993U + (uint64_t)row->start; /* 2^53 + 1 and more: no double holds them all */
    switch (flaw) {
    case FLAW_HUGE: respond_integer(out, (int64_t)digits | 1); return true;
    case FLAW_NESTED: buf_append_text(out, "{\"value\": [1, 2.50, null], \"unit\":\"people\"}"); return true;
    case FLAW_NULL: buf_append_text(out, "null"); return true;
    case FLAW_BAD_UTF8: buf_append_text(out, "\"\xC3\x28 \xFF\""); return true;
    case FLAW_LONE_SURROGATE: buf_append_text(out, "\"\\ud800\""); return true;
    default: return false;
    }
}

void flaws_append(struct buf *out, int flaw, const struct respond_style *style, struct row *row, int column,
                  const char *key, size_t key_size)
{
    bool first = out->size == 0 || out->data[out->size - 1] == '{';
    if (is_left_out(flaw, row, column))
        return;
    for (int i = 0; i < (flaw == FLAW_TWICE && column == INSIGHT_OCCUPANCY_MEAN ? 2 : 1); i++) {
        if (!first || i > 0)
            buf_append_char(out, ',');
        buf_append(out, key, key_size);
        struct respond_style changed = style_of(flaw, style);
        if (flaw == FLAW_NULL_START && column == INSIGHT_DATE_TIME_START)
            buf_append_text(out, "null");
        else if (column != INSIGHT_OCCUPANCY_MEAN || !append_mean(out, flaw, row))
            respond_json(out, &changed, row, column);
    }
}

void flaws_append_end(struct buf *out, int flaw)
{
    if (flaw == FLAW_EXTRA)
        buf_append_text(out, ",\"NOT_ASKED_FOR\":{\"a\":[1]}");
}
