#include "wire_looking.h"

#include "wire.h"
#include "wire_connect.h"

#include <errno.h>
#include <sys/stat.h>

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
    enum status status = destination->kind == CONFIG_DESTINATION_POSTGRES
                             ? postgres_connect(destination, job, CONNECT_LOOK, &db, err)
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
