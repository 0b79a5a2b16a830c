/*
 * How much to ask for at once: what the server has shown it can do. Pure.
 *
 * A size is the rows that a unit holds by expectation. A unit above the limit is cut before it is asked for.
 *
 * A failure may be the fault of one bad slice in the unit, so it speaks of the size only when two units of the same
 * size class (a power of two) failed and none of that class or above worked since: one bad slice fails one unit a class
 * on its way down, a server that chokes fails them all. It may also be the fault of one bad building, so the two must
 * be of two buildings; of one building alone it takes UNIT_SIZE_ALONE, unless there is no other. The limit then falls
 * to two thirds of what failed, so that the unit and others like it are halved.
 *
 * An answer that takes longer than UNIT_SIZE_SLOW_MS is not good either: it is near the time limits of gateways, and a
 * failure costs all of it. After two in a row units are sized to take UNIT_SIZE_AIM_MS, by half at most, and grow again
 * when twice as much would still be in time. Where smaller answers take as long, time is no matter of rows, and is left
 * out of account from then on.
 *
 * The limit is not for ever. After UNIT_SIZE_PATIENCE units that worked at the limit, one is let through at twice the
 * size; when that fails, the patience is four times as long: asking again costs one unit in 128, then one in 512.
 */
#ifndef OCCUPORT_RUN_UNIT_SIZE_H
#define OCCUPORT_RUN_UNIT_SIZE_H

#include <stdbool.h>
#include <stdint.h>

enum { UNIT_SIZE_SLOW_MS = 5000, UNIT_SIZE_AIM_MS = 3000, UNIT_SIZE_QUICK_MS = 2500 };
enum { UNIT_SIZE_PATIENCE = 128, UNIT_SIZE_CLASSES = 64, UNIT_SIZE_ALONE = 16 };

/* What failed of a size class since a unit of that class or above worked. */
struct unit_size_class {
    unsigned char failed; /* units */
    bool is_shared;       /* of more than one building */
    int64_t building_id;  /* of the first */
};

struct unit_size {
    bool one_building;  /* in the whole plan */
    uint64_t limit;     /* rows; UINT64_MAX: none known */
    uint64_t timely;    /* rows that come in good time; UINT64_MAX: any number */
    unsigned slow;      /* answers in a row */
    uint64_t slow_rows; /* of the answer for which less was asked last */
    int64_t slow_ms;    /* and how long it took; 0: none */
    bool is_timeless;
    uint64_t patience; /* units that must work before more is tried */
    uint64_t worked;   /* in a row, near the limit */
    bool is_trying;    /* one unit above the limit is in flight */
    struct unit_size_class classes[UNIT_SIZE_CLASSES];
};

void unit_size_init(struct unit_size *size, bool one_building);

/* The most rows that the next unit may hold. */
uint64_t unit_size_most(const struct unit_size *size);

/*
 * A unit of so many rows is asked for. True: it tries more than the limit, and unit_size_tried must be called when it
 * has ended, however it did.
 */
bool unit_size_began(struct unit_size *size, uint64_t rows);

/* The unit that tried more has ended; after unit_size_worked or unit_size_failed, if one of them is called for it. */
void unit_size_tried(struct unit_size *size);

/* One good answer of about so many rows took so long. */
void unit_size_took(struct unit_size *size, uint64_t rows, int64_t elapsed_ms);

/* It was fetched. */
void unit_size_worked(struct unit_size *size, uint64_t rows);

/* A unit of more than one slice failed, for a reason that its size may be. */
void unit_size_failed(struct unit_size *size, uint64_t rows, int64_t building_id);

#endif
