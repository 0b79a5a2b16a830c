#include "config/unique.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool unique_add(struct unique_set *set, const struct key *key, int64_t number, const char *text,
                const struct node *node)
{
    if (set->count == set->capacity) {
        size_t capacity = set->capacity == 0 ? 64 : 2 * set->capacity;
        struct unique_value *values = realloc(set->values, capacity * sizeof *values);
        if (values == NULL)
            return false;
        set->values = values;
        set->capacity = capacity;
    }
    set->values[set->count] = (struct unique_value){key, number, text, node, set->count};
    set->count++;
    return true;
}

/* By key, then by value; columns are names of SQL, where the case of letters does not count. */
static int compare_values(const struct unique_value *a, const struct unique_value *b)
{
    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    if (a->number != b->number)
        return a->number < b->number ? -1 : 1;
    return a->key->type == KEY_COLUMN ? strcasecmp(a->text, b->text) : strcmp(a->text, b->text);
}

static int compare(const void *left, const void *right)
{
    const struct unique_value *a = left;
    const struct unique_value *b = right;
    int order = compare_values(a, b);
    if (order != 0)
        return order;
    return a->order < b->order ? -1 : a->order > b->order;
}

void unique_close(struct unique_set *set, size_t from, struct diagnostics *diagnostics)
{
    size_t count = set->count - from;
    if (count > 1)
        qsort(set->values + from, count, sizeof *set->values, compare);
    size_t first = from;
    for (size_t i = from + 1; i < set->count; i++) {
        const struct unique_value *value = &set->values[i];
        if (compare_values(&set->values[first], value) != 0) {
            first = i;
            continue;
        }
        diagnostics_add(diagnostics, value->node->place.line, value->node->place.column,
                        "duplicate %s '%.64s', first at line %zu", value->key->unique,
                        diagnostics_hides(diagnostics, value->node->begin.offset) ? "***" : value->node->text,
                        set->values[first].node->place.line);
    }
    set->count = from;
}

void unique_release(struct unique_set *set)
{
    free(set->values);
    *set = (struct unique_set){0};
}
