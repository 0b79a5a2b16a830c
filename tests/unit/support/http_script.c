#include "support/http_script.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 64, TLS_HANDSHAKE = 0x16 };

struct connection {
    int fd; /* -1: free */
    size_t number;
    struct buf received;
    struct script_reply held;
    bool holds;
};

struct http_script {
    pthread_t thread;
    int listener;
    int stop[2]; /* a pipe: its closing ends the thread */
    char url[64];
    http_script_handler *handler;
    void *context;
    struct connection connections[CONNECTIONS_MAX];
    atomic_size_t requests;
    atomic_size_t accepted;
};

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    perror(what);
    abort();
}

static int bind_loopback(struct sockaddr_in *address)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(fd >= 0, "socket");
    *address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof *address;
    must(bind(fd, (struct sockaddr *)address, size) == 0, "bind");
    must(getsockname(fd, (struct sockaddr *)address, &size) == 0, "getsockname");
    return fd;
}

int script_closed_port(void)
{
    struct sockaddr_in address;
    close(bind_loopback(&address));
    return ntohs(address.sin_port);
}

static void close_connection(struct connection *connection)
{
    if (connection->fd >= 0)
        close(connection->fd);
    buf_release(&connection->received);
    buf_release(&connection->held.bytes);
    *connection = (struct connection){.fd = -1};
}

static void send_all(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        bytes += sent;
        size -= (size_t)sent;
    }
}

static void send_reply(struct connection *connection, struct script_reply *reply)
{
    send_all(connection->fd, buf_text(&reply->bytes), reply->bytes.size);
    bool closes = reply->close;
    buf_release(&reply->bytes);
    connection->holds = false;
    if (closes)
        close_connection(connection);
}

static void release_held(struct http_script *script)
{
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        struct connection *connection = &script->connections[i];
        if (connection->fd >= 0 && connection->holds && connection->held.hold_until <= script->requests)
            send_reply(connection, &connection->held);
    }
}

/* The size of the first whole request in the bytes, and where its body begins; 0 when it is not whole yet. */
static size_t whole_request(const struct buf *received, size_t *ret_body_at)
{
    const char *text = buf_text(received);
    if (text[0] == TLS_HANDSHAKE) {
        *ret_body_at = received->size;
        return received->size;
    }
    const char *end = strstr(text, "\r\n\r\n");
    if (end == NULL)
        return 0;
    size_t body_at = (size_t)(end - text) + 4;
    const char *length = strcasestr(text, "\r\nContent-Length:");
    size_t body_size = length != NULL && length < end ? strtoul(length + strlen("\r\nContent-Length:"), NULL, 10) : 0;
    if (received->size < body_at + body_size)
        return 0;
    *ret_body_at = body_at;
    return body_at + body_size;
}

static void serve_one(struct http_script *script, struct connection *connection, size_t size, size_t body_at)
{
    char *copy = strndup(buf_text(&connection->received), size);
    char *head = strndup(copy, body_at);
    must(copy != NULL && head != NULL, "strndup");
    struct script_request request = {
        .number = script->requests,
        .connection = connection->number,
        .head = head,
        .body = copy + body_at,
        .body_size = size - body_at,
    };
    struct script_reply reply = {.bytes.max = (size_t)64 << 20};
    script->handler(script->context, &request, &reply);
    script->requests++;
    free(copy);
    free(head);
    struct buf rest = {0};
    buf_append(&rest, connection->received.data + size, connection->received.size - size);
    buf_release(&connection->received);
    connection->received = rest;
    if (reply.hold_until > script->requests) {
        connection->held = reply;
        connection->holds = true;
        return;
    }
    send_reply(connection, &reply);
}

static void receive(struct http_script *script, struct connection *connection)
{
    char bytes[16384];
    ssize_t size = recv(connection->fd, bytes, sizeof bytes, 0);
    if (size <= 0) {
        close_connection(connection);
        return;
    }
    buf_append(&connection->received, bytes, (size_t)size);
    size_t body_at;
    size_t whole;
    while (connection->fd >= 0 && (whole = whole_request(&connection->received, &body_at)) > 0)
        serve_one(script, connection, whole, body_at);
}

static void accept_one(struct http_script *script)
{
    int fd = accept4(script->listener, NULL, NULL, SOCK_CLOEXEC);
    must(fd >= 0, "accept");
    for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
        if (script->connections[i].fd < 0) {
            script->connections[i] = (struct connection){.fd = fd, .number = script->accepted++};
            return;
        }
    }
    close(fd);
}

static void *serve(void *context)
{
    struct http_script *script = context;
    for (;;) {
        struct pollfd fds[CONNECTIONS_MAX + 2];
        fds[0] = (struct pollfd){.fd = script->stop[0], .events = POLLIN};
        fds[1] = (struct pollfd){.fd = script->listener, .events = POLLIN};
        for (size_t i = 0; i < CONNECTIONS_MAX; i++)
            fds[i + 2] = (struct pollfd){.fd = script->connections[i].fd, .events = POLLIN};
        must(poll(fds, CONNECTIONS_MAX + 2, -1) >= 0, "poll");
        if (fds[0].revents != 0)
            return NULL;
        if (fds[1].revents != 0)
            accept_one(script);
        for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
            if (fds[i + 2].revents != 0)
                receive(script, &script->connections[i]);
        }
        release_held(script);
    }
}

struct http_script *http_script_start(http_script_handler *handler, void *context)
{
    struct http_script *script = calloc(1, sizeof *script);
    must(script != NULL, "calloc");
    struct sockaddr_in address;
    script->listener = bind_loopback(&address);
    must(listen(script->listener, CONNECTIONS_MAX) == 0, "listen");
    must(pipe(script->stop) == 0, "pipe");
    snprintf(script->url, sizeof script->url, "http://127.0.0.1:%d", ntohs(address.sin_port));
    script->handler = handler;
    script->context = context;
    for (size_t i = 0; i < CONNECTIONS_MAX; i++)
        script->connections[i].fd = -1;
    must(pthread_create(&script->thread, NULL, serve, script) == 0, "pthread_create");
    return script;
}

const char *http_script_url(const struct http_script *script)
{
    return script->url;
}

size_t http_script_requests(const struct http_script *script)
{
    return script->requests;
}

size_t http_script_connections(const struct http_script *script)
{
    return script->accepted;
}

void http_script_stop(struct http_script *script)
{
    if (script == NULL)
        return;
    close(script->stop[1]);
    pthread_join(script->thread, NULL);
    close(script->stop[0]);
    close(script->listener);
    for (size_t i = 0; i < CONNECTIONS_MAX; i++)
        close_connection(&script->connections[i]);
    free(script);
}

void script_answer_bytes(struct script_reply *reply, int code, const char *headers, const void *body, size_t size)
{
    buf_appendf(&reply->bytes, "HTTP/1.1 %d Scripted\r\n%sContent-Length: %zu\r\n\r\n", code, headers, size);
    buf_append(&reply->bytes, body, size);
}

void script_answer(struct script_reply *reply, int code, const char *headers, const char *body)
{
    script_answer_bytes(reply, code, headers, body, strlen(body));
}
