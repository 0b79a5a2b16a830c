#include "request.h"

#include "graphql_parse.h"

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

enum { JSON_DEPTH_MAX = 64 };

/* The whole body as JSON, or NULL with the reason; strict: UTF-8, nothing behind the value. */
static struct json_object *parse_json(const char *body, size_t size, const char **ret_reason)
{
    struct json_tokener *tokener = json_tokener_new_ex(JSON_DEPTH_MAX);
    if (tokener == NULL) {
        *ret_reason = "out of memory";
        return NULL;
    }
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    struct json_object *json = json_tokener_parse_ex(tokener, body, (int)size);
    enum json_tokener_error error = json_tokener_get_error(tokener);
    if (error == json_tokener_continue) { /* a number ends only where the text does */
        json = json_tokener_parse_ex(tokener, "", 1);
        error = json_tokener_get_error(tokener);
    }
    *ret_reason = json_tokener_error_desc(error);
    json_tokener_free(tokener);
    if (error != json_tokener_success) {
        json_object_put(json);
        return NULL;
    }
    return json;
}

static struct gql_value *value_of_json(struct arena *arena, const char *name, struct json_object *json);

static bool set_text(struct arena *arena, struct gql_value *value, const char *text, size_t size)
{
    value->text = arena_copy(arena, text, size);
    value->size = size;
    return value->text != NULL;
}

static bool fill_container(struct arena *arena, struct gql_value *value, struct json_object *json)
{
    struct gql_value **tail = &value->first;
    if (value->kind == GQL_LIST) {
        for (size_t i = 0; i < json_object_array_length(json); i++) {
            *tail = value_of_json(arena, NULL, json_object_array_get_idx(json, i));
            if (*tail == NULL)
                return false;
            tail = &(*tail)->next;
        }
        return true;
    }
    json_object_object_foreach(json, key, member)
    {
        const char *name = arena_copy(arena, key, strlen(key));
        *tail = name != NULL ? value_of_json(arena, name, member) : NULL;
        if (*tail == NULL)
            return false;
        tail = &(*tail)->next;
    }
    return true;
}

/* A JSON value as a GraphQL value; NULL when the arena is full. */
static struct gql_value *value_of_json(struct arena *arena, const char *name, struct json_object *json)
{
    struct gql_value *value = arena_calloc(arena, 1, sizeof *value);
    if (value == NULL)
        return NULL;
    value->name = name;
    value->from_json = true;
    bool complete = true;
    switch (json_object_get_type(json)) {
    case json_type_null: value->kind = GQL_NULL; break;
    case json_type_boolean:
        value->kind = GQL_BOOLEAN;
        value->boolean = json_object_get_boolean(json);
        break;
    case json_type_double:
    case json_type_int: {
        value->kind = json_object_is_type(json, json_type_int) ? GQL_INT : GQL_FLOAT;
        const char *text = json_object_to_json_string(json);
        complete = set_text(arena, value, text, strlen(text));
        break;
    }
    case json_type_string:
        value->kind = GQL_STRING;
        complete = set_text(arena, value, json_object_get_string(json), (size_t)json_object_get_string_len(json));
        break;
    case json_type_array:
    case json_type_object:
        value->kind = json_object_is_type(json, json_type_array) ? GQL_LIST : GQL_OBJECT;
        complete = fill_container(arena, value, json);
        break;
    }
    return complete ? value : NULL;
}

/* An operation's JSON object. */
struct operation {
    const char *query;
    size_t query_size;
    const char *name; /* or NULL */
    struct json_object *variables;
};

static enum status read_operation(struct json_object *json, struct operation *ret_operation, struct refusal *refusal)
{
    struct path at_query = {.name = "query"};
    struct path at_name = {.name = "operationName"};
    struct path at_variables = {.name = "variables"};
    if (!json_object_is_type(json, json_type_object))
        return refusal_set(refusal, "parse-failed", NULL, "parsing GraphQLRequest failed, expected Object");
    struct json_object *query = json_object_object_get(json, "query");
    struct json_object *name = json_object_object_get(json, "operationName");
    struct json_object *variables = json_object_object_get(json, "variables");
    if (query == NULL && !json_object_object_get_ex(json, "query", NULL))
        return refusal_set(refusal, "parse-failed", NULL, "the key 'query' was not present");
    if (!json_object_is_type(query, json_type_string))
        return refusal_set(refusal, "parse-failed", &at_query, "parsing Text failed, expected String");
    if (name != NULL && !json_object_is_type(name, json_type_string))
        return refusal_set(refusal, "parse-failed", &at_name, "parsing Text failed, expected String");
    if (variables != NULL && !json_object_is_type(variables, json_type_object))
        return refusal_set(refusal, "parse-failed", &at_variables, "parsing HashMap failed, expected Object");
    *ret_operation = (struct operation){
        .query = json_object_get_string(query),
        .query_size = (size_t)json_object_get_string_len(query),
        .name = name != NULL ? json_object_get_string(name) : NULL,
        .variables = variables,
    };
    return STATUS_OK;
}

