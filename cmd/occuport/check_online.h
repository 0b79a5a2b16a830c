/*
 * `check --online`: asks the server whether the job can be run, and says what was learned.
 *
 * The slices of a small unit go through the engine into a destination that throws them away, so negotiation and
 * every refusal come from the code that a run uses. Nothing is stored and no ledger is opened for writing.
 */
#ifndef OCCUPORT_CMD_CHECK_ONLINE_H
#define OCCUPORT_CMD_CHECK_ONLINE_H

#include "command.h"
#include "wire.h"

/* Appends what was learned, in under ten lines; returns the exit code. Failures are logged. */
int check_online(const struct command_context *context, struct job *job, struct buf *out);

/*
 * The same of the PostgreSQL destinations: version of server and schema, encryption, whether a run may write, and that
 * no two of them are one place.
 * Nothing is changed there.
 */
int check_postgres(const struct job *job, struct buf *out);

#endif
