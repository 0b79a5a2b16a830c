/*
 * Who waits for a PostgreSQL destination may wait for a program that is frozen: its session keeps its locks, and no
 * limit of the server ends one that waits for rows.
 */
#ifndef OCCUPORT_CMD_WIRE_HOLDERS_H
#define OCCUPORT_CMD_WIRE_HOLDERS_H

#include "db/db.h"

/*
 * Ends the sessions of workers of the schema that are frozen in the middle of a transaction, and tells of it: those
 * that were found so at each look of this process for more than half a lease: all who live say so each third. *told_pid
 * is kept by the caller, 0 at first: of the one that this user may not end, which is told once.
 */
enum status holders_end(struct db *db, int64_t *told_pid, struct err *err) MUST_CHECK;

/* In a transaction: what it waits for is not waited for longer than half a lease, and may be tried again then. */
enum status holders_limit_wait(struct db *db, struct err *err) MUST_CHECK;

#endif
