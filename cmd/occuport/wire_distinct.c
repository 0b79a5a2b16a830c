#include "wire_distinct.h"

#include <stdlib.h>
#include <string.h>

/*
 * Units are rectangles. They are sorted by building, granularity and first day, so that a unit is compared only with
 * those behind it that begin before it ends.
 */
struct place {
    const struct unit *unit;
    size_t at; /* of its outcome */
};

static int compare_kinds(const struct unit *left, const struct unit *right)
{
    if (left->building->id != right->building->id)
        return left->building->id < right->building->id ? -1 : 1;
    return left->granularity == right->granularity ? 0 : strcmp(left->granularity, right->granularity);
}

static int compare_places(const void *a, const void *b)
{
    const struct place *left = a;
    const struct place *right = b;
    int order = compare_kinds(left->unit, right->unit);
    if (order != 0)
        return order;
    civil_day first[] = {left->unit->days.first, right->unit->days.first};
    if (first[0] != first[1])
        return first[0] < first[1] ? -1 : 1;
    return left->at < right->at ? -1 : left->at > right->at;
}

static bool share_a_site(const struct unit *left, const struct unit *right)
{
    for (size_t i = 0; i < left->site_count; i++) {
        for (size_t j = 0; j < right->site_count; j++) {
            if (left->sites[i] == right->sites[j])
                return true;
        }
    }
    return false;
}

static bool share_a_group(const struct unit *left, const struct unit *right)
{
    for (size_t i = 0; i < left->group_count; i++) {
        for (size_t j = 0; j < right->group_count; j++) {
            if (left->groups[i] == right->groups[j] || strcmp(left->groups[i], right->groups[j]) == 0)
                return true;
        }
    }
    return false;
}

enum status outcomes_distinct(size_t count, const struct unit_outcome *const *outcomes, size_t *ret_count,
                              struct err *err)
{
    size_t distinct = count;
    struct place *places = calloc(count + 1, sizeof *places);
    if (places == NULL)
        return err_nomem(err);
    for (size_t i = 0; i < count; i++)
        places[i] = (struct place){outcomes[i]->unit, i};
    qsort(places, count, sizeof *places, compare_places);
    for (size_t i = 0; i < count; i++) {
        const struct unit *unit = places[i].unit;
        for (size_t j = i + 1;
             j < count && compare_kinds(unit, places[j].unit) == 0 && places[j].unit->days.first < unit->days.end;
             j++) {
            size_t later = places[i].at > places[j].at ? places[i].at : places[j].at;
            if (later < distinct && share_a_site(unit, places[j].unit) && share_a_group(unit, places[j].unit))
                distinct = later;
        }
    }
    free(places);
    *ret_count = distinct;
    return STATUS_OK;
}
