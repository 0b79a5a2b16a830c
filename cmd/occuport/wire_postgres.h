/* The PostgreSQL destination: rows and ledger in one schema. */
#ifndef OCCUPORT_CMD_WIRE_POSTGRES_H
#define OCCUPORT_CMD_WIRE_POSTGRES_H

#include "wire.h"

/*
 * Borrows everything for the life of *ret_opened. A flush that meets a deadlock or the like is done again, one that
 * loses the server waits for it for two minutes; what was committed and not answered is looked up.
 */
enum status postgres_destination_open(const struct job *job, const struct config_destination *destination,
                                      const char *run_id, struct opened_destination *ret_opened,
                                      struct err *err) MUST_CHECK;

#endif
