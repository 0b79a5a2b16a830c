/* SQLite without memory: what is committed rests on what was read, and a text that could not be read is not empty. */
#include "db/db.h"
#include "starve.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

struct storing {
    struct db *db;
    struct db_statement *query;
    struct db_statement *insert;
    char read[64];
    bool committed;
};

/* Copies a text from one table to another, as the ledger and the sinks do. */
static enum status copy(struct storing *storing, struct err *err)
{
    bool row = false;
    enum status status = db_prepare(storing->db, "SELECT text FROM source", &storing->query, err);
    if (status == STATUS_OK)
        status = db_prepare(storing->db, "INSERT INTO target VALUES (?1)", &storing->insert, err);
    if (status == STATUS_OK)
        status = db_begin(storing->db, err);
    if (status == STATUS_OK)
        status = db_step(storing->query, &row, err);
    if (status != STATUS_OK)
        return status;
    cr_assert(row);
    snprintf(storing->read, sizeof storing->read, "%s", db_column_text(storing->query, 0));
    db_bind_string(storing->insert, 1, storing->read);
    status = db_run(storing->insert, err);
    db_reset(storing->query);
    status = db_end(storing->db, status, err);
    storing->committed = status == STATUS_OK;
    return status;
}

static enum status store(void *context, struct err *err)
{
    struct storing *storing = context;
    enum status status = db_open(":memory:", DB_CREATE, &storing->db, err);
    if (status == STATUS_OK)
        status = db_exec(storing->db,
                         "CREATE TABLE source (text TEXT, more INTEGER); CREATE TABLE target (text TEXT);"
                         "INSERT INTO source VALUES ('2025-05-01 00:00:00, as the server wrote it', 1);",
                         err);
    return status == STATUS_OK ? copy(storing, err) : status;
}

static void check(void *context)
{
    const struct storing *storing = context;
    cr_assert(storing->committed);
    cr_assert_str_eq(storing->read, "2025-05-01 00:00:00, as the server wrote it");
}

static void release(void *context)
{
    struct storing *storing = context;
    db_finalize(storing->query);
    db_finalize(storing->insert);
    db_close(storing->db);
    *storing = (struct storing){0};
}

Test(alloc_db, nothing_is_committed_that_was_not_read)
{
    struct storing storing = {0};
    struct starved starved = {"database", &storing, store, check, release, STATUS_OK};
    cr_assert_gt(starve_each(&starved), 20);
}
