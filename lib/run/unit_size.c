#include "run/unit_size.h"

void unit_size_init(struct unit_size *size, bool one_building)
{
    *size = (struct unit_size){
        .one_building = one_building, .limit = UINT64_MAX, .timely = UINT64_MAX, .patience = UNIT_SIZE_PATIENCE};
}

/* The power of two that the size lies in. */
static int class_of(uint64_t rows)
{
    return rows > 1 ? 63 - __builtin_clzll(rows) : 0;
}

uint64_t unit_size_most(const struct unit_size *size)
{
    uint64_t most = size->limit;
    if (!size->is_trying && size->worked >= size->patience)
        most = size->limit <= UINT64_MAX / 2 ? size->limit * 2 : UINT64_MAX;
    return most < size->timely ? most : size->timely;
}

/* Two answers of about that size were slow: less is asked for, if less has not been in vain before. */
static void shrink(struct unit_size *size, uint64_t rows, int64_t elapsed_ms)
{
    bool is_smaller = size->slow_ms > 0 && rows <= size->slow_rows - size->slow_rows / 4;
    if (is_smaller && elapsed_ms > size->slow_ms - size->slow_ms / 4) { /* time is not a matter of rows */
        size->timely = UINT64_MAX;
        size->is_timeless = true;
        return;
    }
    uint64_t fitting = (uint64_t)((double)rows * UNIT_SIZE_AIM_MS / (double)elapsed_ms);
    if (fitting < rows / 2)
        fitting = rows / 2;
    if (fitting < size->timely)
        size->timely = fitting > 0 ? fitting : 1;
    size->slow_rows = rows;
    size->slow_ms = elapsed_ms;
}

void unit_size_took(struct unit_size *size, uint64_t rows, int64_t elapsed_ms)
{
    if (size->is_timeless || (size->timely != UINT64_MAX && rows <= size->timely / 2))
        return;
    if (elapsed_ms > UNIT_SIZE_SLOW_MS) {
        if (++size->slow % 2 == 0)
            shrink(size, rows, elapsed_ms);
        return;
    }
    size->slow = 0;
    if (elapsed_ms < UNIT_SIZE_QUICK_MS)
        size->timely = size->timely <= UINT64_MAX / 2 ? size->timely * 2 : UINT64_MAX;
}

bool unit_size_began(struct unit_size *size, uint64_t rows)
{
    if (rows <= size->limit)
        return false;
    size->is_trying = true;
    size->worked = 0;
    return true;
}

void unit_size_tried(struct unit_size *size)
{
    size->is_trying = false;
}

void unit_size_worked(struct unit_size *size, uint64_t rows)
{
    for (int i = 0; i <= class_of(rows); i++)
        size->classes[i] = (struct unit_size_class){0};
    if (size->limit == UINT64_MAX)
        return;
    if (rows > size->limit) /* it tried more, or was in flight before the limit fell */
        size->limit = rows;
    if (rows > size->limit / 2)
        size->worked++;
}

/* Takes down a failure; true when it was not the first that speaks of the size. */
static bool speaks_of_size(struct unit_size *size, struct unit_size_class *at, int64_t building_id)
{
    if (at->failed == 0)
        at->building_id = building_id;
    at->is_shared |= at->building_id != building_id;
    if (at->failed < UINT8_MAX)
        at->failed++;
    return at->failed >= (at->is_shared || size->one_building ? 2 : UNIT_SIZE_ALONE);
}

/* Two thirds, rounded down: the halves of a unit are not always equal, of three days one has two. */
static uint64_t two_thirds(uint64_t rows)
{
    uint64_t most = rows - rows / 3 - (rows % 3 != 0);
    return most > 0 ? most : 1;
}

void unit_size_failed(struct unit_size *size, uint64_t rows, int64_t building_id)
{
    if (rows > size->limit) { /* tried in vain, or known already */
        if (size->is_trying && size->patience <= UINT64_MAX / 4)
            size->patience *= 4;
        return;
    }
    if (!speaks_of_size(size, &size->classes[class_of(rows)], building_id))
        return;
    size->limit = two_thirds(rows);
    size->worked = 0;
}
