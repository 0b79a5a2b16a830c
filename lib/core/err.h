/*
 * What went wrong, in words.
 *
 * The function that detects a failure sets the err once and names the object;
 * a layer above may add one short prefix. The struct owns no memory: it can be
 * copied, kept and dropped. `struct err e = {0}` is "no error".
 */
#ifndef OCCUPORT_CORE_ERR_H
#define OCCUPORT_CORE_ERR_H

#include "core/status.h"

enum { ERR_MESSAGE_MAX = 1024 };

struct err {
    enum status kind;
    char message[ERR_MESSAGE_MAX]; /* UTF-8, one line, without control characters; cut when longer */
};

/*
 * Sets kind and message and returns kind, so that a caller writes
 * `return err_set(err, STATUS_IO, "...")`. err may be NULL. Control characters
 * are replaced by '?': a server must not be able to drive our terminal.
 */
enum status err_set(struct err *err, enum status kind, const char *format, ...) PRINTF_LIKE(3, 4);

/* Like err_set, and appends ": " and strerror(errno_value). */
enum status err_set_errno(struct err *err, enum status kind, int errno_value, const char *format, ...)
    PRINTF_LIKE(4, 5);

/* Puts "PREFIX: " before the message; returns the kind. */
enum status err_prefix(struct err *err, const char *format, ...) PRINTF_LIKE(2, 3);

/* Out of memory, said the same way everywhere. */
enum status err_nomem(struct err *err);

/* Back to "no error". */
void err_clear(struct err *err);

#endif
