#include "sink/postgres_internal.h"

#include <string.h>

/* Integers that a double tells apart from their neighbours. */
#define DOUBLE_EXACT (INT64_C(1) << 53)

enum column_kind postgres_value_kind(const struct value *value)
{
    switch (value->kind) {
    case VALUE_INTEGER:
    case VALUE_REAL: return COLUMN_NUMBER;
    case VALUE_TEXT: return COLUMN_TEXT;
    case VALUE_JSON: return COLUMN_JSON;
    case VALUE_NULL:
    default: return COLUMN_NONE;
    }
}

bool postgres_value_is_wide(const struct value *value)
{
    return value->kind == VALUE_INTEGER && (value->integer > DOUBLE_EXACT || value->integer < -DOUBLE_EXACT);
}

bool postgres_value_fits(const struct row_column *column, const struct value *value)
{
    return postgres_value_kind(value) == column->kind && !postgres_value_is_wide(value);
}

/* One escape of a string, behind its backslash; false: jsonb has no such character. *pair: half a pair is open. */
static bool escape_fits(const char *at, const char *end, bool *pair)
{
    if (*at != 'u') {
        bool fits = !*pair;
        *pair = false;
        return fits;
    }
    unsigned code = 0;
    if (end - at < 5)
        return false;
    for (int i = 1; i <= 4; i++) {
        unsigned char c = (unsigned char)at[i];
        code = code * 16 + (c <= '9' ? c & 15u : (c & 7u) + 9u);
    }
    bool low = code >= 0xDC00 && code < 0xE000;
    bool fits = code != 0 && low == *pair;
    *pair = code >= 0xD800 && code < 0xDC00;
    return fits;
}

enum { JSON_DEPTH_MAX = 500, JSON_NUMBER_MAX = 1000, JSON_EXPONENT_MAX = 3 };

/* Digits of an exponent: numeric, which jsonb keeps numbers in, has 131072 digits before the point, 16383 behind it. */
static bool number_fits(const char *at, size_t size)
{
    const char *exponent = memchr(at, 'e', size);
    if (exponent == NULL)
        exponent = memchr(at, 'E', size);
    return size <= JSON_NUMBER_MAX && (exponent == NULL || at + size - exponent <= JSON_EXPONENT_MAX + 2);
}

/* Walks over valid JSON: strings, numbers and depth are all that jsonb is narrower in. */
bool postgres_json_fits(const char *text, size_t size)
{
    const char *end = text + size;
    int depth = 0;
    bool in_string = false;
    bool pair = false;
    for (const char *at = text; at < end; at++) {
        if (in_string) {
            bool escaped = *at == '\\' && at + 1 < end;
            if (escaped ? !escape_fits(++at, end, &pair) : pair)
                return false;
            in_string = escaped || *at != '"';
            at += escaped && *at == 'u' ? 4 : 0;
        } else if (*at == '"') {
            in_string = true;
        } else if (*at == '{' || *at == '[') {
            if (++depth > JSON_DEPTH_MAX)
                return false;
        } else if (*at == '}' || *at == ']') {
            depth--;
        } else if (*at == '-' || (*at >= '0' && *at <= '9')) {
            size_t length = 1;
            while (at + length < end && strchr("+-.0123456789eE", at[length]) != NULL)
                length++;
            if (!number_fits(at, length))
                return false;
            at += length - 1;
        }
    }
    return !in_string && depth == 0;
}

static bool is_stored(const struct row_column *column)
{
    return column->kind == COLUMN_NUMBER || column->kind == COLUMN_TEXT || column->kind == COLUMN_JSON;
}

int postgres_value_fields(const struct sink_postgres *sink)
{
    int count = 1;
    for (size_t i = 0; i < sink->options->column_count; i++)
        count += is_stored(&sink->columns.items[sink->column_at[i]]);
    return count;
}

/* As a value in JSON; a text that jsonb does not take becomes a JSON string of it. */
static void append_json(struct buf *out, const struct value *value)
{
    switch (value->kind) {
    case VALUE_INTEGER: buf_appendf(out, "%lld", (long long)value->integer); break;
    case VALUE_REAL: buf_appendf(out, "%.17g", value->real); break;
    case VALUE_JSON:
        if (postgres_json_fits(value->text, value->size)) {
            buf_append(out, value->text, value->size);
            break;
        }
        buf_append_json_string(out, value->text, value->size);
        break;
    case VALUE_TEXT: buf_append_json_string(out, value->text, value->size); break;
    case VALUE_NULL:
    default: buf_append_text(out, "null"); break;
    }
}

static void copy_json(struct sink_postgres *sink, struct pg_copy *copy, const struct value *value)
{
    if (postgres_json_fits(value->text, value->size)) {
        pg_copy_jsonb(copy, value->text, value->size);
        return;
    }
    buf_reset(&sink->text);
    append_json(&sink->text, value);
    pg_copy_jsonb(copy, buf_text(&sink->text), sink->text.size);
}

static void copy_value(struct sink_postgres *sink, struct pg_copy *copy, const struct value *value)
{
    switch (value->kind) {
    case VALUE_INTEGER: pg_copy_float8(copy, (double)value->integer); break;
    case VALUE_REAL: pg_copy_float8(copy, value->real); break;
    case VALUE_TEXT: pg_copy_text(copy, value->text, value->size); break;
    case VALUE_JSON: copy_json(sink, copy, value); break;
    case VALUE_NULL:
    default: pg_copy_null(copy); break;
    }
}

/* {"NAME": value, ...} of the values that did not fit. */
static void copy_more(struct sink_postgres *sink, struct pg_copy *copy, const struct row *row)
{
    struct buf *text = &sink->text;
    buf_reset(text);
    for (size_t i = 0; i < sink->options->column_count; i++) {
        const struct row_column *column = &sink->columns.items[sink->column_at[i]];
        const struct value *value = &row->values[i];
        if (value->kind == VALUE_NULL || postgres_value_fits(column, value))
            continue;
        buf_appendf(text, "%c\"%s\":", text->size == 0 ? '{' : ',', column->name);
        append_json(text, value);
    }
    buf_append_char(text, '}');
    pg_copy_jsonb(copy, buf_text(text), text->size);
}

void postgres_copy_values(struct sink_postgres *sink, struct pg_copy *copy, const struct row *row)
{
    bool more = false;
    for (size_t i = 0; i < sink->options->column_count; i++) {
        const struct row_column *column = &sink->columns.items[sink->column_at[i]];
        const struct value *value = &row->values[i];
        bool fits = value->kind == VALUE_NULL || postgres_value_fits(column, value);
        more = more || !fits;
        if (!is_stored(column))
            continue;
        if (fits)
            copy_value(sink, copy, value);
        else
            pg_copy_null(copy);
    }
    if (more)
        copy_more(sink, copy, row);
    else
        pg_copy_null(copy);
}

void postgres_copy_keys(struct sink_postgres *sink, struct pg_copy *copy, const struct row *row)
{
    struct buf *text = &sink->text;
    for (size_t i = 0; i < sink->options->dataset->key_count; i++) {
        const struct value *key = &row->keys[i];
        buf_reset(text);
        if (key->kind == VALUE_INTEGER) {
            buf_appendf(text, "n%lld", (long long)key->integer);
        } else {
            buf_append_char(text, 's');
            buf_append(text, key->text, key->size);
        }
        pg_copy_text(copy, buf_text(text), text->size);
    }
}
