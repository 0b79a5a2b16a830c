/* One request against a scripted server, and what came back, kept beyond the callback. */
#ifndef OCCUPORT_TESTS_FETCH_H
#define OCCUPORT_TESTS_FETCH_H

#include "net/http.h"
#include "support/http_script.h"

struct fetched {
    int calls;
    enum status status;
    struct err err;
    long code;
    struct buf body;
    int64_t retry_after_ms;
    uint64_t bytes_received;
    int64_t elapsed_ms;
    bool is_html;
};

/* An http with short timeouts and no proxy in the environment; options may be NULL. */
struct http *fetch_http(const struct http_options *options);

/* Queues a POST of body, or a GET when it is NULL; answers into fetched. */
void fetch_start(struct http *http, const char *url, const char *body, struct fetched *fetched);

/* Polls until nothing is in flight. */
void fetch_wait(struct http *http);

void fetch(struct http *http, const char *url, const char *body, struct fetched *fetched);

/* A handler whose context is a "const char *": the bytes to send, after which the connection is closed. */
void fetch_raw(void *context, const struct script_request *request, struct script_reply *reply);

#endif
