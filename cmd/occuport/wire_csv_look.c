#include "wire_csv_look.h"

#include "core/log.h"
#include "sink/csv_files.h"
#include "store/ledger_files.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What cannot be looked at counts as being there: whoever reads or writes it says why. */
static bool is_there(const char *path)
{
    return access(path, F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

/* The folder of the dataset holds one of a partition. */
static bool has_partitions(const char *folder)
{
    static const char beginning[] = "DATE_PARTITION=";
    bool found = false;
    const struct dirent *entry;
    DIR *listing = opendir(folder);
    if (listing == NULL)
        return false;
    while (!found && (entry = readdir(listing)) != NULL)
        found = strncmp(entry->d_name, beginning, sizeof beginning - 1) == 0;
    closedir(listing);
    return found;
}

enum status csv_look_at_layout(const struct sink_csv_options *options, struct err *err)
{
    bool single = options->layout == SINK_CSV_SINGLE;
    char path[PATH_MAX];
    enum status status = csv_files_single(options->directory, options->dataset->name, path, err);
    if (status != STATUS_OK)
        return status;
    if (single)
        path[strlen(path) - strlen(".csv")] = '\0'; /* the folder of the same name */
    if (single ? has_partitions(path) : access(path, F_OK) == 0)
        return err_set(err, STATUS_CONFIG,
                       "%s is of the layout '%s', and the job wants '%s': another layout needs another directory", path,
                       single ? "partitioned" : "single", single ? "single" : "partitioned");
    return STATUS_OK;
}

static bool file_is_there(void *context, int64_t building_id, civil_day day)
{
    const struct sink_csv_options *options = context;
    const char *dataset = options->dataset->name;
    char path[PATH_MAX];
    struct err err;
    enum status status =
        options->layout == SINK_CSV_SINGLE
            ? csv_files_single(options->directory, dataset, path, &err)
            : csv_files_partition(options->directory, dataset, civil_day_to_partition(day), building_id, path, &err);
    return status != STATUS_OK || is_there(path);
}

enum status csv_look_for_lost(const struct sink_csv_options *options, struct ledger *ledger, struct err *err)
{
    struct sink_csv_options asked = *options;
    uint64_t lost = 0;
    if (options->layout == SINK_CSV_SINGLE && file_is_there(&asked, 0, 0))
        return STATUS_OK;
    enum status status = ledger_forget_lost(ledger, file_is_there, &asked, &lost, err);
    if (status == STATUS_OK && lost > 0)
        log_warn("%s: the rows of %s of %" PRIu64 " day%s of a building are gone: they are fetched again",
                 options->directory, options->dataset->name, lost, lost == 1 ? "" : "s");
    return status;
}

enum status csv_look_at_zones(const struct sink_csv_options *options, struct ledger *ledger, struct err *err)
{
    uint64_t buildings = 0;
    enum status status = ledger_outdate_zones(ledger, &buildings, err);
    if (status == STATUS_OK && buildings > 0)
        log_warn("%s: the time zone of %" PRIu64 " building%s is another one now: its rows are fetched again for their "
                 "local dates and hours",
                 options->directory, buildings, buildings == 1 ? "" : "s");
    return status;
}
