/*
 * How long something is tried again on a PostgreSQL server that could not do it: for twenty minutes where others are in
 * the way, soon after each other; for two where the server is gone, which a restart or a failover takes.
 */
#ifndef OCCUPORT_CMD_WIRE_PATIENCE_H
#define OCCUPORT_CMD_WIRE_PATIENCE_H

#include "core/clock.h"
#include "pg/pg.h"

#include <signal.h>

enum {
    PATIENCE_AGAIN_MS = 20 * 60000, /* while others are in the way */
    PATIENCE_LOST_MS = 120000,
    PATIENCE_BEGIN_MS = 60000, /* for a server that was not seen yet */
    PATIENCE_INTERRUPTED_MS = 3000,
    PATIENCE_WAIT_MS = 2000
};

struct patience {
    const volatile sig_atomic_t *interrupted; /* may be NULL; it ends the waiting soon */
    struct clock clock;
    bool ends_at_once;      /* when it is interrupted, and by until_ms */
    int attempts;           /* in a row while others were in the way: the pauses grow with them */
    bool told;              /* that others are in the way */
    int64_t begun_ms;       /* of the attempts; 0: there was none */
    int waits;              /* for a lost server, in a row */
    int64_t most_ms;        /* for a lost server */
    int64_t until_ms;       /* by the monotonic clock: it ends then at the latest */
    int64_t lost_ms;        /* when it was lost; 0: it is not */
    int64_t interrupted_ms; /* when that was first seen; 0: it was not */
};

struct patience patience_new(const volatile sig_atomic_t *interrupted);

/* For what comes before the first row: a signal ends it at once, and so does the deadline (0: none). */
struct patience patience_to_begin(const volatile sig_atomic_t *interrupted, int64_t deadline_ms);

/* True: it was ended by a signal or the deadline. */
bool patience_is_stopped(struct patience *patience);

/* Others were in the way: waits a moment, by chance. False: for too long, or it was interrupted. It is told when that
 * goes on for long. */
bool patience_again(struct patience *patience);

/* Says once why it is tried again and again. */
void patience_tell(struct patience *patience, const char *why);

/*
 * The server is lost: waits, and connects anew. False: for too long, or it was interrupted; *err is left as it was.
 */
bool patience_reconnect(struct patience *patience, struct db *db);

/* No connection could be made, for the reason `why`: waits a moment. False: for too long, or it was interrupted. */
bool patience_wait(struct patience *patience, const char *why);

/* By the trouble of the last failure on db, as the three above. False also: no other attempt would help. */
bool patience_mend(struct patience *patience, struct db *db);

/* The server is there again, and did something. */
void patience_found(struct patience *patience);

/* What others could be in the way of is done: for what comes next the time begins anew. */
void patience_done(struct patience *patience);

/* status; of a failure of the database after which patience_is_stopped, STATUS_INTERRUPTED with its reason in *err:
 * whoever was asked to end does not call that a failure. */
enum status patience_conclude(struct patience *patience, enum status status, struct err *err);

#endif
