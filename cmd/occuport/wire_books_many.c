#include "wire_books_many.h"

#include "core/buf.h"

#include <inttypes.h>
#include <stdlib.h>

/* The series ids of an outcome, one for each of its series, and then its complete slices. */
static enum status add_outcome(struct books_batch *batch, const struct unit_outcome *outcome, struct err *err)
{
    size_t series_count = outcome->unit->site_count * outcome->unit->group_count;
    struct sink_slice *series = calloc(series_count, sizeof *series);
    if (series == NULL)
        return err_nomem(err);
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < series_count; i++)
        status = books_slice(batch->books, outcome, i, &series[i], err);
    for (size_t i = 0; status == STATUS_OK && i < unit_slice_count(outcome->unit); i++) {
        if (outcome->slice_errs[i] != NULL)
            continue;
        struct sink_slice *slice = &batch->slices[batch->count].slice;
        *slice = series[i % series_count];
        slice->key = unit_series_of(outcome->unit, i, &slice->day);
        slice->row_count = outcome_slice_rows(outcome, i, &slice->rows);
        batch->places[batch->count++] = (struct batch_slice){.outcome = outcome};
    }
    free(series);
    return status;
}

enum status books_batch_make(const struct books *books, size_t count, const struct unit_outcome *const *outcomes,
                             struct books_batch *ret_batch, struct err *err)
{
    size_t slices = 1;
    for (size_t i = 0; i < count; i++)
        slices += unit_slice_count(outcomes[i]->unit);
    *ret_batch = (struct books_batch){
        .books = books,
        .outcome_count = count,
        .outcomes = outcomes,
        .slices = calloc(slices, sizeof *ret_batch->slices),
        .places = calloc(slices, sizeof *ret_batch->places),
    };
    if (ret_batch->slices == NULL || ret_batch->places == NULL)
        return err_nomem(err);
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        status = add_outcome(ret_batch, outcomes[i], err);
    return status;
}

void books_batch_release(struct books_batch *batch)
{
    free(batch->slices);
    free(batch->places);
    *batch = (struct books_batch){0};
}

/* --- what the ledger knew */

/* The stretches of one outcome: one a series, with room for its days behind one another in past. */
static enum status ask_for_outcome(const struct books_batch *batch, const struct unit_outcome *outcome,
                                   struct ledger_stretch *stretches,
                                   enum ledger_past *past, /* NOLINT(readability-non-const-parameter): it is filled */
                                   struct err *err)
{
    size_t series_count = outcome->unit->site_count * outcome->unit->group_count;
    size_t day_count = unit_slice_count(outcome->unit) / series_count;
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < series_count; i++) {
        struct sink_slice slice;
        status = books_slice(batch->books, outcome, i, &slice, err);
        if (status == STATUS_OK)
            stretches[i] = (struct ledger_stretch){slice.series_id, outcome->unit->days, past + i * day_count};
    }
    return status;
}

/* Takes the answers over into the slices: those of an outcome are (day, series), and complete ones only. */
static void hear_of_outcomes(struct books_batch *batch, const enum ledger_past *past)
{
    size_t number = 0;
    for (size_t o = 0; o < batch->outcome_count; o++) {
        const struct unit_outcome *outcome = batch->outcomes[o];
        size_t series_count = outcome->unit->site_count * outcome->unit->group_count;
        size_t slice_count = unit_slice_count(outcome->unit);
        for (size_t i = 0; i < slice_count; i++) {
            if (outcome->slice_errs[i] != NULL)
                continue;
            batch->places[number].past = past[i % series_count * (slice_count / series_count) + i / series_count];
            batch->slices[number].slice.is_new = batch->places[number].past == LEDGER_NEVER;
            number++;
        }
        past += slice_count;
    }
}

/* With room for as many of both as there are slices. */
static enum status look_back_with(struct books_batch *batch, enum ledger_past *past, struct ledger_stretch *stretches,
                                  struct err *err)
{
    size_t count = 0;
    enum status status = STATUS_OK;
    enum ledger_past *at = past;
    for (size_t i = 0; status == STATUS_OK && i < batch->outcome_count; i++) {
        const struct unit *unit = batch->outcomes[i]->unit;
        status = ask_for_outcome(batch, batch->outcomes[i], stretches + count, at, err);
        count += unit->site_count * unit->group_count;
        at += unit_slice_count(unit);
    }
    if (status == STATUS_OK)
        status = ledger_look_back_many(batch->books->ledger, count, stretches, err);
    if (status == STATUS_OK)
        hear_of_outcomes(batch, past);
    return status;
}

