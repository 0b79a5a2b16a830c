#include "model/plan.h"

#include <string.h>

static size_t day_count(const struct unit *unit)
{
    return (size_t)(unit->days.end - unit->days.first);
}

size_t unit_slice_count(const struct unit *unit)
{
    return day_count(unit) * unit->site_count * unit->group_count;
}

uint64_t unit_expected_rows(const struct unit *unit)
{
    return (uint64_t)unit_slice_count(unit) * (uint64_t)granularity_rows_per_day(unit->granularity);
}

static size_t site_index(const struct unit *unit, int64_t site_id)
{
    for (size_t i = 0; i < unit->site_count; i++) {
        if (unit->sites[i] == site_id)
            return i;
    }
    return SIZE_MAX;
}

static size_t group_index(const struct unit *unit, const char *group_id, size_t group_size)
{
    for (size_t i = 0; i < unit->group_count; i++) {
        if (strlen(unit->groups[i]) == group_size && memcmp(unit->groups[i], group_id, group_size) == 0)
            return i;
    }
    return SIZE_MAX;
}

size_t unit_slice_of(const struct unit *unit, civil_day day, int64_t site_id, const char *group_id, size_t group_size)
{
    if (day < unit->days.first || day >= unit->days.end)
        return SIZE_MAX;
    size_t site = site_index(unit, site_id);
    size_t group = group_index(unit, group_id, group_size);
    if (site == SIZE_MAX || group == SIZE_MAX)
        return SIZE_MAX;
    return ((size_t)(day - unit->days.first) * unit->site_count + site) * unit->group_count + group;
}

struct series_key unit_series_of(const struct unit *unit, size_t slice, civil_day *ret_day)
{
    size_t series = slice / unit->group_count;
    *ret_day = unit->days.first + (civil_day)(series / unit->site_count);
    return (struct series_key){
        .building_id = unit->building->id,
        .site_id = unit->sites[series % unit->site_count],
        .group_id = unit->groups[slice % unit->group_count],
        .granularity = unit->granularity,
    };
}

bool unit_halve(const struct unit *unit, struct unit *ret_first, struct unit *ret_second)
{
    size_t days = day_count(unit);
    if (unit_slice_count(unit) <= 1)
        return false;
    struct unit first = *unit;
    struct unit second = *unit;
    if (days >= unit->site_count && days >= unit->group_count) {
        first.days.end = unit->days.first + (civil_day)(days / 2);
        second.days.first = first.days.end;
    } else if (unit->site_count >= unit->group_count) {
        first.site_count = unit->site_count / 2;
        second.sites = unit->sites + first.site_count;
        second.site_count = unit->site_count - first.site_count;
    } else {
        first.group_count = unit->group_count / 2;
        second.groups = unit->groups + first.group_count;
        second.group_count = unit->group_count - first.group_count;
    }
    *ret_first = first;
    *ret_second = second;
    return true;
}
