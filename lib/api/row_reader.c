#include "api/row_reader.h"

#include "api/json_number.h"
#include "api/row_draft.h"
#include "api/row_plain.h"
#include "core/text.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

enum status row_reader_init(struct row_reader *reader, const struct page_query *query, struct batch *batch,
                            struct err *err)
{
    *reader = (struct row_reader){.query = query, .batch = batch, .slice = SIZE_MAX};
    size_t keys = KEY_COLUMN_COUNT + query->dataset->key_count;
    reader->field_count = keys + query->column_count;
    reader->fields = calloc(reader->field_count, sizeof *reader->fields);
    if (reader->fields == NULL)
        return err_nomem(err);
    enum status status = json_judge_init(&reader->judge, JSON_DEPTH_MAX, err);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < reader->field_count; i++) {
        const char *name = i < keys ? query_key_name(query->dataset, i) : query->columns[i - keys];
        reader->fields[i] = (struct row_field){.name = name, .size = strlen(name), .source = i};
        for (size_t j = 0; j < i && reader->fields[i].source == i; j++) {
            if (strcmp(reader->fields[j].name, name) == 0)
                reader->fields[i].source = j;
        }
    }
    reader->plain = calloc(1, sizeof *reader->plain);
    if (reader->plain == NULL)
        return err_nomem(err);
    return row_plain_init(reader->plain, reader->field_count, reader->fields, err);
}

void row_reader_release(struct row_reader *reader)
{
    json_judge_release(&reader->judge);
    if (reader->plain != NULL)
        row_plain_release(reader->plain);
    free(reader->plain);
    free(reader->fields);
    *reader = (struct row_reader){0};
}

/* True when a key column may be missing: the documented dialect pins all of them to one value. */
static bool may_be_absent(const struct row_reader *reader, const struct row_field *field)
{
    return reader->query->dialect == DIALECT_DOCUMENTED && field->raw.text == NULL;
}

static bool has_value(struct row_draft *draft, const struct row_field *field)
{
    if (field->parsed == NULL)
        row_draft_spoil(draft, "%s is %s", field->name, field->raw.text == NULL ? "missing" : "null");
    return field->parsed != NULL;
}

/* A whole number, or a string of digits. */
static bool read_id(const struct row_reader *reader, struct row_draft *draft, enum key_column column, int64_t absent,
                    int64_t *ret_id)
{
    const struct row_field *field = &reader->fields[column];
    *ret_id = absent;
    if (may_be_absent(reader, field))
        return true;
    if (!has_value(draft, field))
        return false;
    enum json_type type = json_object_get_type(field->parsed);
    bool is_whole = false;
    if (type == json_type_int || type == json_type_double)
        is_whole = json_number_to_int64(field->raw, ret_id);
    else if (type == json_type_string)
        is_whole = text_to_int64(json_object_get_string(field->parsed),
                                 (size_t)json_object_get_string_len(field->parsed), ret_id);
    if (!is_whole)
        row_draft_spoil(draft, "%s is no whole number", field->name);
    return is_whole;
}

/* *ret_text lives until the next one is read of the row. */
static bool read_key_text(const struct row_reader *reader, struct row_draft *draft, enum key_column column,
                          const char *absent, struct json_span *ret_text)
{
    const struct row_field *field = &reader->fields[column];
    *ret_text = (struct json_span){absent, strlen(absent)};
    if (may_be_absent(reader, field))
        return true;
    if (!has_value(draft, field))
        return false;
    if (json_object_get_type(field->parsed) != json_type_string) {
        row_draft_spoil(draft, "%s is no string", field->name);
        return false;
    }
    const char *flaw = json_string_flaw(field->raw);
    if (flaw != NULL) {
        row_draft_spoil(draft, "%s %s", field->name, flaw);
        return false;
    }
    size_t size = json_string_decode(field->raw, draft->key_text, sizeof draft->key_text);
    *ret_text = (struct json_span){draft->key_text, size};
    return true;
}

static bool is_text(struct json_span text, const char *wanted)
{
    return text.size == strlen(wanted) && memcmp(text.text, wanted, text.size) == 0;
}

