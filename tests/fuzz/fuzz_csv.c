/*
 * CSV from anywhere, and CSV of our own.
 *
 * A file read in pieces of any size gives the same records, places and error as the file read at once; what was read is
 * written and read again the same. A row of any values that is written by either writer (csv_record_append, csv_block)
 * is the same bytes, and reads back as the same row.
 *
 * Input: a byte of switches (1: rows of our own, 2: excel_safe, 4: with an extra key, which csv_block does not know), a
 * byte for the size of the pieces, the file, or what the values of the rows are made of. No file is opened: the linker
 * puts the functions __wrap_* in front.
 */
#include "fuzz.h"
#include "sink/csv_block.h"
#include "sink/csv_render.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#define CSV_PATH "fuzz.csv"

enum { CSV_FD = 1 << 20, SHOWN_MAX = 16 << 20 };

int __wrap_open(const char *path, int flags, ...);
int __real_open(const char *path, int flags, ...);
ssize_t __wrap_read(int fd, void *out, size_t size);
ssize_t __real_read(int fd, void *out, size_t size);
int __wrap_close(int fd);
int __real_close(int fd);

/* The file that there is. */
static struct {
    const char *bytes;
    size_t size;
    size_t at;
    size_t piece;
    bool interrupted;
} file;

int __wrap_open(const char *path, int flags, ...)
{
    if (strcmp(path, CSV_PATH) == 0) {
        file.at = 0;
        return CSV_FD;
    }
    va_list args;
    va_start(args, flags);
    mode_t mode = (flags & O_CREAT) != 0 ? va_arg(args, mode_t) : 0;
    va_end(args);
    return __real_open(path, flags, mode);
}

/* One piece; every second call is interrupted by a signal first. */
ssize_t __wrap_read(int fd, void *out, size_t size)
{
    if (fd != CSV_FD)
        return __real_read(fd, out, size);
    file.interrupted = !file.interrupted;
    if (file.interrupted) {
        errno = EINTR;
        return -1;
    }
    size_t left = file.size - file.at;
    size_t most = size < file.piece ? size : file.piece;
    size_t got = left < most ? left : most;
    memcpy(out, file.bytes + file.at, got);
    file.at += got;
    return (ssize_t)got;
}

int __wrap_close(int fd)
{
    return fd == CSV_FD ? 0 : __real_close(fd);
}

/* What a file holds: every field with its place, kind and bytes, and how it ended. */
static enum status show(const char *bytes, size_t size, size_t piece, struct buf *shown, struct buf *rewritten)
{
    struct csv_reader *reader = NULL;
    const struct csv_field *fields;
    size_t count = 1;
    struct err err = {0};
    file.bytes = bytes;
    file.size = size;
    file.piece = piece;
    PROMISE(csv_reader_open(CSV_PATH, &reader, &err) == STATUS_OK && reader != NULL);
    enum status status = STATUS_OK;
    while (count > 0 && (status = csv_reader_next(reader, &fields, &count, &err)) == STATUS_OK) {
        for (size_t i = 0; i < count; i++) {
            PROMISE(!fields[i].is_null || fields[i].size == 0);
            PROMISE(memchr(fields[i].text, '\0', fields[i].size) == NULL);
            buf_appendf(shown, "%zu:%zu%c%zu<", fields[i].line, fields[i].column, fields[i].is_null ? '-' : '+',
                        fields[i].size);
            buf_append(shown, fields[i].text, fields[i].size);
            const struct csv_text text = {fields[i].text, fields[i].size, fields[i].is_null};
            if (i > 0)
                buf_append_char(rewritten, ',');
            csv_field_append(rewritten, &text);
        }
        if (count > 0) {
            buf_append_text(shown, "\n");
            buf_append_char(rewritten, '\n');
        }
    }
    PROMISE(status == STATUS_OK || status == STATUS_IO);
    if (status != STATUS_OK)
        buf_append_text(shown, err.message);
    csv_reader_close(reader);
    return status;
}

static bool same(const struct buf *a, const struct buf *b)
{
    return a->size == b->size && memcmp(buf_text(a), buf_text(b), a->size) == 0;
}

