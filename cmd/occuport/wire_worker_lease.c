#include "wire_worker_internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A list that is no part of the building's; kept once for all units. NULL: no memory. */
static const void *keep(struct worker *worker, const struct coverage_building *building, size_t count,
                        const void *items, size_t item_size)
{
    size_t size = count * item_size;
    uint64_t hash = UINT64_C(14695981039346656037) ^ (uint64_t)building->id;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ ((const unsigned char *)items)[i]) * UINT64_C(1099511628211);
    struct kept **first = &worker->kept[hash % WORKER_KEPT];
    for (const struct kept *at = *first; at != NULL; at = at->next) {
        if (at->size == size && memcmp(at->items, items, size) == 0)
            return at->items;
    }
    struct kept *kept = arena_calloc(&worker->arena, 1, sizeof *kept);
    unsigned char *copy = arena_calloc(&worker->arena, count, item_size);
    if (kept == NULL || copy == NULL)
        return NULL;
    memcpy(copy, items, size);
    *kept = (struct kept){*first, size, copy};
    *first = kept;
    return copy;
}

const int64_t *lease_sites(struct worker *worker, const struct coverage_building *building, size_t count,
                           const int64_t *sites)
{
    size_t at = 0;
    while (at < building->site_count && building->sites[at] != sites[0])
        at++;
    if (count <= building->site_count - at && memcmp(building->sites + at, sites, count * sizeof *sites) == 0)
        return building->sites + at;
    return keep(worker, building, count, sites, sizeof *sites);
}

static const char *group_of(const struct coverage_building *building, const char *group)
{
    for (size_t i = 0; i < building->group_count; i++) {
        if (strcmp(building->groups[i], group) == 0)
            return building->groups[i];
    }
    return NULL;
}

static size_t first_group(const struct coverage_building *building, const char *group)
{
    size_t at = 0;
    while (at < building->group_count && strcmp(building->groups[at], group) != 0)
        at++;
    return at;
}

const char *const *lease_groups(struct worker *worker, const struct coverage_building *building, size_t count,
                                const char *const *groups)
{
    size_t first = first_group(building, groups[0]);
    size_t same = 0;
    while (same < count && first + same < building->group_count &&
           strcmp(building->groups[first + same], groups[same]) == 0)
        same++;
    if (same == count)
        return building->groups + first;
    const char **own = calloc(count, sizeof *own);
    if (own == NULL)
        return NULL;
    bool known = true;
    for (size_t i = 0; known && i < count; i++) {
        own[i] = group_of(building, groups[i]);
        known = own[i] != NULL;
    }
    const char *const *kept = known ? keep(worker, building, count, own, sizeof *own) : NULL;
    free(own);
    return kept;
}

static bool find_unit(struct worker *worker, size_t dataset, const struct work_lease *from, struct unit *ret_unit)
{
    const struct coverage *coverage = &worker->coverages[dataset];
    size_t building = 0;
    size_t granularity = 0;
    while (building < coverage->building_count && coverage->buildings[building].id != from->building_id)
        building++;
    while (granularity < coverage->granularity_count &&
           strcmp(coverage->granularities[granularity], from->granularity) != 0)
        granularity++;
    if (building == coverage->building_count || granularity == coverage->granularity_count)
        return false;
    *ret_unit = (struct unit){
        .building = &coverage->buildings[building],
        .granularity = coverage->granularities[granularity],
        .days = from->days,
        .site_count = from->site_count,
        .group_count = from->group_count,
    };
    ret_unit->sites = lease_sites(worker, ret_unit->building, from->site_count, from->sites);
    ret_unit->groups = lease_groups(worker, ret_unit->building, from->group_count, from->groups);
    return ret_unit->sites != NULL && ret_unit->groups != NULL;
}

static struct lease *make(struct worker *worker, size_t dataset, const struct unit *unit, struct err *err)
{
    struct lease *lease = calloc(1, sizeof *lease);
    size_t slices = unit_slice_count(unit);
    if (lease != NULL) {
        *lease = (struct lease){.dataset = dataset, .unit = *unit, .slices = slices, .beat = worker->beats};
        lease->bits = calloc(slices + 1, 1);
        lease->pending = calloc(slices + 1, 1);
    }
    if (lease == NULL || lease->bits == NULL || lease->pending == NULL) {
        lease_free(lease);
        (void)err_nomem(err);
        return NULL;
    }
    return lease;
}

