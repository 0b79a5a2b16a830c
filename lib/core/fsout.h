/*
 * Files that appear whole or not at all: written beside their final name,
 * synced, renamed, and the directory synced. A file that is replaced hands its mode and its group on to the new one.
 *
 * Life cycle: `struct fsout out = {0}`, fsout_open, fsout_write..., then
 * fsout_commit or fsout_discard; both accept a zeroed or finished fsout.
 * A write error is sticky: fsout_commit reports the first one and leaves the
 * old file as it was.
 */
#ifndef OCCUPORT_CORE_FSOUT_H
#define OCCUPORT_CORE_FSOUT_H

#include "core/buf.h"

#include <limits.h>
#include <stdio.h>
#include <sys/types.h>

struct fsout {
    FILE *file;
    int failed_errno; /* the first write error, or 0 */
    int lock_fd;      /* -1, or what keeps the temporary file locked until it is renamed; of an open one */
    char path[PATH_MAX];
    char temporary[PATH_MAX];
};

/*
 * Starts a file that will replace path; mode as for open(2), for one that is not there yet. The temporary file stands
 * beside it, locked; what a process that is gone left there is removed. STATUS_CANTCREATE when the temporary file
 * cannot be made.
 */
enum status fsout_open(struct fsout *out, const char *path, mode_t mode, struct err *err) MUST_CHECK;

/*
 * The same with the temporary file in a directory of its own, on the same file system, where leftovers of a killed
 * process are easily found.
 */
enum status fsout_open_in(struct fsout *out, const char *path, const char *temporary_directory, mode_t mode,
                          struct err *err) MUST_CHECK;

/* Adds bytes; failures are remembered for commit. */
void fsout_write(struct fsout *out, const void *bytes, size_t size);

struct iovec;

/* The same for many pieces, which are not copied; changes the array. */
void fsout_write_pieces(struct fsout *out, struct iovec *pieces, size_t count);

/* Flush, fsync, close, rename, fsync of the directory. STATUS_IO leaves the old file in place. */
enum status fsout_commit(struct fsout *out, struct err *err) MUST_CHECK;

/* The same without waiting for the disk: for files that need not survive the process. */
enum status fsout_finish(struct fsout *out, struct err *err) MUST_CHECK;

/*
 * Many files that appear together: cheaper than one after the other, since the disk is waited for once. The caller
 * frees nothing; `= {0}` is empty, and fsout_group_commit and fsout_group_discard leave it so.
 */
struct fsout_group {
    size_t count;
    struct buf paths; /* temporary and final path of each, each with its NUL */
    bool is_open;
    int fd;          /* of the first of them, with which the file system is synced */
    bool syncs_each; /* the file system cannot be synced as a whole */
};

/* Closes a file that was written; it waits in the group for the commit. STATUS_IO, STATUS_NOMEM: it is removed. */
enum status fsout_group_add(struct fsout_group *group, struct fsout *out, struct err *err) MUST_CHECK;

/*
 * All to disk, renames, the renames to disk. All lie on one file system. Where that is one of user space (FUSE), which
 * syncfs does not reach, each file and folder is synced by itself. STATUS_IO: some may have been renamed, each of
 * them whole. (A failed write that the system tells only now is told since Linux 5.8.)
 */
enum status fsout_group_commit(struct fsout_group *group, struct err *err) MUST_CHECK;
void fsout_group_discard(struct fsout_group *group);

/* Syncs the folder that path lies in. 0, or errno. */
int fsout_sync_folder(const char *path);

/* Removes the temporary file. */
void fsout_discard(struct fsout *out);

#endif
