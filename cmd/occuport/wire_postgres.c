#include "wire_postgres.h"

#include "db/migrate.h"
#include "store/dimensions.h"
#include "wire_connect.h"
#include "wire_hold.h"
#include "wire_postgres_internal.h"

#include <stdlib.h>

static void close_datasets(struct postgres_destination *pg)
{
    for (size_t i = 0; pg->datasets != NULL && i < pg->job->dataset_count; i++) {
        ledger_close(pg->datasets[i].ledger);
        sink_postgres_close(pg->datasets[i].sink);
        pg->datasets[i].ledger = NULL;
        pg->datasets[i].sink = NULL;
    }
}

static enum status prepare_dataset(struct postgres_destination *pg, size_t at, struct err *err)
{
    struct postgres_dataset *dataset = &pg->datasets[at];
    enum status status = sink_postgres_open(pg->db, &dataset->sink_options, &dataset->sink, err);
    if (status == STATUS_OK)
        status = ledger_open(pg->db, &pg->job->datasets[at].ledger_job, &dataset->ledger, err);
    if (status == STATUS_OK)
        status = ledger_declare(dataset->ledger, err);
    dataset->books.db = pg->db;
    dataset->books.ledger = dataset->ledger;
    return status;
}

/* Schema, zones and coverage of all datasets change together or not at all. */
static enum status prepare_once(struct postgres_destination *pg, struct err *err)
{
    enum status status = db_begin(pg->db, err);
    if (status == STATUS_OK)
        status = sink_postgres_lock(pg->db, err);
    for (size_t i = 0; status == STATUS_OK && i < pg->job->dataset_count; i++)
        status = prepare_dataset(pg, i, err);
    if (status == STATUS_OK)
        status = job_drop_other_datasets(pg->job, pg->db, err);
    return db_end(pg->db, status, err);
}

static enum status prepare(struct postgres_destination *pg, struct err *err)
{
    struct patience patience = patience_new(pg->job->interrupted);
    enum status status = migrate(pg->db, MIGRATE_ALL, pg->job->now, err);
    while (status == STATUS_OK) {
        status = prepare_once(pg, err);
        if (status == STATUS_OK || pg_trouble(pg->db) != PG_TROUBLE_AGAIN || !patience_again(&patience))
            break;
        close_datasets(pg);
        status = STATUS_OK;
    }
    return status;
}

static enum status put_dimension(void *context, const struct dimension *dimension, const struct table *table,
                                 struct err *err)
{
    struct postgres_destination *pg = context;
    struct patience patience = patience_new(pg->job->interrupted);
    enum status status;
    do {
        status = db_begin(pg->db, err);
        if (status == STATUS_OK)
            status = db_end(pg->db, dimensions_put(pg->db, dimension, table, err), err);
        db_rollback(pg->db);
        pg->merge_all = true; /* not another attempt for any other failure */
    } while (status != STATUS_OK && postgres_may_mend(pg, &patience, err));
    return status;
}

static void select_dataset(void *context, size_t dataset)
{
    struct postgres_destination *pg = context;
    pg->current = &pg->datasets[dataset];
    pg->kept_count = 0;
}

static void set_fence(void *context, const struct fence *fence)
{
    struct postgres_destination *pg = context;
    pg->fence = fence;
}

static void close_postgres(void *context)
{
    struct postgres_destination *pg = context;
    close_datasets(pg);
    db_close(pg->db);
    free(pg->datasets);
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

enum status postgres_destination_open(const struct job *job, const struct config_destination *destination,
                                      const char *run_id, struct opened_destination *ret_opened, struct err *err)
{
    struct postgres_destination *pg = calloc(1, sizeof *pg);
    if (pg == NULL)
        return err_nomem(err);
    pg->job = job;
    pg->run_id = run_id;
    pg->datasets = calloc(job->dataset_count, sizeof *pg->datasets);
    pg->current = pg->datasets;
    enum status status = pg->datasets != NULL ? STATUS_OK : err_nomem(err);
    for (size_t i = 0; status == STATUS_OK && i < job->dataset_count; i++)
        describe(&pg->datasets[i], job, &job->datasets[i], run_id);
    if (status == STATUS_OK)
        status = postgres_connect(destination, job->config->name, CONNECT_STORE, &pg->db, err);
    if (status == STATUS_OK)
        status = hold_job(job, run_id, pg->db, err);
    if (status == STATUS_OK)
        status = prepare(pg, err);
    if (status != STATUS_OK) {
        close_postgres(pg);
        return status;
    }
    *ret_opened = (struct opened_destination){
        .ops = {"destination postgres", pg, postgres_write, postgres_flush, .keeps_outcomes = true},
        .db = pg->db,
        .put_dimension = put_dimension,
        .set_fence = set_fence,
        .reconnected = postgres_reconnected,
        .select = select_dataset,
        .close = close_postgres,
    };
    for (size_t i = 0; i < job->dataset_count; i++)
        ret_opened->ledgers[i] = pg->datasets[i].ledger;
    return STATUS_OK;
}
