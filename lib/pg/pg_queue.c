/*
 * The commands of a transaction are sent one behind the other without waiting for each answer (libpq's pipeline mode):
 * a statement then costs what the server works for it, and not the way there and back. Who needs an answer waits for
 * all that were sent before. The first failure is kept: everything behind it is undone anyway, and every later call
 * tells it, until the transaction is rolled back.
 */
#include "pg/pg_internal.h"

#include "core/commit_point.h"

#include <stdlib.h>
#include <string.h>

enum status pg_check(const struct pg_db *pg, struct err *err)
{
    if (!pg->in_transaction || pg->failure.kind == STATUS_OK)
        return STATUS_OK;
    if (err != NULL)
        *err = pg->failure;
    return pg->failure.kind;
}

enum status pg_pipeline_enter(struct pg_db *pg, struct err *err)
{
    if (pg->pipelined)
        return STATUS_OK;
    if (PQenterPipelineMode(pg->connection) != 1)
        return pg_fail(pg, NULL, err);
    pg->pipelined = true;
    pg->queued = 0;
    return STATUS_OK;
}

enum status pg_queue_add(struct pg_db *pg, int sent, enum pg_wanted wanted, struct err *err)
{
    if (sent != 1)
        return pg_fail(pg, NULL, err);
    pg->wanted[pg->queued++] = (unsigned char)wanted;
    bool waits_anyway = wanted == PG_WANT_RESULT || wanted == PG_WANT_COMMIT;
    return pg->queued < PG_QUEUE_MAX || waits_anyway ? STATUS_OK : pg_queue_wait(pg, NULL, err);
}

static bool is_failure(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    return status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_PIPELINE_ABORTED;
}

void pg_note_changes(struct pg_db *pg, PGresult *result)
{
    const char *rows = PQcmdTuples(result);
    if (rows[0] != '\0' && strncmp(PQcmdStatus(result), "SELECT", strlen("SELECT")) != 0)
        pg->changes = strtoll(rows, NULL, 10);
}

/* A COMMIT of a transaction that had failed is answered by ROLLBACK, which is no error to the server. */
static enum status look(struct pg_db *pg, PGresult *result, enum pg_wanted wanted, struct err *err)
{
    if (PQresultStatus(result) == PGRES_PIPELINE_ABORTED)
        return pg_check(pg, err);
    if (is_failure(result))
        return pg_fail(pg, result, err);
    if (wanted == PG_WANT_CHANGES || wanted == PG_WANT_RESULT)
        pg_note_changes(pg, result);
    if (wanted == PG_WANT_COMMIT && strcmp(PQcmdStatus(result), "COMMIT") != 0)
        return pg_fail_words(pg, STATUS_IO, "the server rolled back what was to be committed", err);
    return STATUS_OK;
}

/* The answer to one command, to its end. */
static enum status read_answer(struct pg_db *pg, enum pg_wanted wanted, PGresult **ret_result, struct err *err)
{
    enum status status = STATUS_OK;
    PGresult *result = PQgetResult(pg->connection);
    if (result == NULL)
        return pg_fail(pg, NULL, err);
    for (; result != NULL; result = PQgetResult(pg->connection)) {
        enum status seen = look(pg, result, wanted, err);
        if (status == STATUS_OK)
            status = seen;
        if (seen == STATUS_OK && wanted == PG_WANT_RESULT && ret_result != NULL && *ret_result == NULL)
            *ret_result = result;
        else
            PQclear(result);
        if (PQstatus(pg->connection) == CONNECTION_BAD)
            return status != STATUS_OK ? status : pg_fail(pg, NULL, err);
    }
    return status;
}

static enum status read_all(struct pg_db *pg, PGresult **ret_result, struct err *err)
{
    enum status status = STATUS_OK;
    size_t count = pg->queued;
    pg->queued = 0;
    for (size_t i = 0; i < count; i++) {
        struct err later;
        enum status seen = read_answer(pg, pg->wanted[i], ret_result, status == STATUS_OK ? err : &later);
        if (status == STATUS_OK)
            status = seen;
        if (PQstatus(pg->connection) == CONNECTION_BAD)
            return status;
    }
    PGresult *end = PQgetResult(pg->connection);
    if (PQresultStatus(end) != PGRES_PIPELINE_SYNC && status == STATUS_OK)
        status = pg_fail(pg, end, err);
    PQclear(end);
    return status;
}

