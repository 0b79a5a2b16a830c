#include "api/page_reader.h"

#include "api/envelope.h"

#include <string.h>

enum {
    HEAD_MAX = 4096,        /* bytes before the list; more is not what we know */
    PENDING_MAX = 256 << 10 /* bytes of an unfinished row; more of it is left for the end */
};

enum status page_reader_begin(struct page_reader *reader, const struct page_query *query, struct batch *batch,
                              struct err *err)
{
    *reader = (struct page_reader){.query = query, .batch = batch, .mark = batch_mark(batch)};
    page_order_init(&reader->order, query->unit, query->after);
    enum status status = row_reader_init(&reader->rows, query, batch, err);
    if (status != STATUS_OK)
        page_reader_drop(reader);
    return status;
}

static void finish(struct page_reader *reader)
{
    row_reader_release(&reader->rows);
    *reader = (struct page_reader){0};
}

void page_reader_drop(struct page_reader *reader)
{
    if (reader->batch != NULL)
        batch_put_back(reader->batch, &reader->mark);
    finish(reader);
}

static enum status read_row(struct page_reader *reader, struct json_scan *scan, struct err *err)
{
    struct row_place place;
    enum status status = row_reader_read(&reader->rows, scan, &place, err);
    if (status != STATUS_OK)
        return status;
    page_order_add(&reader->order, &place);
    reader->row_count++;
    return STATUS_OK;
}

/* Moves over a piece of the head, behind blanks: 1, or 0 when it is not there yet, or -1 when something else is. */
static int pass(struct json_scan *scan, const char *piece)
{
    (void)json_scan_peek(scan);
    for (; *piece != '\0'; piece++, scan->at++) {
        if (scan->at == scan->end)
            return 0;
        if (*scan->at != *piece)
            return -1;
    }
    return 1;
}

/* Looks for the beginning of the list: `{"data":{"ROOT":[`. */
static void find_list(struct page_reader *reader, const struct buf *body)
{
    struct json_scan scan = {body->data, body->data + body->size};
    const char *const pieces[] = {"{", "\"data\"", ":", "{", "\"", reader->query->dataset->root_field};
    int passed = 1;
    for (size_t i = 0; passed == 1 && i < sizeof pieces / sizeof pieces[0]; i++)
        passed = pass(&scan, pieces[i]);
    if (passed == 1)
        passed = scan.at == scan.end ? 0 : *scan.at == '"' ? 1 : -1; /* no blank before it */
    scan.at += passed == 1;
    if (passed == 1)
        passed = pass(&scan, ":");
    if (passed == 1)
        passed = pass(&scan, "[");
    if (passed == 1) {
        reader->place = PAGE_ROWS;
        reader->list_at = (size_t)(scan.at - body->data);
    } else if (passed < 0 || body->size > HEAD_MAX) {
        reader->place = PAGE_REST;
    }
}

/*
 * Before the next row: true when one begins. A comma is taken only when something follows it, so that a list that ends
 * with one stays what it is: not sound.
 */
static bool next_row(struct page_reader *reader, struct json_scan *scan, bool *ret_is_broken)
{
    char c = json_scan_peek(scan);
    bool needs_comma = reader->row_count > 0 && !reader->comma_taken;
    if (c == '\0' && scan->at == scan->end)
        return false;
    if (c == ',' && needs_comma) {
        struct json_scan behind = {scan->at + 1, scan->end};
        c = json_scan_peek(&behind);
        if (c == ']' || (c == '\0' && behind.at < behind.end))
            reader->place = PAGE_REST;
        if (c == ']' || c == '\0')
            return false;
        *scan = behind;
        reader->comma_taken = true;
    } else if (needs_comma) {
        reader->place = PAGE_REST;
        *ret_is_broken = c != ']';
        return false;
    }
    if (c != '{')
        reader->place = PAGE_REST; /* the end of the list, or what only json-c may judge */
    return c == '{';
}

