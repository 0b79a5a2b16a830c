#include "check_online.h"

#include "core/log.h"
#include "db/migrate.h"
#include "store/process.h"
#include "wire_connect.h"
#include "wire_hold.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A destination as it is found; nothing is written to find it. */
struct place {
    struct db *db;
    const char *schema;
    bool has_schema;
    int64_t version; /* of the schema: the last migration; 0: no table is there */
    int64_t newest;  /* that the program knows */
    bool is_standby;
    bool may_create; /* tables in the schema, or the schema */
    bool may_write;  /* rows and ledger; also true where no table is there */
    bool may_stage;  /* temporary tables */
    bool is_owner;   /* of what is there, and so may change it */
};

static enum status look_at_flags(struct place *place, struct err *err)
{
    struct db_statement *query;
    bool row;
    enum status status =
        db_prepare(place->db,
                   "SELECT (n.oid IS NOT NULL)::integer, pg_is_in_recovery()::integer,"
                   " coalesce(has_schema_privilege(n.oid, 'CREATE'),"
                   " has_database_privilege(current_database(), 'CREATE'))::integer,"
                   " has_database_privilege(current_database(), 'TEMPORARY')::integer,"
                   " (to_regclass('schema_migrations') IS NOT NULL)::integer,"
                   " (SELECT coalesce(bool_and(has_table_privilege(c.oid, right_to)), true)"
                   " FROM pg_class c CROSS JOIN unnest(ARRAY['INSERT', 'UPDATE', 'DELETE']) AS right_to"
                   " WHERE c.relnamespace = n.oid AND (c.relname IN ('ledger_spans', 'runs', 'flushes')"
                   " OR (c.relkind = 'p' AND c.relname ~ '_(rows|days)$')))::integer,"
                   " (SELECT coalesce(bool_and(pg_has_role(c.relowner, 'USAGE')), true) FROM pg_class c"
                   " WHERE c.relnamespace = n.oid AND c.relname = 'schema_migrations')::integer"
                   " FROM (SELECT 1) AS one LEFT JOIN pg_namespace n ON n.nspname = ?1",
                   &query, err);
    if (status != STATUS_OK)
        return status;
    db_bind_string(query, 1, place->schema);
    status = db_step(query, &row, err);
    if (status == STATUS_OK && row) {
        place->has_schema = db_column_integer(query, 0) != 0;
        place->is_standby = db_column_integer(query, 1) != 0;
        place->may_create = db_column_integer(query, 2) != 0;
        place->may_stage = db_column_integer(query, 3) != 0;
        place->version = db_column_integer(query, 4);
        place->may_write = db_column_integer(query, 5) != 0;
        place->is_owner = db_column_integer(query, 6) != 0;
    }
    db_finalize(query);
    return status;
}

static enum status look(struct place *place, struct err *err)
{
    size_t count;
    bool current;
    const struct migration *list = migrations_embedded(DB_POSTGRES, &count);
    enum status status = migrate_check(place->db, MIGRATE_ALL, &current, err);
    if (status == STATUS_OK)
        status = look_at_flags(place, err);
    if (status == STATUS_OK && place->version != 0)
        status =
            db_query_integer(place->db, "SELECT coalesce(max(number), 0) FROM schema_migrations", &place->version, err);
    place->newest = count > 0 ? list[count - 1].number : 0;
    return status;
}

/* Whether a run could store what it fetches. */
static enum status judge(const struct place *place, struct err *err)
{
    const char *where = db_path(place->db);
    static const char help[] = "roles.sql (in /usr/share/occuport) shows what is needed";
    if (place->is_standby)
        return err_set(err, STATUS_IO, "%s: the server is a standby, which takes no writes", where);
    if (!place->has_schema && !place->may_create)
        return err_set(err, STATUS_CANTCREATE, "%s: the schema is not there, and the user may not make it: %s", where,
                       help);
    if (place->version < place->newest && !(place->may_create && place->is_owner))
        return err_set(err, STATUS_CANTCREATE, "%s: the user may not bring the tables up to date: %s", where, help);
    if (!place->may_write || !place->may_stage)
        return err_set(err, STATUS_IO, "%s: the user may not %s: %s", where,
                       place->may_write ? "make temporary tables" : "write rows", help);
    return STATUS_OK;
}

