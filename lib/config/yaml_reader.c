#include "config/yaml_reader.h"

#include "config/yaml_error.h"

#include <string.h>
#include <yaml.h>

struct anchor {
    const char *name;
    const struct node *node;
};

struct reader {
    yaml_parser_t parser;
    const struct source *source;
    struct arena *arena;
    struct diagnostics *diagnostics;
    struct source_cursor begin; /* of the last event */
    struct source_cursor end;
    const struct node *newest;
    size_t weight; /* of all nodes so far */
    struct anchor anchors[YAML_ANCHORS_MAX];
    size_t anchor_count;
    enum status failed; /* sticky: reading stops */
};

static void give_up(struct reader *reader, enum status status)
{
    if (reader->failed == STATUS_OK)
        reader->failed = status;
}

/* Says what is wrong at the last event. */
#define COMPLAIN(reader, ...)                                                                                          \
    diagnostics_add((reader)->diagnostics, (reader)->begin.place.line, (reader)->begin.place.column, __VA_ARGS__)

static void advance(struct reader *reader, struct source_cursor *cursor, size_t characters)
{
    if (characters < cursor->characters)
        *cursor = source_begin();
    source_advance(reader->source, cursor, characters);
}

/* The next event, with its place in reader->begin; the caller deletes it. False when the file is no YAML. */
static bool next_event(struct reader *reader, yaml_event_t *ret_event)
{
    if (reader->failed != STATUS_OK)
        return false;
    if (yaml_parser_parse(&reader->parser, ret_event) == 0) {
        bool no_memory = reader->parser.error == YAML_MEMORY_ERROR;
        if (!no_memory)
            yaml_error_report(&reader->parser, reader->source, reader->diagnostics);
        give_up(reader, no_memory ? STATUS_NOMEM : STATUS_CONFIG);
        return false;
    }
    advance(reader, &reader->begin, ret_event->start_mark.index);
    advance(reader, &reader->end, ret_event->end_mark.index);
    return true;
}

static void discard_event(yaml_event_t *event)
{
    if (event->type == YAML_SCALAR_EVENT && event->data.scalar.value != NULL)
        explicit_bzero(event->data.scalar.value, event->data.scalar.length);
    yaml_event_delete(event);
}

static struct node *new_node(struct reader *reader, enum node_kind kind)
{
    struct node *node = arena_calloc(reader->arena, 1, sizeof *node);
    if (node == NULL) {
        give_up(reader, STATUS_NOMEM);
        return NULL;
    }
    *node = (struct node){.kind = kind,
                          .place = reader->begin.place,
                          .begin = reader->begin,
                          .end = reader->end.offset,
                          .weight = 1,
                          .earlier = reader->newest};
    reader->newest = node;
    return node;
}

/* Counts nodes; false when there are too many. */
static bool count_nodes(struct reader *reader, size_t weight)
{
    reader->weight += weight;
    if (reader->weight <= YAML_NODES_MAX)
        return true;
    COMPLAIN(reader, "too many values: more than %d, those behind aliases counted each time", YAML_NODES_MAX);
    give_up(reader, STATUS_CONFIG);
    return false;
}

static void remember_anchor(struct reader *reader, const yaml_char_t *name, const struct node *node)
{
    if (name == NULL || node == NULL)
        return;
    if (reader->anchor_count == YAML_ANCHORS_MAX) {
        COMPLAIN(reader, "too many anchors: more than %d", YAML_ANCHORS_MAX);
        give_up(reader, STATUS_CONFIG);
        return;
    }
    const char *text = (const char *)name;
    const char *copy = arena_copy(reader->arena, text, strlen(text));
    if (copy == NULL) {
        give_up(reader, STATUS_NOMEM);
        return;
    }
    reader->anchors[reader->anchor_count++] = (struct anchor){copy, node};
}

/* The node that an alias stands for: the last anchor of that name before it. */
static const struct node *find_anchor(const struct reader *reader, const char *name)
{
    for (size_t i = reader->anchor_count; i > 0; i--) {
        if (strcmp(reader->anchors[i - 1].name, name) == 0)
            return reader->anchors[i - 1].node;
    }
    return NULL;
}

static struct node *read_alias(struct reader *reader, const yaml_event_t *event)
{
    const char *name = (const char *)event->data.alias.anchor;
    const struct node *target = find_anchor(reader, name);
    if (target == NULL || !target->complete) {
        if (target == NULL)
            COMPLAIN(reader, "unknown alias '*%.64s'", name);
        else
            COMPLAIN(reader, "alias '*%.64s' stands inside what it stands for", name);
        give_up(reader, STATUS_CONFIG);
        return NULL;
    }
    struct node *node = count_nodes(reader, target->weight) ? new_node(reader, target->kind) : NULL;
    if (node == NULL)
        return NULL;
    struct place place = node->place;
    const struct node *earlier = node->earlier;
    *node = *target;
    node->place = place;
    node->earlier = earlier;
    return node;
}

