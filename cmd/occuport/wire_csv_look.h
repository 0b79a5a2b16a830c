/*
 * What a run finds out of the files of a CSV destination before it plans: whether they are of the layout of the job,
 * and all there. One look at the directory a run.
 */
#ifndef OCCUPORT_CMD_WIRE_CSV_LOOK_H
#define OCCUPORT_CMD_WIRE_CSV_LOOK_H

#include "sink/csv.h"
#include "store/ledger.h"

/* STATUS_CONFIG: the directory holds files of the dataset in the other layout. */
enum status csv_look_at_layout(const struct sink_csv_options *options, struct err *err) MUST_CHECK;

/*
 * STATUS_CONFIG: the dataset has extra keys, and its files were written with the other excel_safe: an apostrophe makes
 * another key of one, so every such row would be there twice. What is used is noted beside the ledger; a directory of
 * before has no note, and is taken to be as the job says.
 */
enum status csv_look_at_spelling(const struct sink_csv_options *options, struct err *err) MUST_CHECK;

/* Slices whose files are gone are due again, said in the log. In the caller's transaction. */
enum status csv_look_for_lost(const struct sink_csv_options *options, struct ledger *ledger,
                              struct err *err) MUST_CHECK;

/* Slices whose local dates and hours were derived by another zone are due again, said in the log. Before
 * ledger_declare. */
enum status csv_look_at_zones(const struct sink_csv_options *options, struct ledger *ledger,
                              struct err *err) MUST_CHECK;

#endif
