/*
 * The commands: each takes one job (init: none) and returns an exit code of
 * design section 2. Results go to stdout, everything else to stderr.
 */
#ifndef OCCUPORT_CMD_COMMAND_H
#define OCCUPORT_CMD_COMMAND_H

#include "core/buf.h"
#include "opt.h"

#include <signal.h>

struct command_context {
    const struct opt_result *opt;
    bool color;                               /* of stdout */
    const volatile sig_atomic_t *interrupted; /* set by the first SIGINT or SIGTERM */
    bool is_last_job;                         /* no other job of the command line comes after it */
};

int cmd_run(const struct command_context *context, const char *job_path);
int cmd_backfill(const struct command_context *context, const char *job_path);
int cmd_retry(const struct command_context *context, const char *job_path);
int cmd_plan(const struct command_context *context, const char *job_path);
int cmd_status(const struct command_context *context, const char *job_path);
int cmd_check(const struct command_context *context, const char *job_path);
int cmd_discover(const struct command_context *context, const char *job_path);
int cmd_report(const struct command_context *context, const char *job_path);
int cmd_schedule(const struct command_context *context, const char *job_path);
int cmd_init(const struct command_context *context);

/* Logs the message of a failure and returns its exit code. */
int command_fail(const struct err *err);

/* Writes to stdout. A stdout that cannot be written (a full disk behind it) is exit 74. */
int command_print(const struct buf *text);

#endif
