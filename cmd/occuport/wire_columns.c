#include "wire_columns.h"

#include "api/schema_columns.h"
#include "core/log.h"
#include "db/migrate.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

static const char root_field[] = "BUILDING_INSIGHTS";

/* What every row has, as read or derived: never a column of the job. */
static const char *const own_columns[] = {"BUILDING_ID",     "SITE_ID",   "GROUP_ID",   "GRANULARITY", "DATE_PARTITION",
                                          "DATE_TIME_START", "START_UTC", "LOCAL_DATE", "LOCAL_HOUR"};

static void release(struct buf *buf)
{
    buf_release(buf);
}

/* Whether the server answers the smallest question of all: then it is only its schema that it does not show. */
static bool answers_otherwise(const struct asker *asker)
{
    static const char smallest[] = "{\"operationName\":\"Occuport\",\"variables\":{},\"query\":"
                                   "\"query Occuport { __typename }\"}";
    struct buf question CLEANUP(release) = {0};
    struct buf answer CLEANUP(release) = {0};
    struct err err;
    buf_append_text(&question, smallest);
    return ask(asker, &question, &answer, &err) == STATUS_OK;
}

enum status columns_ask(const struct asker *asker, struct schema_probe **ret_probe, struct err *err)
{
    enum status status = ask_schema(asker, root_field, ret_probe, err);
    bool is_hidden =
        status == STATUS_UNSUPPORTED || status == STATUS_REFUSED || (ask_may_go_on(status) && answers_otherwise(asker));
    if (is_hidden) {
        struct err cause = *err;
        return err_set(err, STATUS_CONFIG,
                       "columns: all needs the schema of the API, which it does not show to this login; name the "
                       "columns in the job: %s",
                       cause.message);
    }
    if (status != STATUS_OK || schema_probe_table(*ret_probe)->exists)
        return status;
    schema_probe_free(*ret_probe);
    *ret_probe = NULL;
    return err_set(err, STATUS_CONFIG, "the API has no %s for this login", root_field);
}

/* The copies live as long as the job. */
static enum status set_columns(struct job *job, const struct schema_known *columns, size_t count, struct err *err)
{
    const char **names = arena_calloc(&job->arena, count + 1, sizeof *names);
    struct schema_known *kinds = arena_calloc(&job->arena, count + 1, sizeof *kinds);
    if (names == NULL || kinds == NULL)
        return err_nomem(err);
    for (size_t i = 0; i < count; i++) {
        names[i] = arena_copy(&job->arena, columns[i].name, strlen(columns[i].name));
        kinds[i].name = names[i];
        kinds[i].type = arena_copy(&job->arena, columns[i].type, strlen(columns[i].type));
        if (names[i] == NULL || kinds[i].type == NULL)
            return err_nomem(err);
    }
    job->column_kinds = kinds;
    job->column_count = job->ledger_job.column_count = count;
    job->columns = job->ledger_job.columns = names;
    return STATUS_OK;
}

enum status columns_choose(struct job *job, const struct schema_probe *probe, struct err *err)
{
    const struct schema_column *chosen[SCHEMA_COLUMNS_MAX];
    struct schema_known columns[SCHEMA_COLUMNS_MAX];
    size_t count = 0;
    enum status status = schema_columns_choose(schema_probe_table(probe), own_columns,
                                               sizeof own_columns / sizeof own_columns[0], chosen, &count, err);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < count; i++)
        columns[i] = (struct schema_known){chosen[i]->name, chosen[i]->type};
    return set_columns(job, columns, count, err);
}

static enum status ask_and_choose(struct job *job, const struct asker *asker, struct err *err)
{
    struct schema_probe *probe = NULL;
    enum status status = columns_ask(asker, &probe, err);
    if (status == STATUS_OK)
        status = columns_choose(job, probe, err);
    schema_probe_free(probe);
    return status;
}

enum status columns_learn(struct job *job, int64_t deadline_ms, const volatile sig_atomic_t *interrupted,
                          struct err *err)
{
    struct network network;
    struct err ignored;
    if (!job->config->all_columns)
        return STATUS_OK;
    enum status status = network_open(job, deadline_ms, NULL, NULL, &network, err);
    if (status == STATUS_OK) {
        struct asker asker = {network.client, interrupted};
        status = ask_and_choose(job, &asker, err);
        network_release(&network);
    }
    if (status != STATUS_OK && columns_recall(job, &ignored) != STATUS_OK)
        log_debug("the columns that were known are not known either: %s", ignored.message);
    return status;
}

