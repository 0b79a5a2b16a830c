/*
 * Why a GraphQL request is refused, in the three parts of Hasura's error: message, code and path.
 *
 * The function that detects the mistake sets the refusal once and returns STATUS_REFUSED. `struct refusal r = {0}` is
 * "none"; it owns no memory.
 */
#ifndef SIM_REFUSAL_H
#define SIM_REFUSAL_H

#include "core/status.h"

#include <stddef.h>

enum { REFUSAL_TEXT_MAX = 512 };

struct refusal {
    const char *code; /* "validation-failed", ...; a string constant */
    char path[REFUSAL_TEXT_MAX];
    char message[REFUSAL_TEXT_MAX];
};

/* A place in a request, as a chain on the stack. name NULL: a list index. */
struct path {
    const struct path *up; /* NULL: the root, "$" */
    const char *name;
    size_t index;
};

/* Sets the refusal; at NULL means "$". Returns STATUS_REFUSED. */
enum status refusal_set(struct refusal *refusal, const char *code, const struct path *at, const char *format, ...)
    PRINTF_LIKE(4, 5);

/* Memory or a named maximum ran out: code "unexpected". Returns STATUS_REFUSED. */
static inline enum status refusal_exhausted(struct refusal *refusal)
{
    (void)refusal_set(refusal, "unexpected", NULL, "the request needs more memory than it may have");
    return STATUS_REFUSED; /* said here, so that an analyzer sees that it is never STATUS_OK */
}

#endif
