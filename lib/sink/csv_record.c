#include "sink/csv_record.h"

#include "core/text.h"

#include <ctype.h>
#include <string.h>

static const char *const key_names[CSV_KEY_COUNT] = {
    [CSV_BUILDING_ID] = "BUILDING_ID",
    [CSV_SITE_ID] = "SITE_ID",
    [CSV_GROUP_ID] = "GROUP_ID",
    [CSV_GRANULARITY] = "GRANULARITY",
    [CSV_DATE_PARTITION] = "DATE_PARTITION",
    [CSV_DATE_TIME_START] = "DATE_TIME_START",
};

static const char *const derived_names[CSV_DERIVED_COUNT] = {"START_UTC", "LOCAL_DATE", "LOCAL_HOUR"};

enum status csv_columns_init(struct csv_columns *columns, const struct dataset *dataset, size_t job_count,
                             const char *const *job_columns, struct err *err)
{
    size_t key_count = CSV_KEY_COUNT + dataset->key_count;
    if (job_count > CSV_FIELDS_MAX - key_count - CSV_DERIVED_COUNT)
        return err_set(err, STATUS_CONFIG, "a CSV file holds at most %d columns", CSV_FIELDS_MAX);
    *columns = (struct csv_columns){.key_count = key_count, .job_count = job_count};
    for (size_t i = 0; i < key_count; i++)
        columns->names[columns->count++] = i < CSV_KEY_COUNT ? key_names[i] : dataset->keys[i - CSV_KEY_COUNT];
    for (size_t i = 0; i < job_count; i++)
        columns->names[columns->count++] = job_columns[i];
    for (size_t i = 0; i < CSV_DERIVED_COUNT; i++)
        columns->names[columns->count++] = derived_names[i];
    return STATUS_OK;
}

static bool is_named(const char *name, const struct csv_field *field)
{
    return strlen(name) == field->size && memcmp(name, field->text, field->size) == 0;
}

/* The place of a column, or count. */
static size_t find_column(const struct csv_columns *columns, const struct csv_field *field)
{
    size_t at = 0;
    while (at < columns->count && !is_named(columns->names[at], field))
        at++;
    return at;
}

/* Column names are written as they are: what is none of the API's names would need quotes. */
static bool is_column_name(const struct csv_field *field)
{
    bool word = field->size > 0;
    for (size_t i = 0; word && i < field->size; i++) {
        unsigned char c = (unsigned char)field->text[i];
        word = c < 0x80 && (isalnum(c) || c == '_');
    }
    return word;
}

/* A column that only the older file has goes before the derived ones. */
static enum status insert_column(struct csv_columns *columns, const struct csv_field *field, struct arena *arena,
                                 struct err *err)
{
    char *name = arena_copy(arena, field->text, field->size);
    if (name == NULL)
        return err_nomem(err);
    size_t at = columns->count - CSV_DERIVED_COUNT;
    memmove(&columns->names[at + 1], &columns->names[at], CSV_DERIVED_COUNT * sizeof *columns->names);
    columns->names[at] = name;
    columns->count++;
    return STATUS_OK;
}

enum status csv_columns_join(struct csv_columns *columns, const struct csv_reader *reader,
                             const struct csv_field *fields, size_t count, size_t map[CSV_FIELDS_MAX],
                             struct arena *arena, struct err *err)
{
    if (count < columns->key_count + CSV_DERIVED_COUNT)
        return csv_reader_refuse(reader, &fields[0], "the header is not the one this program writes", err);
    size_t derived = count - CSV_DERIVED_COUNT;
    for (size_t i = 0; i < count; i++) {
        const char *wanted = i < columns->key_count ? columns->names[i]
                             : i >= derived         ? derived_names[i - derived]
                                                    : NULL;
        if (wanted != NULL ? !is_named(wanted, &fields[i]) : !is_column_name(&fields[i]))
            return csv_reader_refuse(reader, &fields[i], "the header is not the one this program writes", err);
        for (size_t before = 0; before < i; before++) {
            if (fields[before].size == fields[i].size &&
                memcmp(fields[before].text, fields[i].text, fields[i].size) == 0)
                return csv_reader_refuse(reader, &fields[i], "the header names this column twice", err);
        }
        if (find_column(columns, &fields[i]) < columns->count)
            continue;
        if (columns->count == CSV_FIELDS_MAX)
            return csv_reader_refuse(reader, &fields[i], "the file has too many columns that the job lacks", err);
        enum status status = insert_column(columns, &fields[i], arena, err);
        if (status != STATUS_OK)
            return status;
    }
    for (size_t i = 0; i < count; i++) /* only now do the places stand */
        map[i] = find_column(columns, &fields[i]);
    return STATUS_OK;
}

