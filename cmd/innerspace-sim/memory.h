/*
 * Answers that were given before, found again by the text of the question, for benchmarks: the second time a question
 * costs the simulator nothing, so that the client is what is measured.
 */
#ifndef SIM_MEMORY_H
#define SIM_MEMORY_H

#include "core/buf.h"

#include <pthread.h>
#include <stdint.h>

enum { MEMORY_SLOTS = 1 << 16 };

struct remembered {
    struct remembered *next;
    struct buf question;
    struct buf answer;
    uint64_t rows;
};

struct memory {
    pthread_mutex_t lock;
    struct remembered **slots; /* owned; NULL: nothing is remembered */
};

/* STATUS_NOMEM. */
enum status memory_init(struct memory *memory, struct err *err) MUST_CHECK;
void memory_release(struct memory *memory);

/* NULL: not asked before. What is returned stays until the release. */
const struct remembered *memory_find(struct memory *memory, const char *question, size_t size);

/* Takes the answer over; without memory for it it is forgotten. Returns it as memory_find would, or NULL. */
const struct remembered *memory_keep(struct memory *memory, const char *question, size_t size, struct buf *answer,
                                     uint64_t rows);

#endif
