/*
 * What a destination of rows does, whatever it is made of.
 *
 * A sink takes one complete slice at a time and makes the stored rows equal to
 * it, telling apart what was inserted, updated, unchanged and vanished; an
 * unchanged row is not written. It opens no transaction and says nothing of
 * the ledger: whoever composes the destination (cmd/occuport/wire_*.c) does.
 */
#ifndef OCCUPORT_SINK_SINK_H
#define OCCUPORT_SINK_SINK_H

#include "model/batch.h"
#include "model/dataset.h"

struct sink_slice {
    int64_t series_id; /* the ledger's number of the series */
    struct series_key key;
    const struct zone *zone; /* of the building */
    civil_day day;
    const struct row *rows; /* all rows of the slice, sorted by start and extra keys, without repeats */
    size_t row_count;
    /* The ledger does not know it. Its rows and its ledger are in one transaction: none should be stored. */
    bool is_new;
    bool keep_rows; /* it came back empty and that is not confirmed: what is stored stays, and is not called vanished */
};

struct sink_changes {
    uint64_t inserted;
    uint64_t updated;
    uint64_t unchanged;
    uint64_t vanished; /* stored before, no longer returned; counted when it is first missed */
    uint64_t kept;     /* of the stored rows: no longer returned, and still there */
    /*
     * When rows vanished: the days before the slice's under which the API may have given them as well. Such a row was
     * refused there, or taken away, since the later partition has the last word; fetched again, those days have it.
     */
    struct day_range earlier;
};

/* A row that begins at this second has vanished from the slice of that day: widens changes->earlier. Whatever zone a
 * partition is a day of, it is no earlier than the day before that of UTC. */
static inline void sink_note_vanished(struct sink_changes *changes, civil_day day, int64_t seconds)
{
    civil_day first = (civil_day)(seconds / 86400 - (seconds % 86400 < 0) - 1);
    if (changes->earlier.first == changes->earlier.end)
        changes->earlier = (struct day_range){day, day};
    if (first < changes->earlier.first)
        changes->earlier.first = first;
}

struct sink_ops {
    /* Stores a slice, adding to *changes. STATUS_IO and friends; the caller then rolls back. */
    enum status (*put_slice)(void *sink, const struct sink_slice *slice, struct sink_changes *changes, struct err *err);
};

#endif
