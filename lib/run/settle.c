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

static void list_failures(struct engine *engine, const struct parcel *parcel)
{
    for (size_t slice = 0; slice < unit_slice_count(&parcel->unit); slice++) {
        if (parcel->errs[slice] == NULL)
            continue;
        civil_day day;
        struct series_key key = unit_series_of(&parcel->unit, slice, &day);
        summary_add_failure(engine->summary, &key, day, parcel->errs[slice]->message);
        engine->rejected_slices += parcel->errs[slice]->kind == STATUS_REJECTED;
    }
}

/* Whether time may cure the failure: the server did not do its part. */
static bool may_pass(enum status kind)
{
    return kind == STATUS_SERVER || kind == STATUS_UNCLEAR || kind == STATUS_BAD_ANSWER;
}

/*
 * Cuts a unit in two and queues both; false when it is one slice. What time may cure, and what may be refused for its
 * building alone, waits behind everything else, so that a part of the data that the server cannot give holds nobody up.
 */
static bool cut(struct engine *engine, const struct unit *unit, bool can_wait)
{
    struct unit first;
    struct unit second;
    struct err err;
    if (!unit_halve(unit, &first, &second))
        return false;
    engine_give_back(engine, unit, 1);
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
    bool is_server = may_pass(failure->kind) || failure->kind == STATUS_TIMEOUT;
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
    bool was_there = client_counters(engine->options->client)->served > 0;
    err_set(&err, STATUS_UNREACHABLE, "%s: %s", was_there ? "the run ends early" : "the API cannot be reached",
            failure->message);
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
        unit_size_failed(&engine->size, unit_expected_rows(unit), unit->building->id);
    bool can_wait = may_pass(failure->kind) || failure->kind == STATUS_UNSUPPORTED;
    if (may_cut && cut(engine, unit, can_wait)) {
        log_debug("building %lld: cut in two after: %s", (long long)unit->building->id, failure->message);
        return;
    }
    struct parcel *parcel = parcel_new(unit, 1, &engine->batches);
    if (parcel == NULL) {
        struct err err;
        err_nomem(&err);
        engine_stop(engine, &err);
        return;
    }
    parcel->pool[0] = *failure;
    for (size_t i = 0; i < unit_slice_count(unit); i++)
        parcel->errs[i] = &parcel->pool[0];
    parcel->outcome.fetched_at = clock_wall(&engine->options->clock);
    list_failures(engine, parcel);
    deliver(engine, parcel);
}

/* Marks the slices that rejected rows belong to; true when a row belongs to none of the unit's slices. */
static bool mark_rejected(const struct batch *batch, struct parcel *parcel)
{
    bool outside = false;
    for (size_t i = 0; i < batch->reject_count; i++) {
        const struct reject *reject = &batch->rejects[i];
        if (reject->slice == SIZE_MAX) {
            outside = true;
            continue;
        }
        if (parcel->errs[reject->slice] != NULL)
            continue;
        err_set(&parcel->pool[i], STATUS_REJECTED, "a row was rejected: %s", reject->reason);
        parcel->errs[reject->slice] = &parcel->pool[i];
    }
    return outside;
}

/*
 * False when the unit was cut instead. unproved: NULL, or why the batch is not known to be whole; then no slice of
 * the unit is complete.
 */
static bool finish(struct fetch *fetch, const struct err *unproved, struct parcel *parcel)
{
    struct engine *engine = fetch->engine;
    struct batch *batch = &fetch->pager.batch;
    struct err *last = &parcel->pool[batch->reject_count];
    bool outside = mark_rejected(batch, parcel) || batch->rejects_dropped > 0;
    if ((outside || unproved != NULL) && cut(engine, &fetch->unit, false)) /* smaller units tell whose rows they are */
        return false;
    if (outside)
        err_set(last, STATUS_REJECTED, "the API returned rows that were not asked for; they are in the table rejects");
    else if (unproved != NULL)
        err_set(last, STATUS_REJECTED, "a row was rejected: %s", batch->rejects[0].reason);
    for (size_t i = 0; last->kind != STATUS_OK && i < unit_slice_count(&fetch->unit); i++)
        parcel->errs[i] = last;
    parcel->outcome.proofs = proof_bit(fetch->pager.proof);
    parcel->outcome.fetched_at = fetch->fetched_at;
    parcel->outcome.rows_received = batch->received;
    parcel->batch = *batch;
    *batch = (struct batch){0};
    return true;
}

static void settle(struct fetch *fetch, const struct err *unproved)
{
    struct engine *engine = fetch->engine;
    struct parcel *parcel = parcel_new(&fetch->unit, fetch->pager.batch.reject_count + 1, &engine->batches);
    if (parcel == NULL) {
        struct err err;
        err_nomem(&err);
        engine_stop(engine, &err);
    } else if (finish(fetch, unproved, parcel)) {
        list_failures(engine, parcel);
        deliver(engine, parcel);
    } else {
        parcel_drop(parcel);
    }
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
