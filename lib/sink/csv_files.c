#include "sink/csv_files.h"

#include "core/commit_point.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* With must_sync a new folder is synced into its parent, so that a file in it cannot be lost with it. */
static enum status make_folder(const char *path, bool must_sync, struct err *err)
{
    if (mkdir(path, 0777) != 0) {
        struct stat info;
        int reason = errno;
        if (reason == EEXIST && stat(path, &info) == 0 && S_ISDIR(info.st_mode))
            return STATUS_OK;
        return err_set_errno(err, STATUS_CANTCREATE, reason == EEXIST ? ENOTDIR : reason,
                             "cannot create the directory %s", path);
    }
    COMMIT_POINT("csv.folder_made");
    if (!must_sync)
        return STATUS_OK;
    char parent[PATH_MAX];
    snprintf(parent, sizeof parent, "%s", path);
    char *slash = strrchr(parent, '/');
    if (slash == NULL)
        strcpy(parent, ".");
    else
        slash[slash == parent] = '\0';
    int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) != 0) {
        int reason = errno;
        if (fd >= 0)
            close(fd);
        return err_set_errno(err, STATUS_IO, reason, "cannot sync the directory %s", parent);
    }
    close(fd);
    return STATUS_OK;
}

static enum status too_long(const char *directory, struct err *err)
{
    return err_set(err, STATUS_CANTCREATE, "path is too long: %s", directory);
}

/* Appends "/name" to path and makes that folder. */
static enum status descend(char path[PATH_MAX], const char *name, struct err *err)
{
    size_t used = strlen(path);
    int size = snprintf(path + used, PATH_MAX - used, "/%s", name);
    if (size < 0 || (size_t)size >= PATH_MAX - used)
        return too_long(path, err);
    return make_folder(path, true, err);
}

enum status csv_files_prepare(const char *directory, char ret_temporary[PATH_MAX], struct err *err)
{
    int size = snprintf(ret_temporary, PATH_MAX, "%s", directory);
    if (size < 0 || size >= PATH_MAX)
        return too_long(directory, err);
    enum status status = make_folder(ret_temporary, true, err);
    if (status == STATUS_OK)
        status = descend(ret_temporary, ".occuport", err);
    return status == STATUS_OK ? descend(ret_temporary, "tmp", err) : status;
}

enum status csv_files_empty(const char *temporary, struct err *err)
{
    DIR *folder = opendir(temporary);
    if (folder == NULL)
        return err_set_errno(err, STATUS_CANTCREATE, errno, "cannot read the directory %s", temporary);
    const struct dirent *entry;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && (entry = readdir(folder)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (unlinkat(dirfd(folder), entry->d_name, 0) != 0)
            status = err_set_errno(err, STATUS_IO, errno, "cannot remove %s/%s", temporary, entry->d_name);
    }
    closedir(folder);
    COMMIT_POINT("csv.leftovers_removed");
    return status;
}

enum status csv_files_single(const char *directory, const char *dataset, char ret_path[PATH_MAX], struct err *err)
{
    int size = snprintf(ret_path, PATH_MAX, "%s/%s.csv", directory, dataset);
    return size < 0 || size >= PATH_MAX ? too_long(directory, err) : STATUS_OK;
}

enum status csv_files_partition(const char *directory, const char *dataset, int32_t partition, int64_t building_id,
                                char ret_path[PATH_MAX], struct err *err)
{
    int size = snprintf(ret_path, PATH_MAX, "%s/%s/DATE_PARTITION=%" PRId32 "/BUILDING_ID=%" PRId64 "/rows.csv",
                        directory, dataset, partition, building_id);
    return size < 0 || size >= PATH_MAX ? too_long(directory, err) : STATUS_OK;
}

enum status csv_files_make_folders(const char *directory, const char *path, struct err *err)
{
    char folder[PATH_MAX];
    enum status status = STATUS_OK;
    const char *slash = path + strlen(directory);
    while (status == STATUS_OK && (slash = strchr(slash + 1, '/')) != NULL) {
        snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
        status = make_folder(folder, false, err);
    }
    return status;
}
