/*
 * A program that is started, given a text to read, and waited for.
 *
 * No shell is involved: the arguments are handed over as they are. The program gets a process group of its own,
 * the environment and the working directory of this one.
 */
#ifndef OCCUPORT_CORE_CHILD_H
#define OCCUPORT_CORE_CHILD_H

#include "core/err.h"

#include <stddef.h>
#include <stdint.h>

/* A longer line of output is cut, what comes after so many lines is not told. */
enum { CHILD_LINE_MAX = 500, CHILD_LINES_MAX = 50, CHILD_GRACE_MS = 2000 };

struct child_options {
    const char *const *arguments; /* NULL-terminated; the first is looked up in PATH unless it holds a slash */
    const char *input;            /* comes on its standard input, which then ends; it need not read it */
    size_t input_size;
    int64_t limit_ms; /* then its process group gets SIGTERM, and SIGKILL CHILD_GRACE_MS later */
    /* Called with each line of its standard output and error, without the newline; may be NULL. */
    void (*line)(void *context, const char *line);
    void *context;
};

/*
 * Waits until the program has ended, not for what it left running. *ret_code: its exit code, or 128 + the number of the
 * signal that ended it. STATUS_IO: it could not be started; STATUS_TIMEOUT: it was ended for taking too long.
 */
enum status child_run(const struct child_options *options, int *ret_code, struct err *err) MUST_CHECK;

#endif
