#include "net/fetch.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

struct http *fetch_http(const struct http_options *options)
{
    static const char *const proxies[] = {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};
    for (size_t i = 0; i < sizeof proxies / sizeof proxies[0]; i++)
        unsetenv(proxies[i]);
    struct err err = {0};
    struct http *http = NULL;
    const struct http_options usual = {.user_agent = "occuport/test", .total_timeout_ms = 20000};
    cr_assert_eq(http_global_init(&err), STATUS_OK);
    cr_assert_eq(http_new(options != NULL ? options : &usual, &http, &err), STATUS_OK, "%s", err.message);
    return http;
}

static void keep(void *context, const struct http_response *response)
{
    struct fetched *fetched = context;
    fetched->calls++;
    fetched->status = response->status;
    fetched->err = response->err;
    fetched->code = response->code;
    fetched->retry_after_ms = response->retry_after_ms;
    fetched->bytes_received = response->bytes_received;
    fetched->elapsed_ms = response->elapsed_ms;
    fetched->is_html = response->is_html;
    buf_reset(&fetched->body);
    buf_append(&fetched->body, buf_text(response->body), response->body->size);
}

void fetch_start(struct http *http, const char *url, const char *body, struct fetched *fetched)
{
    static const char *const headers[] = {"X-Session-Id: secret-session", NULL};
    struct err err = {0};
    const struct http_request request = {
        .url = url, .headers = headers, .body = body, .body_size = body != NULL ? strlen(body) : 0};
    cr_assert_eq(http_submit(http, &request, keep, fetched, &err), STATUS_OK, "%s", err.message);
}

void fetch_wait(struct http *http)
{
    struct err err = {0};
    while (http_in_flight(http) > 0)
        cr_assert_eq(http_poll(http, 1000, &err), STATUS_OK, "%s", err.message);
}

void fetch(struct http *http, const char *url, const char *body, struct fetched *fetched)
{
    int before = fetched->calls;
    fetch_start(http, url, body, fetched);
    fetch_wait(http);
    cr_assert_eq(fetched->calls, before + 1);
}

void fetch_raw(void *context, const struct script_request *request, struct script_reply *reply)
{
    (void)request;
    buf_append_text(&reply->bytes, (const char *)context);
    reply->close = true;
}
