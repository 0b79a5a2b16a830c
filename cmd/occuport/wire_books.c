#include "wire_books.h"

#include "core/log.h"
#include "store/runs.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* All series were declared at the start, so a server that does not know one lost it. */
static enum status say_lost(const struct books *books, int64_t building_id, struct err *err)
{
    if (db_kind(books->db) != DB_POSTGRES)
        return err_set(err, STATUS_BUG, "a slice of building %" PRId64 " was never declared", building_id);
    return err_set(err, STATUS_IO,
                   "%s: the server no longer has what was committed: a series of building %" PRId64
                   " is gone (a failover to a standby that was behind?); run again",
                   db_path(books->db), building_id);
}

enum status books_slice(const struct books *books, const struct unit_outcome *outcome, size_t at,
                        struct sink_slice *ret_slice, struct err *err)
{
    struct sink_slice slice = {.zone = outcome->unit->building->zone};
    slice.key = unit_series_of(outcome->unit, at, &slice.day);
    enum status status = ledger_series_id(books->ledger, &slice.key, &slice.series_id, err);
    if (status == STATUS_OK && slice.series_id == 0)
        status = say_lost(books, slice.key.building_id, err);
    if (status == STATUS_OK)
        *ret_slice = slice;
    return status;
}

/* Of one series of the unit, into days; a slice of the unit is (day, series). */
static enum status look_back_at_series(const struct books *books, const struct unit_outcome *outcome, size_t series,
                                       size_t series_count, enum ledger_past *days, enum ledger_past *past,
                                       struct err *err)
{
    struct sink_slice slice;
    size_t day_count = unit_slice_count(outcome->unit) / series_count;
    enum status status = books_slice(books, outcome, series, &slice, err);
    if (status == STATUS_OK)
        status = ledger_look_back(books->ledger, slice.series_id, outcome->unit->days, days, err);
    for (size_t day = 0; status == STATUS_OK && day < day_count; day++) {
        size_t at = day * series_count + series;
        past[at] = days[day];
    }
    return status;
}

enum status books_look_back(const struct books *books, const struct unit_outcome *outcome, enum ledger_past **ret_past,
                            struct err *err)
{
    const struct unit *unit = outcome->unit;
    size_t series_count = unit->site_count * unit->group_count;
    enum ledger_past *past = calloc(unit_slice_count(unit), sizeof *past);
    enum ledger_past *days = calloc(unit_slice_count(unit), sizeof *days);
    enum status status = STATUS_OK;
    if (past == NULL || days == NULL) {
        free(past);
        free(days);
        return err_nomem(err);
    }
    for (size_t i = 0; status == STATUS_OK && i < series_count; i++)
        status = look_back_at_series(books, outcome, i, series_count, days, past, err);
    free(days);
    if (status == STATUS_OK)
        *ret_past = past;
    else
        free(past);
    return status;
}

enum status books_judge_empty(const struct books *books, const struct sink_slice *slice, bool *ret_keep_rows,
                              struct err *err)
{
    bool confirmed = false;
    if (books->job->config->on_vanished != CONFIG_VANISHED_DELETE) {
        *ret_keep_rows = false;
        return STATUS_OK;
    }
    enum status status;
    if (slice->row_count > 0)
        status = ledger_forget_empty(books->ledger, slice->series_id, slice->day, err);
    else
        status = ledger_sight_empty(books->ledger, slice->series_id, slice->day, books->run_id, &confirmed, err);
    if (status == STATUS_OK)
        *ret_keep_rows = slice->row_count == 0 && !confirmed;
    return status;
}

/* True when the outcome has a complete slice of the series of that one on the day. */
static bool holds_slice(const struct unit_outcome *outcome, const struct sink_slice *slice, civil_day day)
{
    const struct unit *unit = outcome->unit;
    size_t series_count = unit->site_count * unit->group_count;
    if (day < unit->days.first || day >= unit->days.end || unit->building->id != slice->key.building_id ||
        strcmp(unit->granularity, slice->key.granularity) != 0)
        return false;
    for (size_t i = 0; i < series_count; i++) {
        civil_day first;
        size_t at = (size_t)(day - unit->days.first) * series_count + i;
        const struct series_key key = unit_series_of(unit, at, &first);
        if (key.site_id == slice->key.site_id && strcmp(key.group_id, slice->key.group_id) == 0)
            return outcome->slice_errs[at] == NULL;
    }
    return false;
}

enum status books_reopen(const struct books *books, size_t count, const struct unit_outcome *const *outcomes,
                         const struct sink_slice *slice, const struct sink_changes *changes, struct err *err)
{
    struct day_range days = changes->earlier;
    uint64_t opened = 0;
    if (changes->vanished == 0)
        return STATUS_OK;
    for (size_t i = 0; i < count && days.first < days.end; i++) {
        if (!holds_slice(outcomes[i], slice, days.end - 1))
            continue;
        days.end--;
        i = SIZE_MAX; /* the day before may be in any of them */
    }
    if (days.first >= days.end)
        return STATUS_OK;
    enum status status = ledger_reopen(books->ledger, slice->series_id, days, &opened, err);
    if (status == STATUS_OK && opened > 0) {
        char text[CIVIL_TEXT_SIZE];
        log_write(opened == 1 ? LOG_INFO : LOG_DEBUG,
                  "%s: rows of %s are gone (building %" PRId64 ", site %" PRId64
                  ", group %s) and may be given under an "
                  "earlier day now: such days are fetched again by the next run",
                  books->dataset, civil_day_format(slice->day, text), slice->key.building_id, slice->key.site_id,
                  slice->key.group_id);
    }
    return status;
}

