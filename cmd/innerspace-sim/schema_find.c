#include "schema.h"

#include <stdio.h>
#include <string.h>

const struct schema_type *schema_find_type(const struct schema *schema, const char *name)
{
    for (const struct schema_type *type = schema->types; type != NULL; type = type->next) {
        if (strcmp(type->name, name) == 0)
            return type;
    }
    return NULL;
}

const struct schema_type *schema_query_root(const struct schema *schema)
{
    return schema->types;
}

const struct schema_field *schema_find_field(const struct schema *schema, const struct schema_type *type,
                                             const char *name)
{
    if (strcmp(name, schema->typename_field.name) == 0)
        return &schema->typename_field;
    for (const struct schema_field *field = type->fields; field != NULL; field = field->next) {
        if (strcmp(field->name, name) == 0)
            return field;
    }
    return NULL;
}

const struct schema_input *schema_find_input(const struct schema_input *inputs, const char *name)
{
    while (inputs != NULL && strcmp(inputs->name, name) != 0)
        inputs = inputs->next;
    return inputs;
}

const char *schema_ref_format(const struct schema_ref *ref, char out[SCHEMA_REF_TEXT_SIZE])
{
    snprintf(out, SCHEMA_REF_TEXT_SIZE, "%s%s%s%s%s", ref->list ? "[" : "", ref->type->name,
             ref->item_non_null ? "!" : "", ref->list ? "]" : "", ref->non_null ? "!" : "");
    return out;
}

bool schema_list_has(const char *list, const char *word)
{
    size_t size = strlen(word);
    while (list != NULL && *list != '\0') {
        const char *stop = strchr(list, ',');
        size_t item = stop != NULL ? (size_t)(stop - list) : strlen(list);
        if (item == size && memcmp(list, word, size) == 0)
            return true;
        list = stop != NULL ? stop + 1 : NULL;
    }
    return false;
}
