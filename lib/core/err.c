#include "core/err.h"

#include "core/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void format_message(struct err *err, const char *format, va_list args) PRINTF_LIKE(2, 0);

static void format_message(struct err *err, const char *format, va_list args)
{
    if (vsnprintf(err->message, sizeof err->message, format, args) < 0)
        err->message[0] = '\0';
    text_make_printable(err->message);
}

enum status err_set(struct err *err, enum status kind, const char *format, ...)
{
    if (err == NULL)
        return kind;
    va_list args;
    va_start(args, format);
    format_message(err, format, args);
    va_end(args);
    err->kind = kind;
    return kind;
}

enum status err_set_errno(struct err *err, enum status kind, int errno_value, const char *format, ...)
{
    if (err == NULL)
        return kind;
    va_list args;
    va_start(args, format);
    format_message(err, format, args);
    va_end(args);
    char reason[128];
    size_t used = strlen(err->message);
    snprintf(err->message + used, sizeof err->message - used, ": %s", strerror_r(errno_value, reason, sizeof reason));
    err->kind = kind;
    return kind;
}

enum status err_prefix(struct err *err, const char *format, ...)
{
    if (err == NULL)
        return STATUS_BUG;
    char old[ERR_MESSAGE_MAX];
    memcpy(old, err->message, sizeof old);
    va_list args;
    va_start(args, format);
    format_message(err, format, args);
    va_end(args);
    size_t used = strlen(err->message);
    snprintf(err->message + used, sizeof err->message - used, ": %s", old);
    text_make_printable(err->message); /* the end may have been cut within a character */
    return err->kind;
}

enum status err_nomem(struct err *err)
{
    return err_set(err, STATUS_NOMEM, "out of memory");
}

void err_clear(struct err *err)
{
    *err = (struct err){0};
}
