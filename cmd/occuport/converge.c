#include "converge_internal.h"
#include "core/log.h"
#include "run/engine.h"
#include "view/terminal.h"
#include "wire_columns.h"
#include "wire_dimensions.h"
#include "wire_guard.h"
#include "wire_notify.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* "20250501T030000Z-1a2b3c4d": sorts by time, unique by chance. */
static void make_run_id(int64_t now, char out[RUN_ID_SIZE])
{
    uint32_t chance = 0;
    if (getrandom(&chance, sizeof chance, GRND_NONBLOCK) != (ssize_t)sizeof chance)
        chance = (uint32_t)getpid();
    time_t time = (time_t)now;
    struct tm tm;
    char when[20] = "";
    if (gmtime_r(&time, &tm) != NULL)
        strftime(when, sizeof when, "%Y%m%dT%H%M%SZ", &tm);
    snprintf(out, RUN_ID_SIZE, "%s-%08" PRIx32, when, chance);
}

static void before_log(void *context)
{
    progress_clear(context);
}

/* The engine tells of the dataset at hand, the display of the run. */
static void on_progress(void *context, const struct engine_progress *state)
{
    struct run *run = context;
    struct engine_progress whole = *state;
    struct run_counts counts = *state->counts;
    run_counts_add(&counts, &run->before);
    whole.counts = &counts;
    whole.elapsed_ms = clock_monotonic_ms(&run->clock) - run->started_ms;
    progress_update(&run->progress, &whole);
}

/* The display must be out of the way whenever a line is logged. */
static void hook_log(struct run *run, bool on)
{
    struct log_options options = log_options_current();
    options.before = on ? before_log : NULL;
    options.context = on ? &run->progress : NULL;
    log_configure(&options);
}

static enum pager_verify verify_of(const struct config *config)
{
    switch (config->fetch.verify) {
    case CONFIG_VERIFY_COUNT: return PAGER_VERIFY_COUNT;
    case CONFIG_VERIFY_PAGES: return PAGER_VERIFY_PAGES;
    case CONFIG_VERIFY_AUTO:
    default: return PAGER_VERIFY_AUTO;
    }
}

static int64_t deadline_of(const struct run *run)
{
    int64_t allowed = run->job.config->fetch.max_runtime_seconds;
    const struct opt_duration *option = &run->context->opt->max_runtime;
    if (option->given)
        allowed = option->seconds;
    return allowed > 0 ? run->started_ms + allowed * 1000 : INT64_MAX;
}

/* Behind the rows, which matter more; what it asks counts as the run's. */
static void refresh_dimensions(struct run *run)
{
    struct asker asker = {run->network.client, run->context->interrupted};
    dimensions_refresh(&asker, &run->destinations);
    const struct client_counters *client = client_counters(run->network.client);
    run->summary.counts.requests = client->requests;
    run->summary.counts.retries = client->retries;
    run->summary.counts.logins = client->logins;
    run->summary.counts.throttled = client->throttled;
    run->summary.counts.bytes_received = client->bytes_received;
}

/* What the engine is given: the destinations that did not fail in a dataset before, and their places in the run. */
struct working {
    size_t count;
    const struct destination *destinations[ENGINE_DESTINATIONS_MAX];
    struct opened_destination *items[ENGINE_DESTINATIONS_MAX];
    bool have_failed[ENGINE_DESTINATIONS_MAX];
    struct run_counts counts[ENGINE_DESTINATIONS_MAX];
};

static struct working find_working(struct destinations *all)
{
    struct working working = {0};
    for (size_t i = 0; i < all->count; i++) {
        if (all->items[i].has_failed)
            continue;
        working.items[working.count] = &all->items[i];
        working.destinations[working.count++] = guard_destination(all->items[i].guard);
    }
    return working;
}

