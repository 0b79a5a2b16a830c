/*
 * A small HTTP server on 127.0.0.1 whose answers a test writes by hand, well-formed or not.
 *
 * One thread serves all connections. For each whole request, and for the greeting of a client that wants TLS, it calls
 * the handler, which fills the reply. What the
 * handler changes may be read by the test after the answer arrived, or after http_script_stop.
 */
#ifndef OCCUPORT_TESTS_HTTP_SCRIPT_H
#define OCCUPORT_TESTS_HTTP_SCRIPT_H

#include "core/buf.h"

struct http_script;

struct script_request {
    size_t number;     /* over all connections, from 0 */
    size_t connection; /* from 0, in the order of acceptance */
    const char *head;  /* request line and headers, NUL-terminated */
    const char *body;  /* NUL-terminated */
    size_t body_size;
};

struct script_reply {
    struct buf bytes;  /* sent as they are */
    bool close;        /* then the connection is closed */
    size_t hold_until; /* sent when so many requests have come; SCRIPT_NEVER: not at all */
};

#define SCRIPT_NEVER SIZE_MAX

typedef void http_script_handler(void *context, const struct script_request *request, struct script_reply *reply);

/* Listens on a port that the kernel chooses. Aborts the test when that fails. */
struct http_script *http_script_start(http_script_handler *handler, void *context);

/* "http://127.0.0.1:PORT" */
const char *http_script_url(const struct http_script *script);

size_t http_script_requests(const struct http_script *script);
size_t http_script_connections(const struct http_script *script);

void http_script_stop(struct http_script *script);

/* Appends a well-formed answer; headers: lines that end in \r\n, or "". Content-Length is added. */
void script_answer(struct script_reply *reply, int code, const char *headers, const char *body);
void script_answer_bytes(struct script_reply *reply, int code, const char *headers, const void *body, size_t size);

/* A port of 127.0.0.1 on which nobody listens. */
int script_closed_port(void);

#endif
