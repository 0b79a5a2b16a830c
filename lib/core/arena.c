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

/* The smallest spare block that holds size bytes, taken out of the list; or NULL. */
static struct arena_block *take_spare(struct arena *arena, size_t size)
{
    struct arena_block **best = NULL;
    for (struct arena_block **at = &arena->spare; *at != NULL; at = &(*at)->next) {
        if ((*at)->capacity >= size && (best == NULL || (*at)->capacity < (*best)->capacity))
            best = at;
    }
    if (best == NULL)
        return NULL;
    struct arena_block *block = *best;
    *best = block->next;
    return block;
}

static struct arena_block *new_block(const struct arena *arena, size_t size, size_t max)
{
    size_t capacity = size > BLOCK_SIZE ? size : BLOCK_SIZE;
    if (capacity > max - arena->used)
        capacity = max - arena->used; /* the last block: what is left of the maximum */
    struct arena_block *block = malloc(sizeof *block + capacity);
    if (block != NULL)
        block->capacity = capacity;
    return block;
}

static struct arena_block *add_block(struct arena *arena, size_t size)
{
    size_t max = arena->max != 0 ? arena->max : ARENA_MAX_DEFAULT;
    if (arena->used > max || size > max - arena->used)
        return NULL;
    struct arena_block *block = take_spare(arena, size);
    if (block != NULL && block->capacity > max - arena->used) {
        free(block);
        block = NULL;
    }
    if (block == NULL)
        block = new_block(arena, size, max);
    if (block == NULL)
        return NULL;
    block->used = 0;
    block->next = arena->blocks;
    arena->blocks = block;
    arena->used += block->capacity;
    return block;
}

void *arena_alloc(struct arena *arena, size_t count, size_t size)
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
    return piece;
}

void *arena_calloc(struct arena *arena, size_t count, size_t size)
{
    void *piece = arena_alloc(arena, count, size);
    if (piece != NULL)
        memset(piece, 0, count * size);
    return piece;
}

char *arena_copy(struct arena *arena, const char *bytes, size_t size)
{
    char *copy = arena_alloc(arena, size + 1, 1);
    if (copy == NULL)
        return NULL;
    if (size > 0)
        memcpy(copy, bytes, size);
    copy[size] = '\0';
    return copy;
}

static void free_blocks(struct arena_block *block)
{
    while (block != NULL) {
        struct arena_block *next = block->next;
        free(block);
        block = next;
    }
}

void arena_reset(struct arena *arena)
{
    struct arena_block *block = arena->blocks;
    size_t kept = 0;
    for (const struct arena_block *spare = arena->spare; spare != NULL; spare = spare->next)
        kept += spare->capacity;
    while (block != NULL) {
        struct arena_block *next = block->next;
        if (block->capacity <= ARENA_KEEP_MAX && kept <= ARENA_KEEP_MAX - block->capacity) {
            kept += block->capacity;
            block->next = arena->spare;
            arena->spare = block;
        } else {
            free(block);
        }
        block = next;
    }
    arena->blocks = NULL;
    arena->used = 0;
}

void arena_release(struct arena *arena)
{
    free_blocks(arena->blocks);
    free_blocks(arena->spare);
    *arena = (struct arena){.max = arena->max};
}
