/*
 * The bookkeeping of all outcomes of a flush at once, for a ledger on the other side of a network: the same books as
 * wire_books.h keeps, asked for and written in a few statements.
 *
 * Life cycle: books_batch_make; in the transaction books_batch_look_back, then the rows are stored, then
 * books_batch_put with the rows of the series locked; books_batch_release. When the transaction is lost, both calls may
 * be made again in another.
 */
#ifndef OCCUPORT_CMD_WIRE_BOOKS_MANY_H
#define OCCUPORT_CMD_WIRE_BOOKS_MANY_H

#include "sink/postgres.h"
#include "store/ledger_many.h"
#include "wire_books.h"

/* Where a slice comes from, and what the ledger knew of it. */
struct batch_slice {
    const struct unit_outcome *outcome;
    enum ledger_past past;
    bool is_sighted;        /* it came back empty before */
    bool is_sighted_by_run; /* in this run */
};

struct books_batch {
    const struct books *books;
    size_t outcome_count;
    const struct unit_outcome *const *outcomes;
    size_t count;
    struct sink_postgres_slice *slices; /* the complete ones, in the order of the outcomes; owned */
    struct batch_slice *places;         /* one a slice; owned */
};

/* Borrows books and outcomes for its life. The caller releases *ret_batch, also after a failure. */
enum status books_batch_make(const struct books *books, size_t count, const struct unit_outcome *const *outcomes,
                             struct books_batch *ret_batch, struct err *err) MUST_CHECK;
void books_batch_release(struct books_batch *batch);

/* Sets is_new and keep_rows of the slices. */
enum status books_batch_look_back(struct books_batch *batch, struct err *err) MUST_CHECK;

/*
 * Books all outcomes and what the sink changed; adds to the counts. must_be_new: all slices were new when it was looked
 * back, without the locks; *ret_changed: the ledger knows one of them by now: the transaction is to be given up.
 */
enum status books_batch_put(struct books_batch *batch, bool must_be_new, struct run_counts *counts, bool *ret_changed,
                            struct err *err) MUST_CHECK;

#endif
