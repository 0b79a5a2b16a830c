#include "wire.h"

#include "db/migrate.h"

#include <errno.h>
#include <sys/stat.h>

enum status view_open(const struct job *job, struct view_of_ledger *ret_view, struct err *err)
{
    *ret_view = (struct view_of_ledger){0};
    const char *path = job->config->destinations[0].path;
    struct stat info;
    if (stat(path, &info) != 0 && errno == ENOENT)
        return STATUS_OK;
    bool current = false;
    enum status status = db_open(path, DB_READ_ONLY, &ret_view->db, err);
    if (status == STATUS_OK)
        status = migrate_check(ret_view->db, MIGRATE_ALL, &current, err);
    if (status == STATUS_OK && current)
        status = ledger_open(ret_view->db, &job->ledger_job, &ret_view->ledger, err);
    if (status != STATUS_OK)
        view_release(ret_view);
    return status;
}

void view_release(struct view_of_ledger *view)
{
    ledger_close(view->ledger);
    db_close(view->db);
    *view = (struct view_of_ledger){0};
}

enum status view_read_series(void *context, const struct coverage_building *building, const char *granularity,
                             size_t site, size_t group, struct ledger_series *ret_series, struct err *err)
{
    struct view_of_ledger *view = context;
    if (view->ledger != NULL)
        return ledger_read_series(view->ledger, building, granularity, site, group, ret_series, err);
    *ret_series = (struct ledger_series){0};
    return STATUS_OK;
}
