/*
 * The values of a row, office-shaped: full on Tuesday at eleven, thin on Friday afternoon, nearly empty at night and
 * on weekends, by the building's own clock. A pure function of the seed, the key and how often the row was restated.
 *
 * The base is a count per quarter of an hour; every longer period is the mean, the maximum, ... of its quarters, so
 * that the granularities of a series agree with each other, as long as nothing was restated. Each restatement adds to
 * a row what came in late, so that no two revisions of it are alike, and a row without values gets some.
 *
 * Numbers are decimals in millionths, exact in every spelling.
 */
#ifndef SIM_METRICS_H
#define SIM_METRICS_H

#include "world.h"

enum { METRICS_UNIT = 1000000 };

struct metrics {
    bool is_null;  /* the sensors were down: no value at all */
    bool has_pos;  /* someone was present */
    int64_t mean;  /* millionths */
    int64_t max;   /* millionths */
    int64_t pos;   /* mean of the minutes with someone present; only with has_pos */
    int64_t share; /* mean by capacity */
    int zone;      /* the number of the fullest zone, from 1; 0: nobody */
    int64_t zone_mean;
};

/* The values of the row of a slice that starts at an instant, as the world shows them now. */
struct metrics metrics_of(const struct world *world, const struct slice *slice, int64_t start);

#endif
