#include "model/plan.h"

#include "model/due.h"
#include "model/rectangles.h"

#include <stdlib.h>
#include <string.h>

struct planner {
    const struct coverage *coverage;
    const struct plan_options *options;
    plan_read_series *read_series;
    void *context;
    struct plan *plan;
    struct rectangles rectangles;
};

static bool holds_id(int64_t id, const int64_t *ids, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (ids[i] == id)
            return true;
    }
    return count == 0;
}

static bool holds_text(const char *text, const char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(texts[i], text) == 0)
            return true;
    }
    return count == 0;
}

static struct day_range wanted_days(const struct plan_filter *filter, struct day_range days)
{
    if (filter->limit_days) {
        if (days.first < filter->days.first)
            days.first = filter->days.first;
        if (days.end > filter->days.end)
            days.end = filter->days.end;
    }
    return days;
}

/* Step 1 for one series. */
static enum status add_series(struct planner *planner, const struct coverage_building *building,
                              const char *granularity, size_t site, size_t group, struct err *err)
{
    const struct plan_filter *filter = &planner->options->filter;
    struct ledger_series ledger = {0};
    enum status status = planner->read_series(planner->context, building, granularity, site, group, &ledger, err);
    struct due_walk walk = {
        .ledger = &ledger, .reprocess = filter->reprocess, .left = wanted_days(filter, building->days)};
    struct day_range days;
    while (status == STATUS_OK && due_next(&walk, &planner->plan->counts, &days))
        status = rectangles_add(&planner->rectangles, site, group, days, err);
    return status;
}

/* Steps 1 and 2 for the series of one building and granularity. */
static enum status add_building(struct planner *planner, const struct coverage_building *building,
                                const char *granularity, struct err *err)
{
    const struct plan_filter *filter = &planner->options->filter;
    enum status status = rectangles_begin(&planner->rectangles, building, granularity, err);
    for (size_t site = 0; status == STATUS_OK && site < building->site_count; site++) {
        if (!holds_id(building->sites[site], filter->sites, filter->site_count))
            continue;
        for (size_t group = 0; status == STATUS_OK && group < building->group_count; group++) {
            if (holds_text(building->groups[group], filter->groups, filter->group_count))
                status = add_series(planner, building, granularity, site, group, err);
        }
    }
    return status == STATUS_OK ? rectangles_end(&planner->rectangles, err) : status;
}

static enum status find_rectangles(struct planner *planner, struct err *err)
{
    const struct coverage *coverage = planner->coverage;
    const struct plan_filter *filter = &planner->options->filter;
    for (size_t i = 0; i < coverage->building_count; i++) {
        const struct coverage_building *building = &coverage->buildings[i];
        if (!holds_id(building->id, filter->buildings, filter->building_count))
            continue;
        for (size_t j = 0; j < coverage->granularity_count; j++) {
            enum status status = add_building(planner, building, coverage->granularities[j], err);
            if (status != STATUS_OK)
                return status;
        }
    }
    return STATUS_OK;
}

/* Into how many pieces a rectangle is cut each way. */
struct cut {
    size_t days;
    size_t sites;
    size_t groups;
};

/* The fewest pieces of at most `fitting` that make up count. */
static size_t pieces(size_t count, uint64_t fitting)
{
    return fitting == 0 ? count : (size_t)((count + fitting - 1) / fitting);
}

static struct cut cut_of(const struct unit *rectangle, const struct plan_options *options)
{
    size_t days = (size_t)(rectangle->days.end - rectangle->days.first);
    if (options->single_slices)
        return (struct cut){days, rectangle->site_count, rectangle->group_count};
    uint64_t rows = options->unit_rows > 0 ? (uint64_t)options->unit_rows : 1;
    uint64_t slices = rows / (uint64_t)granularity_rows_per_day(rectangle->granularity);
    uint64_t per_site = rectangle->group_count;
    uint64_t per_day = per_site * rectangle->site_count;
    return (struct cut){
        .days = pieces(days, slices / per_day),
        .sites = slices >= per_day ? 1 : pieces(rectangle->site_count, slices / per_site),
        .groups = slices >= per_site ? 1 : pieces(rectangle->group_count, slices),
    };
}

