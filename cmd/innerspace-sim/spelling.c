#include "spelling.h"

#include "core/civil.h"
#include "core/text.h"

#include <stdio.h>
#include <string.h>

/* What a column of this spelling knows of a start. */
enum face { FACE_INSTANT, FACE_UTC_CLOCK, FACE_LOCAL_CLOCK, FACE_LOCAL_DAY };

struct spelling_row {
    const char *scalar;
    enum face face;
};

static const struct spelling_row rows[SPELLING_COUNT] = {
    [SPELLING_ISO_Z] = {"TIMESTAMP_TZ", FACE_INSTANT},
    [SPELLING_ISO_OFFSET] = {"TIMESTAMP_TZ", FACE_INSTANT},
    [SPELLING_ISO_LOCAL] = {"TIMESTAMP_NTZ", FACE_LOCAL_CLOCK},
    [SPELLING_SNOWFLAKE_NTZ] = {"TIMESTAMP_NTZ", FACE_UTC_CLOCK},
    [SPELLING_SNOWFLAKE_TZ] = {"TIMESTAMP_TZ", FACE_INSTANT},
    [SPELLING_DATE] = {"DATE", FACE_LOCAL_DAY},
    [SPELLING_EPOCH] = {"NUMBER", FACE_INSTANT},
};

enum { MICROS = 1000000, DAY_SECONDS = 86400 };

const char *spelling_scalar(enum spelling spelling)
{
    return rows[spelling].scalar;
}

static int64_t floor_day(int64_t seconds)
{
    int64_t day = seconds / DAY_SECONDS;
    return seconds % DAY_SECONDS < 0 ? day - 1 : day;
}

static void put_digits(char *out, int value, int count)
{
    for (int i = count - 1; i >= 0; i--) {
        out[i] = (char)('0' + value % 10);
        value /= 10;
    }
}

/* "YYYY-MM-DD" and, with separator not NUL, the separator and "HH:MM:SS". Written by hand: it is once a row. */
static size_t put_clock(char *out, int64_t clock_seconds, char separator)
{
    int64_t day = floor_day(clock_seconds);
    struct civil_date date = civil_date_from_day((civil_day)day);
    int second = (int)(clock_seconds - day * DAY_SECONDS);
    memcpy(out, "0000-00-00", 10);
    put_digits(out, date.year, 4);
    put_digits(out + 5, date.month, 2);
    put_digits(out + 8, date.day, 2);
    if (separator == '\0')
        return 10;
    out[10] = separator;
    memcpy(out + 11, "00:00:00", 8);
    put_digits(out + 11, second / 3600, 2);
    put_digits(out + 14, second / 60 % 60, 2);
    put_digits(out + 17, second % 60, 2);
    return 19;
}

static size_t put_offset(char *out, int32_t offset, bool colon)
{
    int minutes = (offset < 0 ? -offset : offset) / 60;
    out[0] = offset < 0 ? '-' : '+';
    put_digits(out + 1, minutes / 60, 2);
    if (colon)
        out[3] = ':';
    put_digits(out + (colon ? 4 : 3), minutes % 60, 2);
    return colon ? 6 : 5;
}

size_t spelling_format(enum spelling spelling, int64_t utc_seconds, int32_t offset, char out[SPELLING_TEXT_SIZE])
{
    int64_t local = utc_seconds + offset;
    size_t size = 0;
    switch (spelling) {
    case SPELLING_ISO_Z:
        size = put_clock(out, utc_seconds, 'T');
        out[size++] = 'Z';
        break;
    case SPELLING_ISO_OFFSET:
        size = put_clock(out, local, 'T');
        size += put_offset(out + size, offset, true);
        break;
    case SPELLING_ISO_LOCAL: size = put_clock(out, local, 'T'); break;
    case SPELLING_SNOWFLAKE_NTZ:
        size = put_clock(out, utc_seconds, ' ');
        memcpy(out + size, ".000", 4);
        size += 4;
        break;
    case SPELLING_SNOWFLAKE_TZ:
        size = put_clock(out, local, ' ');
        memcpy(out + size, ".000 ", 5);
        size += 5;
        size += put_offset(out + size, offset, false);
        break;
    case SPELLING_DATE: size = put_clock(out, local, '\0'); break;
    case SPELLING_EPOCH:
    case SPELLING_COUNT: {
        int length = snprintf(out, SPELLING_TEXT_SIZE, "%lld", (long long)utc_seconds);
        return length > 0 ? (size_t)length : 0;
    }
    }
    out[size] = '\0';
    return size;
}