static void describe_schema(const struct place *place, struct buf *out)
{
    if (place->version == 0)
        buf_appendf(out, "  schema: %s; the first run makes %s\n", place->has_schema ? "empty" : "not there yet",
                    place->has_schema ? "its tables" : "it");
    else if (place->version < place->newest)
        buf_appendf(out, "  schema: version %" PRId64 "; the next run brings it to %" PRId64 "\n", place->version,
                    place->newest);
    else
        buf_appendf(out, "  schema: version %" PRId64 ", up to date\n", place->version);
}

/* The one text of a query. */
static enum status append_answer(struct db *db, const char *sql, struct buf *out, struct err *err)
{
    struct db_statement *query;
    bool row;
    enum status status = db_prepare(db, sql, &query, err);
    if (status != STATUS_OK)
        return status;
    status = db_step(query, &row, err);
    if (status == STATUS_OK && row)
        buf_append_text(out, db_column_text(query, 0));
    db_finalize(query);
    return status;
}

static enum status describe(const struct place *place, const char *job, struct buf *out, struct err *err)
{
    buf_appendf(out, "%s: PostgreSQL answers\n  server: PostgreSQL ", job);
    enum status status = append_answer(place->db, "SHOW server_version", out, err);
    buf_appendf(out, " at %s\n  connection: ", db_path(place->db));
    if (status == STATUS_OK)
        status = append_answer(place->db,
                               "SELECT CASE WHEN s.ssl THEN 'encrypted, ' || s.version WHEN inet_client_addr() IS NULL"
                               " THEN 'a socket of this machine' ELSE 'not encrypted' END || ', as user ' ||"
                               " current_user FROM pg_stat_ssl s WHERE s.pid = pg_backend_pid()",
                               out, err);
    buf_append_char(out, '\n');
    describe_schema(place, out);
    buf_appendf(out, "  rights: %s, %s\n", place->may_create ? "may make tables" : "may not make tables",
                place->may_write && place->may_stage ? "may write rows" : "may not write rows");
    return status;
}

/*
 * A connection string that leads where that of an earlier destination does: by a lock that only a session of this
 * program can have, and keeps until all were looked at. The schema need not be there yet.
 */
static enum status refuse_same_place(const struct place *place, struct err *err)
{
    struct process self;
    struct db_statement *query;
    bool row;
    char name[256];
    process_self(&self);
    snprintf(name, sizeof name, "occuport check %s %" PRId64 " %" PRId64 " %s", self.boot_id, self.pid,
             self.start_ticks, place->schema);
    enum status status =
        db_prepare(place->db, "SELECT pg_try_advisory_lock(hashtextextended(?1, 0))::integer", &query, err);
    if (status != STATUS_OK)
        return status;
    db_bind_string(query, 1, name);
    status = db_step(query, &row, err);
    if (status == STATUS_OK && row && db_column_integer(query, 0) == 0)
        status = hold_tell_same_place(place->db, err);
    db_finalize(query);
    return status;
}

/* *ret_db stays open for refuse_same_place. */
static int check_one(const struct job *job, const struct config_destination *destination, struct db **ret_db,
                     struct buf *out)
{
    struct place place = {.schema = destination->schema};
    struct err err;
    enum status status = postgres_connect(destination, job->config->name, CONNECT_LOOK, &place.db, &err);
    *ret_db = place.db;
    if (status == STATUS_OK)
        status = look(&place, &err);
    if (status == STATUS_OK)
        status = describe(&place, job->config->path, out, &err);
    if (status == STATUS_OK)
        status = judge(&place, &err);
    if (status == STATUS_OK)
        status = refuse_same_place(&place, &err);
    return status == STATUS_OK ? 0 : command_fail(&err);
}

int check_postgres(const struct job *job, struct buf *out)
{
    int code = 0;
    struct db *dbs[ENGINE_DESTINATIONS_MAX] = {NULL};
    for (size_t i = 0; i < job->config->destination_count && i < ENGINE_DESTINATIONS_MAX; i++) {
        if (job->config->destinations[i].kind == CONFIG_DESTINATION_POSTGRES)
            code = exit_code_worse(code, check_one(job, &job->config->destinations[i], &dbs[i], out));
    }
    for (size_t i = 0; i < ENGINE_DESTINATIONS_MAX; i++)
        db_close(dbs[i]);
    return code;
}
