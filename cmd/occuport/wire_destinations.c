#include "core/log.h"
#include "wire.h"
#include "wire_csv.h"
#include "wire_guard.h"
#include "wire_patience.h"
#include "wire_postgres.h"
#include "wire_sqlite.h"

#include <stdio.h>
#include <sys/stat.h>

static enum status refuse_postgres(struct err *err)
{
    return err_set(err, STATUS_CONFIG, "this program was built without PostgreSQL (libpq-dev)");
}

static enum status open_one(const struct job *job, size_t at, const char *command, const char *run_id,
                            struct opened_destination *ret_opened, struct err *err)
{
    const struct config_destination *destination = &job->config->destinations[at];
    switch (destination->kind) {
    case CONFIG_DESTINATION_SQLITE: return sqlite_destination_open(job, destination, run_id, ret_opened, err);
    case CONFIG_DESTINATION_CSV: return csv_destination_open(job, destination, command, run_id, ret_opened, err);
    case CONFIG_DESTINATION_POSTGRES: return postgres_destination_open(job, destination, run_id, ret_opened, err);
    default: return err_set(err, STATUS_BUG, "a destination of an unknown kind");
    }
}

static bool find_ledger(const struct config_destination *destination, struct stat *ret_info)
{
    char path[PATH_MAX];
    struct err err;
    return destination_ledger_path(destination, path, &err) == STATUS_OK && stat(path, ret_info) == 0;
}

/* A file that is that of an earlier destination, which has made it by now, however the two are spelled. */
static enum status refuse_same_file(const struct job *job, size_t at, struct err *err)
{
    const struct config_destination *destinations = job->config->destinations;
    struct stat own;
    struct stat other;
    if (!find_ledger(&destinations[at], &own))
        return STATUS_OK;
    for (size_t i = 0; i < at; i++) {
        if (find_ledger(&destinations[i], &other) && own.st_dev == other.st_dev && own.st_ino == other.st_ino)
            return err_set(err, STATUS_CONFIG,
                           "%s is the same place as %s, another destination of the job: leave one of them out",
                           destinations[at].path, destinations[i].path);
    }
    return STATUS_OK;
}

static void close_one(struct opened_destination *opened)
{
    opened->close(opened->ops.context);
    guard_free(opened->guard);
}

static enum status open_guarded(const struct job *job, size_t at, const char *command, const char *run_id,
                                struct opened_destination *ret_opened, struct err *err)
{
    enum status status = refuse_same_file(job, at, err);
    if (status == STATUS_OK)
        status = open_one(job, at, command, run_id, ret_opened, err);
    if (status != STATUS_OK)
        return status;
    status = guard_new(&ret_opened->ops, &ret_opened->guard, err);
    if (status != STATUS_OK)
        close_one(ret_opened);
    return status;
}

static void note_failure(struct destinations *destinations, const struct err *failure)
{
    if (destinations->exit_code == 0)
        destinations->err = *failure;
    destinations->exit_code = exit_code_worse(destinations->exit_code, status_exit_code(failure->kind));
}

/* Every file is made with 0666 and every folder with 0777, so that the mask alone says who may use them. */
mode_t destinations_set_mask(const struct job *job)
{
    mode_t rights = (mode_t)job->config->file_mode;
    mode_t folder_rights = rights | ((rights & 0444) >> 2); /* a folder is read by going into it */
    return umask(0777 & ~folder_rights);
}

enum status destinations_open(const struct job *job, const char *command, const char *run_id,
                              struct destinations *ret_destinations, struct err *err)
{
    *ret_destinations = (struct destinations){0};
    size_t count = job->config->destination_count;
    if (count > ENGINE_DESTINATIONS_MAX)
        return err_set(err, STATUS_CONFIG, "a job has at most %d destinations", ENGINE_DESTINATIONS_MAX);
    for (size_t i = 0; i < count; i++) {
        struct err failure;
        if (open_guarded(job, i, command, run_id, &ret_destinations->items[ret_destinations->count], &failure) ==
            STATUS_OK) {
            ret_destinations->count++;
            continue;
        }
        note_failure(ret_destinations, &failure);
        if (count > 1)
            log_error("%s; this destination is left out", failure.message);
    }
    if (ret_destinations->count > 0)
        return STATUS_OK;
    *err = ret_destinations->err;
    return err->kind;
}

