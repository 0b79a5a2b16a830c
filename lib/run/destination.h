/*
 * Where the engine puts what it fetched: rows and bookkeeping of a destination
 * behind one set of function pointers, made by cmd/occuport/wire_*.c.
 *
 * Writes gather in one transaction until flush, which makes them visible and
 * durable together. Counts hold only once they were flushed (a flush may add to them); a failed write or flush
 * undoes everything since the last flush, and those slices stay due.
 */
#ifndef OCCUPORT_RUN_DESTINATION_H
#define OCCUPORT_RUN_DESTINATION_H

#include "model/batch.h"
#include "store/runs.h"
#include "store/spans.h"

/* What became of the slices of one unit. */
struct unit_outcome {
    const struct unit *unit;
    const struct batch *batch;           /* finished; its rejects included */
    const struct err *const *slice_errs; /* one a slice: NULL when it is complete, else why it failed */
    unsigned proofs;                     /* bits of enum span_proof */
    int64_t fetched_at;                  /* when its first page was asked for, seconds since the epoch */
    uint64_t rows_received;
};

struct destination {
    const char *name; /* for messages: "sqlite:occupancy.db" */
    void *context;
    /* Adds to *counts what the outcome changes: slices and rows, not requests. */
    enum status (*write)(void *context, const struct unit_outcome *outcome, struct run_counts *counts, struct err *err);
    /*
     * Makes everything written visible and durable. Without `must` it may be put off, when doing it now would cost
     * more than it is worth; *ret_flushed says whether it was done.
     */
    enum status (*flush)(void *context, bool must, struct run_counts *counts, bool *ret_flushed, struct err *err);
    /*
     * write only takes note of the outcome, which must stay until it was flushed; each flush does all the work. One
     * that fails sets *counts to what it has stored all the same.
     */
    bool keeps_outcomes;
};

/* The rows of one slice in a finished batch: *ret_rows (NULL for none) and their number. Rows are sorted by slice. */
size_t outcome_slice_rows(const struct unit_outcome *outcome, size_t slice, const struct row **ret_rows);

/*
 * The complete days of one series of the unit as spans, each as long as it can be: consecutive complete days that
 * are all settled or all open. Calls visit for each; stops at its first failure.
 */
typedef enum status outcome_visit_span(void *context, const struct series_key *key, const struct span *span,
                                       struct err *err);
enum status outcome_each_span(const struct unit_outcome *outcome, int64_t settle_seconds, outcome_visit_span *visit,
                              void *context, struct err *err) MUST_CHECK;

#endif
