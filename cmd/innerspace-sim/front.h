/*
 * What stands between the public port and the HTTP server when faults of the connection are asked for: it hands each
 * request on and spoils what breakage.h says. The HTTP server cannot do that itself; without such faults there is no
 * front, and nothing is slower for it.
 *
 * One thread accepts, and each connection has one. A request is read whole, sent on over a connection of its own, and
 * its answer is read whole before the first byte goes back, so that each fault is a short function of a finished answer
 * (front_fault.c). While connections are refused the listening socket is closed; a second one, bound and never
 * listening, keeps the port.
 *
 * Life cycle: server_start, front_start, ..., server_stop, front_stop: in this order, so that nothing waits for an
 * answer of the server any more. The stats outlive it.
 */
#ifndef SIM_FRONT_H
#define SIM_FRONT_H

#include "breakage.h"
#include "stats.h"

enum { FRONT_CONNECTIONS_MAX = 256 };

struct front; /* opaque */

struct front_options {
    const char *listen;       /* numeric address */
    unsigned port;            /* 0: the kernel chooses */
    unsigned inner_port;      /* of the HTTP server, on 127.0.0.1 */
    const char *breaks;       /* for requests to the API; NULL: none */
    const char *login_breaks; /* for requests to the token endpoint */
    uint64_t seed;
    int64_t refuse_ms; /* how long BREAK_REFUSE lasts */
    bool log;          /* one line per fault on stderr */
    struct stats *stats;
};

/* *ret_port is the port in use. STATUS_USAGE: a list or the address is wrong; STATUS_IO: cannot listen; STATUS_NOMEM.
 */
enum status front_start(const struct front_options *options, struct front **ret_front, unsigned *ret_port,
                        struct err *err) MUST_CHECK;

/* Ends all connections. Accepts NULL. */
void front_stop(struct front *front);

#endif
