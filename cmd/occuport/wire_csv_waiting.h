/*
 * The corrections of CSV files on their way from the files to the ledger.
 *
 * Files are renamed into place first, and the ledger is committed after them. A program killed between the two has
 * changed rows, and its ledger knows nothing of it: the slices are fetched again, and found unchanged. So before
 * the first rename it is written to DIR/.occuport/corrections what each new file changes, with the inode that the file
 * keeps when it is renamed; the list is removed when the ledger has it all. A run that finds such a list books what it
 * tells of the files that did get into place, unless it was booked already. So does the same run when it goes on after
 * a flush that failed.
 *
 * Life cycle: = {directory, run_id, is_single}; csv_waiting_resolve once, inside the first transaction of the ledger,
 * and again while is_written when a transaction was undone; then add..., write, and remove after each commit.
 * csv_waiting_release frees it.
 */
#ifndef OCCUPORT_CMD_WIRE_CSV_WAITING_H
#define OCCUPORT_CMD_WIRE_CSV_WAITING_H

#include "core/buf.h"
#include "db/db.h"
#include "sink/csv.h"

struct csv_waiting {
    const char *directory; /* of the destination; borrowed */
    const char *run_id;    /* borrowed */
    bool is_single;        /* the layout */
    bool is_written;       /* there is a list on disk, of this run or of a dead one */
    struct buf lines;
};

/*
 * Adds what a new file changes in a slice that had been fetched before. Rows that vanished and stay are left out: the
 * next fetch finds them missing as well, and counts them.
 */
void csv_waiting_add(struct csv_waiting *waiting, const char *dataset, int64_t seen_at,
                     const struct sink_csv_change *change, bool deletes_vanished);

/* Brings what was added to disk; nothing was added: nothing is done. STATUS_IO, STATUS_CANTCREATE, STATUS_NOMEM. */
enum status csv_waiting_write(struct csv_waiting *waiting, struct err *err) MUST_CHECK;

/* Books what the list of a dead run, or of a flush that failed, tells, in the caller's transaction. STATUS_IO: it
 * cannot be read, or the ledger. */
enum status csv_waiting_resolve(struct csv_waiting *waiting, struct db *db, struct err *err) MUST_CHECK;

/* After the commit: the list is no longer needed. That it cannot be removed does no harm. */
void csv_waiting_remove(struct csv_waiting *waiting);

void csv_waiting_release(struct csv_waiting *waiting);

#endif
