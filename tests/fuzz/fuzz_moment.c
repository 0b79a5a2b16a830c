/*
 * DATE_TIME_START of any spelling: parsed within bounds to what the C library makes of its digits, its pattern gives
 * the text back, and the instant, written as this program writes instants, is read as the same.
 */
#include "core/clock.h"
#include "fuzz.h"
#include "model/moment.h"

#include <string.h>
#include <time.h>

/* What strftime makes of the pattern is the text itself; that is what the store relies on. */
static void check_pattern(const char *text, size_t size, const struct moment *moment, const char *pattern)
{
    char shown[MOMENT_PATTERN_SIZE];
    if (strcmp(pattern, "%s") == 0) {
        int length = snprintf(shown, sizeof shown, "%lld", (long long)moment->seconds);
        PROMISE(length > 0 && (size_t)length == size && memcmp(shown, text, size) == 0);
        return;
    }
    time_t written = (time_t)(moment->seconds + moment->offset);
    struct tm parts;
    PROMISE(gmtime_r(&written, &parts) != NULL);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    size_t length = strftime(shown, sizeof shown, pattern, &parts);
#pragma GCC diagnostic pop
    PROMISE(length == size && memcmp(shown, text, size) == 0);
}

static int digits(const char *text, size_t at, size_t count)
{
    int value = 0;
    for (size_t i = 0; i < count; i++)
        value = value * 10 + (text[at + i] - '0');
    return value;
}

/* The digits of a date and a time stand at fixed places; libc says which second they are. */
static void check_instant(const char *text, size_t size, const struct moment *moment)
{
    if (size < 10 || text[4] != '-')
        return;
    struct tm parts = {
        .tm_year = digits(text, 0, 4) - 1900, .tm_mon = digits(text, 5, 2) - 1, .tm_mday = digits(text, 8, 2)};
    if (size > 10) {
        parts.tm_hour = digits(text, 11, 2);
        parts.tm_min = digits(text, 14, 2);
        parts.tm_sec = size > 16 && text[16] == ':' ? digits(text, 17, 2) : 0;
    }
    PROMISE(moment->seconds == (int64_t)timegm(&parts) - moment->offset);
}

/* As START_UTC is written. */
static void check_utc(const struct moment *moment)
{
    char text[CLOCK_TEXT_SIZE];
    struct moment again;
    clock_format_utc(moment->seconds, text);
    if (moment->seconds < 0 || moment->seconds > INT64_C(253402300799))
        return; /* an offset leads out of the years that have a text */
    PROMISE(moment_parse(text, strlen(text), &again));
    PROMISE(again.seconds == moment->seconds && again.nanos == 0 && again.zone_known && again.offset == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* A copy of exactly this size, so that a read behind the end is seen. */
    char *text = malloc(size > 0 ? size : 1);
    if (text == NULL)
        return 0;
    memcpy(text, data, size);
    struct moment moment = {.seconds = -1};
    if (moment_parse(text, size, &moment)) {
        char pattern[MOMENT_PATTERN_SIZE];
        PROMISE(size > 0 && size <= MOMENT_TEXT_MAX);
        PROMISE(moment.nanos >= 0 && moment.nanos <= 999999999);
        PROMISE(moment.zone_known || moment.offset == 0);
        PROMISE(moment_compare(&moment, &moment) == 0);
        PROMISE(civil_date_exists(civil_date_from_day(moment_written_day(&moment))));
        check_instant(text, size, &moment);
        check_utc(&moment);
        if (moment_pattern(text, size, &moment, pattern))
            check_pattern(text, size, &moment, pattern);
    } else {
        PROMISE(moment.seconds == -1);
    }
    free(text);
    return 0;
}
