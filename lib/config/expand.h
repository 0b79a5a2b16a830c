/*
 * References in scalars: ${NAME} is the environment, or the credential of that name that systemd hands over in
 * $CREDENTIALS_DIRECTORY; ${file:PATH} is the contents of a file without the line break at its end, $$ a dollar.
 *
 * Expansion comes after YAML: what a variable holds is text of that scalar and
 * never structure. What came from outside may be secret; it is kept in a chain
 * so that it can be wiped, and never shown in a message.
 */
#ifndef OCCUPORT_CONFIG_EXPAND_H
#define OCCUPORT_CONFIG_EXPAND_H

#include "config/inputs.h"
#include "config/node.h"
#include "core/arena.h"

#include <sys/types.h>

enum {
    EXPANSION_MAX = 64 * 1024,
    /* What all references of a file may cost, in bytes that are looked at: an alias repeats a long value in few bytes.
     */
    EXPANSION_COST_MAX = 16 << 20,
    EXPANSION_FILE_COST = 16 * 1024,
    EXPANSION_MISTAKE_COST = 1024
};

struct expansion {
    char *text;
    size_t size;
    const struct expansion *earlier;
};

/* A variable of the environment that held a secret. */
struct expand_variable {
    char *value; /* where the environment has it */
    const struct expand_variable *earlier;
};

struct expansions {
    struct arena *arena;
    const char *directory;        /* paths are relative to it; absolute */
    struct config_inputs *inputs; /* every reference is added */
    const struct expansion *newest;
    bool is_secret; /* the scalar at hand: its variables are kept */
    const struct expand_variable *variables;
    mode_t file_modes; /* of all files that the last scalar took from, together */
    size_t cost;       /* so far */
    bool is_spent;     /* it is beyond its maximum, and that was said */
    /* Told of each reference that cannot be replaced: the number of its dollar sign in the text, from 0, and why. */
    void (*complain)(void *context, const struct node *node, size_t dollar, const char *reason);
    void *context;
};

enum expand_result {
    EXPAND_PLAIN,   /* no dollar in it: the text of the node itself */
    EXPAND_DONE,    /* with at least one reference */
    EXPAND_LITERAL, /* only $$ */
    EXPAND_UNSET,   /* a variable is not set, or a file cannot be read */
    EXPAND_WRONG,   /* not a reference; complain was called */
    EXPAND_NOMEM
};

/*
 * The text of a scalar with its references replaced; *ret_text and *ret_size are set for the first three results, the
 * text is NUL-terminated and lives as long as the arena. Every reference that fails is told to complain, not just the
 * first; with may_be_unset those that lack their variable or file are not.
 */
enum expand_result expand_scalar(struct expansions *expansions, const struct node *node, bool may_be_unset,
                                 const char **ret_text, size_t *ret_size);

/* The place of a dollar sign of a scalar in the file; the place of the scalar when escapes hide it. */
struct place expand_place(const struct source *source, const struct node *node, size_t dollar);

/* True for a text that is one reference and nothing else: it says where a secret is, and is none. */
bool expand_is_bare(const char *text, size_t size);

/* Overwrites every expanded text. */
void expand_wipe(const struct expansion *newest);

#endif
