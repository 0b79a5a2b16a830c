#include "pg/pg.h"

#include "core/buf.h"
#include "core/commit_point.h"
#include "core/log.h"
#include "pg/pg_internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { SERVER_VERSION_MIN = 130000, SCHEMA_NAME_MAX = 63 };

/* In place of the one that there is. */
static void put_connection(struct pg_db *pg, PGconn *connection)
{
    pthread_mutex_lock(&pg->socket_lock);
    PQfinish(pg->connection);
    pg->connection = connection;
    pg->socket = connection != NULL ? PQsocket(connection) : -1;
    pthread_mutex_unlock(&pg->socket_lock);
}

static void close_db(struct db *base)
{
    struct pg_db *pg = pg_of(base);
    if (pg->in_transaction)
        pg_rollback(base);
    put_connection(pg, NULL);
    pthread_mutex_destroy(&pg->socket_lock);
    if (pg->dsn != NULL)
        explicit_bzero(pg->dsn, strlen(pg->dsn));
    free(pg->dsn);
    free(pg->schema);
    free(pg->application);
    free(base->path);
    free(pg);
}

static bool in_transaction(const struct db *base)
{
    return ((const struct pg_db *)base)->in_transaction;
}

static int64_t last_insert_id(const struct db *base)
{
    (void)base;
    return 0;
}

static const struct db_driver driver = {
    .kind = DB_POSTGRES,
    .close = close_db,
    .exec = pg_exec,
    .prepare = pg_prepare,
    .finalize = pg_finalize,
    .bind_null = pg_bind_null,
    .bind_integer = pg_bind_integer,
    .bind_real = pg_bind_real,
    .bind_text = pg_bind_text,
    .bind_blob = pg_bind_blob,
    .step = pg_step,
    .run = pg_run,
    .reset = pg_reset,
    .column_type = pg_column_type,
    .column_integer = pg_column_integer,
    .column_real = pg_column_real,
    .column_text = pg_column_text,
    .column_blob = pg_column_blob,
    .column_size = pg_column_size,
    .begin = pg_begin,
    .commit = pg_commit,
    .rollback = pg_rollback,
    .in_transaction = in_transaction,
    .last_insert_id = last_insert_id,
    .changes = pg_changes,
};

static void on_notice(void *context, const char *words)
{
    (void)context;
    log_debug("postgres: %.*s", (int)strcspn(words, "\n"), words);
}

/* A name or a text of the caller inside of SQL; *ret_ok becomes false when it cannot be one. */
static void append_quoted(struct buf *sql, PGconn *connection, const char *name, bool *ret_ok)
{
    char *quoted = PQescapeIdentifier(connection, name, strlen(name));
    *ret_ok = *ret_ok && quoted != NULL;
    if (quoted != NULL)
        buf_append_text(sql, quoted);
    PQfreemem(quoted);
}

static void append_settings(const struct pg_db *pg, struct buf *sql)
{
    /* Temporary tables come last: first is what is not named, and a function of the schema could be led to one. */
    buf_append_text(sql, ", pg_temp; SET client_encoding TO 'UTF8'; SET timezone TO 'UTC'; SET datestyle TO 'ISO, YMD';"
                         " SET bytea_output TO 'hex'; SET extra_float_digits TO 1;"
                         " SET standard_conforming_strings TO on;"
                         /* Who waited for a lock must see what its holder did. A plan is never worth compiling. */
                         " SET default_transaction_isolation TO 'read committed'; SET jit TO off;"
                         /* What we held is free soon after our host is gone. */
                         " SET tcp_keepalives_idle TO 15; SET tcp_keepalives_interval TO 5;"
                         " SET tcp_keepalives_count TO 4; SET tcp_user_timeout TO 40000");
    if (pg->read_only)
        buf_append_text(sql, "; SET default_transaction_read_only TO on");
    else /* Limits of the role or the database are meant for what people ask. A frozen program lets the others go on. */
        buf_appendf(sql,
                    "; SET statement_timeout TO 0; SET lock_timeout TO %zu;"
                    " SET idle_in_transaction_session_timeout TO '2min'",
                    (size_t)TEST_LIMIT("postgres.lock_ms", PG_LOCK_MS));
}

static enum status check_server(const struct pg_db *pg, struct err *err)
{
    const char *encoding = PQparameterStatus(pg->connection, "server_encoding");
    if (PQserverVersion(pg->connection) < SERVER_VERSION_MIN)
        return err_set(err, STATUS_CANTCREATE, "%s: the server is PostgreSQL %d; 13 or newer is needed", pg->base.path,
                       PQserverVersion(pg->connection) / 10000);
    if (encoding == NULL || strcmp(encoding, "UTF8") != 0)
        return err_set(err, STATUS_CANTCREATE, "%s: the encoding of the database is %s; it must be UTF8", pg->base.path,
                       encoding != NULL ? encoding : "not known");
    return STATUS_OK;
}

static enum status set_up(struct pg_db *pg, struct err *err)
{
    struct buf sql = {0};
    bool ok = true;
    if (check_server(pg, err) != STATUS_OK)
        return err->kind;
    buf_append_text(&sql, "SET search_path TO ");
    append_quoted(&sql, pg->connection, pg->schema, &ok);
    append_settings(pg, &sql);
    enum status status = buf_status(&sql, err);
    if (status == STATUS_OK && !ok)
        status = pg_fail(pg, NULL, err);
    if (status == STATUS_OK)
        status = pg_exec(&pg->base, buf_text(&sql), err);
    buf_release(&sql);
    return status;
}

