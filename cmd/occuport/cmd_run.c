#include "converge.h"

int cmd_run(const struct command_context *context, const char *job_path)
{
    struct converge_options options = {
        .command = "run", .priority = CLAIMS_NIGHTLY, .reprocess = PLAN_CONVERGE, .newest_first = true};
    return converge(context, job_path, &options);
}
