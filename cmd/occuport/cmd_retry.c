#include "converge.h"

int cmd_retry(const struct command_context *context, const char *job_path)
{
    struct converge_options options = {
        .command = "retry", .priority = CLAIMS_NIGHTLY, .reprocess = PLAN_FAILED, .newest_first = true};
    return converge(context, job_path, &options);
}
