/*
 * What several ledgers know together of one series: the view of a job with
 * several destinations, each with a ledger of its own. Pure.
 *
 * A day is fetched only if it is in every ledger, settled only if it is in
 * every one, outdated if in any; it is failed if it is in any. So what one destination lacks is due, and
 * one fetch feeds all.
 *
 * Life cycle: `struct ledger_union u = {0}`, ledger_union_make any number of times, ledger_union_release.
 */
#ifndef OCCUPORT_MODEL_LEDGER_UNION_H
#define OCCUPORT_MODEL_LEDGER_UNION_H

#include "model/coverage.h"

struct ledger_union {
    size_t span_capacity;
    struct ledger_span *spans; /* owned */
    size_t failure_capacity;
    struct ledger_failure *failures; /* owned */
    size_t edge_capacity;
    civil_day *edges; /* owned */
};

/*
 * Joins count ledgers' knowledge (count 1 or more); *ret_series points into the union until the next make. empty_days
 * is not joined: it is NULL. STATUS_NOMEM.
 */
enum status ledger_union_make(struct ledger_union *joined, const struct ledger_series *ledgers, size_t count,
                              struct ledger_series *ret_series, struct err *err) MUST_CHECK;

void ledger_union_release(struct ledger_union *joined);

#endif