void destinations_release(struct destinations *destinations)
{
    for (size_t i = 0; i < destinations->count; i++)
        close_one(&destinations->items[i]);
    ledger_union_release(&destinations->joined);
    *destinations = (struct destinations){0};
}

void destinations_hold(struct destinations *destinations)
{
    for (size_t i = 0; i < destinations->count; i++)
        guard_hold(destinations->items[i].guard);
}

void destinations_let_go(struct destinations *destinations)
{
    for (size_t i = 0; i < destinations->count; i++)
        guard_let_go(destinations->items[i].guard);
}

void destinations_select(struct destinations *destinations, size_t dataset)
{
    destinations->dataset = dataset;
    for (size_t i = 0; i < destinations->count; i++)
        destinations->items[i].select(destinations->items[i].ops.context, dataset);
}

bool destination_mend(const struct opened_destination *destination, struct patience *patience, struct err *err)
{
    bool is_lost = false;
    for (;;) {
        is_lost = is_lost || pg_trouble(destination->db) == PG_TROUBLE_LOST;
        if (!patience_mend(patience, destination->db))
            return false;
        if (!is_lost || destination->reconnected(destination->ops.context, err) == STATUS_OK)
            return true;
    }
}

enum status destination_do(const struct opened_destination *destination, const volatile sig_atomic_t *interrupted,
                           bool goes_on, destination_work *work, const void *context, struct err *err)
{
    struct patience patience = patience_new(interrupted);
    for (;;) {
        enum status status = work(destination->db, context, err);
        if (status == STATUS_OK || db_kind(destination->db) != DB_POSTGRES)
            return status;
        if (!(goes_on ? destination_mend(destination, &patience, err) : patience_mend(&patience, destination->db)))
            return err->kind;
    }
}

void destinations_read_ahead(struct destinations *destinations, bool on)
{
    for (size_t i = 0; i < destinations->count; i++)
        ledger_read_ahead(destinations->items[i].ledgers[destinations->dataset], on ? LEDGER_MANY : 0);
}

enum status destinations_read_series(void *context, const struct coverage_building *building, const char *granularity,
                                     size_t site, size_t group, struct ledger_series *ret_series, struct err *err)
{
    struct destinations *destinations = context;
    struct ledger_series known[ENGINE_DESTINATIONS_MAX];
    for (size_t i = 0; i < destinations->count; i++) {
        enum status status = ledger_read_series(destinations->items[i].ledgers[destinations->dataset], building,
                                                granularity, site, group, &known[i], err);
        if (status != STATUS_OK) {
            destinations->unread = i;
            return status;
        }
    }
    if (destinations->count > 1)
        return ledger_union_make(&destinations->joined, known, destinations->count, ret_series, err);
    *ret_series = known[0];
    return STATUS_OK;
}

enum status destinations_drop(struct destinations *destinations, size_t at, const struct err *failure, struct err *err)
{
    note_failure(destinations, failure);
    close_one(&destinations->items[at]);
    destinations->count--;
    for (size_t i = at; i < destinations->count; i++)
        destinations->items[i] = destinations->items[i + 1];
    if (destinations->count > 0) {
        log_error("%s; this destination is left out", failure->message);
        return STATUS_OK;
    }
    *err = *failure;
    return err->kind;
}

enum status destination_ledger_path(const struct config_destination *destination, char ret_path[PATH_MAX],
                                    struct err *err)
{
    bool csv = destination->kind == CONFIG_DESTINATION_CSV;
    if (destination->path == NULL)
        return refuse_postgres(err);
    int size = snprintf(ret_path, PATH_MAX, "%s%s", destination->path, csv ? "/.occuport/ledger.db" : "");
    if (size < 0 || size >= PATH_MAX)
        return err_set(err, STATUS_CANTCREATE, "path is too long: %s", destination->path);
    return STATUS_OK;
}