/* What a later fetch changes in a slice is a correction; what the first one brings is not. */
enum status books_note_correction(const struct books *books, const struct sink_slice *slice, int64_t seen_at,
                                  const struct sink_changes *changes, struct err *err)
{
    if (changes->inserted + changes->updated + changes->vanished == 0)
        return STATUS_OK;
    struct run_correction correction = {
        .run_id = books->run_id,
        .dataset = books->dataset,
        .seen_at = seen_at,
        .key = slice->key,
        .day = slice->day,
        .inserted = changes->inserted,
        .updated = changes->updated,
        .vanished = changes->vanished,
    };
    return runs_add_correction(books->db, &correction, err);
}

/*
 * The span of an empty answer says that the day has no row. Where rows stay, that is not so; and where they stay until
 * a second run agrees, the day must be due again: it is booked anew.
 */
struct span books_kept_span(const struct books *books, const struct sink_slice *slice, int64_t seen_at)
{
    int64_t settled_from = coverage_slice_settled_from(slice->zone, slice->key.granularity, slice->day,
                                                       books->job->config->coverage.settle_seconds);
    return (struct span){
        .days = {slice->day, slice->day + 1},
        .settled = !slice->keep_rows && seen_at >= settled_from,
        .fetched_at = seen_at,
    };
}

void books_count_changes(const struct sink_changes *changes, struct run_counts *counts)
{
    counts->rows_inserted += changes->inserted;
    counts->rows_updated += changes->updated;
    counts->rows_unchanged += changes->unchanged;
    counts->rows_vanished += changes->vanished;
}

enum status books_put_changes(const struct books *books, const struct sink_slice *slice, enum ledger_past past,
                              int64_t seen_at, const struct sink_changes *changes, struct run_counts *counts,
                              struct err *err)
{
    bool came_empty = changes->inserted + changes->updated + changes->unchanged == 0;
    enum status status = STATUS_OK;
    books_count_changes(changes, counts);
    if (past == LEDGER_FETCHED)
        status = books_note_correction(books, slice, seen_at, changes, err);
    if (status == STATUS_OK && changes->kept == 0 && past != LEDGER_NEVER)
        status = ledger_forget_missed(books->ledger, slice->series_id, slice->day, err);
    if (status == STATUS_OK && came_empty && changes->kept > 0) {
        counts->slices_empty -= !granularity_is_sparse(slice->key.granularity);
        struct span span = books_kept_span(books, slice, seen_at);
        status = ledger_put_fetched(books->ledger, slice->series_id, &span, err);
    }
    if (status == STATUS_OK && came_empty && changes->kept == 0) /* nothing was there, or it is gone now */
        status = ledger_forget_empty(books->ledger, slice->series_id, slice->day, err);
    return status;
}

static enum status put_failed(const struct books *books, const struct unit_outcome *outcome, size_t at, struct err *err)
{
    struct sink_slice slice;
    enum status status = books_slice(books, outcome, at, &slice, err);
    if (status != STATUS_OK)
        return status;
    struct ledger_fault fault = {
        .series_id = slice.series_id,
        .day = slice.day,
        .kind = outcome->slice_errs[at]->kind,
        .message = outcome->slice_errs[at]->message,
        .run_id = books->run_id,
        .failed_at = outcome->fetched_at,
    };
    return ledger_put_failed(books->ledger, &fault, err);
}

static enum status put_rejects(const struct books *books, const struct unit_outcome *outcome, struct err *err)
{
    const struct batch *batch = outcome->batch;
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < batch->reject_count; i++) {
        const struct reject *from = &batch->rejects[i];
        struct run_reject reject = {
            .run_id = books->run_id,
            .dataset = books->dataset,
            .seen_at = outcome->fetched_at,
            .reason = from->reason,
            .raw = from->raw,
            .raw_size = from->raw_size,
        };
        struct series_key key;
        if (from->slice != SIZE_MAX) {
            key = unit_series_of(outcome->unit, from->slice, &reject.day);
            reject.key = &key;
        }
        status = runs_add_reject(books->db, &reject, err);
    }
    return status;
}

static enum status put_span(void *context, const struct series_key *key, const struct span *span, struct err *err)
{
    const struct books *books = context;
    int64_t series_id;
    enum status status = ledger_series_id(books->ledger, key, &series_id, err);
    return status == STATUS_OK ? ledger_put_fetched(books->ledger, series_id, span, err) : status;
}

static enum status put_slices(const struct books *books, const struct unit_outcome *outcome, struct run_counts *counts,
                              struct err *err)
{
    bool sparse = granularity_is_sparse(outcome->unit->granularity);
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < unit_slice_count(outcome->unit); i++) {
        const struct row *rows;
        if (outcome->slice_errs[i] != NULL) {
            counts->slices_failed++;
            status = put_failed(books, outcome, i, err);
            continue;
        }
        counts->slices_fetched++;
        counts->slices_empty += !sparse && outcome_slice_rows(outcome, i, &rows) == 0;
    }
    return status;
}

enum status books_put_parts(const struct books *books, const struct unit_outcome *outcome, struct run_counts *counts,
                            struct err *err)
{
    enum status status = put_slices(books, outcome, counts, err);
    if (status != STATUS_OK || outcome->batch == NULL)
        return status;
    counts->rows_received += outcome->rows_received;
    counts->rows_rejected += outcome->batch->reject_count + outcome->batch->rejects_dropped;
    return put_rejects(books, outcome, err);
}

enum status books_put_outcome(const struct books *books, const struct unit_outcome *outcome, struct run_counts *counts,
                              struct err *err)
{
    struct books copy = *books;
    enum status status = books_put_parts(books, outcome, counts, err);
    if (status != STATUS_OK || outcome->batch == NULL)
        return status;
    return outcome_each_span(outcome, books->job->config->coverage.settle_seconds, put_span, &copy, err);
}
