#include "core/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_SIZE = 64 * 1024 };

struct arena_block {
    struct arena_block *next;
    size_t capacity;
    size_t used;
    alignas(max_align_t) unsigned char bytes[];
};

static size_t align_up(size_t size)
{
    size_t step = alignof(max_align_t);
    return (size + step - 1) / step * step;
}

static struct arena_block *add_block(struct arena *arena, size_t size)
{
    size_t max = arena->max != 0 ? arena->max : ARENA_MAX_DEFAULT;
    if (arena->used > max || size > max - arena->used)
        return NULL;
    size_t capacity = size > BLOCK_SIZE ? size : BLOCK_SIZE;
    if (capacity > max - arena->used)
        capacity = max - arena->used; /* the last block: what is left of the maximum */
    struct arena_block *block = malloc(sizeof *block + capacity);
    if (block == NULL)
        return NULL;
    *block = (struct arena_block){.next = arena->blocks, .capacity = capacity};
    arena->blocks = block;
    arena->used += capacity;
    return block;
}

void *arena_calloc(struct arena *arena, size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total) || total > SIZE_MAX / 2)
        return NULL;
    total = align_up(total != 0 ? total : 1);
    struct arena_block *block = arena->blocks;
    if (block == NULL || block->capacity - block->used < total)
        block = add_block(arena, total);
    if (block == NULL)
        return NULL;
    void *piece = block->bytes + block->used;
    block->used += total;
    memset(piece, 0, total);
    return piece;
}

char *arena_copy(struct arena *arena, const char *bytes, size_t size)
{
    char *copy = arena_calloc(arena, size + 1, 1);
    if (copy != NULL && size > 0)
        memcpy(copy, bytes, size);
    return copy;
}

void arena_reset(struct arena *arena)
{
    struct arena_block *keep = arena->blocks;
    if (keep == NULL)
        return;
    struct arena_block *block = keep->next;
    while (block != NULL) {
        struct arena_block *next = block->next;
        free(block);
        block = next;
    }
    keep->next = NULL;
    keep->used = 0;
    arena->used = keep->capacity;
}

void arena_release(struct arena *arena)
{
    struct arena_block *block = arena->blocks;
    while (block != NULL) {
        struct arena_block *next = block->next;
        free(block);
        block = next;
    }
    *arena = (struct arena){.max = arena->max};
}
