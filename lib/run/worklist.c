#include "run/worklist.h"

#include <stdlib.h>
#include <string.h>

enum status unit_list_add(struct unit_list *list, const struct unit *unit, struct err *err)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity != 0 ? list->capacity * 2 : 64;
        struct unit *units = reallocarray(list->units, capacity, sizeof *units);
        if (units == NULL)
            return err_nomem(err);
        list->units = units;
        list->capacity = capacity;
    }
    list->units[list->count++] = *unit;
    return STATUS_OK;
}

void worklist_init(struct worklist *list, const struct plan *plan)
{
    *list = (struct worklist){.plan = plan, .back = plan->unit_count};
}

void worklist_release(struct worklist *list)
{
    for (size_t i = 0; i < list->trouble_count; i++)
        free(list->troubles[i].units.units);
    free(list->troubles);
    free(list->pieces.units);
    *list = (struct worklist){0};
}

/* Its pointers hold until the next building fails. */
static struct trouble *find(const struct worklist *list, const struct coverage_building *building)
{
    for (size_t i = 0; i < list->trouble_count; i++) {
        if (list->troubles[i].building == building)
            return &list->troubles[i];
    }
    return NULL;
}

/* NULL: no memory. */
static struct trouble *find_or_add(struct worklist *list, const struct coverage_building *building)
{
    struct trouble *trouble = find(list, building);
    if (trouble != NULL)
        return trouble;
    struct trouble *troubles = reallocarray(list->troubles, list->trouble_count + 1, sizeof *troubles);
    if (troubles == NULL)
        return NULL;
    list->troubles = troubles;
    trouble = &troubles[list->trouble_count++];
    *trouble = (struct trouble){.building = building};
    return trouble;
}

/* The building with waiting units that failed least; of equals the one that failed first. */
static struct trouble *least_troubled(const struct worklist *list)
{
    struct trouble *least = NULL;
    for (size_t i = 0; i < list->trouble_count; i++) {
        struct trouble *at = &list->troubles[i];
        if (at->units.count > 0 && (least == NULL || at->failed < least->failed))
            least = at;
    }
    return least;
}

bool worklist_is_empty(const struct worklist *list)
{
    return list->pieces.count == 0 && list->front == list->back && least_troubled(list) == NULL;
}

static bool must_wait(struct worklist *list, const struct unit *unit)
{
    const struct trouble *trouble = find(list, unit->building);
    return trouble != NULL && trouble->failed >= WORKLIST_PATIENCE;
}

static bool is_in_trouble(const struct worklist *list)
{
    return list->failed >= WORKLIST_PATIENCE;
}

/* The next of the pieces, else of the plan. */
static bool take_first(struct worklist *list, struct unit *ret_unit)
{
    if (list->pieces.count > 0)
        *ret_unit = list->pieces.units[--list->pieces.count];
    else if (list->front < list->back)
        *ret_unit = list->plan->units[is_in_trouble(list) ? --list->back : list->front++];
    else
        return false;
    return true;
}

/* Of equals the one that waits longest, or the one that waits shortest. Not empty. */
static struct unit take_largest(struct unit_list *list, bool latest)
{
    size_t at = 0;
    for (size_t i = 1; i < list->count; i++) {
        size_t slices = unit_slice_count(&list->units[i]);
        size_t most = unit_slice_count(&list->units[at]);
        if (slices > most || (slices == most && latest))
            at = i;
    }
    struct unit unit = list->units[at];
    list->count--;
    memmove(&list->units[at], &list->units[at + 1], (list->count - at) * sizeof unit);
    return unit;
}

enum status worklist_next(struct worklist *list, bool *ret_found, struct unit *ret_unit, struct err *err)
{
    struct unit unit;
    *ret_found = true;
    while (take_first(list, &unit)) {
        if (!must_wait(list, &unit)) {
            *ret_unit = unit;
            return STATUS_OK;
        }
        enum status status = worklist_postpone(list, &unit, err);
        if (status != STATUS_OK)
            return status;
    }
    struct trouble *trouble = least_troubled(list);
    if (trouble != NULL)
        *ret_unit = take_largest(&trouble->units, is_in_trouble(list));
    *ret_found = trouble != NULL;
    return STATUS_OK;
}

enum status worklist_push(struct worklist *list, const struct unit *unit, struct err *err)
{
    return unit_list_add(&list->pieces, unit, err);
}

enum status worklist_postpone(struct worklist *list, const struct unit *unit, struct err *err)
{
    struct trouble *trouble = find_or_add(list, unit->building);
    if (trouble == NULL)
        return err_nomem(err);
    struct unit_list waiting = trouble->units; /* a copy: gcc -fanalyzer loses sight of it in there */
    enum status status = unit_list_add(&waiting, unit, err);
    trouble->units = waiting;
    return status;
}

void worklist_worked(struct worklist *list, const struct coverage_building *building)
{
    struct trouble *trouble = find(list, building);
    if (trouble != NULL)
        trouble->failed = 0;
    list->failed = 0;
}

enum status worklist_failed(struct worklist *list, const struct coverage_building *building, struct err *err)
{
    struct trouble *trouble = find_or_add(list, building);
    if (trouble == NULL)
        return err_nomem(err);
    trouble->failed++;
    list->failed++;
    return STATUS_OK;
}

size_t worklist_troubled(const struct worklist *list)
{
    size_t count = 0;
    for (size_t i = 0; i < list->trouble_count; i++)
        count += list->troubles[i].failed > 0;
    return count;
}
