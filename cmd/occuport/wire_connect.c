#include "wire_connect.h"

#include <stdio.h>

static enum status connect_once(const struct config_destination *destination, const char *job,
                                enum connect_purpose purpose, struct db **ret_db, enum pg_trouble *ret_trouble,
                                struct err *err)
{
    *ret_trouble = PG_TROUBLE_OTHER;
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
    return pg_open_or_tell(&options, ret_db, ret_trouble, err);
}

enum status postgres_connect(const struct config_destination *destination, const char *job,
                             enum connect_purpose purpose, struct db **ret_db, struct err *err)
{
    enum pg_trouble ignored;
    return connect_once(destination, job, purpose, ret_db, &ignored, err);
}

enum status postgres_connect_patiently(const struct config_destination *destination, const char *job,
                                       enum connect_purpose purpose, struct patience *patience, struct db **ret_db,
                                       struct err *err)
{
    for (;;) {
        enum pg_trouble trouble;
        enum status status = connect_once(destination, job, purpose, ret_db, &trouble, err);
        if (status == STATUS_OK) {
            patience_found(patience);
            return status;
        }
        bool mended = (trouble == PG_TROUBLE_AGAIN && patience_again(patience)) ||
                      (trouble == PG_TROUBLE_LOST && patience_wait(patience, err->message));
        if (!mended)
            return status;
    }
}
