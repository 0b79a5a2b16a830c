#include "converge.h"

#include <inttypes.h>

struct estimate {
    uint64_t requests;
    double seconds_at_rate_limit;
};

/* One login, and for each unit its pages; a unit's proof may need one page more, which is not foreseen. */
static struct estimate estimate_requests(const struct plan *plan, const struct config_fetch *fetch)
{
    struct estimate estimate = {0};
    uint64_t page = (uint64_t)fetch->page_size;
    for (size_t i = 0; i < plan->unit_count; i++)
        estimate.requests += (unit_expected_rows(&plan->units[i]) + page - 1) / page;
    if (estimate.requests > 0)
        estimate.requests++;
    if (fetch->requests_per_second > 0)
        estimate.seconds_at_rate_limit = (double)estimate.requests / fetch->requests_per_second;
    return estimate;
}

static void format_json(const struct plan *plan, const struct estimate *estimate, struct buf *out)
{
    const struct plan_counts *c = &plan->counts;
    buf_appendf(out,
                "{\"slices\":{\"due\":%" PRIu64 ",\"missing\":%" PRIu64 ",\"failed\":%" PRIu64 ",\"open\":%" PRIu64
                ",\"forced\":%" PRIu64 "},\"units\":%zu,\"requests\":%" PRIu64 ",\"seconds_at_rate_limit\":%.1f}\n",
                c->due, c->missing, c->failed, c->open, c->forced, plan->unit_count, estimate->requests,
                estimate->seconds_at_rate_limit);
}

static void format_text(const struct job *job, const struct plan *plan, const struct estimate *estimate,
                        struct buf *out)
{
    const struct plan_counts *c = &plan->counts;
    char span[32];
    buf_appendf(out, "%s: %" PRIu64 " of %" PRIu64 " slices are due\n", job->coverage.job, c->due,
                coverage_slice_count(&job->coverage));
    const struct {
        uint64_t count;
        const char *reason;
    } reasons[] = {
        {c->missing, "missing: never fetched"},
        {c->failed, "failed: the last attempt did not succeed"},
        {c->open, "open: fetched, but the day may still change"},
        {c->forced, "forced: fetched with fewer columns, or asked for again"},
    };
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        if (reasons[i].count > 0)
            buf_appendf(out, "  %10" PRIu64 " %s\n", reasons[i].count, reasons[i].reason);
    }
    if (c->due > 0)
        buf_appendf(out, "  %zu units, about %" PRIu64 " requests, %s under the rate limit\n", plan->unit_count,
                    estimate->requests, clock_format_span(estimate->seconds_at_rate_limit, span, sizeof span));
    else
        buf_append_text(out, "  nothing would be fetched\n");
}

static enum status make(struct job *job, const struct opt_result *opt, struct plan *ret_plan, struct err *err)
{
    struct view_of_ledgers view;
    struct coverage coverage;
    struct plan_options options = job_plan_options(job);
    enum status status =
        selection_make(job, opt, selection_reprocess(opt->reprocess), &job->arena, &coverage, &options.filter, err);
    if (status == STATUS_OK)
        status = view_open(job, &view, err);
    if (status != STATUS_OK)
        return status;
    status = plan_make(&coverage, &options, view_read_series, &view, ret_plan, err);
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
    struct plan plan = {0};
    int code;
    if (make(&job, context->opt, &plan, &err) == STATUS_OK) {
        struct buf out = {0};
        struct estimate estimate = estimate_requests(&plan, &job.config->fetch);
        if (context->opt->json)
            format_json(&plan, &estimate, &out);
        else
            format_text(&job, &plan, &estimate, &out);
        code = command_print(&out);
        buf_release(&out);
    } else {
        code = command_fail(&err);
    }
    plan_release(&plan);
    job_release(&job);
    return code;
}