/* The values alone: places differ between two spellings of one record. */
static void strip_places(struct buf *rewritten, const char *bytes, size_t size)
{
    struct buf ignored = {.max = SHOWN_MAX};
    PROMISE(show(bytes, size, size + 1, &ignored, rewritten) == STATUS_OK);
    buf_release(&ignored);
}

static void check_file(const char *bytes, size_t size, size_t piece)
{
    struct buf whole = {.max = SHOWN_MAX};
    struct buf pieces = {.max = SHOWN_MAX};
    struct buf rewritten = {.max = SHOWN_MAX};
    struct buf again = {.max = SHOWN_MAX};
    struct buf settled = {.max = SHOWN_MAX};
    enum status status = show(bytes, size, size + 1, &whole, &rewritten);
    PROMISE(show(bytes, size, piece, &pieces, &again) == status);
    PROMISE(same(&whole, &pieces) && same(&rewritten, &again));
    if (status == STATUS_OK) {
        /* What was read, written: it is read as the same, to the last field. */
        strip_places(&settled, buf_text(&rewritten), rewritten.size);
        PROMISE(same(&rewritten, &settled));
        size_t records = 0;
        size_t records_again = 0;
        for (size_t i = 0; i < rewritten.size; i++)
            records += rewritten.data[i] == '\n';
        for (size_t i = 0; i < settled.size; i++)
            records_again += settled.data[i] == '\n';
        PROMISE(records == records_again);
    }
    buf_release(&whole);
    buf_release(&pieces);
    buf_release(&rewritten);
    buf_release(&again);
    buf_release(&settled);
}

/* Bytes are taken from the front of the input; behind its end there are zeros. */
struct bytes {
    const uint8_t *at;
    size_t left;
};

static uint8_t take(struct bytes *bytes)
{
    if (bytes->left == 0)
        return 0;
    bytes->left--;
    return *bytes->at++;
}

static int64_t take_integer(struct bytes *bytes)
{
    uint64_t value = 0;
    for (int i = 0; i < 8; i++)
        value = value << 8 | take(bytes);
    return (int64_t)value;
}

static struct value take_value(struct bytes *bytes)
{
    uint8_t kind = take(bytes);
    if (kind % 5 == 0)
        return (struct value){.kind = VALUE_NULL};
    if (kind % 5 == 1)
        return (struct value){.kind = VALUE_INTEGER, .integer = take_integer(bytes)};
    if (kind % 5 == 2) {
        int64_t bits = take_integer(bytes);
        double real;
        memcpy(&real, &bits, sizeof real);
        if (!isfinite(real)) /* no JSON number is */
            real = (double)bits / 1000;
        return (struct value){.kind = VALUE_REAL, .real = real};
    }
    size_t size = take(bytes);
    size = size < bytes->left ? size : bytes->left;
    struct value value = value_of_text(kind % 5 == 3 ? VALUE_TEXT : VALUE_JSON, (const char *)bytes->at, size);
    bytes->at += size;
    bytes->left -= size;
    return value;
}

enum { ROW_COLUMNS = 3, ROW_KEYS = 1 };

static const char *const row_columns[ROW_COLUMNS] = {"A", "B", "C"};
static const char *const row_keys[ROW_KEYS] = {"ZONE"};
static const char *const groups[] = {"a", "group, with \"all\"", "00000000-0000-0000-0000-000000000000", "\xC3\xA9\n"};
static const char *const starts[] = {"2025-05-01T04:00:00Z", "2025-05-01 05:00", "2025-05-01",
                                     "1746057600",           "1746057600123",    "2025-11-02T05:30:00.000-04:00"};

