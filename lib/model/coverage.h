/*
 * What a job promises to hold, and what is known of it.
 *
 * A series is one (building, site, group, granularity). A slice is one series
 * on one partition day: the unit of bookkeeping, of retry and of atomic
 * visibility. Day ranges are half-open: [first, end).
 *
 * The structs borrow every string and array they point to.
 */
#ifndef OCCUPORT_MODEL_COVERAGE_H
#define OCCUPORT_MODEL_COVERAGE_H

#include "core/civil.h"
#include "core/zone.h"

struct series_key {
    int64_t building_id;
    int64_t site_id;
    const char *group_id;
    const char *granularity;
};

struct day_range {
    civil_day first;
    civil_day end; /* first <= end; equal: empty */
};

struct coverage_building {
    int64_t id;
    const char *name;        /* NULL: not given */
    const struct zone *zone; /* whose midnight ends its days */
    struct day_range days;   /* what the job covers, in that zone, as of the start of the run */
    size_t site_count;
    const int64_t *sites;
    size_t group_count;
    const char *const *groups;
};

struct coverage {
    const char *job; /* names the job in the ledger */
    size_t granularity_count;
    const char *const *granularities;
    size_t building_count;
    const struct coverage_building *buildings;
    int64_t settle_seconds;
    int64_t as_of; /* the start of the run, seconds since the epoch; 0: what was settled when it was fetched stays so */
};

/* Every series of a coverage: buildings x sites x groups x granularities. */
size_t coverage_series_count(const struct coverage *coverage);

/* Every slice of a coverage. */
uint64_t coverage_slice_count(const struct coverage *coverage);

/* Rows that a day of a granularity is expected to hold (PT15M 96, PT1H 24, P1D and longer 1; unknown durations 24). */
int granularity_rows_per_day(const char *granularity);

/*
 * True for granularities longer than a day (P1W, P1M): most of their
 * partitions hold no row, and it is not known which do, so no row is no gap.
 */
bool granularity_is_sparse(const char *granularity);

/*
 * The instant from which a fetch of a slice counts as settled. A weekly or monthly row may appear under any day of its
 * period and only after the period has ended, so its days stay open for a period more.
 */
int64_t coverage_slice_settled_from(const struct zone *zone, const char *granularity, civil_day day,
                                    int64_t settle_seconds);

/* The instant from which a fetch of the day counts as settled: the end of the day in the zone, plus settle. */
int64_t coverage_settled_from(const struct zone *zone, civil_day day, int64_t settle_seconds);

/*
 * The first day of which no fetch can be settled yet, as of as_of: one that is called settled was so by a shorter
 * settle. INT32_MAX where as_of is 0.
 */
civil_day coverage_open_from(const struct coverage *coverage, const struct zone *zone, const char *granularity);

enum slice_state { SLICE_MISSING, SLICE_OPEN, SLICE_SETTLED, SLICE_FAILED };

/* "missing", "open", "settled", "failed" */
const char *slice_state_name(enum slice_state state);

/* A stretch of days of one series that were fetched whole. What no span covers is missing. */
struct ledger_span {
    struct day_range days;
    bool settled;       /* else open */
    bool outdated;      /* fetched with fewer columns than the job now wants, or from another table */
    int64_t fetched_at; /* seconds since the epoch; of a merged span: the oldest of its parts */
    /* Bit i (byte i / 8, bit i % 8): day first + i had no row. NULL: every day had one. */
    const unsigned char *empty_days;
};

/* A stretch of days of one series whose latest attempt failed; older rows may be there all the same (then a span covers
 * it too). */
struct ledger_failure {
    struct day_range days;
};

/* What the ledger knows of one series: both lists sorted by day, without overlap inside a list. */
struct ledger_series {
    size_t span_count;
    const struct ledger_span *spans;
    size_t failure_count;
    const struct ledger_failure *failures;
};

#endif
