/*
 * The ledger: what is known of each slice. The only writer of its tables.
 *
 * Life cycle: ledger_open on a migrated database, ledger_declare at the start
 * of a run, then any number of reads and puts, ledger_close before db_close.
 * Puts do not open transactions: the caller puts them into the one that also
 * holds the rows, so that the ledger never says more than the data.
 * One thread at a time.
 */
#ifndef OCCUPORT_STORE_LEDGER_H
#define OCCUPORT_STORE_LEDGER_H

#include "db/db.h"
#include "model/plan.h"
#include "store/spans.h"

struct ledger;

/*
 * What a job promises of one dataset. Of a dataset other than building_insights the job of the coverage is named
 * "JOB/DATASET", so that each has days and columns of its own.
 */
struct ledger_job {
    const char *dataset; /* "building_insights" */
    const struct coverage *coverage;
    size_t column_count;
    const char *const *columns;
    /*
     * A word for where its rows come from, where the job may say another: what was fetched from elsewhere is outdated.
     * NULL: always from the same table.
     */
    const char *source;
};

/* Borrows db and job for its life; the caller owns *ret_ledger. Works on a read-only db for reading. */
enum status ledger_open(struct db *db, const struct ledger_job *job, struct ledger **ret_ledger,
                        struct err *err) MUST_CHECK;

/* Accepts NULL and half-opened ones. */
void ledger_close(struct ledger *ledger);

/*
 * Writes down what the job promises: its series, buildings, columns and day
 * ranges. What an earlier form of the job promised beyond that is kept as data and no longer counted as coverage.
 */
enum status ledger_declare(struct ledger *ledger, struct err *err) MUST_CHECK;

/* *ret_declared: what the job promises was written down in this form, but for day ranges and others' buildings. */
enum status ledger_is_declared(struct ledger *ledger, bool *ret_declared, struct err *err) MUST_CHECK;

/*
 * What the job promised of datasets that it no longer names is no longer counted as coverage; the data stays. names
 * are those of the coverages that are left, "JOB" or "JOB/DATASET"; at most LEDGER_DATASETS_MAX.
 */
enum { LEDGER_DATASETS_MAX = 16 };
enum status ledger_drop_others(struct db *db, const char *job, size_t count, const char *const *names,
                               struct err *err) MUST_CHECK;

/*
 * The database is reached by another connection, perhaps on another server, which may have lost what was committed last
 * and given its numbers to something else: what is remembered of series and columns is asked for again. Outside of a
 * transaction. After a failure nothing may be put.
 */
enum status ledger_reconnected(struct ledger *ledger, struct err *err) MUST_CHECK;

/* The id of a series; 0 when it was never declared. */
enum status ledger_series_id(struct ledger *ledger, const struct series_key *key, int64_t *ret_id,
                             struct err *err) MUST_CHECK;

/* A plan_read_series (model/plan.h) whose context is the ledger. */
enum status ledger_read_series(void *context, const struct coverage_building *building, const char *granularity,
                               size_t site, size_t group, struct ledger_series *ret_series, struct err *err);

/*
 * While it is on, series are read from PostgreSQL many at once, and told from memory: for planning, which reads each
 * series of a job once. What is told may be older than what was put meanwhile, here or by others. Nothing to do with
 * SQLite. Off at first. series: so many at once, and all of one building in any case; 0: off.
 */
enum { LEDGER_ONE_BUILDING = 1, LEDGER_MANY = 20000 };
void ledger_read_ahead(struct ledger *ledger, size_t series);

/* What the ledger knew of a slice. */
enum ledger_past {
    LEDGER_NEVER,         /* no fetch of it was ever booked, so no row of it was stored in the same transaction */
    LEDGER_OTHER_COLUMNS, /* fetched, but not with all the columns that the job wants */
    LEDGER_FETCHED
};

/* The past of each day of the range: ret_past has one element a day. */
enum status ledger_look_back(struct ledger *ledger, int64_t series_id, struct day_range days,
                             enum ledger_past *ret_past, struct err *err) MUST_CHECK;

/* Days of one series were fetched whole, with the columns of the job. put->columns_id is filled in here. Ends failures
 * of those days. */
enum status ledger_put_fetched(struct ledger *ledger, int64_t series_id, const struct span *put,
                               struct err *err) MUST_CHECK;

/* Settled days of the range become open: they are due again. *ret_opened: 0 when there are none, else how many times
 * some were opened through this ledger, this time included. */
enum status ledger_reopen(struct ledger *ledger, int64_t series_id, struct day_range days, uint64_t *ret_opened,
                          struct err *err) MUST_CHECK;

/* Days of the range are missing again, as if they had never been fetched. */
enum status ledger_forget_days(struct ledger *ledger, int64_t series_id, struct day_range days,
                               struct err *err) MUST_CHECK;

struct ledger_fault {
    int64_t series_id;
    civil_day day;
    enum status kind;
    const char *message;
    const char *run_id;
    int64_t failed_at;
};

/* A slice failed. The rows and the span of an earlier fetch stay. attempts grows by one per run that fails it. */
enum status ledger_put_failed(struct ledger *ledger, const struct ledger_fault *fault, struct err *err) MUST_CHECK;

/*
 * A slice that has rows came back empty. *ret_confirmed: a fetch of another run saw the same before; otherwise this
 * one is noted as the first.
 */
enum status ledger_sight_empty(struct ledger *ledger, int64_t series_id, civil_day day, const char *run_id,
                               bool *ret_confirmed, struct err *err) MUST_CHECK;

/* The slice has rows again, or was emptied: nothing is noted of it any more. */
enum status ledger_forget_empty(struct ledger *ledger, int64_t series_id, civil_day day, struct err *err) MUST_CHECK;

/* A row stays although the API no longer returns it; *ret_first: that was not known. start is whatever names the row
 * in its slice: its start, and its extra keys. */
enum status ledger_miss_row(struct ledger *ledger, int64_t series_id, civil_day day, const char *start,
                            size_t start_size, bool *ret_first, struct err *err) MUST_CHECK;

/* The row does not stay any more. *ret_was: ledger_miss_row was told of it. */
enum status ledger_unmiss_row(struct ledger *ledger, int64_t series_id, civil_day day, const char *start,
                              size_t start_size, bool *ret_was, struct err *err) MUST_CHECK;

/* No row of the slice stays that the API no longer returns. */
enum status ledger_forget_missed(struct ledger *ledger, int64_t series_id, civil_day day, struct err *err) MUST_CHECK;

/* A failed slice of the coverage, as told to people; the texts live during the call. */
struct ledger_failed_slice {
    struct series_key key;
    civil_day day;
    int64_t attempts;
    const char *message;
    const char *failed_at; /* UTC text */
};

typedef void ledger_visit_failed(void *context, const struct ledger_failed_slice *slice);

/* Visits at most `most` failed slices of the job's coverage, newest day first. */
enum status ledger_each_failed(struct ledger *ledger, int64_t most, ledger_visit_failed *visit, void *context,
                               struct err *err) MUST_CHECK;

#endif
