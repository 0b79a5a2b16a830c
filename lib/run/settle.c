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

/* A destination failed: the run goes on without it, unless it was the last. */
static void take_down(struct engine *engine, size_t at, const struct err *failure)
{
    struct target *target = &engine->targets[at];
    target->is_down = true;
    target->err = *failure;
    target->pending = (struct run_counts){0};
    err_prefix(&target->err, "%s", engine->options->destinations[at]->name);
    for (size_t i = 0; i < engine->options->destination_count; i++) {
        if (!engine->targets[i].is_down) {
            log_error("%s; the run goes on without it", target->err.message);
            return;
        }
    }
    engine_stop(engine, &target->err);
}

/* Gives an outcome to every destination that works. Its claim ends with the next flush. */
static void write_outcome(struct engine *engine, const struct unit_outcome *outcome)
{
    struct err err = {0};
    for (size_t i = 0; i < engine->options->destination_count; i++) {
        struct target *target = &engine->targets[i];
        const struct destination *destination = engine->options->destinations[i];
        if (!target->is_down && destination->write(destination->context, outcome, &target->pending, &err) != STATUS_OK)
            take_down(engine, i, &err);
    }
    if (engine->options->sharing != NULL && unit_list_add(&engine->written, outcome->unit, &err) != STATUS_OK)
        engine_stop(engine, &err);
}

static void list_failures(struct engine *engine, const struct unit_outcome *outcome)
{
    for (size_t slice = 0; slice < unit_slice_count(outcome->unit); slice++) {
        if (outcome->slice_errs[slice] == NULL)
            continue;
        civil_day day;
        struct series_key key = unit_series_of(outcome->unit, slice, &day);
        summary_add_failure(engine->summary, &key, day, outcome->slice_errs[slice]->message);
        engine->rejected_slices += outcome->slice_errs[slice]->kind == STATUS_REJECTED;
    }
}

/* Whether time may cure the failure: the server did not do its part. */
static bool may_pass(enum status kind)
{
    return kind == STATUS_SERVER || kind == STATUS_UNCLEAR || kind == STATUS_BAD_ANSWER;
}

/*
 * Cuts a unit in two and queues both; false when it is one slice. What time may cure waits behind everything else, so
 * that a part of the data that the server cannot give holds nobody up.
 */
static bool cut(struct engine *engine, const struct unit *unit, bool can_wait)
{
    struct unit first;
    struct unit second;
    struct err err;
    if (!unit_halve(unit, &first, &second))
        return false;
    engine_give_back(engine, unit);
    enum status (*queue)(struct worklist *, const struct unit *, struct err *) =
        can_wait ? worklist_postpone : worklist_push;
    if (queue(&engine->worklist, &second, &err) != STATUS_OK || queue(&engine->worklist, &first, &err) != STATUS_OK)
        engine_stop(engine, &err);
    return true;
}

/* An API that answers none is not hammered all night: after so many slices in a row, and one a troubled building. */
static void check_failures_in_row(struct engine *engine, const struct err *failure)
{
    struct err err;
    size_t most = ENGINE_FAILURES_IN_ROW_MAX + worklist_troubled(&engine->worklist);
    if ((size_t)++engine->failures_in_row < most)
        return;
    /* What the API itself said of its failure is no sign that it cannot be reached. */
    bool is_there = client_counters(engine->options->client)->served > 0;
    err_set(&err, is_there ? STATUS_SERVER : STATUS_UNREACHABLE,
            "%d slices in a row failed, so the run ends early; the last: %s", engine->failures_in_row,
            failure->message);
    engine_stop(engine, &err);
}

/* Takes down that the server did not do its part. A refusal, or rows that cannot be proved complete, are answers. */
static void note_failure(struct engine *engine, const struct unit *unit, const struct err *failure)
{
    struct err err;
    bool is_slice = unit_slice_count(unit) == 1;
    bool is_server = may_pass(failure->kind) || (is_slice && failure->kind == STATUS_TIMEOUT);
    if (is_server && worklist_failed(&engine->worklist, unit->building, &err) != STATUS_OK)
        engine_stop(engine, &err);
    if (is_server && is_slice)
        check_failures_in_row(engine, failure);
}

/* Nobody is there: every other unit would fail the same way, and no slice is to blame. */
static bool is_unreachable(struct engine *engine, const struct err *failure)
{
    struct err err;
    if (failure->kind != STATUS_UNREACHABLE && client_was_answered(engine->options->client))
        return false;
    err_set(&err, STATUS_UNREACHABLE, "the API cannot be reached: %s", failure->message);
    engine_stop(engine, &err);
    return true;
}

