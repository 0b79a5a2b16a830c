#include "run/unit_size.h"

void unit_size_init(struct unit_size *size)
{
    *size = (struct unit_size){.limit = UINT64_MAX, .patience = UNIT_SIZE_PATIENCE};
}

/* The power of two that the size lies in. */
static int class_of(uint64_t rows)
{
    return rows > 1 ? 63 - __builtin_clzll(rows) : 0;
}

uint64_t unit_size_most(const struct unit_size *size)
{
    if (size->is_trying || size->worked < size->patience)
        return size->limit;
    return size->limit <= UINT64_MAX / 2 ? size->limit * 2 : UINT64_MAX;
}

void unit_size_began(struct unit_size *size, uint64_t rows)
{
    if (rows <= size->limit)
        return;
    size->is_trying = true;
    size->worked = 0;
}

void unit_size_worked(struct unit_size *size, uint64_t rows)
{
    for (int i = 0; i <= class_of(rows); i++)
        size->failed[i] = 0;
    if (size->limit == UINT64_MAX)
        return;
    if (rows > size->limit) { /* it tried more, or was in flight before the limit fell */
        size->limit = rows;
        size->is_trying = false;
    }
    if (rows > size->limit / 2)
        size->worked++;
}

void unit_size_failed(struct unit_size *size, uint64_t rows)
{
    int at = class_of(rows);
    if (rows > size->limit) { /* tried in vain, or known already */
        if (size->is_trying && size->patience <= UINT64_MAX / 4)
            size->patience *= 4;
        size->is_trying = false;
        return;
    }
    if (size->failed[at] < UINT8_MAX)
        size->failed[at]++;
    if (size->failed[at] < 2)
        return;
    size->limit = rows - rows / 3; /* the halves of a unit are not always equal: of three days one has two */
    size->worked = 0;
}