/* The line as it is read by the reader of such files: equal, field by field, and with the key that was written. */
static void check_line(const struct buf *line, const struct csv_columns *columns, const struct csv_record *want,
                       size_t piece)
{
    struct csv_reader *reader = NULL;
    const struct csv_field *fields;
    size_t count = 0;
    size_t map[CSV_FIELDS_MAX];
    struct csv_text texts[CSV_FIELDS_MAX];
    struct csv_record got = {.fields = texts};
    struct err err = {0};
    struct csv_columns joined = *columns;
    struct arena arena = {0};
    struct buf text = {.max = SHOWN_MAX};
    csv_header_append(&text, columns);
    buf_append(&text, line->data, line->size);
    file.bytes = text.data;
    file.size = text.size;
    file.piece = piece;
    PROMISE(csv_reader_open(CSV_PATH, &reader, &err) == STATUS_OK);
    PROMISE(csv_reader_next(reader, &fields, &count, &err) == STATUS_OK);
    PROMISE(csv_columns_join(&joined, reader, fields, count, map, &arena, &err) == STATUS_OK);
    PROMISE(joined.count == columns->count && count == columns->count);
    PROMISE(csv_reader_next(reader, &fields, &count, &err) == STATUS_OK);
    PROMISE(csv_record_read(&got, &joined, reader, fields, count, map, columns->count, &err) == STATUS_OK);
    PROMISE(csv_record_same(&got, want, columns->count) && csv_record_compare(&got, want) == 0);
    PROMISE(got.building_id == want->building_id && got.site_id == want->site_id && got.partition == want->partition);
    PROMISE(csv_reader_next(reader, &fields, &count, &err) == STATUS_OK && count == 0);
    csv_reader_close(reader);
    arena_release(&arena);
    buf_release(&text);
}

/* A start of one of the spellings, or any second up to the year 9999. */
static const char *take_start(struct bytes *bytes, char epoch[24])
{
    size_t which = take(bytes) % (sizeof starts / sizeof starts[0] + 1);
    if (which < sizeof starts / sizeof starts[0])
        return starts[which];
    snprintf(epoch, 24, "%" PRId64, 100000000 + (int64_t)((uint64_t)take_integer(bytes) % 253302300000U));
    return epoch;
}

/* Both writers give these bytes; the reader gives the row. */
static void check_written(const struct sink_slice *slice, const struct csv_columns *columns, bool excel_safe,
                          size_t piece)
{
    struct err err = {0};
    struct arena arena = {0};
    struct csv_record record;
    struct buf line = {.max = SHOWN_MAX};
    struct buf block = {.max = SHOWN_MAX};
    PROMISE(csv_render(slice, slice->rows, columns, excel_safe, &arena, &record, &err) == STATUS_OK);
    csv_record_append(&line, &record);
    if (columns->key_count == CSV_KEY_COUNT) {
        PROMISE(csv_block_append(&block, slice, columns, excel_safe, &err) == STATUS_OK);
        PROMISE(same(&line, &block));
    }
    check_line(&line, columns, &record, piece);
    buf_release(&line);
    buf_release(&block);
    arena_release(&arena);
}

static void check_row(struct bytes *bytes, unsigned switches, size_t piece, const struct zone *zone)
{
    const struct dataset dataset = {.name = "rows", .key_count = (switches & 4) != 0 ? ROW_KEYS : 0, .keys = row_keys};
    struct csv_columns columns;
    struct value values[ROW_COLUMNS];
    struct value keys[ROW_KEYS];
    char epoch[24];
    const char *start = take_start(bytes, epoch);
    const char *group = groups[take(bytes) % (sizeof groups / sizeof groups[0])];
    int64_t building = take_integer(bytes);
    for (size_t i = 0; i < ROW_KEYS; i++)
        keys[i] = take_value(bytes);
    for (size_t i = 0; i < ROW_COLUMNS; i++)
        values[i] = take_value(bytes);
    struct row row = {.start_text = start, .start_size = strlen(start), .keys = keys, .values = values};
    PROMISE(moment_parse(start, row.start_size, &row.start));
    const struct sink_slice slice = {
        .key = {building, -(building / 3), group, "PT1H"}, .zone = zone, .day = 20209, .rows = &row, .row_count = 1};
    PROMISE(csv_columns_init(&columns, &dataset, ROW_COLUMNS, row_columns, NULL) == STATUS_OK);
    check_written(&slice, &columns, (switches & 2) != 0, piece);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct zone *zone; /* for the life of the program */
    if (zone == NULL)
        PROMISE(zone_load("America/Toronto", &zone, NULL) == STATUS_OK);
    if (size < 2)
        return 0;
    size_t piece = data[1] % 64 + 1U;
    if ((data[0] & 1) == 0) {
        check_file((const char *)data + 2, size - 2, piece);
        return 0;
    }
    struct bytes bytes = {data + 2, size - 2};
    do {
        check_row(&bytes, data[0], piece, zone);
    } while (bytes.left > 0);
    return 0;
}
