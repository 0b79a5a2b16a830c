/*
 * From a job file to the objects that do its work. The only place that knows
 * configuration and machinery at once.
 */
#ifndef OCCUPORT_CMD_WIRE_H
#define OCCUPORT_CMD_WIRE_H

#include "api/client.h"
#include "config/config.h"
#include "db/db.h"
#include "model/dimension.h"
#include "model/ledger_union.h"
#include "model/plan.h"
#include "model/table.h"
#include "run/engine.h"
#include "store/ledger.h"
#include "store/schema_changes.h"

#include <limits.h>
#include <signal.h>
#include <sys/types.h>

/* What a job wants of one dataset. */
struct job_dataset {
    const struct dataset *dataset;
    bool all_columns; /* `columns: all`: what that means is in columns and column_kinds */
    size_t column_count;
    const char *const *columns;              /* beside the key columns */
    const struct schema_known *column_kinds; /* with all_columns: the same with their types; else NULL */
    struct coverage coverage; /* its job is "JOB", or "JOB/DATASET" for datasets other than building_insights */
    struct ledger_job ledger_job;
};

enum { JOB_DATASETS_MAX = LEDGER_DATASETS_MAX };

/* A job as the model sees it: zones loaded, days resolved as of the start. */
struct job {
    struct config *config; /* owned */
    struct arena arena;
    size_t zone_count;
    struct zone **zones;                      /* owned, one a distinct name */
    size_t dataset_count;                     /* at least 1 */
    struct job_dataset *datasets;             /* in the order of the job; they share their buildings */
    int64_t now;                              /* seconds since the epoch: what "today" was resolved by */
    const volatile sig_atomic_t *interrupted; /* a signal asked for the end; NULL: none can */
    int64_t deadline_ms;                      /* by the monotonic clock: nothing begins from then on; 0: none */
};

/*
 * Loads and resolves. A bad job file is explained on stderr with excerpts, and err then holds one line for
 * STATUS_CONFIG. Not thread-safe: call before any thread exists. The caller releases *ret_job; a failed one is released
 * already.
 */
enum status job_open(const char *path, bool without_credentials, int64_t now, struct job *ret_job,
                     struct err *err) MUST_CHECK;
void job_release(struct job *job);

/* The plan options of a command: unit size from page_size. */
struct plan_options job_plan_options(const struct job *job);

/* The ledgers of one dataset in the job's destinations, opened for looking only. A destination without a database yet
 * has neither. */
struct view_of_ledgers {
    size_t count;
    struct db *dbs[ENGINE_DESTINATIONS_MAX];
    struct ledger *ledgers[ENGINE_DESTINATIONS_MAX];
    struct ledger_union joined;
};

enum status view_open(const struct job *job, const struct job_dataset *dataset, struct view_of_ledgers *ret_view,
                      struct err *err) MUST_CHECK;
void view_release(struct view_of_ledgers *view);

/* A plan_read_series over all of them together (model/ledger_union.h). */
enum status view_read_series(void *context, const struct coverage_building *building, const char *granularity,
                             size_t site, size_t group, struct ledger_series *ret_series, struct err *err);

struct fence;

/* A destination that is open for writing: migrated, all datasets of the job declared. */
struct opened_destination {
    struct destination ops;
    struct guard *guard;                      /* owned; what the engine is given */
    bool has_failed;                          /* no more rows for it in this run: they are due in the next */
    struct run_counts counts;                 /* what it took in this run, of slices and rows */
    struct db *db;                            /* of its ledger; owned by the destination */
    struct ledger *ledgers[JOB_DATASETS_MAX]; /* one a dataset; owned by the destination */
    /* Stores a dimension by itself, between flushes: nothing else may be under way. context is that of ops. */
    enum status (*put_dimension)(void *context, const struct dimension *dimension, const struct table *table,
                                 struct err *err);
    /* From now on asks the fence in each flush; borrowed; NULL takes it away. NULL: it has none (files). */
    void (*set_fence)(void *context, const struct fence *fence);
    /* To be called when db has another connection, before anything else is done. NULL: it has none (files). */
    enum status (*reconnected)(void *context, struct err *err);
    void (*select)(void *context, size_t dataset); /* what ops writes belongs to this dataset; 0 at first */
    void (*close)(void *context);                  /* of ops.context */
};

