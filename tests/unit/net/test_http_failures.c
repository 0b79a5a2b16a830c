#include "net/fetch.h"
#include "net/gzip_samples.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char peer[64];

/* Fails unless the message names the peer and nothing of the request. */
static void check_message(const struct fetched *got)
{
    cr_expect(strstr(got->err.message, peer) != NULL, "no %s in: %s", peer, got->err.message);
    cr_expect(strstr(got->err.message, "secret") == NULL, "%s", got->err.message);
    cr_expect(strstr(got->err.message, "/path") == NULL, "%s", got->err.message);
    cr_expect_eq(got->err.kind, got->status);
}

/* One request with secrets in path, header and body against a server. */
static void fetch_from(struct http_script *script, const struct http_options *options, struct fetched *got)
{
    char url[128];
    struct http *http = fetch_http(options);
    snprintf(url, sizeof url, "%s/path?secret-query=1", http_script_url(script));
    snprintf(peer, sizeof peer, "%s", http_script_url(script) + strlen("http://"));
    fetch(http, url, "{\"client_secret\":\"secret\"}", got);
    http_free(http);
}

Test(http_failures, broken_answers_are_bad_answers)
{
    static const char *const answers[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"data\":",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"dat",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n",
        "HTTP/1.1 200 OK\r\nContent-Le",
        "HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 2\r\n\r\n{}",
        "SSH-2.0-OpenSSH_9.2\r\n",
        "{\"data\":{}}",
        "HTTP/9.9 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        "\x16\x03\x01\x02",
        "",
    };
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        char *text = strdup(answers[i]);
        struct http_script *script = http_script_start(fetch_raw, text);
        struct fetched got = {0};
        fetch_from(script, NULL, &got);
        cr_expect_eq(got.status, STATUS_BAD_ANSWER, "row %zu: %s %s", i, status_name(got.status), got.err.message);
        check_message(&got);
        buf_release(&got.body);
        http_script_stop(script);
        free(text);
    }
}

static void send_damaged_gzip(void *context, const struct script_request *request, struct script_reply *reply)
{
    unsigned char damaged[sizeof gzip_text];
    (void)context;
    (void)request;
    memcpy(damaged, gzip_text, sizeof damaged);
    memset(damaged + 12, 0xFF, 12);
    script_answer_bytes(reply, 200, "Content-Encoding: gzip\r\n", damaged, sizeof damaged);
}

Test(http_failures, gzip_broken_in_the_middle_is_a_bad_answer)
{
    struct http_script *script = http_script_start(send_damaged_gzip, NULL);
    struct fetched got = {0};
    fetch_from(script, NULL, &got);
    cr_assert_eq(got.status, STATUS_BAD_ANSWER, "%s", got.err.message);
    check_message(&got);
    buf_release(&got.body);
    http_script_stop(script);
}

static void send_short_gzip(void *context, const struct script_request *request, struct script_reply *reply)
{
    (void)context;
    (void)request;
    script_answer_bytes(reply, 200, "Content-Encoding: gzip\r\n", gzip_text, sizeof gzip_text / 2);
}

Test(http_failures, gzip_that_ends_early_never_gives_a_whole_body)
{
    struct http_script *script = http_script_start(send_short_gzip, NULL);
    struct fetched got = {0};
    fetch_from(script, NULL, &got);
    cr_assert(got.status == STATUS_BAD_ANSWER || got.body.size < strlen(GZIP_TEXT), "%s", buf_text(&got.body));
    buf_release(&got.body);
    http_script_stop(script);
}

static void send_bomb(void *context, const struct script_request *request, struct script_reply *reply)
{
    (void)context;
    (void)request;
    script_answer_bytes(reply, 200, "Content-Encoding: gzip\r\n", gzip_zeros, sizeof gzip_zeros);
}

Test(http_failures, gzip_bomb_stops_at_the_body_cap)
{
    struct http_script *script = http_script_start(send_bomb, NULL);
    struct fetched got = {0};
    const struct http_options small = {.body_max = GZIP_ZEROS - 1};
    fetch_from(script, &small, &got);
    cr_assert_eq(got.status, STATUS_TOO_LARGE, "%s", got.err.message);
    cr_assert_lt(got.body.size, GZIP_ZEROS);
    check_message(&got);
    const struct http_options enough = {.body_max = GZIP_ZEROS};
    fetch_from(script, &enough, &got);
    cr_assert_eq(got.status, STATUS_OK, "%s", got.err.message);
    cr_assert_eq(got.body.size, GZIP_ZEROS);
    buf_release(&got.body);
    http_script_stop(script);
}

