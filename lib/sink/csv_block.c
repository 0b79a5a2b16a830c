#include "sink/csv_block.h"

#include "core/clock.h"
#include "sink/csv_render.h"

#include <math.h>
#include <string.h>

enum { NUMBER_MAX = 32, DERIVED_MAX = 64, DAY_SECONDS = 86400 };

/* Dates that the rows of a day share. */
struct dates {
    bool has_utc;
    int64_t utc_day;
    char utc[CLOCK_TEXT_SIZE]; /* up to the 'T' */
    size_t utc_size;
    bool has_local;
    int64_t local_day;
    char local[CIVIL_TEXT_SIZE];
    size_t local_size;
};

struct block {
    struct buf *out;
    const struct csv_columns *columns;
    struct buf head;    /* the fields that all rows of the slice begin with, each with its comma */
    struct arena arena; /* of one value that is not written directly */
    bool excel_safe;
    struct dates dates;
};

static char *write_text(char *at, const char *text, size_t size)
{
    memcpy(at, text, size);
    return at + size;
}

static char *write_digits(char *at, uint64_t number)
{
    char digits[20];
    size_t count = 0;
    do
        digits[count++] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    while (count > 0)
        *at++ = digits[--count];
    return at;
}

static char *write_integer(char *at, int64_t number)
{
    if (number < 0)
        *at++ = '-';
    return write_digits(at, number < 0 ? 0 - (uint64_t)number : (uint64_t)number);
}

/* mantissa / 10^places, which has no zero at its end. */
static char *write_decimal(char *at, uint64_t mantissa, int places, uint64_t power)
{
    at = write_digits(at, mantissa / power);
    if (places == 0)
        return at;
    *at++ = '.';
    uint64_t fraction = mantissa % power;
    for (uint64_t digit = power / 10; digit > 0; digit /= 10)
        *at++ = (char)('0' + fraction / digit % 10);
    return at;
}

/*
 * A decimal of up to 15 digits that reads back as the number is what printf's %.15g gives, as long as that needs no
 * exponent. NULL: there is none with so few places.
 */
static char *write_real(char *at, double number)
{
    enum { PLACES_MAX = 9 };
    double magnitude = fabs(number);
    double scale = 1;
    uint64_t power = 1;
    if (number == 0 || magnitude < 1e-4 || magnitude >= 1e15)
        return NULL;
    for (int places = 0; places <= PLACES_MAX; places++, scale *= 10, power *= 10) {
        double scaled = magnitude * scale;
        if (scaled >= 1e15)
            return NULL;
        uint64_t mantissa = (uint64_t)(scaled + 0.5);
        if (mantissa >= 1000000000000000 || (double)mantissa / scale != magnitude)
            continue;
        if (number < 0)
            *at++ = '-';
        return write_decimal(at, mantissa, places, power);
    }
    return NULL;
}

/* Anything else as it stands in a record. */
static enum status append_other(struct block *block, const struct value *value, struct err *err)
{
    struct csv_text text;
    if (!csv_render_value(&block->arena, value, block->excel_safe, &text))
        return err_nomem(err);
    csv_field_append(block->out, &text);
    return STATUS_OK;
}

static enum status append_value(struct block *block, const struct value *value, struct err *err)
{
    char *begin = buf_reserve(block->out, NUMBER_MAX);
    char *end = NULL;
    if (begin == NULL || value->kind == VALUE_NULL)
        return STATUS_OK;
    if (value->kind == VALUE_INTEGER)
        end = write_integer(begin, value->integer);
    else if (value->kind == VALUE_REAL)
        end = write_real(begin, value->real);
    if (end == NULL)
        return append_other(block, value, err);
    buf_advance(block->out, (size_t)(end - begin));
    return STATUS_OK;
}

static char *write_two(char *at, int64_t number)
{
    *at++ = (char)('0' + number / 10);
    *at++ = (char)('0' + number % 10);
    return at;
}

static int64_t floor_days(int64_t seconds)
{
    return seconds / DAY_SECONDS - (seconds % DAY_SECONDS < 0);
}

