#include "wire_connect.h"

#include <stdio.h>

enum status postgres_connect(const struct config_destination *destination, const char *job,
                             enum connect_purpose purpose, struct db **ret_db, struct err *err)
{
    char application[64]; /* a server keeps no more of it */
    if (destination->dsn == NULL)
        return err_set(err, STATUS_CONFIG,
                       "the dsn of the PostgreSQL destination (schema %s) is not known: a variable of it is not set",
                       destination->schema);
    const char *ending = purpose == CONNECT_WORK ? " (work)" : "";
    snprintf(application, sizeof application, "occuport %.*s%s", (int)sizeof application - 17, job, ending);
    const struct pg_options options = {
        .dsn = destination->dsn,
        .schema = destination->schema,
        .application = application,
        .create_schema = purpose != CONNECT_LOOK,
        .read_only = purpose == CONNECT_LOOK,
    };
    return pg_open(&options, ret_db, err);
}