static enum status run_operation(struct backend *backend, struct arena *arena, const struct operation *operation,
                                 struct buf *out, struct refusal *refusal)
{
    struct path at_query = {.name = "query"};
    struct gql_document *document = NULL;
    struct err err = {0};
    if (gql_parse(arena, operation->query, operation->query_size, &document, &err) != STATUS_OK)
        return refusal_set(refusal, "validation-failed", &at_query, "not a valid graphql query: %s", err.message);
    struct gql_value *variables = NULL;
    if (operation->variables != NULL) {
        variables = value_of_json(arena, NULL, operation->variables);
        if (variables == NULL)
            return refusal_exhausted(refusal);
    }
    struct check_request request = {
        .document = document,
        .operation_name = operation->name,
        .variables = variables != NULL ? variables->first : NULL,
    };
    struct selected *selected = NULL;
    enum status status = check_operation(backend->schema, arena, &request, &selected, refusal);
    if (status == STATUS_OK)
        status = quota_check(&backend->quota, selected, refusal);
    if (status != STATUS_OK)
        return status;
    uint64_t chance = backend->world->seed;
    if (getrandom(&chance, sizeof chance, 0) != (ssize_t)sizeof chance)
        return refusal_exhausted(refusal);
    return execute(backend, arena, selected, chance, out, refusal);
}

/* Appends the answer to one operation. */
static void answer_operation(struct backend *backend, const struct operation *operation, struct request_answer *answer)
{
    struct arena arena = {.max = REQUEST_ARENA_MAX};
    struct refusal refusal = {0};
    size_t before = answer->body.size;
    if (run_operation(backend, &arena, operation, &answer->body, &refusal) != STATUS_OK) {
        answer->body.size = before; /* what was written before the refusal is dropped */
        answer->body.failed = STATUS_OK;
        respond_errors(&answer->body, &refusal);
        answer->is_error = true;
    }
    arena_release(&arena);
}

static void refuse(struct request_answer *answer, const struct refusal *refusal)
{
    buf_reset(&answer->body);
    respond_errors(&answer->body, refusal);
    answer->is_error = true;
}

static void answer_batch(struct backend *backend, struct json_object *json, request_seen *seen, void *context,
                         struct request_answer *answer)
{
    struct refusal refusal = {0};
    struct operation operations[REQUEST_BATCH_MAX];
    size_t count = json_object_array_length(json);
    if (count > REQUEST_BATCH_MAX) {
        (void)refusal_set(&refusal, "validation-failed", NULL, "a batch may hold %d operations", REQUEST_BATCH_MAX);
        refuse(answer, &refusal);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (read_operation(json_object_array_get_idx(json, i), &operations[i], &refusal) != STATUS_OK) {
            refuse(answer, &refusal);
            return;
        }
    }
    buf_append_char(&answer->body, '[');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_append_char(&answer->body, ',');
        seen(context, operations[i].name);
        answer_operation(backend, &operations[i], answer);
    }
    buf_append_char(&answer->body, ']');
    answer->is_error = false;
}

void request_answer(const struct backend *backend, const char *body, size_t size, request_seen *seen, void *context,
                    struct request_answer *answer)
{
    struct backend own = *backend;
    struct refusal refusal = {0};
    const char *reason = NULL;
    answer->body.max = EXECUTE_BYTES_MAX;
    struct json_object *json = parse_json(body, size, &reason);
    struct operation operation;
    if (json == NULL) {
        (void)refusal_set(&refusal, "invalid-json", NULL, "invalid json: %s", reason);
        refuse(answer, &refusal);
    } else if (json_object_is_type(json, json_type_array)) {
        answer_batch(&own, json, seen, context, answer);
    } else if (read_operation(json, &operation, &refusal) != STATUS_OK) {
        refuse(answer, &refusal);
    } else {
        seen(context, operation.name);
        answer_operation(&own, &operation, answer);
    }
    json_object_put(json);
    answer->rows = own.rows;
    answer->choked = own.choked;
}

static bool read_text(struct json_object *json, const char *key, char out[REQUEST_TOKEN_TEXT_MAX])
{
    struct json_object *value = json_object_object_get(json, key);
    if (!json_object_is_type(value, json_type_string) || json_object_get_string_len(value) >= REQUEST_TOKEN_TEXT_MAX)
        return false;
    snprintf(out, REQUEST_TOKEN_TEXT_MAX, "%s", json_object_get_string(value));
    return true;
}

bool request_read_token(const char *body, size_t size, struct token_request *ret_request)
{
    const char *reason = NULL;
    struct token_request request;
    struct json_object *json = parse_json(body, size, &reason);
    bool valid = json_object_is_type(json, json_type_object) && read_text(json, "client_id", request.client_id) &&
                 read_text(json, "client_secret", request.client_secret) &&
                 read_text(json, "audience", request.audience);
    json_object_put(json);
    if (valid)
        *ret_request = request;
    return valid;
}
