#include "store/lock.h"

#include "core/clock.h"
#include "core/commit_point.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

struct lock {
    int fd;
};

static enum status say_holder(int fd, const char *path, struct err *err)
{
    char holder[256];
    ssize_t size = pread(fd, holder, sizeof holder - 1, 0);
    holder[size > 0 ? size : 0] = '\0';
    holder[strcspn(holder, "\n")] = '\0';
    return err_set(err, STATUS_BUSY, "another run holds %s: %s", path,
                   holder[0] != '\0' ? holder : "it does not say who");
}

static void write_holder(int fd, const char *command, const char *run_id, int64_t now)
{
    char holder[256];
    char since[CLOCK_TEXT_SIZE];
    int size = snprintf(holder, sizeof holder, "%s %s, pid %ld, since %s\n", command, run_id, (long)getpid(),
                        clock_format_utc(now, since));
    if (size >= (int)sizeof holder)
        size = (int)sizeof holder - 1;
    /* Only words for people: the lock holds without them. */
    if (ftruncate(fd, 0) != 0 || size <= 0 || pwrite(fd, holder, (size_t)size, 0) < 0)
        return;
}

enum status lock_take(const char *path, const char *command, const char *run_id, int64_t now, struct lock **ret_lock,
                      struct err *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0)
        return err_set_errno(err, STATUS_CANTCREATE, errno, "cannot create %s", path);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        int reason = errno;
        enum status status = reason == EWOULDBLOCK ? say_holder(fd, path, err)
                                                   : err_set_errno(err, STATUS_IO, reason, "cannot lock %s", path);
        close(fd);
        return status;
    }
    struct lock *lock = malloc(sizeof *lock);
    if (lock == NULL) {
        close(fd);
        return err_nomem(err);
    }
    lock->fd = fd;
    COMMIT_POINT("lock.taken");
    write_holder(fd, command, run_id, now);
    COMMIT_POINT("lock.signed");
    *ret_lock = lock;
    return STATUS_OK;
}

void lock_release(struct lock *lock)
{
    if (lock == NULL)
        return;
    close(lock->fd);
    free(lock);
}