static enum status look_back(struct books_batch *batch, struct err *err)
{
    size_t slice_count = 1;
    for (size_t i = 0; i < batch->outcome_count; i++)
        slice_count += unit_slice_count(batch->outcomes[i]->unit);
    enum ledger_past *past = calloc(slice_count, sizeof *past);
    struct ledger_stretch *stretches = calloc(slice_count, sizeof *stretches);
    enum status status =
        past != NULL && stretches != NULL ? look_back_with(batch, past, stretches, err) : err_nomem(err);
    free(past);
    free(stretches);
    return status;
}

/* --- slices that had rows and came back empty */

static int compare_sightings(const void *a, const void *b)
{
    const struct ledger_sighting *left = a;
    const struct ledger_sighting *right = b;
    if (left->series_id != right->series_id)
        return left->series_id < right->series_id ? -1 : 1;
    return (left->day > right->day) - (left->day < right->day);
}

static void note_sightings(struct books_batch *batch, const struct ledger_sighting *sightings, size_t count)
{
    bool deletes = batch->books->job->config->on_vanished == CONFIG_VANISHED_DELETE;
    for (size_t i = 0; i < batch->count; i++) {
        struct sink_slice *slice = &batch->slices[i].slice;
        struct batch_slice *place = &batch->places[i];
        const struct ledger_sighting wanted = {slice->series_id, slice->day, false};
        const struct ledger_sighting *found =
            count > 0 ? bsearch(&wanted, sightings, count, sizeof wanted, compare_sightings) : NULL;
        place->is_sighted = found != NULL;
        place->is_sighted_by_run = found != NULL && found->is_of_run;
        /* Only the fetch of another run confirms that it is empty. */
        slice->keep_rows = deletes && slice->row_count == 0 && (found == NULL || found->is_of_run);
    }
}

static void append_series(const struct books_batch *batch, struct buf *series)
{
    int64_t last = 0;
    buf_append_char(series, '{');
    for (size_t i = 0; i < batch->count; i++) {
        int64_t id = batch->slices[i].slice.series_id;
        if (id != last)
            buf_appendf(series, "%s%" PRId64, i > 0 ? "," : "", id);
        last = id;
    }
    buf_append_char(series, '}');
}

enum status books_batch_look_back(struct books_batch *batch, struct err *err)
{
    struct buf series = {.max = 64 << 20};
    struct ledger_sighting *sightings = NULL;
    size_t count = 0;
    append_series(batch, &series);
    enum status status = buf_status(&series, err);
    if (status == STATUS_OK)
        status = look_back(batch, err);
    if (status == STATUS_OK)
        status = ledger_sightings_read(batch->books->ledger, buf_text(&series), batch->books->run_id, &sightings,
                                       &count, err);
    if (status == STATUS_OK)
        note_sightings(batch, sightings, count);
    free(sightings);
    buf_release(&series);
    return status;
}

/* --- booking */

/* What is to be written of a batch; arrays grow as long as the batch has slices. */
struct booking {
    struct books_batch *batch;
    struct arena maps; /* of the spans */
    size_t put_count;
    size_t put_capacity;
    struct ledger_put *puts;
    size_t seen_count;
    struct ledger_sighting *seen; /* first seen empty by this run */
    size_t over_count;
    struct ledger_sighting *over; /* no longer */
};

static enum status add_put(struct booking *booking, int64_t series_id, const struct span *span, struct err *err)
{
    if (booking->put_count == booking->put_capacity) {
        size_t capacity = booking->put_capacity != 0 ? booking->put_capacity * 2 : 256;
        struct ledger_put *puts = reallocarray(booking->puts, capacity, sizeof *puts);
        if (puts == NULL)
            return err_nomem(err);
        booking->puts = puts;
        booking->put_capacity = capacity;
    }
    booking->puts[booking->put_count++] = (struct ledger_put){series_id, *span};
    return STATUS_OK;
}

