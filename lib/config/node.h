/*
 * A job file as a tree: mappings, sequences and scalars, each with its place.
 *
 * Nodes live in the arena of the reader. An alias is a copy of the node it
 * stands for, with the place of the alias; what lies below is shared.
 */
#ifndef OCCUPORT_CONFIG_NODE_H
#define OCCUPORT_CONFIG_NODE_H

#include "config/scalar.h"
#include "config/source.h"

enum node_kind { NODE_SCALAR, NODE_SEQUENCE, NODE_MAPPING };

struct node;

struct node_entry {
    const struct node *key; /* a scalar; NULL in a sequence */
    const struct node *value;
    struct node_entry *next;
};

struct node {
    enum node_kind kind;
    enum scalar_form form; /* of a scalar; SCALAR_TEXT when it is quoted */
    bool quoted;
    bool complete; /* false while its end is not read: an alias to it would have no end */
    struct place place;
    char *text; /* of a scalar, NUL-terminated, may hold a NUL inside; NULL otherwise */
    size_t text_size;
    struct source_cursor begin; /* where it is written, also for an alias */
    size_t end;                 /* byte after it */
    struct node_entry *entries; /* in the order of the file */
    size_t entry_count;
    size_t weight;              /* the nodes it stands for, itself included, aliases counted as what they stand for */
    const struct node *earlier; /* every node of the reader, in one chain */
};

/* The entry of a mapping with this key, or NULL; NULL also when node is NULL or no mapping. */
const struct node_entry *node_find(const struct node *node, const char *key);

/* Its value, or NULL likewise. */
const struct node *node_value(const struct node *node, const char *key);

/* "a mapping", "a list", "a number", "text", ... for messages. */
const char *node_kind_words(const struct node *node);

/* Overwrites the text of the node and of all earlier ones: a job may hold a secret anywhere. */
void node_wipe_all(const struct node *newest);

#endif