/* The core tags; the type that a tag asks for must be the one that the text has. */
static void apply_tag(struct reader *reader, struct node *node, const char *tag)
{
    static const struct {
        const char *tag;
        enum scalar_form form;
    } tags[] = {{YAML_NULL_TAG, SCALAR_NULL},
                {YAML_BOOL_TAG, SCALAR_BOOLEAN},
                {YAML_INT_TAG, SCALAR_INTEGER},
                {YAML_FLOAT_TAG, SCALAR_FLOAT}};
    if (strcmp(tag, "!") == 0 || strcmp(tag, YAML_STR_TAG) == 0) {
        node->quoted = true;
        node->form = SCALAR_TEXT;
        return;
    }
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
        if (strcmp(tag, tags[i].tag) != 0)
            continue;
        node->quoted = false;
        node->form = scalar_form(node->text, node->text_size);
        bool widened = tags[i].form == SCALAR_FLOAT && node->form == SCALAR_INTEGER;
        if (node->form != tags[i].form && !widened)
            COMPLAIN(reader, "the value is not what its tag '!!%s' says", strrchr(tag, ':') + 1);
        return;
    }
    COMPLAIN(reader, "tag '%.64s' is not supported", tag);
}

static struct node *read_scalar(struct reader *reader, const yaml_event_t *event)
{
    const char *text = (const char *)event->data.scalar.value;
    size_t size = event->data.scalar.length;
    if (size > YAML_SCALAR_MAX) {
        COMPLAIN(reader, "a value of more than %d bytes", YAML_SCALAR_MAX);
        give_up(reader, STATUS_CONFIG);
        return NULL;
    }
    struct node *node = new_node(reader, NODE_SCALAR);
    if (node == NULL)
        return NULL;
    node->text = arena_copy(reader->arena, text, size);
    if (node->text == NULL) {
        give_up(reader, STATUS_NOMEM);
        return NULL;
    }
    node->text_size = size;
    node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    node->form = node->quoted ? SCALAR_TEXT : scalar_form(text, size);
    node->complete = true;
    if (event->data.scalar.tag != NULL)
        apply_tag(reader, node, (const char *)event->data.scalar.tag);
    remember_anchor(reader, event->data.scalar.anchor, node);
    return node;
}

static struct node *read_node(struct reader *reader, const yaml_event_t *event, unsigned depth);

/* Reads the next node; NULL at the event that ends the collection (then *ret_ended) or on failure. */
static struct node *read_next(struct reader *reader, unsigned depth, yaml_event_type_t end, bool *ret_ended)
{
    yaml_event_t event;
    if (!next_event(reader, &event))
        return NULL;
    struct node *node = NULL;
    if (event.type == end)
        *ret_ended = true;
    else
        node = read_node(reader, &event, depth);
    discard_event(&event);
    return node;
}

/* Appends an entry to a collection; tail is the place of the next link. */
static void append_entry(struct reader *reader, struct node *node, struct node_entry ***tail, const struct node *key,
                         const struct node *value)
{
    struct node_entry *entry = arena_calloc(reader->arena, 1, sizeof *entry);
    if (entry == NULL) {
        give_up(reader, STATUS_NOMEM);
        return;
    }
    *entry = (struct node_entry){.key = key, .value = value};
    **tail = entry;
    *tail = &entry->next;
    node->entry_count++;
    node->weight += value->weight + (key != NULL ? key->weight : 0);
}

static void read_sequence_entries(struct reader *reader, struct node *node, unsigned depth)
{
    struct node_entry **tail = &node->entries;
    bool ended = false;
    while (!ended) {
        const struct node *value = read_next(reader, depth + 1, YAML_SEQUENCE_END_EVENT, &ended);
        if (value != NULL)
            append_entry(reader, node, &tail, NULL, value);
        if (reader->failed != STATUS_OK)
            return;
    }
}

/* False (and said) for a key that this reader does not take; its value is then left out. */
static bool is_good_key(struct reader *reader, const struct node *mapping, const struct node *key)
{
    struct diagnostics *diagnostics = reader->diagnostics;
    if (key->kind != NODE_SCALAR) {
        diagnostics_add(diagnostics, key->place.line, key->place.column, "a key must be a word, not %s",
                        node_kind_words(key));
        return false;
    }
    if (!key->quoted && strcmp(key->text, "<<") == 0) {
        diagnostics_add(diagnostics, key->place.line, key->place.column,
                        "merge keys ('<<') are not supported; write the keys out");
        return false;
    }
    const struct node_entry *first = node_find(mapping, key->text);
    if (first == NULL)
        return true;
    diagnostics_add(diagnostics, key->place.line, key->place.column, "duplicate key '%.64s', first at line %zu",
                    key->text, first->key->place.line);
    return false;
}

static void read_mapping_entries(struct reader *reader, struct node *node, unsigned depth)
{
    struct node_entry **tail = &node->entries;
    bool ended = false;
    for (;;) {
        const struct node *key = read_next(reader, depth + 1, YAML_MAPPING_END_EVENT, &ended);
        if (key == NULL)
            return;
        bool good = is_good_key(reader, node, key);
        const struct node *value = read_next(reader, depth + 1, YAML_NO_EVENT, &ended);
        if (value == NULL)
            return;
        if (good)
            append_entry(reader, node, &tail, key, value);
        if (node->entry_count > YAML_KEYS_MAX) {
            COMPLAIN(reader, "more than %d keys in one mapping", YAML_KEYS_MAX);
            give_up(reader, STATUS_CONFIG);
        }
    }
}