/* Those of a job that could be opened. */
struct destinations {
    size_t count;
    struct opened_destination items[ENGINE_DESTINATIONS_MAX];
    size_t dataset; /* the one at hand */
    int exit_code;  /* the worst of those that could not; each was logged */
    struct err err; /* the first of them */
    size_t unread;  /* set by a destinations_read_series that fails: whose ledger it could not read */
    struct ledger_union joined;
};

/*
 * Sets the mask of the process so that what is made from now on has the file_mode of the job; returns the mask that
 * was. Only while there is one thread.
 */
mode_t destinations_set_mask(const struct job *job);

/*
 * Opens all destinations of the job; one that fails is left out. STATUS_OK when at least one is open; otherwise the
 * first failure. The caller releases *ret_destinations in both cases.
 */
enum status destinations_open(const struct job *job, const char *command, const char *run_id,
                              struct destinations *ret_destinations, struct err *err) MUST_CHECK;
void destinations_release(struct destinations *destinations);

/* Between the two no destination does anything, and destinations_read_series may be called while an engine runs. */
void destinations_hold(struct destinations *destinations);
void destinations_let_go(struct destinations *destinations);

/* From now on all of them are about this dataset of the job. Everything written before must be flushed. */
void destinations_select(struct destinations *destinations, size_t dataset);

/* Ends the coverage of datasets that the job no longer names, in one database. */
enum status job_drop_other_datasets(const struct job *job, struct db *db, struct err *err) MUST_CHECK;

/*
 * A destination failed before the engine had it: it is closed and left out. The failure when it was the last.
 */
enum status destinations_drop(struct destinations *destinations, size_t at, const struct err *failure,
                              struct err *err) MUST_CHECK;

struct patience;

/*
 * patience_mend for the last failure on a PostgreSQL destination that is used afterwards: with another connection, what
 * it knew is asked for again. False: *err says why it is over, the failure before unless asking failed.
 */
bool destination_mend(const struct opened_destination *destination, struct patience *patience, struct err *err);

/* Work of one transaction on db, which begins and ends it. */
typedef enum status destination_work(struct db *db, const void *context, struct err *err);

/*
 * Does the work, outside of the flushes; on PostgreSQL again where others were in the way or the server was lost for a
 * while. goes_on: the destination is used afterwards, and not at its end, where it needs nothing of what it knew.
 */
enum status destination_do(const struct opened_destination *destination, const volatile sig_atomic_t *interrupted,
                           bool goes_on, destination_work *work, const void *context, struct err *err) MUST_CHECK;

/* ledger_read_ahead for the dataset at hand: on while a plan is made. */
void destinations_read_ahead(struct destinations *destinations, bool on);

/* A plan_read_series over the ledgers of the open ones together, for the dataset at hand. It fails when one of them
 * cannot be read: what the others have says nothing about what that one has. */
enum status destinations_read_series(void *context, const struct coverage_building *building, const char *granularity,
                                     size_t site, size_t group, struct ledger_series *ret_series, struct err *err);

/* Where the ledger of a destination lies. */
enum status destination_ledger_path(const struct config_destination *destination, char ret_path[PATH_MAX],
                                    struct err *err) MUST_CHECK;

/* The network side: http and client by the job's settings. Both NULL in a released one. */
struct network {
    struct http *http;
    struct client *client;
};

/* budget may be NULL; see client_options. */
enum status network_open(const struct job *job, int64_t deadline_ms, int64_t (*budget)(void *context),
                         void *budget_context, struct network *ret_network, struct err *err) MUST_CHECK;
void network_release(struct network *network);

#endif
