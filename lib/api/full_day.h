/*
 * Does a slice hold every period of its day? Then nothing can have been cut from it: there is no further period.
 *
 * It is not known whether a partition is the local or the UTC day, so the starts must fit one of them from end to end:
 * the first period begins the day, the last one ends it, and none between is missing. Local days of 23 and 25
 * hours count as they are. Pure.
 *
 * Of a dataset with extra keys nothing can be said: how many zones a site has is not known.
 */
#ifndef OCCUPORT_API_FULL_DAY_H
#define OCCUPORT_API_FULL_DAY_H

#include "model/batch.h"

/*
 * batch is finished (sorted, without repeats) and holds the rows of slice 0 of unit. Only PT15M, PT1H and P1D have
 * periods that make up a day; false for others, with extra keys, and whenever a row was rejected.
 */
bool full_day(const struct unit *unit, const struct batch *batch);

#endif
