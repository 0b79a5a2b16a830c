/*
 * The memory of the HTTP library, which copies headers and bodies as it pleases: what it gives back is overwritten
 * first, so that no secret stays behind in free memory. Private to lib/net.
 */
#ifndef OCCUPORT_NET_MEMORY_H
#define OCCUPORT_NET_MEMORY_H

#include <stddef.h>

void *memory_alloc(size_t size);
void *memory_calloc(size_t count, size_t size);
void *memory_resize(void *memory, size_t size);
char *memory_duplicate(const char *text);
void memory_free(void *memory);

#endif
