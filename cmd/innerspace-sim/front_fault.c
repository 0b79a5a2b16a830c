#include "front_internal.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum { LONGER_BY = 100, DRIP_PIECES = 64, DRIP_PAUSE_MS = 2, REST_MS = 20 };

/* The closing that follows sends a reset, and drops what was not sent yet. */
static void reset_at_close(int fd)
{
    const struct linger now = {.l_onoff = 1};
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

/* Waits until the other end leaves, at most so long (-1: for ever); false: it has left. */
static bool stays(int fd, int milliseconds)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLRDHUP};
    return poll(&poll_fd, 1, milliseconds) == 0;
}

static bool send_part(int fd, const struct http_message *answer, size_t head, size_t body)
{
    return front_send(fd, buf_text(&answer->head), head) && front_send(fd, buf_text(&answer->body), body);
}

static bool send_whole(int fd, struct http_message *answer)
{
    return send_part(fd, answer, answer->head.size, answer->body.size);
}

static bool send_reset(int fd, struct http_message *answer)
{
    (void)answer;
    reset_at_close(fd);
    return false;
}

static bool send_nothing(int fd, struct http_message *answer)
{
    (void)fd;
    (void)answer;
    return false;
}

static bool send_silence(int fd, struct http_message *answer)
{
    (void)answer;
    (void)stays(fd, -1);
    return false;
}

static bool send_half_head(int fd, struct http_message *answer)
{
    (void)send_part(fd, answer, answer->head.size / 2, 0);
    return false;
}

static bool send_half_head_reset(int fd, struct http_message *answer)
{
    (void)send_half_head(fd, answer);
    return send_reset(fd, answer);
}

static bool send_head_reset(int fd, struct http_message *answer)
{
    (void)send_part(fd, answer, answer->head.size, 0);
    return send_reset(fd, answer);
}

static bool send_half(int fd, struct http_message *answer)
{
    (void)send_part(fd, answer, answer->head.size, answer->body.size / 2);
    return false;
}

static bool send_half_reset(int fd, struct http_message *answer)
{
    (void)send_half(fd, answer);
    return send_reset(fd, answer);
}

static bool send_half_stall(int fd, struct http_message *answer)
{
    (void)send_half(fd, answer);
    return send_silence(fd, answer);
}

/* The pieces grow with the answer, so that it takes about the same time whatever its size. */
static bool drip(int fd, const struct buf *bytes)
{
    size_t most = bytes->size / DRIP_PIECES + 1;
    bool there = true;
    for (size_t at = 0; there && at < bytes->size; at += most) {
        size_t size = bytes->size - at < most ? bytes->size - at : most;
        there = front_send(fd, bytes->data + at, size) && stays(fd, DRIP_PAUSE_MS);
    }
    return there;
}

static bool send_drip(int fd, struct http_message *answer)
{
    return drip(fd, &answer->head) && drip(fd, &answer->body);
}

/* False: the answer does not tell its length. */
static bool set_length(struct http_message *answer, size_t length)
{
    size_t ignored;
    char line[64];
    if (http_message_header(answer, "Content-Length:", &ignored) == NULL)
        return false;
    snprintf(line, sizeof line, "Content-Length: %zu", length);
    http_message_remove(answer, "Content-Length:");
    http_message_add(answer, line);
    return true;
}

static bool send_longer(int fd, struct http_message *answer)
{
    if (!set_length(answer, answer->body.size + LONGER_BY))
        return send_half(fd, answer);
    (void)send_whole(fd, answer);
    return false;
}

/* The rest comes when the other end has asked for something else on this connection, or a moment later. */
static bool send_shorter(int fd, struct http_message *answer)
{
    size_t half = answer->body.size / 2;
    if (!set_length(answer, half))
        return send_whole(fd, answer);
    struct pollfd next = {.fd = fd, .events = POLLIN | POLLRDHUP};
    return send_part(fd, answer, answer->head.size, half) && poll(&next, 1, REST_MS) >= 0 &&
           front_send(fd, buf_text(&answer->body) + half, answer->body.size - half);
}

/* False: it comes in chunks, which HTTP/1.0 has not. */
static bool take_length_away(struct http_message *answer)
{
    size_t ignored;
    static const char version[] = "HTTP/1.0";
    if (http_message_header(answer, "Content-Length:", &ignored) == NULL || !http_message_begins(answer, "HTTP/1.1"))
        return false;
    http_message_remove(answer, "Content-Length:");
    memcpy(answer->head.data, version, strlen(version));
    return true;
}

static bool send_unsized(int fd, struct http_message *answer)
{
    bool is_unsized = take_length_away(answer);
    return send_whole(fd, answer) && !is_unsized;
}

static bool send_unsized_half(int fd, struct http_message *answer)
{
    (void)take_length_away(answer);
    return send_half(fd, answer);
}

struct fault_row {
    bool (*send)(int fd, struct http_message *answer); /* what the server said, if `own` is not set */
    const char *own;                                   /* the status and further headers of an answer of our own */
    bool asks;
};

static const struct fault_row rows[BREAK_COUNT] = {
    [BREAK_RESET] = {send_reset, NULL, false},
    [BREAK_DROP] = {send_nothing, NULL, false},
    [BREAK_REFUSE] = {send_reset, NULL, false},
    [BREAK_SILENCE] = {send_silence, NULL, true},
    [BREAK_HEADERS_RESET] = {send_half_head_reset, NULL, true},
    [BREAK_HEADERS_CUT] = {send_half_head, NULL, true},
    [BREAK_BODY_LOST] = {send_head_reset, NULL, true},
    [BREAK_BODY_RESET] = {send_half_reset, NULL, true},
    [BREAK_BODY_CUT] = {send_half, NULL, true},
    [BREAK_STALL] = {send_half_stall, NULL, true},
    [BREAK_DRIP] = {send_drip, NULL, true},
    [BREAK_LENGTH_LONG] = {send_longer, NULL, true},
    [BREAK_LENGTH_SHORT] = {send_shorter, NULL, true},
    [BREAK_UNSIZED] = {send_unsized, NULL, true},
    [BREAK_UNSIZED_CUT] = {send_unsized_half, NULL, true},
    [BREAK_429] = {send_whole, "429 Too Many Requests", false},
    [BREAK_429_SECONDS] = {send_whole, "429 Too Many Requests\r\nRetry-After: 1", false},
    [BREAK_500] = {send_whole, "500 Internal Server Error", false},
    [BREAK_502] = {send_whole, "502 Bad Gateway", false},
    [BREAK_503] = {send_whole, "503 Service Temporarily Unavailable", false},
    [BREAK_503_SECONDS] = {send_whole, "503 Service Temporarily Unavailable\r\nRetry-After: 1", false},
    [BREAK_504] = {send_whole, "504 Gateway Time-out", false},
};

static const char gateway_page[] = "<html><head><title>gateway</title></head><body><h1>gateway</h1></body></html>\r\n";

bool front_fault_asks(int kind)
{
    return kind == BREAK_NONE || rows[kind].asks;
}

bool front_fault_send(int kind, int fd, struct http_message *answer)
{
    if (kind == BREAK_NONE)
        return send_whole(fd, answer);
    const struct fault_row *row = &rows[kind];
    if (row->own != NULL) {
        buf_reset(&answer->head);
        buf_reset(&answer->body);
        buf_append_text(&answer->body, gateway_page);
        buf_appendf(&answer->head, "HTTP/1.1 %s\r\nContent-Type: text/html\r\nContent-Length: %zu\r\n\r\n", row->own,
                    answer->body.size);
    }
    return row->send(fd, answer);
}