/* Where piece number `at` of `count` things cut into `parts` begins; earlier pieces are the longer ones. */
static size_t piece_start(size_t count, size_t parts, size_t at)
{
    size_t longer = count % parts;
    return count / parts * at + (at < longer ? at : longer);
}

/* Writes the pieces of a rectangle; returns how many. */
static size_t write_pieces(const struct unit *rectangle, struct cut cut, struct unit *out)
{
    size_t days = (size_t)(rectangle->days.end - rectangle->days.first);
    size_t count = 0;
    for (size_t d = 0; d < cut.days; d++) {
        struct unit unit = *rectangle;
        unit.days.first = rectangle->days.first + (civil_day)piece_start(days, cut.days, d);
        unit.days.end = rectangle->days.first + (civil_day)piece_start(days, cut.days, d + 1);
        for (size_t s = 0; s < cut.sites; s++) {
            size_t site = piece_start(rectangle->site_count, cut.sites, s);
            unit.sites = rectangle->sites + site;
            unit.site_count = piece_start(rectangle->site_count, cut.sites, s + 1) - site;
            for (size_t g = 0; g < cut.groups; g++) {
                size_t group = piece_start(rectangle->group_count, cut.groups, g);
                unit.groups = rectangle->groups + group;
                unit.group_count = piece_start(rectangle->group_count, cut.groups, g + 1) - group;
                out[count++] = unit;
            }
        }
    }
    return count;
}

static enum status cut_rectangles(struct planner *planner, struct err *err)
{
    const struct rectangles *rectangles = &planner->rectangles;
    struct plan *plan = planner->plan;
    uint64_t total = 0;
    for (size_t i = 0; i < rectangles->found_count; i++) {
        struct cut cut = cut_of(&rectangles->found[i], planner->options);
        total += (uint64_t)cut.days * cut.sites * cut.groups;
    }
    if (total > PLAN_UNITS_MAX)
        return err_set(err, STATUS_NOMEM, "the plan has %llu requests, more than %d: ask for fewer days",
                       (unsigned long long)total, PLAN_UNITS_MAX);
    plan->units = arena_calloc(&plan->arena, (size_t)total, sizeof *plan->units);
    if (plan->units == NULL)
        return err_nomem(err);
    for (size_t i = 0; i < rectangles->found_count; i++) {
        const struct unit *rectangle = &rectangles->found[i];
        plan->unit_count +=
            write_pieces(rectangle, cut_of(rectangle, planner->options), plan->units + plan->unit_count);
    }
    return STATUS_OK;
}

static size_t granularity_rank(const struct coverage *coverage, const char *granularity)
{
    size_t rank = 0;
    while (coverage->granularities[rank] != granularity)
        rank++;
    return rank;
}

static int compare_numbers(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* Units of one building and granularity that end, or begin, on the same day differ in their first site or group. */
static int compare_units(const void *a, const void *b, void *context)
{
    const struct planner *planner = context;
    const struct unit *x = a;
    const struct unit *y = b;
    int order = planner->options->newest_first ? compare_numbers(y->days.end, x->days.end)
                                               : compare_numbers(x->days.first, y->days.first);
    if (order != 0)
        return order;
    if (x->building != y->building)
        return x->building < y->building ? -1 : 1;
    if (x->granularity != y->granularity)
        return compare_numbers((int64_t)granularity_rank(planner->coverage, x->granularity),
                               (int64_t)granularity_rank(planner->coverage, y->granularity));
    order = compare_numbers(x->sites[0], y->sites[0]);
    return order != 0 ? order : strcmp(x->groups[0], y->groups[0]);
}

enum status plan_make(const struct coverage *coverage, const struct plan_options *options,
                      plan_read_series *read_series, void *context, struct plan *ret_plan, struct err *err)
{
    struct plan plan = {0};
    struct planner planner = {coverage, options, read_series, context, &plan, {.arena = &plan.arena}};
    enum status status = find_rectangles(&planner, err);
    if (status == STATUS_OK)
        status = cut_rectangles(&planner, err);
    rectangles_release(&planner.rectangles);
    if (status != STATUS_OK) {
        plan_release(&plan);
        return status;
    }
    qsort_r(plan.units, plan.unit_count, sizeof *plan.units, compare_units, &planner);
    *ret_plan = plan;
    return STATUS_OK;
}

void plan_release(struct plan *plan)
{
    arena_release(&plan->arena);
    *plan = (struct plan){0};
}
