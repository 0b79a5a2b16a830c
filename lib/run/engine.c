#include "run/engine.h"

#include "api/answer.h"
#include "core/log.h"
#include "run/engine_internal.h"

#include <poll.h>
#include <stdlib.h>

enum { POLL_MS = 100 };

void engine_stop(struct engine *engine, const struct err *err)
{
    if (engine->stop != STATUS_OK)
        return;
    engine->stop = err->kind;
    engine->stop_err = *err;
    client_stop(engine->options->client);
}

bool engine_must_stop(enum status kind)
{
    return status_reach(kind) == REACH_RUN || kind == STATUS_THROTTLED; /* which the client says after long waiting */
}

enum status engine_judge(void *context, const struct http_response *response, struct err *err)
{
    (void)context;
    return answer_classify(response->code, response->is_html, buf_text(response->body), response->body->size, err);
}

void engine_give_back(struct engine *engine, const struct unit *units, size_t count)
{
    struct err err;
    const struct sharing *sharing = engine->options->sharing;
    if (sharing != NULL && sharing->give_back(sharing->context, units, count, &err) != STATUS_OK)
        engine_stop(engine, &err);
}

static void check_limits(struct engine *engine)
{
    struct err err;
    if (engine->stop != STATUS_OK)
        return;
    if (engine->options->interrupted != NULL && *engine->options->interrupted != 0) {
        err_set(&err, STATUS_INTERRUPTED, "interrupted by a signal");
        engine_stop(engine, &err);
    } else if (clock_monotonic_ms(&engine->options->clock) >= engine->options->deadline_ms) {
        err_set(&err, STATUS_INTERRUPTED, "the time allowed for the run (max_runtime) is over");
        engine_stop(engine, &err);
    }
}

/* Whether a run that comes first is there, looked at four times a second. */
static bool must_wait(struct engine *engine)
{
    const struct sharing *sharing = engine->options->sharing;
    int64_t now = clock_monotonic_ms(&engine->options->clock);
    if (sharing == NULL || now - engine->asked_wait_ms < ENGINE_WAIT_MS)
        return engine->must_wait;
    struct err err;
    bool before = engine->must_wait;
    engine->asked_wait_ms = now;
    if (sharing->must_wait(sharing->context, &engine->must_wait, &err) != STATUS_OK)
        engine_stop(engine, &err);
    if (engine->must_wait != before)
        log_info("%s", !engine->must_wait ? "going on"
                       : engine->options->supply != NULL
                           ? "waiting: it is not known whether its units are still this worker's"
                           : "waiting: a run of the same job comes first");
    return engine->must_wait;
}

static bool may_begin(struct engine *engine)
{
    if (engine->stop != STATUS_OK || engine->negotiation.is_asking)
        return false;
    if (!engine->dialect_is_settled && engine->fetch_count > 0)
        return false;
    return client_room(engine->options->client) > 0 && !must_wait(engine);
}

/* Some of the unit was fetched by another run: its halves are looked at one by one. */
static enum status cut_in_two(struct engine *engine, const struct unit *unit, struct err *err)
{
    struct unit first;
    struct unit second;
    if (!unit_halve(unit, &first, &second))
        return err_set(err, STATUS_BUG, "one slice cannot be fetched in part");
    enum status status = worklist_push(&engine->worklist, &second, err);
    return status == STATUS_OK ? worklist_push(&engine->worklist, &first, err) : status;
}

/* Makes the unit ours, if there is anyone to share with, and begins it. */
static enum status take_and_begin(struct engine *engine, const struct unit *unit, struct err *err)
{
    const struct sharing *sharing = engine->options->sharing;
    enum sharing_verdict verdict = SHARING_TAKEN;
    enum status status = STATUS_OK;
    if (sharing != NULL)
        status = sharing->take(sharing->context, unit, &verdict, err);
    if (status != STATUS_OK)
        return status;
    switch (verdict) {
    case SHARING_TAKEN: return fetch_begin(engine, unit, err);
    case SHARING_BUSY: return unit_list_add(&engine->deferred, unit, err);
    case SHARING_PART: return cut_in_two(engine, unit, err);
    case SHARING_LOST: return STATUS_OK;
    case SHARING_DONE:
    default: engine->summary->counts.slices_due -= unit_slice_count(unit); return STATUS_OK;
    }
}

