#include "sink/csv_table.h"

#include "core/fsout.h"
#include "sink/csv_files.h"
#include "sink/csv_render.h"

#include <stdio.h>
#include <string.h>

enum { FILE_MAX = 256 << 20 };

static enum status render(const struct csv_table *file, const struct table *table, struct buf *out, struct err *err)
{
    struct arena arena = {0};
    struct csv_text fields[CSV_FIELDS_MAX];
    struct csv_record record = {.field_count = table->column_count, .fields = fields};
    enum status status = STATUS_OK;
    if (table->column_count > CSV_FIELDS_MAX)
        return err_set(err, STATUS_BUG, "%s has more columns than a CSV file holds", file->name);
    for (size_t i = 0; i < table->column_count; i++)
        buf_appendf(out, "%s%s", i > 0 ? "," : "", file->columns[i]);
    buf_append_char(out, '\n');
    for (size_t row = 0; status == STATUS_OK && row < table->row_count; row++) {
        for (size_t i = 0; status == STATUS_OK && i < table->column_count; i++) {
            if (!csv_render_value(&arena, table_value(table, row, i), file->excel_safe, &fields[i]))
                status = err_nomem(err);
        }
        if (status == STATUS_OK)
            csv_record_append(out, &record);
        arena_reset(&arena);
    }
    arena_release(&arena);
    return status == STATUS_OK ? buf_status(out, err) : status;
}

/* Compared piece by piece: nothing of the old file is kept. */
static bool file_equals(const char *path, const struct buf *text)
{
    FILE *old = fopen(path, "re");
    if (old == NULL)
        return false;
    char piece[1 << 14];
    size_t at = 0;
    size_t size;
    bool same = true;
    while (same && (size = fread(piece, 1, sizeof piece, old)) > 0) {
        same = size <= text->size - at && memcmp(piece, text->data + at, size) == 0;
        at += same ? size : 0;
    }
    same = same && ferror(old) == 0 && at == text->size;
    (void)fclose(old); /* it was only read */
    return same;
}

enum status csv_table_write(const struct csv_table *file, const struct table *table, struct err *err)
{
    char path[PATH_MAX];
    char temporary[PATH_MAX];
    struct buf text = {.max = FILE_MAX};
    struct fsout out = {0};
    enum status status = csv_files_prepare(file->directory, temporary, err);
    if (status == STATUS_OK)
        status = csv_files_single(file->directory, file->name, path, err);
    if (status == STATUS_OK)
        status = render(file, table, &text, err);
    if (status == STATUS_OK && !file_equals(path, &text)) {
        status = fsout_open_in(&out, path, temporary, 0666, err);
        if (status == STATUS_OK) {
            fsout_write(&out, text.data, text.size);
            status = fsout_commit(&out, err);
        }
        fsout_discard(&out);
    }
    buf_release(&text);
    return status;
}
