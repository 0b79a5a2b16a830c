/*
 * Units that are handed out while the engine runs, instead of a plan that is known from the start, as function pointers
 * (made by cmd/occuport/wire_worker.c over store/work.h): several machines then share one plan.
 *
 * All calls come from the thread of the engine, and none of them waits for a network. What a unit points to (its sites
 * and groups) must stay until the engine has ended. A unit that was handed out belongs to the engine; what it does not
 * come to, because the run stops, is for the owner of the supply to give back.
 */
#ifndef OCCUPORT_RUN_SUPPLY_H
#define OCCUPORT_RUN_SUPPLY_H

#include "model/plan.h"

enum supply_answer {
    SUPPLY_UNIT,     /* here it is */
    SUPPLY_NONE_NOW, /* others are at what is left, or more is on its way: ask again */
    SUPPLY_END       /* there will be none any more */
};

typedef void supply_visit_refused(void *visitor, const struct unit *unit, uint64_t failed, uint64_t rejected);

struct supply {
    void *context;
    bool one_building; /* all units are of one */
    enum status (*next)(void *context, struct unit *ret_unit, enum supply_answer *ret_answer, struct err *err);
    /*
     * Makes a unit that `next` has just given larger by one that goes on with it (run/worklist.h tells why), which then
     * counts as given as well. Does nothing when there is none at hand.
     */
    void (*join)(void *context, struct unit *unit);
    /*
     * After SUPPLY_NONE_NOW: waits until `next` may say something else, at most timeout_ms. is_stored: the destinations
     * have all that was fetched; without it some of that may still be on its way.
     */
    void (*wait)(void *context, int timeout_ms, bool is_stored);
    /*
     * Visits what came to the destination too late and was refused by it because others have it now, as far as slices
     * of it failed: no failures of this run then. `rejected` of the failed ones are so because rows were. May be NULL.
     */
    void (*each_refused)(void *context, supply_visit_refused *visit, void *visitor);
};

#endif
