/*
 * What a server says of its schema, from anywhere: every name that is learned is a name of GraphQL, stands there once,
 * in the server's order, as json-c reads it, and is within its maximum; no message is unprintable.
 *
 * Input: the answer to the first question; behind a NUL, if there is one, that to the second.
 */
#include "api/answer.h"
#include "api/json_scan.h"
#include "api/query.h"
#include "api/schema_columns.h"
#include "core/text.h"
#include "fuzz.h"

#include <json-c/json.h>
#include <string.h>
#include <strings.h>

static const char *const own[] = {"BUILDING_ID", "SITE_ID", "DATE_TIME_START"};

/* The fields of an answer, by json-c; borrowed from the tree. NULL: it reads the text in another way. */
static struct json_object *fields_of(struct json_object *json, bool is_roots)
{
    struct json_object *data = json_object_object_get(json, "data");
    struct json_object *type = is_roots ? json_object_object_get(json_object_object_get(data, "__schema"), "queryType")
                                        : json_object_object_get(data, "__type");
    struct json_object *fields = json_object_object_get(type, "fields");
    return json_object_is_type(fields, json_type_array) ? fields : NULL;
}

/* The place of a name among the fields, from a place on; the number of fields when it is not there. */
static size_t find(struct json_object *fields, size_t from, const char *name)
{
    size_t count = json_object_array_length(fields);
    for (size_t i = from; i < count; i++) {
        struct json_object *found = json_object_object_get(json_object_array_get_idx(fields, i), "name");
        if (json_object_is_type(found, json_type_string) && strcmp(json_object_get_string(found), name) == 0)
            return i;
    }
    return count;
}

static void check_name(const char *name)
{
    PROMISE(query_is_name(name) && strlen(name) <= SCHEMA_NAME_MAX);
}

static void check_roots(const struct schema_probe *probe, struct json_object *fields)
{
    const char *const *names = NULL;
    size_t count = schema_probe_roots(probe, &names);
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        check_name(names[i]);
        PROMISE(i == 0 || strcmp(names[i], names[i - 1]) != 0);
        PROMISE(find(fields, 0, names[i]) >= at); /* each stands behind the one before */
        at = find(fields, 0, names[i]) + 1;
        PROMISE(at <= json_object_array_length(fields));
    }
    for (size_t i = 0; i < json_object_array_length(fields); i++) {
        struct json_object *name = json_object_object_get(json_object_array_get_idx(fields, i), "name");
        bool is_there = false;
        for (size_t j = 0; j < count; j++)
            is_there = is_there || strcmp(names[j], json_object_get_string(name)) == 0;
        PROMISE(is_there);
    }
}

static void check_columns(const struct schema_table *table, struct json_object *fields)
{
    size_t at = 0;
    PROMISE(table->column_count <= SCHEMA_COLUMNS_MAX);
    for (size_t i = 0; i < table->column_count; i++) {
        const struct schema_column *column = &table->columns[i];
        check_name(column->name);
        PROMISE(column->type[0] != '\0' &&
                strspn(column->type, "[") == strlen(column->type) - strcspn(column->type, "]"));
        size_t found = find(fields, at, column->name);
        PROMISE(found < json_object_array_length(fields));
        at = found + 1;
    }
}

static void check_choice(const struct schema_table *table)
{
    static const struct schema_column *chosen[SCHEMA_COLUMNS_MAX];
    size_t count = 0;
    struct err err = {0};
    if (schema_columns_choose(table, own, sizeof own / sizeof own[0], chosen, &count, &err) != STATUS_OK) {
        PROMISE(err.kind == STATUS_CONFIG);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        PROMISE(!chosen[i]->is_object && strncmp(chosen[i]->name, "__", 2) != 0);
        for (size_t j = 0; j < i; j++)
            PROMISE(strcasecmp(chosen[i]->name, chosen[j]->name) != 0);
        for (size_t j = 0; j < sizeof own / sizeof own[0]; j++)
            PROMISE(strcasecmp(chosen[i]->name, own[j]) != 0);
    }
}

static void check_err(const struct err *err)
{
    char copy[ERR_MESSAGE_MAX];
    PROMISE(err->kind == STATUS_UNSUPPORTED || err->kind == STATUS_BAD_ANSWER || err->kind == STATUS_TOO_LARGE ||
            err->kind == STATUS_NOMEM);
    memcpy(copy, err->message, strlen(err->message) + 1);
    text_make_printable(copy);
    PROMISE(strcmp(copy, err->message) == 0 && copy[0] != '\0');
}

/* Feeds one answer; what was learned of it is compared with the tree. */
static enum schema_step feed(struct schema_probe *probe, const char *body, size_t size, bool is_roots)
{
    struct err err = {0};
    if (answer_classify(200, false, body, size, &err) != STATUS_OK)
        return SCHEMA_FAIL; /* never given to a probe */
    enum schema_step step = schema_probe_feed(probe, body, size, &err);
    if (step == SCHEMA_FAIL) {
        check_err(&err);
        return step;
    }
    struct json_tokener *tokener = json_tokener_new_ex(2 * JSON_DEPTH_MAX);
    PROMISE(tokener != NULL);
    bool marked = size >= 3 && memcmp(body, "\xEF\xBB\xBF", 3) == 0;
    struct json_object *json = json_tokener_parse_ex(tokener, body + (marked ? 3 : 0), (int)(size - (marked ? 3 : 0)));
    struct json_object *fields = fields_of(json, is_roots);
    PROMISE(fields != NULL);
    if (is_roots)
        check_roots(probe, fields);
    else
        check_columns(schema_probe_table(probe), fields);
    json_object_put(json);
    json_tokener_free(tokener);
    return step;
}

/* The question is a query that our own server would take: sound JSON of bounded size. */
static void check_question(const struct schema_probe *probe)
{
    struct buf question = {0};
    PROMISE(schema_probe_query(probe, &question, NULL) == STATUS_OK && question.size > 0);
    buf_release(&question);
}

static void probe_table(const char *body, size_t size, const char *root_field)
{
    struct schema_probe *probe = NULL;
    const char *nul = memchr(body, '\0', size);
    size_t first = nul != NULL ? (size_t)(nul - body) : size;
    PROMISE(schema_probe_new(root_field, &probe, NULL) == STATUS_OK);
    check_question(probe);
    enum schema_step step = feed(probe, body, first, true);
    if (step == SCHEMA_ASK) {
        PROMISE(root_field != NULL && schema_probe_table(probe)->exists);
        check_question(probe);
        step = nul != NULL ? feed(probe, nul + 1, size - first - 1, false) : SCHEMA_FAIL;
        PROMISE(step != SCHEMA_ASK);
        if (step == SCHEMA_DONE)
            check_choice(schema_probe_table(probe));
    } else if (step == SCHEMA_DONE) {
        PROMISE(!schema_probe_table(probe)->exists);
    }
    schema_probe_free(probe);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *body = malloc(size > 0 ? size : 1);
    PROMISE(body != NULL);
    memcpy(body, data, size);
    probe_table(body, size, "BUILDING_INSIGHTS");
    probe_table(body, size, NULL);
    free(body);
    return 0;
}
