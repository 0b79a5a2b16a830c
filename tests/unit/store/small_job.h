/*
 * A job of one building, two sites, two groups and two granularities over ten
 * days from MAY_DAY, in UTC, ready to be changed before its ledger is opened.
 */
#ifndef TEST_STORE_SMALL_JOB_H
#define TEST_STORE_SMALL_JOB_H

#include "fixture.h"
#include "store/ledger.h"

struct small_job {
    struct zone *zone;
    int64_t sites[2];
    const char *groups[2];
    const char *granularities[2];
    const char *columns[3];
    struct coverage_building building;
    struct coverage coverage;
    struct ledger_job job;
};

/* Points into itself: do not copy it. */
void small_job_init(struct small_job *small, const char *name);
void small_job_release(struct small_job *small);

/* Opens a ledger on the fixture's database and declares the job. */
struct ledger *small_job_declare(const struct small_job *small);

/* Declares the job and closes the ledger again. */
void small_job_declare_only(const struct small_job *small);

/* The declared series of the job's site and group, by index, in the first granularity. */
int64_t small_job_series(struct ledger *ledger, const struct small_job *small, size_t site, size_t group);

/* One span of settled (or open) days, fetched at NOW with a row each day. */
void small_job_fetch(struct ledger *ledger, int64_t series_id, civil_day first, civil_day end, bool settled);

#endif
