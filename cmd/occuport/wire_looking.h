/* A destination's ledger, opened for looking only. */
#ifndef OCCUPORT_CMD_WIRE_LOOKING_H
#define OCCUPORT_CMD_WIRE_LOOKING_H

#include "config/config.h"
#include "db/migrate.h"

/*
 * *ret_db is NULL where there is nothing to look at yet: no file, no schema, or one of an older program. The caller
 * closes it. scope: what must be up to date; MIGRATE_ALL of a CSV destination is its ledger too. job: its name, for the
 * server's list of sessions.
 */
enum status looking_open(const struct config_destination *destination, enum migrate_scope scope, const char *job,
                         struct db **ret_db, struct err *err) MUST_CHECK;

#endif
