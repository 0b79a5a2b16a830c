#include "net/transfer.h"

#include "core/clock.h"
#include "net/failure.h"
#include "net/retry_after.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A request is a query, not an upload. */
static const size_t REQUEST_MAX = (size_t)16 << 20;

static const size_t HEADERS_MAX = (size_t)256 << 10;

/* Bytes read at once: fewer calls than the 16 KiB of the library. */
static const long RECEIVE_SIZE = 64L << 10;

/* Memory of a rare huge answer is given back; that of usual pages is kept for the next. */
static const size_t BODY_KEEP_MAX = (size_t)8 << 20;

struct transfer *transfer_new(size_t body_max)
{
    struct transfer *transfer = calloc(1, sizeof *transfer);
    if (transfer == NULL)
        return NULL;
    transfer->easy = curl_easy_init();
    transfer->request.max = REQUEST_MAX;
    transfer->request.secret = true;
    transfer->body.max = body_max;
    if (transfer->easy == NULL) {
        transfer_free(transfer);
        return NULL;
    }
    return transfer;
}

static size_t keep_body(char *bytes, size_t size, size_t count, void *context)
{
    struct transfer *transfer = context;
    bool is_first = transfer->body_bytes == 0;
    long code = 0;
    transfer->body_bytes += size * count;
    buf_append(&transfer->body, bytes, size * count);
    if (transfer->body_bytes > transfer->body.max)
        transfer->body.failed = STATUS_TOO_LARGE;
    if (transfer->body.failed != STATUS_OK)
        return 0;
    if (transfer->receive == NULL || curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &code) != CURLE_OK ||
        code / 100 != 2)
        return size * count;
    enum status status = transfer->receive(transfer->context, &transfer->body, is_first, &transfer->receive_err);
    return status == STATUS_OK ? size * count : 0;
}

/*
 * The headers themselves are asked for later, by name. Here they are bounded, and their end is noticed: to the library,
 * a connection closed in the middle of them is an answer with an empty body.
 */
static size_t watch_headers(char *line, size_t size, size_t count, void *context)
{
    struct transfer *transfer = context;
    size_t length = size * count;
    transfer->header_bytes += length;
    if (length >= strlen("HTTP/") && memcmp(line, "HTTP/", strlen("HTTP/")) == 0)
        transfer->headers_whole = false;
    else if (length > 0 && (line[0] == '\r' || line[0] == '\n'))
        transfer->headers_whole = true;
    return transfer->header_bytes <= HEADERS_MAX ? length : 0;
}

static bool add_header(struct transfer *transfer, const char *line)
{
    struct curl_slist *longer = curl_slist_append(transfer->headers, line);
    if (longer == NULL)
        return false;
    transfer->headers = longer;
    return true;
}

static bool add_headers(struct transfer *transfer, const struct http_request *request)
{
    /* Without "Expect:" a long body would wait for a 100 Continue that some gateways never send. */
    if (request->body != NULL &&
        !(add_header(transfer, "Content-Type: application/json") && add_header(transfer, "Expect:")))
        return false;
    for (size_t i = 0; request->headers != NULL && request->headers[i] != NULL; i++) {
        if (!add_header(transfer, request->headers[i]))
            return false;
    }
    return true;
}

/* What is the same for all requests. */
static bool set_policy(CURL *easy, const struct http_options *options)
{
    const struct {
        CURLoption option;
        long value;
    } numbers[] = {
        {CURLOPT_NOSIGNAL, 1},
        {CURLOPT_FOLLOWLOCATION, 0},
        {CURLOPT_DISALLOW_USERNAME_IN_URL, 1},
        {CURLOPT_TCP_KEEPALIVE, 1},
        {CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
        {CURLOPT_SSL_VERIFYPEER, 1},
        {CURLOPT_SSL_VERIFYHOST, 2},
        {CURLOPT_CONNECTTIMEOUT_MS, options->connect_timeout_ms},
        {CURLOPT_TIMEOUT_MS, options->total_timeout_ms},
        {CURLOPT_BUFFERSIZE, RECEIVE_SIZE},
        {CURLOPT_LOW_SPEED_LIMIT, 1},
        {CURLOPT_LOW_SPEED_TIME, options->low_speed_seconds},
    };
    bool ok = true;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        ok = ok && curl_easy_setopt(easy, numbers[i].option, numbers[i].value) == CURLE_OK;
    ok = ok && curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip") == CURLE_OK;
    if (options->user_agent != NULL)
        ok = ok && curl_easy_setopt(easy, CURLOPT_USERAGENT, options->user_agent) == CURLE_OK;
    if (options->ca_file != NULL)
        ok = ok && curl_easy_setopt(easy, CURLOPT_CAINFO, options->ca_file) == CURLE_OK;
    return ok;
}

static bool set_target(struct transfer *transfer, const char *url)
{
    CURL *easy = transfer->easy;
    bool https = transfer->target.is_https;
    bool ok = curl_easy_setopt(easy, CURLOPT_URL, url) == CURLE_OK &&
              curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, https ? "https" : "http") == CURLE_OK &&
              curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
                               https ? (long)CURL_HTTP_VERSION_2TLS : (long)CURL_HTTP_VERSION_1_1) == CURLE_OK &&
              /* Rather one connection that many requests share than one each. */
              curl_easy_setopt(easy, CURLOPT_PIPEWAIT, https ? 1L : 0L) == CURLE_OK;
    /* A proxy has another idea of what 127.0.0.1 is. */
    if (transfer->target.is_loopback)
        ok = ok && curl_easy_setopt(easy, CURLOPT_NOPROXY, "*") == CURLE_OK;
    return ok;
}

