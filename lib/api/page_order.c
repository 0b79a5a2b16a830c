#include "api/page_order.h"

#include <string.h>

void page_order_init(struct page_order *order, const struct unit *unit, const struct page_key *after)
{
    *order = (struct page_order){.unit = unit, .boundary = SIZE_MAX, .in_order = true, .past_key = true};
    order->last.slice = SIZE_MAX;
    if (after == NULL)
        return;
    order->has_after = true;
    order->after.slice = unit_slice_of(unit, after->day, after->site_id, after->group_id, strlen(after->group_id));
    order->after.start = after->start;
    order->after.key_count = after->key_count;
    order->after.keys = after->keys;
    if (after->start != NULL)
        order->after.has_moment = moment_parse(after->start, strlen(after->start), &order->after.moment);
}

/* Below, equal to or above 0 as slice a is asked for before, with or after slice b. */
static int compare_slices(const struct unit *unit, size_t a, size_t b)
{
    if (a == b)
        return 0;
    civil_day day_a;
    civil_day day_b;
    struct series_key series_a = unit_series_of(unit, a, &day_a);
    struct series_key series_b = unit_series_of(unit, b, &day_b);
    if (day_a != day_b)
        return day_a < day_b ? -1 : 1;
    if (series_a.site_id != series_b.site_id)
        return series_a.site_id < series_b.site_id ? -1 : 1;
    return strcmp(series_a.group_id, series_b.group_id);
}

static bool same_start(const struct row_place *a, const struct row_place *b)
{
    return (a->has_moment && b->has_moment && moment_compare(&a->moment, &b->moment) == 0) ||
           strcmp(a->start, b->start) == 0;
}

/* True when both are the same row. */
static bool same_row(const struct row_place *a, const struct row_place *b)
{
    return same_start(a, b) && keys_compare(a->keys, b->keys, a->key_count) == 0;
}

/* True when b may follow a in the same slice: by its start, as an instant or as a text, and of one start by its keys.
 */
static bool row_ascends(const struct row_place *a, const struct row_place *b)
{
    if (same_start(a, b))
        return keys_compare(a->keys, b->keys, a->key_count) < 0;
    return (a->has_moment && b->has_moment && moment_compare(&a->moment, &b->moment) < 0) ||
           strcmp(a->start, b->start) < 0;
}

static bool is_past_key(const struct page_order *order, const struct row_place *place)
{
    if (order->after.slice == SIZE_MAX)
        return false;
    int side = compare_slices(order->unit, order->after.slice, place->slice);
    if (side != 0 || order->after.start == NULL)
        return side < 0;
    return place->start == NULL || row_ascends(&order->after, place);
}

static void look_at_neighbours(struct page_order *order, const struct row_place *place)
{
    int side = compare_slices(order->unit, order->last.slice, place->slice);
    if (side > 0)
        order->in_order = false;
    if (side != 0 || order->last_start.start == NULL || place->start == NULL)
        return;
    if (same_row(&order->last_start, place))
        order->has_repeats = true;
    else if (!row_ascends(&order->last_start, place))
        order->in_order = false;
}

void page_order_add(struct page_order *order, const struct row_place *place)
{
    if (place->slice == SIZE_MAX)
        return;
    if (order->has_after && !is_past_key(order, place))
        order->past_key = false;
    if (order->last.slice != SIZE_MAX)
        look_at_neighbours(order, place);
    if (order->last.slice != place->slice) {
        order->boundary = order->last.slice;
        order->last_start = (struct row_place){0};
        order->tail_rows = 0;
    }
    order->last = *place;
    if (place->start != NULL)
        order->last_start = *place;
    order->tail_rows++;
}

static struct page_key slice_key(const struct unit *unit, size_t slice)
{
    civil_day day;
    struct series_key series = unit_series_of(unit, slice, &day);
    return (struct page_key){.day = day, .site_id = series.site_id, .group_id = series.group_id};
}

void page_order_tell(const struct page_order *order, struct page_summary *summary)
{
    summary->in_order = order->in_order;
    summary->past_key = order->past_key;
    summary->has_repeats = order->has_repeats;
    summary->tail_slice = order->last.slice;
    summary->tail_rows = order->tail_rows;
    summary->has_last = order->last_start.start != NULL;
    if (summary->has_last) {
        summary->last = slice_key(order->unit, order->last.slice);
        summary->last.start = order->last_start.start;
        summary->last.start_is_number = order->last_start.start_is_number;
        summary->last.key_count = order->last_start.key_count;
        summary->last.keys = order->last_start.keys;
    }
    summary->has_boundary = order->boundary != SIZE_MAX;
    if (summary->has_boundary)
        summary->boundary = slice_key(order->unit, order->boundary);
}
