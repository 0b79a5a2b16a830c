/*
 * The HTTP server: one thread a connection, at most SERVER_CONNECTIONS_MAX, keep-alive. A slow answer therefore holds
 * up nobody but its own connection.
 *
 * Life cycle: server_start, ..., server_stop, which waits for the connections to end. The service outlives it.
 */
#ifndef SIM_SERVER_H
#define SIM_SERVER_H

#include "service.h"

enum { SERVER_CONNECTIONS_MAX = 256, SERVER_IDLE_SECONDS = 120, SERVER_CHUNK_SIZE = 4096 };

struct server; /* opaque */

/*
 * Listens at a numeric address; port 0: the kernel chooses. *ret_port is the port in use. STATUS_USAGE: not a numeric
 * address; STATUS_IO: cannot listen there.
 */
enum status server_start(struct service *service, const char *listen, unsigned port, struct server **ret_server,
                         unsigned *ret_port, struct err *err) MUST_CHECK;

struct addrinfo;

/* The socket address of a numeric address and a port; freeaddrinfo it. STATUS_USAGE: it is none. */
enum status server_find_address(const char *listen, unsigned port, struct addrinfo **ret_address,
                                struct err *err) MUST_CHECK;

void server_stop(struct server *server);

#endif