/* True when the row is of the building and the granularity of the unit. */
static bool is_of_unit(const struct row_reader *reader, struct row_draft *draft)
{
    const struct unit *unit = reader->query->unit;
    int64_t building;
    struct json_span granularity;
    if (!read_id(reader, draft, KEY_BUILDING_ID, unit->building->id, &building) ||
        !read_key_text(reader, draft, KEY_GRANULARITY, unit->granularity, &granularity))
        return false;
    if (building != unit->building->id)
        row_draft_spoil(draft, "BUILDING_ID is %lld, which was not asked for", (long long)building);
    else if (!is_text(granularity, unit->granularity))
        row_draft_spoil(draft, "GRANULARITY is not the one asked for");
    return building == unit->building->id && is_text(granularity, unit->granularity);
}

static size_t slice_of(struct row_reader *reader, civil_day day, int64_t site_id, struct json_span group)
{
    const struct unit *unit = reader->query->unit;
    if (reader->slice != SIZE_MAX) {
        civil_day last_day;
        struct series_key last = unit_series_of(unit, reader->slice, &last_day);
        if (last_day == day && last.site_id == site_id && is_text(group, last.group_id))
            return reader->slice;
    }
    size_t slice = unit_slice_of(unit, day, site_id, group.text, group.size);
    if (slice != SIZE_MAX)
        reader->slice = slice;
    return slice;
}

/* The slice that the row belongs to; SIZE_MAX with a spoiled draft when it is none of the unit, or in doubt. */
static size_t locate(struct row_reader *reader, struct row_draft *draft)
{
    if (draft->key_in_doubt || !is_of_unit(reader, draft))
        return SIZE_MAX;
    civil_day day;
    struct series_key only = unit_series_of(reader->query->unit, 0, &day); /* for the documented dialect */
    int64_t partition;
    int64_t site_id;
    struct json_span group;
    if (!read_id(reader, draft, KEY_DATE_PARTITION, civil_day_to_partition(day), &partition) ||
        !read_id(reader, draft, KEY_SITE_ID, only.site_id, &site_id) ||
        !read_key_text(reader, draft, KEY_GROUP_ID, only.group_id, &group))
        return SIZE_MAX;
    if (!civil_day_from_partition(partition, &day)) {
        row_draft_spoil(draft, "%s is no date", query_key_name(reader->query->dataset, KEY_DATE_PARTITION));
        return SIZE_MAX;
    }
    size_t slice = slice_of(reader, day, site_id, group);
    if (slice == SIZE_MAX)
        row_draft_spoil(draft, "the row belongs to no slice that was asked for");
    return slice;
}

/* The characters of DATE_TIME_START; false with a spoiled draft when there are none that could be used. */
static bool start_text(const struct row_field *field, struct row_draft *draft, struct json_span *ret_text)
{
    if (!has_value(draft, field))
        return false;
    enum json_type type = json_object_get_type(field->parsed);
    struct json_span text = field->raw;
    if (type == json_type_string) {
        const char *flaw = json_string_flaw(field->raw);
        if (flaw != NULL) {
            row_draft_spoil(draft, "%s %s", field->name, flaw);
            return false;
        }
        text.text = json_object_get_string(field->parsed);
        text.size = (size_t)json_object_get_string_len(field->parsed);
    } else if (type != json_type_int && type != json_type_double) {
        row_draft_spoil(draft, "%s is neither a string nor a number", field->name);
        return false;
    }
    if (text.size > ROW_START_MAX || !text_is_utf8(text.text, text.size)) {
        row_draft_spoil(draft, "%s is no time that is understood", field->name);
        return false;
    }
    *ret_text = text;
    return true;
}

static enum status read_start(struct row_reader *reader, struct row_draft *draft, struct row_place *place,
                              struct err *err)
{
    const struct row_field *field = &reader->fields[KEY_DATE_TIME_START];
    struct json_span text;
    if (!start_text(field, draft, &text))
        return STATUS_OK;
    place->start = arena_copy(&reader->batch->arena, text.text, text.size);
    if (place->start == NULL)
        return err_nomem(err);
    place->start_is_number = json_object_get_type(field->parsed) != json_type_string;
    place->has_moment = moment_parse(text.text, text.size, &place->moment);
    if (!place->has_moment)
        row_draft_spoil(draft, "%s is no time that is understood", field->name);
    return STATUS_OK;
}

