#include "check.h"

#include "core/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct gql_value *gql_value_find(const struct gql_value *first, const char *name)
{
    while (first != NULL && (first->name == NULL || strcmp(first->name, name) != 0))
        first = first->next;
    return first;
}

static const char *describe(const struct gql_value *value)
{
    switch (value->kind) {
    case GQL_NULL: return "null";
    case GQL_INT: return "an integer";
    case GQL_FLOAT: return "a float";
    case GQL_STRING: return "a string";
    case GQL_BOOLEAN: return "a boolean";
    case GQL_ENUM: return "an enum value";
    case GQL_LIST: return "a list";
    case GQL_OBJECT: return "an object";
    case GQL_VARIABLE: break;
    }
    return "a variable";
}

static enum status mismatch(struct check *check, const char *wanted, const struct schema_type *type,
                            const struct gql_value *value, const struct path *at)
{
    return refusal_set(check->refusal, "validation-failed", at, "expected %s for type '%s', but found %s", wanted,
                       type->name, describe(value));
}

/* A copy without its place in a chain; NULL when the arena is full. */
static struct gql_value *copy(struct check *check, const struct gql_value *value)
{
    struct gql_value *made = arena_calloc(check->arena, 1, sizeof *made);
    if (made != NULL) {
        *made = *value;
        made->next = NULL;
    }
    return made;
}

/* JSON has one kind of number: 71.0 in `variables` is an integer, as a literal it is not. */
static bool integer_of_json(const struct gql_value *value, int64_t *ret_number)
{
    if (value->kind != GQL_FLOAT || !value->from_json)
        return false;
    double number = strtod(value->text, NULL);
    if (!(fabs(number) < 9e15) || number != floor(number))
        return false;
    *ret_number = (int64_t)number;
    return true;
}

static enum status coerce_int(struct check *check, const struct schema_type *type, struct gql_value *value,
                              const struct path *at)
{
    int64_t number = 0;
    bool is_json_integer = integer_of_json(value, &number);
    if (value->kind != GQL_INT && !is_json_integer)
        return mismatch(check, "a 32-bit integer", type, value, at);
    bool fits = is_json_integer || text_to_int64(value->text, value->size, &number);
    if (!fits || number < INT32_MIN || number > INT32_MAX)
        return refusal_set(
            check->refusal, "parse-failed", at,
            "The value %s lies outside the bounds or is not an integer. Maybe it is a float, or is there "
            "integer overflow?",
            value->text);
    if (is_json_integer) {
        char digits[24];
        int size = snprintf(digits, sizeof digits, "%lld", (long long)number);
        value->kind = GQL_INT;
        value->size = size > 0 ? (size_t)size : 0;
        value->text = arena_copy(check->arena, digits, value->size);
        if (value->text == NULL)
            return refusal_exhausted(check->refusal);
    }
    return STATUS_OK;
}

static enum status coerce_scalar(struct check *check, const struct schema_type *type, struct gql_value *value,
                                 const struct path *at)
{
    switch (type->scalar) {
    case SCALAR_INT: return coerce_int(check, type, value, at);
    case SCALAR_FLOAT:
        return value->kind == GQL_INT || value->kind == GQL_FLOAT ? STATUS_OK
                                                                  : mismatch(check, "a float", type, value, at);
    case SCALAR_STRING: return value->kind == GQL_STRING ? STATUS_OK : mismatch(check, "a string", type, value, at);
    case SCALAR_BOOLEAN: return value->kind == GQL_BOOLEAN ? STATUS_OK : mismatch(check, "a boolean", type, value, at);
    case SCALAR_ANY: break; /* any JSON: the agent decides */
    }
    return STATUS_OK;
}

static enum status coerce_enum(struct check *check, const struct schema_type *type, struct gql_value *value,
                               const struct path *at)
{
    if (value->kind == GQL_STRING && value->from_json)
        value->kind = GQL_ENUM;
    if (value->kind != GQL_ENUM)
        return mismatch(check, "an enum value", type, value, at);
    char offered[REFUSAL_TEXT_MAX / 2] = "";
    size_t used = 0;
    for (const struct schema_value *known = type->values; known != NULL; known = known->next) {
        if (strcmp(known->name, value->text) == 0)
            return STATUS_OK;
        int size = snprintf(offered + used, sizeof offered - used, "%s'%s'", used > 0 ? ", " : "", known->name);
        if (size > 0 && (size_t)size < sizeof offered - used)
            used += (size_t)size;
    }
    return refusal_set(check->refusal, "validation-failed", at,
                       "expected one of the values [%s] for type '%s', but found '%s'", offered, type->name,
                       value->text);
}

