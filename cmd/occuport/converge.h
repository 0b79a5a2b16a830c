/*
 * One run of one job: what run, backfill and retry have in common. They are
 * one mechanism with different ranges.
 */
#ifndef OCCUPORT_CMD_CONVERGE_H
#define OCCUPORT_CMD_CONVERGE_H

#include "command.h"
#include "store/claims.h"
#include "wire.h"

struct converge_options {
    const char *command; /* as it stands in runs */
    enum claims_priority priority;
    enum plan_reprocess reprocess;
    bool newest_first;
};

/* Runs the job and reports; returns the exit code. */
int converge(const struct command_context *context, const char *job_path, const struct converge_options *options);

/* What --reprocess means for the plan. */
enum plan_reprocess selection_reprocess(enum opt_reprocess wanted);

/*
 * The slices of a dataset that a command line asks for: the filters of backfill and plan. For days outside the job's
 * coverage
 * (--from before coverage.from) *ret_coverage is widened; it and the filter borrow from dataset, opt and arena.
 * STATUS_USAGE: an id that the job does not hold, a range that is no range.
 */
enum status selection_make(const struct job_dataset *dataset, const char *job_path, const struct opt_result *opt,
                           enum plan_reprocess reprocess, struct arena *arena, struct coverage *ret_coverage,
                           struct plan_filter *ret_filter, struct err *err) MUST_CHECK;

#endif
