#include "fixture.h"
#include "front.h"
#include "server.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What each fault looks like to the other end, byte by byte. */

#define QUERY "{\"query\":\"{FLOOR(where:{ID:{_eq:71001}}){ID}}\"}"
#define WHOLE "{\"data\":{\"FLOOR\":[{\"ID\":71001}]}}"
#define HALF  "{\"data\":{\"FLOOR\""

enum { IDLE_MS = 500, REFUSE_MS = 300 };

enum end { END_OPEN, END_CLOSED, END_RESET };

static struct sim sim;
static struct server *server;
static struct front *front;
static unsigned port;
static char answer[64 * 1024];

static void start(const char *breaks, const char *login_breaks)
{
    struct err err = {0};
    struct front_options options = {
        .listen = "127.0.0.1",
        .breaks = breaks,
        .login_breaks = login_breaks,
        .seed = 1,
        .refuse_ms = REFUSE_MS,
        .stats = &sim.service.stats,
    };
    sim_open(&sim, "--gzip off");
    cr_assert_eq(server_start(&sim.service, "127.0.0.1", 0, &server, &options.inner_port, &err), STATUS_OK, "%s",
                 err.message);
    cr_assert_eq(front_start(&options, &front, &port, &err), STATUS_OK, "%s", err.message);
}

static void stop(void)
{
    server_stop(server);
    front_stop(front);
    sim_close(&sim);
    server = NULL;
    front = NULL;
}

/* -1: refused. */
static int dial(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_geq(fd, 0);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    cr_assert_eq(errno, ECONNREFUSED);
    close(fd);
    return -1;
}

static void send_to(int fd, const char *path, const char *body)
{
    struct buf request = {0};
    buf_appendf(&request, "POST %s HTTP/1.1\r\nHost: localhost\r\nX-Session-Id: %s\r\nContent-Length: %zu\r\n\r\n%s",
                path, sim.session_id, strlen(body), body);
    cr_assert_eq(send(fd, request.data, request.size, MSG_NOSIGNAL), (ssize_t)request.size);
    buf_release(&request);
}

/* Reads into `answer` until the connection ends or nothing comes for IDLE_MS. */
static enum end receive(int fd)
{
    size_t used = 0;
    answer[0] = '\0';
    for (;;) {
        struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
        if (poll(&poll_fd, 1, IDLE_MS) == 0)
            return END_OPEN;
        ssize_t size = recv(fd, answer + used, sizeof answer - 1 - used, 0);
        if (size < 0)
            cr_assert_eq(errno, ECONNRESET);
        if (size <= 0)
            return size == 0 ? END_CLOSED : END_RESET;
        used += (size_t)size;
        answer[used] = '\0';
    }
}

static const char *body_of(void)
{
    const char *end = strstr(answer, "\r\n\r\n");
    return end != NULL ? end + 4 : NULL;
}

struct sight {
    const char *kind;
    const char *start; /* of the answer; NULL: there is none at all */
    const char *body;  /* NULL: not even the headers are whole; "": anything */
    enum end end;
    const char *has; /* a part of the headers, or NULL */
};

static const struct sight sights[] = {
    {"reset", NULL, NULL, END_RESET, NULL},
    {"drop", NULL, NULL, END_CLOSED, NULL},
    {"refuse", NULL, NULL, END_RESET, NULL},
    {"silence", NULL, NULL, END_OPEN, NULL},
    {"headers-reset", "HTTP/1.1 200", NULL, END_RESET, NULL},
    {"headers-cut", "HTTP/1.1 200", NULL, END_CLOSED, NULL},
    {"body-reset", "HTTP/1.1 200", HALF, END_RESET, "Content-Length: 33\r\n"},
    {"body-cut", "HTTP/1.1 200", HALF, END_CLOSED, "Content-Length: 33\r\n"},
    {"stall", "HTTP/1.1 200", HALF, END_OPEN, "Content-Length: 33\r\n"},
    {"drip", "HTTP/1.1 200", WHOLE, END_OPEN, "Content-Length: 33\r\n"},
    {"length-long", "HTTP/1.1 200", WHOLE, END_CLOSED, "Content-Length: 133\r\n"},
    {"length-short", "HTTP/1.1 200", WHOLE, END_OPEN, "Content-Length: 16\r\n"},
    {"unsized", "HTTP/1.0 200", WHOLE, END_CLOSED, NULL},
    {"unsized-cut", "HTTP/1.0 200", HALF, END_CLOSED, NULL},
    {"429", "HTTP/1.1 429 Too Many", "", END_OPEN, NULL},
    {"429-seconds", "HTTP/1.1 429 Too Many", "", END_OPEN, "Retry-After: 1\r\n"},
    {"500", "HTTP/1.1 500", "", END_OPEN, "Content-Type: text/html\r\n"},
    {"502", "HTTP/1.1 502", "", END_OPEN, NULL},
    {"503", "HTTP/1.1 503", "", END_OPEN, NULL},
    {"503-seconds", "HTTP/1.1 503", "", END_OPEN, "Retry-After: 1\r\n"},
    {"504", "HTTP/1.1 504", "", END_OPEN, NULL},
};