/* Leaves the old connection alone unless there is a new one. */
static enum status connect_to(struct pg_db *pg, struct err *err)
{
    struct pg_settings settings;
    struct pg_options options = {pg->dsn, pg->schema, pg->application, false, pg->read_only};
    enum status status = pg_settings_read(&options, &settings, err);
    if (status != STATUS_OK)
        return status;
    PGconn *connection = PQconnectdbParams(settings.keywords, settings.values, 0);
    PQconninfoFree(settings.options);
    char *place = connection != NULL ? pg_place(connection, pg->schema) : NULL;
    if (place == NULL) {
        PQfinish(connection);
        return err_nomem(err);
    }
    if (PQstatus(connection) != CONNECTION_OK) {
        status = pg_fail_connect(connection, place, err);
        pg->trouble = PG_TROUBLE_LOST;
        free(place);
        PQfinish(connection);
        return status;
    }
    PQsetNoticeProcessor(connection, on_notice, NULL);
    put_connection(pg, connection);
    free(pg->base.path);
    pg->base.path = place;
    pg->generation++;
    pg->in_transaction = false;
    pg->pipelined = false;
    pg->queued = 0;
    pg->trouble = PG_TROUBLE_NONE;
    err_clear(&pg->failure);
    return set_up(pg, err);
}

static enum status has_schema(struct pg_db *pg, bool *ret_has, struct err *err)
{
    struct db_statement *query;
    enum status status = db_prepare(&pg->base,
                                    "SELECT pg_catalog.has_schema_privilege(oid, 'USAGE')::integer"
                                    " FROM pg_catalog.pg_namespace WHERE nspname = ?1",
                                    &query, err);
    if (status != STATUS_OK)
        return status;
    db_bind_string(query, 1, pg->schema);
    status = db_step(query, ret_has, err);
    bool usable = status != STATUS_OK || !*ret_has || db_column_integer(query, 0) != 0;
    db_finalize(query);
    if (usable)
        return status;
    /* The server would leave it out of the search path, and tables would be made among the temporary ones. */
    return err_set(err, STATUS_IO,
                   "%s: permission denied for the schema: the user lacks a right: roles.sql (in /usr/share/occuport)"
                   " shows what is needed",
                   pg->base.path);
}

/* Programs that start together wait for the first of them. */
static enum status create_schema(struct pg_db *pg, struct err *err)
{
    struct buf sql = {0};
    bool ok = true;
    buf_append_text(&sql, "SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('occuport schema', 0));"
                          " CREATE SCHEMA IF NOT EXISTS ");
    append_quoted(&sql, pg->connection, pg->schema, &ok);
    enum status status = buf_status(&sql, err);
    if (status == STATUS_OK && !ok)
        status = pg_fail(pg, NULL, err);
    if (status == STATUS_OK)
        status = db_begin(&pg->base, err);
    if (status == STATUS_OK)
        status = pg_exec(&pg->base, buf_text(&sql), err);
    buf_release(&sql);
    status = db_end(&pg->base, status, err);
    return status != STATUS_OK ? err_prefix(err, "making the schema") : STATUS_OK;
}

static enum status want_schema(struct pg_db *pg, bool create, struct err *err)
{
    bool has;
    enum status status = has_schema(pg, &has, err);
    if (status != STATUS_OK || has || pg->read_only)
        return status;
    if (create)
        return create_schema(pg, err);
    return err_set(err, STATUS_CANTCREATE, "%s: there is no such schema", pg->base.path);
}

enum status pg_open(const struct pg_options *options, struct db **ret_db, struct err *err)
{
    enum pg_trouble ignored;
    return pg_open_or_tell(options, ret_db, &ignored, err);
}

enum status pg_open_or_tell(const struct pg_options *options, struct db **ret_db, enum pg_trouble *ret_trouble,
                            struct err *err)
{
    *ret_trouble = PG_TROUBLE_OTHER;
    if (options->schema[0] == '\0' || strlen(options->schema) > SCHEMA_NAME_MAX)
        return err_set(err, STATUS_CONFIG, "postgres: the name of the schema has 1 to %d bytes", SCHEMA_NAME_MAX);
    struct pg_db *pg = calloc(1, sizeof *pg);
    if (pg == NULL)
        return err_nomem(err);
    pg->base.driver = &driver;
    pthread_mutex_init(&pg->socket_lock, NULL);
    pg->read_only = options->read_only;
    pg->dsn = strdup(options->dsn);
    pg->schema = strdup(options->schema);
    pg->application = options->application != NULL ? strdup(options->application) : NULL;
    enum status status = STATUS_OK;
    if (pg->dsn == NULL || pg->schema == NULL || (options->application != NULL && pg->application == NULL))
        status = err_nomem(err);
    if (status == STATUS_OK)
        status = connect_to(pg, err);
    if (status == STATUS_OK)
        status = want_schema(pg, options->create_schema, err);
    if (status != STATUS_OK) {
        if (status == STATUS_IO) /* what needs a person is another status */
            *ret_trouble = pg->trouble;
        close_db(&pg->base);
        return status;
    }
    COMMIT_POINT("pg.opened");
    *ret_db = &pg->base;
    return STATUS_OK;
}

enum pg_trouble pg_trouble(const struct db *db)
{
    return ((const struct pg_db *)db)->trouble;
}

enum status pg_reconnect(struct db *db, struct err *err)
{
    return connect_to(pg_of(db), err);
}

void pg_give_up(struct db *db)
{
    struct pg_db *pg = pg_of(db);
    pthread_mutex_lock(&pg->socket_lock);
    if (pg->socket >= 0)
        (void)shutdown(pg->socket, SHUT_RDWR);
    pthread_mutex_unlock(&pg->socket_lock);
}
