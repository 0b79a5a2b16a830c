/*
 * Memory that is given out piece by piece and given back all at once: one
 * arena a page of rows, a job file, a plan.
 *
 * Life cycle: `struct arena a = {.max = N}` (max 0 means ARENA_MAX_DEFAULT),
 * allocate, arena_reset to reuse, arena_release. Pieces are aligned for any type.
 */
#ifndef OCCUPORT_CORE_ARENA_H
#define OCCUPORT_CORE_ARENA_H

#include "core/err.h"

#include <stddef.h>

#define ARENA_MAX_DEFAULT ((size_t)256 << 20)

struct arena_block;

/* What a reset keeps at most: so much of a busy arena's memory is never asked for again. */
enum { ARENA_KEEP_MAX = 4 << 20 };

struct arena {
    struct arena_block *blocks; /* owned, newest first */
    struct arena_block *spare;  /* owned: kept by a reset, without pieces */
    size_t used;                /* bytes in all blocks but the spare ones */
    size_t max;
};

/* count * size zeroed bytes, or NULL when there is no memory or the maximum is reached. */
void *arena_calloc(struct arena *arena, size_t count, size_t size) MUST_CHECK;

/* A NUL-terminated copy of size bytes, or NULL as above. */
char *arena_copy(struct arena *arena, const char *bytes, size_t size) MUST_CHECK;

/* The same without zeroing. */
void *arena_alloc(struct arena *arena, size_t count, size_t size) MUST_CHECK;

/* Forgets every piece; keeps blocks for reuse, ARENA_KEEP_MAX bytes at most. */
void arena_reset(struct arena *arena);

/* Frees all; accepts a zeroed arena. */
void arena_release(struct arena *arena);

#endif
