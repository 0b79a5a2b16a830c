/*
 * How often, and how long, something is tried again on a PostgreSQL server that could not do it: at once or soon where
 * others were in the way, for two minutes where the server is gone, which a restart or a failover takes.
 */
#ifndef OCCUPORT_CMD_WIRE_PATIENCE_H
#define OCCUPORT_CMD_WIRE_PATIENCE_H

#include "core/clock.h"
#include "pg/pg.h"

#include <signal.h>

enum { PATIENCE_ATTEMPTS = 40, PATIENCE_LOST_MS = 120000, PATIENCE_INTERRUPTED_MS = 3000, PATIENCE_WAIT_MS = 2000 };

struct patience {
    const volatile sig_atomic_t *interrupted; /* may be NULL; it ends the waiting for a lost server soon */
    struct clock clock;
    int attempts;
    int waits;              /* for a lost server, in a row */
    int64_t lost_ms;        /* when it was lost; 0: it is not */
    int64_t interrupted_ms; /* when that was first seen; 0: it was not */
};

struct patience patience_new(const volatile sig_atomic_t *interrupted);

/* Others were in the way: waits a moment, by chance. False: often enough. */
bool patience_again(struct patience *patience);

/*
 * The server is lost: waits, and connects anew. False: for too long, or it was interrupted; *err is left as it was.
 */
bool patience_reconnect(struct patience *patience, struct db *db);

/* It is there again, and did something. */
void patience_found(struct patience *patience);

#endif
