#include "model/occupancy.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_TEXT_MAX = 64 };

/* Hours are best told by PT1H; a shorter period will do, and a day still gives the daily picture. */
static int worth(const char *granularity)
{
    if (strcmp(granularity, "PT1H") == 0)
        return 3;
    if (granularity_is_sparse(granularity))
        return 0;
    return granularity_rows_per_day(granularity) > 1 ? 2 : 1;
}

static void choose_granularity(const struct coverage *coverage, struct occupancy *occupancy)
{
    int best = 0;
    for (size_t i = 0; i < coverage->granularity_count; i++) {
        int value = worth(coverage->granularities[i]);
        if (value <= best)
            continue;
        best = value;
        occupancy->granularity = coverage->granularities[i];
    }
    occupancy->has_hours = best > 1;
}

static const char *find_column(size_t count, const char *const *columns, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(columns[i], name) == 0)
            return columns[i];
    }
    return NULL;
}

/* [OCCUPANCY_MEAN: documented; OCCUPANCY_MAX: inferred from the naming of metrics] */
static void choose_columns(size_t count, const char *const *columns, struct occupancy *occupancy)
{
    occupancy->mean_column = find_column(count, columns, "OCCUPANCY_MEAN");
    if (occupancy->mean_column == NULL && count > 0)
        occupancy->mean_column = columns[0];
    occupancy->peak_column = find_column(count, columns, "OCCUPANCY_MAX");
    if (occupancy->peak_column == NULL)
        occupancy->peak_column = occupancy->mean_column;
}

static const char *choose_group(const struct coverage_building *building)
{
    for (size_t i = 0; i < building->group_count; i++) {
        if (strcmp(building->groups[i], OCCUPANCY_EVERYONE) == 0)
            return building->groups[i];
    }
    return building->group_count > 0 ? building->groups[0] : "";
}

static enum status make_building(const struct coverage_building *building, struct occupancy *occupancy,
                                 struct occupancy_building *to, struct err *err)
{
    struct day_range days = building->days;
    if (days.end - days.first > OCCUPANCY_DAYS_MAX)
        days.first = days.end - OCCUPANCY_DAYS_MAX;
    *to = (struct occupancy_building){.building = building, .group = choose_group(building), .days = days};
    size_t day_count = (size_t)(days.end - days.first);
    to->sites = arena_calloc(&occupancy->arena, building->site_count + 1, sizeof *to->sites);
    to->daily = arena_calloc(&occupancy->arena, day_count + 1, sizeof *to->daily);
    if (to->sites == NULL || to->daily == NULL)
        return err_nomem(err);
    for (size_t i = 0; i < building->site_count; i++)
        to->sites[i].id = building->sites[i];
    return STATUS_OK;
}

enum status occupancy_make(const struct coverage *coverage, size_t column_count, const char *const *columns,
                           struct occupancy *ret_occupancy, struct err *err)
{
    struct occupancy *occupancy = ret_occupancy;
    *occupancy = (struct occupancy){.building_count = coverage->building_count};
    choose_granularity(coverage, occupancy);
    choose_columns(column_count, columns, occupancy);
    occupancy->buildings = arena_calloc(&occupancy->arena, coverage->building_count + 1, sizeof *occupancy->buildings);
    if (occupancy->buildings == NULL)
        return err_nomem(err);
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < coverage->building_count; i++)
        status = make_building(&coverage->buildings[i], occupancy, &occupancy->buildings[i], err);
    return status;
}

void occupancy_release(struct occupancy *occupancy)
{
    arena_release(&occupancy->arena);
    *occupancy = (struct occupancy){0};
}

bool occupancy_find_building(const struct occupancy *occupancy, int64_t building_id, size_t *ret_at)
{
    for (size_t i = 0; i < occupancy->building_count; i++) {
        if (occupancy->buildings[i].building->id == building_id) {
            *ret_at = i;
            return true;
        }
    }
    return false;
}

bool occupancy_find_site(const struct occupancy_building *building, int64_t site_id, size_t *ret_at)
{
    for (size_t i = 0; i < building->building->site_count; i++) {
        if (building->sites[i].id == site_id) {
            *ret_at = i;
            return true;
        }
    }
    return false;
}

static void add_mean(struct occupancy_mean *mean, double number)
{
    mean->sum += number;
    mean->count++;
}

void occupancy_add(struct occupancy *occupancy, size_t building, size_t site, const struct occupancy_row *row)
{
    struct occupancy_building *to = &occupancy->buildings[building];
    if (row->partition < to->days.first || row->partition >= to->days.end)
        return;
    struct occupancy_day *day = &to->daily[row->partition - to->days.first];
    occupancy->rows++;
    if (row->mean.is_number) {
        add_mean(&day->mean, row->mean.number);
        add_mean(&to->sites[site].hours[civil_weekday(row->local_day) * 24 + row->local_hour], row->mean.number);
    } else if (!row->mean.is_null) {
        occupancy->not_numbers++;
    }
    if (row->peak.is_number && (!day->has_peak || row->peak.number > day->peak)) {
        day->has_peak = true;
        day->peak = row->peak.number;
        day->peak_site = to->sites[site].id;
    }
}

struct occupancy_value occupancy_value_of_text(const char *text, size_t size)
{
    char copy[NUMBER_TEXT_MAX];
    struct occupancy_value value = {0};
    if (size == 0 || size >= sizeof copy || memchr(text, '\0', size) != NULL)
        return value;
    memcpy(copy, text, size);
    copy[size] = '\0';
    if (strspn(copy, "0123456789+-.eE") != size) /* strtod would take blanks, names and hexadecimals as well */
        return value;
    char *end;
    value.number = strtod(copy, &end);
    value.is_number = *end == '\0' && isfinite(value.number);
    return value;
}
