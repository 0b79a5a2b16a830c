/*
 * How the rows of a day change after it ended: published late, restated, dropped.
 *
 * Pure functions of the world's seed, a key and the instant the world is shown at, so that queries, counts, pages and
 * the dump agree, and two runs at the same instant as well. Days are civil days in the sense of --partitions, so that a
 * row changes at the building's midnight and not 24 hours after anything.
 */
#ifndef SIM_HISTORY_H
#define SIM_HISTORY_H

#include "world.h"

/* False while a slice within the days of the world is still late: up to late_hours after the end of its day. */
bool history_published(const struct world *world, const struct slice *slice);

/* True when the slice is so old that rows of it may have been dropped. */
bool history_drops(const struct world *world, const struct slice *slice);

/* True when the row that starts at an instant is among the dropped ones; to be asked where history_drops. */
bool history_dropped(const struct world *world, const struct slice *slice, int64_t start);

/* How often the values of a row were restated: 0 to restate_days, and always 0 for most rows. */
int history_revision(const struct world *world, const struct slice *slice, int64_t start);

#endif
