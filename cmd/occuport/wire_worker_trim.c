/*
 * A unit that another worker, or a worker of another goal, may have been at: what the ledger says of it now is planned
 * anew, and only what is due still is fetched.
 */
#include "wire_worker_internal.h"

#include <string.h>

struct look {
    struct ledger *ledger;
    const struct coverage_building *whole; /* the building of the job */
    const struct unit *unit;
    enum plan_reprocess reprocess;
    int64_t planned_at;
    struct arena arena; /* spans as they count here */
};

/* What was fetched since the plan was made is settled for its purpose; when it wants all, nothing else is. */
static enum status count_fresh(struct look *look, struct ledger_series *series, struct err *err)
{
    struct ledger_span *spans = arena_calloc(&look->arena, series->span_count + 1, sizeof *spans);
    if (spans == NULL)
        return err_nomem(err);
    for (size_t i = 0; i < series->span_count; i++) {
        spans[i] = series->spans[i];
        bool fresh = spans[i].fetched_at >= look->planned_at;
        if (fresh || look->reprocess == PLAN_ALL)
            spans[i].settled = fresh;
        if (fresh || look->reprocess == PLAN_ALL)
            spans[i].outdated = !fresh;
    }
    series->spans = spans;
    return STATUS_OK;
}

static size_t site_of(const struct coverage_building *building, int64_t site)
{
    size_t at = 0;
    while (at < building->site_count && building->sites[at] != site)
        at++;
    return at;
}

static size_t group_of(const struct coverage_building *building, const char *group)
{
    size_t at = 0;
    while (at < building->group_count && strcmp(building->groups[at], group) != 0)
        at++;
    return at;
}

/* A plan_read_series for the sites and groups of the unit alone. */
static enum status read_series(void *context, const struct coverage_building *building, const char *granularity,
                               size_t site, size_t group, struct ledger_series *ret_series, struct err *err)
{
    struct look *look = context;
    enum status status =
        ledger_read_series(look->ledger, look->whole, granularity, site_of(look->whole, building->sites[site]),
                           group_of(look->whole, building->groups[group]), ret_series, err);
    arena_reset(&look->arena);
    return status == STATUS_OK ? count_fresh(look, ret_series, err) : status;
}

static enum status plan_rest(struct look *look, struct plan *ret_plan, struct err *err)
{
    const struct unit *unit = look->unit;
    struct coverage_building building = *look->whole;
    building.days = unit->days;
    building.site_count = unit->site_count;
    building.sites = unit->sites;
    building.group_count = unit->group_count;
    building.groups = unit->groups;
    const struct coverage coverage = {.job = "",
                                      .granularity_count = 1,
                                      .granularities = &unit->granularity,
                                      .building_count = 1,
                                      .buildings = &building};
    const struct plan_options options = {
        .filter.reprocess = look->reprocess == PLAN_ALL ? PLAN_CONVERGE : look->reprocess,
        .unit_rows = INT32_MAX, /* it was cut when it was planned */
        .newest_first = true,
    };
    enum status status = plan_make(&coverage, &options, read_series, look, ret_plan, err);
    for (size_t i = 0; status == STATUS_OK && i < ret_plan->unit_count; i++)
        ret_plan->units[i].building = look->whole; /* it outlives this */
    return status;
}

/* The plan goes with its memory, so what the units point to is kept as that of the worker. */
static enum status add_rest(struct worker *worker, const struct lease *lease, const struct unit *rest,
                            struct unit_list *list, struct err *err)
{
    struct unit unit = *rest;
    unit.granularity = lease->unit.granularity;
    unit.sites = lease_sites(worker, lease->unit.building, rest->site_count, rest->sites);
    unit.groups = lease_groups(worker, lease->unit.building, rest->group_count, rest->groups);
    if (unit.sites == NULL || unit.groups == NULL)
        return err_nomem(err);
    return unit_list_add(list, &unit, err);
}

static void mark_missing(struct lease *lease, const struct unit *rest)
{
    for (size_t i = 0; i < unit_slice_count(rest); i++) {
        civil_day day;
        struct series_key key = unit_series_of(rest, i, &day);
        size_t at = unit_slice_of(&lease->unit, day, key.site_id, key.group_id, strlen(key.group_id));
        if (at != SIZE_MAX && lease->bits[at] != 0) {
            lease->bits[at] = 0;
            lease->done--;
        }
    }
}

/* The lease is not among those of the worker yet: the writer must not see it half filled in. */
static enum status take_rest(struct worker *worker, struct lease *lease, const struct plan *plan,
                             struct unit_list *list, struct err *err)
{
    memset(lease->bits, 1, lease->slices);
    lease->done = lease->slices;
    for (size_t i = 0; i < plan->unit_count; i++)
        mark_missing(lease, &plan->units[i]);
    enum status status = work_note_found(worker->work, lease->unit_id, lease->lease_no, lease->done, err);
    pthread_mutex_lock(&worker->lock);
    for (size_t i = 0; status == STATUS_OK && i < plan->unit_count; i++)
        status = add_rest(worker, lease, &plan->units[i], list, err);
    pthread_mutex_unlock(&worker->lock);
    return status;
}

enum status worker_trim(struct worker *worker, struct lease *lease, const struct work_lease *from,
                        struct unit_list *list, struct err *err)
{
    struct ledger **ledger = &worker->ledgers[lease->dataset];
    struct plan plan = {0};
    enum status status = STATUS_OK;
    if (*ledger == NULL)
        status = ledger_open(worker->db, &worker->job->datasets[lease->dataset].ledger_job, ledger, err);
    if (status != STATUS_OK)
        return status;
    struct look look = {*ledger, lease->unit.building, &lease->unit, from->reprocess, from->planned_at, {0}};
    status = plan_rest(&look, &plan, err);
    if (status == STATUS_OK)
        status = take_rest(worker, lease, &plan, list, err);
    arena_release(&look.arena);
    plan_release(&plan);
    return status;
}
