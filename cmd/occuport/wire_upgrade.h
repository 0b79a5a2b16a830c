/* A schema of PostgreSQL that is brought up to date while others use its tables. */
#ifndef OCCUPORT_CMD_WIRE_UPGRADE_H
#define OCCUPORT_CMD_WIRE_UPGRADE_H

#include "wire_patience.h"

/*
 * Applies the migrations that are missing, behind holders_end where the schema knows that already. Tables that others
 * use are waited for with patience, in short stretches, between which those get their turn; it is told once. `now`:
 * Unix time. told_pid: as holders_end has it.
 */
enum status upgrade_schema(struct db *db, int64_t now, struct patience *patience, int64_t *told_pid,
                           struct err *err) MUST_CHECK;

#endif
