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
    char newest_fetch[RUN_TEXT_SIZE];    /* UTC text; "": never */
};

/* The caller releases *ret_overview, also after a failure. */
enum status overview_open(const struct job *job, struct overview *ret_overview, struct err *err) MUST_CHECK;
void overview_release(struct overview *overview);

/* History and failures are the same in every ledger: those of the first destination that has one; NULL. */
struct db *overview_history(const struct overview *overview);
struct ledger *overview_ledger(const struct overview_part *part);

#endif