static bool set_request(struct transfer *transfer, const struct http_request *request)
{
    CURL *easy = transfer->easy;
    bool ok =
        add_headers(transfer, request) && curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers) == CURLE_OK;
    if (request->body == NULL)
        return ok && curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L) == CURLE_OK;
    return ok && curl_easy_setopt(easy, CURLOPT_POST, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)transfer->request.size) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_POSTFIELDS, buf_text(&transfer->request)) == CURLE_OK;
}

static bool set_answer(struct transfer *transfer)
{
    CURL *easy = transfer->easy;
    transfer->detail[0] = '\0';
    return curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, keep_body) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, watch_headers) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->detail) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer) == CURLE_OK;
}

enum status transfer_prepare(struct transfer *transfer, const struct http_options *options,
                             const struct http_request *request, struct err *err)
{
    enum status status = url_parse(request->url, &transfer->target, err);
    if (status != STATUS_OK)
        return status;
    transfer->body.secret = request->is_secret;
    transfer->body.max = request->body_max != 0 ? request->body_max : options->body_max;
    buf_append(&transfer->request, request->body, request->body != NULL ? request->body_size : 0);
    status = buf_status(&transfer->request, err);
    if (status != STATUS_OK)
        return err_prefix(err, "request to %s", transfer->target.peer);
    if (!set_policy(transfer->easy, options) || !set_target(transfer, request->url) ||
        !set_request(transfer, request) || !set_answer(transfer))
        return err_nomem(err);
    return STATUS_OK;
}

static const char *header_value(CURL *easy, const char *name)
{
    struct curl_header *header;
    return curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &header) == CURLHE_OK ? header->value : NULL;
}

static void describe_answer(struct transfer *transfer, struct http_response *response)
{
    const char *type = NULL;
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &response->code);
    curl_easy_getinfo(transfer->easy, CURLINFO_CONTENT_TYPE, &type);
    response->is_html = type != NULL && strncasecmp(type, "text/html", strlen("text/html")) == 0;
    struct clock clock = clock_system();
    response->retry_after_ms = retry_after_parse(header_value(transfer->easy, "Retry-After"),
                                                 header_value(transfer->easy, "Date"), clock_wall(&clock));
}

static void describe_failure(struct transfer *transfer, CURLcode code, struct http_response *response)
{
    if (transfer->receive_err.kind != STATUS_OK) {
        response->status = transfer->receive_err.kind;
        response->err = transfer->receive_err;
        return;
    }
    struct failure failure = {
        .code = code,
        .peer = transfer->target.peer,
        .detail = transfer->detail,
        .headers_too_long = transfer->header_bytes > HEADERS_MAX,
        .headers_whole = transfer->headers_whole,
        .body_failed = transfer->body.failed,
        .body_max = transfer->body.max,
    };
    curl_off_t sent_us = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_OS_ERRNO, &failure.os_errno);
    curl_easy_getinfo(transfer->easy, CURLINFO_HTTP_CONNECTCODE, &failure.proxy_code);
    curl_easy_getinfo(transfer->easy, CURLINFO_PRETRANSFER_TIME_T, &sent_us);
    failure.request_was_sent = sent_us > 0;
    response->status = failure_describe(&failure, &response->err);
}

void transfer_describe(struct transfer *transfer, CURLcode code, struct http_response *ret_response)
{
    struct http_response response = {.body = &transfer->body, .retry_after_ms = -1};
    curl_off_t body_bytes = 0;
    curl_off_t elapsed_us = 0;
    long header_bytes = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_SIZE_DOWNLOAD_T, &body_bytes);
    curl_easy_getinfo(transfer->easy, CURLINFO_HEADER_SIZE, &header_bytes);
    curl_easy_getinfo(transfer->easy, CURLINFO_TOTAL_TIME_T, &elapsed_us);
    response.bytes_received = (uint64_t)body_bytes + (uint64_t)header_bytes;
    response.elapsed_ms = (int64_t)elapsed_us / 1000;
    describe_answer(transfer, &response);
    if (code == CURLE_OK && !transfer->headers_whole)
        code = CURLE_GOT_NOTHING;
    if (code != CURLE_OK)
        describe_failure(transfer, code, &response);
    *ret_response = response;
}

static void wipe_headers(struct transfer *transfer)
{
    for (struct curl_slist *line = transfer->headers; line != NULL; line = line->next)
        explicit_bzero(line->data, strlen(line->data));
    curl_slist_free_all(transfer->headers);
    transfer->headers = NULL;
}

void transfer_reset(struct transfer *transfer)
{
    curl_easy_reset(transfer->easy);
    wipe_headers(transfer);
    buf_release(&transfer->request);
    if (transfer->body.capacity > BODY_KEEP_MAX)
        buf_release(&transfer->body);
    buf_reset(&transfer->body);
    trace_reset(&transfer->trace);
    transfer->body_bytes = 0;
    transfer->receive = NULL;
    transfer->receive_err = (struct err){0};
    transfer->header_bytes = 0;
    transfer->headers_whole = false;
    transfer->done = NULL;
    transfer->context = NULL;
}

void transfer_free(struct transfer *transfer)
{
    if (transfer == NULL)
        return;
    curl_easy_cleanup(transfer->easy);
    wipe_headers(transfer);
    buf_release(&transfer->request);
    buf_release(&transfer->body);
    trace_release(&transfer->trace);
    free(transfer);
}
