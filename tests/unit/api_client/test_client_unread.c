#include "api/exchange.h"
#include "api_client/api_script.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Answers that stand in their sockets while the caller is busy with something else. */

enum { TIMEOUT_MS = 300 };

static bool first_is_not_answered(struct api *api, int number, const struct script_request *request,
                                  struct script_reply *reply)
{
    (void)api;
    (void)request;
    if (number == 1)
        reply->hold_until = SCRIPT_NEVER;
    return number == 1;
}

static bool eight_are_not_answered(struct api *api, int number, const struct script_request *request,
                                   struct script_reply *reply)
{
    (void)api;
    (void)request;
    if (number <= 8)
        reply->hold_until = SCRIPT_NEVER;
    return number <= 8;
}

/* As a server does that could not get rid of it; it goes when a third request comes. */
static bool first_breaks_off(struct api *api, int number, const struct script_request *request,
                             struct script_reply *reply)
{
    (void)api;
    (void)request;
    if (number == 1) {
        buf_append_text(&reply->bytes, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"data\":");
        reply->close = true;
        reply->hold_until = 3;
    }
    return number == 1;
}

/* Polls until the server has seen so many requests, and then not for so long: what is tested is a pause. */
static void pause_after(struct api *api, size_t requests, int milliseconds)
{
    struct err err = {0};
    while (http_script_requests(api->script) < requests)
        cr_assert_eq(client_poll(api->client, 1, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(api->called_back, 0);
    poll(NULL, 0, milliseconds);
}

/* Of somebody else; its socket. */
static int third_request(const struct api *api)
{
    static const char request[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    unsigned port = 0;
    /* NOLINTNEXTLINE(cert-err34-c) */
    cr_assert_eq(sscanf(http_script_url(api->script), "http://127.0.0.1:%u", &port), 1);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    cr_assert_eq(send(fd, request, strlen(request), MSG_NOSIGNAL), (ssize_t)strlen(request));
    return fd;
}

static void start(struct api *api, int queries)
{
    api->timeout_ms = TIMEOUT_MS;
    api->max_attempts = 1;
    api_start(api, api_options());
    api_queries(api, queries);
}

Test(client_unread, an_answer_that_nobody_read_in_time_costs_no_attempt)
{
    struct api api = {.on_query = first_is_not_answered};
    start(&api, 1);
    pause_after(&api, 2, 2 * TIMEOUT_MS);
    api_wait(&api);
    api_check(&api, 0, 1, STATUS_OK);
    cr_assert_eq(client_counters(api.client)->retries, 1);
    api_stop(&api);
}

static bool none_is_answered(struct api *api, int number, const struct script_request *request,
                             struct script_reply *reply)
{
    (void)api;
    (void)number;
    (void)request;
    reply->hold_until = SCRIPT_NEVER;
    return true;
}

/* A destination that is always behind must not hide a server that never answers. */
Test(client_unread, answers_that_nobody_reads_cost_attempts_in_the_end)
{
    struct api api = {.on_query = none_is_answered};
    struct err err = {0};
    start(&api, 1);
    while (api.called_back == 0) {
        cr_assert_eq(client_poll(api.client, 1, &err), STATUS_OK, "%s", err.message);
        poll(NULL, 0, TIMEOUT_MS / 2);
    }
    api_check(&api, 0, 1, STATUS_TIMEOUT);
    cr_assert_eq(client_counters(api.client)->retries, UNREAD_FREE);
    api_stop(&api);
}

Test(client_unread, an_answer_that_was_waited_for_is_late_by_the_server)
{
    struct api api = {.on_query = first_is_not_answered};
    start(&api, 1);
    pause_after(&api, 2, 0);
    api_wait(&api);
    api_check(&api, 0, 1, STATUS_TIMEOUT);
    api_stop(&api);
}

Test(client_unread, a_short_pause_is_no_excuse)
{
    struct api api = {.on_query = first_is_not_answered};
    start(&api, 1);
    pause_after(&api, 2, TIMEOUT_MS / 6);
    api_wait(&api);
    api_check(&api, 0, 1, STATUS_TIMEOUT);
    api_stop(&api);
}

Test(client_unread, a_pause_before_the_query_is_no_excuse)
{
    struct api api = {.on_query = first_is_not_answered};
    struct err err = {0};
    start(&api, 0);
    cr_assert_eq(client_poll(api.client, 0, &err), STATUS_OK);
    poll(NULL, 0, TIMEOUT_MS);
    api_queries(&api, 1);
    api_wait(&api);
    api_check(&api, 0, 1, STATUS_TIMEOUT);
    api_stop(&api);
}

Test(client_unread, an_answer_that_broke_off_meanwhile_costs_no_attempt)
{
    struct api api = {.on_query = first_breaks_off};
    start(&api, 1);
    pause_after(&api, 2, TIMEOUT_MS / 2);
    int fd = third_request(&api);
    api_wait(&api);
    api_check(&api, 0, 1, STATUS_OK);
    cr_assert_eq(client_counters(api.client)->retries, 1);
    close(fd);
    api_stop(&api);
}

Test(client_unread, a_login_that_nobody_read_in_time_costs_no_attempt)
{
    struct api api = {.on_login = first_is_not_answered, .timeout_ms = TIMEOUT_MS};
    struct client_options options = api_options();
    options.retry.max_attempts = 1;
    api_start(&api, options);
    api_queries(&api, 1);
    pause_after(&api, 1, 2 * TIMEOUT_MS);
    api_wait(&api);
    api_check(&api, 0, 1, STATUS_OK);
    cr_assert_eq(api.logins, 2);
    api_stop(&api);
}

Test(client_unread, it_does_not_make_the_window_smaller)
{
    struct api api = {.on_query = eight_are_not_answered};
    start(&api, 8);
    pause_after(&api, 9, 2 * TIMEOUT_MS);
    api_wait(&api);
    api_check(&api, 0, 8, STATUS_OK);
    cr_assert_eq(client_room(api.client), 8);
    api_stop(&api);
}
