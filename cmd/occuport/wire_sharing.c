#include "wire_sharing.h"

#include "core/log.h"

#include <stdio.h>

/*
 * Days of one series of the unit that nobody needs to fetch any more. What another run has just stored, with fewer
 * columns than this one knows, is not among them.
 */
static int64_t count_done(const struct shared_run *shared, const struct ledger_series *series, struct day_range days)
{
    int64_t done = 0;
    for (size_t i = 0; i < series->span_count; i++) {
        const struct ledger_span *span = &series->spans[i];
        bool fresh = span->fetched_at >= shared->planned_at;
        bool wanted = shared->reprocess == PLAN_ALL || !span->settled;
        if (span->outdated || (!fresh && wanted))
            continue;
        civil_day first = span->days.first > days.first ? span->days.first : days.first;
        civil_day end = span->days.end < days.end ? span->days.end : days.end;
        done += end > first ? end - first : 0;
        for (size_t f = 0; f < series->failure_count; f++) {
            civil_day from = series->failures[f].days.first > first ? series->failures[f].days.first : first;
            civil_day to = series->failures[f].days.end < end ? series->failures[f].days.end : end;
            done -= to > from ? to - from : 0;
        }
    }
    return done;
}

/* The place of one of the building's sites or groups that the unit holds. */
static size_t site_at(const struct unit *unit, size_t at)
{
    size_t found = 0;
    while (found < unit->building->site_count && unit->building->sites[found] != unit->sites[at])
        found++;
    return found;
}

static size_t group_at(const struct unit *unit, size_t at)
{
    size_t found = 0;
    while (found < unit->building->group_count && unit->building->groups[found] != unit->groups[at])
        found++;
    return found;
}

static enum status look_again(const struct shared_run *shared, const struct unit *unit,
                              enum sharing_verdict *ret_verdict, struct err *err)
{
    int64_t done = 0;
    enum status status = STATUS_OK;
    for (size_t s = 0; status == STATUS_OK && s < unit->site_count; s++) {
        for (size_t g = 0; status == STATUS_OK && g < unit->group_count; g++) {
            struct ledger_series series;
            status = destinations_read_series(shared->destinations, unit->building, unit->granularity, site_at(unit, s),
                                              group_at(unit, g), &series, err);
            if (status == STATUS_OK)
                done += count_done(shared, &series, unit->days);
        }
    }
    if (status != STATUS_OK)
        return status;
    bool all = (uint64_t)done >= unit_slice_count(unit);
    *ret_verdict = done <= 0 ? SHARING_TAKEN : all ? SHARING_DONE : SHARING_PART;
    return STATUS_OK;
}

/* What the claims say of their file ends no run. */
static enum status go_alone(struct shared_run *shared, enum status status, const struct err *failure)
{
    if (status != STATUS_IO && status != STATUS_CANTCREATE)
        return status;
    log_warn("the run goes on without regard to other runs: %s", failure->message);
    shared->is_alone = true;
    return STATUS_OK;
}

/* To fetch once more what another run has just stored harms nothing but the time it takes. */
static enum status look_if_possible(struct shared_run *shared, const struct unit *unit,
                                    enum sharing_verdict *ret_verdict, struct err *err)
{
    if (shared->cannot_look)
        return STATUS_OK;
    destinations_hold(shared->destinations);
    enum status status = look_again(shared, unit, ret_verdict, err);
    destinations_let_go(shared->destinations);
    if (status == STATUS_OK || status == STATUS_NOMEM)
        return status;
    log_warn("what another run stored is fetched again, since a ledger cannot be read: %s", err->message);
    shared->cannot_look = true;
    return STATUS_OK;
}

/* Claims first, looks second: what another run committed before it let go of its claim is then seen. */
static enum status take_claimed(struct shared_run *shared, const struct unit *unit, enum sharing_verdict *ret_verdict,
                                struct err *err)
{
    bool taken;
    bool others = false;
    enum sharing_verdict verdict = SHARING_BUSY;
    enum status status = claims_take(shared->claims, unit, &taken, &others, err);
    if (status == STATUS_OK && taken) {
        verdict = SHARING_TAKEN;
        if (others)
            status = look_if_possible(shared, unit, &verdict, err);
        if (status == STATUS_OK && verdict != SHARING_TAKEN)
            status = claims_release(shared->claims, unit, 1, err);
    }
    if (status == STATUS_OK)
        *ret_verdict = verdict;
    return status;
}

static enum status take(void *context, const struct unit *unit, enum sharing_verdict *ret_verdict, struct err *err)
{
    struct shared_run *shared = context;
    enum sharing_verdict verdict = SHARING_TAKEN;
    enum status status = shared->is_alone ? STATUS_OK : take_claimed(shared, unit, &verdict, err);
    if (status != STATUS_OK)
        status = go_alone(shared, status, err);
    if (status == STATUS_OK)
        *ret_verdict = verdict;
    return status;
}

static enum status give_back(void *context, const struct unit *units, size_t count, struct err *err)
{
    struct shared_run *shared = context;
    enum status status = shared->is_alone ? STATUS_OK : claims_release(shared->claims, units, count, err);
    return status == STATUS_OK ? status : go_alone(shared, status, err);
}

static enum status must_wait(void *context, bool *ret_wait, struct err *err)
{
    struct shared_run *shared = context;
    bool wait = false;
    enum status status = shared->is_alone ? STATUS_OK : claims_must_yield(shared->claims, &wait, err);
    if (status != STATUS_OK)
        status = go_alone(shared, status, err);
    if (status == STATUS_OK)
        *ret_wait = wait;
    return status;
}

/* The claims lie beside a file of this machine, whatever else the job writes to; NULL: there is none. */
static const char *place_of(const struct destinations *destinations)
{
    for (size_t i = 0; i < destinations->count; i++) {
        if (db_kind(destinations->items[i].db) == DB_SQLITE)
            return db_path(destinations->items[i].db);
    }
    return NULL;
}

enum status shared_run_open(const struct job *job, struct destinations *destinations, const struct claims_options *who,
                            enum plan_reprocess reprocess, struct shared_run *ret_shared, struct err *err)
{
    *ret_shared =
        (struct shared_run){.job = job, .destinations = destinations, .reprocess = reprocess, .planned_at = job->now};
    ret_shared->ops = (struct sharing){ret_shared, take, give_back, must_wait};
    char path[PATH_MAX];
    const char *place = place_of(destinations);
    if (place == NULL) {
        struct err none;
        return go_alone(ret_shared, err_set(&none, STATUS_IO, "no destination is a file of this machine"), &none);
    }
    int size = snprintf(path, sizeof path, "%s.claims", place);
    if (size < 0 || (size_t)size >= sizeof path)
        return err_set(err, STATUS_CANTCREATE, "path is too long: %s", place);
    struct claims_options options = *who;
    options.path = path;
    enum status status = claims_open(&options, &ret_shared->claims, err);
    return status == STATUS_OK ? status : go_alone(ret_shared, status, err);
}

void shared_run_release(struct shared_run *shared)
{
    claims_close(shared->claims);
    *shared = (struct shared_run){0};
}

int64_t shared_run_budget(void *context)
{
    struct shared_run *shared = context;
    struct err err;
    int64_t wait_ms;
    double rate = shared->job->config->fetch.requests_per_second;
    if (shared->is_alone)
        return 0;
    if (claims_take_request(shared->claims, rate, &wait_ms, &err) == STATUS_OK)
        return wait_ms;
    log_warn("the run goes on without regard to other runs, with a budget of requests of its own: %s", err.message);
    shared->is_alone = true;
    return 0;
}
