#include "api/row_plain.h"

#include "api/plain_json.h"
#include "api/row_draft.h"
#include "core/text.h"

#include <stdlib.h>
#include <string.h>

struct plain_label {
    char *text; /* owned */
    size_t size;
};

/* A row on its way through the fields. */
struct walk {
    const struct page_query *query;
    struct arena *arena;
    const char *at;
    const char *end;
    size_t field; /* the next one */
};

enum status row_plain_init(struct row_plain *plain, size_t field_count, const struct row_field *fields, struct err *err)
{
    *plain = (struct row_plain){.is_usable = true, .field_count = field_count};
    plain->labels = calloc(field_count, sizeof *plain->labels);
    if (plain->labels == NULL)
        return err_nomem(err);
    for (size_t i = 0; i < field_count; i++) {
        struct buf label = {0};
        buf_appendf(&label, "%c\"%s\":", i == 0 ? '{' : ',', fields[i].name);
        plain->labels[i] = (struct plain_label){label.data, label.size};
        if (label.failed != STATUS_OK)
            return err_nomem(err);
        if (fields[i].source != i)
            plain->is_usable = false;
    }
    return STATUS_OK;
}

void row_plain_release(struct row_plain *plain)
{
    for (size_t i = 0; plain->labels != NULL && i < plain->field_count; i++)
        free(plain->labels[i].text);
    free(plain->labels);
    *plain = (struct row_plain){0};
}

static bool read_label(const struct row_plain *plain, struct walk *walk)
{
    const struct plain_label *label = &plain->labels[walk->field++];
    if ((size_t)(walk->end - walk->at) < label->size || memcmp(walk->at, label->text, label->size) != 0)
        return false;
    walk->at += label->size;
    return true;
}

static bool read_field(const struct row_plain *plain, struct walk *walk, struct plain_value *ret_value)
{
    return read_label(plain, walk) && plain_json_read(&walk->at, walk->end, ret_value);
}

/* A whole number, or a string of digits. */
static bool read_id(const struct row_plain *plain, struct walk *walk, int64_t *ret_id)
{
    struct plain_value value;
    if (!read_field(plain, walk, &value))
        return false;
    *ret_id = value.integer;
    return value.kind == PLAIN_INTEGER || (value.kind == PLAIN_STRING && text_to_int64(value.text, value.size, ret_id));
}

static bool read_text(const struct row_plain *plain, struct walk *walk, struct plain_value *ret_value)
{
    return read_field(plain, walk, ret_value) && ret_value->kind == PLAIN_STRING;
}

/* The fields of enum key_column up to the start, in its order. */
static bool read_slice(const struct row_plain *plain, struct walk *walk, size_t *ret_slice)
{
    const struct unit *unit = walk->query->unit;
    int64_t partition;
    int64_t building;
    int64_t site;
    struct plain_value group;
    struct plain_value granularity;
    civil_day day;
    if (!read_id(plain, walk, &partition) || !read_id(plain, walk, &building) || !read_id(plain, walk, &site) ||
        !read_text(plain, walk, &group) || !read_text(plain, walk, &granularity))
        return false;
    if (building != unit->building->id || granularity.size != strlen(unit->granularity) ||
        memcmp(granularity.text, unit->granularity, granularity.size) != 0 ||
        !civil_day_from_partition(partition, &day))
        return false;
    *ret_slice = unit_slice_of(unit, day, site, group.text, group.size);
    return *ret_slice != SIZE_MAX;
}

/* The slice of the row, and the walk stands at the value of its start. */
static bool read_head(struct row_plain *plain, struct walk *walk)
{
    const char *begin = walk->at;
    if (plain->head_size > 0 && (size_t)(walk->end - begin) > plain->head_size &&
        memcmp(begin, plain->head, plain->head_size) == 0) {
        walk->at += plain->head_size;
        walk->field = KEY_DATE_TIME_START + 1;
        return true;
    }
    plain->head_size = 0;
    if (!read_slice(plain, walk, &plain->slice) || !read_label(plain, walk))
        return false;
    size_t size = (size_t)(walk->at - begin);
    if (size <= sizeof plain->head) {
        memcpy(plain->head, begin, size);
        plain->head_size = size;
    }
    return true;
}

static bool read_two_digits(const char *at, int64_t below, int64_t *ret_value)
{
    if (at[0] < '0' || at[0] > '9' || at[1] < '0' || at[1] > '9')
        return false;
    *ret_value = (at[0] - '0') * 10 + (at[1] - '0');
    return *ret_value < below;
}

/* "2025-05-01T" and ":30:00Z" around another hour: the time moves by the hours between, all else being the same text.
 */
