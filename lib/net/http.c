#include "net/http.h"

#include "core/clock.h"
#include "net/ca_file.h"
#include "net/memory.h"
#include "net/transfer.h"
#include "net/url.h"

#include <curl/curl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static const struct http_options defaults = {
    .connect_timeout_ms = 15000,
    .total_timeout_ms = 60000,
    .low_speed_seconds = 30,
    .body_max = (size_t)256 << 20,
    .max_connections = 16,
};

struct http {
    CURLM *multi;
    struct http_options options; /* with every default filled in; its texts are the two below */
    char *ca_file;
    char *user_agent;
    struct clock clock;
    struct transfer *active;
    struct transfer *idle; /* linked by next; at most options.max_connections */
    long idle_count;
    size_t in_flight;
    uint64_t next_number; /* of a request, for the trace */
    atomic_bool woken;
};

/* What the event loop itself reports is never about one request. */
static enum status loop_failure(CURLMcode code, struct err *err)
{
    if (code == CURLM_OUT_OF_MEMORY)
        return err_nomem(err);
    return err_set(err, STATUS_BUG, "HTTP event loop: %s", curl_multi_strerror(code));
}

static void fill_options(struct http_options *options)
{
    if (options->connect_timeout_ms <= 0)
        options->connect_timeout_ms = defaults.connect_timeout_ms;
    if (options->total_timeout_ms <= 0)
        options->total_timeout_ms = defaults.total_timeout_ms;
    if (options->low_speed_seconds <= 0)
        options->low_speed_seconds = defaults.low_speed_seconds;
    if (options->body_max == 0)
        options->body_max = defaults.body_max;
    if (options->max_connections <= 0)
        options->max_connections = defaults.max_connections;
}

static bool copy_texts(struct http *http, const struct http_options *options)
{
    http->ca_file = options->ca_file != NULL ? strdup(options->ca_file) : NULL;
    http->user_agent = options->user_agent != NULL ? strdup(options->user_agent) : NULL;
    http->options.ca_file = http->ca_file;
    http->options.user_agent = http->user_agent;
    return (http->ca_file != NULL) == (options->ca_file != NULL) &&
           (http->user_agent != NULL) == (options->user_agent != NULL);
}

static bool set_up_loop(struct http *http)
{
    long most = http->options.max_connections;
    http->multi = curl_multi_init();
    return http->multi != NULL &&
           curl_multi_setopt(http->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX) == CURLM_OK &&
           curl_multi_setopt(http->multi, CURLMOPT_MAX_HOST_CONNECTIONS, most) == CURLM_OK &&
           curl_multi_setopt(http->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, most) == CURLM_OK &&
           curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, most) == CURLM_OK;
}

enum status http_new(const struct http_options *options, struct http **ret_http, struct err *err)
{
    if (options->ca_file != NULL) {
        enum status status = ca_file_check(options->ca_file, err);
        if (status != STATUS_OK)
            return status;
    }
    struct http *http = calloc(1, sizeof *http);
    if (http == NULL)
        return err_nomem(err);
    http->options = *options;
    http->clock = clock_system();
    atomic_init(&http->woken, false);
    fill_options(&http->options);
    if (!copy_texts(http, options) || !set_up_loop(http)) {
        http_free(http);
        return err_nomem(err);
    }
    *ret_http = http;
    return STATUS_OK;
}

static void link_active(struct http *http, struct transfer *transfer)
{
    transfer->previous = NULL;
    transfer->next = http->active;
    if (http->active != NULL)
        http->active->previous = transfer;
    http->active = transfer;
    http->in_flight++;
}

static void unlink_active(struct http *http, struct transfer *transfer)
{
    if (transfer->previous != NULL)
        transfer->previous->next = transfer->next;
    else
        http->active = transfer->next;
    if (transfer->next != NULL)
        transfer->next->previous = transfer->previous;
    http->in_flight--;
}

static struct transfer *take_idle(struct http *http)
{
    struct transfer *transfer = http->idle;
    if (transfer == NULL)
        return transfer_new(http->options.body_max);
    http->idle = transfer->next;
    http->idle_count--;
    return transfer;
}

static void give_back(struct http *http, struct transfer *transfer)
{
    if (http->idle_count >= http->options.max_connections) {
        transfer_free(transfer);
        return;
    }
    transfer_reset(transfer);
    transfer->next = http->idle;
    http->idle = transfer;
    http->idle_count++;
}

