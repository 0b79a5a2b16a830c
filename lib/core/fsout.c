#include "core/fsout.h"

#include "core/commit_point.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
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

static void unlock(struct fsout *out)
{
    if (out->lock_fd >= 0)
        close(out->lock_fd);
    out->lock_fd = -1;
}

static enum status open_temporary(struct fsout *out, int fd, struct err *err)
{
    if (fd < 0)
        return err_set_errno(err, STATUS_CANTCREATE, errno, "cannot create %s", out->path);
    inherit_rights(out, fd);
    out->file = fdopen(fd, "wb");
    if (out->file == NULL) {
        int reason = errno;
        close(fd);
        unlock(out);
        unlink(out->temporary);
        return err_set_errno(err, STATUS_CANTCREATE, reason, "cannot create %s", out->path);
    }
    COMMIT_POINT("file.opened");
    (void)setvbuf(out->file, NULL, _IOFBF, BUFFER_SIZE); /* without it more calls do the same */
    return STATUS_OK;
}

static const char mark[] = ".occuport-";

/* Sets both paths; false when one is too long. */
static bool set_paths(struct fsout *out, const char *path, const char *directory, const char *name, unsigned number)
{
    *out = (struct fsout){.lock_fd = -1};
    int path_size = snprintf(out->path, sizeof out->path, "%s", path);
    int size = snprintf(out->temporary, sizeof out->temporary, "%s%s%s%s%u", directory, directory[0] != '\0' ? "/" : "",
                        name, mark, number);
    return path_size >= 0 && (size_t)path_size < sizeof out->path && size >= 0 && (size_t)size < sizeof out->temporary;
}

/*
 * A temporary file that is written is locked. A pid would tell nothing of a process in another container that writes
 * into the same folder; a lock is let go by the kernel whoever held it.
 */
static bool is_of_the_dead(int folder, const char *entry, const char *name)
{
    size_t size = strlen(name);
    if (strncmp(entry, name, size) != 0 || strncmp(entry + size, mark, sizeof mark - 1) != 0)
        return false;
    const char *number = entry + size + sizeof mark - 1;
    if (*number == '\0' || number[strspn(number, "0123456789")] != '\0')
        return false;
    int fd = openat(folder, entry, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    bool dead = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0;
    if (fd >= 0)
        close(fd);
    return dead;
}

/* What a killed process left beside the path is removed; that it cannot be does no harm. */
static void remove_leftovers(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    snprintf(folder, sizeof folder, "%.*s", slash != NULL ? (int)(slash + 1 - path) : 1, slash != NULL ? path : ".");
    DIR *entries = opendir(folder);
    const struct dirent *entry;
    while (entries != NULL && (entry = readdir(entries)) != NULL) {
        if (is_of_the_dead(dirfd(entries), entry->d_name, name))
            unlinkat(dirfd(entries), entry->d_name, 0);
    }
    if (entries != NULL)
        closedir(entries);
}

/* A new file, locked; -1 with errno. Whoever removes leftovers may have had it before it was locked: then another. */
static int make_locked(const char *temporary, mode_t mode)
{
    struct stat info;
    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd < 0 || (flock(fd, LOCK_EX) == 0 && fstat(fd, &info) == 0 && info.st_nlink > 0))
        return fd;
    close(fd);
    errno = EEXIST;
    return -1;
}

enum status fsout_open(struct fsout *out, const char *path, mode_t mode, struct err *err)
{
    enum { NAMES = 100 };
    int fd = -1;
    for (unsigned i = 0; i < NAMES && fd < 0; i++) {
        if (!set_paths(out, path, "", path, (unsigned)getpid() + i))
            return err_set(err, STATUS_CANTCREATE, "path is too long: %s", path);
        if (i == 0)
            remove_leftovers(path);
        fd = make_locked(out->temporary, mode);
        if (fd < 0 && errno != EEXIST)
            break;
    }
    if (fd >= 0)
        out->lock_fd = fcntl(fd, F_DUPFD_CLOEXEC, 0); /* so the lock lasts until the rename */
    return open_temporary(out, fd, err);
}

enum status fsout_open_in(struct fsout *out, const char *path, const char *temporary_directory, mode_t mode,
                          struct err *err)
{
    static atomic_uint number; /* files of one name may be under way at the same time */
    char name[NAME_MAX + 1];
    const char *slash = strrchr(path, '/');
    int size = snprintf(name, sizeof name, "%u-%s", atomic_fetch_add(&number, 1), slash != NULL ? slash + 1 : path);
    if (size < 0 || (size_t)size >= sizeof name || !set_paths(out, path, temporary_directory, name, (unsigned)getpid()))
        return err_set(err, STATUS_CANTCREATE, "path is too long: %s", path);
    int fd = open(out->temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
    return open_temporary(out, fd, err);
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

/* 0, or errno. */
static int write_out(FILE *file, bool must_sync)
{
    if (fflush(file) != 0)
        return errno;
    COMMIT_POINT("file.written");
    if (!must_sync)
        return 0;
    if (fsync(fileno(file)) != 0)
        return errno;
    COMMIT_POINT("file.synced");
    return 0;
}

static enum status finish(struct fsout *out, bool must_sync, struct err *err)
{
    if (out->file == NULL) /* never opened, or finished before */
        return STATUS_OK;
    int reason = out->failed_errno;
    if (reason == 0)
        reason = write_out(out->file, must_sync);
    if (fclose(out->file) != 0 && reason == 0)
        reason = errno;
    out->file = NULL;
    if (reason == 0 && rename(out->temporary, out->path) != 0)
        reason = errno;
    if (reason != 0)
        unlink(out->temporary);
    unlock(out);
    if (reason != 0)
        return err_set_errno(err, STATUS_IO, reason, "cannot write %s", out->path);
    COMMIT_POINT("file.renamed");
    reason = must_sync ? fsout_sync_folder(out->path) : 0;
    if (reason != 0)
        return err_set_errno(err, STATUS_IO, reason, "cannot sync the directory of %s", out->path);
    COMMIT_POINT("file.done");
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
    unlock(out);
}
