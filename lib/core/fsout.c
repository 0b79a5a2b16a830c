#include "core/fsout.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum status open_temporary(struct fsout *out, mode_t mode, struct err *err)
{
    int fd = open(out->temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd < 0)
        return err_set_errno(err, STATUS_CANTCREATE, errno, "cannot create %s", out->path);
    out->file = fdopen(fd, "wb");
    if (out->file == NULL) {
        int reason = errno;
        close(fd);
        unlink(out->temporary);
        return err_set_errno(err, STATUS_CANTCREATE, reason, "cannot create %s", out->path);
    }
    return STATUS_OK;
}

/* Sets both paths; false when one is too long. */
static bool set_paths(struct fsout *out, const char *path, const char *directory, const char *name)
{
    *out = (struct fsout){0};
    int path_size = snprintf(out->path, sizeof out->path, "%s", path);
    int size = snprintf(out->temporary, sizeof out->temporary, "%s%s%s.occuport-%ld", directory,
                        directory[0] != '\0' ? "/" : "", name, (long)getpid());
    return path_size >= 0 && (size_t)path_size < sizeof out->path && size >= 0 && (size_t)size < sizeof out->temporary;
}

enum status fsout_open(struct fsout *out, const char *path, mode_t mode, struct err *err)
{
    if (!set_paths(out, path, "", path))
        return err_set(err, STATUS_CANTCREATE, "path is too long: %s", path);
    return open_temporary(out, mode, err);
}

enum status fsout_open_in(struct fsout *out, const char *path, const char *temporary_directory, mode_t mode,
                          struct err *err)
{
    const char *slash = strrchr(path, '/');
    if (!set_paths(out, path, temporary_directory, slash != NULL ? slash + 1 : path))
        return err_set(err, STATUS_CANTCREATE, "path is too long: %s", path);
    return open_temporary(out, mode, err);
}

void fsout_write(struct fsout *out, const void *bytes, size_t size)
{
    if (out->failed_errno != 0 || size == 0)
        return;
    if (fwrite(bytes, 1, size, out->file) != size)
        out->failed_errno = errno != 0 ? errno : EIO;
}

static int sync_directory_of(const char *path)
{
    char directory[PATH_MAX];
    snprintf(directory, sizeof directory, "%s", path);
    char *slash = strrchr(directory, '/');
    if (slash == NULL)
        strcpy(directory, ".");
    else if (slash == directory)
        directory[1] = '\0';
    else
        *slash = '\0';
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    int reason = fsync(fd) == 0 ? 0 : errno;
    close(fd);
    return reason;
}

enum status fsout_commit(struct fsout *out, struct err *err)
{
    if (out->file == NULL) /* never opened, or finished before */
        return STATUS_OK;
    int reason = out->failed_errno;
    if (reason == 0 && (fflush(out->file) != 0 || fsync(fileno(out->file)) != 0))
        reason = errno;
    if (fclose(out->file) != 0 && reason == 0)
        reason = errno;
    out->file = NULL;
    if (reason == 0 && rename(out->temporary, out->path) != 0)
        reason = errno;
    if (reason != 0) {
        unlink(out->temporary);
        return err_set_errno(err, STATUS_IO, reason, "cannot write %s", out->path);
    }
    reason = sync_directory_of(out->path);
    if (reason != 0)
        return err_set_errno(err, STATUS_IO, reason, "cannot sync the directory of %s", out->path);
    return STATUS_OK;
}

void fsout_discard(struct fsout *out)
{
    if (out->file == NULL)
        return;
    fclose(out->file);
    out->file = NULL;
    unlink(out->temporary);
}
