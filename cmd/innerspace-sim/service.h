/*
 * What the service answers to an HTTP request, apart from sockets: paths, methods, the token endpoint, sessions.
 *
 * A reply is complete in memory before anything is sent, so that whatever disturbs an answer on its way (delays,
 * other codes, bodies cut short) can be put between service_answer and the socket.
 */
#ifndef SIM_SERVICE_H
#define SIM_SERVICE_H

#include "edition.h"
#include "faults.h"
#include "garble.h"
#include "memory.h"
#include "reply.h"
#include "request.h"
#include "sessions.h"
#include "stats.h"

#include <stdatomic.h>

/* Read-only while the server runs, but for sessions, faults, garble and stats, which lock, and the count of queries. */
struct service {
    const struct sim_options *options; /* borrowed */
    struct edition editions[2];        /* before and after the change, if there is one */
    atomic_ullong queries;             /* that reached the API */
    struct sessions sessions;
    struct faults faults;
    struct garble garble;
    struct stats stats;
    struct memory memory;
};

struct call {
    const char *method;
    const char *path;
    const char *session_id; /* X-Session-Id, or NULL */
    const char *body;
    size_t size;
    bool too_large; /* the body was, and is not here */
};

/*
 * Makes the world and the schema that the options describe, as of now (seconds since the epoch). STATUS_USAGE: the
 * options do not go together; STATUS_NOMEM. The service must not move afterwards; release it also after a failure.
 */
enum status service_init(struct service *service, const struct sim_options *options, int64_t now,
                         struct err *err) MUST_CHECK;
void service_release(struct service *service);

/* What the API shows after so many queries. */
const struct edition *service_edition(const struct service *service, uint64_t queries);

void service_answer(struct service *service, const struct call *call, struct reply *reply);

/* True when Accept-Encoding names gzip itself; a bare "*" does not count [observed]. NULL: not sent. */
bool gzip_accepted(const char *accept_encoding);

/* Replaces the body by its gzip form; STATUS_NOMEM leaves it as it was. */
enum status gzip_compress(struct buf *body, struct err *err) MUST_CHECK;

enum { GZIP_SMALLEST = 700 }; /* shorter bodies stay plain [observed] */

#endif