static struct node *read_collection(struct reader *reader, const yaml_event_t *event, unsigned depth)
{
    bool mapping = event->type == YAML_MAPPING_START_EVENT;
    const yaml_char_t *tag = mapping ? event->data.mapping_start.tag : event->data.sequence_start.tag;
    const char *own_tag = mapping ? YAML_MAP_TAG : YAML_SEQ_TAG;
    if (tag != NULL && strcmp((const char *)tag, own_tag) != 0 && strcmp((const char *)tag, "!") != 0)
        COMPLAIN(reader, "tag '%.64s' is not supported", (const char *)tag);
    if (depth >= YAML_DEPTH_MAX) {
        COMPLAIN(reader, "nested more than %d deep", YAML_DEPTH_MAX);
        give_up(reader, STATUS_CONFIG);
        return NULL;
    }
    struct node *node = new_node(reader, mapping ? NODE_MAPPING : NODE_SEQUENCE);
    if (node == NULL)
        return NULL;
    remember_anchor(reader, mapping ? event->data.mapping_start.anchor : event->data.sequence_start.anchor, node);
    if (mapping)
        read_mapping_entries(reader, node, depth);
    else
        read_sequence_entries(reader, node, depth);
    node->end = reader->end.offset;
    node->complete = true;
    return reader->failed == STATUS_OK ? node : NULL;
}

/* Builds the node that an event begins; the caller keeps the event. NULL on failure. */
static struct node *read_node(struct reader *reader, const yaml_event_t *event, unsigned depth)
{
    if (event->type == YAML_ALIAS_EVENT)
        return read_alias(reader, event);
    if (!count_nodes(reader, 1))
        return NULL;
    if (event->type == YAML_SCALAR_EVENT)
        return read_scalar(reader, event);
    return read_collection(reader, event, depth);
}

/* Reads stream start, one document and stream end; the root node or NULL. */
static const struct node *read_stream(struct reader *reader)
{
    const struct node *root = NULL;
    bool ended = false;
    while (!ended) {
        yaml_event_t event;
        if (!next_event(reader, &event))
            return NULL;
        bool second = event.type == YAML_DOCUMENT_START_EVENT && root != NULL;
        if (second) {
            COMPLAIN(reader, "a second document: a job file holds one");
            give_up(reader, STATUS_CONFIG);
        } else if (event.type == YAML_DOCUMENT_START_EVENT) {
            root = read_next(reader, 0, YAML_NO_EVENT, &ended);
        }
        ended = event.type == YAML_STREAM_END_EVENT;
        discard_event(&event);
    }
    return root;
}

static const struct node *read_root(struct reader *reader)
{
    const struct node *root = read_stream(reader);
    if (reader->failed != STATUS_OK)
        return NULL;
    if (root == NULL || (root->kind == NODE_SCALAR && root->text_size == 0 && !root->quoted)) {
        diagnostics_add(reader->diagnostics, 1, 1, "the file is empty: it holds no keys");
        return NULL;
    }
    if (root->kind == NODE_MAPPING)
        return root;
    diagnostics_add(reader->diagnostics, root->place.line, root->place.column,
                    "a job file is a mapping of keys, not %s", node_kind_words(root));
    return NULL;
}

/*
 * The text as libyaml has it. The pieces that it makes a long value of are beyond our reach: a secret that must leave
 * no trace in memory comes by ${NAME} or ${file:PATH}, which libyaml never sees.
 */
static void wipe_buffers(yaml_parser_t *parser)
{
    explicit_bzero(parser->raw_buffer.start, (size_t)(parser->raw_buffer.end - parser->raw_buffer.start));
    explicit_bzero(parser->buffer.start, (size_t)(parser->buffer.end - parser->buffer.start));
}

enum status yaml_read(const struct source *source, struct arena *arena, struct diagnostics *diagnostics,
                      struct yaml_tree *ret_tree)
{
    struct reader *reader = arena_calloc(arena, 1, sizeof *reader);
    if (reader == NULL || yaml_parser_initialize(&reader->parser) == 0)
        return STATUS_NOMEM;
    reader->source = source;
    reader->arena = arena;
    reader->diagnostics = diagnostics;
    reader->begin = source_begin();
    reader->end = source_begin();
    yaml_parser_set_encoding(&reader->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reader->parser, (const unsigned char *)source->text, source->size);
    const struct node *root = read_root(reader);
    wipe_buffers(&reader->parser);
    yaml_parser_delete(&reader->parser);
    *ret_tree = (struct yaml_tree){root, reader->newest};
    if (reader->failed != STATUS_OK)
        return reader->failed;
    return root != NULL ? STATUS_OK : STATUS_CONFIG;
}