static void erase(struct buf *body, size_t from, size_t to)
{
    memmove(body->data + from, body->data + to, body->size - to + 1); /* with the NUL behind it */
    body->size -= to - from;
}

/* A row that is not whole: it is looked at again when there is twice as much, so that a long one costs little. */
static void wait_for_more(struct page_reader *reader, size_t pending)
{
    if (pending > PENDING_MAX)
        reader->place = PAGE_REST;
    reader->look_at_size = reader->list_at + 2 * pending;
}

enum status page_reader_take(struct page_reader *reader, struct buf *body, struct err *err)
{
    if (reader->place == PAGE_HEAD && body->size > 0)
        find_list(reader, body);
    if (reader->place != PAGE_ROWS || body->size < reader->look_at_size)
        return STATUS_OK;
    struct json_scan scan = {body->data + reader->list_at, body->data + body->size};
    const char *taken = scan.at;
    enum status status = STATUS_OK;
    struct err failure = {0}; /* told only when the call fails: a row that is cut may just not be here yet */
    bool is_broken = false;
    reader->look_at_size = 0;
    while (status == STATUS_OK) {
        bool begins = next_row(reader, &scan, &is_broken);
        if (begins || reader->comma_taken)
            taken = scan.at;
        if (!begins)
            break;
        status = read_row(reader, &scan, &failure);
        if (status != STATUS_OK)
            break;
        taken = scan.at;
        reader->comma_taken = false;
    }
    erase(body, reader->list_at, (size_t)(taken - body->data));
    if (is_broken) /* two rows without a comma between: what is left must not look sound */
        body->data[reader->list_at - 1] = ']';
    if (status != STATUS_BAD_ANSWER) {
        if (status != STATUS_OK && err != NULL)
            *err = failure;
        return status;
    }
    wait_for_more(reader, body->size - reader->list_at);
    return STATUS_OK;
}

static enum status read_rest(struct page_reader *reader, struct json_span root, struct err *err)
{
    struct json_scan scan = {root.text, root.text + root.size};
    struct json_walk walk;
    enum status status = STATUS_OK;
    if (!json_walk_begin(&walk, &scan, '['))
        return err_set(err, STATUS_BAD_ANSWER, "%s in the answer is no list", reader->query->dataset->root_field);
    while (status == STATUS_OK && json_walk_next(&walk, NULL) == JSON_ITEM)
        status = read_row(reader, &scan, err);
    return status;
}

static enum status read_envelope(struct page_reader *reader, const char *body, size_t size,
                                 struct page_summary *summary, struct err *err)
{
    struct envelope envelope;
    const char *root_field = reader->query->dataset->root_field;
    enum status status = envelope_read(body, size, root_field, &envelope, err);
    if (status != STATUS_OK)
        return status;
    if (envelope.root.text == NULL)
        return err_set(err, STATUS_BAD_ANSWER, "the answer has no %s", root_field);
    if (reader->query->with_count)
        status = envelope_count(envelope.aggregate, &summary->has_count, &summary->count, err);
    return status == STATUS_OK ? read_rest(reader, envelope.root, err) : status;
}

enum status page_reader_end(struct page_reader *reader, const char *body, size_t size, struct page_summary *ret_summary,
                            struct err *err)
{
    struct page_summary summary = {0};
    enum status status = read_envelope(reader, body, size, &summary, err);
    if (status != STATUS_OK) {
        page_reader_drop(reader);
        return status;
    }
    summary.rows = reader->row_count;
    page_order_tell(&reader->order, &summary);
    *ret_summary = summary;
    finish(reader);
    return STATUS_OK;
}

enum status page_read(const struct page_query *query, const char *body, size_t size, struct batch *batch,
                      struct page_summary *ret_summary, struct err *err)
{
    struct page_reader reader;
    enum status status = page_reader_begin(&reader, query, batch, err);
    return status == STATUS_OK ? page_reader_end(&reader, body, size, ret_summary, err) : status;
}
