/*
 * How much to ask for at once: what the server has shown it can do. Pure.
 *
 * A size is the rows that a unit holds by expectation. A unit above the limit is cut before it is asked for.
 *
 * A failure may be the fault of one bad slice in the unit, so it speaks of the size only when two units of the same
 * size class (a power of two) failed and none of that class or above worked since: one bad slice fails one unit a class
 * on its way down, a server that chokes fails them all. The limit then falls to two thirds of what failed, so that the
 * unit and others like it are halved.
 *
 * The limit is not for ever. After UNIT_SIZE_PATIENCE units that worked at the limit, one is let through at twice the
 * size; when that fails, the patience is four times as long, so that asking again costs less than a hundredth.
 */
#ifndef OCCUPORT_RUN_UNIT_SIZE_H
#define OCCUPORT_RUN_UNIT_SIZE_H

#include <stdbool.h>
#include <stdint.h>

enum { UNIT_SIZE_PATIENCE = 128, UNIT_SIZE_CLASSES = 64 };

struct unit_size {
    uint64_t limit;                          /* rows; UINT64_MAX: none known */
    uint64_t patience;                       /* units that must work before more is tried */
    uint64_t worked;                         /* in a row, near the limit */
    bool is_trying;                          /* one unit above the limit is in flight */
    unsigned char failed[UNIT_SIZE_CLASSES]; /* units by class since one of that class or above worked */
};

void unit_size_init(struct unit_size *size);

/* The most rows that the next unit may hold. */
uint64_t unit_size_most(const struct unit_size *size);

/* A unit of so many rows is asked for: it may be the one that tries more. */
void unit_size_began(struct unit_size *size, uint64_t rows);

/* It was fetched. */
void unit_size_worked(struct unit_size *size, uint64_t rows);

/* A unit of more than one slice failed, for a reason that its size may be. */
void unit_size_failed(struct unit_size *size, uint64_t rows);

#endif
