#include "core/fsout.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct fsout_pair {
    char *temporary;
    char *path;
};

static bool add_pair(struct fsout_group *group, const struct fsout *out)
{
    if (group->count == group->capacity) {
        size_t capacity = group->capacity != 0 ? group->capacity * 2 : 64;
        struct fsout_pair *pairs = reallocarray(group->pairs, capacity, sizeof *pairs);
        if (pairs == NULL)
            return false;
        group->pairs = pairs;
        group->capacity = capacity;
    }
    struct fsout_pair pair = {strdup(out->temporary), strdup(out->path)};
    if (pair.temporary == NULL || pair.path == NULL) {
        free(pair.temporary);
        free(pair.path);
        return false;
    }
    group->pairs[group->count++] = pair;
    return true;
}

enum status fsout_group_add(struct fsout_group *group, struct fsout *out, struct err *err)
{
    int reason = out->failed_errno;
    if (reason == 0 && fflush(out->file) != 0)
        reason = errno;
    if (reason == 0) /* begins what the commit waits for; that it cannot be begun does not matter */
        (void)sync_file_range(fileno(out->file), 0, 0, SYNC_FILE_RANGE_WRITE);
    if (fclose(out->file) != 0 && reason == 0)
        reason = errno;
    out->file = NULL;
    if (reason == 0 && add_pair(group, out))
        return STATUS_OK;
    unlink(out->temporary);
    return reason == 0 ? err_nomem(err) : err_set_errno(err, STATUS_IO, reason, "cannot write %s", out->path);
}

/* Forgets the pairs from `first` on, and removes their temporary files. */
static void drop(struct fsout_group *group, size_t first)
{
    for (size_t i = 0; i < group->count; i++) {
        if (i >= first)
            unlink(group->pairs[i].temporary);
        free(group->pairs[i].temporary);
        free(group->pairs[i].path);
    }
    free(group->pairs);
    *group = (struct fsout_group){0};
}

void fsout_group_discard(struct fsout_group *group)
{
    drop(group, 0);
}

/* The whole file system, which the first of them stands for. */
static enum status sync_all(int fd, const struct fsout_group *group, struct err *err)
{
    if (syncfs(fd) == 0)
        return STATUS_OK;
    return err_set_errno(err, STATUS_IO, errno, "cannot sync the file system of %s", group->pairs[0].path);
}

enum status fsout_group_commit(struct fsout_group *group, struct err *err)
{
    if (group->count == 0)
        return STATUS_OK;
    int fd = open(group->pairs[0].temporary, O_RDONLY | O_CLOEXEC);
    enum status status = fd >= 0 ? sync_all(fd, group, err)
                                 : err_set_errno(err, STATUS_IO, errno, "cannot open %s", group->pairs[0].temporary);
    size_t renamed = 0;
    for (; status == STATUS_OK && renamed < group->count; renamed++) {
        if (rename(group->pairs[renamed].temporary, group->pairs[renamed].path) != 0) {
            status = err_set_errno(err, STATUS_IO, errno, "cannot write %s", group->pairs[renamed].path);
            break;
        }
    }
    if (status == STATUS_OK)
        status = sync_all(fd, group, err);
    if (fd >= 0)
        close(fd);
    drop(group, renamed);
    return status;
}
