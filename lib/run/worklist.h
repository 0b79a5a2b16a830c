/*
 * Which unit is asked for next. Pure.
 *
 * First what was cut from others, then the plan in its order, then what failed and may be cured by waiting. The
 * last is kept apart for each building, and the building that failed least comes first, so that one that the server
 * cannot give holds nobody up:
 *
 *   - Once WORKLIST_PATIENCE units of a building failed in a row, the rest of its plan waits as well, and so does what
 * is cut from its units.
 *   - Once WORKLIST_PATIENCE units in a row failed, of whichever building, the plan is taken from its other end, and so
 * is what waits: it may be only its beginning that is bad. A unit that works sets both right.
 *   - Of what waits for one building the largest and the smallest come in turns: the former finds what is good behind
 * bad slices, the latter the bad slice in a unit before all other units have failed as well.
 */
#ifndef OCCUPORT_RUN_WORKLIST_H
#define OCCUPORT_RUN_WORKLIST_H

#include "model/plan.h"

/* Units wait in classes of size, by powers of two of their slices; the last class has no upper end. */
enum { WORKLIST_PATIENCE = 3, WORKLIST_CLASSES = 16 };

/* A growing array. `= {0}` is empty; the owner frees units. */
struct unit_list {
    struct unit *units;
    size_t count;
    size_t capacity;
};

enum status unit_list_add(struct unit_list *list, const struct unit *unit, struct err *err) MUST_CHECK;

/* Taken from both ends: the units from front on. */
struct unit_queue {
    struct unit_list list;
    size_t front;
};

/* At its end; what was taken from the front gives its room. */
enum status unit_queue_add(struct unit_queue *queue, const struct unit *unit, struct err *err) MUST_CHECK;

/* A building that failed, and what waits for it. */
struct trouble {
    const struct coverage_building *building;
    int failed;     /* units in a row */
    size_t waiting; /* units in all queues */
    unsigned turns; /* units taken of them */
    struct unit_queue queues[WORKLIST_CLASSES];
};

struct worklist {
    const struct plan *plan;
    size_t front;            /* the next of the plan */
    size_t back;             /* behind the last of it that was not taken */
    size_t joined;           /* a unit of the plan that was joined to another; SIZE_MAX: none */
    struct unit_list pieces; /* a stack */
    size_t trouble_count;
    struct trouble *troubles;
    int failed; /* units in a row */
};

/* Borrows the plan. */
void worklist_init(struct worklist *list, const struct plan *plan);
void worklist_release(struct worklist *list);

bool worklist_is_empty(const struct worklist *list);

/* Nothing is left but what waits: neither pieces nor units of the plan. */
bool worklist_is_at_end(const struct worklist *list);

/* True when units of the building wait behind all others. */
bool worklist_is_patient(const struct worklist *list, const struct coverage_building *building);

/* Takes the next unit; *ret_found is false when there is none. STATUS_NOMEM. */
enum status worklist_next(struct worklist *list, bool *ret_found, struct unit *ret_unit, struct err *err) MUST_CHECK;

/*
 * Makes a unit that was just taken from the plan larger by another of the plan that goes on with it: the same sites and
 * groups on the days before or after. So a page is seen that is longer than those of the other units, which proves them
 * whole without a further request each (api/pager.h). At most once; does nothing when there is no such unit near.
 */
void worklist_join(struct worklist *list, struct unit *unit);

/* Puts a unit in front of all others, but for a building that must wait. STATUS_NOMEM. */
enum status worklist_push(struct worklist *list, const struct unit *unit, struct err *err) MUST_CHECK;

/* Puts a unit behind all others of other buildings. STATUS_NOMEM. */
enum status worklist_postpone(struct worklist *list, const struct unit *unit, struct err *err) MUST_CHECK;

/* The server answered for the building. */
void worklist_worked(struct worklist *list, const struct coverage_building *building);

/* It did not do its part for a unit of the building. STATUS_NOMEM. */
enum status worklist_failed(struct worklist *list, const struct coverage_building *building,
                            struct err *err) MUST_CHECK;

/* How many buildings have failed since they last worked. */
size_t worklist_troubled(const struct worklist *list);

#endif