/* Puts the next unit of the supply into the worklist, when nothing is left there but what waits. */
static enum status draw(struct engine *engine, struct err *err)
{
    const struct supply *supply = engine->options->supply;
    while (engine->supply != SUPPLY_END && worklist_is_at_end(&engine->worklist)) {
        struct unit unit;
        enum supply_answer before = engine->supply;
        enum status status = supply->next(supply->context, &unit, &engine->supply, err);
        if (status != STATUS_OK || engine->supply == SUPPLY_END)
            return status;
        if (engine->supply == SUPPLY_NONE_NOW) {
            if (before != SUPPLY_NONE_NOW)
                engine->supply_none_ms = clock_monotonic_ms(&engine->options->clock);
            return STATUS_OK;
        }
        bool waits = worklist_is_patient(&engine->worklist, unit.building);
        status = (waits ? worklist_postpone : worklist_push)(&engine->worklist, &unit, err);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

/* The first unit of a run, while pages have shown nothing yet. */
static void join_first(struct engine *engine, struct unit *unit)
{
    const struct engine_options *options = engine->options;
    bool is_first = engine->parcels == 0 && engine->fetch_count == 0 && !engine->dialect_is_settled;
    if (!is_first || options->verify == PAGER_VERIFY_COUNT || engine->negotiation.form > FORM_PLAIN)
        return;
    if (options->plan->unit_count > 2)
        worklist_join(&engine->worklist, unit);
    else if (options->supply != NULL)
        options->supply->join(options->supply->context, unit);
}

/* STATUS_OK also when there was none: *ret_found then is false. */
static enum status begin_next(struct engine *engine, bool *ret_found, struct err *err)
{
    struct unit unit;
    enum status status = draw(engine, err);
    if (status == STATUS_OK)
        status = worklist_next(&engine->worklist, ret_found, &unit, err);
    if (status != STATUS_OK || !*ret_found)
        return status;
    join_first(engine, &unit);
    status = fetch_cut(engine, &unit, err);
    return status == STATUS_OK ? take_and_begin(engine, &unit, err) : status;
}

static void begin_units(struct engine *engine)
{
    struct err err;
    bool found = true;
    while (found && may_begin(engine)) {
        if (begin_next(engine, &found, &err) != STATUS_OK)
            engine_stop(engine, &err);
        check_limits(engine);
    }
}

/* What another run was at is asked for again when nothing else is left to do. */
static void retry_deferred(struct engine *engine)
{
    struct err err;
    if (engine->deferred.count == 0 || !worklist_is_empty(&engine->worklist) || engine->fetch_count > 0)
        return;
    for (size_t i = 0; i < engine->deferred.count; i++) {
        if (worklist_push(&engine->worklist, &engine->deferred.units[i], &err) != STATUS_OK)
            engine_stop(engine, &err);
    }
    engine->deferred.count = 0;
}

static void show_progress(const struct engine *engine, int64_t started_ms)
{
    if (engine->options->progress == NULL)
        return;
    struct run_counts counts = engine_counts(engine);
    const struct client_counters *client = client_counters(engine->options->client);
    counts.requests = client->requests;
    counts.retries = client->retries;
    counts.logins = client->logins;
    counts.bytes_received = client->bytes_received;
    struct engine_progress progress = {
        .counts = &counts,
        .units_in_flight = engine->fetch_count,
        .current = engine->fetches != NULL ? &engine->fetches->unit : NULL,
        .elapsed_ms = clock_monotonic_ms(&engine->options->clock) - started_ms,
    };
    engine->options->progress(engine->options->progress_context, &progress);
}

static bool is_finished(const struct engine *engine)
{
    if (client_pending(engine->options->client) > 0)
        return false;
    bool is_done = worklist_is_empty(&engine->worklist) && engine->deferred.count == 0;
    return engine->stop != STATUS_OK || (is_done && engine->supply == SUPPLY_END);
}

/* The supply has nothing now, and all that it gave is done or waits for others. */
static void wait_for_supply(struct engine *engine)
{
    const struct supply *supply = engine->options->supply;
    bool is_long = clock_monotonic_ms(&engine->options->clock) - engine->supply_none_ms >= ENGINE_NONE_MS;
    if (is_long && !deliver_flush(engine))
        return;
    supply->wait(supply->context, POLL_MS, is_long);
}

/* Nothing is in flight and nothing may begin: another run is being waited for. */
static void wait_for_others(struct engine *engine)
{
    if (client_pending(engine->options->client) > 0 || engine->stop != STATUS_OK)
        return;
    if (engine->must_wait || engine->deferred.count > 0) {
        if (deliver_flush(engine)) /* nothing of ours must be held back while we wait */
            poll(NULL, 0, POLL_MS);
    } else if (engine->supply == SUPPLY_NONE_NOW && worklist_is_empty(&engine->worklist)) {
        wait_for_supply(engine);
    }
}

/* One round: begin what may begin, take what came. False when nothing is left to do. */
static bool step(struct engine *engine)
{
    struct err err;
    deliver_look(engine);
    check_limits(engine);
    if (deliver_must_wait(engine)) /* sockets are not read meanwhile: the server waits as well */
        return true;
    begin_units(engine);
    if (is_finished(engine))
        return false;
    wait_for_others(engine);
    retry_deferred(engine);
    if (client_pending(engine->options->client) > 0 && client_poll(engine->options->client, POLL_MS, &err) != STATUS_OK)
        engine_stop(engine, &err);
    return true;
}

static void loop(struct engine *engine)
{
    int64_t started_ms = clock_monotonic_ms(&engine->options->clock);
    engine->asked_wait_ms = started_ms - ENGINE_WAIT_MS;
    engine->held_ms = INT64_MIN;
    engine->supply_none_ms = started_ms;
    while (step(engine))
        show_progress(engine, started_ms);
    while (!deliver_flush(engine))
        show_progress(engine, started_ms);
    show_progress(engine, started_ms);
}

static void copy_counts(struct engine *engine)
{
    for (size_t i = 0; engine->options->ret_counts != NULL && i < engine->options->destination_count; i++)
        run_counts_add(&engine->options->ret_counts[i], &engine->targets[i].state.counts);
    uint64_t due = engine->summary->counts.slices_due;
    engine->summary->counts = engine_counts(engine);
    engine->summary->counts.slices_due = due;
    const struct client_counters *client = client_counters(engine->options->client);
    struct run_counts *counts = &engine->summary->counts;
    counts->requests = client->requests;
    counts->retries = client->retries;
    counts->logins = client->logins;
    counts->throttled = client->throttled;
    counts->bytes_received = client->bytes_received;
}

static void forget_refused(void *context, const struct unit *unit, uint64_t failed, uint64_t rejected)
{
    struct engine *engine = context;
    summary_forget_failures(engine->summary, unit, failed);
    engine->rejected_slices -= rejected;
}

/* The exit code: the worst of what stopped the run and what its slices met. */
static void conclude(struct engine *engine)
{
    struct summary *summary = engine->summary;
    int code = status_exit_code(engine->stop);
    if (engine->stop == STATUS_UNREACHABLE && summary->counts.slices_fetched > 0)
        code = status_exit_code(STATUS_TIMEOUT); /* something was fetched: run again to continue */
    if (summary->counts.slices_failed > engine->rejected_slices)
        code = exit_code_worse(code, status_exit_code(STATUS_SERVER));
    if (summary->counts.rows_rejected > 0)
        code = exit_code_worse(code, status_exit_code(STATUS_REJECTED));
    for (size_t i = 0; i < engine->options->destination_count; i++) {
        if (engine->targets[i].is_down)
            code = exit_code_worse(code, status_exit_code(engine->targets[i].state.err.kind));
        if (engine->targets[i].is_down && engine->stop == STATUS_OK)
            engine->stop_err = engine->targets[i].state.err;
    }
    summary->exit_code = exit_code_worse(summary->exit_code, code);
    summary->interrupted = engine->stop == STATUS_INTERRUPTED;
    summary->reason = engine->stop_err.kind;
    summary->err = engine->stop_err;
    if (engine->dialect_is_settled) {
        summary->dialect = dialect_name(engine->dialect);
        engine_tell_learned(engine, summary->learned);
    }
}

static bool has_one_building(const struct plan *plan)
{
    for (size_t i = 1; i < plan->unit_count; i++) {
        if (plan->units[i].building != plan->units[0].building)
            return false;
    }
    return true;
}

enum status engine_run(const struct engine_options *options, struct summary *summary, struct err *err)
{
    struct engine engine = {
        .options = options,
        .summary = summary,
        .dialect = options->dialect_is_fixed ? options->dialect : DIALECT_HASURA,
        .supply = options->supply != NULL ? SUPPLY_UNIT : SUPPLY_END,
    };
    bool one_building = has_one_building(options->plan) && (options->supply == NULL || options->supply->one_building);
    unit_size_init(&engine.size, one_building);
    worklist_init(&engine.worklist, options->plan);
    negotiation_init(&engine.negotiation, options);
    summary->counts.slices_due = options->plan->counts.due;
    if (deliver_begin(&engine, &engine.stop_err) != STATUS_OK)
        engine.stop = engine.stop_err.kind;
    else
        loop(&engine);
    while (engine.fetches != NULL)
        fetch_end(engine.fetches);
    deliver_end(&engine);
    copy_counts(&engine);
    if (options->supply != NULL && options->supply->each_refused != NULL)
        options->supply->each_refused(options->supply->context, forget_refused, &engine);
    conclude(&engine);
    negotiation_release(&engine.negotiation);
    worklist_release(&engine.worklist);
    free(engine.deferred.units);
    if (engine.stop != STATUS_OK && err != NULL)
        *err = engine.stop_err;
    return engine.stop;
}
