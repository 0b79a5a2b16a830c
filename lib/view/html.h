/* Text for a page of HTML: whatever a job file or a server says can only ever be text in it. */
#ifndef OCCUPORT_VIEW_HTML_H
#define OCCUPORT_VIEW_HTML_H

#include "core/buf.h"
#include "core/civil.h"

#include <stdint.h>

/*
 * Appends text so that it is text, between tags as well as in a quoted attribute: & < > " ' are escaped, control
 * characters and what is no UTF-8 become U+FFFD. NULL is nothing.
 */
void html_text(struct buf *out, const char *text);

/* The same for a name of unknown origin, set apart so that its direction of writing ends with it. */
void html_name(struct buf *out, const char *text);

/* Appends a number with one decimal, as all occupancy is told. */
void html_number(struct buf *out, double number);

/* Appends a whole number with its thousands set apart: 1,234. */
void html_count(struct buf *out, uint64_t number);

void html_day(struct buf *out, civil_day day);

/* A time as the ledger has it, 2025-05-01T04:00:00Z, for people: 2025-05-01 04:00 UTC. Another text stays as it is. */
void html_time(struct buf *out, const char *utc);

#endif
