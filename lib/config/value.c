#include "config/value.h"

#include "config/dsn.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static value_reader *const readers[KEY_TYPE_COUNT] = {
    [KEY_TEXT] = value_read_text,       [KEY_INTEGER] = value_read_integer, [KEY_NUMBER] = value_read_number,
    [KEY_BOOLEAN] = value_read_boolean, [KEY_WORD] = value_read_word,       [KEY_DURATION] = value_read_duration,
    [KEY_SINCE] = value_read_since,     [KEY_UNTIL] = value_read_until,     [KEY_BASE_URL] = value_read_url,
    [KEY_URL] = value_read_url,         [KEY_PATH] = value_read_path,       [KEY_FILE] = value_read_path,
    [KEY_ZONE] = value_read_zone,       [KEY_COLUMN] = value_read_column,   [KEY_MODE] = value_read_mode,
    [KEY_DSN] = value_read_dsn,
};

enum value_result value_wrong(struct check *check, const struct key *key, const struct value *value, const char *words)
{
    const struct node *node = value->node;
    if (key->secret || !check_may_show(check, node))
        check_complain(check, node, "'%s' must be %s", key->path, words);
    else if (node->kind != NODE_SCALAR)
        check_complain(check, node, "'%s' must be %s, not %s", key->path, words, node_kind_words(node));
    else if (value->expanded)
        check_complain(check, node, "'%s' must be %s; the value of '%.64s' is not", key->path, words, node->text);
    else
        check_complain(check, node, "'%s' must be %s, not '%.64s'", key->path, words, node->text);
    return VALUE_WRONG;
}

static bool holds_control_character(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        bool c1 = c == 0xC2 && i + 1 < size && (unsigned char)text[i + 1] < 0xA0;
        if (c < 0x20 || c == 0x7F || c1)
            return true;
    }
    return false;
}

/* True for what YAML itself tells from text. */
static bool wants_typed(const struct key *key)
{
    return key->type == KEY_INTEGER || key->type == KEY_NUMBER || key->type == KEY_BOOLEAN;
}

static bool wants_text(const struct key *key)
{
    return key->type == KEY_TEXT || key->type == KEY_PATH || key->type == KEY_FILE || key->type == KEY_ZONE ||
           key->type == KEY_COLUMN || key->type == KEY_BASE_URL || key->type == KEY_URL || key->type == KEY_DSN;
}

/* What every value must be, whatever its type. */
static enum value_result check_text(struct check *check, const struct key *key, const struct value *value)
{
    if (wants_text(key) && value->form != SCALAR_TEXT) {
        check_complain(check, value->node, "'%s' must be text, not %s: put quotes around %.64s", key->path,
                       node_kind_words(value->node), check_may_show(check, value->node) ? value->node->text : "it");
        return VALUE_WRONG;
    }
    if (value->size == 0 && value->expanded && !key->required)
        return VALUE_ABSENT;
    if (value->size == 0) {
        const char *from = value->expanded ? value->node->text : "";
        check_complain(check, value->node, "'%s' must not be empty%s%.64s", key->path,
                       value->expanded ? ", as is " : "", from);
        return VALUE_WRONG;
    }
    if (wants_text(key) && value->size > (size_t)key->max) {
        check_complain(check, value->node, "'%s' is longer than %lld bytes", key->path, (long long)key->max);
        return VALUE_WRONG;
    }
    if (!wants_typed(key) && holds_control_character(value->text, value->size)) {
        check_complain(check, value->node, "'%s' holds a control character or a line break", key->path);
        return VALUE_WRONG;
    }
    return VALUE_STORED;
}

static enum value_result expand_value(struct check *check, const struct key *key, struct value *value)
{
    bool may_be_unset = key->secret && key->required && check->without_credentials;
    check->expansions.is_secret = key->secret;
    switch (expand_scalar(&check->expansions, value->node, may_be_unset, &value->text, &value->size)) {
    case EXPAND_PLAIN:
    case EXPAND_LITERAL: return VALUE_STORED;
    case EXPAND_DONE: break;
    case EXPAND_UNSET: return may_be_unset ? VALUE_UNKNOWN : VALUE_WRONG;
    case EXPAND_WRONG: return VALUE_WRONG;
    case EXPAND_NOMEM: check->out_of_memory = true; return VALUE_WRONG;
    }
    value->expanded = true;
    if (may_be_unset && value->size == 0)
        return VALUE_UNKNOWN;
    if (source_holds_text(value->text, value->size)) {
        value->form = wants_typed(key) ? scalar_form(value->text, value->size) : SCALAR_TEXT;
        return VALUE_STORED;
    }
    return value_wrong(check, key, value, "UTF-8 text");
}

/* A secret stands in the file itself. A connection string is one when it has a password. */
static bool is_literal_secret(const struct key *key, const struct value *value)
{
    if (!key->secret || key->identifier)
        return false;
    return key->type == KEY_DSN ? dsn_has_password(value->node->text) : !value->expanded;
}

/*
 * A secret that everybody on the machine can read is worth a warning; what a group can read may be meant so. The path
 * is not told: it may be a secret that was written in the wrong place.
 */
static void warn_of_readers(struct check *check, const struct key *key, const struct value *value)
{
    const struct node *node = value->node;
    if (!key->secret || key->identifier || (key->type == KEY_DSN && !dsn_has_password(value->text)))
        return;
    bool literal = is_literal_secret(key, value);
    mode_t mode = literal ? check->source->mode : check->expansions.file_modes;
    if ((mode & S_IROTH) == 0)
        return;
    if (!literal)
        diagnostics_add(&check->config->warnings, node->place.line, node->place.column,
                        "everybody on this machine can read the file of '%s' (mode %04o); take that right away",
                        key->path, (unsigned)mode);
    else
        diagnostics_add(&check->config->warnings, node->place.line, node->place.column,
                        "'%s' stands in the job file itself, which everybody on this machine can read (mode %04o); "
                        "write ${NAME} or ${file:PATH}, or take that right away",
                        key->path, (unsigned)mode);
}

enum value_result value_store(struct check *check, const struct key *key, const struct node *node, void *base)
{
    struct value value = {.node = node, .text = node->text, .size = node->text_size, .form = node->form};
    if (node->kind != NODE_SCALAR)
        return value_wrong(check, key, &value, key_type_words(key->type));
    enum value_result result = expand_value(check, key, &value);
    if (result == VALUE_STORED)
        result = check_text(check, key, &value);
    if (result == VALUE_STORED)
        result = readers[key->type](check, key, &value, (char *)base + key->offset);
    if (result == VALUE_STORED && is_literal_secret(key, &value))
        check->config->has_literal_secret = true;
    if (result == VALUE_STORED)
        warn_of_readers(check, key, &value);
    return result;
}

void value_store_default(struct check *check, const struct key *key, void *base)
{
    if (key->default_text == NULL)
        return;
    struct value value = {.text = key->default_text, .size = strlen(key->default_text)};
    value.form = wants_typed(key) ? scalar_form(value.text, value.size) : SCALAR_TEXT;
    readers[key->type](check, key, &value, (char *)base + key->offset);
}
