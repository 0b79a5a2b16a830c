/*
 * A Retry-After header and an address, from anywhere.
 *
 * The wait is none, or within its maximum; a number of seconds is that number; a date is so long from the server's own
 * date, or else from now. An address that the job file may hold is one that the transfer takes, to the same host; one
 * without TLS leads to a loopback address only, whoever reads it.
 *
 * Input: a byte (1: an address), then the address; or the header, a newline and the Date header.
 */
#include "config/url.h"
#include "core/text.h"
#include "fuzz.h"
#include "net/retry_after.h"
#include "net/url.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { NOW = 1746057600 };

static bool is_within(int64_t wait)
{
    return wait == -1 || (wait >= 0 && wait <= RETRY_AFTER_MAX_MS);
}

static void check_wait(char *text)
{
    char *newline = strchr(text, '\n');
    const char *date = newline != NULL ? newline + 1 : NULL;
    if (newline != NULL)
        *newline = '\0';
    int64_t wait = retry_after_parse(text, date, NOW);
    int64_t alone = retry_after_parse(text, NULL, NOW);
    int64_t later = retry_after_parse(text, NULL, NOW + 1);
    PROMISE(is_within(wait) && is_within(alone) && is_within(later));
    PROMISE((wait == -1) == (alone == -1) &&
            (wait == -1) == (later == -1)); /* the date decides how long, not whether */
    int64_t seconds;
    if (text_to_int64(text, strlen(text), &seconds)) {
        PROMISE(wait == alone && alone == later);
        if (seconds >= 0 && seconds <= RETRY_AFTER_MAX_MS / 1000)
            PROMISE(wait == seconds * 1000);
        else
            PROMISE(wait == (seconds < 0 ? 0 : RETRY_AFTER_MAX_MS));
    } else if (alone > 0 && alone < RETRY_AFTER_MAX_MS) {
        PROMISE(alone - later == 1000); /* one second later, one second less */
    }
}

/* The host that stands in front of the port of "host:port". */
static bool is_host(const char *peer, const char *authority)
{
    const char *colon = strrchr(peer, ':');
    size_t size = colon != NULL ? (size_t)(colon - peer) : 0;
    return size > 0 && strcspn(authority, ":/?#") == size && strncasecmp(authority, peer, size) == 0;
}

static void check_url(const char *text)
{
    struct err err = {0};
    struct url_target target = {0};
    enum status status = url_parse(text, &target, &err);
    enum url_fault fault = url_check(text, true);
    PROMISE(status == STATUS_OK || status == STATUS_CONFIG);
    if (status == STATUS_CONFIG) {
        char copy[ERR_MESSAGE_MAX];
        memcpy(copy, err.message, strlen(err.message) + 1);
        text_make_printable(copy);
        PROMISE(copy[0] != '\0' && strcmp(copy, err.message) == 0);
        return;
    }
    PROMISE(target.is_https || target.is_loopback);
    bool is_cut = strlen(target.peer) == URL_PEER_SIZE - 1; /* of messages only */
    PROMISE(strlen(target.peer) < URL_PEER_SIZE && (is_cut || strchr(target.peer, ':') != NULL));
    PROMISE(fault != URL_CREDENTIALS);
    const char *host = strstr(text, "://");
    if (fault == URL_FINE && strlen(text) < 200 && strchr(text, '%') == NULL && host != NULL &&
        isalpha((unsigned char)host[3])) /* numbers are brought into their usual form */
        PROMISE(is_host(target.peer, host + 3));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    char *text = malloc(size);
    PROMISE(text != NULL);
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    if ((data[0] & 1) != 0)
        check_url(text);
    else
        check_wait(text);
    free(text);
    return 0;
}
