/*
 * Fills an atlas from what the server shows: SITE and FLOOR as the documentation has them, BUILDING and GROUP where
 * the schema shows them, and the series seen in the newest partition of BUILDING_INSIGHTS that has rows.
 */
#ifndef OCCUPORT_CMD_WIRE_ATLAS_H
#define OCCUPORT_CMD_WIRE_ATLAS_H

#include "model/atlas.h"
#include "wire_ask.h"

/* Days before today that are looked at, newest first, and rows of a page. */
enum { ATLAS_DAYS_MAX = 7, ATLAS_ROWS_MAX = 50000 };

struct atlas_notes {
    struct schema_probe *insights; /* owned; NULL: the server does not show its schema */
    bool rows_unproved;            /* nothing shows that all rows of a partition came */
    bool tables_unproved;          /* likewise of SITE or FLOOR */
};

/*
 * What cannot be read is left out, with a line in the log. Fails only when nobody answers: STATUS_AUTH,
 * STATUS_UNREACHABLE, STATUS_INTERRUPTED, ... The caller releases the atlas and frees insights in any case.
 */
enum status atlas_fill(const struct asker *asker, const struct job *job, struct atlas *atlas, struct atlas_notes *notes,
                       struct err *err) MUST_CHECK;

#endif
