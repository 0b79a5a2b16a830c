#include "wire_looking.h"

#include "pg/pg.h"
#include "wire.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

enum status postgres_options_of(const struct config_destination *destination, struct pg_options *ret_options,
                                struct err *err)
{
    if (destination->dsn == NULL)
        return err_set(err, STATUS_CONFIG,
                       "the dsn of the PostgreSQL destination (schema %s) is not known: a variable of it is not set",
                       destination->schema);
    *ret_options = (struct pg_options){.dsn = destination->dsn, .schema = destination->schema};
    return STATUS_OK;
}

static enum status open_postgres(const struct config_destination *destination, const char *job, struct db **ret_db,
                                 struct err *err)
{
    struct pg_options options;
    char application[64]; /* as much as a server keeps of it */
    enum status status = postgres_options_of(destination, &options, err);
    if (status != STATUS_OK)
        return status;
    snprintf(application, sizeof application, "occuport %.*s", (int)sizeof application - 10, job);
    options.application = application;
    options.read_only = true;
    return pg_open(&options, ret_db, err);
}

static enum status open_file(const struct config_destination *destination, struct db **ret_db, struct err *err)
{
    char path[PATH_MAX];
    struct stat info;
    enum status status = destination_ledger_path(destination, path, err);
    if (status != STATUS_OK || (stat(path, &info) != 0 && (errno == ENOENT || errno == ENOTDIR)))
        return status;
    return db_open(path, DB_READ_ONLY, ret_db, err);
}

enum status looking_open(const struct config_destination *destination, enum migrate_scope scope, const char *job,
                         struct db **ret_db, struct err *err)
{
    struct db *db = NULL;
    bool current = false;
    if (destination->kind == CONFIG_DESTINATION_CSV)
        scope = MIGRATE_LEDGER;
    enum status status = destination->kind == CONFIG_DESTINATION_POSTGRES ? open_postgres(destination, job, &db, err)
                                                                          : open_file(destination, &db, err);
    if (status == STATUS_OK && db != NULL)
        status = migrate_check(db, scope, &current, err);
    if (status != STATUS_OK || !current) {
        db_close(db);
        db = NULL;
    }
    if (status == STATUS_OK)
        *ret_db = db;
    return status;
}
