/*
 * What keeps a late writer out: asked by a destination inside the transaction that stores outcomes, before it stores
 * them. Made by the wiring of workers, called by that of the PostgreSQL destination.
 */
#ifndef OCCUPORT_CMD_FENCE_H
#define OCCUPORT_CMD_FENCE_H

#include "db/db.h"
#include "run/destination.h"

enum { FENCE_LANES = 4 }; /* at most */

struct fence {
    void *context;
    /*
     * ret_held[i] becomes false where a slice of outcomes[i] belongs to a lease that is no longer ours: that outcome
     * must not be stored. The slices of the others are noted as done in the same transaction of db, which holds the
     * leases until it ends. May be called again for the same outcomes after that transaction was lost. Transactions of
     * several lanes, numbered from 0 and each on a connection of its own, may go on at once: no unit is in two of them.
     */
    enum status (*check)(void *context, size_t lane, struct db *db, size_t count,
                         const struct unit_outcome *const *outcomes, bool *ret_held, struct err *err);
    /* The transaction of the lane's last check was committed, or was found to have been. May be NULL. */
    void (*committed)(void *context, size_t lane);
};

#endif