enum status converge_fetch(struct run *run, size_t at, int64_t deadline, struct err *err)
{
    const struct config *config = run->job.config;
    const struct job_dataset *dataset = &run->job.datasets[at];
    destinations_select(&run->destinations, at);
    struct working working = find_working(&run->destinations);
    struct engine_options options = {
        .plan = &run->plans[at],
        .client = run->network.client,
        .destination_count = working.count,
        .destinations = working.destinations,
        .ret_failed = working.have_failed,
        .ret_counts = working.counts,
        .sharing = run->worker != NULL ? worker_sharing(run->worker) : &run->shared.ops,
        .supply = run->worker != NULL ? worker_supply(run->worker) : NULL,
        .dataset = dataset->dataset,
        .column_count = dataset->column_count,
        .columns = dataset->columns,
        .page_size = config->fetch.page_size,
        .max_attempts = config->fetch.max_attempts,
        .verify = verify_of(config),
        .dialect_is_fixed = config->api.dialect != CONFIG_DIALECT_AUTO,
        .dialect = config->api.dialect == CONFIG_DIALECT_DOCUMENTED ? DIALECT_DOCUMENTED : DIALECT_HASURA,
        .clock = run->clock,
        .deadline_ms = deadline,
        .interrupted = run->context->interrupted,
        .progress = on_progress,
        .progress_context = run,
    };
    struct summary before = run->summary;
    run->summary.dataset = run->job.dataset_count > 1 ? dataset->dataset->name : NULL;
    enum status status = engine_run(&options, &run->summary, err);
    for (size_t i = 0; i < working.count; i++) {
        working.items[i]->has_failed = working.have_failed[i];
        run_counts_add(&working.items[i]->counts, &working.counts[i]);
    }
    summary_carry(&run->summary, &before);
    run->before = run->summary.counts;
    run_counts_forget_traffic(&run->before);
    return status;
}

/* One dataset after the other; what stops one stops the run. */
static enum status fetch_datasets(struct run *run, int64_t deadline, struct err *err)
{
    enum status status = STATUS_OK;
    uint64_t waiting = run->slices_due;
    for (size_t i = 0; status == STATUS_OK && i < run->job.dataset_count; i++) {
        waiting -= run->plans[i].counts.due;
        if (run->plans[i].counts.due > 0)
            status = converge_fetch(run, i, deadline, err);
    }
    run->summary.counts.slices_due += waiting;
    return status;
}

static enum status fetch_all(struct run *run, struct err *err)
{
    int64_t deadline = deadline_of(run);
    enum status status = run->worker != NULL
                             ? network_open(&run->job, deadline, worker_budget, run->worker, &run->network, err)
                             : network_open(&run->job, deadline, shared_run_budget, &run->shared, &run->network, err);
    if (status != STATUS_OK)
        return status;
    bool display =
        terminal_is_one(STDERR_FILENO) && !run->context->opt->quiet && run->context->opt->log_format == LOG_FORMAT_TEXT;
    progress_init(&run->progress, STDERR_FILENO, display, run->slices_due);
    hook_log(run, true);
    status = run->worker != NULL ? converge_work_fetch(run, deadline, err) : fetch_datasets(run, deadline, err);
    if (status == STATUS_OK && (run->worker == NULL || worker_is_last(run->worker)))
        refresh_dimensions(run);
    if (run->worker != NULL) /* others wait for what it holds: before the report and the hooks */
        worker_leave(run->worker);
    progress_clear(&run->progress);
    hook_log(run, false);
    return status;
}

static enum status select_slices(struct run *run, struct err *err)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < run->job.dataset_count; i++)
        status = selection_make(&run->job.datasets[i], run->job.config->path, run->context->opt,
                                run->options->reprocess, &run->job.arena, &run->coverages[i], &run->filters[i], err);
    return status;
}

/* A plan of this run alone, which shares with other runs on this machine through a file. */
static enum status begin_alone(struct run *run, struct err *err)
{
    struct claims_options who = {
        .run_id = run->summary.run_id, .command = run->options->command, .priority = run->options->priority};
    enum status status =
        shared_run_open(&run->job, &run->destinations, &who, run->options->reprocess, &run->shared, err);
    return status == STATUS_OK ? converge_plan(run, err) : status;
}

static enum status begin(struct run *run, struct err *err)
{
    enum status status = select_slices(run, err);
    if (status == STATUS_OK)
        status = run->worker != NULL ? converge_work_begin(run, err) : begin_alone(run, err);
    for (size_t i = 0; status == STATUS_OK && i < run->job.dataset_count; i++)
        run->slices_due += run->plans[i].counts.due;
    if (status == STATUS_OK)
        status = converge_note_begin(run, err);
    if (status == STATUS_OK && run->unlearned.kind == STATUS_OK)
        status = columns_note(&run->job, &run->destinations, run->summary.run_id, err);
    return status;
}

static bool has_to_fetch(struct run *run)
{
    if (run->worker == NULL)
        return run->slices_due > 0 || converge_last_died(run);
    bool is_done = worker_is_done(run->worker, &run->summary.note);
    if (is_done) /* no engine tells it */
        run->summary.counts.slices_due = run->slices_due;
    return !is_done || (worker_is_last(run->worker) && converge_last_died(run));
}

