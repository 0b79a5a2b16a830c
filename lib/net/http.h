/*
 * HTTP requests, many at once, on one thread: a thin layer over curl_multi.
 *
 * Life cycle: http_new, http_submit any number of requests, http_poll until
 * each has called back, http_free (which drops what is still in flight without calling back).
 * All calls come from one thread; callbacks run inside http_poll.
 *
 * Policy of this layer: HTTP/2 when the server offers it, connections reused,
 * gzip asked for and undone, TLS 1.2 at least and always verified, no
 * redirects, proxies by the usual environment variables, plain http refused
 * unless the host is a loopback address, bodies capped after decompression.
 * It knows nothing of the API and never retries. A message names host and port of the server and never the URL, a
 * header or a body. At level TRACE it logs requests and answers, without anything that is or may be a secret (trace.h).
 *
 * Which failure is which: no connection, whatever the reason (address, proxy, TLS, or no time left) is UNREACHABLE;
 * once the request has left, too little time is TIMEOUT, and an answer that is missing, cut short or not HTTP is
 * BAD_ANSWER. A compressed body that merely ends too early, in an HTTP answer that is whole, comes out as a short
 * body: the library does not tell. What reads the body must notice, as every JSON parser does.
 */
#ifndef OCCUPORT_NET_HTTP_H
#define OCCUPORT_NET_HTTP_H

#include "core/buf.h"

#include <stdint.h>

struct http;

struct http_options {
    const char *ca_file;     /* NULL: the system's certificates */
    const char *user_agent;  /* "occuport/0.1.0" */
    long connect_timeout_ms; /* 0: 15,000 */
    long total_timeout_ms;   /* of one request; 0: 60,000 */
    long low_speed_seconds;  /* no byte for so long ends a request; 0: 30 */
    size_t body_max;         /* bytes of one answer after decompression; 0: 256 MiB */
    long max_connections;    /* at once; 0: 16 */
};

/*
 * Called with the body of an answer of HTTP 2xx whenever more of it came; may take bytes out of it, so that a long
 * answer needs little memory. is_first: nothing of this answer was seen before. Anything but STATUS_OK ends the request
 * with that status and err.
 */
typedef enum status http_receive(void *context, struct buf *body, bool is_first, struct err *err);

/* Copied by http_submit; the caller keeps ownership of what it points to. */
struct http_request {
    const char *url;
    const char *const *headers; /* "Name: value" lines, NULL-terminated; may be NULL. Content-Type is set to JSON */
    const char *body;           /* NULL: GET; else POST */
    size_t body_size;
    http_receive *receive; /* NULL: the whole body waits for done. Its context is that of done */
    size_t body_max;       /* bytes of its answer; 0: as many as the options allow */
    bool hides_path;       /* the URL holds a secret: the trace shows its host only */
    bool is_secret;        /* the answer holds a secret: its memory is overwritten after done */
};

struct http_response {
    enum status status; /* STATUS_OK: a whole answer came, of whatever HTTP code; else err says why not:
                           UNREACHABLE, TIMEOUT, TOO_LARGE (body cap), BAD_ANSWER (cut short, broken gzip, not HTTP),
                           or what receive said */
    struct err err;
    long code;               /* HTTP status code; 0 without an answer */
    const struct buf *body;  /* without what receive took; valid during the callback only */
    int64_t retry_after_ms;  /* from Retry-After, seconds or date; never negative but for -1: none. Not capped */
    uint64_t bytes_received; /* on the wire: headers and body, before decompression */
    int64_t elapsed_ms;
    bool is_html; /* Content-Type says text/html */
};

typedef void http_done(void *context, const struct http_response *response);

/* Options and their texts are copied. STATUS_CONFIG: ca_file cannot be used; STATUS_NOMEM. */
enum status http_new(const struct http_options *options, struct http **ret_http, struct err *err) MUST_CHECK;
void http_free(struct http *http);

/*
 * Queues a request; done is called exactly once from http_poll, never from here.
 * STATUS_CONFIG: the URL is not https nor http to a loopback address; STATUS_NOMEM.
 */
enum status http_submit(struct http *http, const struct http_request *request, http_done *done, void *context,
                        struct err *err) MUST_CHECK;

/*
 * Forgets the requests submitted with this context that have not called back; they never will. For callers that end
 * before their answers. May be called from a callback.
 */
void http_cancel(struct http *http, const void *context);

/* Works for up to timeout_ms, or until something finished or http_wakeup was called. */
enum status http_poll(struct http *http, int timeout_ms, struct err *err) MUST_CHECK;

/* Makes a running http_poll return; may be called from another thread and from a signal handler's pipe reader. */
void http_wakeup(struct http *http);

/* How many submitted requests have not called back. */
size_t http_in_flight(const struct http *http);

/* True when the URL may be used: https, or http to 127.0.0.0/8, [::1] or localhost; no user:password in it. */
bool http_url_is_allowed(const char *url, struct err *err);

/* Process-wide set-up of the library; once, before threads. */
enum status http_global_init(struct err *err) MUST_CHECK;
void http_global_cleanup(void);

#endif
