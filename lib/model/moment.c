#include "model/moment.h"

#include "core/text.h"

#include <stdio.h>
#include <string.h>

/* A cursor over the text; every reader advances only on success. */
struct reader {
    const char *at;
    size_t left;
};

static bool read_char(struct reader *reader, char c)
{
    if (reader->left == 0 || *reader->at != c)
        return false;
    reader->at++;
    reader->left--;
    return true;
}

static void skip_char(struct reader *reader, char c)
{
    if (reader->left > 0 && *reader->at == c) {
        reader->at++;
        reader->left--;
    }
}

static bool read_digits(struct reader *reader, size_t count, int *ret_value)
{
    if (reader->left < count)
        return false;
    int value = 0;
    for (size_t i = 0; i < count; i++) {
        if (reader->at[i] < '0' || reader->at[i] > '9')
            return false;
        value = value * 10 + (reader->at[i] - '0');
    }
    reader->at += count;
    reader->left -= count;
    *ret_value = value;
    return true;
}

static bool read_fraction(struct reader *reader, int32_t *ret_nanos)
{
    if (!read_char(reader, '.')) {
        *ret_nanos = 0;
        return true;
    }
    int32_t nanos = 0;
    int count = 0;
    while (reader->left > 0 && *reader->at >= '0' && *reader->at <= '9') {
        if (++count > 9)
            return false;
        nanos = nanos * 10 + (*reader->at - '0');
        reader->at++;
        reader->left--;
    }
    if (count == 0)
        return false;
    for (; count < 9; count++)
        nanos *= 10;
    *ret_nanos = nanos;
    return true;
}

/* "", "Z", "+HH:MM", "+HHMM", "+HH", each but the first also behind one blank. */
static bool read_offset(struct reader *reader, struct moment *moment)
{
    if (reader->left == 0)
        return true;
    skip_char(reader, ' ');
    moment->zone_known = true;
    if (read_char(reader, 'Z'))
        return reader->left == 0;
    bool east = reader->left > 0 && *reader->at == '+';
    if (!east && !(reader->left > 0 && *reader->at == '-'))
        return false;
    reader->at++;
    reader->left--;
    int hours;
    int minutes = 0;
    if (!read_digits(reader, 2, &hours))
        return false;
    if (reader->left > 0) {
        skip_char(reader, ':');
        if (!read_digits(reader, 2, &minutes))
            return false;
    }
    if (hours > 18 || minutes > 59 || reader->left != 0)
        return false;
    moment->offset = (hours * 3600 + minutes * 60) * (east ? 1 : -1);
    return true;
}

/* An epoch number: seconds, or milliseconds when it has 12 digits or more. */
static bool parse_epoch(const char *text, size_t size, struct moment *ret_moment)
{
    int64_t value;
    if (size < 9 || !text_to_int64(text, size, &value) || value < 0)
        return false;
    struct moment moment = {.seconds = value, .zone_known = true};
    if (size >= 12) {
        moment.seconds = value / 1000;
        moment.nanos = (int32_t)(value % 1000) * 1000000;
    }
    if (moment.seconds > INT64_C(253402300799)) /* the year 9999 */
        return false;
    *ret_moment = moment;
    return true;
}

static bool read_time(struct reader *reader, int *ret_seconds, int32_t *ret_nanos)
{
    int hour;
    int minute;
    int second = 0;
    if (!read_digits(reader, 2, &hour) || !read_char(reader, ':') || !read_digits(reader, 2, &minute))
        return false;
    *ret_nanos = 0;
    if (read_char(reader, ':') && (!read_digits(reader, 2, &second) || !read_fraction(reader, ret_nanos)))
        return false;
    *ret_seconds = hour * 3600 + minute * 60 + second;
    return hour <= 23 && minute <= 59 && second <= 59;
}

bool moment_parse(const char *text, size_t size, struct moment *ret_moment)
{
    if (size == 0 || size > MOMENT_TEXT_MAX)
        return false;
    civil_day day;
    if (size < 10 || !civil_day_parse(text, 10, &day))
        return parse_epoch(text, size, ret_moment);
    struct moment moment = {.seconds = (int64_t)day * 86400};
    struct reader reader = {text + 10, size - 10};
    if (reader.left > 0) {
        int seconds;
        if (!read_char(&reader, 'T') && !read_char(&reader, ' '))
            return false;
        if (!read_time(&reader, &seconds, &moment.nanos) || !read_offset(&reader, &moment))
            return false;
        moment.seconds += seconds - moment.offset;
    }
    *ret_moment = moment;
    return true;
}

static bool is_date_text(const char *text, size_t size)
{
    return size >= 10 && text[4] == '-';
}

bool moment_pattern(const char *text, size_t size, const struct moment *moment, char out[MOMENT_PATTERN_SIZE])
{
    if (moment->nanos != 0 || size > MOMENT_TEXT_MAX)
        return false;
    if (!is_date_text(text, size)) {
        char canonical[24];
        int length = snprintf(canonical, sizeof canonical, "%lld", (long long)moment->seconds);
        bool milliseconds = size >= 12;
        snprintf(out, MOMENT_PATTERN_SIZE, milliseconds ? "%%s000" : "%%s");
        size_t digits = milliseconds ? size - 3 : size;
        return length > 0 && (size_t)length == digits && memcmp(canonical, text, digits) == 0;
    }
    if (size == 10) {
        snprintf(out, MOMENT_PATTERN_SIZE, "%%Y-%%m-%%d");
        return true;
    }
    bool has_seconds = size > 16 && text[16] == ':';
    size_t rest = has_seconds ? 19 : 16;
    snprintf(out, MOMENT_PATTERN_SIZE, "%%Y-%%m-%%d%c%%H:%%M%s%.*s", text[10], has_seconds ? ":%S" : "",
             (int)(size - rest), text + rest);
    return true;
}

civil_day moment_written_day(const struct moment *moment)
{
    int64_t local = moment->seconds + moment->offset;
    int64_t day = local / 86400;
    return (civil_day)(local % 86400 < 0 ? day - 1 : day);
}

int moment_compare(const struct moment *a, const struct moment *b)
{
    if (a->seconds != b->seconds)
        return a->seconds < b->seconds ? -1 : 1;
    if (a->nanos != b->nanos)
        return a->nanos < b->nanos ? -1 : 1;
    return 0;
}