static char *write_utc(struct dates *dates, char *at, int64_t seconds)
{
    static const char time_of_day[] = "T00:00:00Z";
    int64_t day = floor_days(seconds);
    int64_t second = seconds - day * DAY_SECONDS;
    if (!dates->has_utc || day != dates->utc_day) {
        clock_format_utc(day * DAY_SECONDS, dates->utc);
        size_t size = strlen(dates->utc);
        dates->utc_size = size > sizeof time_of_day - 1 ? size - (sizeof time_of_day - 1) : 0;
        dates->utc_day = day;
        dates->has_utc = true;
    }
    if (dates->utc_size == 0) /* no date that can be shown */
        return at;
    at = write_text(at, dates->utc, dates->utc_size);
    *at++ = 'T';
    at = write_two(at, second / 3600);
    *at++ = ':';
    at = write_two(at, second / 60 % 60);
    *at++ = ':';
    at = write_two(at, second % 60);
    *at++ = 'Z';
    return at;
}

/* `,START_UTC,LOCAL_DATE,LOCAL_HOUR` and the end of the line. */
static void append_derived(struct block *block, const struct zone *zone, const struct moment *start)
{
    struct dates *dates = &block->dates;
    char *begin = buf_reserve(block->out, DERIVED_MAX);
    char *at = begin;
    if (begin == NULL)
        return;
    int64_t local = start->seconds + (start->zone_known ? zone_offset_at(zone, start->seconds) : 0);
    int64_t day = floor_days(local);
    if (!dates->has_local || day != dates->local_day) {
        civil_day_format((civil_day)day, dates->local);
        dates->local_size = strlen(dates->local);
        dates->local_day = day;
        dates->has_local = true;
    }
    *at++ = ',';
    if (start->zone_known)
        at = write_utc(dates, at, start->seconds);
    *at++ = ',';
    at = write_text(at, dates->local, dates->local_size);
    *at++ = ',';
    at = write_digits(at, (uint64_t)(local - day * DAY_SECONDS) / 3600);
    *at++ = '\n';
    buf_advance(block->out, (size_t)(at - begin));
}

static enum status append_row(struct block *block, const struct sink_slice *slice, const struct row *row,
                              struct err *err)
{
    enum status status = STATUS_OK;
    size_t begin = block->out->size;
    buf_append(block->out, block->head.data, block->head.size);
    csv_field_append(block->out, &(struct csv_text){row->start_text, row->start_size, false});
    for (size_t i = 0; status == STATUS_OK && i < block->columns->job_count; i++) {
        buf_append_char(block->out, ',');
        status = append_value(block, &row->values[i], err);
    }
    append_derived(block, slice->zone, &row->start);
    if (status != STATUS_OK || block->out->size - begin < CSV_RECORD_MAX)
        return status;
    struct csv_record record; /* quotes do not count: csv_render is the judge */
    return csv_render(slice, row, block->columns, block->excel_safe, &block->arena, &record, err);
}

static void make_head(struct block *block, const struct sink_slice *slice)
{
    const struct series_key *key = &slice->key;
    char ids[2 * NUMBER_MAX];
    char *at = write_integer(ids, key->building_id);
    *at++ = ',';
    at = write_integer(at, key->site_id);
    *at++ = ',';
    buf_append(&block->head, ids, (size_t)(at - ids));
    csv_field_append(&block->head, &(struct csv_text){key->group_id, strlen(key->group_id), false});
    buf_append_char(&block->head, ',');
    csv_field_append(&block->head, &(struct csv_text){key->granularity, strlen(key->granularity), false});
    ids[0] = ',';
    at = write_integer(ids + 1, civil_day_to_partition(slice->day));
    *at++ = ',';
    buf_append(&block->head, ids, (size_t)(at - ids));
}

enum status csv_block_append(struct buf *out, const struct sink_slice *slice, const struct csv_columns *columns,
                             bool excel_safe, struct err *err)
{
    struct block block = {.out = out, .columns = columns, .excel_safe = excel_safe};
    make_head(&block, slice);
    enum status status = buf_status(&block.head, err);
    for (size_t i = 0; status == STATUS_OK && i < slice->row_count; i++) {
        status = append_row(&block, slice, &slice->rows[i], err);
        arena_reset(&block.arena);
    }
    buf_release(&block.head);
    arena_release(&block.arena);
    return status == STATUS_OK ? buf_status(out, err) : status;
}
