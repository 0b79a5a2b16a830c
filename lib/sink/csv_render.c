#include "sink/csv_render.h"

#include "core/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_SIZE = 32 };

static bool keep(struct arena *arena, const char *text, size_t size, struct csv_text *ret_text)
{
    char *copy = arena_copy(arena, text, size);
    *ret_text = (struct csv_text){copy, size, false};
    return copy != NULL;
}

static bool keep_integer(struct arena *arena, int64_t value, struct csv_text *ret_text)
{
    char text[NUMBER_SIZE];
    int size = snprintf(text, sizeof text, "%" PRId64, value);
    return keep(arena, text, (size_t)size, ret_text);
}

/* The shortest of the usual precisions that reads back as the same double. */
static bool keep_real(struct arena *arena, double value, struct csv_text *ret_text)
{
    char text[NUMBER_SIZE];
    int size = 0;
    for (int precision = 15; precision <= 17; precision++) {
        size = snprintf(text, sizeof text, "%.*g", precision, value);
        double back = strtod(text, NULL);
        if (memcmp(&back, &value, sizeof back) == 0)
            break;
    }
    return keep(arena, text, (size_t)size, ret_text);
}

static bool looks_like_formula(const char *text, size_t size)
{
    return size > 0 && memchr("=+-@\t\r", text[0], 6) != NULL;
}

/* JSON knows a NUL in a text, CSV does not: it becomes '?'. */
static bool keep_text(struct arena *arena, const char *text, size_t size, bool excel_safe, struct csv_text *ret_text)
{
    size_t shift = excel_safe && looks_like_formula(text, size) ? 1 : 0;
    char *copy = arena_calloc(arena, size + 2, 1);
    if (copy == NULL)
        return false;
    if (shift > 0)
        copy[0] = '\'';
    for (size_t i = 0; i < size; i++)
        copy[shift + i] = text[i] != '\0' ? text[i] : '?';
    *ret_text = (struct csv_text){copy, shift + size, false};
    return true;
}

bool csv_render_value(struct arena *arena, const struct value *value, bool excel_safe, struct csv_text *ret_text)
{
    switch (value->kind) {
    case VALUE_INTEGER: return keep_integer(arena, value->integer, ret_text);
    case VALUE_REAL: return keep_real(arena, value->real, ret_text);
    case VALUE_TEXT:
    case VALUE_JSON: return keep_text(arena, value->text, value->size, excel_safe, ret_text);
    case VALUE_NULL:
    default: *ret_text = (struct csv_text){"", 0, true}; return true;
    }
}

static bool keep_key(const struct sink_slice *slice, const struct row *row, struct arena *arena,
                     struct csv_text *fields)
{
    const struct series_key *key = &slice->key;
    return keep_integer(arena, key->building_id, &fields[CSV_BUILDING_ID]) &&
           keep_integer(arena, key->site_id, &fields[CSV_SITE_ID]) &&
           keep(arena, key->group_id, strlen(key->group_id), &fields[CSV_GROUP_ID]) &&
           keep(arena, key->granularity, strlen(key->granularity), &fields[CSV_GRANULARITY]) &&
           keep_integer(arena, civil_day_to_partition(slice->day), &fields[CSV_DATE_PARTITION]) &&
           keep(arena, row->start_text, row->start_size, &fields[CSV_DATE_TIME_START]);
}

/* As the SQLite view derives them: a start without zone is local time, and its UTC is not known. */
static bool keep_derived(const struct sink_slice *slice, const struct row *row, struct arena *arena,
                         struct csv_text *fields)
{
    const struct moment *start = &row->start;
    int64_t local = start->seconds + (start->zone_known ? zone_offset_at(slice->zone, start->seconds) : 0);
    int64_t second_of_day = local % 86400 < 0 ? local % 86400 + 86400 : local % 86400;
    char utc[CLOCK_TEXT_SIZE];
    char date[CIVIL_TEXT_SIZE];
    civil_day_format((civil_day)((local - second_of_day) / 86400), date);
    fields[0] = (struct csv_text){"", 0, true};
    if (start->zone_known) {
        clock_format_utc(start->seconds, utc);
        if (!keep(arena, utc, strlen(utc), &fields[0]))
            return false;
    }
    return keep(arena, date, strlen(date), &fields[1]) && keep_integer(arena, second_of_day / 3600, &fields[2]);
}

enum status csv_render(const struct sink_slice *slice, const struct row *row, const struct csv_columns *columns,
                       bool excel_safe, struct arena *arena, struct csv_record *ret_record, struct err *err)
{
    struct csv_text *fields = arena_calloc(arena, columns->count, sizeof *fields);
    if (fields == NULL)
        return err_nomem(err);
    bool kept = keep_key(slice, row, arena, fields);
    for (size_t i = CSV_KEY_COUNT; kept && i < columns->key_count; i++)
        kept = csv_render_value(arena, &row->keys[i - CSV_KEY_COUNT], excel_safe, &fields[i]);
    for (size_t i = 0; kept && i < columns->job_count; i++)
        kept = csv_render_value(arena, &row->values[i], excel_safe, &fields[columns->key_count + i]);
    if (!kept || !keep_derived(slice, row, arena, &fields[columns->count - CSV_DERIVED_COUNT]))
        return err_nomem(err);
    size_t total = 0;
    for (size_t i = 0; i < columns->count; i++)
        total += fields[i].size;
    if (total >= CSV_RECORD_MAX)
        return err_set(err, STATUS_IO, "a row of %zu bytes does not fit a CSV file of this program", total);
    *ret_record = (struct csv_record){
        .building_id = slice->key.building_id,
        .site_id = slice->key.site_id,
        .partition = civil_day_to_partition(slice->day),
        .start = row->start,
        .field_count = columns->count,
        .key_count = columns->key_count,
        .fields = fields,
    };
    return STATUS_OK;
}
