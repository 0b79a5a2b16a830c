#include "server.h"

#include "core/cond.h"
#include "core/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct server {
    struct service *service;
    struct MHD_Daemon *daemon;
    atomic_ulong request_number;
    pthread_mutex_t lock;
    pthread_cond_t stopping_changed;
    bool stopping;
};

/* One request on its way in. */
struct incoming {
    struct buf body;
    bool too_large;
};

/* Waits for the latency that is asked for, or until the server stops. */
static void wait_latency(struct server *server, int64_t milliseconds)
{
    if (milliseconds == 0)
        return;
    struct timespec until = cond_deadline(milliseconds);
    pthread_mutex_lock(&server->lock);
    while (!server->stopping && pthread_cond_timedwait(&server->stopping_changed, &server->lock, &until) != ETIMEDOUT) {
    }
    pthread_mutex_unlock(&server->lock);
}

static void log_request(const struct server *server, const struct call *call, const struct reply *reply, size_t sent,
                        int64_t started_us)
{
    if (!server->service->options->log)
        return;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t now_us = now.tv_sec * 1000000 + now.tv_nsec / 1000;
    double milliseconds = (double)(now_us - started_us) / 1000;
    char line[512];
    snprintf(line, sizeof line, "innerspace-sim: %.10s %.100s %u %s rows=%llu bytes=%zu %.1fms", call->method,
             call->path, reply->code, reply->operation[0] != '\0' ? reply->operation : "-",
             (unsigned long long)reply->rows, sent, milliseconds);
    text_make_printable(line);
    size_t size = strlen(line);
    line[size] = '\n';
    /* A log that cannot be written has nowhere to complain. */
    ssize_t written = write(STDERR_FILENO, line, size + 1);
    (void)written;
}

/* What is in the middle of it is another thing now. */
static void break_body(struct buf *body)
{
    for (size_t i = body->size / 2; i < body->size && i < body->size / 2 + 8; i++)
        body->data[i] = (char)~(unsigned char)body->data[i];
}

static ssize_t read_body(void *context, uint64_t at, char *out, size_t most)
{
    const struct buf *body = context;
    if (at >= body->size)
        return MHD_CONTENT_READER_END_OF_STREAM;
    size_t size = body->size - (size_t)at < most ? body->size - (size_t)at : most;
    memcpy(out, body->data + at, size);
    return (ssize_t)size;
}

static void free_body(void *context)
{
    buf_release(context);
    free(context);
}

/* A response that owns the body; of unknown length when it is to be chunked. NULL: no memory. */
static struct MHD_Response *response_of(const struct reply *reply)
{
    if (reply->remembered != NULL)
        return MHD_create_response_from_buffer(reply->remembered->size, reply->remembered->data,
                                               MHD_RESPMEM_PERSISTENT);
    if (!reply->chunked)
        return MHD_create_response_from_buffer(reply->body.size, reply->body.data, MHD_RESPMEM_MUST_FREE);
    struct buf *body = malloc(sizeof *body);
    if (body == NULL)
        return NULL;
    *body = reply->body;
    struct MHD_Response *response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, SERVER_CHUNK_SIZE, read_body, body, free_body);
    if (response == NULL)
        free(body); /* the caller keeps what it points to */
    return response;
}

/* Hands the body over to a response, compressed when that was asked for and makes sense; NULL: no memory. */
static struct MHD_Response *make_response(struct server *server, struct reply *reply, const char *accept_encoding,
                                          size_t *ret_size)
{
    bool compressed = reply->gzip_broken && gzip_compress(&reply->body, NULL) == STATUS_OK;
    if (compressed)
        break_body(&reply->body);
    compressed = compressed || (server->service->options->gzip == GZIP_ON && !reply->is_error &&
                                reply->remembered == NULL && reply->body.size >= GZIP_SMALLEST &&
                                gzip_accepted(accept_encoding) && gzip_compress(&reply->body, NULL) == STATUS_OK);
    struct MHD_Response *response = response_of(reply);
    if (response == NULL)
        return NULL;
    *ret_size = reply_body(reply)->size;
    reply->body = (struct buf){0}; /* the response frees it */
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, reply->content_type);
    if (reply->retry_after != NULL)
        MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, reply->retry_after);
    if (compressed)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip");
    if (!reply->is_error) {
        char id[48];
        snprintf(id, sizeof id, "sim-%lu", atomic_fetch_add(&server->request_number, 1) + 1);
        MHD_add_response_header(response, "x-request-id", id);
    }
    return response;
}