/* The summary says why a run did not end well, also when the engine was never reached or a destination was left out. */
static void explain_end(struct run *run, enum status status, const struct err *err)
{
    struct summary *summary = &run->summary;
    const struct err *why = status != STATUS_OK ? err : &run->destinations.err;
    if (summary->reason == STATUS_OK && why->kind != STATUS_OK)
        summary_blame(summary, why);
    summary->exit_code = exit_code_worse(summary->exit_code, run->destinations.exit_code);
}

/* From the open destinations to the noted end of the run. */
static enum status fetch_and_note(struct run *run, struct err *err)
{
    enum status status = begin(run, err);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; run->worker == NULL && i < run->job.dataset_count; i++)
        log_info("%s: %" PRIu64 " slice%s due in %zu unit%s", run->job.datasets[i].coverage.job,
                 run->plans[i].counts.due, run->plans[i].counts.due == 1 ? "" : "s", run->plans[i].unit_count,
                 run->plans[i].unit_count == 1 ? "" : "s");
    if (run->unlearned.kind != STATUS_OK) {
        *err = run->unlearned;
        status = err->kind;
    } else if (has_to_fetch(run)) {
        status = fetch_all(run, err);
    }
    run->summary.seconds = (double)(clock_monotonic_ms(&run->clock) - run->started_ms) / 1000;
    explain_end(run, status, err);
    converge_note_end(run, status);
    return status;
}

/* Where the summary is read by a program, or by nobody, the log is what a person sees in the morning, maybe as a mail.
 */
static void log_end(const struct run *run)
{
    struct buf line = {0};
    if (run->summary.exit_code == 0 || !(run->context->opt->json || run->context->opt->quiet))
        return;
    summary_append_first_failure(&run->summary, &line);
    if (line.size > 0)
        log_error("%s: %s", run->summary.job, buf_text(&line));
    buf_reset(&line);
    summary_append_end(&run->summary, &line);
    log_error("%s: %s", run->summary.job, buf_text(&line));
    buf_release(&line);
}

static int report(struct run *run)
{
    struct buf out = {0};
    int code = 0;
    log_end(run);
    if (run->context->opt->json) {
        summary_format_json(&run->summary, &out);
        code = command_print(&out);
    } else if (!run->context->opt->quiet) {
        summary_format_text(&run->summary, &out);
        code = command_print(&out);
    }
    buf_release(&out);
    return code;
}

static void release(struct run *run)
{
    worker_close(run->worker); /* it calls into the network and the destination until then */
    network_release(&run->network);
    for (size_t i = 0; i < run->job.dataset_count; i++)
        plan_release(&run->plans[i]);
    shared_run_release(&run->shared);
    destinations_release(&run->destinations);
    summary_release(&run->summary);
    log_set_run_id(NULL);
    job_release(&run->job);
}

/* A job that cannot be run is refused before anything is stored; a server that fails is noted as a failed run. */
static enum status learn_columns(struct run *run, struct err *err)
{
    enum status status = columns_learn(&run->job, deadline_of(run), run->context->interrupted, &run->unlearned);
    if (status != STATUS_CONFIG)
        return STATUS_OK;
    *err = run->unlearned;
    return status;
}

int converge(const struct command_context *context, const char *job_path, const struct converge_options *options)
{
    struct run run = {.context = context, .options = options};
    struct err err = {0};
    run.clock = clock_guarded(&run.clock_guard, clock_system());
    run.started_ms = clock_monotonic_ms(&run.clock);
    if (job_open(job_path, false, clock_wall(&run.clock), &run.job, &err) != STATUS_OK)
        return command_fail(&err);
    run.job.interrupted = context->interrupted;
    run.job.deadline_ms = deadline_of(&run);
    if (context->is_last_job)
        config_forget_environment(run.job.config);
    make_run_id(run.job.now, run.summary.run_id);
    log_set_run_id(run.summary.run_id);
    run.summary.command = options->command;
    run.summary.job = run.job.config->name;
    run.summary.path = run.job.config->path;
    enum status status = learn_columns(&run, &err);
    mode_t mask_of_caller = destinations_set_mask(&run.job);
    if (status == STATUS_OK)
        status = converge_work_open(&run, &err);
    if (status == STATUS_OK)
        status = destinations_open(&run.job, options->command, run.summary.run_id, &run.destinations, &err);
    if (status == STATUS_OK)
        status = fetch_and_note(&run, &err);
    (void)umask(mask_of_caller); /* what is told to others is for others */
    if (status != STATUS_OK)
        command_fail(&err);
    explain_end(&run, status, &err);
    int code = exit_code_worse(run.summary.exit_code, report(&run));
    metrics_write(&run.job, &run.summary, code);
    notify_end(&run.job, &run.summary, code, *context->interrupted != 0);
    release(&run);
    return code;
}
