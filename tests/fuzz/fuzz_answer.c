/*
 * An answer of the API from anywhere, whose body json-c judges as well.
 *
 * What answer_classify calls sound is JSON to json-c, too, with an object as data and no errors. The same answer as
 * json-c writes it means the same: it has the kind and words that follow from the tree by the plain rules of answer.h.
 * The count of rows and a small table are what the tree says. Messages are printable.
 *
 * Input: a byte for the HTTP code, a byte of switches (1: a web page), the body.
 */
#include "api/answer.h"
#include "api/envelope.h"
#include "api/table_query.h"
#include "core/text.h"
#include "fuzz.h"

#include <json-c/json.h>
#include <string.h>
#include <strings.h>

static const long codes[] = {200, 200, 204, 400, 401, 403, 404, 408, 413, 429,
                             500, 502, 503, 504, 302, 100, 0,   -1,  600};
static const char *const table_columns[] = {"ID", "CODE", "ALTITUDE"};

enum { TABLE_COLUMNS = 3, JUDGE_DEPTH = 2 * JSON_DEPTH_MAX };

static const struct table_query table = {.root_field = "SITE", .column_count = TABLE_COLUMNS, .columns = table_columns};

static void check_message(enum status status, const struct err *err)
{
    if (status == STATUS_OK)
        return;
    char copy[ERR_MESSAGE_MAX];
    PROMISE(err->kind == status && err->message[0] != '\0' && strlen(err->message) < sizeof copy);
    memcpy(copy, err->message, strlen(err->message) + 1);
    text_make_printable(copy);
    PROMISE(strcmp(copy, err->message) == 0 && strchr(copy, '\n') == NULL);
}

/* The tree of a body, or NULL. */
static struct json_object *parse(const char *body, size_t size)
{
    struct json_tokener *tokener = json_tokener_new_ex(JUDGE_DEPTH);
    PROMISE(tokener != NULL);
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
    if (size >= 3 && memcmp(body, "\xEF\xBB\xBF", 3) == 0) {
        body += 3;
        size -= 3;
    }
    struct json_object *json = json_tokener_parse_ex(tokener, body, (int)size);
    if (json_tokener_get_error(tokener) != json_tokener_success) {
        json_object_put(json);
        json = NULL;
    }
    json_tokener_free(tokener);
    return json;
}

/* Whether the tree tells of an error: a list that is not empty, or one that stands without its list. */
static bool has_errors(struct json_object *errors)
{
    return json_object_is_type(errors, json_type_array) ? json_object_array_length(errors) > 0
                                                        : json_object_is_type(errors, json_type_object);
}

/* The kind of an answer with HTTP 200, but for what its errors mean (STATUS_UNCLEAR stands for that). */
static enum status kind_of(struct json_object *json)
{
    struct json_object *data = NULL;
    struct json_object *errors = json_object_object_get(json, "errors");
    if (!json_object_is_type(json, json_type_object))
        return STATUS_BAD_ANSWER;
    if (has_errors(errors))
        return STATUS_UNCLEAR;
    if (errors != NULL && !json_object_is_type(errors, json_type_array))
        return STATUS_BAD_ANSWER;
    if (!json_object_object_get_ex(json, "data", &data))
        return STATUS_BAD_ANSWER;
    if (data == NULL)
        return STATUS_SERVER;
    return json_object_is_type(data, json_type_object) ? STATUS_OK : STATUS_BAD_ANSWER;
}

/* The count that the tree holds: a whole number or digits of one, not below zero. */
static void check_count(const struct envelope *envelope, struct json_object *json)
{
    uint64_t count = 0;
    bool has_count = false;
    struct err err = {0};
    struct json_object *root = json_object_object_get(json_object_object_get(json, "data"), "SITE_aggregate");
    enum status status = envelope_count(envelope->aggregate, &has_count, &count, &err);
    check_message(status, &err);
    if (status != STATUS_OK || !has_count)
        return;
    struct json_object *want = json_object_object_get(json_object_object_get(root, "aggregate"), "count");
    if (json_object_is_type(want, json_type_string))
        PROMISE(strtoull(json_object_get_string(want), NULL, 10) == count);
    else if (json_object_is_type(want, json_type_int))
        PROMISE(json_object_get_uint64(want) == count);
    else
        PROMISE(json_object_is_type(want, json_type_double) && json_object_get_double(want) == (double)count);
}

