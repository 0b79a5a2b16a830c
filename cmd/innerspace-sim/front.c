#include "front.h"

#include "core/clock.h"
#include "front_internal.h"
#include "server.h"
#include "world.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SALT_LOGINS = 0x6C6F67, BACKLOG = 128, OPEN_AGAIN_MS = 10 };

struct front {
    struct front_options options;
    struct sockaddr_storage address;
    socklen_t address_size;
    int holder;   /* keeps the port */
    int listener; /* -1 while nobody can connect; opened and closed by the accepting thread */
    int wake;     /* an eventfd: there is something to see to */
    pthread_t thread;
    bool has_thread;
    pthread_mutex_t lock; /* of all below */
    bool stopping;
    int64_t refused_until_ms;
    struct breakage requests;
    struct breakage logins;
    struct front_connection *connections;
    size_t connection_count;
};

static int64_t now_ms(void)
{
    struct clock clock = clock_system();
    return clock_monotonic_ms(&clock);
}

static void wake_up(struct front *front)
{
    (void)eventfd_write(front->wake, 1);
}

const struct front_options *front_options(const struct front *front)
{
    return &front->options;
}

static void log_fault(int kind, bool is_login, uint64_t number)
{
    char line[128];
    int size = snprintf(line, sizeof line, "innerspace-sim: %s for %s %llu\n", break_name((enum break_kind)kind),
                        is_login ? "login" : "request", (unsigned long long)number);
    /* A log that cannot be written has nowhere to complain. */
    ssize_t written = write(STDERR_FILENO, line, (size_t)size);
    (void)written;
}

int front_next_fault(struct front *front, bool is_login)
{
    struct breakage *breakage = is_login ? &front->logins : &front->requests;
    pthread_mutex_lock(&front->lock);
    if (front->refused_until_ms > now_ms()) {
        pthread_mutex_unlock(&front->lock);
        return BREAK_RESET;
    }
    int kind = breakage_next(breakage);
    uint64_t number = breakage->requests;
    pthread_mutex_unlock(&front->lock);
    if (kind == BREAK_NONE)
        return kind;
    stats_add_break(front->options.stats, (enum break_kind)kind, is_login);
    if (front->options.log)
        log_fault(kind, is_login, number);
    return kind;
}

/* A listening socket that is shut down refuses at once; the accepting thread closes it. */
void front_refuse(struct front *front)
{
    pthread_mutex_lock(&front->lock);
    front->refused_until_ms = now_ms() + front->options.refuse_ms;
    if (front->listener >= 0)
        (void)shutdown(front->listener, SHUT_RDWR);
    pthread_mutex_unlock(&front->lock);
    wake_up(front);
}

void front_connection_end(struct front_connection *connection)
{
    struct front *front = connection->front;
    pthread_mutex_lock(&front->lock);
    close(connection->fd);
    connection->fd = -1;
    connection->done = true;
    pthread_mutex_unlock(&front->lock);
    wake_up(front);
}

/* Joins the threads that ended; all of them, and until they have, when that is asked for. */
static void reap(struct front *front, bool all)
{
    struct front_connection *ended = NULL;
    pthread_mutex_lock(&front->lock);
    for (struct front_connection **at = &front->connections; *at != NULL;) {
        struct front_connection *connection = *at;
        if (!connection->done && !all) {
            at = &connection->next;
            continue;
        }
        if (connection->fd >= 0)
            (void)shutdown(connection->fd, SHUT_RDWR);
        *at = connection->next;
        connection->next = ended;
        ended = connection;
        front->connection_count--;
    }
    pthread_mutex_unlock(&front->lock);
    while (ended != NULL) {
        struct front_connection *next = ended->next;
        pthread_join(ended->thread, NULL);
        free(ended);
        ended = next;
    }
}

/* A socket of the public port. */
static int bind_socket(const struct front *front, int flags, bool reuse_first)
{
    int yes = 1;
    const struct sockaddr *address = (const struct sockaddr *)&front->address;
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
    if (fd < 0)
        return -1;
    if (reuse_first)
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(fd, address, front->address_size) != 0) {
        close(fd);
        return -1;
    }
    if (!reuse_first) /* afterwards: a port that the kernel chooses must not be one that another holder keeps */
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    return fd;
}

static bool open_listener(struct front *front)
{
    int fd = bind_socket(front, SOCK_NONBLOCK, true);
    if (fd < 0)
        return false;
    if (listen(fd, BACKLOG) != 0) {
        close(fd);
        return false;
    }
    front->listener = fd;
    return true;
}

