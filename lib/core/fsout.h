/*
 * Files that appear whole or not at all: written beside their final name,
 * synced, renamed, and the directory synced.
 *
 * Life cycle: `struct fsout out = {0}`, fsout_open, fsout_write..., then
 * fsout_commit or fsout_discard; both accept a zeroed or finished fsout.
 * A write error is sticky: fsout_commit reports the first one and leaves the
 * old file as it was.
 */
#ifndef OCCUPORT_CORE_FSOUT_H
#define OCCUPORT_CORE_FSOUT_H

#include "core/err.h"

#include <limits.h>
#include <stdio.h>
#include <sys/types.h>

struct fsout {
    FILE *file;
    int failed_errno; /* the first write error, or 0 */
    char path[PATH_MAX];
    char temporary[PATH_MAX];
};

/*
 * Starts a file that will replace path; mode as for open(2).
 * STATUS_CANTCREATE when the temporary file cannot be made.
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

/* Flush, fsync, close, rename, fsync of the directory. STATUS_IO leaves the old file in place. */
enum status fsout_commit(struct fsout *out, struct err *err) MUST_CHECK;

/* Removes the temporary file. */
void fsout_discard(struct fsout *out);

#endif