struct lease *lease_adopt(struct worker *worker, size_t dataset, const struct work_lease *from, struct err *err)
{
    struct unit unit;
    if (!find_unit(worker, dataset, from, &unit)) {
        err_set(err, STATUS_IO, "the table work_units holds building %" PRId64 ", as this job does not",
                from->building_id);
        return NULL;
    }
    struct lease *lease = make(worker, dataset, &unit, err);
    if (lease != NULL) {
        lease->unit_id = from->unit_id;
        lease->lease_no = from->lease_no;
        lease->goal_id = from->goal_id;
        lease->unit.ticket = ++worker->tickets;
        lease->is_helped = from->goal_id != worker->goal.goal_id;
    }
    return lease;
}

void lease_free(struct lease *lease)
{
    if (lease == NULL)
        return;
    free(lease->bits);
    free(lease->pending);
    free(lease);
}

/* Nobody looks at them any more. */
static void free_over(struct worker *worker)
{
    while (worker->over != NULL) {
        struct lease *next = worker->over->next;
        lease_free(worker->over);
        worker->over = next;
    }
}

void lease_end(struct worker *worker, struct lease *lease)
{
    for (struct lease **at = &worker->leases; *at != NULL; at = &(*at)->next) {
        if (*at != lease)
            continue;
        *at = lease->next;
        worker->held--;
        worker->helped += lease->is_helped ? lease->done - lease->found : 0;
        lease->is_over = true;
        lease->next = worker->over;
        worker->over = lease;
        break;
    }
    if (worker->pins == 0)
        free_over(worker);
}

void leases_pin(struct worker *worker)
{
    pthread_mutex_lock(&worker->lock);
    worker->pins++;
    pthread_mutex_unlock(&worker->lock);
}

void leases_unpin(struct worker *worker)
{
    pthread_mutex_lock(&worker->lock);
    worker->pins--;
    if (worker->pins == 0)
        free_over(worker);
    pthread_mutex_unlock(&worker->lock);
}

void leases_end_all(struct worker *worker)
{
    while (worker->leases != NULL)
        lease_end(worker, worker->leases);
}

static size_t common_sites(const struct unit *a, const struct unit *b)
{
    size_t count = 0;
    for (size_t i = 0; i < a->site_count; i++) {
        for (size_t j = 0; j < b->site_count; j++)
            count += a->sites[i] == b->sites[j];
    }
    return count;
}

static size_t common_groups(const struct unit *a, const struct unit *b)
{
    size_t count = 0;
    for (size_t i = 0; i < a->group_count; i++) {
        for (size_t j = 0; j < b->group_count; j++)
            count += strcmp(a->groups[i], b->groups[j]) == 0;
    }
    return count;
}

static struct day_range common_days(const struct unit *a, const struct unit *b)
{
    struct day_range days = {
        .first = a->days.first > b->days.first ? a->days.first : b->days.first,
        .end = a->days.end < b->days.end ? a->days.end : b->days.end,
    };
    if (days.end < days.first)
        days.end = days.first;
    return days;
}

size_t lease_overlap(const struct lease *lease, size_t dataset, const struct unit *unit)
{
    const struct unit *own = &lease->unit;
    if (lease->dataset != dataset || own->ticket > unit->ticket || own->building != unit->building ||
        strcmp(own->granularity, unit->granularity) != 0)
        return 0;
    struct day_range days = common_days(own, unit);
    size_t count = (size_t)(days.end - days.first);
    return count > 0 ? count * common_sites(own, unit) * common_groups(own, unit) : 0;
}

bool lease_common(const struct lease *lease, const struct unit *unit, struct arena *arena, struct unit *ret_common)
{
    const struct unit *own = &lease->unit;
    int64_t *sites = arena_calloc(arena, unit->site_count, sizeof *sites);
    const char **groups = arena_calloc(arena, unit->group_count, sizeof *groups);
    if (sites == NULL || groups == NULL)
        return false;
    *ret_common = *unit;
    ret_common->days = common_days(own, unit);
    ret_common->site_count = 0;
    ret_common->group_count = 0;
    for (size_t i = 0; i < unit->site_count; i++) {
        for (size_t j = 0; j < own->site_count; j++) {
            if (unit->sites[i] == own->sites[j])
                sites[ret_common->site_count++] = unit->sites[i];
        }
    }
    for (size_t i = 0; i < unit->group_count; i++) {
        for (size_t j = 0; j < own->group_count; j++) {
            if (strcmp(unit->groups[i], own->groups[j]) == 0)
                groups[ret_common->group_count++] = unit->groups[i];
        }
    }
    ret_common->sites = sites;
    ret_common->groups = groups;
    return true;
}
