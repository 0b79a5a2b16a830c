/*
 * How the engine shares work with other runs of the same job, as function
 * pointers (made by cmd/occuport/wire_sharing.c over store/claims.h).
 */
#ifndef OCCUPORT_RUN_SHARING_H
#define OCCUPORT_RUN_SHARING_H

#include "model/plan.h"

enum sharing_verdict {
    SHARING_TAKEN, /* all slices are ours until given back */
    SHARING_BUSY,  /* another run is at some of them: ask later */
    SHARING_DONE,  /* another run has fetched all of them meanwhile: nothing to do */
    SHARING_PART,  /* another run has fetched some of them meanwhile: cut the unit */
    SHARING_LOST   /* another run has taken them over: nothing to do, and they are due as before */
};

struct sharing {
    void *context;
    enum status (*take)(void *context, const struct unit *unit, enum sharing_verdict *ret_verdict, struct err *err);
    /* After the slices of the units were made durable, or when they are dropped. */
    enum status (*give_back)(void *context, const struct unit *units, size_t count, struct err *err);
    /* True while a run that comes first is there: begin nothing. */
    enum status (*must_wait)(void *context, bool *ret_wait, struct err *err);
};

#endif
