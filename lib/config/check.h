/*
 * From the tree of a job file to struct config, row by row of the table of
 * keys. Part of config.c's work; what the pieces share stands here.
 *
 * check.c walks maps and lists, value*.c read scalars, expand.c replaces
 * references, unique.c finds what stands twice.
 */
#ifndef OCCUPORT_CONFIG_CHECK_H
#define OCCUPORT_CONFIG_CHECK_H

#include "config/config.h"
#include "config/expand.h"
#include "config/keys.h"
#include "config/node.h"
#include "config/unique.h"

/* A time zone that was found to exist: looking it up again for each building would take long. */
struct zone_seen {
    const char *name;
    const struct zone_seen *next;
};

struct check {
    struct config *config; /* being filled; its arena holds everything */
    struct diagnostics *diagnostics;
    const struct source *source;
    const char *directory; /* of the job file, absolute */
    bool without_credentials;
    struct expansions expansions; /* every text that came from outside the file */
    struct unique_set unique;
    const struct zone_seen *zones;
    bool out_of_memory;
};

/* Checks a whole job. What is wrong goes to diagnostics; running out of memory to check->out_of_memory. */
void check_job(struct check *check, const struct node *root);

/* What the keys of datasets cannot tell one by one, and the defaults that they have from elsewhere. */
void check_datasets(struct check *check, const struct node *root);

/* A place that stands twice among the destinations, as far as that can be told without looking there. */
void check_destinations(struct check *check, const struct node *root);

/* Adds a diagnostic at the place of a node. */
void check_complain(struct check *check, const struct node *node, const char *format, ...) PRINTF_LIKE(3, 4);

/* Makes what a node holds unreadable in excerpts and messages. A bare ${NAME} stays: it is no secret. */
void check_hide(struct check *check, const struct node *node);

/* False when the text of a node must not be shown: it is a secret, or an alias of one. */
bool check_may_show(const struct check *check, const struct node *node);

/*
 * The text that was read of a node (NULL: of none), for a message: what the file has for a text from outside, which may
 * be a secret put in the wrong place; "***" for what must not be shown at all.
 */
const char *check_show(const struct check *check, const struct node *node, const char *text);

#endif
