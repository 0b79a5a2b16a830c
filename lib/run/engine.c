#include "run/engine.h"

#include "core/log.h"
#include "run/engine_internal.h"

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

enum status engine_judge(void *context, const struct http_response *response, struct err *err)
{
    (void)context;
    return answer_classify(response->code, response->is_html, buf_text(response->body), response->body->size, err);
}

enum status engine_push(struct engine *engine, const struct unit *unit, struct err *err)
{
    if (engine->half_count == engine->half_capacity) {
        size_t capacity = engine->half_capacity != 0 ? engine->half_capacity * 2 : 64;
        struct unit *halves = reallocarray(engine->halves, capacity, sizeof *halves);
        if (halves == NULL)
            return err_nomem(err);
        engine->halves = halves;
        engine->half_capacity = capacity;
    }
    engine->halves[engine->half_count++] = *unit;
    return STATUS_OK;
}

/* The next unit to fetch: what was cut comes before what was planned. */
static bool next_unit(struct engine *engine, struct unit *ret_unit)
{
    if (engine->half_count > 0) {
        *ret_unit = engine->halves[--engine->half_count];
        return true;
    }
    if (engine->next_unit == engine->options->plan->unit_count)
        return false;
    *ret_unit = engine->options->plan->units[engine->next_unit++];
    return true;
}

static bool may_begin(const struct engine *engine)
{
    if (engine->stop != STATUS_OK || engine->probe.active)
        return false;
    if (!engine->dialect_is_settled && engine->fetch_count > 0)
        return false;
    return client_room(engine->options->client) > 0;
}

static void begin_units(struct engine *engine)
{
    struct unit unit;
    struct err err;
    while (may_begin(engine) && next_unit(engine, &unit)) {
        if (fetch_begin(engine, &unit, &err) != STATUS_OK)
            engine_stop(engine, &err);
    }
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

static void show_progress(const struct engine *engine, int64_t started_ms)
{
    if (engine->options->progress == NULL)
        return;
    struct run_counts counts = engine->summary->counts;
    const struct run_counts *pending = &engine->pending;
    const struct client_counters *client = client_counters(engine->options->client);
    counts.slices_fetched += pending->slices_fetched;
    counts.slices_failed += pending->slices_failed;
    counts.slices_empty += pending->slices_empty;
    counts.rows_received += pending->rows_received;
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
    bool has_units = engine->half_count > 0 || engine->next_unit < engine->options->plan->unit_count;
    return engine->stop != STATUS_OK || !has_units;
}

static void flush_when_due(struct engine *engine)
{
    int64_t now = clock_monotonic_ms(&engine->options->clock);
    uint64_t rows = engine->pending.rows_received;
    if (now - engine->flushed_ms >= ENGINE_FLUSH_MS || rows >= ENGINE_FLUSH_ROWS)
        settle_flush(engine);
}

static void loop(struct engine *engine)
{
    int64_t started_ms = clock_monotonic_ms(&engine->options->clock);
    engine->flushed_ms = started_ms;
    struct err err;
    while (true) {
        check_limits(engine);
        begin_units(engine);
        if (is_finished(engine))
            break;
        if (client_poll(engine->options->client, POLL_MS, &err) != STATUS_OK)
            engine_stop(engine, &err);
        flush_when_due(engine);
        show_progress(engine, started_ms);
    }
    settle_flush(engine);
    show_progress(engine, started_ms);
}

static void copy_client_counts(struct engine *engine)
{
    const struct client_counters *client = client_counters(engine->options->client);
    struct run_counts *counts = &engine->summary->counts;
    counts->requests = client->requests;
    counts->retries = client->retries;
    counts->logins = client->logins;
    counts->throttled = client->throttled;
    counts->bytes_received = client->bytes_received;
}

/* The exit code: the worst of what stopped the run and what its slices met. */
static void conclude(struct engine *engine)
{
    struct summary *summary = engine->summary;
    int code = status_exit_code(engine->stop);
    if (engine->stop == STATUS_UNREACHABLE && summary->counts.slices_fetched > 0)
        code = status_exit_code(STATUS_TIMEOUT); /* something was fetched: run again to continue */
    if (summary->counts.slices_failed > 0)
        code = exit_code_worse(code, status_exit_code(STATUS_SERVER));
    if (summary->counts.rows_rejected > 0)
        code = exit_code_worse(code, status_exit_code(STATUS_REJECTED));
    summary->exit_code = exit_code_worse(summary->exit_code, code);
    summary->interrupted = engine->stop == STATUS_INTERRUPTED;
    summary->reason = engine->stop;
    summary->err = engine->stop_err;
    if (engine->dialect_is_settled)
        summary->dialect = dialect_name(engine->dialect);
}

enum status engine_run(const struct engine_options *options, struct summary *summary, struct err *err)
{
    struct engine engine = {
        .options = options,
        .summary = summary,
        .dialect = options->dialect_is_fixed ? options->dialect : DIALECT_HASURA,
    };
    summary->counts.slices_due = options->plan->counts.due;
    loop(&engine);
    while (engine.fetches != NULL)
        fetch_end(engine.fetches);
    copy_client_counts(&engine);
    conclude(&engine);
    buf_release(&engine.probe.unknown);
    free(engine.halves);
    if (engine.stop != STATUS_OK && err != NULL)
        *err = engine.stop_err;
    return engine.stop;
}
