#include "db/db_errno.h"

#include <errno.h>
#include <sqlite3.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

static _Thread_local int met;

static void meet(int reason)
{
    if (met == 0 || met == ENOENT) /* looking for a file that need not be there is no failure */
        met = reason;
}

void db_errno_forget(void)
{
    met = 0;
}

int db_errno_met(void)
{
    return met;
}

typedef int open_call(const char *path, int flags, int mode);
typedef ssize_t pwrite_call(int fd, const void *bytes, size_t size, off_t at);

static open_call *open_behind;
static pwrite_call *pwrite_behind;

static int watched_open(const char *path, int flags, int mode)
{
    int fd = open_behind(path, flags, mode);
    if (fd < 0)
        meet(errno);
    return fd;
}

static ssize_t watched_pwrite(int fd, const void *bytes, size_t size, off_t at)
{
    ssize_t written = pwrite_behind(fd, bytes, size, at);
    if (written < 0 && errno != EINTR)
        meet(errno);
    return written;
}

/* What is no write and no open it logs itself: "os_unix.c:39410: (5) full_fsync(/path) - Input/output error". */
static void on_log(void *context, int code, const char *message)
{
    int reason = 0;
    (void)context;
    (void)code;
    /* A number that is too large is a reason that nobody knows. NOLINTNEXTLINE(cert-err34-c) */
    if (strncmp(message, "os_unix.c", strlen("os_unix.c")) == 0 && sscanf(message, "%*[^(](%d)", &reason) == 1 &&
        reason != 0)
        meet(reason);
}

/* Of the two ways to write SQLite uses pwrite64, where it has that. */
void db_errno_watch(void)
{
    (void)sqlite3_config(SQLITE_CONFIG_LOG, on_log, NULL);
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    if (vfs == NULL || vfs->iVersion < 3)
        return;
    open_behind = (open_call *)vfs->xGetSystemCall(vfs, "open");
    if (open_behind != NULL)
        (void)vfs->xSetSystemCall(vfs, "open", (sqlite3_syscall_ptr)watched_open);
    const char *write = vfs->xGetSystemCall(vfs, "pwrite64") != NULL ? "pwrite64" : "pwrite";
    pwrite_behind = (pwrite_call *)vfs->xGetSystemCall(vfs, write);
    if (pwrite_behind != NULL)
        (void)vfs->xSetSystemCall(vfs, write, (sqlite3_syscall_ptr)watched_pwrite);
}
