#include "wire_postgres.h"

#include "store/dimensions.h"
#include "store/work_life.h"
#include "wire_connect.h"
#include "wire_hold.h"
#include "wire_holders.h"
#include "wire_postgres_internal.h"
#include "wire_upgrade.h"

#include <stdio.h>
#include <stdlib.h>

static void close_datasets(struct postgres_lane *lane)
{
    for (size_t i = 0; lane->datasets != NULL && i < lane->job->dataset_count; i++) {
        ledger_close(lane->datasets[i].ledger);
        sink_postgres_close(lane->datasets[i].sink);
        lane->datasets[i].ledger = NULL;
        lane->datasets[i].sink = NULL;
    }
}

static enum status open_dataset(struct postgres_lane *lane, size_t at, struct err *err)
{
    struct postgres_dataset *dataset = &lane->datasets[at];
    enum status status = lane->number == 0 ? sink_postgres_open(lane->db, &dataset->sink_options, &dataset->sink, err)
                                           : sink_postgres_join(lane->db, &dataset->sink_options, &dataset->sink, err);
    if (status == STATUS_OK)
        status = ledger_open(lane->db, &lane->job->datasets[at].ledger_job, &dataset->ledger, err);
    if (status == STATUS_OK && lane->number == 0)
        status = ledger_declare(dataset->ledger, err);
    dataset->books.db = lane->db;
    dataset->books.ledger = dataset->ledger;
    return status;
}

static enum status open_datasets(struct postgres_lane *lane, struct err *err)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < lane->job->dataset_count; i++)
        status = open_dataset(lane, i, err);
    return status;
}

static enum status dataset_is_ready(const struct postgres_lane *lane, size_t at, bool *ret_ready, struct err *err)
{
    struct ledger *ledger = NULL;
    enum status status = sink_postgres_is_ready(lane->db, &lane->datasets[at].sink_options, ret_ready, err);
    if (status != STATUS_OK || !*ret_ready)
        return status;
    status = ledger_open(lane->db, &lane->job->datasets[at].ledger_job, &ledger, err);
    if (status == STATUS_OK)
        status = ledger_is_declared(ledger, ret_ready, err);
    ledger_close(ledger);
    return status;
}

/*
 * Schema, zones and coverage of all datasets change together or not at all. Not alone: only where nothing but the day
 * ranges would change, else *ret_done becomes false.
 */
static enum status prepare_under(struct postgres_lane *lane, bool alone, bool *ret_done, struct err *err)
{
    enum status status = db_begin(lane->db, err);
    *ret_done = true;
    if (status == STATUS_OK)
        status = holders_limit_wait(lane->db, err);
    if (status == STATUS_OK)
        status = alone ? sink_postgres_lock(lane->db, err) : sink_postgres_lock_shared(lane->db, err);
    for (size_t i = 0; status == STATUS_OK && !alone && *ret_done && i < lane->job->dataset_count; i++)
        status = dataset_is_ready(lane, i, ret_done, err);
    if (status == STATUS_OK && *ret_done)
        status = open_datasets(lane, err);
    if (status == STATUS_OK && *ret_done)
        status = job_drop_other_datasets(lane->job, lane->db, err);
    return db_end(lane->db, status, err);
}

/* All that store rows wait for whoever wants to be alone, and that one for each of them: most nights nobody does. */
static enum status prepare_once(struct postgres_lane *lane, struct err *err)
{
    bool done;
    enum status status = prepare_under(lane, false, &done, err);
    return status == STATUS_OK && !done ? prepare_under(lane, true, &done, err) : status;
}

enum status postgres_lane_hold_job(struct postgres_lane *lane, struct err *err)
{
    enum status status = hold_place(lane->job, lane->run_id, lane->destination_number, lane->db, err);
    return status == STATUS_OK ? hold_job(lane->job, lane->run_id, lane->db, err) : status;
}

static enum status prepare(struct postgres_lane *lane, struct err *err)
{
    struct patience patience = patience_to_begin(lane->job->interrupted, lane->job->deadline_ms);
    int64_t told_pid = 0;
    for (;;) {
        enum status status = postgres_lane_hold_job(lane, err);
        if (status == STATUS_OK)
            status = upgrade_schema(lane->db, lane->job->now, &patience, &told_pid, err);
        if (status == STATUS_OK)
            status = prepare_once(lane, err);
        if (status == STATUS_OK || !patience_mend(&patience, lane->db))
            return status;
        close_datasets(lane);
    }
}

/* The first lane is waited for, since without it there is no run. */
static enum status connect_lane(struct postgres_lane *lane, const struct config_destination *destination,
                                struct err *err)
{
    const char *job = lane->job->config->name;
    if (lane->number > 0)
        return postgres_connect(destination, job, CONNECT_STORE, &lane->db, err);
    struct patience patience = patience_to_begin(lane->job->interrupted, lane->job->deadline_ms);
    return postgres_connect_patiently(destination, job, CONNECT_STORE, &patience, &lane->db, err);
}

