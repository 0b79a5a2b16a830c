/* What a destination of files asks of its ledger: files can be taken away, and hold what follows from the time zone. */
#ifndef OCCUPORT_STORE_LEDGER_FILES_H
#define OCCUPORT_STORE_LEDGER_FILES_H

#include "store/ledger.h"

/* True when the file is there that holds the rows of a building on a day. */
typedef bool ledger_file_is_there(void *context, int64_t building_id, civil_day day);

/*
 * Slices of the dataset that have rows by the ledger, and whose file is not there, are missing again. Each building and
 * day is asked for once. *ret_lost: files that are gone. In the caller's transaction; SQLite only.
 */
enum status ledger_forget_lost(struct ledger *ledger, ledger_file_is_there *is_there, void *context, uint64_t *ret_lost,
                               struct err *err) MUST_CHECK;

/*
 * All slices of buildings whose zone is another one in the job than in the ledger are outdated: due again. To be called
 * before ledger_declare, which writes the new zone down. *ret_buildings: those that had any. SQLite only.
 */
enum status ledger_outdate_zones(struct ledger *ledger, uint64_t *ret_buildings, struct err *err) MUST_CHECK;

#endif
