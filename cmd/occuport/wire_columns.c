#include "wire_columns.h"

#include "api/query.h"
#include "api/schema_columns.h"
#include "core/log.h"
#include "wire_looking.h"

#include <string.h>

/* What the tables have beside the key: never a column of a job. */
static const char *const derived_columns[] = {"DATE_PARTITION", "DATE_TIME_START", "START_UTC", "LOCAL_DATE",
                                              "LOCAL_HOUR"};

enum { OWN_COLUMNS_MAX = sizeof derived_columns / sizeof derived_columns[0] + KEY_COLUMN_COUNT + DATASET_KEYS_MAX };

static void release(struct buf *buf)
{
    buf_release(buf);
}

/* Whether the server answers the smallest question of all: then it is only its schema that it does not show. */
static bool answers_otherwise(const struct asker *asker)
{
    struct buf document CLEANUP(release) = {0};
    struct buf question CLEANUP(release) = {0};
    struct buf answer CLEANUP(release) = {0};
    struct err err;
    buf_append_text(&document, "query " QUERY_OPERATION " { __typename }");
    return query_wrap(&document, &question, &err) == STATUS_OK && ask(asker, &question, &answer, &err) == STATUS_OK;
}

enum status columns_ask(const struct asker *asker, const struct job_dataset *dataset, struct schema_probe **ret_probe,
                        struct err *err)
{
    enum status status = ask_schema(asker, dataset->dataset->root_field, ret_probe, err);
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
    return err_set(err, STATUS_CONFIG, "the API has no %s for this login", dataset->dataset->root_field);
}

/* The copies live as long as the job. */
static enum status set_columns(struct job *job, struct job_dataset *dataset, const struct schema_known *columns,
                               size_t count, struct err *err)
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
    dataset->column_kinds = kinds;
    dataset->column_count = dataset->ledger_job.column_count = count;
    dataset->columns = dataset->ledger_job.columns = names;
    return STATUS_OK;
}

/* What every row of the dataset has, as read or derived. The names live as long as the dataset. */
static size_t list_own_columns(const struct dataset *dataset, const char *names[OWN_COLUMNS_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < sizeof derived_columns / sizeof derived_columns[0]; i++)
        names[count++] = derived_columns[i];
    for (size_t i = 0; i < KEY_COLUMN_COUNT + dataset->key_count; i++)
        names[count++] = query_key_name(dataset, i);
    return count;
}

enum status columns_choose(struct job *job, struct job_dataset *dataset, const struct schema_probe *probe,
                           struct err *err)
{
    const char *own[OWN_COLUMNS_MAX];
    size_t own_count = list_own_columns(dataset->dataset, own);
    const struct schema_column *chosen[SCHEMA_COLUMNS_MAX];
    struct schema_known columns[SCHEMA_COLUMNS_MAX];
    size_t count = 0;
    enum status status = schema_columns_choose(schema_probe_table(probe), own, own_count, chosen, &count, err);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < count; i++)
        columns[i] = (struct schema_known){chosen[i]->name, chosen[i]->type};
    return set_columns(job, dataset, columns, count, err);
}

static enum status ask_and_choose(struct job *job, struct job_dataset *dataset, const struct asker *asker,
                                  struct err *err)
{
    struct schema_probe *probe = NULL;
    enum status status = columns_ask(asker, dataset, &probe, err);
    if (status == STATUS_OK)
        status = columns_choose(job, dataset, probe, err);
    schema_probe_free(probe);
    return status;
}

static bool wants_all_columns(const struct job *job)
{
    for (size_t i = 0; i < job->dataset_count; i++) {
        if (job->datasets[i].all_columns)
            return true;
    }
    return false;
}

enum status columns_learn(struct job *job, int64_t deadline_ms, const volatile sig_atomic_t *interrupted,
                          struct err *err)
{
    struct network network;
    struct err ignored;
    if (!wants_all_columns(job))
        return STATUS_OK;
    enum status status = network_open(job, deadline_ms, NULL, NULL, &network, err);
    if (status == STATUS_OK) {
        struct asker asker = {network.client, interrupted};
        for (size_t i = 0; status == STATUS_OK && i < job->dataset_count; i++) {
            if (job->datasets[i].all_columns)
                status = ask_and_choose(job, &job->datasets[i], &asker, err);
        }
        network_release(&network);
    }
    if (status != STATUS_OK && columns_recall(job, &ignored) != STATUS_OK)
        log_debug("the columns that were known are not known either: %s", ignored.message);
    return status;
}

/* What one destination knows; count 0 also when it is not there yet, or was made by an older program. */
static enum status read_known(const struct job *job, const struct job_dataset *dataset, size_t at, struct arena *arena,
                              const struct schema_known **ret_columns, size_t *ret_count, struct err *err)
{
    struct db *db = NULL;
    *ret_count = 0;
    enum status status = looking_open(&job->config->destinations[at], MIGRATE_LEDGER, job->config->name, &db, err);
    if (status == STATUS_OK && db != NULL)
        status = schema_changes_read(db, dataset->dataset->name, arena, ret_columns, ret_count, err);
    db_close(db);
    return status;
}

