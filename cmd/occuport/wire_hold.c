#include "wire_hold.h"

#include "store/job_lock.h"
#include "store/process.h"
#include "wire_worker.h"

#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { PLACE_SIZE = PATH_MAX + 128 };

/* The file that runs of this machine share by: its claims lie beside it. NULL: none. */
static const char *shared_file(const struct config *config)
{
    for (size_t i = 0; i < config->destination_count; i++) {
        if (config->destinations[i].kind == CONFIG_DESTINATION_SQLITE)
            return config->destinations[i].path;
    }
    return NULL;
}

/*
 * The same for those who see the same file, however they spell its folder, and for nobody else: two containers of a
 * machine may have the same paths. The file need not be there yet, so its folder and its name stand for it.
 */
static void describe_place(const struct config *config, const char *run_id, char place[PLACE_SIZE])
{
    struct process self;
    struct stat info = {0};
    char folder[PATH_MAX];
    const char *file = shared_file(config);
    process_self(&self);
    if (file == NULL || strlen(file) >= sizeof folder) {
        snprintf(place, PLACE_SIZE, "%s", run_id);
        return;
    }
    snprintf(folder, sizeof folder, "%s", file);
    if (stat(dirname(folder), &info) != 0)
        info = (struct stat){0};
    const char *slash = strrchr(file, '/');
    snprintf(place, PLACE_SIZE, "%s %ju %ju %s", self.boot_id, (uintmax_t)info.st_dev, (uintmax_t)info.st_ino,
             slash != NULL ? slash + 1 : file);
}

enum status hold_job(const struct job *job, const char *run_id, struct db *db, struct err *err)
{
    char place[PLACE_SIZE];
    if (worker_fits(job))
        return STATUS_OK;
    describe_place(job->config, run_id, place);
    return job_lock_take(db, job->config->name, place, err);
}

static bool has_another_postgres(const struct config *config, size_t number)
{
    for (size_t i = 0; i < config->destination_count; i++) {
        if (i != number && config->destinations[i].kind == CONFIG_DESTINATION_POSTGRES)
            return true;
    }
    return false;
}

enum status hold_tell_same_place(const struct db *db, struct err *err)
{
    return err_set(err, STATUS_CONFIG,
                   "%s: the same schema of the same database is another destination of the job: leave one of them out",
                   db_path(db));
}

/* An older session of the destination, whose network was cut, is of the same number. */
enum status hold_place(const struct job *job, const char *run_id, size_t number, struct db *db, struct err *err)
{
    char place[24];
    if (!has_another_postgres(job->config, number))
        return STATUS_OK;
    snprintf(place, sizeof place, "%zu", number);
    enum status status = job_lock_take(db, run_id, place, err);
    if (status != STATUS_BUSY)
        return status;
    return hold_tell_same_place(db, err);
}