/* The map of a span lives during the visit only. */
static enum status put_span(void *context, const struct series_key *key, const struct span *span, struct err *err)
{
    struct booking *booking = context;
    struct span kept = *span;
    int64_t series_id;
    enum status status = ledger_series_id(booking->batch->books->ledger, key, &series_id, err);
    if (status == STATUS_OK && span->empty_days != NULL) {
        kept.empty_days = (const unsigned char *)arena_copy(&booking->maps, (const char *)span->empty_days,
                                                            span_map_size(span->days));
        if (kept.empty_days == NULL)
            return err_nomem(err);
    }
    return status == STATUS_OK ? add_put(booking, series_id, &kept, err) : status;
}

/* As books_put_changes does; no table of missed rows is kept here, since the sink has its own. */
static enum status put_changes(struct booking *booking, size_t at, struct run_counts *counts, struct err *err)
{
    const struct books *books = booking->batch->books;
    const struct sink_slice *slice = &booking->batch->slices[at].slice;
    const struct sink_changes *changes = &booking->batch->slices[at].changes;
    const struct batch_slice *place = &booking->batch->places[at];
    bool came_empty = changes->inserted + changes->updated + changes->unchanged == 0;
    bool stays = came_empty && changes->kept > 0;
    const struct ledger_sighting sighting = {slice->series_id, slice->day, false};
    enum status status = STATUS_OK;
    books_count_changes(changes, counts);
    if (place->past == LEDGER_FETCHED)
        status = books_note_correction(books, slice, place->outcome->fetched_at, changes, err);
    if (status == STATUS_OK && stays) {
        struct span span = books_kept_span(books, slice, place->outcome->fetched_at);
        counts->slices_empty -= !granularity_is_sparse(slice->key.granularity);
        status = add_put(booking, slice->series_id, &span, err);
    }
    bool is_over = slice->row_count > 0 ? books->job->config->on_vanished == CONFIG_VANISHED_DELETE
                                        : came_empty && changes->kept == 0;
    if (place->is_sighted && is_over)
        booking->over[booking->over_count++] = sighting;
    if (!place->is_sighted && slice->keep_rows && stays)
        booking->seen[booking->seen_count++] = sighting;
    return status;
}

/* *at: the first of its slices, moved behind them. */
static enum status put_outcome(struct booking *booking, const struct unit_outcome *outcome, size_t *at,
                               struct run_counts *counts, struct err *err)
{
    const struct books *books = booking->batch->books;
    enum status status = books_put_parts(books, outcome, counts, err);
    if (status == STATUS_OK)
        status = outcome_each_span(outcome, books->job->config->coverage.settle_seconds, put_span, booking, err);
    for (; status == STATUS_OK && *at < booking->batch->count && booking->batch->places[*at].outcome == outcome; ++*at)
        status = put_changes(booking, *at, counts, err);
    return status;
}

enum status books_batch_put(struct books_batch *batch, bool must_be_new, struct run_counts *counts, bool *ret_changed,
                            struct err *err)
{
    struct ledger *ledger = batch->books->ledger;
    struct booking booking = {
        .batch = batch,
        .seen = calloc(batch->count + 1, sizeof *booking.seen),
        .over = calloc(batch->count + 1, sizeof *booking.over),
    };
    enum status status = booking.seen != NULL && booking.over != NULL ? STATUS_OK : err_nomem(err);
    size_t at = 0;
    for (size_t i = 0; status == STATUS_OK && i < batch->outcome_count; i++)
        status = put_outcome(&booking, batch->outcomes[i], &at, counts, err);
    if (status == STATUS_OK)
        status = ledger_put_many(ledger, booking.put_count, booking.puts, must_be_new, ret_changed, err);
    for (size_t i = 0; status == STATUS_OK && !*ret_changed && i < batch->count; i++)
        status = books_reopen(batch->books, batch->outcome_count, batch->outcomes, &batch->slices[i].slice,
                              &batch->slices[i].changes, err);
    if (status == STATUS_OK && !*ret_changed)
        status = ledger_sightings_write(ledger, batch->books->run_id, booking.seen_count, booking.seen,
                                        booking.over_count, booking.over, err);
    free(booking.puts);
    free(booking.seen);
    free(booking.over);
    arena_release(&booking.maps);
    return status;
}
