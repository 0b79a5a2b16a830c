#include "config/config.h"

#include "config/keys.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A writer of indented JSON: `first` is true until something stands in the innermost brackets. */
struct writer {
    struct buf *out;
    unsigned depth;
    bool first;
};

static void write_key(struct writer *writer, const struct key *key);

static void new_line(struct writer *writer)
{
    if (!writer->first)
        buf_append_char(writer->out, ',');
    buf_append_char(writer->out, '\n');
    for (unsigned i = 0; i < writer->depth; i++)
        buf_append_text(writer->out, "  ");
    writer->first = false;
}

static void write_string(struct writer *writer, const char *text)
{
    buf_append_json_string(writer->out, text, strlen(text));
}

/* Begins a member; its value comes next. */
static void name(struct writer *writer, const char *text)
{
    new_line(writer);
    write_string(writer, text);
    buf_append_text(writer->out, ": ");
}

static void open_bracket(struct writer *writer, char bracket)
{
    buf_append_char(writer->out, bracket);
    writer->depth++;
    writer->first = true;
}

static void close_bracket(struct writer *writer, char bracket)
{
    writer->depth--;
    writer->first = true;
    new_line(writer);
    buf_append_char(writer->out, bracket);
}

static void string_member(struct writer *writer, const char *member, const char *text)
{
    name(writer, member);
    write_string(writer, text);
}

static void number_member(struct writer *writer, const char *member, int64_t number)
{
    name(writer, member);
    buf_appendf(writer->out, "%" PRId64, number);
}

static void word_member(struct writer *writer, const char *member, const char *word)
{
    name(writer, member);
    buf_append_text(writer->out, word);
}

/* True for what is written without quotes in JSON. */
static bool is_typed(const struct key *key)
{
    return key->type == KEY_INTEGER || key->type == KEY_NUMBER || key->type == KEY_BOOLEAN;
}

static void write_default(struct writer *writer, const struct key *key)
{
    if (key->default_text == NULL)
        return;
    if (is_typed(key)) {
        word_member(writer, "default", key->default_text);
        return;
    }
    name(writer, "default");
    if (key->type == KEY_LIST)
        buf_append_char(writer->out, '[');
    write_string(writer, key->default_text);
    if (key->type == KEY_LIST)
        buf_append_char(writer->out, ']');
}

static void write_description(struct writer *writer, const struct key *key)
{
    struct buf text = {0};
    buf_append_text(&text, key->help);
    if (key->inherits != NULL)
        buf_appendf(&text, " Default: the value of %s.", key->inherits);
    string_member(writer, "description", buf_text(&text));
    if (text.failed != STATUS_OK)
        writer->out->failed = text.failed;
    buf_release(&text);
}

static void write_map(struct writer *writer, const struct key *key)
{
    string_member(writer, "type", "object");
    name(writer, "properties");
    open_bracket(writer, '{');
    const struct key *child = NULL;
    bool any = false;
    while ((child = key_next_child(key, child)) != NULL) {
        name(writer, key_leaf(child));
        write_key(writer, child);
        any = any || child->required;
    }
    close_bracket(writer, '}');
    if (any) {
        name(writer, "required");
        open_bracket(writer, '[');
        while ((child = key_next_child(key, child)) != NULL) {
            if (!child->required)
                continue;
            new_line(writer);
            write_string(writer, key_leaf(child));
        }
        close_bracket(writer, ']');
    }
    if (key->one_of) {
        number_member(writer, "minProperties", 1);
        number_member(writer, "maxProperties", 1);
    }
    word_member(writer, "additionalProperties", "false");
}

static void write_list(struct writer *writer, const struct key *key)
{
    const struct key *entry = key_entry(key);
    string_member(writer, "type", "array");
    number_member(writer, "minItems", 1);
    number_member(writer, "maxItems", key->max);
    if (entry->unique != NULL)
        word_member(writer, "uniqueItems", "true");
    name(writer, "items");
    write_key(writer, entry);
}

