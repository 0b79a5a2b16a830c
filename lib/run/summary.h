/*
 * What a run did, as JSON (design section 5) and in a few lines for people.
 *
 * Life cycle: `struct summary s = {0}`, fill, summary_add_failure, format, summary_release.
 */
#ifndef OCCUPORT_RUN_SUMMARY_H
#define OCCUPORT_RUN_SUMMARY_H

#include "core/buf.h"
#include "model/plan.h"
#include "store/runs.h"

enum { SUMMARY_FAILURES_MAX = 100, SUMMARY_LEARNED_SIZE = 160 };

struct summary_failure {
    int64_t building_id;
    int64_t site_id;
    char *group_id;      /* owned */
    char *granularity;   /* owned */
    const char *dataset; /* of the summary, when it was added */
    civil_day day;
    char error[256];
};

struct summary {
    char run_id[RUN_ID_SIZE];
    const char *command;
    const char *job;
    const char *path; /* of the job file, as it was named; NULL: not known */
    int exit_code;
    enum status reason; /* why it did not end well; STATUS_OK */
    struct err err;     /* what stopped it, when something did */
    double seconds;
    struct run_counts counts;
    uint64_t failures_total;
    size_t failure_count;
    struct summary_failure *failures;   /* owned */
    const char *dialect;                /* NULL: nothing was asked */
    char learned[SUMMARY_LEARNED_SIZE]; /* of the server, in words; "": nothing */
    const char *dataset;                /* whose slices fail; borrowed; NULL: there is only one, and it is not named */
    bool interrupted;
    bool is_shared;   /* workers have done it together: due are the slices for all of them, the rest is this one's */
    const char *note; /* what people should know of a run that had nothing to do; NULL: nothing */
};

/* "ok", "failed" or "interrupted": what stands in runs.status and in the JSON. */
const char *summary_status(const struct summary *summary);

/* Keeps the first SUMMARY_FAILURES_MAX, counts all. */
void summary_add_failure(struct summary *summary, const struct series_key *key, civil_day day, const char *error);

/* So many failures of slices of the unit, of the dataset at hand, were none of this run. */
void summary_forget_failures(struct summary *summary, const struct unit *unit, uint64_t failed);

/* Something failed beside the slices: the first reason stays, and the worst exit code. */
void summary_blame(struct summary *summary, const struct err *failure);

/*
 * A run over several datasets is one engine run a dataset, each of which writes its own counts. Adds what stood in the
 * summary before the last of them; the client counts requests over all of them. The first reason stays.
 * An API that went away after something was fetched is no "unreachable, nothing fetched" (69) but one to ask again
 * (75); what is worse than that stays.
 */
void summary_carry(struct summary *summary, const struct summary *before);

/* One JSON object and a newline. */
void summary_format_json(const struct summary *summary, struct buf *out);

/* The closing lines for people: what changed, what failed, what to do next. */
void summary_format_text(const struct summary *summary, struct buf *out);

/* For a log, each one line without its end: how many slices failed and the first of them, nothing when none did. */
void summary_append_first_failure(const struct summary *summary, struct buf *out);

/* And how a run ended that did not end well, and what to do next. */
void summary_append_end(const struct summary *summary, struct buf *out);

void summary_release(struct summary *summary);

#endif
