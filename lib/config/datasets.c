#include "config/check.h"

#include <string.h>
#include <strings.h>

/* A dataset of the job that is being completed. */
struct entry {
    struct check *check;
    const struct node *root;
    const struct node *node; /* of the list; NULL: the job has none */
    struct config_dataset *to;
};

/* Its name for a message. */
static const char *show_name(const struct entry *entry)
{
    return check_show(entry->check, node_value(entry->node, "name"), entry->to->dataset.name);
}

/* One of its columns for a message: of its own list, or of that of the job. */
static const char *show_column(const struct entry *entry, size_t at, const char *column)
{
    const struct node *list = node_value(entry->node, "columns");
    if (list == NULL)
        list = node_value(entry->root, "columns");
    const struct node_entry *item = list != NULL ? list->entries : NULL;
    for (; item != NULL && at > 0; at--)
        item = item->next;
    return check_show(entry->check, item != NULL ? item->value : NULL, column);
}

/* A built-in dataset is what it is: only what to fetch of it may be said. */
static void complete_built_in(const struct entry *entry, const struct dataset *built_in)
{
    static const char *const fixed[] = {"root_field", "keys", "partition", "start"};
    for (size_t i = 0; entry->node != NULL && i < sizeof fixed / sizeof fixed[0]; i++) {
        const struct node_entry *given = node_find(entry->node, fixed[i]);
        if (given != NULL)
            check_complain(entry->check, given->key, "dataset '%s' is built in; leave '%s' out", built_in->name,
                           fixed[i]);
    }
    entry->to->dataset = *built_in;
}

static bool goes_to_postgres(const struct config *config)
{
    for (size_t i = 0; i < config->destination_count; i++) {
        if (config->destinations[i].kind == CONFIG_DESTINATION_POSTGRES)
            return true;
    }
    return false;
}

static void complete_described(const struct entry *entry)
{
    struct dataset *dataset = &entry->to->dataset;
    if (dataset_name_is_reserved(dataset->name) ||
        (goes_to_postgres(entry->check->config) && dataset_name_is_reserved_in_postgres(dataset->name)))
        check_complain(entry->check, node_value(entry->node, "name"),
                       "no dataset can be named '%s': tables of the database are named so", show_name(entry));
    if (node_find(entry->node, "root_field") == NULL)
        check_complain(entry->check, entry->node, "dataset '%s' is not built in and needs 'root_field'",
                       show_name(entry));
    if (dataset->partition_column == NULL)
        dataset->partition_column = "DATE_PARTITION";
    if (dataset->start_column == NULL)
        dataset->start_column = "DATE_TIME_START";
}

/* Names that differ in the case of letters only cannot stand side by side in a database. */
static bool is_among(const char *name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (names[i] != NULL && strcasecmp(names[i], name) == 0)
            return true;
    }
    return false;
}

/* Every column has one meaning. */
static void check_meanings(const struct entry *entry)
{
    static const char *const common[] = {"BUILDING_ID", "SITE_ID", "GROUP_ID", "GRANULARITY"};
    const struct dataset *dataset = &entry->to->dataset;
    const char *const own[] = {dataset->partition_column, dataset->start_column};
    const struct node *node = entry->node;
    for (size_t i = 0; i < 2; i++) {
        if (is_among(own[i], common, 4) || is_among(own[i], dataset->keys, dataset->key_count) ||
            (i == 1 && is_among(own[1], own, 1)))
            check_complain(entry->check, node, "column '%s' of dataset '%s' has two meanings",
                           check_show(entry->check, node_value(node, i == 0 ? "partition" : "start"), own[i]),
                           show_name(entry));
    }
    for (size_t i = 0; i < entry->to->column_count; i++) {
        const char *column = entry->to->columns[i];
        if (column != NULL && (is_among(column, dataset->keys, dataset->key_count) || is_among(column, own, 2)))
            check_complain(entry->check, node, "column '%s' of dataset '%s' is a key column and always stored",
                           show_column(entry, i, column), show_name(entry));
    }
}

static void complete(const struct entry *entry)
{
    const struct config *config = entry->check->config;
    const struct dataset *built_in = dataset_built_in(entry->to->dataset.name);
    if (built_in != NULL)
        complete_built_in(entry, built_in);
    else
        complete_described(entry);
    if (entry->to->column_count == 0) {
        entry->to->column_count = config->column_count;
        entry->to->columns = config->columns;
    }
    if (entry->to->granularity_count == 0) {
        entry->to->granularity_count = config->granularity_count;
        entry->to->granularities = config->granularities;
    }
    if (entry->node != NULL)
        check_meanings(entry);
}

/* The list of the job as far as it was read; `dataset: NAME` is a list of one. NULL: there is none, or no memory. */
static struct config_dataset *copy_list(struct check *check, bool is_list)
{
    struct config *config = check->config;
    size_t count = is_list ? config->dataset_count : 1;
    struct config_dataset *copy = arena_calloc(&config->arena, count + 1, sizeof *copy);
    if (copy == NULL)
        check->out_of_memory = true;
    else if (!is_list)
        copy->dataset.name = config->dataset;
    else if (count > 0)
        memcpy(copy, config->datasets, count * sizeof *copy);
    config->dataset_count = count;
    config->datasets = copy;
    return copy;
}

void check_datasets(struct check *check, const struct node *root)
{
    const struct node_entry *list = node_find(root, "datasets");
    if (list != NULL && node_find(root, "dataset") != NULL)
        check_complain(check, list->key, "'dataset' and 'datasets' are two ways to say the same: leave one out");
    struct config_dataset *to = copy_list(check, list != NULL);
    const struct node_entry *at = list != NULL ? list->value->entries : NULL;
    for (size_t i = 0; to != NULL && i < check->config->dataset_count; i++) {
        struct entry entry = {check, root, at != NULL ? at->value : NULL, &to[i]};
        if (to[i].dataset.name != NULL) /* else it is wrong or missing, and that was said */
            complete(&entry);
        at = at != NULL ? at->next : NULL;
    }
}
