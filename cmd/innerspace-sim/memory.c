#include "memory.h"

#include <stdlib.h>
#include <string.h>

enum status memory_init(struct memory *memory, struct err *err)
{
    pthread_mutex_init(&memory->lock, NULL);
    memory->slots = calloc(MEMORY_SLOTS, sizeof(struct remembered *));
    return memory->slots != NULL ? STATUS_OK : err_nomem(err);
}

void memory_release(struct memory *memory)
{
    for (size_t i = 0; memory->slots != NULL && i < MEMORY_SLOTS; i++) {
        struct remembered *at = memory->slots[i];
        while (at != NULL) {
            struct remembered *next = at->next;
            buf_release(&at->question);
            buf_release(&at->answer);
            free(at);
            at = next;
        }
    }
    if (memory->slots != NULL)
        pthread_mutex_destroy(&memory->lock);
    free(memory->slots);
    *memory = (struct memory){.slots = NULL};
}

/* FNV-1a */
static struct remembered **slot_of(const struct memory *memory, const char *question, size_t size)
{
    uint64_t hash = 0xCBF29CE484222325u;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (unsigned char)question[i]) * 0x100000001B3u;
    return &memory->slots[(hash ^ hash >> 32) % MEMORY_SLOTS];
}

const struct remembered *memory_find(struct memory *memory, const char *question, size_t size)
{
    pthread_mutex_lock(&memory->lock);
    const struct remembered *at = *slot_of(memory, question, size);
    while (at != NULL && (at->question.size != size || memcmp(at->question.data, question, size) != 0))
        at = at->next;
    pthread_mutex_unlock(&memory->lock);
    return at;
}

const struct remembered *memory_keep(struct memory *memory, const char *question, size_t size, struct buf *answer,
                                     uint64_t rows)
{
    struct remembered *kept = calloc(1, sizeof *kept);
    if (kept == NULL)
        return NULL;
    kept->question.max = size + 1;
    buf_append(&kept->question, question, size);
    kept->answer = *answer;
    kept->rows = rows;
    *answer = (struct buf){0};
    pthread_mutex_lock(&memory->lock);
    struct remembered **slot = slot_of(memory, question, size);
    kept->next = *slot;
    *slot = kept;
    pthread_mutex_unlock(&memory->lock);
    return kept;
}
