/* DATE_TIME_START of any spelling: parsed within bounds, and its pattern gives the text back. */
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
        if (moment_pattern(text, size, &moment, pattern))
            check_pattern(text, size, &moment, pattern);
    } else {
        PROMISE(moment.seconds == -1);
    }
    free(text);
    return 0;
}
