/* What is due, by what the ledgers of all destinations say together. */
#include "converge_internal.h"
#include "wire_patience.h"

/* Whoever plans for many shows that it lives. */
static enum status read_series(void *context, const struct coverage_building *building, const char *granularity,
                               size_t site, size_t group, struct ledger_series *ret_series, struct err *err)
{
    struct run *run = context;
    enum status status = run->worker != NULL ? worker_keep(run->worker, run->destinations.items[0].db, err) : STATUS_OK;
    if (status != STATUS_OK) {
        run->destinations.unread = 0; /* it may have been its connection, and a worker has no other destination */
        return status;
    }
    return destinations_read_series(&run->destinations, building, granularity, site, group, ret_series, err);
}

static enum status plan_dataset(struct run *run, size_t at, struct err *err)
{
    struct plan_options options = job_plan_options(&run->job);
    options.newest_first = run->options->newest_first;
    options.filter = run->filters[at];
    plan_release(&run->plans[at]); /* of an attempt that failed */
    destinations_select(&run->destinations, at);
    destinations_read_ahead(&run->destinations, true);
    enum status status = plan_make(&run->coverages[at], &options, read_series, run, &run->plans[at], err);
    destinations_read_ahead(&run->destinations, false);
    return status;
}

/* *furthest: of all attempts. To come as far as before is no progress. */
static enum status plan_datasets(struct run *run, struct patience *patience, size_t *furthest, struct err *err)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < run->job.dataset_count; i++) {
        status = plan_dataset(run, i, err);
        if (status != STATUS_OK || i < *furthest)
            continue;
        *furthest = i + 1;
        patience_found(patience);
    }
    return status;
}

/*
 * A plan that leaves the ledger of a destination out of account would call slices covered that this one lacks. So it is
 * made anew: with that destination when it is there again, else without it, which ends the run with a failure.
 */
enum status converge_plan(struct run *run, struct err *err)
{
    struct patience patience = patience_to_begin(run->job.interrupted, run->job.deadline_ms);
    struct destinations *destinations = &run->destinations;
    size_t furthest = 0;
    for (;;) {
        destinations->unread = SIZE_MAX;
        enum status status = plan_datasets(run, &patience, &furthest, err);
        size_t at = destinations->unread;
        if (status == STATUS_OK || status == STATUS_NOMEM || at == SIZE_MAX)
            return status;
        struct err failure = *err;
        bool can_wait = db_kind(destinations->items[at].db) == DB_POSTGRES;
        if (can_wait && destination_mend(&destinations->items[at], &patience, &failure))
            continue;
        *err = failure;
        if (can_wait && patience_is_stopped(&patience))
            return patience_conclude(&patience, err->kind, err);
        if (destinations->count == 1)
            return err->kind;
        status = destinations_drop(destinations, at, &failure, err);
        if (status != STATUS_OK)
            return status;
    }
}
