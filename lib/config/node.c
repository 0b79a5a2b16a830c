#include "config/node.h"

#include <string.h>

const struct node_entry *node_find(const struct node *node, const char *key)
{
    if (node == NULL || node->kind != NODE_MAPPING)
        return NULL;
    size_t size = strlen(key);
    for (const struct node_entry *entry = node->entries; entry != NULL; entry = entry->next) {
        if (entry->key->text_size == size && memcmp(entry->key->text, key, size) == 0)
            return entry;
    }
    return NULL;
}

const struct node *node_value(const struct node *node, const char *key)
{
    const struct node_entry *entry = node_find(node, key);
    return entry != NULL ? entry->value : NULL;
}

const char *node_kind_words(const struct node *node)
{
    if (node->kind == NODE_MAPPING)
        return "a mapping";
    if (node->kind == NODE_SEQUENCE)
        return "a list";
    switch (node->form) {
    case SCALAR_NULL: return "nothing";
    case SCALAR_BOOLEAN: return "a boolean";
    case SCALAR_INTEGER:
    case SCALAR_FLOAT: return "a number";
    case SCALAR_TEXT: break;
    }
    return "text";
}

void node_wipe_all(const struct node *newest)
{
    for (const struct node *node = newest; node != NULL; node = node->earlier) {
        if (node->text != NULL)
            explicit_bzero(node->text, node->text_size);
    }
}
