#include "api/envelope.h"

#include "api/json_number.h"
#include "core/text.h"

#include <string.h>

static const char aggregate_suffix[] = "_aggregate";

/* A name whose value is wanted, and where it goes. */
struct wanted {
    const char *name;
    size_t size;
    struct json_span *span;
};

static enum status keep_once(const struct wanted *wanted, size_t count, struct json_span key, struct json_span value,
                             struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        if (!json_string_is(key, wanted[i].name, wanted[i].size))
            continue;
        if (wanted[i].span->text != NULL)
            return err_set(err, STATUS_BAD_ANSWER, "the answer has the key %.*s twice", (int)key.size, key.text);
        *wanted[i].span = value;
        return STATUS_OK;
    }
    return STATUS_OK;
}

/* Where in the answer is not told: rows may have been taken out of it already (page_reader.h). */
static enum status broken(const struct json_scan *scan, struct err *err)
{
    return err_set(err, STATUS_BAD_ANSWER,
                   scan->at >= scan->end ? "the answer is cut short" : "the answer is no sound JSON");
}

/* Moves over `data`, keeping what is wanted of its members when it is an object. */
static enum status read_data(struct json_scan *scan, const char *root_field, struct envelope *envelope, struct err *err)
{
    char name[128];
    struct json_walk walk;
    struct json_span key;
    struct json_span value;
    size_t root_size = root_field != NULL ? strlen(root_field) : 0;
    if (root_size == 0 || json_scan_peek(scan) != '{')
        return json_scan_value(scan, &envelope->data) ? STATUS_OK : broken(scan, err);
    if (root_size + sizeof aggregate_suffix > sizeof name)
        return err_set(err, STATUS_BUG, "the name of the root field is too long");
    memcpy(name, root_field, root_size);
    memcpy(name + root_size, aggregate_suffix, sizeof aggregate_suffix);
    const struct wanted wanted[] = {{root_field, root_size, &envelope->root},
                                    {name, root_size + sizeof aggregate_suffix - 1, &envelope->aggregate}};
    const char *begin = scan->at;
    if (!json_walk_begin(&walk, scan, '{'))
        return broken(scan, err);
    enum json_step step;
    while ((step = json_walk_next(&walk, &key)) == JSON_ITEM) {
        if (!json_scan_value(scan, &value))
            return broken(scan, err);
        enum status status = keep_once(wanted, 2, key, value, err);
        if (status != STATUS_OK)
            return status;
    }
    if (step == JSON_BROKEN)
        return broken(scan, err);
    envelope->data = (struct json_span){begin, (size_t)(scan->at - begin)};
    return STATUS_OK;
}

static enum status read_member(struct json_scan *scan, const char *root_field, struct json_span key,
                               struct envelope *envelope, struct err *err)
{
    if (json_string_is(key, "data", 4)) {
        if (envelope->data.text != NULL)
            return err_set(err, STATUS_BAD_ANSWER, "the answer has the key \"data\" twice");
        return read_data(scan, root_field, envelope, err);
    }
    struct json_span value;
    if (!json_scan_value(scan, &value))
        return broken(scan, err);
    const struct wanted wanted = {"errors", 6, &envelope->errors};
    return keep_once(&wanted, 1, key, value, err);
}

enum status envelope_read(const char *body, size_t size, const char *root_field, struct envelope *ret_envelope,
                          struct err *err)
{
    static const char byte_order_mark[] = "\xEF\xBB\xBF";
    struct json_scan scan = {body, body + size};
    struct envelope envelope = {0};
    struct json_walk walk;
    struct json_span key;
    if (size >= 3 && memcmp(body, byte_order_mark, 3) == 0)
        scan.at += 3;
    if (json_scan_peek(&scan) == '\0' && scan.at == scan.end)
        return err_set(err, STATUS_BAD_ANSWER, "the answer is empty");
    if (!json_walk_begin(&walk, &scan, '{'))
        return err_set(err, STATUS_BAD_ANSWER, "the answer is no JSON object");
    enum json_step step;
    while ((step = json_walk_next(&walk, &key)) == JSON_ITEM) {
        enum status status = read_member(&scan, root_field, key, &envelope, err);
        if (status != STATUS_OK)
            return status;
    }
    if (step == JSON_BROKEN)
        return broken(&scan, err);
    (void)json_scan_peek(&scan);
    if (scan.at != scan.end)
        return err_set(err, STATUS_BAD_ANSWER, "the answer goes on behind its JSON");
    *ret_envelope = envelope;
    return STATUS_OK;
}

static bool is_null(struct json_span value)
{
    return value.size == 4 && memcmp(value.text, "null", 4) == 0;
}

enum status envelope_count(struct json_span aggregate, bool *ret_has_count, uint64_t *ret_count, struct err *err)
{
    static const char *const path[] = {"aggregate", "count"};
    struct json_span value = aggregate;
    for (size_t i = 0; value.text != NULL && !is_null(value) && i < 2; i++) {
        struct json_span inner = {0};
        if (value.text[0] != '{' || json_find(value, path[i], &inner) == JSON_BROKEN)
            return err_set(err, STATUS_BAD_ANSWER, "the count of the rows has not the agreed shape");
        value = inner;
    }
    if (value.text == NULL || is_null(value)) {
        *ret_has_count = false;
        return STATUS_OK;
    }
    int64_t count = -1;
    bool is_string = value.text[0] == '"';
    bool is_whole = is_string ? text_to_int64(value.text + 1, value.size - 2, &count)
                              : strchr("{[tf", value.text[0]) == NULL && json_number_to_int64(value, &count);
    if (!is_whole || count < 0)
        return err_set(err, STATUS_BAD_ANSWER, "the count of the rows is no count");
    *ret_has_count = true;
    *ret_count = (uint64_t)count;
    return STATUS_OK;
}
