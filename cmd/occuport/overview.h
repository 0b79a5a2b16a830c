/*
 * What a job's ledgers hold: coverage by dataset, failures, history. For `status`, `report` and the metrics.
 *
 * Life cycle: overview_open, look, overview_release. Reads only.
 */
#ifndef OCCUPORT_CMD_OVERVIEW_H
#define OCCUPORT_CMD_OVERVIEW_H

#include "model/tally.h"
#include "store/runs.h"
#include "wire.h"

enum { OVERVIEW_RUNS = 5 };

/* One dataset of the job. */
struct overview_part {
    struct view_of_ledgers view;
    struct tally tally;
};

struct overview {
    const struct job *job;                        /* borrowed */
    struct overview_part parts[JOB_DATASETS_MAX]; /* one a dataset */
    struct tally_counts counts;                   /* of all of them */
    bool has_newest; /* every dataset has a newest day; it is that of the one furthest behind */
    civil_day newest;
    int64_t newest_end; /* when it ended, seconds since the epoch */
    size_t run_count;
    struct run_line runs[OVERVIEW_RUNS]; /* the latest, newest first */
    size_t newest_history;               /* the ledger with the newest of them; past the last: there is no run */
    char newest_fetch[RUN_TEXT_SIZE];    /* of any destination; UTC text; "": never */
};

/* The caller releases *ret_overview, also after a failure. */
enum status overview_open(const struct job *job, struct overview *ret_overview, struct err *err) MUST_CHECK;
void overview_release(struct overview *overview);

/*
 * The latest runs of the job over all destinations, newest first, at most `most`. A run that several have is told once,
 * by the one that took most of it. *ret_newest: whose ledger has the newest; past the last: there is no run.
 */
enum status overview_runs(const struct overview *overview, struct run_line *lines, size_t most, size_t *ret_count,
                          size_t *ret_newest, struct err *err) MUST_CHECK;

/* When a run of the job last ended with exit code 0, in seconds since the epoch; 0: never. */
enum status overview_last_success(const struct overview *overview, int64_t *ret_when, struct err *err) MUST_CHECK;

/* Visits at most `most` slices that have failed for any destination, newest day first, each once. */
enum status overview_each_failed(const struct overview_part *part, size_t most, ledger_visit_failed *visit,
                                 void *context, struct err *err) MUST_CHECK;

/* The database with the newest run; without a run the first that there is; NULL. */
struct db *overview_history(const struct overview *overview);

#endif
