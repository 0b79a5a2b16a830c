#include "db/migrate.h"

#include "core/clock.h"
#include "core/commit_point.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Whoever asks for a table behind one that waits for it waits as long. */
enum { LOCK_WAIT_MS = 5000 };

/* FNV-1a, 64 bits: it must notice an edited file, not resist an attacker who can write the database anyway. */
static void checksum(const char *text, char out[17])
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(1099511628211);
    snprintf(out, 17, "%016llx", (unsigned long long)hash);
}

static bool in_scope(const struct migration *migration, enum migrate_scope scope)
{
    return scope == MIGRATE_ALL || strstr(migration->name, "_ledger_") != NULL;
}

static const struct migration *find(const struct migration *list, size_t count, int64_t number)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i].number == number)
            return &list[i];
    }
    return NULL;
}

/* Checks what the database carries against the list. */
static enum status check_applied(struct db *db, const struct migration *list, size_t count, struct err *err)
{
    struct db_statement *query;
    enum status status =
        db_prepare(db, "SELECT number, name, checksum FROM schema_migrations ORDER BY number", &query, err);
    if (status != STATUS_OK)
        return status;
    bool row;
    while ((status = db_step(query, &row, err)) == STATUS_OK && row) {
        int64_t number = db_column_integer(query, 0);
        const struct migration *known = find(list, count, number);
        char sum[17] = "";
        if (known != NULL)
            checksum(known->sql, sum);
        if (known == NULL) {
            status =
                err_set(err, STATUS_IO,
                        "%s was made by a newer occuport (its migration %lld, %s, is unknown here); use that version",
                        db_path(db), (long long)number, db_column_text(query, 1));
            break;
        }
        if (strcmp(sum, db_column_text(query, 2)) != 0) {
            status =
                err_set(err, STATUS_IO, "%s was made by another occuport (its migration %s differs from this one's)",
                        db_path(db), known->name);
            break;
        }
    }
    db_finalize(query);
    return status;
}

static enum status record(struct db *db, const struct migration *migration, int64_t now, struct err *err)
{
    struct db_statement *insert;
    enum status status = db_prepare(
        db, "INSERT INTO schema_migrations (number, name, checksum, applied_at) VALUES (?, ?, ?, ?)", &insert, err);
    if (status != STATUS_OK)
        return status;
    char sum[17];
    char when[CLOCK_TEXT_SIZE];
    checksum(migration->sql, sum);
    db_bind_integer(insert, 1, migration->number);
    db_bind_string(insert, 2, migration->name);
    db_bind_string(insert, 3, sum);
    db_bind_string(insert, 4, clock_format_utc(now, when));
    status = db_run(insert, err);
    db_finalize(insert);
    return status;
}

static enum status apply(struct db *db, const struct migration *migration, int64_t now, struct err *err)
{
    enum status status = db_exec(db, migration->sql, err);
    COMMIT_POINT("migrate.applied");
    if (status == STATUS_OK)
        status = record(db, migration, now, err);
    COMMIT_POINT("migrate.recorded");
    if (status != STATUS_OK)
        err_prefix(err, "migration %s", migration->name);
    return status;
}

static const char *const create_table[] = {
    [DB_SQLITE] = "CREATE TABLE IF NOT EXISTS schema_migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL,"
                  " checksum TEXT NOT NULL, applied_at TEXT NOT NULL)",
    [DB_POSTGRES] = "SELECT pg_advisory_xact_lock(hashtextextended('occuport migrations ' || current_schema(), 0));"
                    "CREATE TABLE IF NOT EXISTS schema_migrations (number integer PRIMARY KEY, name text NOT NULL,"
                    " checksum text NOT NULL, applied_at timestamptz NOT NULL)",
};

static const char *const find_table[] = {
    [DB_SQLITE] = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'schema_migrations'",
    [DB_POSTGRES] = "SELECT count(*) FROM pg_catalog.pg_tables WHERE schemaname = current_schema()"
                    " AND tablename = 'schema_migrations'",
};