enum status pg_queue_wait(struct pg_db *pg, PGresult **ret_result, struct err *err)
{
    PGresult *result = NULL;
    if (PQpipelineSync(pg->connection) != 1) {
        pg->queued = 0;
        return pg_fail(pg, NULL, err);
    }
    enum status status = read_all(pg, ret_result != NULL ? &result : NULL, err);
    if (status == STATUS_OK)
        status = pg_check(pg, err);
    if (status != STATUS_OK) {
        PQclear(result);
        return status;
    }
    if (ret_result != NULL)
        *ret_result = result;
    return STATUS_OK;
}

enum status pg_pipeline_leave(struct pg_db *pg, struct err *err)
{
    if (!pg->pipelined)
        return STATUS_OK;
    enum status status = pg->queued > 0 ? pg_queue_wait(pg, NULL, err) : STATUS_OK;
    pg->pipelined = false;
    if (PQexitPipelineMode(pg->connection) != 1 && status == STATUS_OK)
        status = pg_fail(pg, NULL, err);
    return status;
}

enum status pg_exec(struct db *base, const char *sql, struct err *err)
{
    struct pg_db *pg = pg_of(base);
    enum status status = pg_check(pg, err);
    if (status == STATUS_OK)
        status = pg_pipeline_leave(pg, err);
    if (status != STATUS_OK)
        return status;
    PGresult *result = PQexec(pg->connection, sql);
    if (is_failure(result))
        status = pg_fail(pg, result, err);
    else
        pg_note_changes(pg, result);
    PQclear(result);
    return status;
}

static int send_text(struct pg_db *pg, const char *sql)
{
    return PQsendQueryParams(pg->connection, sql, 0, NULL, NULL, NULL, NULL, 0);
}

enum status pg_begin(struct db *base, struct err *err)
{
    struct pg_db *pg = pg_of(base);
    pg->trouble = PG_TROUBLE_NONE;
    err_clear(&pg->failure);
    enum status status = pg_pipeline_enter(pg, err);
    if (status != STATUS_OK)
        return status;
    pg->in_transaction = true;
    status = pg_queue_add(pg, send_text(pg, "BEGIN"), PG_WANT_NOTHING, err);
    if (status != STATUS_OK)
        pg_rollback(base);
    COMMIT_POINT("pg.begun");
    return status;
}

enum status pg_commit(struct db *base, struct err *err)
{
    struct pg_db *pg = pg_of(base);
    enum status status = pg_check(pg, err);
    if (status == STATUS_OK)
        status = pg_pipeline_enter(pg, err);
    COMMIT_POINT("pg.committing");
    if (status == STATUS_OK)
        status = pg_queue_add(pg, send_text(pg, "COMMIT"), PG_WANT_COMMIT, err);
    if (status == STATUS_OK)
        status = pg_queue_wait(pg, NULL, err);
    COMMIT_POINT("pg.committed");
    if (status != STATUS_OK)
        return status;
    pg->in_transaction = false;
    return pg_pipeline_leave(pg, err);
}

void pg_rollback(struct db *base)
{
    struct pg_db *pg = pg_of(base);
    struct err ignored;
    if (PQstatus(pg->connection) == CONNECTION_OK)
        (void)pg_pipeline_leave(pg, &ignored);
    if (PQstatus(pg->connection) == CONNECTION_OK && PQtransactionStatus(pg->connection) != PQTRANS_IDLE)
        PQclear(PQexec(pg->connection, "ROLLBACK"));
    if (PQstatus(pg->connection) == CONNECTION_OK && pg->failure.kind != STATUS_OK) {
        /* Which statements were prepared behind the failure, nobody knows. */
        PQclear(PQexec(pg->connection, "DEALLOCATE ALL"));
        pg->generation++;
    }
    pg->in_transaction = false;
    pg->pipelined = PQpipelineStatus(pg->connection) != PQ_PIPELINE_OFF;
    pg->queued = 0;
    err_clear(&pg->failure);
}

int64_t pg_changes(struct db *base)
{
    struct pg_db *pg = pg_of(base);
    struct err kept; /* it is in pg->failure, and told by what comes next */
    if (pg->pipelined && pg->queued > 0 && pg_queue_wait(pg, NULL, &kept) != STATUS_OK)
        return 0;
    return pg->changes;
}
