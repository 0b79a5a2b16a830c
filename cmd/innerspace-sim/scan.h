/*
 * Finding the rows of BUILDING_INSIGHTS, or of a table of zones, that a filter wants, without holding or even making
 * the others.
 *
 * A row's slice has five parts. The loops over them are nested in the order of a route; at each level the filter is
 * evaluated with what is known so far and a branch that cannot be true any more is not entered. Inside a slice the
 * rows are made in the order of their start, and of one start in that of their zone. So a page of a keyset-paged query
 * costs its own rows and little more.
 *
 * scan_candidates first narrows each part alone, which also tells what the filter pins to one value.
 */
#ifndef SIM_SCAN_H
#define SIM_SCAN_H

#include "core/arena.h"
#include "where.h"

enum scan_part { PART_BUILDING, PART_SITE, PART_GROUP, PART_GRANULARITY, PART_DAY, PART_COUNT };

/* What a scan may touch before it gives up: branches and rows. Some seconds of work. */
enum { SCAN_STEPS_MAX = 100 * 1000 * 1000 };

struct scan_candidates {
    const struct world *world;
    enum table_id table;
    const struct where *where;
    size_t counts[PART_COUNT];
    int *values[PART_COUNT]; /* in an arena, ascending; not for PART_SITE, whose sites depend on the building */
};

struct scan_route {
    enum scan_part parts[PART_COUNT];
    bool descending[PART_COUNT]; /* by level */
    bool start_descending;
    bool has_zone; /* the zones of one start are ordered; else they come in any order */
    bool zone_descending;
};

/* Called for every row that is wanted; false ends the scan. */
typedef bool scan_visit(void *context, struct row *row);

/* Narrows each part; *ret_candidates lives in arena. STATUS_REFUSED: memory. */
enum status scan_narrow(struct arena *arena, const struct world *world, enum table_id table, const struct where *where,
                        struct scan_candidates *ret_candidates, struct refusal *refusal) MUST_CHECK;

/* The nesting building, site, group, granularity, day, start, zone: the order of the whole key. */
struct scan_route scan_key_route(void);

/* Visits the wanted rows in the order of the route. STATUS_REFUSED: more than SCAN_STEPS_MAX. */
enum status scan_rows(const struct scan_candidates *candidates, const struct scan_route *route, uint64_t chance,
                      scan_visit *visit, void *context, struct refusal *refusal) MUST_CHECK;

/* Visits them slice by slice in an order that is another one for each `chance`, as a query without order_by may see. */
enum status scan_rows_shuffled(const struct scan_candidates *candidates, uint64_t chance, scan_visit *visit,
                               void *context, struct refusal *refusal) MUST_CHECK;

/* How many rows are wanted. Slices that are wanted whole are not listed. */
enum status scan_count(const struct scan_candidates *candidates, uint64_t *ret_count,
                       struct refusal *refusal) MUST_CHECK;

#endif