/* Rows that contradict each other, and a refusal, do so in any number. */
static bool size_may_be_to_blame(enum status kind)
{
    return may_pass(kind) || kind == STATUS_TIMEOUT || kind == STATUS_TOO_LARGE || kind == STATUS_UNSUPPORTED;
}

void settle_failed(struct engine *engine, const struct unit *unit, const struct err *failure)
{
    if (is_unreachable(engine, failure))
        return;
    note_failure(engine, unit, failure);
    bool may_cut = engine->stop == STATUS_OK && status_may_halve(failure->kind) && unit_slice_count(unit) > 1;
    if (may_cut && size_may_be_to_blame(failure->kind))
        unit_size_failed(&engine->size, unit_expected_rows(unit));
    if (may_cut && cut(engine, unit, may_pass(failure->kind))) {
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
    write_outcome(engine, &outcome);
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

/* unproved: NULL, or why the batch is not known to be whole; then no slice of the unit is complete. */
static void finish(struct fetch *fetch, const struct err *unproved, const struct err **errs, struct err *pool)
{
    struct engine *engine = fetch->engine;
    const struct batch *batch = &fetch->pager.batch;
    struct err *last = &pool[batch->reject_count];
    bool outside = mark_rejected(batch, errs, pool) || batch->rejects_dropped > 0;
    if ((outside || unproved != NULL) && cut(engine, &fetch->unit, false)) /* smaller units tell whose rows they are */
        return;
    if (outside)
        err_set(last, STATUS_REJECTED, "the API returned rows that were not asked for; they are in the table rejects");
    else if (unproved != NULL)
        err_set(last, STATUS_REJECTED, "a row was rejected: %s", batch->rejects[0].reason);
    for (size_t i = 0; last->kind != STATUS_OK && i < unit_slice_count(&fetch->unit); i++)
        errs[i] = last;
    struct unit_outcome outcome = {
        .unit = &fetch->unit,
        .batch = batch,
        .slice_errs = errs,
        .proofs = proof_bit(fetch->pager.proof),
        .fetched_at = fetch->fetched_at,
        .rows_received = batch->received,
    };
    write_outcome(engine, &outcome);
    list_failures(engine, &outcome);
}

static void settle(struct fetch *fetch, const struct err *unproved)
{
    struct engine *engine = fetch->engine;
    const struct err **errs = calloc(unit_slice_count(&fetch->unit), sizeof *errs);
    struct err *pool = calloc(fetch->pager.batch.reject_count + 1, sizeof *pool);
    if (errs != NULL && pool != NULL) {
        finish(fetch, unproved, errs, pool);
    } else {
        struct err err;
        err_nomem(&err);
        engine_stop(engine, &err);
    }
    free(errs);
    free(pool);
    fetch_end(fetch);
}

void settle_complete(struct fetch *fetch)
{
    settle(fetch, NULL);
}

void settle_rejected(struct fetch *fetch, const struct err *failure)
{
    settle(fetch, failure);
}

/* True when it has nothing pending any more. */
static bool flush_target(struct engine *engine, size_t at, bool must)
{
    struct target *target = &engine->targets[at];
    const struct destination *destination = engine->options->destinations[at];
    struct err err = {0};
    bool flushed = false;
    if (target->is_down)
        return true;
    if (destination->flush(destination->context, must, &target->pending, &flushed, &err) != STATUS_OK) {
        take_down(engine, at, &err);
        return true;
    }
    if (flushed) {
        run_counts_add(&target->flushed, &target->pending);
        target->pending = (struct run_counts){0};
    }
    return flushed;
}

void settle_flush(struct engine *engine, bool must)
{
    bool all = true;
    uint64_t pending = 0;
    for (size_t i = 0; i < engine->options->destination_count; i++) {
        if (!flush_target(engine, i, must))
            all = false;
        if (engine->targets[i].pending.rows_received > pending)
            pending = engine->targets[i].pending.rows_received;
    }
    for (size_t i = 0; all && i < engine->written.count; i++)
        engine_give_back(engine, &engine->written.units[i]);
    if (all)
        engine->written.count = 0;
    engine->flush_rows = pending + ENGINE_FLUSH_ROWS;
    engine->flushed_ms = clock_monotonic_ms(&engine->options->clock);
}
