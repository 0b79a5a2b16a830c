/*
 * The CSV destination: rows in files, the ledger in DIR/.occuport/ledger.db,
 * one run at a time by DIR/.occuport/lock.
 */
#ifndef OCCUPORT_CMD_WIRE_CSV_H
#define OCCUPORT_CMD_WIRE_CSV_H

#include "wire.h"

/* Borrows everything for the life of *ret_opened. STATUS_BUSY: another run is at it. */
enum status csv_destination_open(const struct job *job, const struct config_destination *destination,
                                 const char *command, const char *run_id, struct opened_destination *ret_opened,
                                 struct err *err) MUST_CHECK;

#endif
