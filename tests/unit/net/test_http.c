#include "core/clock.h"
#include "net/fetch.h"
#include "net/gzip_samples.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Answers with the request it got. */
static void echo(void *context, const struct script_request *request, struct script_reply *reply)
{
    (void)context;
    struct buf both = {0};
    buf_append_text(&both, request->head);
    buf_append(&both, request->body, request->body_size);
    script_answer(reply, 200, "Content-Type: application/json\r\n", buf_text(&both));
    buf_release(&both);
}

Test(http, post_carries_body_headers_and_user_agent)
{
    struct http_script *script = http_script_start(echo, NULL);
    struct http *http = fetch_http(NULL);
    struct fetched got = {0};
    fetch(http, http_script_url(script), "{\"query\":1}", &got);
    cr_assert_eq(got.status, STATUS_OK, "%s", got.err.message);
    cr_assert_eq(got.code, 200);
    const char *text = buf_text(&got.body);
    cr_expect(strncmp(text, "POST / HTTP/1.1\r\n", 17) == 0, "%s", text);
    cr_expect(strstr(text, "\r\nContent-Type: application/json\r\n") != NULL);
    cr_expect(strstr(text, "\r\nX-Session-Id: secret-session\r\n") != NULL);
    cr_expect(strstr(text, "\r\nUser-Agent: occuport/test\r\n") != NULL);
    cr_expect(strstr(text, "\r\nAccept-Encoding: gzip\r\n") != NULL);
    cr_expect(strstr(text, "Expect:") == NULL);
    cr_expect_str_eq(text + strlen(text) - 11, "{\"query\":1}");
    cr_expect_not(got.is_html);
    cr_expect_eq(got.retry_after_ms, -1);
    cr_expect_gt(got.bytes_received, got.body.size, "headers count");
    buf_release(&got.body);
    http_free(http);
    http_script_stop(script);
}

Test(http, no_body_is_a_get)
{
    struct http_script *script = http_script_start(echo, NULL);
    struct http *http = fetch_http(NULL);
    struct fetched got = {0};
    fetch(http, http_script_url(script), "{}", &got);
    fetch(http, http_script_url(script), NULL, &got);
    cr_assert(strncmp(buf_text(&got.body), "GET / ", 6) == 0, "%s", buf_text(&got.body));
    cr_assert(strstr(buf_text(&got.body), "application/json") == NULL, "nothing is left of the request before");
    buf_release(&got.body);
    http_free(http);
    http_script_stop(script);
}

Test(http, connection_is_reused_and_many_requests_share_a_few)
{
    struct http_script *script = http_script_start(echo, NULL);
    const struct http_options options = {.max_connections = 3};
    struct http *http = fetch_http(&options);
    struct fetched got = {0};
    for (int i = 0; i < 5; i++)
        fetch(http, http_script_url(script), "{}", &got);
    cr_assert_eq(http_script_connections(script), 1);
    for (int i = 0; i < 20; i++)
        fetch_start(http, http_script_url(script), "{}", &got);
    cr_assert_eq(http_in_flight(http), 20);
    fetch_wait(http);
    cr_assert_eq(got.calls, 25);
    cr_assert_leq(http_script_connections(script), 3);
    buf_release(&got.body);
    http_free(http);
    http_script_stop(script);
}

static void send_gzip(void *context, const struct script_request *request, struct script_reply *reply)
{
    (void)context;
    (void)request;
    script_answer_bytes(reply, 200, "Content-Encoding: gzip\r\n", gzip_text, sizeof gzip_text);
}

Test(http, gzip_is_undone_and_the_wire_is_counted)
{
    struct http_script *script = http_script_start(send_gzip, NULL);
    struct http *http = fetch_http(NULL);
    struct fetched got = {0};
    fetch(http, http_script_url(script), "{}", &got);
    cr_assert_eq(got.status, STATUS_OK, "%s", got.err.message);
    cr_assert_str_eq(buf_text(&got.body), GZIP_TEXT);
    cr_assert_geq(got.bytes_received, sizeof gzip_text);
    cr_assert_leq(got.bytes_received, sizeof gzip_text + 200);
    buf_release(&got.body);
    http_free(http);
    http_script_stop(script);
}

