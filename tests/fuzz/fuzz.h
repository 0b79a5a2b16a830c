/*
 * A fuzz target is one file fuzz_NAME.c with this function: it takes any
 * bytes, returns 0 and aborts when a promise of the code is broken. Seeds stand in
 * corpus/NAME, one input a file; an input that once broke something is added
 * there and stays. `./dev fuzz` searches for new ones, CTest replays the seeds.
 */
#ifndef OCCUPORT_TEST_FUZZ_H
#define OCCUPORT_TEST_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PROMISE(condition)                                                                                             \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "%s:%d: broken promise: %s\n", __FILE__, __LINE__, #condition);                            \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

#endif
