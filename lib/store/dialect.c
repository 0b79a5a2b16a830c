#include "store/dialect.h"

enum status dialect_lock(struct db *db, const char *what, struct err *err)
{
    struct db_statement *lock;
    if (db_kind(db) != DB_POSTGRES)
        return STATUS_OK;
    enum status status = db_prepare(
        db, "SELECT pg_advisory_xact_lock(hashtextextended(concat_ws(' ', 'occuport', current_schema(), ?1::text), 0))",
        &lock, err);
    if (status != STATUS_OK)
        return status;
    db_bind_string(lock, 1, what);
    status = db_run(lock, err);
    db_finalize(lock);
    return status;
}
