#include "config/keys.h"

#include <string.h>

/* What all values of a type have in common. */
static const struct {
    const char *words;   /* after "must be" */
    const char *pattern; /* for the JSON Schema */
} types[KEY_TYPE_COUNT] = {
    [KEY_MAP] = {"a mapping", NULL},
    [KEY_LIST] = {"a list", NULL},
    [KEY_TEXT] = {"text", NULL},
    [KEY_INTEGER] = {"a whole number", NULL},
    [KEY_NUMBER] = {"a number", NULL},
    [KEY_BOOLEAN] = {"true or false", NULL},
    [KEY_WORD] = {"a word", NULL},
    [KEY_DURATION] = {"a duration such as 30s, 5m, 2h or 3d", "^[0-9]+[smhd]$"},
    [KEY_SINCE] = {"a date such as 2025-01-31, or a number of days such as 90d",
                   "^([0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])|[0-9]+d)$"},
    [KEY_UNTIL] = {"yesterday, today or a date such as 2025-01-31",
                   "^(yesterday|today|[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01]))$"},
    [KEY_BASE_URL] = {"an address such as https://api.example.com", "^([Hh][Tt][Tt][Pp][Ss]?)://[^/?#@]+(/[^?#]*)?$"},
    [KEY_URL] = {"an address such as https://example.com/ping", "^([Hh][Tt][Tt][Pp][Ss]?)://[^/?#@]+"},
    [KEY_PATH] = {"a path", "^([^~]|~[^/])"},
    [KEY_FILE] = {"a path of a file", "^([^~]|~[^/])"},
    [KEY_ZONE] = {"a time zone such as America/Toronto", NULL},
    [KEY_COLUMN] = {"a column name", NULL},
    [KEY_MODE] = {"an octal mode such as 0640: 6, then twice 0, 4 or 6", "^(0|0o)?6[046][046]$"},
    [KEY_DSN] = {"a connection string of PostgreSQL", NULL},
};

const struct key *key_find(const char *path)
{
    for (size_t i = 0; i < key_count; i++) {
        if (strcmp(keys[i].path, path) == 0)
            return &keys[i];
    }
    return NULL;
}

/* The part of path below map, or NULL when it does not lie below it. */
static const char *below(const struct key *map, const char *path)
{
    size_t size = strlen(map->path);
    if (size == 0)
        return path[0] != '\0' ? path : NULL;
    return strncmp(path, map->path, size) == 0 && path[size] == '.' ? path + size + 1 : NULL;
}

const struct key *key_next_child(const struct key *map, const struct key *previous)
{
    const struct key *end = keys + key_count;
    for (const struct key *key = previous != NULL ? previous + 1 : map + 1; key < end; key++) {
        const char *name = below(map, key->path);
        if (name == NULL)
            return NULL; /* the rows below a map follow it */
        if (strpbrk(name, ".[") == NULL)
            return key;
    }
    return NULL;
}

const struct key *key_child(const struct key *map, const char *name)
{
    const struct key *key = NULL;
    while ((key = key_next_child(map, key)) != NULL) {
        if (strcmp(key_leaf(key), name) == 0)
            return key;
    }
    return NULL;
}

const struct key *key_entry(const struct key *list)
{
    return list + 1; /* the row of the entry follows that of its list */
}

const char *key_leaf(const struct key *key)
{
    const char *dot = strrchr(key->path, '.');
    return dot != NULL ? dot + 1 : key->path;
}

const char *key_type_words(enum key_type type)
{
    return types[type].words;
}

const char *key_type_pattern(enum key_type type)
{
    return types[type].pattern;
}