/* The value of an extra key: a whole number, however it is written, or a text. May spoil the draft. */
static enum status read_extra_key(struct row_reader *reader, struct row_draft *draft, const struct row_field *field,
                                  struct value *ret_key, struct err *err)
{
    if (!has_value(draft, field))
        return STATUS_OK;
    enum json_type type = json_object_get_type(field->parsed);
    ret_key->kind = VALUE_INTEGER;
    if (type == json_type_string)
        return row_draft_value(draft, field, &reader->batch->arena, ret_key, err);
    if ((type != json_type_int && type != json_type_double) || !json_number_to_int64(field->raw, &ret_key->integer))
        row_draft_spoil(draft, "the key %s is neither a whole number nor a text", field->name);
    return STATUS_OK;
}

/* The extra keys of the dataset; NULL in *ret_keys when it has none. A key that cannot be read spoils the draft. */
static enum status read_extra_keys(struct row_reader *reader, struct row_draft *draft, const struct value **ret_keys,
                                   struct err *err)
{
    size_t count = reader->query->dataset->key_count;
    if (count == 0)
        return STATUS_OK;
    struct value *keys = arena_calloc(&reader->batch->arena, count, sizeof *keys);
    if (keys == NULL)
        return err_nomem(err);
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < count && draft->reason[0] == '\0'; i++) {
        status = read_extra_key(reader, draft, &reader->fields[KEY_COLUMN_COUNT + i], &keys[i], err);
        if (status == STATUS_OK && keys[i].size > ROW_KEY_MAX)
            row_draft_spoil(draft, "the key %s is longer than %d bytes", reader->fields[KEY_COLUMN_COUNT + i].name,
                            ROW_KEY_MAX);
    }
    *ret_keys = keys;
    return status;
}

static enum status read_values(struct row_reader *reader, struct row_draft *draft, struct row *row, struct err *err)
{
    size_t count = reader->query->column_count;
    struct value *values = arena_calloc(&reader->batch->arena, count, sizeof *values);
    if (values == NULL)
        return err_nomem(err);
    row->values = values;
    for (size_t i = 0; i < count && draft->reason[0] == '\0'; i++) {
        size_t at = KEY_COLUMN_COUNT + reader->query->dataset->key_count + i;
        const struct row_field *field = &reader->fields[reader->fields[at].source];
        enum status status = row_draft_value(draft, field, &reader->batch->arena, &values[i], err);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

/* Any row, by json-c. */
static enum status read_drafted(struct row_reader *reader, struct json_scan *scan, struct row_place *ret_place,
                                struct err *err)
{
    struct row_draft draft CLEANUP(row_draft_release) = {0};
    enum status status = row_draft_read(&draft, reader->fields, reader->field_count, &reader->judge, scan, err);
    if (status != STATUS_OK)
        return status;
    struct row_place place = {.slice = locate(reader, &draft)};
    if (place.slice != SIZE_MAX && (status = read_start(reader, &draft, &place, err)) != STATUS_OK)
        return status;
    struct row row = {.slice = place.slice, .start = place.moment};
    if (place.start != NULL && (status = read_extra_keys(reader, &draft, &row.keys, err)) != STATUS_OK)
        return status;
    place.key_count = reader->query->dataset->key_count;
    place.keys = row.keys;
    if (place.key_count > 0 && draft.reason[0] != '\0')
        place.start = NULL; /* its place among the rows of its start is in doubt */
    if (draft.reason[0] == '\0' && (status = read_values(reader, &draft, &row, err)) != STATUS_OK)
        return status;
    if (draft.reason[0] != '\0') {
        status = batch_reject(reader->batch, place.slice, draft.reason, draft.raw.text, draft.raw.size, err);
    } else {
        row.start_text = place.start;
        row.start_size = strlen(place.start);
        status = batch_add(reader->batch, &row, err);
    }
    if (status == STATUS_OK)
        *ret_place = place;
    return status;
}

enum status row_reader_read(struct row_reader *reader, struct json_scan *scan, struct row_place *ret_place,
                            struct err *err)
{
    struct row row;
    bool taken = false;
    enum status status = STATUS_OK;
    if (reader->plain != NULL)
        status =
            row_plain_read(reader->plain, reader->query, &reader->batch->arena, scan, &row, ret_place, &taken, err);
    if (status != STATUS_OK)
        return status;
    return taken ? batch_add(reader->batch, &row, err) : read_drafted(reader, scan, ret_place, err);
}
