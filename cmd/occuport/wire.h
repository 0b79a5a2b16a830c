/*
 * From a job file to the objects that do its work. The only place that knows
 * configuration and machinery at once.
 */
#ifndef OCCUPORT_CMD_WIRE_H
#define OCCUPORT_CMD_WIRE_H

#include "api/client.h"
#include "config/config.h"
#include "db/db.h"
#include "model/plan.h"
#include "run/destination.h"
#include "store/ledger.h"

/* A job as the model sees it: zones loaded, days resolved for now. */
struct job {
    struct config *config; /* owned */
    struct arena arena;
    size_t zone_count;
    struct zone **zones; /* owned, one a distinct name */
    struct coverage coverage;
    struct ledger_job ledger_job;
    int64_t now; /* seconds since the epoch: what "today" was resolved by */
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

/* The ledger of the job's destination, opened for looking only: db and ledger stay NULL while there is no database yet.
 */
struct view_of_ledger {
    struct db *db;
    struct ledger *ledger;
};

enum status view_open(const struct job *job, struct view_of_ledger *ret_view, struct err *err) MUST_CHECK;
void view_release(struct view_of_ledger *view);

/* A plan_read_series over it; without a database nothing is known of any series. */
enum status view_read_series(void *view, const struct coverage_building *building, const char *granularity, size_t site,
                             size_t group, struct ledger_series *ret_series, struct err *err);

/* The SQLite destination, open for writing: migrated, the job declared. */
struct sqlite_destination;

enum status sqlite_destination_open(const struct job *job, const char *run_id, struct sqlite_destination **ret_sqlite,
                                    struct err *err) MUST_CHECK;
void sqlite_destination_close(struct sqlite_destination *sqlite);
struct db *sqlite_destination_db(struct sqlite_destination *sqlite);
struct ledger *sqlite_destination_ledger(struct sqlite_destination *sqlite);
const struct destination *sqlite_destination_ops(struct sqlite_destination *sqlite);

/* The network side: http and client by the job's settings. Both NULL in a released one. */
struct network {
    struct http *http;
    struct client *client;
};

enum status network_open(const struct job *job, int64_t deadline_ms, struct network *ret_network,
                         struct err *err) MUST_CHECK;
void network_release(struct network *network);

#endif
