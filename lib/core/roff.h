/* Texts for a man page. */
#ifndef OCCUPORT_CORE_ROFF_H
#define OCCUPORT_CORE_ROFF_H

#include "core/buf.h"

/* Prose: a new line for each sentence, as roff wants it, and none too long. Hyphens of options can be copied. */
void roff_append_prose(struct buf *out, const char *text);

/* Text as typed: every hyphen stays ASCII. */
void roff_append_literal(struct buf *out, const char *text);

#endif
