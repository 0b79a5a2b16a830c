/*
 * Preloaded (LD_PRELOAD), it kills the program at the N-th call that changes what is on disk: write, sync, rename,
 * unlink, truncate, mkdir, and open that makes a file. So a kill can be had at every one of them, also inside of
 * SQLite.
 *
 *   OCCUPORT_STRIKE_AT=N        before the N-th such call; a write is done by half first, as when the machine stops
 *   OCCUPORT_STRIKE_COUNT=FILE  at the end of the program the number of such calls is written there
 *
 * Only regular files count, not sockets and pipes. What stdio writes by itself, into temporary files, is not seen.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_long calls;

static long strike_at(void)
{
    static atomic_long at = -1;
    if (atomic_load(&at) < 0) {
        const char *text = getenv("OCCUPORT_STRIKE_AT");
        atomic_store(&at, text != NULL ? strtol(text, NULL, 10) : 0);
    }
    return atomic_load(&at);
}

/* True for the call that is not to be survived. */
static int is_struck(void)
{
    return atomic_fetch_add(&calls, 1) + 1 == strike_at();
}

static void strike(void)
{
    kill(getpid(), SIGKILL);
}

static int is_file(int fd)
{
    struct stat info;
    int before = errno;
    int file = fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
    errno = before;
    return file;
}

/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): those of the headers are reserved names. */

/* System calls are made directly: there is nothing else between the program and the kernel that must be kept. */
#define FORWARD(number, ...) (syscall(number, __VA_ARGS__))

ssize_t write(int fd, const void *bytes, size_t size)
{
    if (is_file(fd) && is_struck()) {
        (void)!FORWARD(SYS_write, fd, bytes, size / 2);
        strike();
    }
    return FORWARD(SYS_write, fd, bytes, size);
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t at)
{
    if (is_file(fd) && is_struck()) {
        (void)!FORWARD(SYS_pwrite64, fd, bytes, size / 2, at);
        strike();
    }
    return FORWARD(SYS_pwrite64, fd, bytes, size, at);
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at)
{
    return pwrite64(fd, bytes, size, at);
}

ssize_t writev(int fd, const struct iovec *pieces, int count)
{
    if (is_file(fd) && is_struck()) {
        (void)!FORWARD(SYS_writev, fd, pieces, (count + 1) / 2);
        strike();
    }
    return FORWARD(SYS_writev, fd, pieces, count);
}

int fsync(int fd)
{
    if (is_struck())
        strike();
    return (int)FORWARD(SYS_fsync, fd);
}

int fdatasync(int fd)
{
    if (is_struck())
        strike();
    return (int)FORWARD(SYS_fdatasync, fd);
}

int syncfs(int fd)
{
    if (is_struck())
        strike();
    return (int)FORWARD(SYS_syncfs, fd);
}

int ftruncate(int fd, off_t size)
{
    if (is_struck())
        strike();
    return (int)FORWARD(SYS_ftruncate, fd, size);
}

int ftruncate64(int fd, off64_t size)
{
    return ftruncate(fd, size);
}

int rename(const char *from, const char *to)
{
    if (is_struck())
        strike();
    return (int)FORWARD(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int unlink(const char *path)
{
    if (is_struck())
        strike();
    return (int)FORWARD(SYS_unlinkat, AT_FDCWD, path, 0);
}

int unlinkat(int folder, const char *path, int flags)
{
    if (is_struck())
        strike();
    return (int)FORWARD(SYS_unlinkat, folder, path, flags);
}

int mkdir(const char *path, mode_t mode)
{
    if (is_struck())
        strike();
    return (int)FORWARD(SYS_mkdirat, AT_FDCWD, path, mode);
}

static int open_any(const char *path, int flags, mode_t mode)
{
    if ((flags & O_CREAT) != 0 && is_struck())
        strike();
    return (int)FORWARD(SYS_openat, AT_FDCWD, path, flags, mode);
}

int open(const char *path, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
    va_end(more);
    return open_any(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
    va_end(more);
    return open_any(path, flags, mode);
}

/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */

__attribute__((destructor)) static void tell(void)
{
    const char *path = getenv("OCCUPORT_STRIKE_COUNT");
    char text[32];
    int size = snprintf(text, sizeof text, "%ld\n", atomic_load(&calls));
    int fd = path != NULL ? (int)FORWARD(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, 0666) : -1;
    if (fd >= 0) {
        (void)!FORWARD(SYS_write, fd, text, (size_t)size);
        close(fd);
    }
}