static void check(const struct sight *sight)
{
    char list[64];
    snprintf(list, sizeof list, "%s@1", sight->kind);
    start(list, NULL);
    int fd = dial();
    send_to(fd, "/v2/api", QUERY);
    enum end end = receive(fd);
    cr_assert_eq(end, sight->end, "%s: %d, %s", sight->kind, (int)end, answer);
    cr_assert_eq(strncmp(answer, sight->start != NULL ? sight->start : "", strlen(answer) > 0 ? 12 : 1), 0, "%s: %s",
                 sight->kind, answer);
    cr_assert_eq(body_of() != NULL, sight->body != NULL, "%s: %s", sight->kind, answer);
    if (sight->body != NULL && sight->body[0] != '\0')
        cr_assert_str_eq(body_of(), sight->body, "%s", sight->kind);
    if (sight->has != NULL)
        cr_assert_not_null(strstr(answer, sight->has), "%s: %s", sight->kind, answer);
    cr_assert_eq(strstr(answer, "Content-Length") == NULL,
                 sight->body == NULL || strstr(sight->kind, "unsized") != NULL);
    cr_assert_null(strstr(answer, "Connection: close"));
    close(fd);
    stop();
}

Test(sim_front, each_fault_is_what_it_says)
{
    for (size_t i = 0; i < sizeof sights / sizeof *sights; i++)
        check(&sights[i]);
}

Test(sim_front, nothing_behind_the_headers_may_arrive)
{
    start("body-lost@1", NULL);
    int fd = dial();
    send_to(fd, "/v2/api", QUERY);
    cr_assert_eq(receive(fd), END_RESET);
    cr_assert_str_eq(body_of() != NULL ? body_of() : "", "");
    close(fd);
    stop();
}

Test(sim_front, other_requests_of_the_connection_are_answered_and_faults_are_counted)
{
    start("503@2", "reset@1");
    struct buf text = {0};
    int fd = dial();
    for (int i = 1; i <= 3; i++) {
        send_to(fd, "/v2/api", QUERY);
        cr_assert_eq(receive(fd), END_OPEN);
        cr_assert_eq(strncmp(answer, i == 2 ? "HTTP/1.1 503" : "HTTP/1.1 200", 12), 0, "%d: %s", i, answer);
    }
    send_to(fd, "/elsewhere", QUERY);
    cr_assert_eq(receive(fd), END_OPEN);
    cr_assert_eq(strncmp(answer, "HTTP/1.1 404", 12), 0, "%s", answer);
    send_to(fd, "/v2/oauth/token", "{}");
    cr_assert_eq(receive(fd), END_RESET);
    close(fd);
    stats_set_break_seed(&sim.service.stats, 1);
    stats_format(&sim.service.stats, &text);
    cr_assert_not_null(
        strstr(buf_text(&text), "\"break_seed\":1,\"broken\":{\"503\":1},\"broken_logins\":{\"reset\":1},"), "%s",
        buf_text(&text));
    buf_release(&text);
    stop();
}

Test(sim_front, refused_connections_are_let_in_again)
{
    start("refuse@1", NULL);
    int kept = dial();
    int fd = dial();
    send_to(fd, "/v2/api", QUERY);
    cr_assert_eq(receive(fd), END_RESET);
    close(fd);
    int dials = 0;
    for (fd = -1; fd < 0; dials++)
        fd = dial();
    cr_assert_gt(dials, 1, "the first was let in");
    send_to(fd, "/v2/api", QUERY);
    cr_assert_eq(receive(fd), END_OPEN);
    cr_assert_str_eq(body_of(), WHOLE);
    send_to(kept, "/v2/api", QUERY);
    cr_assert_eq(receive(kept), END_OPEN, "a connection that nobody used meanwhile goes on");
    close(fd);
    close(kept);
    stop();
}

Test(sim_front, connections_that_wait_do_not_hold_up_the_end)
{
    start("silence@1", NULL);
    int fd = dial();
    send_to(fd, "/v2/api", QUERY);
    int idle = dial();
    stop();
    cr_assert_neq(receive(fd), END_OPEN);
    cr_assert_neq(receive(idle), END_OPEN);
    close(fd);
    close(idle);
}

Test(sim_front, a_wrong_list_is_told)
{
    struct err err = {0};
    struct front_options options = {.listen = "127.0.0.1", .login_breaks = "rest@1", .stats = &sim.service.stats};
    cr_assert_eq(front_start(&options, &front, &port, &err), STATUS_USAGE);
    cr_assert_str_eq(err.message, "--break-logins: there is no 'rest'; see --help");
    cr_assert_null(front);
}
