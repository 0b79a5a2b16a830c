/*
 * The bookkeeping of one dataset in one destination: its ledger, runs, rejects and
 * corrections, in whatever database it keeps them. Shared by the wire_*.c of
 * all destinations, so that an outcome is booked the same way everywhere.
 */
#ifndef OCCUPORT_CMD_WIRE_BOOKS_H
#define OCCUPORT_CMD_WIRE_BOOKS_H

#include "sink/sink.h"
#include "wire.h"

struct books {
    struct db *db;         /* borrowed */
    struct ledger *ledger; /* borrowed */
    const struct job *job;
    const char *dataset;
    const char *run_id;
};

/* Puts a slice of a unit into words for a sink: key, day, zone, series id; no rows. */
enum status books_slice(const struct books *books, const struct unit_outcome *outcome, size_t at,
                        struct sink_slice *ret_slice, struct err *err) MUST_CHECK;

/*
 * Whether an empty answer may empty the slice. Only with on_vanished: delete, and only when a fetch of another run
 * came back empty as well; the first such fetch is noted, and the slice then stays open. *ret_keep_rows: what is stored
 * must stay.
 */
enum status books_judge_empty(const struct books *books, const struct sink_slice *slice, bool *ret_keep_rows,
                              struct err *err) MUST_CHECK;

/*
 * What the ledger knows of the slices of the outcome: asked before books_put_outcome, which books them.
 * *ret_past has one element a slice, for the caller to free.
 */
enum status books_look_back(const struct books *books, const struct unit_outcome *outcome, enum ledger_past **ret_past,
                            struct err *err) MUST_CHECK;

/* Notes failed slices, rejects and complete spans of an outcome; adds the counts that no sink knows. */
enum status books_put_outcome(const struct books *books, const struct unit_outcome *outcome, struct run_counts *counts,
                              struct err *err) MUST_CHECK;

/* The same without the spans. */
enum status books_put_parts(const struct books *books, const struct unit_outcome *outcome, struct run_counts *counts,
                            struct err *err) MUST_CHECK;

/*
 * A row of the slice vanished that an earlier day may have been given as well, and not kept (struct sink_changes):
 * those days are due again, so that none is called settled that lacks a row. Those whose slices are in the given
 * outcomes are stored after this one, and need it not.
 */
enum status books_reopen(const struct books *books, size_t count, const struct unit_outcome *const *outcomes,
                         const struct sink_slice *slice, const struct sink_changes *changes,
                         struct err *err) MUST_CHECK;

/* The parts of books_put_changes: */
enum status books_note_correction(const struct books *books, const struct sink_slice *slice, int64_t seen_at,
                                  const struct sink_changes *changes, struct err *err) MUST_CHECK;
struct span books_kept_span(const struct books *books, const struct sink_slice *slice, int64_t seen_at);
void books_count_changes(const struct sink_changes *changes, struct run_counts *counts);

/* Adds a sink's changes of a slice to the counts, and notes a correction if it had been fetched before. */
enum status books_put_changes(const struct books *books, const struct sink_slice *slice, enum ledger_past past,
                              int64_t seen_at, const struct sink_changes *changes, struct run_counts *counts,
                              struct err *err) MUST_CHECK;

#endif
