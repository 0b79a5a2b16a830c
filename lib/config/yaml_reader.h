/*
 * YAML into a tree of nodes. The only user of libyaml.
 *
 * A job file is data from a person, perhaps from a stranger: depth, number of
 * nodes, scalar length, keys and anchors are bounded, and aliases count as
 * what they stand for, so that a file of nested aliases cannot grow without
 * end. Of YAML, merge keys, several documents, keys that are not scalars and
 * tags of one's own are refused.
 */
#ifndef OCCUPORT_CONFIG_YAML_READER_H
#define OCCUPORT_CONFIG_YAML_READER_H

#include "config/diagnostics.h"
#include "config/node.h"
#include "core/arena.h"

enum {
    YAML_DEPTH_MAX = 32,
    YAML_NODES_MAX = 200000,
    YAML_SCALAR_MAX = 64 * 1024,
    YAML_KEYS_MAX = 1000,   /* of one mapping */
    YAML_ANCHORS_MAX = 1000 /* of the file */
};

struct yaml_tree {
    const struct node *root;   /* a mapping; NULL when the file could not be read */
    const struct node *newest; /* for node_wipe_all; set also when reading failed */
};

/*
 * Reads the text of a file, which must have passed source_is_text. What is wrong goes to diagnostics; a tree may come
 * back beside diagnostics (a duplicate key does not hide the errors below it). Nodes live in arena.
 * STATUS_OK, STATUS_CONFIG (no tree) or STATUS_NOMEM.
 */
enum status yaml_read(const struct source *source, struct arena *arena, struct diagnostics *diagnostics,
                      struct yaml_tree *ret_tree) MUST_CHECK;

#endif
