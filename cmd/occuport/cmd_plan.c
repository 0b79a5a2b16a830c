#include "converge.h"

#include <inttypes.h>

struct estimate {
    uint64_t requests;
    double seconds_at_rate_limit;
};

/* For each unit its pages; a unit's proof may need one page more, which is not foreseen. */
static uint64_t pages_of(const struct plan *plan, const struct config_fetch *fetch)
{
    uint64_t pages = 0;
    uint64_t page = (uint64_t)fetch->page_size;
    for (size_t i = 0; i < plan->unit_count; i++)
        pages += (unit_expected_rows(&plan->units[i]) + page - 1) / page;
    return pages;
}

/* What is due in all datasets of the job. */
struct total {
    struct plan_counts counts;
    size_t unit_count;
    uint64_t pages;
    uint64_t slices;                /* of the coverage, widened by --from */
    uint64_t due[JOB_DATASETS_MAX]; /* by dataset */
};

/* coverage: with the days before it that were asked for. */
static void add_plan(struct total *total, const struct job *job, size_t at, const struct coverage *coverage,
                     const struct plan *plan)
{
    total->counts.due += plan->counts.due;
    total->counts.missing += plan->counts.missing;
    total->counts.failed += plan->counts.failed;
    total->counts.open += plan->counts.open;
    total->counts.forced += plan->counts.forced;
    total->unit_count += plan->unit_count;
    total->pages += pages_of(plan, &job->config->fetch);
    total->slices += coverage_slice_count(coverage);
    total->due[at] = plan->counts.due;
}

/* The pages and one login. */
static struct estimate estimate_requests(const struct total *total, const struct config_fetch *fetch)
{
    struct estimate estimate = {.requests = total->pages > 0 ? total->pages + 1 : 0};
    if (fetch->requests_per_second > 0)
        estimate.seconds_at_rate_limit = (double)estimate.requests / fetch->requests_per_second;
    return estimate;
}

static void format_json(const struct total *plan, const struct estimate *estimate, struct buf *out)
{
    const struct plan_counts *c = &plan->counts;
    buf_appendf(out,
                "{\"slices\":{\"due\":%" PRIu64 ",\"missing\":%" PRIu64 ",\"failed\":%" PRIu64 ",\"open\":%" PRIu64
                ",\"forced\":%" PRIu64 "},\"units\":%zu,\"requests\":%" PRIu64 ",\"seconds_at_rate_limit\":%.1f}\n",
                c->due, c->missing, c->failed, c->open, c->forced, plan->unit_count, estimate->requests,
                estimate->seconds_at_rate_limit);
}

static void format_text(const struct job *job, const struct total *plan, const struct estimate *estimate,
                        struct buf *out)
{
    const struct plan_counts *c = &plan->counts;
    char span[32];
    buf_appendf(out, "%s: %" PRIu64 " of %" PRIu64 " slices are due\n", job->config->name, c->due, plan->slices);
    const struct {
        uint64_t count;
        const char *reason;
    } reasons[] = {
        {c->missing, "missing: never fetched"},
        {c->failed, "failed: the last attempt did not succeed"},
        {c->open, "open: fetched, but the day may still change"},
        {c->forced, "forced: fetched with fewer columns, or from another table, or asked for again"},
    };
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        if (reasons[i].count > 0)
            buf_appendf(out, "  %10" PRIu64 " %s\n", reasons[i].count, reasons[i].reason);
    }
    for (size_t i = 0; job->dataset_count > 1 && i < job->dataset_count; i++)
        buf_appendf(out, "  %10" PRIu64 " of them in %s\n", plan->due[i], job->datasets[i].dataset->name);
    if (c->due > 0)
        buf_appendf(out, "  %zu units, about %" PRIu64 " requests, %s under the rate limit\n", plan->unit_count,
                    estimate->requests, clock_format_span(estimate->seconds_at_rate_limit, span, sizeof span));
    else
        buf_append_text(out, "  nothing would be fetched\n");
}

static enum status add_dataset(struct job *job, size_t at, const struct opt_result *opt, struct total *total,
                               struct err *err)
{
    struct view_of_ledgers view;
    struct coverage coverage;
    struct plan plan = {0};
    struct plan_options options = job_plan_options(job);
    const struct job_dataset *dataset = &job->datasets[at];
    enum status status = selection_make(dataset, job->config->path, opt, selection_reprocess(opt->reprocess),
                                        &job->arena, &coverage, &options.filter, err);
    if (status == STATUS_OK)
        status = view_open(job, dataset, &view, err);
    if (status != STATUS_OK)
        return status;
    status = plan_make(&coverage, &options, view_read_series, &view, &plan, err);
    if (status == STATUS_OK)
        add_plan(total, job, at, &coverage, &plan);
    plan_release(&plan);
    view_release(&view);
    return status;
}

int cmd_plan(const struct command_context *context, const char *job_path)
{
    struct job job;
    struct err err;
    struct clock clock = clock_system();
    if (job_open(job_path, true, clock_wall(&clock), &job, &err) != STATUS_OK)
        return command_fail(&err);
    struct total total = {0};
    int code;
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < job.dataset_count; i++)
        status = add_dataset(&job, i, context->opt, &total, &err);
    if (status == STATUS_OK) {
        struct buf out = {0};
        struct estimate estimate = estimate_requests(&total, &job.config->fetch);
        if (context->opt->json)
            format_json(&total, &estimate, &out);
        else
            format_text(&job, &total, &estimate, &out);
        code = command_print(&out);
        buf_release(&out);
    } else {
        code = command_fail(&err);
    }
    job_release(&job);
    return code;
}
