#include "starve.h"

#include <criterion/criterion.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Names as in the manual, not as in the headers. NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */

/* The allocator that stands behind: that of the sanitizer, or of libc. */
#ifdef __SANITIZE_ADDRESS__
#define BEHIND(name) __interceptor_##name
#else
#define BEHIND(name) __libc_##name
#endif

void *BEHIND(malloc)(size_t size);
void *BEHIND(calloc)(size_t count, size_t size);
void *BEHIND(realloc)(void *memory, size_t size);
void *BEHIND(memalign)(size_t alignment, size_t size);

static struct {
    bool is_armed;
    bool fails_on; /* all that follow as well */
    size_t left;   /* allocations before the one that fails */
    size_t failed;
    size_t count;
} hunger;

static bool fails(void)
{
    if (!hunger.is_armed)
        return false;
    hunger.count++;
    bool failing = hunger.left == 0 && (hunger.fails_on || hunger.failed == 0);
    if (hunger.left > 0)
        hunger.left--;
    hunger.failed += failing;
    if (failing)
        errno = ENOMEM;
    return failing;
}

void *malloc(size_t size)
{
    return fails() ? NULL : BEHIND(malloc)(size);
}

void *calloc(size_t count, size_t size)
{
    return fails() ? NULL : BEHIND(calloc)(count, size);
}

void *realloc(void *memory, size_t size)
{
    return fails() ? NULL : BEHIND(realloc)(memory, size);
}

void *reallocarray(void *memory, size_t count, size_t size)
{
    size_t total;
    return __builtin_mul_overflow(count, size, &total) ? NULL : realloc(memory, total);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return fails() ? NULL : BEHIND(memalign)(alignment, size);
}

int posix_memalign(void **ret_memory, size_t alignment, size_t size)
{
    void *memory = aligned_alloc(alignment, size);
    if (memory == NULL)
        return ENOMEM;
    *ret_memory = memory;
    return 0;
}

static bool is_json_c(const void *caller)
{
    Dl_info info;
    return dladdr(caller, &info) != 0 && info.dli_fname != NULL && strstr(info.dli_fname, "libjson-c") != NULL;
}

static char *copy(const char *text, size_t size, const void *caller)
{
    bool spared = hunger.is_armed && is_json_c(caller);
    char *made = spared ? BEHIND(malloc)(size + 1) : malloc(size + 1);
    if (made == NULL)
        return NULL;
    memcpy(made, text, size);
    made[size] = '\0';
    return made;
}

char *strdup(const char *text)
{
    return copy(text, strlen(text), __builtin_return_address(0));
}

char *strndup(const char *text, size_t most)
{
    return copy(text, strnlen(text, most), __builtin_return_address(0));
}

/* One run in which the allocation of that number, from 0, fails. False: there were not so many. */
static bool run(const struct starved *starved, size_t at, bool fails_on, size_t *ret_count)
{
    struct err err = {0};
    hunger.left = at;
    hunger.fails_on = fails_on;
    hunger.failed = hunger.count = 0;
    hunger.is_armed = true;
    enum status status = starved->act(starved->context, &err);
    hunger.is_armed = false;
    size_t failed = hunger.failed;
    *ret_count = hunger.count;
    cr_assert(status == starved->otherwise || (failed > 0 && status == STATUS_NOMEM), "%s, allocation %zu%s: %s (%s)",
              starved->name, at, fails_on ? " and all after it" : "", status_name(status), err.message);
    if (status == STATUS_OK && starved->check != NULL)
        starved->check(starved->context);
    starved->release(starved->context);
    return failed > 0;
}

size_t starve_each(const struct starved *starved)
{
    size_t count = 0;
    for (size_t at = 0; run(starved, at, false, &count); at++) {
    }
    size_t ignored;
    for (size_t at = 0; run(starved, at, true, &ignored); at++) {
    }
    cr_assert_gt(count, 0, "%s allocates nothing: is the allocator in place?", starved->name);
    printf("%s: %zu allocations\n", starved->name, count);
    return count;
}
/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