static enum status coerce_named(struct check *check, const struct schema_type *type, struct gql_value *value,
                                const struct path *at)
{
    if (type->kind == SCHEMA_SCALAR)
        return coerce_scalar(check, type, value, at);
    if (type->kind == SCHEMA_ENUM)
        return coerce_enum(check, type, value, at);
    if (value->kind != GQL_OBJECT)
        return mismatch(check, "an object", type, value, at);
    for (const struct gql_value *member = value->first; member != NULL; member = member->next) {
        if (schema_find_input(type->inputs, member->name) == NULL) {
            struct path place = {.up = at, .name = member->name};
            return refusal_set(check->refusal, "validation-failed", &place, "field \"%s\" not found in type: '%s'",
                               member->name, type->name);
        }
    }
    const struct gql_value *members = NULL;
    enum status status = check_coerce_members(check, type->inputs, value->first, at, &members);
    if (status != STATUS_OK)
        return status;
    /* The copy of the object is ours alone; its members are only read from here on. */
    value->first = NULL;
    struct gql_value **tail = &value->first;
    for (const struct gql_value *member = members; member != NULL; member = member->next) {
        *tail = copy(check, member);
        if (*tail == NULL)
            return refusal_exhausted(check->refusal);
        tail = &(*tail)->next;
    }
    return STATUS_OK;
}

/* A list, or the single value that stands for one. */
static enum status coerce_list(struct check *check, const struct schema_ref *ref, bool refuses_null,
                               struct gql_value *list, const struct path *at)
{
    struct schema_ref item_ref = {.type = ref->type, .non_null = ref->item_non_null};
    const struct gql_value *items = list->first;
    struct gql_value alone = *list;
    if (list->kind != GQL_LIST) {
        alone.name = NULL;
        alone.next = NULL;
        items = &alone;
        list->kind = GQL_LIST;
    }
    list->first = NULL;
    struct gql_value **tail = &list->first;
    struct path place = {.up = at, .index = 0};
    for (const struct gql_value *item = items; item != NULL; item = item->next, place.index++) {
        const struct gql_value *checked = NULL;
        enum status status = check_coerce(check, &item_ref, refuses_null, item, &place, &checked);
        if (status != STATUS_OK)
            return status;
        *tail = copy(check, checked);
        if (*tail == NULL)
            return refusal_exhausted(check->refusal);
        tail = &(*tail)->next;
    }
    return STATUS_OK;
}

enum status check_coerce(struct check *check, const struct schema_ref *ref, bool refuses_null,
                         const struct gql_value *value, const struct path *at, const struct gql_value **ret_value)
{
    struct gql_value *made = copy(check, value);
    if (made == NULL)
        return refusal_exhausted(check->refusal);
    enum status status = STATUS_OK;
    if (value->kind == GQL_VARIABLE) {
        const struct gql_value *sent = NULL;
        status = check_variable(check, ref, value->text, at, &sent);
        if (status != STATUS_OK)
            return status;
        *made = sent != NULL ? *sent : (struct gql_value){.kind = GQL_NULL};
        made->name = value->name;
        made->next = NULL;
    }
    if (made->kind == GQL_NULL && (ref->non_null || refuses_null))
        status = refusal_set(check->refusal, "validation-failed", at, "unexpected null value for type '%s'",
                             ref->type->name);
    else if (made->kind != GQL_NULL && ref->list)
        status = coerce_list(check, ref, refuses_null, made, at);
    else if (made->kind != GQL_NULL)
        status = coerce_named(check, ref->type, made, at);
    if (status == STATUS_OK)
        *ret_value = made;
    return status;
}

enum status check_coerce_members(struct check *check, const struct schema_input *inputs, const struct gql_value *values,
                                 const struct path *at, const struct gql_value **ret_first)
{
    struct gql_value *first = NULL;
    struct gql_value **tail = &first;
    for (const struct gql_value *value = values; value != NULL; value = value->next) {
        const struct schema_input *input = schema_find_input(inputs, value->name);
        struct path place = {.up = at, .name = value->name};
        const struct gql_value *checked = NULL;
        enum status status = check_coerce(check, &input->ref, input->refuses_null, value, &place, &checked);
        if (status != STATUS_OK)
            return status;
        *tail = copy(check, checked);
        if (*tail == NULL)
            return refusal_exhausted(check->refusal);
        tail = &(*tail)->next;
    }
    for (const struct schema_input *input = inputs; input != NULL; input = input->next) {
        struct path place = {.up = at, .name = input->name};
        if (input->ref.non_null && gql_value_find(values, input->name) == NULL)
            return refusal_set(check->refusal, "validation-failed", &place, "missing required field '%s'", input->name);
    }
    *ret_first = first;
    return STATUS_OK;
}
