/*
 * Outcomes that hold a slice twice. What is booked of many slices at once asks first what is known of all of them; a
 * slice that comes again must be compared with what came before it, so it belongs into the next transaction.
 */
#ifndef OCCUPORT_CMD_WIRE_DISTINCT_H
#define OCCUPORT_CMD_WIRE_DISTINCT_H

#include "run/destination.h"

/* How many of the outcomes, from the first on, hold no slice twice: at least 1 of at least 1. STATUS_NOMEM. */
enum status outcomes_distinct(size_t count, const struct unit_outcome *const *outcomes, size_t *ret_count,
                              struct err *err) MUST_CHECK;

#endif
