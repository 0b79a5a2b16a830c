#include "core/fsout.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { BUFFER_SIZE = 64 * 1024 };

/*
 * Whoever could read the file that is replaced can read the new one, and nobody else. Where the group cannot be handed
 * on, the rights that it had are not given to another.
 */
static void inherit_rights(const struct fsout *out, int fd)
{
    struct stat old;
    struct stat made;
    if (stat(out->path, &old) != 0 || !S_ISREG(old.st_mode) || fstat(fd, &made) != 0)
        return;
    mode_t mode = old.st_mode & 0777;
    if (made.st_gid != old.st_gid && fchown(fd, (uid_t)-1, old.st_gid) != 0)
        mode &= ~(mode_t)0070;
    if (mode != (made.st_mode & 0777) && fchmod(fd, mode) != 0) {
        /* A file system without modes: as it is. */
    }
}

static enum status open_temporary(struct fsout *out, mode_t mode, struct err *err)
{
    int fd = open(out->temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd < 0)
        return err_set_errno(err, STATUS_CANTCREATE, errno, "cannot create %s", out->path);
    inherit_rights(out, fd);
    out->file = fdopen(fd, "wb");
    if (out->file == NULL) {
        int reason = errno;
        close(fd);
        unlink(out->temporary);
        return err_set_errno(err, STATUS_CANTCREATE, reason, "cannot create %s", out->path);
    }
    (void)setvbuf(out->file, NULL, _IOFBF, BUFFER_SIZE); /* without it more calls do the same */
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
    static atomic_uint number; /* files of one name may be under way at the same time */
    char name[NAME_MAX + 1];
    const char *slash = strrchr(path, '/');
    int size = snprintf(name, sizeof name, "%u-%s", atomic_fetch_add(&number, 1), slash != NULL ? slash + 1 : path);
    if (size < 0 || (size_t)size >= sizeof name || !set_paths(out, path, temporary_directory, name))
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

void fsout_write_pieces(struct fsout *out, struct iovec *pieces, size_t count)
{
    if (out->failed_errno == 0 && fflush(out->file) != 0)
        out->failed_errno = errno;
    while (out->failed_errno == 0 && count > 0) {
        ssize_t written = writev(fileno(out->file), pieces, count < IOV_MAX ? (int)count : IOV_MAX);
        if (written < 0 && errno != EINTR)
            out->failed_errno = errno;
        size_t left = written > 0 ? (size_t)written : 0;
        while (count > 0 && left >= pieces->iov_len) {
            left -= pieces->iov_len;
            pieces++;
            count--;
        }
        if (count > 0) {
            pieces->iov_base = (char *)pieces->iov_base + left;
            pieces->iov_len -= left;
        }
    }
}

int fsout_sync_folder(const char *path)
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

static enum status finish(struct fsout *out, bool must_sync, struct err *err)
{
    if (out->file == NULL) /* never opened, or finished before */
        return STATUS_OK;
    int reason = out->failed_errno;
    if (reason == 0 && (fflush(out->file) != 0 || (must_sync && fsync(fileno(out->file)) != 0)))
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
    reason = must_sync ? fsout_sync_folder(out->path) : 0;
    if (reason != 0)
        return err_set_errno(err, STATUS_IO, reason, "cannot sync the directory of %s", out->path);
    return STATUS_OK;
}

enum status fsout_finish(struct fsout *out, struct err *err)
{
    return finish(out, false, err);
}

enum status fsout_commit(struct fsout *out, struct err *err)
{
    return finish(out, true, err);
}

void fsout_discard(struct fsout *out)
{
    if (out->file == NULL)
        return;
    fclose(out->file);
    out->file = NULL;
    unlink(out->temporary);
}
