/* Arrays of PostgreSQL as text: {1,2} and {"a","b \"c\""}. For lib/store only. */
#ifndef OCCUPORT_STORE_WORK_ARRAY_H
#define OCCUPORT_STORE_WORK_ARRAY_H

#include "core/arena.h"
#include "core/buf.h"

#include <stdint.h>

void work_array_of_ids(struct buf *out, size_t count, const int64_t *ids);
void work_array_of_texts(struct buf *out, size_t count, const char *const *texts);

/* One element, quoted. */
void work_array_add_text(struct buf *out, const char *text);

/* The elements in memory of the arena. False: it is no such array (of more than no elements), or there is no memory. */
bool work_array_read_ids(const char *text, struct arena *arena, size_t *ret_count, int64_t **ret_ids);
bool work_array_read_texts(const char *text, struct arena *arena, size_t *ret_count, const char ***ret_texts);

#endif