/* json NULL: the tree cannot be held against it. */
static void check_table(const char *body, size_t size, struct json_object *json)
{
    struct table rows = {0};
    size_t skipped = 0;
    struct err err = {0};
    enum status status = table_query_read(&table, body, size, &rows, &skipped, &err);
    check_message(status, &err);
    PROMISE(status == STATUS_OK || status == STATUS_BAD_ANSWER || status == STATUS_NOMEM || status == STATUS_TOO_LARGE);
    if (status == STATUS_OK) {
        struct json_object *list = json_object_object_get(json_object_object_get(json, "data"), "SITE");
        PROMISE(json == NULL || json_object_is_type(list, json_type_array));
        PROMISE(json == NULL || json_object_array_length(list) == rows.row_count + skipped);
        for (size_t i = 0; i < rows.row_count * TABLE_COLUMNS; i++) {
            const struct value *value = &rows.values[i];
            bool is_text = value->kind == VALUE_TEXT || value->kind == VALUE_JSON;
            PROMISE(!is_text ||
                    (text_is_utf8(value->text, value->size) && memchr(value->text, '\0', value->size) == NULL));
        }
    }
    table_release(&rows);
}

static size_t count_members(struct json_object *json)
{
    size_t count = 0;
    if (json_object_is_type(json, json_type_array)) {
        for (size_t i = 0; i < json_object_array_length(json); i++)
            count += count_members(json_object_array_get_idx(json, i));
    } else if (json_object_is_type(json, json_type_object)) {
        json_object_object_foreach(json, key, member)
        {
            PROMISE(key != NULL);
            count += 1 + count_members(member);
        }
    }
    return count;
}

/*
 * True when the text may mean one thing to json-c and another to us: a key that stands there twice (json-c keeps the
 * last one) or holds NUL (json-c ends it there), and halves of surrogate pairs, in whose place the two put different
 * characters.
 */
static bool is_ambiguous(const char *body, size_t size, struct json_object *json)
{
    size_t colons = 0;
    bool quoted = false;
    for (size_t i = 0; i < size; i++) {
        if (body[i] == '"')
            quoted = !quoted;
        else if (body[i] == '\\')
            i++;
        else if (body[i] == ':' && !quoted)
            colons++;
    }
    return colons != count_members(json) || memmem(body, size, "\\u0000", 6) != NULL ||
           memmem(body, size, "\\ud", 3) != NULL || memmem(body, size, "\\uD", 3) != NULL;
}

/* The answer as json-c writes it, keys once each. It takes and writes numbers that JSON has not: NaN, 007. */
static void check_rewritten(struct json_object *json, bool is_clear, enum status status, const struct err *err)
{
    size_t size = 0;
    const char *text = json_object_to_json_string_length(json, JSON_C_TO_STRING_PLAIN, &size);
    struct json_scan scan = {text, text + size};
    struct json_span whole;
    if (!text_is_utf8(text, size) || !json_scan_value(&scan, &whole))
        return;
    struct err again = {0};
    enum status kind = answer_classify(200, false, text, size, &again);
    enum status want = kind_of(json);
    check_message(kind, &again);
    PROMISE(want == STATUS_UNCLEAR ? kind != STATUS_OK : kind == want);
    if (status == STATUS_BAD_ANSWER || !is_clear)
        return;
    PROMISE(kind == status && strcmp(again.message, err->message) == 0);
}

static void check_body(const char *body, size_t size)
{
    struct err err = {0};
    struct envelope envelope;
    enum status status = answer_classify(200, false, body, size, &err);
    struct json_object *json = parse(body, size);
    bool is_clear = json != NULL && !is_ambiguous(body, size, json);
    check_message(status, &err);
    PROMISE(status != STATUS_OK || json != NULL);
    if (status == STATUS_OK && is_clear) {
        PROMISE(kind_of(json) == STATUS_OK);
        if (envelope_read(body, size, "SITE", &envelope, NULL) == STATUS_OK)
            check_count(&envelope, json);
    }
    if (status == STATUS_OK)
        check_table(body, size, is_clear ? json : NULL);
    if (json != NULL)
        check_rewritten(json, is_clear, status, &err);
    json_object_put(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    long code = codes[data[0] % (sizeof codes / sizeof codes[0])];
    bool is_html = (data[1] & 1) != 0;
    size -= 2;
    char *body = malloc(size > 0 ? size : 1); /* of exactly this size: a read behind the end is seen */
    PROMISE(body != NULL);
    memcpy(body, data + 2, size);
    struct err err = {0};
    enum status status = answer_classify(code, is_html, body, size, &err);
    check_message(status, &err);
    PROMISE(status != STATUS_OK || (code / 100 == 2 && !is_html));
    PROMISE(code != 401 || status == STATUS_SESSION);
    PROMISE(code != 429 || status == STATUS_THROTTLED);
    check_body(body, size);
    free(body);
    return 0;
}
