/*
 * What is wrong with a job file: a list, in the order of the file, each with
 * its place. Printed as
 *
 *   job.yaml:12:3: unknown key 'granularites'; did you mean 'granularities'?
 *      12 |   granularites: [PT1H]
 *         |   ^
 *
 * Life cycle: `struct diagnostics d = {0}`, add, print, diagnostics_release.
 */
#ifndef OCCUPORT_CONFIG_DIAGNOSTICS_H
#define OCCUPORT_CONFIG_DIAGNOSTICS_H

#include "core/buf.h"

struct diagnostic {
    size_t line;   /* 1-based; 0: the whole file */
    size_t column; /* 1-based, in characters */
    char *message; /* owned; printable */
};

/* Bytes of the file, begin included, end not. */
struct diagnostics_span {
    size_t begin;
    size_t end;
};

enum { DIAGNOSTICS_MAX = 100, DIAGNOSTICS_HIDDEN_MAX = 32 };

struct diagnostics {
    struct diagnostic *entries; /* owned */
    size_t count;
    size_t dropped;      /* beyond DIAGNOSTICS_MAX */
    size_t hidden_count; /* more than DIAGNOSTICS_HIDDEN_MAX: no excerpt is shown at all */
    struct diagnostics_span hidden[DIAGNOSTICS_HIDDEN_MAX];
};

/*
 * Adds one; drops it silently only when memory is out or the maximum is reached (then dropped counts). The same message
 * at the same place is kept once: a value that several aliases share is wrong once.
 */
void diagnostics_add(struct diagnostics *diagnostics, size_t line, size_t column, const char *format, ...)
    PRINTF_LIKE(4, 5);

/* True when something was added or dropped. */
bool diagnostics_any(const struct diagnostics *diagnostics);

/* These bytes of the file hold a secret: an excerpt shows *** in their place. */
void diagnostics_hide(struct diagnostics *diagnostics, size_t begin, size_t end);

/* True when the byte at this offset was hidden: a message must not show what stands there. */
bool diagnostics_hides(const struct diagnostics *diagnostics, size_t offset);

/*
 * Appends all entries, sorted by place, to out. source is the text of the file (may be NULL: no excerpts). A line that
 * holds a secret must not be echoed: what diagnostics_hide named, and whatever follows a word such as client_secret or
 * client_id, is shown as "***". A bare ${NAME} or ${file:PATH} is no secret and stays visible.
 */
void diagnostics_format(const struct diagnostics *diagnostics, const char *path, const char *source, size_t source_size,
                        struct buf *out);

void diagnostics_release(struct diagnostics *diagnostics);

#endif