static bool only_hour_differs(const struct row_plain *plain, const char *text, size_t size, struct moment *ret_moment)
{
    enum { HOUR_AT = 11, BEHIND_HOUR = 13 };
    int64_t hour;
    int64_t before;
    if (size != plain->start_size || size <= BEHIND_HOUR || text[BEHIND_HOUR] != ':' ||
        memcmp(text, plain->start, HOUR_AT) != 0 ||
        memcmp(text + BEHIND_HOUR, plain->start + BEHIND_HOUR, size - BEHIND_HOUR) != 0 ||
        !read_two_digits(text + HOUR_AT, 24, &hour) || !read_two_digits(plain->start + HOUR_AT, 24, &before))
        return false;
    *ret_moment = plain->moment;
    ret_moment->seconds += (hour - before) * 3600;
    return true;
}

static bool read_moment(struct row_plain *plain, const char *text, size_t size, struct moment *ret_moment)
{
    if (only_hour_differs(plain, text, size, ret_moment))
        return true;
    if (size > sizeof plain->start || !moment_parse(text, size, ret_moment))
        return false;
    memcpy(plain->start, text, size);
    plain->start_size = size;
    plain->moment = *ret_moment;
    return true;
}

static enum status keep_value(const struct plain_value *plain, struct arena *arena, struct value *ret_value,
                              struct err *err)
{
    const char *copy;
    switch (plain->kind) {
    case PLAIN_BOOLEAN:
    case PLAIN_INTEGER: *ret_value = (struct value){.kind = VALUE_INTEGER, .integer = plain->integer}; break;
    case PLAIN_REAL: *ret_value = (struct value){.kind = VALUE_REAL, .real = plain->real}; break;
    case PLAIN_STRING:
    case PLAIN_JSON:
        copy = arena_copy(arena, plain->text, plain->size);
        if (copy == NULL)
            return err_nomem(err);
        *ret_value = value_of_text(plain->kind == PLAIN_JSON ? VALUE_JSON : VALUE_TEXT, copy, plain->size);
        break;
    case PLAIN_NULL:
    default: *ret_value = (struct value){.kind = VALUE_NULL}; break;
    }
    return STATUS_OK;
}

/* *ret_taken false: one of them is not plain, or an extra key has no value that can be one. */
static enum status read_values(const struct row_plain *plain, struct walk *walk, size_t count, bool are_keys,
                               struct value **ret_values, bool *ret_taken, struct err *err)
{
    *ret_taken = true;
    if (count == 0)
        return STATUS_OK;
    struct value *values = arena_alloc(walk->arena, count, sizeof *values);
    if (values == NULL)
        return err_nomem(err);
    for (size_t i = 0; i < count; i++) {
        struct plain_value value;
        if (!read_field(plain, walk, &value) ||
            (are_keys && !(value.kind == PLAIN_INTEGER || (value.kind == PLAIN_STRING && value.size <= ROW_KEY_MAX)))) {
            *ret_taken = false;
            return STATUS_OK;
        }
        enum status status = keep_value(&value, walk->arena, &values[i], err);
        if (status != STATUS_OK)
            return status;
    }
    *ret_values = values;
    return STATUS_OK;
}

static enum status read_tail(struct row_plain *plain, struct walk *walk, struct row *row, struct row_place *place,
                             bool *ret_taken, struct err *err)
{
    struct plain_value start;
    struct value *keys = NULL;
    struct value *values = NULL;
    *ret_taken = false;
    if (!plain_json_read(&walk->at, walk->end, &start) || (start.kind != PLAIN_STRING && start.kind != PLAIN_INTEGER) ||
        !read_moment(plain, start.text, start.size, &row->start))
        return STATUS_OK;
    enum status status = read_values(plain, walk, walk->query->dataset->key_count, true, &keys, ret_taken, err);
    if (status == STATUS_OK && *ret_taken)
        status = read_values(plain, walk, walk->query->column_count, false, &values, ret_taken, err);
    if (status != STATUS_OK || !*ret_taken)
        return status;
    *ret_taken = walk->at < walk->end && *walk->at++ == '}';
    if (!*ret_taken)
        return STATUS_OK;
    row->start_text = arena_copy(walk->arena, start.text, start.size);
    if (row->start_text == NULL)
        return err_nomem(err);
    row->start_size = start.size;
    row->keys = keys;
    row->values = values;
    place->start_is_number = start.kind != PLAIN_STRING;
    return STATUS_OK;
}

enum status row_plain_read(struct row_plain *plain, const struct page_query *query, struct arena *arena,
                           struct json_scan *scan, struct row *ret_row, struct row_place *ret_place, bool *ret_taken,
                           struct err *err)
{
    struct walk walk = {.query = query, .arena = arena, .at = scan->at, .end = scan->end};
    struct row_place place = {.has_moment = true};
    struct row row = {0};
    *ret_taken = false;
    if (!plain->is_usable || !read_head(plain, &walk))
        return STATUS_OK;
    enum status status = read_tail(plain, &walk, &row, &place, ret_taken, err);
    if (status != STATUS_OK || !*ret_taken)
        return status;
    row.slice = place.slice = plain->slice;
    place.moment = row.start;
    place.start = row.start_text;
    place.key_count = query->dataset->key_count;
    place.keys = row.keys;
    *ret_row = row;
    *ret_place = place;
    scan->at = walk.at;
    return STATUS_OK;
}
