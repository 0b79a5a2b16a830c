/*
 * Time zones: which UTC instant a civil day begins at, and the offset in force.
 *
 * The rules come from the system's tzdata through libc. libc can only look at
 * one zone at a time, through the TZ variable of the whole process, which is
 * not safe once threads run; so a zone is read ONCE into a table of
 * transitions by zone_load, before any thread is started, and every later
 * question is a search in that table. Loaded zones are immutable and may be
 * shared by threads.
 *
 * The table covers ZONE_YEAR_FIRST to ZONE_YEAR_LAST; before and after it the
 * nearest offset holds.
 */
#ifndef OCCUPORT_CORE_ZONE_H
#define OCCUPORT_CORE_ZONE_H

#include "core/civil.h"
#include "core/err.h"

enum { ZONE_YEAR_FIRST = 2000, ZONE_YEAR_LAST = 2060 };

struct zone; /* opaque */

/*
 * Reads an IANA zone ("America/Toronto", "UTC"). The caller owns *ret_zone.
 * STATUS_CONFIG: the name is not one that the system knows (or tzdata is not installed).
 * STATUS_IO: its file cannot be read. STATUS_NOMEM, also where libc has not read it. Not thread-safe; leaves TZ as it
 * was.
 */
enum status zone_load(const char *name, struct zone **ret_zone, struct err *err) MUST_CHECK;

void zone_free(struct zone *zone);

/* The name it was loaded by. */
const char *zone_name(const struct zone *zone);

/* Seconds east of UTC in force at an instant (seconds since the epoch). */
int32_t zone_offset_at(const struct zone *zone, int64_t utc_seconds);

/*
 * The instant at which a civil day begins: the first instant that carries that
 * date. Where midnight is skipped (clocks forward at 00:00) it is the moment of
 * the change; where midnight comes twice it is the first. A date that the zone
 * skipped whole begins when the next day does.
 */
int64_t zone_day_start(const struct zone *zone, civil_day day);

/* The civil day that an instant falls on. */
civil_day zone_day_at(const struct zone *zone, int64_t utc_seconds);

/*
 * The first instant after utc_seconds at which the offset changes; *ret_next is
 * INT64_MAX when none is left. For walking over the constant stretches.
 */
void zone_next_change(const struct zone *zone, int64_t utc_seconds, int64_t *ret_next);

#endif
