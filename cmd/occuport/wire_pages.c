#include "wire_pages.h"

#include "core/log.h"

#include <string.h>

enum { ANSWER_MAX = 64 << 20 };

static void release(struct buf *buf)
{
    buf_release(buf);
}

static enum status ask_page(const struct asker *asker, const struct table_query *query, struct table *table,
                            size_t *ret_skipped, struct err *err)
{
    struct buf question CLEANUP(release) = {0};
    struct buf answer CLEANUP(release) = {.max = ANSWER_MAX};
    enum status status = table_query_format(query, &question, err);
    if (status == STATUS_OK)
        status = ask(asker, &question, &answer, err);
    if (status == STATUS_OK)
        status = table_query_read(query, buf_text(&answer), answer.size, table, ret_skipped, err);
    return status;
}

/* Where the pages stand: the keys of the last row that came. */
struct place {
    struct arena texts; /* of the keys */
    bool is_set;
    struct value keys[PAGES_KEYS_MAX];
};

static bool same_keys(const struct place *place, const struct value *keys, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!value_equal(&place->keys[i], &keys[i]))
            return false;
    }
    return place->is_set;
}

/* Moves to the last row. False in *ret_moved: it is where it was, or has no key to read on from. */
static enum status move(struct place *place, const struct table *rows, size_t count, bool *ret_moved, struct err *err)
{
    const struct value *keys = table_value(rows, rows->row_count - 1, 0);
    *ret_moved = !same_keys(place, keys, count);
    for (size_t i = 0; i < count; i++)
        *ret_moved = *ret_moved && (keys[i].kind == VALUE_INTEGER || keys[i].kind == VALUE_TEXT);
    arena_reset(&place->texts);
    for (size_t i = 0; *ret_moved && i < count; i++) {
        place->keys[i] = keys[i];
        if (keys[i].kind != VALUE_TEXT)
            continue;
        place->keys[i].text = arena_copy(&place->texts, keys[i].text, keys[i].size);
        if (place->keys[i].text == NULL)
            return err_nomem(err);
    }
    place->is_set = true;
    return STATUS_OK;
}

/* One page more. *ret_goes_on: there may be another one behind it. */
static enum status next_page(const struct asker *asker, const struct table_query *query, struct place *place,
                             struct table *rows, bool *ret_goes_on, bool *ret_whole, struct err *err)
{
    size_t skipped = 0;
    bool is_first = !place->is_set;
    *ret_goes_on = *ret_whole = false;
    enum status status = ask_page(asker, query, rows, &skipped, err);
    if (status != STATUS_OK && !is_first && ask_may_go_on(status)) {
        log_info("%s cannot be read to its end: %s", query->root_field, err->message);
        table_release(rows);
        return STATUS_OK;
    }
    if (status != STATUS_OK)
        return status;
    *ret_whole = rows->row_count == 0 && skipped == 0;
    if (rows->row_count > 0 && query->order != NULL)
        return move(place, rows, query->order->key_count, ret_goes_on, err);
    return STATUS_OK;
}

enum status pages_ask(const struct asker *asker, const struct table_query *query, pages_take *take, void *context,
                      bool *ret_whole, struct err *err)
{
    struct place place = {0};
    struct table_order order = {0};
    struct table_query page = *query;
    bool goes_on = true;
    enum status status = STATUS_OK;
    if (query->order != NULL) {
        order = *query->order;
        page.order = &order;
    }
    *ret_whole = false;
    for (int count = 0; status == STATUS_OK && goes_on && count < PAGES_MAX; count++) {
        struct table rows = {0};
        order.after = place.is_set ? place.keys : NULL;
        status = next_page(asker, &page, &place, &rows, &goes_on, ret_whole, err);
        if (status == STATUS_OK && rows.row_count > 0)
            status = take(context, &rows, err);
        table_release(&rows);
    }
    arena_release(&place.texts);
    return status;
}
