/*
 * THE table of the keys of a job file.
 *
 * One row a key: its path, type, range or words, default, help, and where its
 * value goes in struct config. Reading, checking, "did you mean", the JSON
 * Schema, the table in docs/configuration.md and the comments of the starter
 * job all come from these rows; nothing else knows a key.
 *
 * A path is written as in messages: "fetch.page_size"; "buildings[]" is an
 * entry of the list "buildings", "buildings[].id" a key of such an entry. The
 * root is "".
 */
#ifndef OCCUPORT_CONFIG_KEYS_H
#define OCCUPORT_CONFIG_KEYS_H

#include "core/status.h"

#include <stddef.h>
#include <stdint.h>

enum key_type {
    KEY_MAP,
    KEY_LIST,
    KEY_TEXT,     /* const char *; min and max: bytes */
    KEY_INTEGER,  /* int or int64_t */
    KEY_NUMBER,   /* double */
    KEY_BOOLEAN,  /* bool */
    KEY_WORD,     /* an enum: the index of the word */
    KEY_DURATION, /* int64_t seconds; min and max: seconds */
    KEY_SINCE,    /* a date or a number of days: struct config_coverage; min and max: days */
    KEY_UNTIL,    /* one of the words or a date: struct config_coverage */
    KEY_BASE_URL, /* const char *, without trailing slash and query */
    KEY_URL,      /* const char * */
    KEY_PATH,     /* const char *, made absolute */
    KEY_FILE,     /* KEY_PATH of a file that exists and can be read */
    KEY_ZONE,     /* const char *, a time zone of this system */
    KEY_COLUMN,   /* const char *, a name of GraphQL that is no key column */
    KEY_MODE,     /* int, the permissions of a file */
    KEY_DSN,      /* const char *, a connection string of PostgreSQL */
    KEY_TYPE_COUNT
};

struct key_word {
    const char *name; /* NULL ends the list */
};

struct key {
    const char *path;
    const char *help; /* one line, a sentence */
    enum key_type type;
    bool required;                      /* in a map: must be given; for an entry of a list: must not be empty */
    bool secret;                        /* never shown; if required, it is a credential */
    bool identifier;                    /* secret, but of no use alone: others may read the file that it stands in */
    bool one_of;                        /* a map: exactly one of its keys; which one is stored as an enum */
    const char *default_text;           /* as written; for a list: its only entry; NULL: none */
    const char *inherits;               /* the path of a root-level key whose value is the default */
    const struct key_word *words;       /* NULL: any; for a list: a word that may stand in its place */
    const char *pattern;                /* an extended regular expression, for the JSON Schema */
    bool (*has_form)(const char *text); /* with a pattern: what means the same (form.h) */
    const char *expects;                /* what the pattern means, after "must be" */
    const char *unique;                 /* no two entries of the list around may have the same; what they are called */
    int64_t min;
    int64_t max;
    size_t offset;       /* of the value in the struct that the map, or the entry of the list, fills */
    size_t size;         /* of a scalar; 0: nothing is stored */
    size_t count_offset; /* a list: of its size_t count */
    size_t flag_offset;  /* a list with words: of the bool that is set when the word stands there */
    size_t entry_size;   /* a list: of one entry */
};

extern const struct key keys[];
extern const size_t key_count;

/* The row with this path, or NULL. */
const struct key *key_find(const char *path);

/* The row of an entry of a list. Never NULL for a list. */
const struct key *key_entry(const struct key *list);

/* The key `name` of a map, or NULL. */
const struct key *key_child(const struct key *map, const char *name);

/* The keys of a map, in the order of the table: after previous, or the first for NULL. NULL at the end. */
const struct key *key_next_child(const struct key *map, const struct key *previous);

/* The last name of a path: "page_size". */
const char *key_leaf(const struct key *key);

/* The name of a type: "a whole number", "a duration such as 30s, 5m, 2h or 3d", ... */
const char *key_type_words(enum key_type type);

/* The pattern that every value of a type has, for the JSON Schema; NULL for none. */
const char *key_type_pattern(enum key_type type);

#endif
