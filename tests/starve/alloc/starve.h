/*
 * Runs something again and again, each time with another allocation that fails, until all succeed.
 *
 * malloc, calloc, realloc, reallocarray, strdup, strndup, aligned_alloc and posix_memalign are those of starve.c for
 * the whole process: the allocations of json-c, libyaml, SQLite and libc count like our own. Only one is spared: a
 * strdup called by json-c 0.16, which cannot bear that it fails (lib/api/json_judge.h says what is done about it).
 */
#ifndef TEST_STARVE_ALLOC_H
#define TEST_STARVE_ALLOC_H

#include "core/err.h"

#include <stddef.h>

struct starved {
    const char *name;
    void *context;
    enum status (*act)(void *context, struct err *err); /* the only part in which memory is short */
    void (*check)(void *context);   /* after STATUS_OK: is the result the right one? NULL: no check */
    void (*release)(void *context); /* after each */
    enum status otherwise;          /* what it ends with when memory is there: mostly STATUS_OK */
};

/*
 * Each allocation fails once alone, and once with all that follow. Every run must end with STATUS_NOMEM, or as it ends
 * with memory. Returns the number of allocations.
 */
size_t starve_each(const struct starved *starved);

#endif
