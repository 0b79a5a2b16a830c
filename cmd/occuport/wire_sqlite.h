/* The SQLite destination: rows and ledger in one database. */
#ifndef OCCUPORT_CMD_WIRE_SQLITE_H
#define OCCUPORT_CMD_WIRE_SQLITE_H

#include "wire.h"

/* Borrows everything for the life of *ret_opened. */
enum status sqlite_destination_open(const struct job *job, const struct config_destination *destination,
                                    const char *run_id, struct opened_destination *ret_opened,
                                    struct err *err) MUST_CHECK;

#endif
