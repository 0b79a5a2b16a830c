/*
 * How a run ended and what is held, in the text format of Prometheus, for the textfile collector of node_exporter.
 */
#ifndef OCCUPORT_VIEW_METRICS_H
#define OCCUPORT_VIEW_METRICS_H

#include "model/tally.h"
#include "run/summary.h"

struct metrics {
    const struct summary *summary;
    const char *version;
    int exit_code;
    int64_t ended_at;         /* seconds since the epoch */
    int64_t succeeded_at;     /* when a run of the job last ended with 0; 0: never */
    bool has_held;            /* else a ledger cannot be read, and nothing is said of what they hold */
    struct tally_counts held; /* over all datasets of the job */
    bool has_newest;
    int64_t newest_end; /* when the newest day that is held ended; seconds since the epoch */
};

/* Appends them, each with HELP and TYPE; the label `export` names the job (`job` is what Prometheus calls the place it
 * reads from). */
void metrics_format(const struct metrics *metrics, struct buf *out);

#endif
