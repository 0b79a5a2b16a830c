#include "config/check.h"
#include "config/paths.h"

#include <string.h>

/* A destination of the job, and what its entry has for the place. */
struct entry {
    const struct config_destination *destination;
    const struct node *node; /* of the path or the dsn; NULL: it has none, and that was said */
};

static const struct node *place_node(const struct config_destination *destination, const struct node *entry)
{
    switch (destination->kind) {
    case CONFIG_DESTINATION_SQLITE: return node_value(node_value(entry, "sqlite"), "path");
    case CONFIG_DESTINATION_CSV: return node_value(node_value(entry, "csv"), "directory");
    case CONFIG_DESTINATION_POSTGRES: return node_value(node_value(entry, "postgres"), "dsn");
    default: return NULL;
    }
}

/* Values that are wrong are NULL, and are like nothing. */
static bool is_same(const struct config_destination *a, const struct config_destination *b)
{
    if (a->kind != b->kind)
        return false;
    if (a->kind != CONFIG_DESTINATION_POSTGRES)
        return a->path != NULL && b->path != NULL && paths_same(a->path, b->path);
    return a->dsn != NULL && b->dsn != NULL && a->schema != NULL && b->schema != NULL && strcmp(a->dsn, b->dsn) == 0 &&
           strcmp(a->schema, b->schema) == 0;
}

static void complain(struct check *check, const struct entry *first, const struct entry *entry)
{
    if (entry->destination->kind == CONFIG_DESTINATION_POSTGRES) /* the dsn may hold a password */
        check_complain(check, entry->node, "duplicate destination: dsn and schema are those at line %zu",
                       first->node->place.line);
    else
        check_complain(check, entry->node, "duplicate destination '%.64s', first at line %zu",
                       check_may_show(check, entry->node) ? entry->node->text : "***", first->node->place.line);
}

void check_destinations(struct check *check, const struct node *root)
{
    const struct config *config = check->config;
    const struct node *list = node_value(root, "destinations");
    struct entry *entries = arena_calloc(&check->config->arena, config->destination_count + 1, sizeof *entries);
    if (entries == NULL) {
        check->out_of_memory = true;
        return;
    }
    const struct node_entry *item = list != NULL ? list->entries : NULL;
    for (size_t i = 0; i < config->destination_count && item != NULL; i++, item = item->next) {
        entries[i].destination = &config->destinations[i];
        entries[i].node = place_node(entries[i].destination, item->value);
        for (size_t before = 0; before < i && entries[i].node != NULL; before++) {
            if (entries[before].node == NULL || !is_same(entries[before].destination, entries[i].destination))
                continue;
            complain(check, &entries[before], &entries[i]);
            break;
        }
    }
}
