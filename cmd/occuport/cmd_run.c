#include "command.h"
#include "core/log.h"
#include "run/engine.h"
#include "view/progress.h"
#include "view/terminal.h"
#include "wire.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

/* One run of one job: everything that has to be ended again. */
struct run {
    const struct command_context *context;
    struct clock clock;
    int64_t started_ms;
    struct job job;
    struct sqlite_destination *sqlite;
    struct plan plan;
    struct network network;
    struct progress progress;
    struct summary summary;
};

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

static void on_progress(void *context, const struct engine_progress *state)
{
    progress_update(context, state);
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

static enum status fetch_all(struct run *run, struct err *err)
{
    const struct config *config = run->job.config;
    int64_t deadline = deadline_of(run);
    enum status status = network_open(&run->job, deadline, &run->network, err);
    if (status != STATUS_OK)
        return status;
    bool display =
        terminal_is_one(STDERR_FILENO) && !run->context->opt->quiet && run->context->opt->log_format == LOG_FORMAT_TEXT;
    progress_init(&run->progress, STDERR_FILENO, display, run->plan.counts.due);
    hook_log(run, true);
    const struct destination *destinations[] = {sqlite_destination_ops(run->sqlite)};
    struct engine_options options = {
        .plan = &run->plan,
        .client = run->network.client,
        .destination_count = 1,
        .destinations = destinations,
        .root_field = "BUILDING_INSIGHTS",
        .column_count = config->column_count,
        .columns = config->columns,
        .page_size = config->fetch.page_size,
        .verify = verify_of(config),
        .dialect_is_fixed = config->api.dialect != CONFIG_DIALECT_AUTO,
        .dialect = config->api.dialect == CONFIG_DIALECT_DOCUMENTED ? DIALECT_DOCUMENTED : DIALECT_HASURA,
        .clock = run->clock,
        .deadline_ms = deadline,
        .interrupted = run->context->interrupted,
        .progress = on_progress,
        .progress_context = &run->progress,
    };
    status = engine_run(&options, &run->summary, err);
    progress_clear(&run->progress);
    hook_log(run, false);
    return status;
}

static struct run_record record_of(const struct run *run)
{
    const struct summary *summary = &run->summary;
    struct run_record record = {
        .job = run->job.coverage.job,
        .command = summary->command,
        .version = OCCUPORT_VERSION,
        .status = summary_status(summary),
        .exit_code = summary->exit_code,
        .started_at = run->job.now,
        .finished_at = clock_wall(&run->clock),
        .seconds = summary->seconds,
        .dialect = summary->dialect,
        .message = summary->reason != STATUS_OK ? summary->err.message : NULL,
        .counts = summary->counts,
    };
    memcpy(record.run_id, summary->run_id, sizeof record.run_id);
    return record;
}

/* From the open destination to the noted end of the run. */
static enum status converge(struct run *run, struct err *err)
{
    struct plan_options options = job_plan_options(&run->job);
    enum status status = plan_make(&run->job.coverage, &options, ledger_read_series,
                                   sqlite_destination_ledger(run->sqlite), &run->plan, err);
    struct run_record record = record_of(run);
    if (status == STATUS_OK)
        status = runs_begin(sqlite_destination_db(run->sqlite), &record, err);
    if (status != STATUS_OK)
        return status;
    log_info("%s: %" PRIu64 " slices due in %zu units", run->job.coverage.job, run->plan.counts.due,
             run->plan.unit_count);
    if (run->plan.counts.due > 0)
        status = fetch_all(run, err);
    run->summary.seconds = (double)(clock_monotonic_ms(&run->clock) - run->started_ms) / 1000;
    if (status != STATUS_OK && run->summary.reason == STATUS_OK) { /* it did not get as far as the engine */
        run->summary.reason = status;
        run->summary.err = *err;
        run->summary.exit_code = exit_code_worse(run->summary.exit_code, status_exit_code(status));
    }
    record = record_of(run);
    struct err finish_err;
    enum status finished = runs_finish(sqlite_destination_db(run->sqlite), &record, &finish_err);
    if (finished != STATUS_OK && status == STATUS_OK) {
        *err = finish_err;
        status = finished;
    }
    return status;
}

static int report(struct run *run)
{
    struct buf out = {0};
    int code = 0;
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
    network_release(&run->network);
    plan_release(&run->plan);
    sqlite_destination_close(run->sqlite);
    summary_release(&run->summary);
    log_set_run_id(NULL);
    job_release(&run->job);
}

int cmd_run(const struct command_context *context, const char *job_path)
{
    struct run run = {.context = context, .clock = clock_system()};
    struct err err = {0};
    run.started_ms = clock_monotonic_ms(&run.clock);
    if (job_open(job_path, false, clock_wall(&run.clock), &run.job, &err) != STATUS_OK)
        return command_fail(&err);
    make_run_id(run.job.now, run.summary.run_id);
    log_set_run_id(run.summary.run_id);
    run.summary.command = "run";
    run.summary.job = run.job.coverage.job;
    enum status status = sqlite_destination_open(&run.job, run.summary.run_id, &run.sqlite, &err);
    if (status == STATUS_OK)
        status = converge(&run, &err);
    int code = exit_code_worse(run.summary.exit_code,
                               status != STATUS_OK && run.summary.reason == STATUS_OK ? status_exit_code(status) : 0);
    if (status != STATUS_OK)
        command_fail(&err);
    run.summary.exit_code = code;
    code = exit_code_worse(code, report(&run));
    release(&run);
    return code;
}