static enum status read_key(struct csv_record *record, const struct csv_reader *reader, const struct csv_field *fields,
                            struct err *err)
{
    int64_t partition;
    civil_day day;
    const struct csv_field *field = &fields[CSV_BUILDING_ID];
    if (!text_to_int64(field->text, field->size, &record->building_id))
        return csv_reader_refuse(reader, field, "BUILDING_ID is no whole number", err);
    field = &fields[CSV_SITE_ID];
    if (!text_to_int64(field->text, field->size, &record->site_id))
        return csv_reader_refuse(reader, field, "SITE_ID is no whole number", err);
    field = &fields[CSV_DATE_PARTITION];
    if (!text_to_int64(field->text, field->size, &partition) || !civil_day_from_partition(partition, &day))
        return csv_reader_refuse(reader, field, "DATE_PARTITION is no date", err);
    record->partition = (int32_t)partition;
    field = &fields[CSV_DATE_TIME_START];
    if (!moment_parse(field->text, field->size, &record->start))
        return csv_reader_refuse(reader, field, "DATE_TIME_START is no time", err);
    return STATUS_OK;
}

enum status csv_record_read(struct csv_record *record, const struct csv_columns *columns,
                            const struct csv_reader *reader, const struct csv_field *fields, size_t count,
                            const size_t map[CSV_FIELDS_MAX], size_t map_count, struct err *err)
{
    if (count != map_count)
        return csv_reader_refuse(reader, &fields[count < map_count ? count - 1 : map_count],
                                 count < map_count ? "the row has fewer fields than the header"
                                                   : "the row has more fields than the header",
                                 err);
    enum status status = read_key(record, reader, fields, err);
    if (status != STATUS_OK)
        return status;
    record->field_count = columns->count;
    record->key_count = columns->key_count;
    for (size_t i = 0; i < columns->count; i++)
        record->fields[i] = (struct csv_text){"", 0, true};
    for (size_t i = 0; i < count; i++)
        record->fields[map[i]] = (struct csv_text){fields[i].text, fields[i].size, fields[i].is_null};
    return STATUS_OK;
}

static int compare_text(const struct csv_text *a, const struct csv_text *b)
{
    size_t size = a->size < b->size ? a->size : b->size;
    int order = size > 0 ? memcmp(a->text, b->text, size) : 0;
    if (order != 0)
        return order;
    return (a->size > b->size) - (a->size < b->size);
}

/* Whole numbers by size, before texts; two spellings of one number, and texts, by their bytes. */
static int compare_extra_key(const struct csv_text *a, const struct csv_text *b)
{
    int64_t left = 0;
    int64_t right = 0;
    bool is_number = text_to_int64(a->text, a->size, &left);
    if (is_number != text_to_int64(b->text, b->size, &right))
        return is_number ? -1 : 1;
    return left != right ? (left > right) - (left < right) : compare_text(a, b);
}

int csv_record_compare(const struct csv_record *a, const struct csv_record *b)
{
    if (a->building_id != b->building_id)
        return a->building_id < b->building_id ? -1 : 1;
    if (a->site_id != b->site_id)
        return a->site_id < b->site_id ? -1 : 1;
    int order = compare_text(&a->fields[CSV_GROUP_ID], &b->fields[CSV_GROUP_ID]);
    if (order == 0)
        order = compare_text(&a->fields[CSV_GRANULARITY], &b->fields[CSV_GRANULARITY]);
    if (order == 0)
        order = moment_compare(&a->start, &b->start);
    for (size_t i = CSV_KEY_COUNT; order == 0 && i < a->key_count; i++)
        order = compare_extra_key(&a->fields[i], &b->fields[i]);
    return order;
}

bool csv_record_same(const struct csv_record *a, const struct csv_record *b, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (a->fields[i].is_null != b->fields[i].is_null || compare_text(&a->fields[i], &b->fields[i]) != 0)
            return false;
    }
    return true;
}

void csv_field_append(struct buf *out, const struct csv_text *field)
{
    if (field->is_null)
        return;
    bool plain = field->size > 0;
    for (size_t i = 0; plain && i < field->size; i++) {
        char c = field->text[i];
        plain = c != '"' && c != ',' && c != '\n' && c != '\r';
    }
    if (plain) {
        buf_append(out, field->text, field->size);
        return;
    }
    buf_append_char(out, '"');
    for (size_t i = 0; i < field->size; i++) {
        if (field->text[i] == '"')
            buf_append_char(out, '"');
        buf_append_char(out, field->text[i]);
    }
    buf_append_char(out, '"');
}

void csv_record_append(struct buf *out, const struct csv_record *record)
{
    for (size_t i = 0; i < record->field_count; i++) {
        if (i > 0)
            buf_append_char(out, ',');
        csv_field_append(out, &record->fields[i]);
    }
    buf_append_char(out, '\n');
}

void csv_header_append(struct buf *out, const struct csv_columns *columns)
{
    for (size_t i = 0; i < columns->count; i++)
        buf_appendf(out, "%s%s", i > 0 ? "," : "", columns->names[i]);
    buf_append_char(out, '\n');
}