/* Opens and closes the listening socket as it should be. False: the front stops. *ret_ms: until that may change. */
static bool keep_listener(struct front *front, int *ret_ms)
{
    pthread_mutex_lock(&front->lock);
    bool goes_on = !front->stopping;
    int64_t refused_ms = front->refused_until_ms - now_ms();
    *ret_ms = -1;
    if (refused_ms > 0) {
        if (front->listener >= 0)
            close(front->listener);
        front->listener = -1;
        *ret_ms = (int)refused_ms;
    } else if (front->listener < 0 && !open_listener(front)) {
        *ret_ms = OPEN_AGAIN_MS;
    }
    pthread_mutex_unlock(&front->lock);
    return goes_on;
}

static void accept_one(struct front *front)
{
    int yes = 1;
    int fd = accept4(front->listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
        return;
    struct front_connection *connection = calloc(1, sizeof *connection);
    if (connection == NULL || front->connection_count >= FRONT_CONNECTIONS_MAX) {
        free(connection);
        close(fd);
        return;
    }
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    connection->front = front;
    connection->fd = fd;
    pthread_mutex_lock(&front->lock);
    if (pthread_create(&connection->thread, NULL, front_connection_serve, connection) == 0) {
        connection->next = front->connections;
        front->connections = connection;
        front->connection_count++;
    } else {
        close(fd);
        free(connection);
    }
    pthread_mutex_unlock(&front->lock);
}

static void *accept_all(void *context)
{
    struct front *front = context;
    int wait_ms;
    while (keep_listener(front, &wait_ms)) {
        eventfd_t ignored;
        struct pollfd fds[] = {{.fd = front->wake, .events = POLLIN}, {.fd = front->listener, .events = POLLIN}};
        (void)poll(fds, 2, wait_ms);
        (void)eventfd_read(front->wake, &ignored);
        if ((fds[1].revents & POLLIN) != 0)
            accept_one(front);
        reap(front, false);
    }
    return NULL;
}

static enum status take_address(struct front *front, struct err *err)
{
    struct addrinfo *found = NULL;
    enum status status = server_find_address(front->options.listen, front->options.port, &found, err);
    if (status != STATUS_OK)
        return status;
    memcpy(&front->address, found->ai_addr, found->ai_addrlen);
    front->address_size = found->ai_addrlen;
    freeaddrinfo(found);
    front->holder = bind_socket(front, 0, front->options.port != 0);
    if (front->holder < 0 ||
        getsockname(front->holder, (struct sockaddr *)&front->address, &front->address_size) != 0 ||
        !open_listener(front))
        return err_set_errno(err, STATUS_IO, errno, "cannot listen on %s port %u", front->options.listen,
                             front->options.port);
    return STATUS_OK;
}

static unsigned port_of(const struct front *front)
{
    char text[8] = "";
    (void)getnameinfo((const struct sockaddr *)&front->address, front->address_size, NULL, 0, text, sizeof text,
                      NI_NUMERICSERV);
    return (unsigned)strtoul(text, NULL, 10);
}

static enum status start(struct front *front, struct err *err)
{
    const struct front_options *options = &front->options;
    enum status status = breakage_init(&front->requests, options->seed, "break", options->breaks, err);
    if (status == STATUS_OK)
        status = breakage_init(&front->logins, world_mix(options->seed, SALT_LOGINS), "break-logins",
                               options->login_breaks, err);
    if (status == STATUS_OK)
        status = take_address(front, err);
    if (status != STATUS_OK)
        return status;
    front->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (front->wake < 0)
        return err_set_errno(err, STATUS_IO, errno, "cannot make an eventfd");
    if (pthread_create(&front->thread, NULL, accept_all, front) != 0)
        return err_set(err, STATUS_IO, "cannot make a thread");
    front->has_thread = true;
    return STATUS_OK;
}

enum status front_start(const struct front_options *options, struct front **ret_front, unsigned *ret_port,
                        struct err *err)
{
    struct front *front = calloc(1, sizeof *front);
    if (front == NULL)
        return err_nomem(err);
    front->options = *options;
    front->holder = front->listener = front->wake = -1;
    pthread_mutex_init(&front->lock, NULL);
    enum status status = start(front, err);
    if (status != STATUS_OK) {
        front_stop(front);
        return status;
    }
    *ret_front = front;
    *ret_port = port_of(front);
    return STATUS_OK;
}

static void close_if_open(int fd)
{
    if (fd >= 0)
        close(fd);
}

void front_stop(struct front *front)
{
    if (front == NULL)
        return;
    if (front->has_thread) {
        pthread_mutex_lock(&front->lock);
        front->stopping = true;
        pthread_mutex_unlock(&front->lock);
        wake_up(front);
        pthread_join(front->thread, NULL);
        reap(front, true);
    }
    close_if_open(front->listener);
    close_if_open(front->holder);
    close_if_open(front->wake);
    pthread_mutex_destroy(&front->lock);
    free(front);
}