Test(http, chunks_trailers_and_interim_answers_are_read)
{
    char text[] = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
                  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
                  "3\r\n{\"a\r\n6;ext=1\r\n\": 12}\r\n0\r\nX-Sum: 1\r\n\r\n";
    struct http_script *script = http_script_start(fetch_raw, text);
    struct http *http = fetch_http(NULL);
    struct fetched got = {0};
    fetch(http, http_script_url(script), "{}", &got);
    cr_assert_eq(got.status, STATUS_OK, "%s", got.err.message);
    cr_assert_eq(got.code, 200);
    cr_assert_str_eq(buf_text(&got.body), "{\"a\": 12}");
    buf_release(&got.body);
    http_free(http);
    http_script_stop(script);
}

struct plain_answer {
    int code;
    const char *headers;
    const char *body;
};

static void send_plain(void *context, const struct script_request *request, struct script_reply *reply)
{
    const struct plain_answer *answer = context;
    (void)request;
    script_answer(reply, answer->code, answer->headers, answer->body);
}

Test(http, any_code_is_an_answer_and_redirects_are_not_followed)
{
    static const int codes[] = {200, 204, 301, 302, 307, 400, 401, 403, 404, 413, 429, 500, 503};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        struct plain_answer answer = {codes[i], "Location: /elsewhere\r\n", ""};
        struct http_script *script = http_script_start(send_plain, &answer);
        struct http *http = fetch_http(NULL);
        struct fetched got = {0};
        fetch(http, http_script_url(script), "{}", &got);
        cr_expect_eq(got.status, STATUS_OK, "%d: %s", codes[i], got.err.message);
        cr_expect_eq(got.code, codes[i]);
        cr_expect_eq(http_script_requests(script), 1);
        buf_release(&got.body);
        http_free(http);
        http_script_stop(script);
    }
}

