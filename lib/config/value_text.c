#include "config/value.h"

#include "config/dsn.h"
#include "config/paths.h"
#include "config/url.h"
#include "core/text.h"
#include "core/zone.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

/* Stores a copy that the arena owns; a text that is in the arena already is stored as it is. */
static enum value_result store_text(struct check *check, void *field, const char *text, size_t size, bool copy)
{
    const char *kept = copy ? arena_copy(&check->config->arena, text, size) : text;
    if (kept == NULL) {
        check->out_of_memory = true;
        return VALUE_WRONG;
    }
    *(const char **)field = kept;
    return VALUE_STORED;
}

static bool remember_unique(struct check *check, const struct key *key, const struct value *value)
{
    if (key->unique == NULL || value->node == NULL)
        return true;
    bool added = unique_add(&check->unique, key, 0, value->text, value->node);
    check->out_of_memory = check->out_of_memory || !added;
    return added;
}

int value_find_word(const struct key *key, const char *text)
{
    for (int i = 0; key->words[i].name != NULL; i++) {
        if (strcmp(key->words[i].name, text) == 0)
            return i;
    }
    return -1;
}

void value_list_words(const struct key *key, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; key->words[i].name != NULL && used < size; i++) {
        bool last = key->words[i + 1].name == NULL;
        const char *separator = i == 0 ? "" : last ? " or " : ", ";
        int written = snprintf(out + used, size - used, "%s%s", separator, key->words[i].name);
        used += written > 0 ? (size_t)written : 0;
    }
}

/* The word that was probably meant, or NULL. */
static const char *nearest_word(const struct key *key, const char *text)
{
    const char *names[8];
    size_t count = 0;
    for (; count < sizeof names / sizeof names[0] && key->words[count].name != NULL; count++)
        names[count] = key->words[count].name;
    return text_nearest(text, names, count);
}

/* The index of the word that the value is; a word that is not available is said, and read all the same. */
static enum value_result read_word(struct check *check, const struct key *key, const struct value *value, int *ret_word)
{
    int word = value_find_word(key, value->text);
    if (word >= 0) {
        *ret_word = word;
        return VALUE_STORED;
    }
    char words[128];
    value_list_words(key, words, sizeof words);
    const char *nearest =
        value->expanded || !check_may_show(check, value->node) ? NULL : nearest_word(key, value->text);
    if (nearest == NULL)
        return value_wrong(check, key, value, words);
    check_complain(check, value->node, "'%s' must be %s, not '%.64s'; did you mean '%s'?", key->path, words,
                   value->text, nearest);
    return VALUE_WRONG;
}

enum value_result value_read_word(struct check *check, const struct key *key, const struct value *value, void *field)
{
    int word = 0; /* gcc does not see that only a word that was found is stored */
    enum value_result result = read_word(check, key, value, &word);
    if (result == VALUE_STORED)
        memcpy(field, &word, sizeof word);
    return result;
}

enum value_result value_read_text(struct check *check, const struct key *key, const struct value *value, void *field)
{
    if (key->has_form != NULL && !key->has_form(value->text))
        return value_wrong(check, key, value, key->expects);
    int word = 0;
    if (key->words != NULL && read_word(check, key, value, &word) != VALUE_STORED)
        return VALUE_WRONG;
    if (!remember_unique(check, key, value))
        return VALUE_WRONG;
    return store_text(check, field, value->text, value->size, false);
}

enum value_result value_read_url(struct check *check, const struct key *key, const struct value *value, void *field)
{
    static const char *const words[] = {
        [URL_NO_ADDRESS] = NULL,
        [URL_PLAIN_HTTP] = "an https address; plain http is for a loopback address such as http://127.0.0.1:8080 only",
        [URL_CREDENTIALS] = "an address without user name and password",
        [URL_QUERY] = "an address without '?' and '#'",
    };
    bool base = key->type == KEY_BASE_URL;
    enum url_fault fault = url_check(value->text, !base);
    if (fault == URL_CREDENTIALS) {
        check_hide(check, value->node);
        check_complain(check, value->node, "'%s' must be %s", key->path, words[fault]);
        return VALUE_WRONG;
    }
    if (fault != URL_FINE)
        return value_wrong(check, key, value, words[fault] != NULL ? words[fault] : key_type_words(key->type));
    size_t size = value->size;
    while (base && size > 0 && value->text[size - 1] == '/')
        size--;
    return store_text(check, field, value->text, size, true);
}

enum value_result value_read_dsn(struct check *check, const struct key *key, const struct value *value, void *field)
{
    const char *fault = dsn_fault(value->text);
    if (fault != NULL)
        return value_wrong(check, key, value, fault);
    return store_text(check, field, value->text, value->size, false);
}

enum value_result value_read_path(struct check *check, const struct key *key, const struct value *value, void *field)
{
    char path[PATHS_TEXT_MAX];
    if (paths_has_tilde(value->text, value->size))
        return value_wrong(check, key, value, "a path without '~', which is not expanded");
    if (!paths_resolve(check->directory, value->text, value->size, path))
        return value_wrong(check, key, value, "a shorter path");
    if (key->type == KEY_FILE) {
        struct stat stat_of;
        const char *reason = NULL;
        if (stat(path, &stat_of) != 0 || access(path, R_OK) != 0)
            reason = strerror(errno);
        else if (!S_ISREG(stat_of.st_mode))
            reason = "it is not a regular file";
        if (reason != NULL) {
            check_complain(check, value->node, "cannot read the file of '%s': %s", key->path, reason);
            return VALUE_WRONG;
        }
    }
    return store_text(check, field, path, strlen(path), true);
}

static bool zone_was_seen(const struct check *check, const char *name)
{
    for (const struct zone_seen *seen = check->zones; seen != NULL; seen = seen->next) {
        if (strcmp(seen->name, name) == 0)
            return true;
    }
    return false;
}

static void remember_zone(struct check *check, const char *name)
{
    struct zone_seen *seen = arena_calloc(&check->config->arena, 1, sizeof *seen);
    if (seen == NULL) {
        check->out_of_memory = true;
        return;
    }
    *seen = (struct zone_seen){name, check->zones};
    check->zones = seen;
}

enum value_result value_read_zone(struct check *check, const struct key *key, const struct value *value, void *field)
{
    if (!zone_was_seen(check, value->text)) {
        struct zone *zone = NULL;
        struct err err;
        enum status status = zone_load(value->text, &zone, &err);
        zone_free(zone);
        if (status == STATUS_NOMEM) {
            check->out_of_memory = true;
            return VALUE_WRONG;
        }
        if (status == STATUS_IO) {
            check_complain(check, value->node, "the time zone of '%s' is not known: %s", key->path, err.message);
            return VALUE_WRONG;
        }
        if (status != STATUS_OK)
            return value_wrong(check, key, value,
                               "a time zone that this system knows, by its IANA name such as America/Toronto");
        remember_zone(check, value->text);
    }
    return store_text(check, field, value->text, value->size, false);
}

enum value_result value_read_column(struct check *check, const struct key *key, const struct value *value, void *field)
{
    static const char *const own[] = {"BUILDING_ID",     "SITE_ID",   "GROUP_ID",   "GRANULARITY", "DATE_PARTITION",
                                      "DATE_TIME_START", "START_UTC", "LOCAL_DATE", "LOCAL_HOUR"};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        if (strcasecmp(own[i], value->text) == 0) {
            check_complain(check, value->node, "column '%s' is always stored; leave it out", own[i]);
            return VALUE_WRONG;
        }
    }
    return value_read_text(check, key, value, field);
}