int64_t spelling_written(enum spelling spelling, int64_t utc_seconds, int32_t offset)
{
    switch (rows[spelling].face) {
    case FACE_LOCAL_CLOCK: return (utc_seconds + offset) * MICROS;
    case FACE_LOCAL_DAY: return floor_day(utc_seconds + offset) * DAY_SECONDS * MICROS;
    case FACE_INSTANT:
    case FACE_UTC_CLOCK: break;
    }
    return utc_seconds * MICROS;
}

struct cursor {
    const char *at;
    size_t left;
};

static bool take(struct cursor *cursor, char c)
{
    if (cursor->left == 0 || *cursor->at != c)
        return false;
    cursor->at++;
    cursor->left--;
    return true;
}

static bool take_number(struct cursor *cursor, size_t digits, int limit, int *ret_value)
{
    int value = 0;
    if (cursor->left < digits)
        return false;
    for (size_t i = 0; i < digits; i++) {
        char c = cursor->at[i];
        if (c < '0' || c > '9')
            return false;
        value = value * 10 + (c - '0');
    }
    cursor->at += digits;
    cursor->left -= digits;
    *ret_value = value;
    return value <= limit;
}

/* ".123": to microseconds, what is finer is cut off; nothing is 0. */
static bool take_fraction(struct cursor *cursor, int64_t *ret_micros)
{
    *ret_micros = 0;
    if (!take(cursor, '.'))
        return true;
    int64_t unit = MICROS / 10;
    int count = 0;
    for (int digit; cursor->left > 0 && take_number(cursor, 1, 9, &digit); count++) {
        *ret_micros += digit * unit;
        unit /= 10;
    }
    return count >= 1 && count <= 9;
}

/* "HH:MM[:SS[.fraction]]" in microseconds. */
static bool take_clock(struct cursor *cursor, int64_t *ret_micros)
{
    int hour;
    int minute;
    int second = 0;
    int64_t fraction = 0;
    if (!take_number(cursor, 2, 23, &hour) || !take(cursor, ':') || !take_number(cursor, 2, 59, &minute))
        return false;
    if (take(cursor, ':') && (!take_number(cursor, 2, 59, &second) || !take_fraction(cursor, &fraction)))
        return false;
    *ret_micros = (int64_t)(hour * 3600 + minute * 60 + second) * MICROS + fraction;
    return true;
}

/* "Z", "+HH", "+HHMM", "+HH:MM", with a blank before or not; nothing is no zone. */
static bool take_zone(struct cursor *cursor, int64_t *ret_seconds)
{
    int hours;
    int minutes = 0;
    *ret_seconds = 0;
    if (cursor->left == 0)
        return true;
    take(cursor, ' ');
    if (take(cursor, 'Z'))
        return cursor->left == 0;
    bool negative = take(cursor, '-');
    if (!negative && !take(cursor, '+'))
        return false;
    if (!take_number(cursor, 2, 18, &hours))
        return false;
    bool colon = take(cursor, ':');
    if ((colon || cursor->left > 0) && !take_number(cursor, 2, 59, &minutes))
        return false;
    *ret_seconds = (negative ? -1 : 1) * (int64_t)(hours * 3600 + minutes * 60);
    return cursor->left == 0;
}

bool spelling_parse(enum spelling spelling, const char *text, size_t size, int64_t *ret_written)
{
    int64_t epoch;
    if (text_to_int64(text, size, &epoch)) {
        if (epoch < -(INT64_MAX / MICROS) || epoch > INT64_MAX / MICROS)
            return false;
        *ret_written = epoch * MICROS;
        return true;
    }
    civil_day day;
    if (size < 10 || !civil_day_parse(text, 10, &day))
        return false;
    struct cursor cursor = {.at = text + 10, .left = size - 10};
    int64_t clock = 0;
    int64_t zone = 0;
    if (cursor.left > 0) {
        if (!take(&cursor, 'T') && !take(&cursor, ' '))
            return false;
        if (!take_clock(&cursor, &clock) || !take_zone(&cursor, &zone))
            return false;
    }
    enum face face = rows[spelling].face;
    int64_t micros = (int64_t)day * DAY_SECONDS * MICROS;
    if (face != FACE_LOCAL_DAY)
        micros += clock;
    if (face == FACE_INSTANT || face == FACE_UTC_CLOCK)
        micros -= zone * MICROS;
    *ret_written = micros;
    return true;
}
