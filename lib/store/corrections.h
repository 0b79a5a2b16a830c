/* What later fetches changed, day by day: reads the table corrections (store/runs.h writes it). */
#ifndef OCCUPORT_STORE_CORRECTIONS_H
#define OCCUPORT_STORE_CORRECTIONS_H

#include "core/civil.h"
#include "db/db.h"

struct correction_counts {
    uint64_t slices; /* corrections of a slice; one that was corrected twice counts twice */
    uint64_t inserted;
    uint64_t updated;
    uint64_t vanished;
};

struct correction_day {
    civil_day seen; /* in UTC */
    struct correction_counts counts;
};

/* The sum over all runs of a job, of whatever dataset. */
enum status corrections_total(struct db *db, const char *job, struct correction_counts *ret_counts,
                              struct err *err) MUST_CHECK;

/* The latest `most` days on which a run of the job saw corrections, newest first; *ret_count of them in days. */
enum status corrections_by_day(struct db *db, const char *job, struct correction_day *days, size_t most,
                               size_t *ret_count, struct err *err) MUST_CHECK;

#endif
