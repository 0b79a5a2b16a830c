#include "core/log.h"
#include "run/engine_internal.h"

#include <stdlib.h>
#include <string.h>

static unsigned proof_bit(enum pager_proof proof)
{
    switch (proof) {
    case PROOF_COUNT: return SPAN_PROOF_COUNT;
    case PROOF_EMPTY_PAGE: return SPAN_PROOF_EMPTY_PAGE;
    case PROOF_SHORT_PAGE: return SPAN_PROOF_SHORT_PAGE;
    case PROOF_CALENDAR: return SPAN_PROOF_CALENDAR;
    case PROOF_NONE:
    default: return 0;
    }
}

/* Gives an outcome to the destination. What cannot be stored stops the run. */
static bool write_outcome(struct engine *engine, const struct unit_outcome *outcome)
{
    struct err err = {0};
    const struct destination *destination = engine->options->destination;
    struct run_counts before = engine->pending;
    if (destination->write(destination->context, outcome, &engine->pending, &err) == STATUS_OK)
        return true;
    engine->pending = before;
    err_prefix(&err, "%s", destination->name);
    engine_stop(engine, &err);
    return false;
}

static void list_failures(struct engine *engine, const struct unit_outcome *outcome)
{
    for (size_t slice = 0; slice < unit_slice_count(outcome->unit); slice++) {
        if (outcome->slice_errs[slice] == NULL)
            continue;
        civil_day day;
        struct series_key key = unit_series_of(outcome->unit, slice, &day);
        summary_add_failure(engine->summary, &key, day, outcome->slice_errs[slice]->message);
    }
}

/* Cuts a unit in two and queues both; false when it is one slice. */
static bool cut(struct engine *engine, const struct unit *unit)
{
    struct unit first;
    struct unit second;
    struct err err;
    if (!unit_halve(unit, &first, &second))
        return false;
    if (engine_push(engine, &second, &err) != STATUS_OK || engine_push(engine, &first, &err) != STATUS_OK)
        engine_stop(engine, &err);
    return true;
}

static void check_failures_in_row(struct engine *engine, const struct err *failure)
{
    struct err err;
    bool unreachable = failure->kind == STATUS_UNREACHABLE || !client_was_answered(engine->options->client);
    if (unreachable) {
        err_set(&err, STATUS_UNREACHABLE, "the API cannot be reached: %s", failure->message);
        engine_stop(engine, &err);
    } else if (++engine->failures_in_row >= ENGINE_FAILURES_IN_ROW_MAX) {
        err_set(&err, STATUS_UNREACHABLE, "%d requests in a row failed for good, so the run ends early; the last: %s",
                engine->failures_in_row, failure->message);
        engine_stop(engine, &err);
    }
}

void settle_failed(struct engine *engine, const struct unit *unit, const struct err *failure)
{
    check_failures_in_row(engine, failure);
    if (engine->stop != STATUS_OK && !engine->dialect_is_settled)
        return; /* nothing was ever answered: there is no slice to blame */
    if (engine->stop == STATUS_OK && status_may_halve(failure->kind) && cut(engine, unit)) {
        log_debug("building %lld: cut in two after: %s", (long long)unit->building->id, failure->message);
        return;
    }
    size_t count = unit_slice_count(unit);
    const struct err **errs = calloc(count, sizeof *errs);
    if (errs == NULL) {
        struct err err;
        err_nomem(&err);
        engine_stop(engine, &err);
        return;
    }
    for (size_t i = 0; i < count; i++)
        errs[i] = failure;
    struct unit_outcome outcome = {.unit = unit, .slice_errs = errs, .fetched_at = clock_wall(&engine->options->clock)};
    if (write_outcome(engine, &outcome))
        list_failures(engine, &outcome);
    free(errs);
}

/* Marks the slices that rejected rows belong to; true when a row belongs to none of the unit's slices. */
static bool mark_rejected(const struct batch *batch, const struct err **errs, struct err *pool)
{
    bool outside = false;
    for (size_t i = 0; i < batch->reject_count; i++) {
        const struct reject *reject = &batch->rejects[i];
        if (reject->slice == SIZE_MAX) {
            outside = true;
            continue;
        }
        if (errs[reject->slice] == NULL)
            err_set(&pool[i], STATUS_REJECTED, "a row was rejected: %s", reject->reason);
        if (errs[reject->slice] == NULL)
            errs[reject->slice] = &pool[i];
    }
    return outside;
}

static void finish(struct fetch *fetch, const struct err **errs, struct err *pool)
{
    struct engine *engine = fetch->engine;
    const struct batch *batch = &fetch->pager.batch;
    size_t count = unit_slice_count(&fetch->unit);
    bool outside = mark_rejected(batch, errs, pool) || batch->rejects_dropped > 0;
    if (outside && cut(engine, &fetch->unit)) /* smaller units tell whose rows they are */
        return;
    if (outside) {
        err_set(&pool[batch->reject_count], STATUS_REJECTED,
                "the API returned rows that were not asked for; they are in the table rejects");
        for (size_t i = 0; i < count; i++)
            errs[i] = &pool[batch->reject_count];
    }
    struct unit_outcome outcome = {
        .unit = &fetch->unit,
        .batch = batch,
        .slice_errs = errs,
        .proofs = proof_bit(fetch->pager.proof),
        .fetched_at = fetch->fetched_at,
        .rows_received = batch->received,
    };
    if (write_outcome(engine, &outcome))
        list_failures(engine, &outcome);
}

void settle_complete(struct fetch *fetch)
{
    struct engine *engine = fetch->engine;
    const struct err **errs = calloc(unit_slice_count(&fetch->unit), sizeof *errs);
    struct err *pool = calloc(fetch->pager.batch.reject_count + 1, sizeof *pool);
    if (errs != NULL && pool != NULL) {
        finish(fetch, errs, pool);
    } else {
        struct err err;
        err_nomem(&err);
        engine_stop(engine, &err);
    }
    free(errs);
    free(pool);
    fetch_end(fetch);
}

static void add_counts(struct run_counts *total, const struct run_counts *more)
{
    total->slices_fetched += more->slices_fetched;
    total->slices_failed += more->slices_failed;
    total->slices_empty += more->slices_empty;
    total->rows_received += more->rows_received;
    total->rows_inserted += more->rows_inserted;
    total->rows_updated += more->rows_updated;
    total->rows_unchanged += more->rows_unchanged;
    total->rows_vanished += more->rows_vanished;
    total->rows_rejected += more->rows_rejected;
}

void settle_flush(struct engine *engine)
{
    struct err err = {0};
    const struct destination *destination = engine->options->destination;
    if (destination->flush(destination->context, &err) == STATUS_OK) {
        add_counts(&engine->summary->counts, &engine->pending);
    } else {
        err_prefix(&err, "%s", destination->name);
        engine_stop(engine, &err);
    }
    engine->pending = (struct run_counts){0};
    engine->flushed_ms = clock_monotonic_ms(&engine->options->clock);
}
