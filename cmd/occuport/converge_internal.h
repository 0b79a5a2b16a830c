/* Shared by converge*.c and nobody else. */
#ifndef OCCUPORT_CMD_CONVERGE_INTERNAL_H
#define OCCUPORT_CMD_CONVERGE_INTERNAL_H

#include "converge.h"
#include "view/progress.h"
#include "wire_sharing.h"
#include "wire_worker.h"

/* One run of one job: everything that has to be ended again. */
struct run {
    const struct command_context *context;
    struct clock_guard clock_guard;
    struct clock clock;
    int64_t started_ms;
    struct job job;
    const struct converge_options *options;
    struct destinations destinations;
    struct shared_run shared;                    /* with other runs on this machine */
    struct worker *worker;                       /* or with workers anywhere; NULL */
    struct coverage coverages[JOB_DATASETS_MAX]; /* what the command line asks for, one a dataset */
    struct plan_filter filters[JOB_DATASETS_MAX];
    struct plan plans[JOB_DATASETS_MAX]; /* one a dataset; of a worker without units */
    uint64_t slices_due;                 /* in all of them */
    struct run_counts before;            /* of the datasets that are done; without the traffic */
    struct network network;
    struct progress progress;
    struct summary summary;
    struct err unlearned; /* why `columns: all` is not known */
};

/* Each ledger has the history of its own: notes the run as running. */
enum status converge_note_begin(struct run *run, struct err *err) MUST_CHECK;

/*
 * Notes how it ended, as the summary says. ended: what stopped it. Where that fails it is logged, and the summary and
 * what the other destinations say of the run tell it as well.
 */
void converge_note_end(struct run *run, enum status ended);

/* True when the run before this one was killed. */
bool converge_last_died(const struct run *run);

/*
 * Plans what is due of all datasets. A destination whose ledger cannot be read is waited for, or left out as by
 * destinations_drop; the failure when it is the only one.
 */
enum status converge_plan(struct run *run, struct err *err) MUST_CHECK;

/* Runs the engine for the dataset of that place and adds what it did to the summary. */
enum status converge_fetch(struct run *run, size_t at, int64_t deadline, struct err *err) MUST_CHECK;

/* Before the destinations are opened; then, with them, for the plan; then, with the network, for the rows. */
enum status converge_work_open(struct run *run, struct err *err) MUST_CHECK;
enum status converge_work_begin(struct run *run, struct err *err) MUST_CHECK;
enum status converge_work_fetch(struct run *run, int64_t deadline_ms, struct err *err) MUST_CHECK;

#endif
