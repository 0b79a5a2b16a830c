/*
 * One request on its way: a handle of the library and all that belongs to it. Private to lib/net.
 *
 * Life cycle: transfer_new, then any number of times transfer_prepare, run the handle, transfer_describe,
 * transfer_reset; transfer_free. A used transfer is worth keeping: its memory serves the next answer.
 */
#ifndef OCCUPORT_NET_TRANSFER_H
#define OCCUPORT_NET_TRANSFER_H

#include "net/http.h"
#include "net/trace.h"
#include "net/url.h"

#include <curl/curl.h>

struct transfer {
    struct transfer *next; /* the list it stands in belongs to http.c */
    struct transfer *previous;
    CURL *easy;
    struct curl_slist *headers;
    struct buf request; /* may hold a secret: wiped by transfer_reset */
    struct buf body;
    struct trace trace;
    size_t body_bytes; /* of the body so far, with what was taken out of it */
    http_receive *receive;
    struct err receive_err;
    size_t header_bytes;
    bool headers_whole; /* the empty line after them came */
    http_done *done;
    void *context;
    struct url_target target;
    char detail[CURL_ERROR_SIZE];
};

/* NULL: no memory. */
struct transfer *transfer_new(size_t body_max);

/* options: with every default filled in. Errors as http_submit. */
enum status transfer_prepare(struct transfer *transfer, const struct http_options *options,
                             const struct http_request *request, struct err *err) MUST_CHECK;

/* What came of it. The body stays the transfer's. */
void transfer_describe(struct transfer *transfer, CURLcode code, struct http_response *ret_response);

void transfer_reset(struct transfer *transfer);
void transfer_free(struct transfer *transfer);

#endif
