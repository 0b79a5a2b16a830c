/* The line of a job file that a diagnostic is about, with a caret under the column. Secrets are shown as ***. */
#ifndef OCCUPORT_CONFIG_EXCERPT_H
#define OCCUPORT_CONFIG_EXCERPT_H

#include "config/diagnostics.h"

/*
 * Appends two lines: the source line (a window of it when it is long) and the caret. Nothing when the file has no such
 * line, when it is empty, or when more was hidden than is known where.
 */
void excerpt_append(struct buf *out, const struct diagnostics *diagnostics, const char *source, size_t source_size,
                    const struct diagnostic *diagnostic);

/*
 * Where a secret may stand by the words of a line alone: this works for a file that is not valid YAML, too. The span is
 * in bytes of the line, empty when there is none. previous_* is the line above, on which the value may have been begun.
 */
struct diagnostics_span excerpt_secret(const char *line, size_t size, const char *previous, size_t previous_size);

#endif
