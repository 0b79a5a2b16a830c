#include "api/schema_json.h"

#include "api/query.h"

#include <stdio.h>
#include <string.h>

enum { TYPE_DEPTH_MAX = 8 };

bool schema_json_member(struct json_span object, const char *name, struct json_span *ret_value)
{
    struct json_span value;
    if (object.text == NULL || json_find(object, name, &value) != JSON_ITEM || value.text[0] == 'n')
        return false;
    *ret_value = value;
    return true;
}

/* False when the member is no string, or longer than a name may be. */
static bool read_text(struct json_span object, const char *member, char text[SCHEMA_NAME_MAX + 1])
{
    struct json_span value;
    char longer[SCHEMA_NAME_MAX + 2];
    if (!schema_json_member(object, member, &value) || value.text[0] != '"' || json_string_flaw(value) != NULL ||
        json_string_decode(value, longer, sizeof longer) > SCHEMA_NAME_MAX)
        return false;
    memcpy(text, longer, SCHEMA_NAME_MAX + 1);
    return true;
}

enum status schema_json_name(struct json_span object, char name[SCHEMA_NAME_MAX + 1], struct err *err)
{
    char text[SCHEMA_NAME_MAX + 1] = "";
    if (!read_text(object, "name", text))
        return err_set(err, STATUS_BAD_ANSWER, "the schema names a field without a name, or with one too long");
    if (!query_is_name(text))
        return err_set(err, STATUS_BAD_ANSWER, "the schema names a field \"%s\", which is no GraphQL name", text);
    memcpy(name, text, sizeof text);
    return STATUS_OK;
}

static bool is_composite(const char *kind)
{
    return strcmp(kind, "OBJECT") == 0 || strcmp(kind, "INTERFACE") == 0 || strcmp(kind, "UNION") == 0;
}

/* "[[Int]]" of Int in two lists. */
static void write_type(struct schema_type_ref *type, int lists)
{
    size_t at = 0;
    for (int i = 0; i < lists; i++)
        type->text[at++] = '[';
    at += (size_t)snprintf(type->text + at, sizeof type->text - at, "%s", type->name);
    for (int i = 0; i < lists; i++)
        type->text[at++] = ']';
    type->text[at] = '\0';
}

void schema_json_type(struct json_span field, struct schema_type_ref *ret_type)
{
    struct schema_type_ref type = {0};
    struct json_span at = {0};
    int lists = 0;
    bool is_there = schema_json_member(field, "type", &at);
    for (int depth = 0; is_there && depth < TYPE_DEPTH_MAX; depth++) {
        char kind[SCHEMA_NAME_MAX + 1] = "";
        (void)read_text(at, "kind", kind);
        if (strcmp(kind, "NON_NULL") == 0) {
            type.is_required = type.is_required || depth == 0;
        } else if (strcmp(kind, "LIST") == 0) {
            lists++;
        } else {
            if (schema_json_name(at, type.name, NULL) == STATUS_OK)
                type.is_object = is_composite(kind);
            break;
        }
        is_there = schema_json_member(at, "ofType", &at);
    }
    write_type(&type, lists);
    *ret_type = type;
}

bool schema_json_list_has(struct json_span list, const char *name, struct json_span *ret_item)
{
    if (list.text == NULL)
        return false;
    struct json_scan scan = {list.text, list.text + list.size};
    struct json_walk walk;
    if (!json_walk_begin(&walk, &scan, '['))
        return false;
    while (json_walk_next(&walk, NULL) == JSON_ITEM) {
        struct json_span item;
        char found[SCHEMA_NAME_MAX + 1] = "";
        if (!json_scan_value(&scan, &item))
            return false;
        if (!read_text(item, "name", found) || strcmp(found, name) != 0)
            continue;
        *ret_item = item;
        return true;
    }
    return false;
}