/* Adds those that are not among them yet. */
static enum status add_known(struct schema_known *all, size_t *count, const struct schema_known *more,
                             size_t more_count, struct err *err)
{
    for (size_t i = 0; i < more_count; i++) {
        size_t at = 0;
        while (at < *count && strcmp(all[at].name, more[i].name) != 0)
            at++;
        if (at == SCHEMA_COLUMNS_MAX)
            return err_set(err, STATUS_IO, "the destinations know more than %d columns together", SCHEMA_COLUMNS_MAX);
        if (at == *count)
            all[(*count)++] = more[i];
    }
    return STATUS_OK;
}

/*
 * What all destinations know together: one that was left out of a run has not heard of what came since, and must not
 * count as whole without it. One that cannot be read says nothing, as long as another does.
 */
static enum status recall(struct job *job, struct job_dataset *dataset, struct err *err)
{
    struct arena arena = {0};
    struct schema_known all[SCHEMA_COLUMNS_MAX];
    size_t count = 0;
    struct err failure = {0};
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < job->config->destination_count; i++) {
        const struct schema_known *columns = NULL;
        size_t known = 0;
        struct err unread;
        if (read_known(job, dataset, i, &arena, &columns, &known, &unread) == STATUS_OK)
            status = add_known(all, &count, columns, known, err);
        else if (failure.kind == STATUS_OK)
            failure = unread;
    }
    if (status == STATUS_OK && count == 0 && failure.kind != STATUS_OK) {
        *err = failure;
        status = failure.kind;
    }
    if (status == STATUS_OK)
        status = set_columns(job, dataset, all, count, err);
    arena_release(&arena);
    return status;
}

enum status columns_recall(struct job *job, struct err *err)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < job->dataset_count; i++) {
        if (job->datasets[i].all_columns)
            status = recall(job, &job->datasets[i], err);
    }
    return status;
}

static void tell(const void *context, const struct schema_change *change)
{
    const struct job_dataset *dataset = context;
    const char *job = dataset->coverage.job;
    switch (change->kind) {
    case SCHEMA_CHANGE_ADDED:
        log_info("%s: the API has a new column %s (%s); it is fetched for all days", job, change->name, change->to);
        break;
    case SCHEMA_CHANGE_GONE:
        log_warn("%s: the API no longer has the column %s; what is stored of it stays", job, change->name);
        break;
    case SCHEMA_CHANGE_TYPE:
    default:
        log_warn("%s: the column %s was %s and is %s now; its values are stored as they come", job, change->name,
                 change->from, change->to);
    }
}

struct noting {
    const struct job *job;
    const char *run_id;
    bool *tells; /* becomes false: what is noted once more is no news */
};

static enum status note_in(struct db *db, const void *context, struct err *err)
{
    const struct noting *noting = context;
    const struct job *job = noting->job;
    enum status status = db_begin(db, err);
    for (size_t i = 0; status == STATUS_OK && i < job->dataset_count; i++) {
        const struct job_dataset *dataset = &job->datasets[i];
        const struct schema_sighting sighting = {noting->run_id, job->now, dataset->dataset->name,
                                                 dataset->column_count, dataset->column_kinds};
        if (dataset->all_columns)
            status = schema_changes_note(db, &sighting, *noting->tells ? tell : NULL, dataset, err);
    }
    *noting->tells = false;
    return status == STATUS_OK || db_in_transaction(db) ? db_end(db, status, err) : status;
}

enum status columns_note(const struct job *job, struct destinations *destinations, const char *run_id, struct err *err)
{
    struct err failure;
    enum status status = STATUS_OK;
    size_t at = 0;
    bool tells = true;
    const struct noting noting = {job, run_id, &tells};
    if (!wants_all_columns(job))
        return STATUS_OK;
    while (status == STATUS_OK && at < destinations->count) {
        if (destination_do(&destinations->items[at], job->interrupted, true, note_in, &noting, &failure) == STATUS_OK)
            at++;
        else
            status = destinations_drop(destinations, at, &failure, err);
    }
    return status;
}

static bool has_column(const struct job_dataset *dataset, const char *name)
{
    for (size_t i = 0; i < dataset->column_count; i++) {
        if (strcmp(dataset->columns[i], name) == 0)
            return true;
    }
    return false;
}

enum status columns_find_gone(const struct job *job, const struct job_dataset *dataset, struct buf *gone,
                              struct err *err)
{
    struct arena arena = {0};
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && gone->size == 0 && i < job->config->destination_count; i++) {
        const struct schema_known *columns;
        size_t count;
        status = read_known(job, dataset, i, &arena, &columns, &count, err);
        for (size_t c = 0; status == STATUS_OK && c < count; c++) {
            if (!has_column(dataset, columns[c].name))
                buf_appendf(gone, "%s'%s'", gone->size > 0 ? ", " : "", columns[c].name);
        }
    }
    arena_release(&arena);
    return status;
}
