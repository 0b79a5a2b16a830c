#include "sink/csv_cursor.h"

#include <stdlib.h>
#include <string.h>

void csv_cursor_close(struct csv_cursor *cursor)
{
    csv_reader_close(cursor->reader);
    buf_release(&cursor->last_key);
    free(cursor->own_fields);
    *cursor = (struct csv_cursor){.at_end = true};
}

static enum status make_fields(struct csv_cursor *cursor, struct err *err)
{
    cursor->own_fields = calloc(CSV_FIELDS_MAX, sizeof *cursor->own_fields);
    cursor->record.fields = cursor->own_fields;
    return cursor->own_fields != NULL ? STATUS_OK : err_nomem(err);
}

/* Keeps the key of the current row: the reader forgets it with the next one. */
static enum status remember_key(struct csv_cursor *cursor, struct err *err)
{
    size_t offsets[CSV_KEY_COUNT + DATASET_KEYS_MAX];
    buf_reset(&cursor->last_key);
    for (size_t i = 0; i < cursor->record.key_count; i++) {
        offsets[i] = cursor->last_key.size;
        buf_append(&cursor->last_key, cursor->record.fields[i].text, cursor->record.fields[i].size);
    }
    const char *text = buf_text(&cursor->last_key);
    enum status status = buf_status(&cursor->last_key, err);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < cursor->record.key_count; i++)
        cursor->last_fields[i] = (struct csv_text){text + offsets[i], cursor->record.fields[i].size, false};
    cursor->last = cursor->record;
    cursor->last.fields = cursor->last_fields;
    cursor->has_last = true;
    return STATUS_OK;
}

static enum status check(struct csv_cursor *cursor, const struct csv_field *fields, struct err *err)
{
    if (cursor->partition != 0 && cursor->record.partition != cursor->partition)
        return csv_reader_refuse(cursor->reader, &fields[CSV_DATE_PARTITION],
                                 "the row belongs to another partition than its file", err);
    if (cursor->partition != 0 && cursor->record.building_id != cursor->building_id)
        return csv_reader_refuse(cursor->reader, &fields[CSV_BUILDING_ID],
                                 "the row belongs to another building than its file", err);
    if (cursor->has_last && csv_record_compare(&cursor->last, &cursor->record) >= 0)
        return csv_reader_refuse(cursor->reader, &fields[0],
                                 "the row is out of order, or there twice: was the file edited?", err);
    return STATUS_OK;
}

static enum status next_of_file(struct csv_cursor *cursor, struct err *err)
{
    const struct csv_field *fields;
    size_t count;
    enum status status = STATUS_OK;
    if (!cursor->at_end && cursor->has_last)
        status = remember_key(cursor, err);
    if (status == STATUS_OK)
        status = csv_reader_next(cursor->reader, &fields, &count, err);
    if (status != STATUS_OK)
        return status;
    cursor->at_end = count == 0;
    if (cursor->at_end)
        return STATUS_OK;
    status = csv_record_read(&cursor->record, cursor->columns, cursor->reader, fields, count, cursor->map,
                             cursor->map_count, err);
    if (status == STATUS_OK)
        status = check(cursor, fields, err);
    if (status == STATUS_OK && !cursor->has_last)
        status = remember_key(cursor, err);
    return status;
}

static enum status next_of_memory(struct csv_cursor *cursor)
{
    cursor->at_end = cursor->next == cursor->record_count;
    if (cursor->at_end)
        return STATUS_OK;
    const struct csv_record *from = &cursor->records[cursor->next++];
    struct csv_text *fields = cursor->own_fields;
    size_t own = from->field_count - CSV_DERIVED_COUNT;
    size_t derived = cursor->columns->count - CSV_DERIVED_COUNT;
    memcpy(fields, from->fields, own * sizeof *fields);
    for (size_t i = own; i < derived; i++)
        fields[i] = (struct csv_text){"", 0, true};
    memcpy(fields + derived, from->fields + own, CSV_DERIVED_COUNT * sizeof *fields);
    cursor->record = *from;
    cursor->record.fields = fields;
    cursor->record.field_count = cursor->columns->count;
    return STATUS_OK;
}

enum status csv_cursor_next(struct csv_cursor *cursor, struct err *err)
{
    return cursor->reader != NULL ? next_of_file(cursor, err) : next_of_memory(cursor);
}

enum status csv_cursor_open_file(struct csv_cursor *cursor, const char *path, int32_t partition, int64_t building_id,
                                 struct csv_columns *columns, struct arena *arena, struct err *err)
{
    const struct csv_field *fields;
    size_t count;
    *cursor = (struct csv_cursor){.columns = columns, .partition = partition, .building_id = building_id};
    cursor->at_end = true;
    cursor->last_key.max = CSV_RECORD_MAX; /* what the reader lets through fits */
    enum status status = csv_reader_open(path, &cursor->reader, err);
    if (status != STATUS_OK || cursor->reader == NULL)
        return status;
    status = make_fields(cursor, err);
    if (status == STATUS_OK)
        status = csv_reader_next(cursor->reader, &fields, &count, err);
    if (status == STATUS_OK && count == 0)
        status = err_set(err, STATUS_IO, "%s:1:1: the file is empty: not even a header", path);
    if (status == STATUS_OK)
        status = csv_columns_join(columns, cursor->reader, fields, count, cursor->map, arena, err);
    if (status != STATUS_OK)
        return status;
    cursor->map_count = count;
    cursor->header_differs = count != columns->count;
    for (size_t i = 0; i < count; i++)
        cursor->header_differs = cursor->header_differs || cursor->map[i] != i;
    return next_of_file(cursor, err);
}

enum status csv_cursor_open_memory(struct csv_cursor *cursor, const struct csv_record *records, size_t count,
                                   const struct csv_columns *columns, struct err *err)
{
    *cursor = (struct csv_cursor){.columns = columns, .records = records, .record_count = count};
    enum status status = make_fields(cursor, err);
    return status == STATUS_OK ? next_of_memory(cursor) : status;
}
