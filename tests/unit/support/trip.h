/*
 * One call among many fails: every call of the database (db/db.h) in turn, or
 * every allocation or file operation of our own code. What is under test must say so, leave
 * nothing half done, lose no memory, and work the next time.
 *
 * The calls are caught by the linker (--wrap; see CMakeLists.txt), so the code under test is the one that is released.
 */
#ifndef TEST_SUPPORT_TRIP_H
#define TEST_SUPPORT_TRIP_H

#include "core/buf.h"
#include "db/db.h"

enum trip_kind { TRIP_DB, TRIP_MEMORY, TRIP_FILE };

/* What a tripped call of the database says; its status is STATUS_IO. */
#define TRIP_MESSAGE "tripped on purpose"

/* The nth call of the kind by this thread fails from now on, n from 1; the others do what they always do. */
void trip_arm(enum trip_kind kind, int nth);

/* True when the call failed; no further one will. */
bool trip_disarm(void);

/*
 * From now on a call that fails may be done without, or be told in other words: it may be one of a library that
 * allocates by our functions. The work must check that what ends well is right.
 */
void trip_tolerate(void);

/* True when it was a call whose failure need not be told. */
bool trip_was_optional(void);

typedef enum status trip_work(void *context, struct err *err);

/*
 * Does the work once for each of its calls of the kind, which fails, and then once undisturbed. Asserts that a failure
 * is told, as STATUS_IO, STATUS_NOMEM or STATUS_CANTCREATE, and that the database then holds what it held before; that
 * the last time goes well. The work opens and ends its own transactions. Returns how many calls failed. db may be NULL.
 */
int trip_sweep(enum trip_kind kind, struct db *db, trip_work *work, void *context);

/* Everything that a database holds, as text: the statements that made it, and its rows. */
void trip_dump(struct db *db, struct buf *out);

#endif
