/* Scalars of a job file: from text to a checked value in struct config. Part of check. */
#ifndef OCCUPORT_CONFIG_VALUE_H
#define OCCUPORT_CONFIG_VALUE_H

#include "config/check.h"

enum value_result {
    VALUE_STORED,
    VALUE_WRONG,  /* and said */
    VALUE_ABSENT, /* a reference to an empty variable, for a key that need not be given */
    VALUE_UNKNOWN /* a credential that is not known here, and need not be */
};

struct value {
    const struct node *node; /* NULL: a default of the table */
    const char *text;        /* expanded, NUL-terminated */
    size_t size;
    enum scalar_form form;
    bool expanded; /* from outside: it has no type of its own, and is never shown */
};

/* Reads the scalar of a key into base + key->offset. */
enum value_result value_store(struct check *check, const struct key *key, const struct node *node, void *base);

/* Stores the default of a key, if it has one. */
void value_store_default(struct check *check, const struct key *key, void *base);

/* Says "'KEY' must be WORDS, not 'VALUE'"; a secret or expanded value is not shown. Returns VALUE_WRONG. */
enum value_result value_wrong(struct check *check, const struct key *key, const struct value *value, const char *words);

/*
 * Where a value goes: base + offset of the key. Each reader checks, stores and returns VALUE_STORED, or says what is
 * wrong and returns VALUE_WRONG.
 */
typedef enum value_result value_reader(struct check *check, const struct key *key, const struct value *value,
                                       void *field);

value_reader value_read_integer;
value_reader value_read_number;
value_reader value_read_boolean;
value_reader value_read_duration;
value_reader value_read_since;
value_reader value_read_until;
value_reader value_read_text;
value_reader value_read_word;
value_reader value_read_url;
value_reader value_read_path;
value_reader value_read_dsn;
value_reader value_read_zone;
value_reader value_read_column;
value_reader value_read_mode;

/* The words of a key as "a, b or c". */
void value_list_words(const struct key *key, char *out, size_t size);

/* The index of a word of the key, or -1. */
int value_find_word(const struct key *key, const char *text);

/* A number of seconds in the largest unit that holds it whole: "90s", "4h", "3d". */
const char *value_format_duration(int64_t seconds, char *out, size_t size);

#endif
