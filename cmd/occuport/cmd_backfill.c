#include "converge.h"

int cmd_backfill(const struct command_context *context, const char *job_path)
{
    struct converge_options options = {
        .command = "backfill",
        .priority = CLAIMS_BACKGROUND,
        .reprocess = selection_reprocess(context->opt->reprocess),
        .newest_first = context->opt->newest_first,
    };
    return converge(context, job_path, &options);
}
