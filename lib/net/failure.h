/* What a failed transfer is called in our words. Private to lib/net. */
#ifndef OCCUPORT_NET_FAILURE_H
#define OCCUPORT_NET_FAILURE_H

#include "core/err.h"

#include <curl/curl.h>

struct failure {
    CURLcode code; /* not CURLE_OK */
    const char *peer;
    const char *detail; /* the library's own words; shown only for codes where they hold no secret */
    long os_errno;      /* 0: none */
    long proxy_code;    /* HTTP code of a proxy's answer to CONNECT; 0: none */
    bool headers_too_long;
    bool headers_whole;
    bool request_was_sent;   /* false: the connection never came to be usable */
    enum status body_failed; /* why the body could not be kept, or STATUS_OK */
    size_t body_max;
};

/* Sets err to a message that names the peer, never the request; returns its kind. */
enum status failure_describe(const struct failure *failure, struct err *err);

#endif
