#include "respond.h"

#include <stdio.h>
#include <string.h>

void respond_integer(struct buf *out, int64_t value)
{
    char digits[24];
    size_t at = sizeof digits;
    uint64_t rest = value < 0 ? 0U - (uint64_t)value : (uint64_t)value;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (value < 0)
        digits[--at] = '-';
    buf_append(out, digits + at, sizeof digits - at);
}

/* Millionths without trailing zeros: 12.5, 0, 0.000001. */
static void append_decimal(struct buf *out, int64_t millionths)
{
    uint64_t size = millionths < 0 ? 0U - (uint64_t)millionths : (uint64_t)millionths;
    uint64_t fraction = size % METRICS_UNIT;
    if (millionths < 0)
        buf_append_char(out, '-');
    respond_integer(out, (int64_t)(size / METRICS_UNIT));
    if (fraction == 0)
        return;
    char digits[7] = ".";
    size_t count = 7;
    for (size_t i = 6; i > 0; i--, fraction /= 10)
        digits[i] = (char)('0' + fraction % 10);
    while (digits[count - 1] == '0')
        count--;
    buf_append(out, digits, count);
}

static void append_number(struct buf *out, enum number_style style, int64_t millionths)
{
    if (style == NUMBERS_EXPONENT)
        buf_appendf(out, "%.15e", (double)millionths / METRICS_UNIT);
    else
        append_decimal(out, millionths);
}

static void append_time(struct buf *out, const struct row *row)
{
    char text[SPELLING_TEXT_SIZE];
    int32_t offset = zone_offset_at(world_zone_of(row->world, row->slice.building), row->start);
    size_t size = spelling_format(row->world->spelling, row->start, offset, text);
    buf_append(out, text, size);
}

/* LARGEST_ZONE, the one feature: an object, as features are [documented: metrics-and-features]. */
static void append_object(struct buf *out, struct row *row)
{
    const struct metrics *metrics = row_metrics(row);
    buf_append_text(out, "{\"ZONE_ID\":");
    respond_integer(out, world_site_id(row->world, row->slice.building, row->slice.site) * 100 + metrics->zone);
    buf_append_text(out, ",\"NAME\":\"Zone ");
    respond_integer(out, metrics->zone);
    buf_append_text(out, "\",\"OCCUPANCY_MEAN\":");
    append_decimal(out, metrics->zone_mean);
    buf_append_char(out, '}');
}

static void append_value(struct buf *out, const struct respond_style *style, struct row *row, const struct cell *cell)
{
    switch (cell->kind) {
    case CELL_INTEGER: respond_integer(out, cell->low); break;
    case CELL_DECIMAL: append_number(out, style->numbers, cell->low); break;
    case CELL_TEXT: buf_append(out, cell->text, cell->size); break;
    case CELL_TIME: append_time(out, row); break;
    case CELL_OBJECT: append_object(out, row); break;
    case CELL_UNKNOWN:
    case CELL_NULL:
    case CELL_SPAN: break;
    }
}

void respond_plain(struct buf *out, const struct respond_style *style, struct row *row, int column)
{
    struct cell cell;
    row_read(row, column, &cell);
    append_value(out, style, row, &cell);
}

void respond_json(struct buf *out, const struct respond_style *style, struct row *row, int column)
{
    struct cell cell;
    row_read(row, column, &cell);
    bool quoted = (cell.kind == CELL_INTEGER && style->stringify_ids && table_get(row->table)->columns[column].is_id) ||
                  (cell.kind == CELL_DECIMAL && style->numbers == NUMBERS_STRING) ||
                  (cell.kind == CELL_TIME && row->world->spelling != SPELLING_EPOCH);
    if (row->table == TABLE_INSIGHTS && (style->text_columns >> column & 1U) != 0)
        quoted = true;
    if (cell.kind == CELL_NULL) {
        buf_append(out, "null", 4);
    } else if (cell.kind == CELL_TEXT) {
        buf_append_json_string(out, cell.text, cell.size);
    } else {
        if (quoted)
            buf_append_char(out, '"');
        append_value(out, style, row, &cell);
        if (quoted)
            buf_append_char(out, '"');
    }
}

void respond_errors(struct buf *out, const struct refusal *refusal)
{
    buf_append_text(out, "{\"errors\":[{\"message\":");
    buf_append_json_string(out, refusal->message, strlen(refusal->message));
    buf_append_text(out, ",\"extensions\":{\"path\":");
    buf_append_json_string(out, refusal->path, strlen(refusal->path));
    buf_append_text(out, ",\"code\":");
    buf_append_json_string(out, refusal->code, strlen(refusal->code));
    buf_append_text(out, "}}]}");
}
