#include "wire.h"
#include "wire_looking.h"

static enum status open_one(const struct job *job, const struct job_dataset *dataset, size_t at,
                            struct view_of_ledgers *view, struct err *err)
{
    enum status status =
        looking_open(&job->config->destinations[at], MIGRATE_ALL, job->config->name, &view->dbs[at], err);
    if (status != STATUS_OK || view->dbs[at] == NULL)
        return status;
    status = ledger_open(view->dbs[at], &dataset->ledger_job, &view->ledgers[at], err);
    if (status == STATUS_OK)
        ledger_read_ahead(view->ledgers[at], LEDGER_MANY);
    return status;
}

enum status view_open(const struct job *job, const struct job_dataset *dataset, struct view_of_ledgers *ret_view,
                      struct err *err)
{
    *ret_view = (struct view_of_ledgers){0};
    enum status status = STATUS_OK;
    if (job->config->destination_count > ENGINE_DESTINATIONS_MAX)
        return err_set(err, STATUS_CONFIG, "a job has at most %d destinations", ENGINE_DESTINATIONS_MAX);
    for (size_t i = 0; status == STATUS_OK && i < job->config->destination_count; i++) {
        ret_view->count++;
        status = open_one(job, dataset, i, ret_view, err);
    }
    if (status != STATUS_OK)
        view_release(ret_view);
    return status;
}

void view_release(struct view_of_ledgers *view)
{
    for (size_t i = 0; i < view->count; i++) {
        ledger_close(view->ledgers[i]);
        db_close(view->dbs[i]);
    }
    ledger_union_release(&view->joined);
    *view = (struct view_of_ledgers){0};
}

enum status view_read_series(void *context, const struct coverage_building *building, const char *granularity,
                             size_t site, size_t group, struct ledger_series *ret_series, struct err *err)
{
    struct view_of_ledgers *view = context;
    struct ledger_series known[ENGINE_DESTINATIONS_MAX] = {0};
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < view->count; i++) {
        if (view->ledgers[i] != NULL)
            status = ledger_read_series(view->ledgers[i], building, granularity, site, group, &known[i], err);
    }
    if (status != STATUS_OK)
        return status;
    if (view->count > 1)
        return ledger_union_make(&view->joined, known, view->count, ret_series, err);
    *ret_series = known[0];
    return STATUS_OK;
}
