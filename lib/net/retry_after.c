#include "net/retry_after.h"

#include "core/text.h"

#include <curl/curl.h>
#include <string.h>

int64_t retry_after_parse(const char *value, const char *date, int64_t now_seconds)
{
    int64_t seconds;
    if (value == NULL)
        return -1;
    if (!text_to_int64(value, strlen(value), &seconds)) {
        time_t then = curl_getdate(value, NULL);
        if (then == (time_t)-1)
            return -1;
        time_t sent = date != NULL ? curl_getdate(date, NULL) : (time_t)-1;
        seconds = (int64_t)then - (sent != (time_t)-1 ? (int64_t)sent : now_seconds);
    }
    if (seconds < 0)
        return 0;
    return seconds < RETRY_AFTER_MAX_MS / 1000 ? seconds * 1000 : RETRY_AFTER_MAX_MS;
}
