/* A run that shares its work with others through PostgreSQL. */
#include "converge_internal.h"
#include "wire_patience.h"

enum { PRIORITY_RUN = 0, PRIORITY_BACKFILL = 10 };

/* A job whose only destination is PostgreSQL always shares there; --worker insists on it. */
enum status converge_work_open(struct run *run, struct err *err)
{
    bool demanded = run->context->opt->worker;
    enum status status = demanded ? worker_demand(&run->job, err) : STATUS_OK;
    if (status != STATUS_OK || !worker_fits(&run->job))
        return status;
    const struct worker_options options = {
        .command = run->options->command,
        .run_id = run->summary.run_id,
        .priority = run->options->priority == CLAIMS_NIGHTLY ? PRIORITY_RUN : PRIORITY_BACKFILL,
        .reprocess = run->options->reprocess,
        .is_one_of_many = demanded,
        .interrupted = run->context->interrupted,
    };
    run->summary.is_shared = demanded;
    return worker_open(&run->job, &options, &run->worker, err);
}

static enum status make_plans(void *context, struct err *err)
{
    return converge_plan(context, err);
}

/* From then on the plans are counts alone: the units are in the queue. */
enum status converge_work_begin(struct run *run, struct err *err)
{
    enum status status = worker_join(run->worker, run->coverages, run->filters, run->plans, make_plans, run, err);
    for (size_t i = 0; i < run->job.dataset_count; i++) {
        plan_release(&run->plans[i]);
        run->plans[i] = (struct plan){.counts.due = worker_due(run->worker, i)};
    }
    return status;
}

static void wake(void *context)
{
    http_wakeup(context);
}

/*
 * The engine knows of its own failures alone, and the job is not whole when those of others are left. One of many
 * workers ends well when its part is done: whoever asked for the slice that failed tells it, or who gave it up unasked.
 */
static void tell_failures_of_others(struct run *run)
{
    if (worker_given_up(run->worker) > 0) {
        run->summary.note = "slices that ended every worker that had them were given up: run again to fetch them";
        run->summary.exit_code = exit_code_worse(run->summary.exit_code, status_exit_code(STATUS_SERVER));
        return;
    }
    if (worker_failed(run->worker) <= run->summary.counts.slices_failed)
        return;
    run->summary.note = "slices that other workers asked for failed: run again to fetch them";
    if (!run->context->opt->worker)
        run->summary.exit_code = exit_code_worse(run->summary.exit_code, status_exit_code(STATUS_SERVER));
}

enum status converge_work_fetch(struct run *run, int64_t deadline_ms, struct err *err)
{
    size_t dataset;
    enum status status = worker_start(run->worker, &run->destinations, wake, run->network.http, err);
    while (status == STATUS_OK && worker_next(run->worker, &dataset)) {
        status = converge_fetch(run, dataset, deadline_ms, err);
        run->plans[dataset].counts.due = 0; /* counted once, however often its turn comes */
    }
    for (size_t i = 0; i < run->job.dataset_count; i++)
        run->summary.counts.slices_due += run->plans[i].counts.due;
    run->summary.counts.slices_due += worker_helped(run->worker);
    if (status == STATUS_OK)
        tell_failures_of_others(run);
    return status;
}
