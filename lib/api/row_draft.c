#include "api/row_draft.h"

#include "api/json_number.h"
#include "core/text.h"

#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void row_draft_spoil(struct row_draft *draft, const char *format, ...)
{
    if (draft->reason[0] != '\0')
        return;
    va_list args;
    va_start(args, format);
    if (vsnprintf(draft->reason, sizeof draft->reason, format, args) < 0)
        draft->reason[0] = '\0';
    va_end(args);
    text_make_printable(draft->reason);
}

void row_draft_release(struct row_draft *draft)
{
    (void)json_object_put(draft->tree);
    *draft = (struct row_draft){0};
}

/* The field of a key, or NULL. Keys mostly come in the order of the selection, so the search begins behind the last. */
static struct row_field *field_of(struct row_field *fields, size_t count, struct json_span key, size_t *next)
{
    for (size_t i = 0; i < count; i++) {
        size_t at = *next + i < count ? *next + i : *next + i - count;
        if (json_string_is(key, fields[at].name, fields[at].size)) {
            *next = at + 1 < count ? at + 1 : 0;
            return &fields[fields[at].source];
        }
    }
    return NULL;
}

static void keep_field(struct row_draft *draft, struct row_field *fields, struct row_field *field,
                       struct json_span value)
{
    if (field->raw.text != NULL) {
        row_draft_spoil(draft, "the key %s is there twice", field->name);
        draft->key_in_doubt |= field - fields < KEY_COLUMN_COUNT;
    }
    field->raw = value;
}

/* Moves over an object and notes the raw text of each field; false: no sound JSON. */
static bool scan_fields(struct row_draft *draft, struct row_field *fields, size_t count, struct json_scan *scan)
{
    const char *begin = scan->at;
    struct json_walk walk;
    struct json_span key;
    struct json_span value;
    size_t next = 0;
    if (!json_walk_begin(&walk, scan, '{'))
        return false;
    enum json_step step;
    while ((step = json_walk_next(&walk, &key)) == JSON_ITEM) {
        if (!json_scan_value(scan, &value))
            return false;
        const char *flaw = json_string_flaw(key);
        if (flaw != NULL) { /* json-c ends a key at NUL, and would see another key */
            row_draft_spoil(draft, "a key %s", flaw);
            draft->key_in_doubt = true;
        }
        struct row_field *field = field_of(fields, count, key, &next);
        if (field != NULL)
            keep_field(draft, fields, field, value);
        draft->key_count++;
    }
    draft->raw = (struct json_span){begin, (size_t)(scan->at - begin)};
    return step == JSON_END;
}

/* Most rows are plain ASCII, which is cheap to see. */
static bool is_ascii(struct json_span text)
{
    unsigned char all = 0;
    for (size_t i = 0; i < text.size; i++)
        all |= (unsigned char)text.text[i];
    return all < 0x80;
}

static enum status parse(struct row_draft *draft, struct json_judge *judge, struct err *err)
{
    int flags = JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8;
    if (!is_ascii(draft->raw) && !text_is_utf8(draft->raw.text, draft->raw.size)) {
        row_draft_spoil(draft, "the row is not UTF-8");
        flags = JSON_TOKENER_STRICT; /* its key is still wanted */
    }
    const char *flaw = NULL;
    enum status status = json_judge_parse(judge, draft->raw, flags, &draft->tree, &flaw, err);
    if (status != STATUS_OK || draft->tree != NULL)
        return status;
    row_draft_spoil(draft, "the row cannot be parsed: %s", flaw);
    draft->key_in_doubt = true;
    return STATUS_OK;
}

/*
 * The tree has fewer members than the text: true when json-c lost one for want of memory, false when a key is there
 * twice. Keys with escapes, which json-c may spell in its own way, are left out.
 */
static bool has_lost_member(const struct row_draft *draft)
{
    char key[256];
    struct json_scan scan = {draft->raw.text, draft->raw.text + draft->raw.size};
    struct json_walk walk;
    struct json_span name;
    struct json_span value;
    bool lost = false;
    if (!json_walk_begin(&walk, &scan, '{'))
        return false;
    while (!lost && json_walk_next(&walk, &name) == JSON_ITEM && json_scan_value(&scan, &value)) {
        bool is_plain = memchr(name.text, '\\', name.size) == NULL;
        if (is_plain && name.size < sizeof key && json_string_flaw(name) == NULL) {
            (void)json_string_decode(name, key, sizeof key);
            lost = !json_object_object_get_ex(draft->tree, key, NULL);
        }
    }
    return lost;
}

