#include "core/commit_point.h"
#include "core/fsout.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

/* The two names of one file; they stand in the paths of the group. */
struct pair {
    const char *temporary;
    const char *path;
};

static struct pair first_pair(const struct fsout_group *group)
{
    const char *temporary = buf_text(&group->paths);
    return (struct pair){temporary, temporary + strlen(temporary) + 1};
}

static struct pair next_pair(struct pair pair)
{
    const char *temporary = pair.path + strlen(pair.path) + 1;
    return (struct pair){temporary, temporary + strlen(temporary) + 1};
}

static enum status add_pair(struct fsout_group *group, const struct fsout *out, struct err *err)
{
    group->paths.max = (size_t)1 << 30;
    buf_append(&group->paths, out->temporary, strlen(out->temporary) + 1);
    buf_append(&group->paths, out->path, strlen(out->path) + 1);
    enum status status = buf_status(&group->paths, err);
    group->count += status == STATUS_OK;
    return status;
}

/* Removes the temporary files from the one of number `first` on, and forgets all. */
static void drop(struct fsout_group *group, size_t first)
{
    struct pair pair = {0};
    for (size_t i = 0; i < group->count; i++) {
        pair = i == 0 ? first_pair(group) : next_pair(pair);
        if (i >= first)
            unlink(pair.temporary);
    }
    if (group->is_open)
        close(group->fd);
    buf_release(&group->paths);
    *group = (struct fsout_group){0};
}

/* The first file stands for its file system, from before it is written to disk: so no failure of that is missed. */
static int begin_sync(struct fsout_group *group, int fd)
{
    enum { FUSE_MAGIC = 0x65735546 };
    struct statfs info;
    if (!group->is_open) {
        group->syncs_each = fstatfs(fd, &info) == 0 && info.f_type == FUSE_MAGIC;
        group->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
        if (group->fd < 0)
            return errno;
        group->is_open = true;
    }
    return group->syncs_each && fsync(fd) != 0 ? errno : 0;
}

enum status fsout_group_add(struct fsout_group *group, struct fsout *out, struct err *err)
{
    int reason = out->failed_errno;
    if (reason == 0 && fflush(out->file) != 0)
        reason = errno;
    if (reason == 0)
        reason = begin_sync(group, fileno(out->file));
    if (reason == 0) /* begins what the commit waits for; that it cannot be begun does not matter */
        (void)sync_file_range(fileno(out->file), 0, 0, SYNC_FILE_RANGE_WRITE);
    if (fclose(out->file) != 0 && reason == 0)
        reason = errno;
    out->file = NULL;
    enum status status =
        reason == 0 ? add_pair(group, out, err) : err_set_errno(err, STATUS_IO, reason, "cannot write %s", out->path);
    COMMIT_POINT("group.added");
    if (status == STATUS_OK)
        return STATUS_OK;
    unlink(out->temporary);
    if (group->count == 0)
        drop(group, 0);
    return status;
}

void fsout_group_discard(struct fsout_group *group)
{
    drop(group, 0);
}

/* The whole file system. */
static enum status sync_all(const struct fsout_group *group, struct err *err)
{
    if (syncfs(group->fd) == 0)
        return STATUS_OK;
    return err_set_errno(err, STATUS_IO, errno, "cannot sync the file system of %s", first_pair(group).path);
}

/* The folder of a file and the two above it, which may be new as well. */
static enum status sync_folders(const char *path, struct err *err)
{
    enum { LEVELS = 3 };
    char at[PATH_MAX];
    snprintf(at, sizeof at, "%s", path);
    for (int i = 0; i < LEVELS; i++) {
        int reason = fsout_sync_folder(at);
        if (reason != 0)
            return err_set_errno(err, STATUS_IO, reason, "cannot sync the folders of %s", path);
        char *slash = strrchr(at, '/');
        if (slash == NULL || slash == at)
            break;
        *slash = '\0';
    }
    return STATUS_OK;
}

static enum status rename_one(const struct fsout_group *group, struct pair pair, struct err *err)
{
    if (rename(pair.temporary, pair.path) != 0)
        return err_set_errno(err, STATUS_IO, errno, "cannot write %s", pair.path);
    COMMIT_POINT("group.renamed");
    return group->syncs_each ? sync_folders(pair.path, err) : STATUS_OK;
}

enum status fsout_group_commit(struct fsout_group *group, struct err *err)
{
    if (group->count == 0)
        return STATUS_OK;
    COMMIT_POINT("group.written");
    enum status status = sync_all(group, err);
    COMMIT_POINT("group.synced");
    size_t renamed = 0;
    struct pair pair = first_pair(group);
    while (status == STATUS_OK && renamed < group->count) {
        status = rename_one(group, pair, err);
        renamed += status == STATUS_OK;
        if (status == STATUS_OK && renamed < group->count)
            pair = next_pair(pair);
    }
    if (status == STATUS_OK)
        status = sync_all(group, err);
    COMMIT_POINT("group.done");
    drop(group, renamed);
    return status;
}