/* What one destination knows; count 0 also when it is not there yet, or was made by an older program. */
static enum status read_known(const struct job *job, size_t at, struct arena *arena,
                              const struct schema_known **ret_columns, size_t *ret_count, struct err *err)
{
    const struct config_destination *destination = &job->config->destinations[at];
    char path[PATH_MAX];
    struct stat info;
    struct db *db = NULL;
    bool current = false;
    *ret_count = 0;
    enum status status = destination_ledger_path(destination, path, err);
    if (status != STATUS_OK || (stat(path, &info) != 0 && (errno == ENOENT || errno == ENOTDIR)))
        return status;
    status = db_open(path, DB_READ_ONLY, &db, err);
    if (status == STATUS_OK)
        status = migrate_check(db, MIGRATE_LEDGER, &current, err);
    if (status == STATUS_OK && current)
        status = schema_changes_read(db, job->config->dataset, arena, ret_columns, ret_count, err);
    db_close(db);
    return status;
}

enum status columns_recall(struct job *job, struct err *err)
{
    struct arena arena = {0};
    const struct schema_known *columns = NULL;
    size_t count = 0;
    enum status status = STATUS_OK;
    if (!job->config->all_columns)
        return STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && count == 0 && i < job->config->destination_count; i++)
        status = read_known(job, i, &arena, &columns, &count, err);
    if (status == STATUS_OK)
        status = set_columns(job, columns, count, err);
    arena_release(&arena);
    return status;
}

static void tell(const void *context, const struct schema_change *change)
{
    const struct job *job = context;
    switch (change->kind) {
    case SCHEMA_CHANGE_ADDED:
        log_info("%s: the API has a new column %s (%s); it is fetched for all days", job->coverage.job, change->name,
                 change->to);
        break;
    case SCHEMA_CHANGE_GONE:
        log_warn("%s: the API no longer has the column %s; what is stored of it stays", job->coverage.job,
                 change->name);
        break;
    case SCHEMA_CHANGE_TYPE:
    default:
        log_warn("%s: the column %s was %s and is %s now; its values are stored as they come", job->coverage.job,
                 change->name, change->from, change->to);
    }
}

enum status columns_note(const struct job *job, struct destinations *destinations, const char *run_id, struct err *err)
{
    struct schema_sighting sighting = {run_id, job->now, job->config->dataset, job->column_count, job->column_kinds};
    struct err failure;
    enum status status = STATUS_OK;
    size_t at = 0;
    if (!job->config->all_columns)
        return STATUS_OK;
    while (status == STATUS_OK && at < destinations->count) {
        struct db *db = destinations->items[at].db;
        enum status noted = db_begin(db, &failure);
        if (noted == STATUS_OK)
            noted = schema_changes_note(db, &sighting, at == 0 ? tell : NULL, job, &failure);
        if (noted == STATUS_OK || db_in_transaction(db))
            noted = db_end(db, noted, &failure);
        if (noted == STATUS_OK)
            at++;
        else
            status = destinations_drop(destinations, at, &failure, err);
    }
    return status;
}

static bool has_column(const struct job *job, const char *name)
{
    for (size_t i = 0; i < job->column_count; i++) {
        if (strcmp(job->columns[i], name) == 0)
            return true;
    }
    return false;
}

enum status columns_find_gone(const struct job *job, struct buf *gone, struct err *err)
{
    struct arena arena = {0};
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && gone->size == 0 && i < job->config->destination_count; i++) {
        const struct schema_known *columns;
        size_t count;
        status = read_known(job, i, &arena, &columns, &count, err);
        for (size_t c = 0; status == STATUS_OK && c < count; c++) {
            if (!has_column(job, columns[c].name))
                buf_appendf(gone, "%s'%s'", gone->size > 0 ? ", " : "", columns[c].name);
        }
    }
    arena_release(&arena);
    return status;
}
