/*
 * The man page and the completion files, made from the table of commands and
 * options (opt_table.h) when the program is built.
 *
 * Each function appends the whole file to out; failures are the buf's.
 */
#ifndef OCCUPORT_CMD_MAN_H
#define OCCUPORT_CMD_MAN_H

#include "core/buf.h"

/* occuport.1, in mdoc. */
void man_page(struct buf *out);

void completion_bash(struct buf *out);
void completion_zsh(struct buf *out);
void completion_fish(struct buf *out);

#endif
