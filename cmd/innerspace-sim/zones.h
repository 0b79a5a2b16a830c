/*
 * The zones of a site, and the rows of ZONE_INSIGHTS and ZONE_TYPE_INSIGHTS: those of BUILDING_INSIGHTS, each divided
 * over the zones, or the types of zones, with one key column more.
 *
 * Not every zone has rows on every day. When a row of the building is late, restated or dropped, so are those of its
 * zones. Pure, as world.h.
 *
 * [names of the root fields inferred from the public navigation; the key columns ZONE_ID and ZONE_TYPE are made up]
 */
#ifndef SIM_ZONES_H
#define SIM_ZONES_H

#include "row.h"

enum { ZONES_MAX = 8 };

/* True for the tables whose rows belong to a zone or a type of zones. */
bool zones_divide(enum table_id table);

/* The zones or types that have rows in a slice, in the order of their key; returns how many. */
size_t zones_list(const struct world *world, enum table_id table, const struct slice *slice, int zones[ZONES_MAX]);

/* The key column of a row with ROW_BUILDING, ROW_SITE and ROW_ZONE; CELL_UNKNOWN otherwise. */
void zones_read(const struct row *row, struct cell *cell);

/* What a zone has of the values of its site. */
struct metrics zones_metrics(const struct row *row, const struct metrics *site);

#endif
