#include "naive_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t server_random(struct server *server, uint64_t limit)
{
    server->random ^= server->random << 13;
    server->random ^= server->random >> 7;
    server->random ^= server->random << 17;
    return server->random % limit;
}

void server_release(struct server *server)
{
    buf_release(&server->previous);
}

/* The order of slices as the server sees it: the numbers of the fixture are in it but for the groups. */
static size_t rank_of(const struct server *server, size_t slice)
{
    return server->reverses_groups ? slice ^ 1 : slice;
}

static int compare(const struct server *server, const struct server_row *a, const struct server_row *b)
{
    size_t rank_a = rank_of(server, a->slice);
    size_t rank_b = rank_of(server, b->slice);
    if (rank_a != rank_b)
        return rank_a < rank_b ? -1 : 1;
    return (a->hour > b->hour) - (a->hour < b->hour);
}

static bool lies_behind(const struct server *server, const struct page_key *key, const struct server_row *row)
{
    const struct unit *unit = &server->unit;
    struct server_row at = {.slice = unit_slice_of(unit, key->day, key->site_id, key->group_id, strlen(key->group_id))};
    if (key->start == NULL)
        return rank_of(server, row->slice) > rank_of(server, at.slice);
    char *end;
    at.hour = (int)strtol(key->start + 11, &end, 10);
    if (end == key->start + 11)
        return false;
    if (row->slice == at.slice && row->hour == SERVER_HOURS)
        return false; /* null compares with nothing */
    int side = compare(server, row, &at);
    return side > 0 || (side == 0 && server->takes_gt_for_gte);
}

/* Rows of equal key come in another order each time. */
static void sort_rows(struct server *server, struct server_row *rows, size_t count)
{
    for (size_t i = count; i > 1; i--) {
        size_t j = server_random(server, i);
        struct server_row row = rows[i - 1];
        rows[i - 1] = rows[j];
        rows[j] = row;
    }
    for (size_t i = 1; i < count && !server->ignores_order; i++) {
        struct server_row row = rows[i];
        size_t j = i;
        for (; j > 0 && compare(server, &rows[j - 1], &row) > 0; j--)
            rows[j] = rows[j - 1];
        rows[j] = row;
    }
}

static void write_row(const struct server *server, const struct server_row *row, struct buf *out)
{
    civil_day day;
    char date[CIVIL_TEXT_SIZE];
    char start[40] = "null";
    char value[40] = "\"a\\u0000b\"";
    struct series_key series = unit_series_of(&server->unit, row->slice, &day);
    if (row->hour < SERVER_HOURS)
        snprintf(start, sizeof start, "\"%s %02d:00:00\"", civil_day_format(day, date), row->hour);
    if (row->value >= 0)
        snprintf(value, sizeof value, "%d", row->value);
    fixture_row(out, civil_day_to_partition(day), series.site_id, series.group_id, start, value);
}

/* Notes slices whose rows may come from two versions: read on inside, and the version changed on the way. */
static void note_mixture(struct server *server, const struct page_query *query, int version)
{
    if (query->after == NULL)
        memset(server->may_be_mixed, 0, sizeof server->may_be_mixed);
    else if (query->after->start != NULL && version != server->version_before)
        server->may_be_mixed[unit_slice_of(&server->unit, query->after->day, query->after->site_id,
                                           query->after->group_id, strlen(query->after->group_id))] = true;
    server->version_before = version;
}

static long long count_of(const struct server *server, const struct page_query *query, const struct server_rows *all)
{
    if (!query->with_count || server->count == SERVER_COUNT_NONE)
        return -1;
    bool is_cut = server->count == SERVER_COUNT_CAPPED && server->cap != 0 && server->cap < all->count;
    return (long long)(is_cut ? server->cap : all->count);
}

void server_answer(struct server *server, const struct page_query *query, struct buf *out)
{
    int version = server->requests >= server->republish_at ? 1 : 0;
    const struct server_rows *all = &server->versions[version];
    struct server_row rows[SERVER_ROWS_MAX];
    struct buf text = {0};
    size_t count = 0;
    server->requests++;
    if (query->after != NULL && server_random(server, 100) < (uint64_t)server->repeat_percent) {
        buf_append(out, server->previous.data, server->previous.size);
        return;
    }
    note_mixture(server, query, version);
    for (size_t i = 0; i < all->count; i++) {
        if (query->after == NULL || server->ignores_key || lies_behind(server, query->after, &all->rows[i]))
            rows[count++] = all->rows[i];
    }
    sort_rows(server, rows, count);
    if (!server->ignores_limit && count > (size_t)query->limit)
        count = (size_t)query->limit;
    if (server->cap != 0 && count > server->cap)
        count = server->cap;
    for (size_t i = 0; i < count; i++)
        write_row(server, &rows[i], &text);
    fixture_page(out, buf_text(&text), count_of(server, query, all));
    buf_reset(&server->previous);
    buf_append(&server->previous, out->data, out->size);
    buf_release(&text);
}