/* By its own number, not by the highest one: a ledger that becomes a whole database lacks the files between. */
static enum status is_pending(struct db *db, const struct migration *migration, enum migrate_scope scope,
                              bool *ret_pending, struct err *err)
{
    if (!in_scope(migration, scope)) {
        *ret_pending = false;
        return STATUS_OK;
    }
    struct db_statement *query;
    bool applied;
    enum status status = db_prepare(db, "SELECT 1 FROM schema_migrations WHERE number = ?", &query, err);
    if (status != STATUS_OK)
        return status;
    db_bind_integer(query, 1, migration->number);
    status = db_step(query, &applied, err);
    db_finalize(query);
    if (status == STATUS_OK)
        *ret_pending = !applied;
    return status;
}

static enum status any_pending(struct db *db, const struct migration *list, size_t count, enum migrate_scope scope,
                               bool *ret_any, struct err *err)
{
    bool any = false;
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && !any && i < count; i++)
        status = is_pending(db, &list[i], scope, &any, err);
    if (status == STATUS_OK)
        *ret_any = any;
    return status;
}

/* Behind the lock of migrations: another program that applies them is waited for. */
static enum status limit_waiting(struct db *db, struct err *err)
{
    char sql[64];
    if (db_kind(db) != DB_POSTGRES)
        return STATUS_OK;
    snprintf(sql, sizeof sql, "SET LOCAL lock_timeout TO %" PRIu64,
             (uint64_t)TEST_LIMIT("migrate.lock_ms", LOCK_WAIT_MS));
    return db_exec(db, sql, err);
}

/* The lock is held from before the check to the commit: two programs that start together apply each file once. */
static enum status apply_pending(struct db *db, const struct migration *list, size_t count, enum migrate_scope scope,
                                 int64_t now, struct err *err)
{
    enum status status = db_exec(db, create_table[db_kind(db)], err);
    COMMIT_POINT("migrate.begun");
    if (status == STATUS_OK)
        status = limit_waiting(db, err);
    if (status == STATUS_OK)
        status = check_applied(db, list, count, err);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        bool pending;
        status = is_pending(db, &list[i], scope, &pending, err);
        if (status == STATUS_OK && pending)
            status = apply(db, &list[i], now, err);
    }
    return status;
}

static enum status has_table(struct db *db, bool *ret_has, struct err *err)
{
    int64_t count;
    enum status status = db_query_integer(db, find_table[db_kind(db)], &count, err);
    if (status == STATUS_OK)
        *ret_has = count > 0;
    return status;
}

enum status migrate_list(struct db *db, const struct migration *list, size_t count, enum migrate_scope scope,
                         int64_t now, struct err *err)
{
    bool has;
    enum status status = has_table(db, &has, err);
    bool pending = true;
    if (status == STATUS_OK && has)
        status = check_applied(db, list, count, err);
    if (status == STATUS_OK && has)
        status = any_pending(db, list, count, scope, &pending, err);
    if (status == STATUS_OK && !pending)
        return STATUS_OK;
    if (status == STATUS_OK)
        status = db_begin(db, err);
    if (status == STATUS_OK)
        status = apply_pending(db, list, count, scope, now, err);
    return db_end(db, status, err);
}

enum status migrate(struct db *db, enum migrate_scope scope, int64_t now, struct err *err)
{
    size_t count;
    const struct migration *list = migrations_embedded(db_kind(db), &count);
    return migrate_list(db, list, count, scope, now, err);
}

enum status migrate_check(struct db *db, enum migrate_scope scope, bool *ret_current, struct err *err)
{
    bool has;
    enum status status = has_table(db, &has, err);
    if (status != STATUS_OK)
        return status;
    if (!has) {
        *ret_current = false;
        return STATUS_OK;
    }
    size_t count;
    const struct migration *list = migrations_embedded(db_kind(db), &count);
    bool pending = false;
    status = check_applied(db, list, count, err);
    if (status == STATUS_OK)
        status = any_pending(db, list, count, scope, &pending, err);
    if (status == STATUS_OK)
        *ret_current = !pending;
    return status;
}
