/*
 * From the due days of many series to rectangles: step 2 of the plan. Pure; for lib/model only.
 *
 * Life cycle: `struct rectangles r = {0}`; rectangles_begin for a building and a
 * granularity, rectangles_add for its series in the order site, group,
 * rectangles_end; the next building; read found; rectangles_release.
 */
#ifndef OCCUPORT_MODEL_RECTANGLES_H
#define OCCUPORT_MODEL_RECTANGLES_H

#include "model/plan.h"

struct edge; /* a day at which a series begins or ceases to be due */

struct rectangles {
    struct arena *arena; /* where lists of sites and groups go that the building does not hold as such */
    const struct coverage_building *building;
    const char *granularity;
    size_t edge_count;
    size_t edge_capacity;
    struct edge *edges; /* owned */
    size_t found_count;
    size_t found_capacity;
    struct unit *found;   /* owned; uncut, in the order building, granularity, last day */
    struct arena scratch; /* what one sweep needs */
};

/* A building has at most UINT32_MAX series of a granularity; STATUS_NOMEM beyond. */
enum status rectangles_begin(struct rectangles *rectangles, const struct coverage_building *building,
                             const char *granularity, struct err *err) MUST_CHECK;

/* One due stretch of one series. The stretches of a series come in order and do not touch each other. STATUS_NOMEM. */
enum status rectangles_add(struct rectangles *rectangles, size_t site, size_t group, struct day_range days,
                           struct err *err) MUST_CHECK;

/* Appends the rectangles of what was added since begin to found. STATUS_NOMEM. */
enum status rectangles_end(struct rectangles *rectangles, struct err *err) MUST_CHECK;

void rectangles_release(struct rectangles *rectangles);

#endif
