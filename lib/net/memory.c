#include "net/memory.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

void *memory_alloc(size_t size)
{
    return malloc(size);
}

void *memory_calloc(size_t count, size_t size)
{
    return calloc(count, size);
}

/* realloc would leave the old bytes where they were. */
void *memory_resize(void *memory, size_t size)
{
    size_t held = memory != NULL ? malloc_usable_size(memory) : 0;
    if (memory != NULL && size > 0 && size <= held)
        return memory;
    void *moved = malloc(size > 0 ? size : 1);
    if (moved == NULL)
        return NULL;
    if (memory != NULL) {
        memcpy(moved, memory, size < held ? size : held);
        memory_free(memory);
    }
    return moved;
}

char *memory_duplicate(const char *text)
{
    return strdup(text);
}

void memory_free(void *memory)
{
    if (memory == NULL)
        return;
    explicit_bzero(memory, malloc_usable_size(memory));
    free(memory);
}