enum status row_draft_read(struct row_draft *draft, struct row_field *fields, size_t field_count,
                           struct json_judge *judge, struct json_scan *scan, struct err *err)
{
    for (size_t i = 0; i < field_count; i++) {
        fields[i].raw = (struct json_span){0};
        fields[i].parsed = NULL;
    }
    bool is_object = json_scan_peek(scan) == '{';
    if (!is_object) {
        row_draft_spoil(draft, "the row is no object");
        draft->key_in_doubt = true;
    }
    if (!(is_object ? scan_fields(draft, fields, field_count, scan) : json_scan_value(scan, &draft->raw)))
        return err_set(err, STATUS_BAD_ANSWER, "a row is no sound JSON");
    if (!is_object)
        return STATUS_OK;
    enum status status = parse(draft, judge, err);
    if (status != STATUS_OK || draft->tree == NULL)
        return status;
    if ((size_t)json_object_object_length(draft->tree) != draft->key_count) {
        if (has_lost_member(draft))
            return err_nomem(err);
        row_draft_spoil(draft, "a key is there twice");
    }
    for (size_t i = 0; i < field_count; i++) {
        if (fields[i].raw.text != NULL)
            (void)json_object_object_get_ex(draft->tree, fields[i].name, &fields[i].parsed);
    }
    return STATUS_OK;
}

/* A copy of bytes as the text of a value. */
static enum status keep_text(struct arena *arena, enum value_kind kind, const char *text, size_t size,
                             struct value *ret_value, struct err *err)
{
    const char *copy = arena_copy(arena, text, size);
    if (copy == NULL)
        return err_nomem(err);
    *ret_value = value_of_text(kind, copy, size);
    return STATUS_OK;
}

static enum status number_value(const struct row_field *field, struct arena *arena, struct value *ret_value,
                                struct err *err)
{
    int64_t integer;
    double nearest = json_object_get_double(field->parsed);
    switch (json_number_classify(field->raw, nearest, &integer)) {
    case JSON_NUMBER_INTEGER: *ret_value = (struct value){.kind = VALUE_INTEGER, .integer = integer}; return STATUS_OK;
    case JSON_NUMBER_REAL: *ret_value = (struct value){.kind = VALUE_REAL, .real = nearest}; return STATUS_OK;
    case JSON_NUMBER_DIGITS:
    default: return keep_text(arena, VALUE_TEXT, field->raw.text, field->raw.size, ret_value, err);
    }
}

/* Decoded here: json-c 0.16 takes U+1D800 to U+1DFFF, and the like in other planes, for halves of pairs. */
static enum status string_value(struct row_draft *draft, const struct row_field *field, struct arena *arena,
                                struct value *ret_value, struct err *err)
{
    const char *flaw = json_string_flaw(field->raw);
    if (flaw != NULL)
        row_draft_spoil(draft, "%s %s", field->name, flaw);
    char *text = arena_alloc(arena, field->raw.size, 1); /* the quotes make room for the NUL */
    if (text == NULL)
        return err_nomem(err);
    *ret_value = value_of_text(VALUE_TEXT, text, json_string_decode(field->raw, text, field->raw.size));
    return STATUS_OK;
}

enum status row_draft_value(struct row_draft *draft, const struct row_field *field, struct arena *arena,
                            struct value *ret_value, struct err *err)
{
    switch (json_object_get_type(field->parsed)) {
    case json_type_boolean:
        *ret_value = (struct value){.kind = VALUE_INTEGER, .integer = json_object_get_boolean(field->parsed) != 0};
        return STATUS_OK;
    case json_type_int:
    case json_type_double: return number_value(field, arena, ret_value, err);
    case json_type_string: return string_value(draft, field, arena, ret_value, err);
    case json_type_object:
    case json_type_array: return keep_text(arena, VALUE_JSON, field->raw.text, field->raw.size, ret_value, err);
    case json_type_null:
    default: *ret_value = (struct value){.kind = VALUE_NULL}; return STATUS_OK;
    }
}
