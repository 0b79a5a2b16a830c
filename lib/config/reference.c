#include "config/config.h"

#include "config/keys.h"
#include "config/value.h"

#include <inttypes.h>
#include <string.h>

static void append_words(struct buf *out, const struct key *key)
{
    for (size_t i = 0; key->words[i].name != NULL; i++)
        buf_appendf(out, "%s`%s`", i == 0 ? "" : ", ", key->words[i].name);
}

static const char *type_name(const struct key *key)
{
    static const char *const names[KEY_TYPE_COUNT] = {
        [KEY_MAP] = "mapping",        [KEY_LIST] = "list",
        [KEY_TEXT] = "text",          [KEY_INTEGER] = "whole number",
        [KEY_NUMBER] = "number",      [KEY_BOOLEAN] = "boolean",
        [KEY_WORD] = "word",          [KEY_DURATION] = "duration",
        [KEY_SINCE] = "date or days", [KEY_UNTIL] = "word or date",
        [KEY_BASE_URL] = "address",   [KEY_URL] = "address",
        [KEY_PATH] = "path",          [KEY_FILE] = "path",
        [KEY_ZONE] = "time zone",     [KEY_COLUMN] = "column name",
        [KEY_MODE] = "octal mode",    [KEY_DSN] = "connection string",
    };
    return key->type == KEY_TEXT && key->words != NULL ? names[KEY_WORD] : names[key->type];
}

static void append_default(struct buf *out, const struct key *key)
{
    bool is_entry = key->path[strlen(key->path) - 1] == ']';
    if (is_entry)
        return;
    if (key->inherits != NULL)
        buf_appendf(out, "`%s`", key->inherits);
    else if (key->default_text != NULL && key->type == KEY_LIST)
        buf_appendf(out, "`[%s]`", key->default_text);
    else if (key->default_text != NULL)
        buf_appendf(out, "`%s`", key->default_text);
    else
        buf_append_text(out, key->required ? "required" : "");
}

static void append_range(struct buf *out, const struct key *key)
{
    char min[32];
    char max[32];
    bool any_number = key->min == INT64_MIN && key->max == INT64_MAX;
    if (key->type == KEY_UNTIL) {
        append_words(out, key);
        buf_append_text(out, ", a date");
    } else if (key->type == KEY_LIST) {
        buf_appendf(out, "1 to %" PRId64 " entries", key->max);
        if (key->words != NULL) {
            buf_append_text(out, ", or ");
            append_words(out, key);
        }
    } else if (key->words != NULL) {
        append_words(out, key);
    } else if (key->type == KEY_SINCE) {
        buf_appendf(out, "a date, or %" PRId64 "d to %" PRId64 "d", key->min, key->max);
    } else if (key->type == KEY_DURATION) {
        buf_appendf(out, "%s to %s", value_format_duration(key->min, min, sizeof min),
                    value_format_duration(key->max, max, sizeof max));
    } else if (key->type == KEY_BOOLEAN) {
        buf_append_text(out, "`true`, `false`");
    } else if (key->type == KEY_MODE) {
        buf_appendf(out, "`%04o` to `%04o`", (unsigned)key->min, (unsigned)key->max);
    } else if (key->type == KEY_ZONE) {
        buf_append_text(out, "an IANA name");
    } else if (any_number) {
        buf_append_text(out, "64 bits");
    } else if (key->min == key->max && key->max > 0) {
        buf_appendf(out, "%" PRId64, key->max);
    } else if (key->type == KEY_INTEGER || key->type == KEY_NUMBER) {
        buf_appendf(out, "%" PRId64 " to %" PRId64, key->min, key->max);
    } else if (key->max > 0) {
        buf_appendf(out, "up to %" PRId64 " bytes", key->max);
    }
}

static void append_meaning(struct buf *out, const struct key *key)
{
    buf_append_text(out, key->help);
}

void config_reference(struct buf *out)
{
    buf_append_text(out, "| key | type | default | range or words | meaning |\n|---|---|---|---|---|\n");
    for (size_t i = 0; i < key_count; i++) {
        const struct key *key = &keys[i];
        if (key->path[0] == '\0')
            continue;
        buf_appendf(out, "| `%s` | %s | ", key->path, type_name(key));
        append_default(out, key);
        buf_append_text(out, " | ");
        append_range(out, key);
        buf_append_text(out, " | ");
        append_meaning(out, key);
        buf_append_text(out, " |\n");
    }
}