static enum status put_dimension(void *context, const struct dimension *dimension, const struct table *table,
                                 struct err *err)
{
    struct postgres_destination *pg = context;
    struct postgres_lane *lane = &pg->lanes[0];
    struct patience patience = patience_new(pg->job->interrupted);
    enum status status;
    do {
        status = db_begin(lane->db, err);
        if (status == STATUS_OK)
            status = db_end(lane->db, dimensions_put(lane->db, dimension, table, err), err);
        db_rollback(lane->db);
        lane->merge_all = true; /* not another attempt for any other failure */
    } while (status != STATUS_OK && postgres_may_mend(lane, &patience, err));
    return status;
}

static void select_dataset(void *context, size_t dataset)
{
    struct postgres_destination *pg = context;
    pg->dataset = dataset;
    pg->kept_count = 0;
}

static void set_fence(void *context, const struct fence *fence)
{
    struct postgres_destination *pg = context;
    pg->fence = fence;
}

void postgres_lane_close(struct postgres_lane *lane)
{
    close_datasets(lane);
    db_close(lane->db);
    free(lane->datasets);
    free(lane->kept);
    *lane = (struct postgres_lane){0};
}

static void close_postgres(void *context)
{
    struct postgres_destination *pg = context;
    for (size_t i = 0; i < POSTGRES_LANES; i++)
        postgres_lane_close(&pg->lanes[i]);
    free(pg->kept);
    free(pg);
}

static void describe(struct postgres_dataset *to, const struct job *job, const struct job_dataset *from,
                     const char *run_id)
{
    to->sink_options = (struct sink_postgres_options){
        .dataset = from->dataset,
        .coverage = &from->coverage,
        .column_count = from->column_count,
        .columns = from->columns,
        .run_id = run_id,
        .delete_vanished = job->config->on_vanished == CONFIG_VANISHED_DELETE,
    };
    to->books = (struct books){.job = job, .dataset = from->dataset->name, .run_id = run_id};
}

enum status postgres_lane_hold(struct postgres_lane *lane, struct err *err)
{
    enum status status = runs_hold(lane->db, lane->number == 0 ? lane->run_id : lane->flush_id, err);
    return status == STATUS_OK && lane->number > 0 ? work_hold_lane(lane->db, lane->run_id, err) : status;
}

/* Such that no lane, of whatever destination of the run, can take the flush of another for its own. */
static void name_flushes(struct postgres_lane *lane)
{
    char destination[24] = "";
    char number[24] = "";
    if (lane->destination_number > 0)
        snprintf(destination, sizeof destination, ":%zu", lane->destination_number);
    if (lane->number > 0)
        snprintf(number, sizeof number, "/%zu", lane->number);
    snprintf(lane->flush_id, sizeof lane->flush_id, "%s%s%s", lane->run_id, destination, number);
}

enum status postgres_lane_open(struct postgres_lane *lane, const struct postgres_destination *pg, size_t number,
                               struct err *err)
{
    const struct job *job = pg->job;
    size_t destination = (size_t)(pg->destination - job->config->destinations);
    *lane =
        (struct postgres_lane){.number = number, .destination_number = destination, .job = job, .run_id = pg->run_id};
    name_flushes(lane);
    lane->datasets = calloc(job->dataset_count, sizeof *lane->datasets);
    if (lane->datasets == NULL)
        return err_nomem(err);
    for (size_t i = 0; i < job->dataset_count; i++)
        describe(&lane->datasets[i], job, &job->datasets[i], pg->run_id);
    enum status status = connect_lane(lane, pg->destination, err);
    if (status == STATUS_OK && number > 0)
        status = postgres_lane_hold(lane, err);
    if (status == STATUS_OK)
        status = number == 0 ? prepare(lane, err) : open_datasets(lane, err);
    return status;
}

enum status postgres_destination_open(const struct job *job, const struct config_destination *destination,
                                      const char *run_id, struct opened_destination *ret_opened, struct err *err)
{
    struct postgres_destination *pg = calloc(1, sizeof *pg);
    if (pg == NULL)
        return err_nomem(err);
    pg->job = job;
    pg->destination = destination;
    pg->run_id = run_id;
    pg->lane_max = POSTGRES_LANES;
    enum status status = postgres_lane_open(&pg->lanes[0], pg, 0, err);
    if (status != STATUS_OK) {
        close_postgres(pg);
        return status;
    }
    *ret_opened = (struct opened_destination){
        .ops = {"destination postgres", pg, postgres_write, postgres_flush, .keeps_outcomes = true},
        .db = pg->lanes[0].db,
        .put_dimension = put_dimension,
        .set_fence = set_fence,
        .reconnected = postgres_reconnected,
        .select = select_dataset,
        .close = close_postgres,
    };
    for (size_t i = 0; i < job->dataset_count; i++)
        ret_opened->ledgers[i] = pg->lanes[0].datasets[i].ledger;
    return STATUS_OK;
}