static void drop_active(struct http *http, struct transfer *transfer)
{
    curl_multi_remove_handle(http->multi, transfer->easy);
    unlink_active(http, transfer);
    give_back(http, transfer);
}

void http_free(struct http *http)
{
    if (http == NULL)
        return;
    while (http->active != NULL)
        drop_active(http, http->active);
    while (http->idle != NULL) {
        struct transfer *transfer = http->idle;
        http->idle = transfer->next;
        transfer_free(transfer);
    }
    curl_multi_cleanup(http->multi);
    free(http->ca_file);
    free(http->user_agent);
    free(http);
}

enum status http_submit(struct http *http, const struct http_request *request, http_done *done, void *context,
                        struct err *err)
{
    struct transfer *transfer = take_idle(http);
    if (transfer == NULL)
        return err_nomem(err);
    enum status status = transfer_prepare(transfer, &http->options, request, err);
    if (status == STATUS_OK && !trace_begin(&transfer->trace, ++http->next_number, request->hides_path, transfer->easy))
        status = err_nomem(err);
    if (status == STATUS_OK) {
        CURLMcode code = curl_multi_add_handle(http->multi, transfer->easy);
        status = code == CURLM_OK ? STATUS_OK : loop_failure(code, err);
    }
    if (status != STATUS_OK) {
        give_back(http, transfer);
        return status;
    }
    transfer->receive = request->receive;
    transfer->done = done;
    transfer->context = context;
    link_active(http, transfer);
    return STATUS_OK;
}

void http_cancel(struct http *http, const void *context)
{
    struct transfer *transfer = http->active;
    while (transfer != NULL) {
        struct transfer *next = transfer->next;
        if (transfer->context == context)
            drop_active(http, transfer);
        transfer = next;
    }
}

/* The transfer leaves the lists before its callback, which may submit and cancel others. */
static void call_back(struct http *http, CURL *easy, CURLcode code)
{
    struct transfer *transfer = NULL;
    struct http_response response;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
    curl_multi_remove_handle(http->multi, easy);
    trace_end(&transfer->trace, easy, code);
    transfer_describe(transfer, code, &response);
    unlink_active(http, transfer);
    transfer->done(transfer->context, &response);
    give_back(http, transfer);
}

static bool call_back_finished(struct http *http)
{
    bool any = false;
    int left;
    struct CURLMsg *message;
    while ((message = curl_multi_info_read(http->multi, &left)) != NULL) {
        if (message->msg != CURLMSG_DONE)
            continue;
        call_back(http, message->easy_handle, message->data.result);
        any = true;
    }
    return any;
}

enum status http_poll(struct http *http, int timeout_ms, struct err *err)
{
    int64_t until_ms = clock_monotonic_ms(&http->clock) + timeout_ms;
    for (;;) {
        int running;
        CURLMcode code = curl_multi_perform(http->multi, &running);
        if (code != CURLM_OK)
            return loop_failure(code, err);
        bool any = call_back_finished(http);
        int64_t left_ms = until_ms - clock_monotonic_ms(&http->clock);
        if (atomic_exchange(&http->woken, false) || any || left_ms <= 0)
            return STATUS_OK;
        code = curl_multi_poll(http->multi, NULL, 0, (int)left_ms, NULL);
        if (code != CURLM_OK)
            return loop_failure(code, err);
    }
}

void http_wakeup(struct http *http)
{
    atomic_store(&http->woken, true);
    /* It can fail only when the pipe is full, and then a wakeup is on its way already. */
    (void)curl_multi_wakeup(http->multi);
}

size_t http_in_flight(const struct http *http)
{
    return http->in_flight;
}

bool http_url_is_allowed(const char *url, struct err *err)
{
    struct url_target target;
    return url_parse(url, &target, err) == STATUS_OK;
}

enum status http_global_init(struct err *err)
{
    CURLcode code = curl_global_init_mem(CURL_GLOBAL_DEFAULT, memory_alloc, memory_free, memory_resize,
                                         memory_duplicate, memory_calloc);
    if (code == CURLE_OK)
        return STATUS_OK;
    return err_set(err, STATUS_BUG, "the HTTP library cannot be set up: %s", curl_easy_strerror(code));
}

void http_global_cleanup(void)
{
    curl_global_cleanup();
}
