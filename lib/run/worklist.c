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
    *list = (struct worklist){.plan = plan, .back = plan->unit_count, .joined = SIZE_MAX};
}

void worklist_release(struct worklist *list)
{
    for (size_t i = 0; i < list->trouble_count; i++) {
        for (size_t j = 0; j < WORKLIST_CLASSES; j++)
            free(list->troubles[i].queues[j].list.units);
    }
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
        if (at->waiting > 0 && (least == NULL || at->failed < least->failed))
            least = at;
    }
    return least;
}

bool worklist_is_at_end(const struct worklist *list)
{
    size_t left = list->back - list->front;
    bool none = left == 0 || (left == 1 && list->front == list->joined);
    return list->pieces.count == 0 && none;
}

bool worklist_is_empty(const struct worklist *list)
{
    return worklist_is_at_end(list) && least_troubled(list) == NULL;
}

bool worklist_is_patient(const struct worklist *list, const struct coverage_building *building)
{
    const struct trouble *trouble = find(list, building);
    return trouble != NULL && trouble->failed >= WORKLIST_PATIENCE;
}

static bool is_in_trouble(const struct worklist *list)
{
    return list->failed >= WORKLIST_PATIENCE;
}

/* The next of the pieces, else of the plan. */
static bool take_first(struct worklist *list, struct unit *ret_unit)
{
    if (list->pieces.count > 0) {
        *ret_unit = list->pieces.units[--list->pieces.count];
        return true;
    }
    while (list->front < list->back) {
        size_t at = is_in_trouble(list) ? --list->back : list->front++;
        *ret_unit = list->plan->units[at];
        if (at != list->joined)
            return true;
    }
    return false;
}

static bool same_series(const struct unit *a, const struct unit *b)
{
    if (a->building != b->building || strcmp(a->granularity, b->granularity) != 0 || a->site_count != b->site_count ||
        a->group_count != b->group_count || memcmp(a->sites, b->sites, a->site_count * sizeof *a->sites) != 0)
        return false;
    for (size_t i = 0; i < a->group_count; i++) {
        if (strcmp(a->groups[i], b->groups[i]) != 0)
            return false;
    }
    return true;
}

void worklist_join(struct worklist *list, struct unit *unit)
{
    enum { NEAR = 4096 };
    for (size_t at = list->front; list->joined == SIZE_MAX && at < list->back && at - list->front < NEAR; at++) {
        const struct unit *other = &list->plan->units[at];
        bool before = other->days.end == unit->days.first;
        bool after = other->days.first == unit->days.end;
        if (!(before || after) || !same_series(unit, other))
            continue;
        if (before)
            unit->days.first = other->days.first;
        else
            unit->days.end = other->days.end;
        list->joined = at;
    }
}

static size_t class_of(const struct unit *unit)
{
    size_t slices = unit_slice_count(unit);
    size_t at = 0;
    for (; slices > 1 && at < WORKLIST_CLASSES - 1; slices /= 2)
        at++;
    return at;
}

enum status unit_queue_add(struct unit_queue *queue, const struct unit *unit, struct err *err)
{
    struct unit_list *list = &queue->list;
    if (list->count == list->capacity && queue->front > list->count / 2) {
        list->count -= queue->front;
        memmove(list->units, list->units + queue->front, list->count * sizeof *list->units);
        queue->front = 0;
    }
    return unit_list_add(list, unit, err);
}

static bool is_empty(const struct unit_queue *queue)
{
    return queue->front == queue->list.count;
}

/* The largest class in turn with the smallest, there the latest. Something must wait. */
static struct unit take_waiting(struct trouble *trouble, bool latest)
{
    bool largest = trouble->turns++ % 2 == 0;
    size_t at = largest ? WORKLIST_CLASSES - 1 : 0;
    while (is_empty(&trouble->queues[at]))
        at = largest ? at - 1 : at + 1;
    struct unit_queue *queue = &trouble->queues[at];
    trouble->waiting--;
    return queue->list.units[latest || !largest ? --queue->list.count : queue->front++];
}

enum status worklist_next(struct worklist *list, bool *ret_found, struct unit *ret_unit, struct err *err)
{
    struct unit unit;
    *ret_found = true;
    while (take_first(list, &unit)) {
        if (!worklist_is_patient(list, unit.building)) {
            *ret_unit = unit;
            return STATUS_OK;
        }
        enum status status = worklist_postpone(list, &unit, err);
        if (status != STATUS_OK)
            return status;
    }
    struct trouble *trouble = least_troubled(list);
    if (trouble != NULL)
        *ret_unit = take_waiting(trouble, is_in_trouble(list));
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
    struct unit_queue *at = &trouble->queues[class_of(unit)];
    struct unit_queue queue = *at; /* a copy: gcc -fanalyzer loses sight of it in there */
    enum status status = unit_queue_add(&queue, unit, err);
    trouble->waiting += status == STATUS_OK;
    *at = queue;
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
