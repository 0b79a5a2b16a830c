/*
 * Whom a job tells how its run ended: the keys notify and metrics.
 *
 * Nothing here changes how a run ended: what cannot be told is logged.
 */
#ifndef OCCUPORT_CMD_WIRE_NOTIFY_H
#define OCCUPORT_CMD_WIRE_NOTIFY_H

#include "run/summary.h"
#include "wire.h"

enum { NOTIFY_LIMIT_MS = 60000, HEARTBEAT_LIMIT_MS = 10000 };

/*
 * exit_code 0: fetches notify.heartbeat_url, as a GET whose answer of HTTP 2xx is enough. Else: starts
 * notify.on_failure with the JSON of the summary on its standard input, ends it after NOTIFY_LIMIT_MS and logs what it
 * prints. A run that a signal ended (was_signalled) tells nobody: somebody was there.
 */
void notify_end(const struct job *job, const struct summary *summary, int exit_code, bool was_signalled);

/* Writes metrics.textfile, by rename, readable by everyone: what the run did and what the ledgers hold. */
void metrics_write(const struct job *job, const struct summary *summary, int exit_code);

#endif
