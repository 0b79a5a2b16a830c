/* A connection to the schema of a PostgreSQL destination: the one place that knows how a job asks for it. */
#ifndef OCCUPORT_CMD_WIRE_CONNECT_H
#define OCCUPORT_CMD_WIRE_CONNECT_H

#include "config/config.h"
#include "pg/pg.h"
#include "wire_patience.h"

enum connect_purpose {
    CONNECT_STORE, /* rows and ledger; the schema is made where it is missing */
    CONNECT_WORK,  /* the queue of a worker; likewise */
    CONNECT_LOOK   /* read only, and a schema that is not there is no failure */
};

/* The caller closes *ret_db. STATUS_CONFIG: a variable of the dsn is not set; else as pg_open. job: its name, shown by
 * the server's list of sessions. */
enum status postgres_connect(const struct config_destination *destination, const char *job,
                             enum connect_purpose purpose, struct db **ret_db, struct err *err) MUST_CHECK;

/* The same; a server that is away or has no room is waited for. */
enum status postgres_connect_patiently(const struct config_destination *destination, const char *job,
                                       enum connect_purpose purpose, struct patience *patience, struct db **ret_db,
                                       struct err *err) MUST_CHECK;

#endif