static enum MHD_Result answer(struct server *server, struct MHD_Connection *connection, const struct call *call)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    struct reply reply = {.code = 500};
    service_answer(server->service, call, &reply);
    wait_latency(server, server->service->options->latency);
    const char *accepted = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT_ENCODING);
    size_t sent = 0;
    struct MHD_Response *response = make_response(server, &reply, accepted, &sent);
    log_request(server, call, &reply, sent, now.tv_sec * 1000000 + now.tv_nsec / 1000);
    buf_release(&reply.body);
    if (response == NULL)
        return MHD_NO;
    enum MHD_Result result = MHD_queue_response(connection, reply.code, response);
    MHD_destroy_response(response);
    return result;
}

/* Called by MHD: once with the headers, then for each piece of the body, then with no more. */
static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *upload, size_t *upload_size, void **request)
{
    (void)version;
    struct incoming *incoming = *request;
    if (incoming == NULL) {
        *request = incoming = calloc(1, sizeof *incoming);
        if (incoming == NULL)
            return MHD_NO;
        incoming->body.max = REQUEST_BYTES_MAX;
        return MHD_YES;
    }
    if (*upload_size > 0) {
        buf_append(&incoming->body, upload, *upload_size);
        incoming->too_large = incoming->body.failed != STATUS_OK;
        *upload_size = 0;
        return MHD_YES;
    }
    struct call call = {
        .method = method,
        .path = url,
        .session_id = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "X-Session-Id"),
        .body = buf_text(&incoming->body),
        .size = incoming->body.size,
        .too_large = incoming->too_large,
    };
    return answer(context, connection, &call);
}

static void on_completed(void *context, struct MHD_Connection *connection, void **request,
                         enum MHD_RequestTerminationCode code)
{
    (void)context;
    (void)connection;
    (void)code;
    struct incoming *incoming = *request;
    if (incoming == NULL)
        return;
    buf_release(&incoming->body);
    free(incoming);
    *request = NULL;
}

enum status server_find_address(const char *listen, unsigned port, struct addrinfo **ret_address, struct err *err)
{
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
    char text[8];
    snprintf(text, sizeof text, "%u", port % 65536U);
    if (getaddrinfo(listen, text, &hints, ret_address) != 0)
        return err_set(err, STATUS_USAGE, "--listen: '%s' is not a numeric address", listen);
    return STATUS_OK;
}

static enum status listen_at(struct server *server, const char *listen, unsigned port, const struct addrinfo *address,
                             unsigned *ret_port, struct err *err)
{
    unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL;
    if (address->ai_family == AF_INET6)
        flags |= MHD_USE_IPv6;
    server->daemon = MHD_start_daemon(flags, 0, NULL, NULL, on_request, server, MHD_OPTION_SOCK_ADDR, address->ai_addr,
                                      MHD_OPTION_NOTIFY_COMPLETED, on_completed, server, MHD_OPTION_CONNECTION_LIMIT,
                                      (unsigned)SERVER_CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
                                      (unsigned)SERVER_IDLE_SECONDS, MHD_OPTION_END);
    if (server->daemon == NULL)
        return err_set_errno(err, STATUS_IO, errno, "cannot listen on %s port %u", listen, port);
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT);
    if (info == NULL || info->port == 0)
        return err_set(err, STATUS_IO, "cannot tell which port is in use");
    *ret_port = info->port;
    return STATUS_OK;
}

enum status server_start(struct service *service, const char *listen, unsigned port, struct server **ret_server,
                         unsigned *ret_port, struct err *err)
{
    struct addrinfo *address = NULL;
    enum status status = server_find_address(listen, port, &address, err);
    if (status != STATUS_OK)
        return status;
    struct server *server = calloc(1, sizeof *server);
    if (server == NULL) {
        freeaddrinfo(address);
        return err_nomem(err);
    }
    server->service = service;
    cond_init(&server->stopping_changed);
    pthread_mutex_init(&server->lock, NULL);
    status = listen_at(server, listen, port, address, ret_port, err);
    freeaddrinfo(address);
    if (status != STATUS_OK) {
        server_stop(server);
        return status;
    }
    *ret_server = server;
    return STATUS_OK;
}

void server_stop(struct server *server)
{
    if (server == NULL)
        return;
    pthread_mutex_lock(&server->lock);
    server->stopping = true;
    pthread_cond_broadcast(&server->stopping_changed);
    pthread_mutex_unlock(&server->lock);
    if (server->daemon != NULL)
        MHD_stop_daemon(server->daemon);
    pthread_cond_destroy(&server->stopping_changed);
    pthread_mutex_destroy(&server->lock);
    free(server);
}
