/*
 * Faults on purpose. Criterion would report a leaking test as passed; these
 * tests are run so that CTest sees each of them fail, and the sound one pass.
 */
#include <criterion/criterion.h>

#include <limits.h>
#include <stdlib.h>

Test(canary, sound)
{
    void *memory = malloc(32);
    cr_assert_not_null(memory);
    free(memory);
}

/* Through a volatile pointer that is overwritten, so that neither compiler nor stack keeps the memory reachable. */
Test(canary, leak)
{
    void *volatile memory = malloc(32);
    memory = NULL;
    cr_assert_null(memory);
}

Test(canary, overflow)
{
    volatile int large = INT_MAX;
    large = large + 1;
    cr_assert(large < 0);
}