Test(http, retry_after_is_read_in_both_forms_and_html_is_noticed)
{
    static const struct {
        const char *headers;
        int64_t retry_after_ms;
        bool is_html;
    } rows[] = {
        {"Retry-After: 7\r\nContent-Type: text/html; charset=utf-8\r\n", 7000, true},
        {"retry-after:  7 \r\ncontent-type: TEXT/HTML\r\n", 7000, true},
        {"Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nRetry-After: Sun, 06 Nov 1994 08:50:37 GMT\r\n", 60000, false},
        {"Retry-After: Sun, 06 Nov 1994 08:50:37 GMT\r\n", 0, false},
        {"Retry-After: perhaps\r\nContent-Type: text/plain\r\n", -1, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct plain_answer answer = {429, rows[i].headers, "x"};
        struct http_script *script = http_script_start(send_plain, &answer);
        struct http *http = fetch_http(NULL);
        struct fetched got = {0};
        fetch(http, http_script_url(script), "{}", &got);
        cr_expect_eq(got.retry_after_ms, rows[i].retry_after_ms, "row %zu: %lld", i, (long long)got.retry_after_ms);
        cr_expect_eq(got.is_html, rows[i].is_html, "row %zu", i);
        buf_release(&got.body);
        http_free(http);
        http_script_stop(script);
    }
}

Test(http, proxy_of_the_environment_is_not_used_for_loopback)
{
    struct http_script *script = http_script_start(echo, NULL);
    struct http *http = fetch_http(NULL);
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    struct fetched got = {0};
    fetch(http, http_script_url(script), "{}", &got);
    cr_assert_eq(got.status, STATUS_OK, "%s", got.err.message);
    buf_release(&got.body);
    http_free(http);
    http_script_stop(script);
}

struct resubmit {
    struct http *http;
    const char *url;
    int left;
};

static void submit_next(void *context, const struct http_response *response)
{
    struct resubmit *again = context;
    cr_assert_eq(response->status, STATUS_OK, "%s", response->err.message);
    if (again->left-- == 0)
        return;
    const struct http_request request = {.url = again->url, .body = "{}", .body_size = 2};
    cr_assert_eq(http_submit(again->http, &request, submit_next, again, NULL), STATUS_OK);
}

Test(http, callback_may_submit_the_next_request)
{
    struct http_script *script = http_script_start(echo, NULL);
    struct http *http = fetch_http(NULL);
    struct resubmit again = {http, http_script_url(script), 10};
    const struct http_request request = {.url = again.url, .body = "{}", .body_size = 2};
    cr_assert_eq(http_submit(http, &request, submit_next, &again, NULL), STATUS_OK);
    cr_assert_eq(http_in_flight(http), 1, "nothing calls back from submit");
    fetch_wait(http);
    cr_assert_eq(http_script_requests(script), 11);
    http_free(http);
    http_script_stop(script);
}

static void never(void *context, const struct script_request *request, struct script_reply *reply)
{
    (void)context;
    (void)request;
    reply->hold_until = SCRIPT_NEVER;
}

Test(http, cancelled_and_dropped_requests_do_not_call_back)
{
    struct http_script *script = http_script_start(never, NULL);
    struct http *http = fetch_http(NULL);
    struct fetched cancelled = {0};
    struct fetched dropped = {0};
    fetch_start(http, http_script_url(script), "{}", &cancelled);
    fetch_start(http, http_script_url(script), "{}", &dropped);
    fetch_start(http, http_script_url(script), "{}", &cancelled);
    while (http_script_requests(script) < 3)
        cr_assert_eq(http_poll(http, 1, NULL), STATUS_OK);
    http_cancel(http, &cancelled);
    cr_assert_eq(http_in_flight(http), 1);
    http_free(http);
    cr_assert_eq(cancelled.calls, 0);
    cr_assert_eq(dropped.calls, 0);
    http_script_stop(script);
}

static void *wake(void *context)
{
    http_wakeup(context);
    return NULL;
}

Test(http, wakeup_ends_a_poll_from_another_thread)
{
    struct http *http = fetch_http(NULL);
    struct clock clock = clock_system();
    int64_t before_ms = clock_monotonic_ms(&clock);
    pthread_t thread;
    cr_assert_eq(pthread_create(&thread, NULL, wake, http), 0);
    cr_assert_eq(http_poll(http, 60000, NULL), STATUS_OK);
    pthread_join(thread, NULL);
    cr_assert_lt(clock_monotonic_ms(&clock) - before_ms, 30000);
    http_free(http);
}

Test(http, wakeup_before_a_poll_is_not_lost_and_works_once)
{
    struct http *http = fetch_http(NULL);
    struct clock clock = clock_system();
    http_wakeup(http);
    cr_assert_eq(http_poll(http, 60000, NULL), STATUS_OK);
    int64_t before_ms = clock_monotonic_ms(&clock);
    cr_assert_eq(http_poll(http, 20, NULL), STATUS_OK);
    cr_assert_geq(clock_monotonic_ms(&clock) - before_ms, 20, "an idle poll waits as long as it was told");
    http_free(http);
}

Test(http, ca_file_is_examined_before_it_is_needed)
{
    char path[] = "ca-XXXXXX";
    int fd = mkstemp(path);
    const char text[] = "this is no certificate\n";
    cr_assert_eq(write(fd, text, sizeof text), sizeof text);
    close(fd);
    const char *const bad[] = {path, ".", "does/not/exist.pem", "/dev/null"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct http *http = NULL;
        struct err err = {0};
        const struct http_options options = {.ca_file = bad[i]};
        cr_expect_eq(http_new(&options, &http, &err), STATUS_CONFIG, "%s", bad[i]);
        cr_expect(strstr(err.message, bad[i]) != NULL, "%s", err.message);
        cr_expect_null(http);
    }
    unlink(path);
}
