#include "wire_csv_look.h"

#include "core/fsout.h"
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

/* DIR/.occuport/DATASET.excel_safe holds "true" or "false". *ret_noted: it does, and *ret_safe is which. */
static enum status read_note(const char *path, bool *ret_noted, bool *ret_safe, struct err *err)
{
    char word[8] = "";
    FILE *file = fopen(path, "re");
    *ret_noted = false;
    if (file == NULL && errno == ENOENT)
        return STATUS_OK;
    if (file == NULL)
        return err_set_errno(err, STATUS_IO, errno, "cannot read %s", path);
    *ret_noted = fgets(word, sizeof word, file) != NULL;
    (void)fclose(file); /* it was only read */
    *ret_safe = strcmp(word, "true\n") == 0;
    return STATUS_OK;
}

static enum status write_note(const char *path, bool safe, struct err *err)
{
    struct fsout out = {0};
    const char *word = safe ? "true\n" : "false\n";
    enum status status = fsout_open(&out, path, 0666, err);
    if (status != STATUS_OK)
        return status;
    fsout_write(&out, word, strlen(word));
    return fsout_commit(&out, err);
}

/* Of either layout. */
static bool has_files(const struct sink_csv_options *options)
{
    char path[PATH_MAX];
    struct err err;
    if (csv_files_single(options->directory, options->dataset->name, path, &err) != STATUS_OK || is_there(path))
        return true;
    path[strlen(path) - strlen(".csv")] = '\0';
    return has_partitions(path);
}

enum status csv_look_at_spelling(const struct sink_csv_options *options, struct err *err)
{
    char path[PATH_MAX];
    bool noted = false;
    bool safe = false;
    if (options->dataset->key_count == 0)
        return STATUS_OK;
    int size = snprintf(path, sizeof path, "%s/.occuport/%s.excel_safe", options->directory, options->dataset->name);
    if (size < 0 || (size_t)size >= sizeof path)
        return err_set(err, STATUS_CANTCREATE, "path is too long: %s", options->directory);
    enum status status = read_note(path, &noted, &safe, err);
    if (status != STATUS_OK || (noted && safe == options->excel_safe))
        return status;
    if (noted && has_files(options))
        return err_set(err, STATUS_CONFIG,
                       "the keys of %s in %s were written with excel_safe: %s, and the job says %s: another excel_safe "
                       "needs another directory",
                       options->dataset->name, options->directory, safe ? "true" : "false", safe ? "false" : "true");
    return write_note(path, options->excel_safe, err);
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