static void send_endless_headers(void *context, const struct script_request *request, struct script_reply *reply)
{
    const char *line = context;
    (void)request;
    buf_append_text(&reply->bytes, "HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 200000; i++)
        buf_append_text(&reply->bytes, line);
    reply->close = true;
}

Test(http_failures, headers_without_end_are_stopped)
{
    char lines[][16] = {"X-Fill: 1234\r\n", "0123456789abcdf"};
    for (size_t i = 0; i < 2; i++) {
        struct http_script *script = http_script_start(send_endless_headers, lines[i]);
        struct fetched got = {0};
        fetch_from(script, NULL, &got);
        cr_expect_eq(got.status, STATUS_BAD_ANSWER, "%s %s", status_name(got.status), got.err.message);
        cr_expect_lt(got.bytes_received, 2000000);
        check_message(&got);
        buf_release(&got.body);
        http_script_stop(script);
    }
}

Test(http_failures, refused_connection_is_unreachable)
{
    struct http *http = fetch_http(NULL);
    struct fetched got = {0};
    char url[128];
    snprintf(peer, sizeof peer, "127.0.0.1:%d", script_closed_port());
    snprintf(url, sizeof url, "http://%s/path", peer);
    fetch(http, url, "{\"secret\":1}", &got);
    cr_assert_eq(got.status, STATUS_UNREACHABLE, "%s", got.err.message);
    cr_assert_eq(got.code, 0);
    cr_assert(strstr(got.err.message, "refused") != NULL, "%s", got.err.message);
    check_message(&got);
    buf_release(&got.body);
    http_free(http);
}

Test(http_failures, name_without_address_is_unreachable)
{
    struct http *http = fetch_http(NULL);
    struct fetched got = {0};
    /* A label of 64 letters cannot be asked for: no name server is troubled. */
    snprintf(peer, sizeof peer, "%.40s", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    for (int attempt = 0; attempt < 3; attempt++) { /* what is left of one is no hindrance to the next */
        fetch(http, "https://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.invalid/path", "secret",
              &got);
        cr_assert_eq(got.status, STATUS_UNREACHABLE, "%s", got.err.message);
        check_message(&got);
    }
    buf_release(&got.body);
    http_free(http);
}

Test(http_failures, server_without_tls_is_unreachable_and_says_what_to_check)
{
    char text[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
    struct http_script *script = http_script_start(fetch_raw, text);
    struct http *http = fetch_http(NULL);
    struct fetched got = {0};
    char url[128];
    snprintf(peer, sizeof peer, "%s", http_script_url(script) + strlen("http://"));
    snprintf(url, sizeof url, "https://%s/path", peer);
    fetch(http, url, "secret", &got);
    cr_assert_eq(got.status, STATUS_UNREACHABLE, "%s", got.err.message);
    cr_assert(strstr(got.err.message, "ca_file") != NULL && strstr(got.err.message, "proxy") != NULL, "%s",
              got.err.message);
    check_message(&got);
    buf_release(&got.body);
    http_free(http);
    http_script_stop(script);
}

static void never(void *context, const struct script_request *request, struct script_reply *reply)
{
    (void)context;
    (void)request;
    reply->hold_until = SCRIPT_NEVER;
}

Test(http_failures, server_that_never_answers_is_a_timeout)
{
    struct http_script *script = http_script_start(never, NULL);
    struct fetched got = {0};
    const struct http_options hasty = {.total_timeout_ms = 300};
    fetch_from(script, &hasty, &got);
    cr_assert_eq(got.status, STATUS_TIMEOUT, "%s", got.err.message);
    cr_assert_geq(got.elapsed_ms, 250);
    check_message(&got);
    buf_release(&got.body);
    http_script_stop(script);
}

Test(http_failures, handshake_without_end_is_unreachable_and_no_timeout_of_the_query)
{
    struct http_script *script = http_script_start(never, NULL);
    const struct http_options hasty = {.connect_timeout_ms = 50};
    struct http *http = fetch_http(&hasty);
    struct fetched got = {0};
    char url[128];
    snprintf(peer, sizeof peer, "%s", http_script_url(script) + strlen("http://"));
    snprintf(url, sizeof url, "https://%s/path", peer);
    fetch(http, url, "secret", &got);
    cr_assert_eq(got.status, STATUS_UNREACHABLE, "%s", got.err.message);
    check_message(&got);
    buf_release(&got.body);
    http_free(http);
    http_script_stop(script);
}

Test(http_failures, connection_is_usable_for_others_after_a_failure)
{
    char *text = strdup("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
    struct http_script *script = http_script_start(fetch_raw, text);
    struct http *http = fetch_http(NULL);
    struct fetched got = {0};
    for (int i = 0; i < 3; i++) {
        fetch(http, http_script_url(script), "{}", &got);
        cr_assert_eq(got.status, STATUS_OK, "closed after the answer before: %s", got.err.message);
    }
    cr_assert_eq(http_script_connections(script), 3);
    buf_release(&got.body);
    http_free(http);
    http_script_stop(script);
    free(text);
}

Test(http_failures, forbidden_url_is_refused_at_once)
{
    struct http *http = fetch_http(NULL);
    struct err err = {0};
    const struct http_request request = {.url = "http://192.0.2.1/"};
    cr_assert_eq(http_submit(http, &request, NULL, NULL, &err), STATUS_CONFIG);
    cr_assert_eq(http_in_flight(http), 0);
    http_free(http);
}
