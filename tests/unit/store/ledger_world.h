/*
 * Two jobs whose coverages overlap, the history of their ledger in one
 * database, and a naive model of it with one cell a slice.
 *
 * Life cycle: world_open on the fixture's database, any number of world_night, world_close.
 */
#ifndef TEST_STORE_LEDGER_WORLD_H
#define TEST_STORE_LEDGER_WORLD_H

#include "core/buf.h"
#include "core/clock.h"
#include "span_model.h"
#include "store/ledger.h"

enum { WORLD_JOBS = 2, WORLD_SIDE = 2, WORLD_SERIES = 16, WORLD_COLUMN_SETS = 4 };

struct world_failure {
    bool failed;
    int64_t attempts;
    int night; /* of the last attempt */
};

struct world_job {
    struct ledger_job job;
    struct coverage coverage;
    struct coverage_building buildings[WORLD_SIDE];
    size_t columns; /* which of the sets of columns */
    bool declared;
};

struct world {
    uint64_t seed;
    int night;
    struct dice dice;
    struct zone *zone;
    struct world_job jobs[WORLD_JOBS];
    struct span_model spans[WORLD_SERIES];
    struct world_failure failures[WORLD_SERIES][MODEL_DAYS];
    int rows[WORLD_SERIES][MODEL_DAYS];
};

void world_open(struct world *world, uint64_t seed);
void world_close(struct world *world);

/* One of the jobs, perhaps changed, is declared and fetches, and fails, at random. Returns its ledger, to be closed. */
struct ledger *world_night(struct world *world, size_t *ret_job);

/* The series with these places in the lists of ids, groups and granularities. */
size_t world_series(size_t building, size_t site, size_t group, size_t granularity);
struct series_key world_key(size_t series);

/* Whether the job, as it was last declared, promises the slice. */
bool world_promises(const struct world_job *job, size_t series, civil_day day);

/* Whether what was fetched with one set of columns (a columns_id of the model) lacks a column of the job. */
bool world_is_outdated(const struct world_job *job, int64_t columns_id);

/* Every row of the view completeness, a line each, in the order of its key. */
void world_expected_completeness(const struct world *world, struct buf *out);

#endif
