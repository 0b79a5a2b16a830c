/*
 * What stands twice in a list: building ids, sites, groups, ...
 *
 * Values are noted while a list is read; when it ends they are sorted, so that
 * a list of many thousand entries costs no more than its sorting. Lists inside
 * lists work like a stack: the inner one ends first and takes its values away.
 */
#ifndef OCCUPORT_CONFIG_UNIQUE_H
#define OCCUPORT_CONFIG_UNIQUE_H

#include "config/diagnostics.h"
#include "config/keys.h"
#include "config/node.h"

struct unique_value {
    const struct key *key;
    int64_t number;
    const char *text; /* lives as long as the arena of the job */
    const struct node *node;
    size_t order;
};

struct unique_set {
    struct unique_value *values; /* owned */
    size_t count;
    size_t capacity; /* at most the nodes of a job file */
};

/* Notes a value of a key with a unique name. False when memory is out. */
bool unique_add(struct unique_set *set, const struct key *key, int64_t number, const char *text,
                const struct node *node) MUST_CHECK;

/* Ends a list that began when the set held `from` values: reports what is equal and forgets them. */
void unique_close(struct unique_set *set, size_t from, struct diagnostics *diagnostics);

void unique_release(struct unique_set *set);

#endif