static void write_words(struct writer *writer, const struct key *key)
{
    name(writer, "enum");
    open_bracket(writer, '[');
    for (size_t i = 0; key->words[i].name != NULL; i++) {
        new_line(writer);
        write_string(writer, key->words[i].name);
    }
    close_bracket(writer, ']');
}

static void write_number(struct writer *writer, const struct key *key)
{
    string_member(writer, "type", key->type == KEY_INTEGER ? "integer" : "number");
    if (key->min != INT64_MIN)
        number_member(writer, "minimum", key->min);
    if (key->max != INT64_MAX)
        number_member(writer, "maximum", key->max);
}

/* The pattern of the row, or that of its type; NULL for free text. */
static const char *pattern_of(const struct key *key)
{
    return key->pattern != NULL ? key->pattern : key_type_pattern(key->type);
}

static void write_text(struct writer *writer, const struct key *key)
{
    string_member(writer, "type", "string");
    if (pattern_of(key) != NULL)
        string_member(writer, "pattern", pattern_of(key));
    else
        number_member(writer, "minLength", 1);
    if (key->max > 0 && key->type != KEY_DURATION && key->type != KEY_SINCE)
        number_member(writer, "maxLength", key->max);
}

/* Editors differ in what number 0640 is to them: 416, or 640. */
static void write_mode(struct writer *writer, const struct key *key)
{
    word_member(writer, "type", "[\"string\", \"integer\"]");
    string_member(writer, "pattern", key_type_pattern(key->type));
    number_member(writer, "minimum", key->min);
    number_member(writer, "maximum", 666);
}

static void write_scalar(struct writer *writer, const struct key *key)
{
    if (key->type == KEY_MODE)
        write_mode(writer, key);
    else if (key->type == KEY_BOOLEAN)
        string_member(writer, "type", "boolean");
    else if (is_typed(key))
        write_number(writer, key);
    else if (key->words != NULL && key->type != KEY_UNTIL)
        write_words(writer, key);
    else
        write_text(writer, key);
}

/* Two ways to write the value: as itself, or in another form. */
static void write_either(struct writer *writer, const struct key *key)
{
    name(writer, "anyOf");
    open_bracket(writer, '[');
    new_line(writer);
    open_bracket(writer, '{');
    if (key->type == KEY_LIST)
        write_list(writer, key);
    else
        write_scalar(writer, key);
    close_bracket(writer, '}');
    new_line(writer);
    open_bracket(writer, '{');
    if (key->type == KEY_LIST)
        string_member(writer, "const", key->words[0].name);
    else
        string_member(writer, "$ref", "#/$defs/reference");
    close_bracket(writer, '}');
    close_bracket(writer, ']');
}

static void write_key(struct writer *writer, const struct key *key)
{
    open_bracket(writer, '{');
    write_description(writer, key);
    write_default(writer, key);
    bool free_text = !is_typed(key) && key->words == NULL && pattern_of(key) == NULL;
    if (key->type == KEY_MAP)
        write_map(writer, key);
    else if (key->type == KEY_LIST && key->words == NULL)
        write_list(writer, key);
    else if (key->type != KEY_LIST && free_text)
        write_text(writer, key);
    else
        write_either(writer, key);
    close_bracket(writer, '}');
}

void config_schema(struct buf *out)
{
    struct writer writer = {.out = out};
    const struct key *root = key_find("");
    open_bracket(&writer, '{');
    string_member(&writer, "$schema", "https://json-schema.org/draft/2020-12/schema");
    string_member(&writer, "title", "occuport job");
    write_description(&writer, root);
    write_map(&writer, root);
    name(&writer, "$defs");
    open_bracket(&writer, '{');
    name(&writer, "reference");
    open_bracket(&writer, '{');
    string_member(&writer, "description", "A value from outside: ${NAME} of the environment, ${file:PATH} of a file.");
    string_member(&writer, "type", "string");
    string_member(&writer, "pattern", "\\$\\{[^}]+\\}");
    close_bracket(&writer, '}');
    close_bracket(&writer, '}');
    close_bracket(&writer, '}');
    buf_append_char(out, '\n');
}
