#include "front_internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

bool front_send(int fd, const void *bytes, size_t size)
{
    const char *at = bytes;
    while (size > 0) {
        ssize_t sent = send(fd, at, size, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return false;
        at += sent;
        size -= (size_t)sent;
    }
    return true;
}

static int dial(unsigned port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* Asks the server. Each request has a connection of its own there, so that the end of the answer is that of it. */
static bool ask(unsigned port, struct http_message *request, struct http_message *answer)
{
    int fd = dial(port);
    if (fd < 0)
        return false;
    http_message_remove(request, "Connection:");
    http_message_add(request, "Connection: close");
    bool ok = front_send(fd, request->head.data, request->head.size) &&
              front_send(fd, buf_text(&request->body), request->body.size) && http_message_receive_answer(answer, fd);
    close(fd);
    http_message_remove(answer, "Connection:");
    return ok;
}

/* One request and what becomes of it. False: the connection is to be closed. */
static bool exchange(struct front *front, int fd, struct http_message *request, struct http_message *answer)
{
    if (!http_message_receive_request(request, fd))
        return false;
    bool is_login = http_message_begins(request, "POST /v2/oauth/token ");
    bool can_break = is_login || http_message_begins(request, "POST /v2/api ");
    int kind = can_break ? front_next_fault(front, is_login) : BREAK_NONE;
    if (kind == BREAK_REFUSE)
        front_refuse(front);
    if (front_fault_asks(kind) && !ask(front_options(front)->inner_port, request, answer))
        return false;
    return front_fault_send(kind, fd, answer);
}

void *front_connection_serve(void *context)
{
    struct front_connection *connection = context;
    struct http_message request;
    struct http_message answer;
    http_message_init(&request);
    http_message_init(&answer);
    while (exchange(connection->front, connection->fd, &request, &answer)) {
    }
    http_message_release(&request);
    http_message_release(&answer);
    front_connection_end(connection);
    return NULL;
}
