#include "fixture.h"
#include "server.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ANSWER_MAX = 256 * 1024 };

static struct sim sim;
static struct server *server;
static unsigned port;
static char answer[ANSWER_MAX];

static void start(const char *switches)
{
    struct err err = {0};
    sim_open(&sim, switches);
    cr_assert_eq(server_start(&sim.service, sim.options.listen, 0, &server, &port, &err), STATUS_OK, "%s", err.message);
    cr_assert_neq(port, 0);
}

static void teardown(void)
{
    server_stop(server);
    sim_close(&sim);
}

TestSuite(sim_server, .fini = teardown);

static int dial(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_geq(fd, 0);
    cr_assert_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void send_query(int fd, const char *query, const char *headers)
{
    struct buf request = {0};
    buf_appendf(&request,
                "POST /v2/api HTTP/1.1\r\nHost: localhost\r\nX-Session-Id: %s\r\n%sContent-Length: %zu\r\n\r\n%s",
                sim.session_id, headers, strlen(query), query);
    cr_assert_eq(send(fd, request.data, request.size, MSG_NOSIGNAL), (ssize_t)request.size);
    buf_release(&request);
}

/* Reads one answer with a Content-Length into `answer`; returns its body. */
static const char *receive(int fd)
{
    size_t used = 0;
    for (;;) {
        answer[used] = '\0';
        const char *end = strstr(answer, "\r\n\r\n");
        const char *length = strstr(answer, "Content-Length: ");
        if (end != NULL) {
            cr_assert_not_null(length, "%s", answer);
            size_t whole = (size_t)(end + 4 - answer) + strtoul(length + 16, NULL, 10);
            if (used >= whole)
                return end + 4;
        }
        ssize_t size = recv(fd, answer + used, sizeof answer - 1 - used, 0);
        cr_assert_gt(size, 0, "the connection ended: %s", answer);
        used += (size_t)size;
    }
}

Test(sim_server, one_connection_serves_many_requests)
{
    start("");
    int fd = dial();
    for (int i = 0; i < 3; i++) {
        send_query(fd, "{\"query\":\"{FLOOR(where:{ID:{_eq:71001}}){ID}}\"}", "");
        cr_assert_str_eq(receive(fd), "{\"data\":{\"FLOOR\":[{\"ID\":71001}]}}");
        cr_assert_eq(strncmp(answer, "HTTP/1.1 200", 12), 0);
        cr_assert_not_null(strstr(answer, "Content-Type: application/json"));
        cr_assert_not_null(strstr(answer, "x-request-id: "));
    }
    close(fd);
}

#define LARGE "{\"query\":\"{BUILDING_INSIGHTS(limit:200){SITE_ID GROUP_ID DATE_TIME_START}}\"}"

Test(sim_server, large_answers_are_compressed_when_that_is_asked_for)
{
    start("");
    int fd = dial();
    send_query(fd, LARGE, "Accept-Encoding: deflate, gzip\r\n");
    const char *body = receive(fd);
    cr_assert_not_null(strstr(answer, "Content-Encoding: gzip\r\n"));
    cr_assert_eq(memcmp(body, "\x1f\x8b", 2), 0);
    send_query(fd, LARGE, "Accept-Encoding: *\r\n");
    cr_assert_eq(receive(fd)[0], '{');
    send_query(fd, LARGE, "");
    cr_assert_eq(receive(fd)[0], '{');
    send_query(fd, "{\"query\":\"{FLOOR{ID}}\"}", "Accept-Encoding: gzip\r\n");
    cr_assert_eq(receive(fd)[0], '{', "short answers stay plain");
    close(fd);
}

Test(sim_server, errors_are_never_compressed_and_have_no_request_id)
{
    start("");
    int fd = dial();
    char query[2048];
    memset(query, 'a', sizeof query);
    memcpy(query, "{\"query\":\"{", 11);
    memcpy(query + 1500, "}\"}", 4);
    send_query(fd, query, "Accept-Encoding: gzip\r\n");
    const char *body = receive(fd);
    cr_assert_eq(strncmp(body, "{\"errors\"", 9), 0, "%s", body);
    cr_assert_null(strstr(answer, "x-request-id"));
    cr_assert_null(strstr(answer, "Content-Encoding"));
    close(fd);
}

Test(sim_server, compression_can_be_switched_off)
{
    start("--gzip off");
    int fd = dial();
    send_query(fd, LARGE, "Accept-Encoding: gzip\r\n");
    cr_assert_eq(receive(fd)[0], '{');
    close(fd);
}

Test(sim_server, faults_keep_the_connection_and_say_their_length)
{
    start("--fail 100 --gzip off");
    int fd = dial();
    unsigned long lengths[8];
    for (int i = 0; i < 8; i++) {
        send_query(fd, "{\"query\":\"{FLOOR(where:{ID:{_eq:71001}}){ID}}\"}", "");
        const char *body = receive(fd);
        lengths[i] = strlen(body);
        bool says_when = strstr(answer, "Retry-After: 0\r\n") != NULL;
        cr_assert_eq(says_when, i == 2 || i == 3, "%d: %s", i, answer);
    }
    cr_assert_eq(lengths[5], 0);
    cr_assert_eq(lengths[6], strlen("{\"data\":{\"FLOOR\":[{\"ID\":71001}]}}") / 2);
    close(fd);
}

Test(sim_server, a_body_beyond_the_maximum_is_refused)
{
    start("");
    int fd = dial();
    size_t size = REQUEST_BYTES_MAX + 1000;
    char *body = malloc(size + 1);
    cr_assert_not_null(body);
    memset(body, ' ', size);
    char head[256];
    int length = snprintf(head, sizeof head, "POST /v2/api HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n", size);
    cr_assert_eq(send(fd, head, (size_t)length, MSG_NOSIGNAL), length);
    cr_assert_eq(send(fd, body, size, MSG_NOSIGNAL), (ssize_t)size);
    receive(fd);
    cr_assert_eq(strncmp(answer, "HTTP/1.1 413", 12), 0, "%s", answer);
    free(body);
    close(fd);
}

Test(sim_server, a_slow_answer_does_not_hold_up_the_end)
{
    start("--latency 600000");
    int fd = dial();
    send_query(fd, LARGE, "");
    server_stop(server); /* returns although the answer would be ten minutes away */
    server = NULL;
    close(fd);
}

Test(sim_server, what_cannot_be_listened_on_is_an_error)
{
    start("");
    struct server *other = NULL;
    struct err err = {0};
    unsigned ignored = 0;
    cr_assert_eq(server_start(&sim.service, "127.0.0.1", port, &other, &ignored, &err), STATUS_IO);
    cr_assert_null(other);
    cr_assert_eq(server_start(&sim.service, "localhost.example", 0, &other, &ignored, &err), STATUS_USAGE);
}

Test(sim_server, it_listens_on_ipv6_when_told_to)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int probe = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool has_v6 = probe >= 0 && bind(probe, (struct sockaddr *)&address, sizeof address) == 0;
    if (probe >= 0)
        close(probe);
    if (!has_v6)
        cr_skip_test("this machine has no IPv6 loopback");
    start("--listen ::1");
}
