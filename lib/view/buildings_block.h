/*
 * The `buildings:` block of a job for what an atlas holds, with comments: YAML that `check` accepts as it is. Texts of
 * the server are quoted or made printable, so that none of them can be anything but a text.
 */
#ifndef OCCUPORT_VIEW_BUILDINGS_BLOCK_H
#define OCCUPORT_VIEW_BUILDINGS_BLOCK_H

#include "core/buf.h"
#include "model/atlas.h"

/*
 * Appends the block. A building without a site, or without a group, is a comment: a job cannot hold it. Returns how
 * many buildings are in the block; 0: only comments were written, since an empty list is no valid block.
 */
size_t buildings_block_format(const struct atlas *atlas, struct buf *out);

/* Appends text as one line of a comment, without the mark: what would end the line becomes '?'. */
void buildings_block_comment(struct buf *out, const char *text);

#endif
