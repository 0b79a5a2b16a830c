#include "config/check.h"

#include "config/value.h"
#include "core/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { CHILDREN_MAX = 32 }; /* of one map, for "did you mean" */

static void check_value(struct check *check, const struct key *key, const struct node_entry *entry, void *base);
static void hide_secrets_of_list(struct check *check, const struct key *entry_key, const struct node *list);

void check_complain(struct check *check, const struct node *node, const char *format, ...)
{
    char message[ERR_MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    struct place place = node != NULL ? node->place : (struct place){0, 0};
    diagnostics_add(check->diagnostics, place.line, place.column, "%s", message);
}

void check_hide(struct check *check, const struct node *node)
{
    bool bare = node->kind == NODE_SCALAR && expand_is_bare(node->text, node->text_size);
    if (!bare)
        diagnostics_hide(check->diagnostics, node->begin.offset, node->end);
}

bool check_may_show(const struct check *check, const struct node *node)
{
    return !diagnostics_hides(check->diagnostics, node->begin.offset);
}

const char *check_show(const struct check *check, const struct node *node, const char *text)
{
    if (node == NULL)
        return text;
    if (!check_may_show(check, node))
        return "***";
    bool outside = node->kind == NODE_SCALAR && memchr(node->text, '$', node->text_size) != NULL;
    return outside ? node->text : text;
}

/* Hides all secrets before the first message is written: an alias may carry one to another key. */
static void hide_secrets(struct check *check, const struct key *map, const struct node *node)
{
    const struct key *child = NULL;
    while ((child = key_next_child(map, child)) != NULL) {
        const struct node_entry *entry = node_find(node, key_leaf(child));
        if (entry == NULL)
            continue;
        if (child->secret)
            check_hide(check, entry->value);
        else if (child->type == KEY_MAP)
            hide_secrets(check, child, entry->value);
        else if (child->type == KEY_LIST && key_entry(child)->type == KEY_MAP)
            hide_secrets_of_list(check, key_entry(child), entry->value);
    }
}

static void hide_secrets_of_list(struct check *check, const struct key *entry_key, const struct node *list)
{
    for (const struct node_entry *entry = list->entries; entry != NULL; entry = entry->next)
        hide_secrets(check, entry_key, entry->value);
}

/* The place to blame for a value: an empty one stands nowhere, its key does. */
static const struct node *blamed(const struct node_entry *entry)
{
    bool empty = entry->value->kind == NODE_SCALAR && entry->value->text_size == 0 && !entry->value->quoted;
    return empty && entry->key != NULL ? entry->key : entry->value;
}

/* The row that was probably meant by an unknown key: a near miss in this map, or the same word in another. */
static const struct key *find_meant(const struct key *map, const char *name)
{
    const char *names[CHILDREN_MAX];
    size_t count = 0;
    const struct key *child = NULL;
    while (count < CHILDREN_MAX && (child = key_next_child(map, child)) != NULL)
        names[count++] = key_leaf(child);
    const char *nearest = text_nearest(name, names, count);
    if (nearest != NULL)
        return key_child(map, nearest);
    for (size_t i = 0; i < key_count; i++) {
        if (keys[i].path[0] != '\0' && strcmp(key_leaf(&keys[i]), name) == 0)
            return &keys[i];
    }
    return NULL;
}

/* True when a key may be a secret one that is spelled or placed wrongly: its value must not be shown. */
static bool may_be_secret(const char *name)
{
    for (size_t i = 0; i < key_count; i++) {
        const char *leaf = key_leaf(&keys[i]);
        if (keys[i].secret && text_nearest(name, &leaf, 1) != NULL)
            return true;
    }
    return strcasestr(name, "secret") != NULL || strcasestr(name, "password") != NULL ||
           strcasestr(name, "token") != NULL;
}

static void complain_unknown(struct check *check, const struct key *map, const struct node_entry *entry)
{
    const char *name = entry->key->text;
    const struct key *meant = find_meant(map, name);
    if (may_be_secret(name))
        check_hide(check, entry->value);
    if (meant == NULL)
        check_complain(check, entry->key, "unknown key '%.64s'", name);
    else
        check_complain(check, entry->key, "unknown key '%.64s'; did you mean '%s'?", name,
                       key_child(map, key_leaf(meant)) == meant ? key_leaf(meant) : meant->path);
}

/* Stores the value of another key as the default: table order makes sure that it is known by now. */
static void inherit(struct check *check, const struct key *key, void *base)
{
    const struct key *from = key_find(key->inherits);
    memcpy((char *)base + key->offset, (const char *)check->config + from->offset, key->size);
}

/* A list that is not given has its default as its only entry. */
static void store_default_list(struct check *check, const struct key *key, void *base)
{
    void *array = arena_calloc(&check->config->arena, 1, key->entry_size);
    if (array == NULL) {
        check->out_of_memory = true;
        return;
    }
    struct key entry = *key_entry(key);
    entry.default_text = key->default_text;
    value_store_default(check, &entry, array);
    size_t count = 1;
    memcpy((char *)base + key->offset, &array, sizeof array);
    memcpy((char *)base + key->count_offset, &count, sizeof count);
}

static void store_default(struct check *check, const struct key *key, void *base)
{
    if (key->inherits != NULL)
        inherit(check, key, base);
    else if (key->type == KEY_LIST && key->default_text != NULL)
        store_default_list(check, key, base);
    else
        value_store_default(check, key, base);
}

/* A key of `map`, or of a map below it, that is not there: an error if it is needed, else its default. */
static void check_absent(struct check *check, const struct key *key, const struct node *map, const struct key *map_key,
                         bool needed, void *base)
{
    bool missing = needed && key->required;
    if (key->type == KEY_MAP) {
        const struct key *child = NULL;
        while ((child = key_next_child(key, child)) != NULL)
            check_absent(check, child, map, map_key, missing, base);
    } else if (missing) {
        size_t prefix = map_key->path[0] != '\0' ? strlen(map_key->path) + 1 : 0;
        check_complain(check, map, "missing required key '%s'", key->path + prefix);
    } else {
        store_default(check, key, base);
    }
}

/* Exactly one key of the map must be there; its position among its siblings is stored as an enum. */
static void check_one_of(struct check *check, const struct key *key, const struct node *node, void *base)
{
    char names[128] = "";
    size_t used = 0;
    unsigned given = 0;
    int index = 0;
    const struct key *child = NULL;
    for (int i = 0; (child = key_next_child(key, child)) != NULL; i++) {
        int written = snprintf(names + used, sizeof names - used, "%s%s", i == 0 ? "" : ", ", key_leaf(child));
        used += written > 0 && (size_t)written < sizeof names - used ? (size_t)written : 0;
        if (node_find(node, key_leaf(child)) != NULL) {
            given++;
            index = i;
        }
    }
    memcpy((char *)base + key->offset, &index, sizeof index);
    bool said = given == 0 && node->entry_count > 0; /* as an unknown key */
    if (given != 1 && !said)
        check_complain(check, node, "'%s' must have exactly one of these keys: %s", key->path, names);
}

static void check_map(struct check *check, const struct key *key, const struct node *node, void *base)
{
    for (const struct node_entry *entry = node->entries; entry != NULL; entry = entry->next) {
        bool whole = strlen(entry->key->text) == entry->key->text_size; /* no NUL inside */
        if (!whole || key_child(key, entry->key->text) == NULL)
            complain_unknown(check, key, entry);
    }
    const struct key *child = NULL;
    while ((child = key_next_child(key, child)) != NULL) {
        const struct node_entry *entry = node_find(node, key_leaf(child));
        if (entry != NULL)
            check_value(check, child, entry, base);
        else
            check_absent(check, child, node, key, !key->one_of, base);
    }
    if (key->one_of)
        check_one_of(check, key, node, base);
}

static void check_entries(struct check *check, const struct key *key, const struct node *node, char *array)
{
    size_t index = 0;
    for (const struct node_entry *entry = node->entries; entry != NULL; entry = entry->next, index++) {
        check_value(check, key_entry(key), entry, array + index * key->entry_size);
    }
}

static void check_list(struct check *check, const struct key *key, const struct node *node, void *base)
{
    if (node->entry_count == 0 || node->entry_count > (size_t)key->max) {
        if (node->entry_count == 0)
            check_complain(check, node, "'%s' must not be an empty list", key->path);
        else
            check_complain(check, node, "'%s' has more than %lld entries", key->path, (long long)key->max);
        return;
    }
    char *array = arena_calloc(&check->config->arena, node->entry_count, key->entry_size);
    if (array == NULL) {
        check->out_of_memory = true;
        return;
    }
    size_t from = check->unique.count;
    check_entries(check, key, node, array);
    unique_close(&check->unique, from, check->diagnostics);
    memcpy((char *)base + key->offset, &array, sizeof array);
    memcpy((char *)base + key->count_offset, &node->entry_count, sizeof node->entry_count);
}

/* True for a word that may stand in place of the list, as in `columns: all`. */
static bool check_list_word(const struct key *key, const struct node *node, void *base)
{
    if (key->words == NULL || node->kind != NODE_SCALAR || node->form != SCALAR_TEXT)
        return false;
    int word = value_find_word(key, node->text);
    if (word < 0)
        return false;
    *(bool *)((char *)base + key->flag_offset) = true;
    return true;
}

static void complain_kind(struct check *check, const struct key *key, const struct node *node)
{
    char words[128];
    const char *type = key_type_words(key->type);
    if (key->words != NULL)
        snprintf(words, sizeof words, "%s or the word '%s'", type, key->words[0].name);
    else
        snprintf(words, sizeof words, "%s", type);
    check_complain(check, node, "'%s' must be %s, not %s", key->path, words, node_kind_words(node));
}

static void check_value(struct check *check, const struct key *key, const struct node_entry *entry, void *base)
{
    const struct node *node = entry->value;
    if (node->kind == NODE_SCALAR && node->form == SCALAR_NULL) {
        check_complain(check, blamed(entry), "'%s' has no value", key->path);
    } else if (key->type == KEY_MAP) {
        if (node->kind == NODE_MAPPING)
            check_map(check, key, node, base);
        else
            complain_kind(check, key, node);
    } else if (key->type == KEY_LIST) {
        if (node->kind == NODE_SEQUENCE)
            check_list(check, key, node, base);
        else if (!check_list_word(key, node, base))
            complain_kind(check, key, node);
    } else if (value_store(check, key, node, base) == VALUE_ABSENT) {
        store_default(check, key, base);
    }
}

/* What no single key can tell. Only values that were stored are looked at: 0 and "relative" never contradict. */
static void check_order_of_days(struct check *check, const struct node *root)
{
    const struct config_coverage *coverage = &check->config->coverage;
    if (coverage->from_is_relative || coverage->until != CONFIG_UNTIL_DATE || coverage->from <= coverage->until_day)
        return;
    char from[CIVIL_TEXT_SIZE];
    char until[CIVIL_TEXT_SIZE];
    const struct node *from_node = node_value(node_value(root, "coverage"), "from");
    const struct node *until_node = node_value(node_value(root, "coverage"), "until");
    check_complain(check, from_node, "'coverage.from' (%.64s) is after 'coverage.until' (%.64s)",
                   check_show(check, from_node, civil_day_format(coverage->from, from)),
                   check_show(check, until_node, civil_day_format(coverage->until_day, until)));
}

/* At the dollar sign, as expand.h asks. */
static void complain_reference(void *context, const struct node *node, size_t dollar, const char *reason)
{
    struct check *check = context;
    struct place place = expand_place(check->source, node, dollar);
    diagnostics_add(check->diagnostics, place.line, place.column, "%s", reason);
}

void check_job(struct check *check, const struct node *root)
{
    check->expansions.complain = complain_reference;
    check->expansions.context = check;
    hide_secrets(check, key_find(""), root);
    check_map(check, key_find(""), root, check->config);
    check_order_of_days(check, root);
    check_datasets(check, root);
    check_destinations(check, root);
}
