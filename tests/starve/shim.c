/*
 * Preloaded into occuport: makes a call that changes files fail, as a full, broken or read-only disk would.
 *
 * STARVE_FOLDER  only what lies below this folder is looked at (an absolute path, without symbolic links)
 * STARVE_PATH    and only where the path holds this text
 * STARVE_AT      the number, from 1, of the call that fails; 0: none does
 * STARVE_ALWAYS  1: all after it fail as well
 * STARVE_ERRNO   with what
 * STARVE_LOG     a file that gets one line a call, "NUMBER CALL PATH"; with STARVE_AT only the calls that failed
 *
 * Streams of stdio have to be wrapped themselves: libc writes their buffers by a way that no preloaded library sees.
 * shim_time.c has the clocks and the sleeps.
 */
#include "shim.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* Names as in the manual, not as in the headers. NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */

/* The headers of libc call some of them by other names in programs; here each is made under its own. */
#define NEXT(name) ((name##_type *)shim_next(#name))

typedef int open_type(const char *path, int flags, ...);
typedef ssize_t write_type(int fd, const void *bytes, size_t size);
typedef ssize_t pwrite_type(int fd, const void *bytes, size_t size, off_t at);
typedef ssize_t writev_type(int fd, const struct iovec *pieces, int count);
typedef int fsync_type(int fd);
typedef int ftruncate_type(int fd, off_t size);
typedef int rename_type(const char *from, const char *to);
typedef int mkdir_type(const char *path, mode_t mode);
typedef size_t fwrite_type(const void *bytes, size_t size, size_t count, FILE *file);
typedef int fflush_type(FILE *file);

void *shim_next(const char *name)
{
    void *function = dlsym(RTLD_NEXT, name);
    if (function == NULL)
        abort();
    return function;
}

long shim_number(const char *name)
{
    const char *text = getenv(name);
    return text != NULL ? strtol(text, NULL, 10) : 0;
}

static void note(long number, const char *call, const char *path)
{
    const char *log = getenv("STARVE_LOG");
    char line[PATH_MAX + 64];
    if (log == NULL)
        return;
    int size = snprintf(line, sizeof line, "%ld %s %s\n", number, call, path);
    int fd = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (fd < 0 || size < 0 || syscall(SYS_write, fd, line, (size_t)size) != size)
        abort();
    syscall(SYS_close, fd);
}

/* True, with errno, when this call has to fail. */
static bool fails(const char *call, const char *path)
{
    static atomic_long calls;
    int before = errno;
    const char *folder = getenv("STARVE_FOLDER");
    const char *only = getenv("STARVE_PATH");
    if (folder == NULL || strncmp(path, folder, strlen(folder)) != 0 || path[strlen(folder)] != '/' ||
        (only != NULL && strstr(path, only) == NULL))
        return false;
    long number = atomic_fetch_add(&calls, 1) + 1;
    long at = shim_number("STARVE_AT");
    bool failing = at > 0 && (number == at || (number > at && shim_number("STARVE_ALWAYS") != 0));
    if (failing || at == 0)
        note(number, call, path);
    errno = failing ? (int)shim_number("STARVE_ERRNO") : before;
    return failing;
}

/* Of an open file. What is none has no absolute path. */
static bool fails_fd(const char *call, int fd)
{
    char link[64];
    char path[PATH_MAX];
    int before = errno;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, path, sizeof path - 1);
    errno = before;
    if (size <= 0 || path[0] != '/')
        return false;
    path[size] = '\0';
    return fails(call, path);
}

/* Of a path that may be relative; its last part need not be there. */
static bool fails_path(const char *call, const char *path)
{
    char whole[PATH_MAX];
    char here[PATH_MAX / 2];
    if (path[0] == '/')
        return fails(call, path);
    if (getcwd(here, sizeof here) == NULL || snprintf(whole, sizeof whole, "%s/%.*s", here, PATH_MAX / 2 - 2, path) < 0)
        return false;
    return fails(call, whole);
}

static bool writes(int flags)
{
    return (flags & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)) != 0;
}

#define DEFINE_OPEN(name)                                                                                              \
    int name(const char *path, int flags, ...)                                                                         \
    {                                                                                                                  \
        va_list args;                                                                                                  \
        va_start(args, flags);                                                                                         \
        mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(args, mode_t) : 0;                                 \
        va_end(args);                                                                                                  \
        return writes(flags) && fails_path(#name, path) ? -1 : ((open_type *)shim_next(#name))(path, flags, mode);     \
    }

#define DEFINE_WRITE_AT(name)                                                                                          \
    ssize_t name(int fd, const void *bytes, size_t size, off_t at)                                                     \
    {                                                                                                                  \
        return fails_fd(#name, fd) ? -1 : ((pwrite_type *)shim_next(#name))(fd, bytes, size, at);                      \
    }

#define DEFINE_SYNC(name)                                                                                              \
    int name(int fd)                                                                                                   \
    {                                                                                                                  \
        return fails_fd(#name, fd) ? -1 : ((fsync_type *)shim_next(#name))(fd);                                        \
    }

#define DEFINE_TRUNCATE(name)                                                                                          \
    int name(int fd, off_t size)                                                                                       \
    {                                                                                                                  \
        return fails_fd(#name, fd) ? -1 : ((ftruncate_type *)shim_next(#name))(fd, size);                              \
    }

DEFINE_OPEN(open)
DEFINE_OPEN(open64)
DEFINE_WRITE_AT(pwrite)
DEFINE_WRITE_AT(pwrite64)
DEFINE_SYNC(fsync)
DEFINE_SYNC(fdatasync)
DEFINE_SYNC(syncfs)
DEFINE_TRUNCATE(ftruncate)
DEFINE_TRUNCATE(ftruncate64)

ssize_t write(int fd, const void *bytes, size_t size)
{
    return fails_fd("write", fd) ? -1 : NEXT(write)(fd, bytes, size);
}

ssize_t writev(int fd, const struct iovec *pieces, int count)
{
    return fails_fd("writev", fd) ? -1 : NEXT(writev)(fd, pieces, count);
}

int rename(const char *from, const char *to)
{
    return fails_path("rename", to) ? -1 : NEXT(rename)(from, to);
}

int mkdir(const char *path, mode_t mode)
{
    return fails_path("mkdir", path) ? -1 : NEXT(mkdir)(path, mode);
}

size_t fwrite(const void *bytes, size_t size, size_t count, FILE *file)
{
    return fails_fd("fwrite", fileno(file)) ? 0 : NEXT(fwrite)(bytes, size, count, file);
}

int fflush(FILE *file)
{
    return file != NULL && fails_fd("fflush", fileno(file)) ? EOF : NEXT(fflush)(file);
}

int fclose(FILE *file)
{
    typedef int fclose_type(FILE *);
    bool failing = fails_fd("fclose", fileno(file));
    int reason = errno;
    int result = NEXT(fclose)(file);
    if (!failing)
        return result;
    errno = reason;
    return EOF;
}
/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
