/*
 * A unit that another worker, or a worker of another goal, may have been at: what the ledger says of it now is planned
 * anew, less what was stored since its goal was planned, and only what is due still is fetched. Of a unit that ended
 * all who had it nothing is: it is booked as failed, for a later run to try.
 */
#include "core/log.h"
#include "wire_worker_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct look {
    struct ledger *ledger;
    const struct coverage_building *whole; /* the building of the job */
    const struct unit *unit;
    enum plan_reprocess reprocess;
    bool *stored;       /* one a slice: since the goal was planned */
    struct arena arena; /* spans as they count here */
};

static bool is_failed(const struct work_stored *stored, size_t slice)
{
    size_t at = 0;
    while (at < stored->failed_count && stored->failed[at] != (int64_t)slice)
        at++;
    return at < stored->failed_count;
}

static enum status mark_stored(void *context, const struct work_stored *stored, struct err *err)
{
    struct look *look = context;
    (void)err;
    for (size_t i = 0; i < unit_slice_count(look->unit); i++) {
        civil_day day;
        struct series_key key = unit_series_of(look->unit, i, &day);
        size_t at = unit_slice_of(&stored->unit, day, key.site_id, key.group_id, strlen(key.group_id));
        if (at != SIZE_MAX && !is_failed(stored, at))
            look->stored[i] = true;
    }
    return STATUS_OK;
}

/*
 * The days of a series as spans of one day. What was stored since the goal was planned is settled for its purpose; when
 * it wants all, nothing else is. Who stored it says so in the same transaction: the times in the ledger are those of
 * the clocks of many machines, and of merged spans that of the oldest. With which columns only the ledger knows.
 */
static enum status count_stored(struct look *look, size_t site, size_t group, struct ledger_series *series,
                                struct err *err)
{
    const struct unit *unit = look->unit;
    struct ledger_span *days =
        arena_calloc(&look->arena, (size_t)(unit->days.end - unit->days.first) + 1, sizeof *days);
    size_t count = 0;
    size_t from = 0;
    if (days == NULL)
        return err_nomem(err);
    for (civil_day day = unit->days.first; day < unit->days.end; day++) {
        while (from < series->span_count && series->spans[from].days.end <= day)
            from++;
        if (from == series->span_count || series->spans[from].days.first > day)
            continue;
        size_t slice = ((size_t)(day - unit->days.first) * unit->site_count + site) * unit->group_count + group;
        bool stored = look->stored[slice];
        struct ledger_span *span = &days[count++];
        *span = series->spans[from];
        span->days = (struct day_range){day, day + 1};
        span->empty_days = NULL;
        span->settled = stored || (span->settled && look->reprocess != PLAN_ALL);
    }
    series->span_count = count;
    series->spans = days;
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
    return status == STATUS_OK ? count_stored(look, site, group, ret_series, err) : status;
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
        .filter.reprocess = PLAN_CONVERGE, /* every slice of a unit was due, for whatever reason */
        .unit_rows = INT32_MAX,            /* it was cut when it was planned */
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
    unit.ticket = lease->unit.ticket;
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

/* Every slice of a unit of the rest, as failed. */
static enum status book_failed(struct worker *worker, struct ledger *ledger, const struct unit *rest, const char *why,
                               struct err *err)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < unit_slice_count(rest); i++) {
        struct ledger_fault fault = {
            .kind = STATUS_TIMEOUT,
            .message = why,
            .run_id = worker->options.run_id,
            .failed_at = worker->job->now,
        };
        struct series_key key = unit_series_of(rest, i, &fault.day);
        status = ledger_series_id(ledger, &key, &fault.series_id, err);
        if (status == STATUS_OK && fault.series_id != 0)
            status = ledger_put_failed(ledger, &fault, err);
    }
    return status;
}

static void say_why(const struct work_lease *from, char *out, size_t size)
{
    snprintf(out, size,
             "not tried again in this run: %d workers in a row that had it, the last one nothing else, ended or became "
             "silent before they stored anything of it",
             from->expired);
}

static enum status book_all(struct worker *worker, struct lease *lease, const struct work_lease *from,
                            const struct plan *plan, struct err *err)
{
    char why[200];
    bool held;
    say_why(from, why, sizeof why);
    enum status status = db_begin(worker->db, err);
    if (status != STATUS_OK)
        return status;
    status = work_give_up(worker->work, lease->unit_id, lease->lease_no, plan->counts.due, &held, err);
    for (size_t i = 0; status == STATUS_OK && held && i < plan->unit_count; i++)
        status = book_failed(worker, worker->ledgers[lease->dataset], &plan->units[i], why, err);
    status = db_end(worker->db, status, err);
    if (status != STATUS_OK || !held)
        return status;
    pthread_mutex_lock(&worker->lock);
    worker->given_up += plan->counts.due;
    pthread_mutex_unlock(&worker->lock);
    if (plan->counts.due > 0)
        log_warn("building %" PRId64 ", %s, %" PRIu64 " slices of %d days: %s", lease->unit.building->id,
                 lease->unit.granularity, plan->counts.due, (int)(lease->unit.days.end - lease->unit.days.first), why);
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
    if (!worker->reads_ahead) /* the units of a claim are of one dataset */
        ledger_read_ahead(*ledger, LEDGER_ONE_BUILDING);
    worker->reads_ahead = true;
    struct look look = {*ledger, lease->unit.building, &lease->unit, from->reprocess, NULL, {0}};
    look.stored = calloc(lease->slices + 1, sizeof *look.stored);
    if (look.stored == NULL)
        return err_nomem(err);
    status = work_each_stored(worker->work, lease->unit_id, mark_stored, &look, err);
    if (status == STATUS_OK)
        status = plan_rest(&look, &plan, err);
    if (status == STATUS_OK && from->expired > WORK_EXPIRED_MOST)
        status = book_all(worker, lease, from, &plan, err);
    else if (status == STATUS_OK)
        status = take_rest(worker, lease, &plan, list, err);
    free(look.stored);
    arena_release(&look.arena);
    plan_release(&plan);
    return status;
}

void worker_trimmed(struct worker *worker)
{
    for (size_t i = 0; worker->reads_ahead && i < JOB_DATASETS_MAX; i++)
        if (worker->ledgers[i] != NULL)
            ledger_read_ahead(worker->ledgers[i], 0);
    worker->reads_ahead = false;
}
