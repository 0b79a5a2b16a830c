#include "store/ledger.h"

#include "core/clock.h"
#include "store/ledger_internal.h"

#include <stdlib.h>
#include <string.h>

/* In the order of enum ledger_query. */
static const char *const query_texts[LEDGER_QUERY_COUNT] = {
    [LEDGER_SERIES_ID] = "SELECT series_id FROM series WHERE dataset = ?1 AND building_id = ?2 AND granularity = ?3"
                         " AND site_id = ?4 AND group_id = ?5",
    [LEDGER_SPANS] =
        "SELECT first_day, end_day, settled, columns_id, empty_days, unixepoch(fetched_at) FROM ledger_spans"
        " WHERE series_id = ?1 ORDER BY first_day",
    [LEDGER_FAILURES] = "SELECT day FROM ledger_failures WHERE series_id = ?1 ORDER BY day",
    [LEDGER_LOOK_BACK] = "SELECT first_day, end_day, columns_id FROM ledger_spans WHERE series_id = ?1"
                         " AND first_day < ?3 AND first_day >="
                         " coalesce((SELECT max(first_day) FROM ledger_spans WHERE series_id = ?1 AND first_day < ?2),"
                         " ?2)",
    /* The span that begins before the range may reach it: spans do not overlap, so it is the nearest one. */
    [LEDGER_NEAR] = "SELECT first_day, end_day, settled, columns_id, proofs, unixepoch(fetched_at), empty_days,"
                    " proof_days"
                    " FROM ledger_spans WHERE series_id = ?1 AND first_day <= ?3 AND first_day >="
                    " coalesce((SELECT max(first_day) FROM ledger_spans WHERE series_id = ?1 AND first_day < ?2), ?2)"
                    " ORDER BY first_day",
    [LEDGER_SPAN_DELETE] = "DELETE FROM ledger_spans WHERE series_id = ?1 AND first_day = ?2",
    [LEDGER_SPAN_INSERT] = "INSERT INTO ledger_spans (series_id, first_day, end_day, settled, columns_id, proofs,"
                           " fetched_at, empty_days, proof_days) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    [LEDGER_FAILURE_DELETE] = "DELETE FROM ledger_failures WHERE series_id = ?1 AND day >= ?2 AND day < ?3",
    [LEDGER_FAILURE_PUT] =
        "INSERT INTO ledger_failures (series_id, day, attempts, kind, error, failed_at, run_id)"
        " VALUES (?1, ?2, 1, ?3, ?4, ?5, ?6) ON CONFLICT (series_id, day) DO UPDATE SET"
        " attempts = ledger_failures.attempts + CASE WHEN ledger_failures.run_id <> excluded.run_id THEN 1 ELSE 0 END,"
        " kind = excluded.kind, error = excluded.error,"
        " failed_at = excluded.failed_at, run_id = excluded.run_id",
    [LEDGER_EACH_FAILED] =
        "SELECT n.building_id, n.site_id, n.group_id, n.granularity, f.day, f.attempts, f.error, f.failed_at"
        " FROM ledger_failures f JOIN series n USING (series_id) JOIN coverage_series s USING (series_id)"
        " JOIN coverage_buildings b ON b.job = s.job AND b.building_id = n.building_id"
        " WHERE s.job = ?1 AND f.day >= b.first_day AND f.day < b.end_day"
        " ORDER BY f.day DESC, n.building_id, n.site_id, n.group_id, n.granularity LIMIT ?2",
    [LEDGER_SIGHTING_FIND] = "SELECT run_id <> ?3 FROM empty_sightings WHERE series_id = ?1 AND day = ?2",
    [LEDGER_SIGHTING_ADD] = "INSERT INTO empty_sightings (series_id, day, run_id) VALUES (?1, ?2, ?3)"
                            " ON CONFLICT DO NOTHING",
    [LEDGER_SIGHTING_DELETE] = "DELETE FROM empty_sightings WHERE series_id = ?1 AND day = ?2",
    [LEDGER_MISS_DROP] = "DELETE FROM missed_rows WHERE series_id = ?1 AND day = ?2 AND start = ?3",
    [LEDGER_MISS_DELETE] = "DELETE FROM missed_rows WHERE series_id = ?1 AND day = ?2",
    [LEDGER_MISS_ADD] = "INSERT INTO missed_rows (series_id, day, start) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
};

enum status ledger_query(struct ledger *ledger, enum ledger_query which, struct db_statement **ret_statement,
                         struct err *err)
{
    if (ledger->queries[which] == NULL) {
        enum status status = db_prepare(ledger->db, query_texts[which], &ledger->queries[which], err);
        if (status != STATUS_OK)
            return status;
    }
    *ret_statement = ledger->queries[which];
    return STATUS_OK;
}

enum status ledger_open(struct db *db, const struct ledger_job *job, struct ledger **ret_ledger, struct err *err)
{
    struct ledger *ledger = calloc(1, sizeof *ledger);
    if (ledger == NULL)
        return err_nomem(err);
    ledger->db = db;
    ledger->job = *job;
    enum status status = ledger_columns_load(ledger, err);
    if (status != STATUS_OK) {
        ledger_close(ledger);
        return status;
    }
    *ret_ledger = ledger;
    return STATUS_OK;
}

void ledger_close(struct ledger *ledger)
{
    if (ledger == NULL)
        return;
    for (int i = 0; i < LEDGER_QUERY_COUNT; i++)
        db_finalize(ledger->queries[i]);
    ledger_read_ahead(ledger, 0);
    arena_release(&ledger->reading);
    arena_release(&ledger->columns);
    free(ledger->spans);
    free(ledger->failures);
    free(ledger);
}

static enum status look_back(struct ledger *ledger, int64_t series_id, struct day_range days,
                             enum ledger_past *ret_past, struct err *err)
{
    struct db_statement *query;
    enum status status = ledger_query(ledger, LEDGER_LOOK_BACK, &query, err);
    if (status != STATUS_OK)
        return status;
    db_bind_integer(query, 1, series_id);
    db_bind_integer(query, 2, days.first);
    db_bind_integer(query, 3, days.end);
    for (int64_t day = days.first; day < days.end; day++)
        ret_past[day - days.first] = LEDGER_NEVER;
    bool row;
    while ((status = db_step(query, &row, err)) == STATUS_OK && row) {
        int64_t first = db_column_integer(query, 0);
        int64_t end = db_column_integer(query, 1);
        bool outdated = ledger_columns_outdated(ledger, db_column_integer(query, 2));
        for (int64_t day = first > days.first ? first : days.first; day < end && day < days.end; day++)
            ret_past[day - days.first] = outdated ? LEDGER_OTHER_COLUMNS : LEDGER_FETCHED;
    }
    return status;
}

enum status ledger_look_back(struct ledger *ledger, int64_t series_id, struct day_range days,
                             enum ledger_past *ret_past, struct err *err)
{
    bool again = false;
    enum status status = look_back(ledger, series_id, days, ret_past, err);
    if (status == STATUS_OK)
        status = ledger_columns_catch_up(ledger, &again, err);
    return status == STATUS_OK && again ? look_back(ledger, series_id, days, ret_past, err) : status;
}

enum status ledger_read_stored(struct ledger *ledger, struct db_statement *query, int at, struct span *ret_span,
                               struct err *err)
{
    struct span span = {
        .days = {(civil_day)db_column_integer(query, at), (civil_day)db_column_integer(query, at + 1)},
        .settled = db_column_integer(query, at + 2) != 0,
        .columns_id = db_column_integer(query, at + 3),
        .proofs = (unsigned)db_column_integer(query, at + 4),
        .fetched_at = db_column_integer(query, at + 5),
    };
    enum status status = ledger_read_map(ledger, query, at + 6, span_map_size(span.days), &span.empty_days, err);
    if (status == STATUS_OK)
        status = ledger_read_map(ledger, query, at + 7, span_proof_size(span.days), &span.proof_days, err);
    if (status == STATUS_OK)
        *ret_span = span;
    return status;
}

/* The stored spans that the range touches or overlaps. */
static enum status read_near(struct ledger *ledger, int64_t series_id, struct day_range days, struct span **ret_spans,
                             size_t *ret_count, struct err *err)
{
    struct db_statement *query;
    enum status status = ledger_query(ledger, LEDGER_NEAR, &query, err);
    if (status != STATUS_OK)
        return status;
    db_bind_integer(query, 1, series_id);
    db_bind_integer(query, 2, days.first);
    db_bind_integer(query, 3, days.end);
    size_t capacity = (size_t)(days.end - days.first) + 2; /* each span within holds at least a day */
    struct span *spans = arena_calloc(&ledger->reading, capacity, sizeof *spans);
    if (spans == NULL)
        return err_nomem(err);
    size_t count = 0;
    bool row;
    while ((status = db_step(query, &row, err)) == STATUS_OK && row) {
        if (count == capacity) {
            status =
                err_set(err, STATUS_BUG, "%s: spans of series %lld overlap", db_path(ledger->db), (long long)series_id);
            break;
        }
        status = ledger_read_stored(ledger, query, 0, &spans[count++], err);
        if (status != STATUS_OK)
            break;
    }
    db_reset(query);
    *ret_spans = spans;
    *ret_count = count;
    return status;
}

enum status ledger_delete_span(struct ledger *ledger, int64_t series_id, civil_day first, struct err *err)
{
    struct db_statement *query;
    enum status status = ledger_query(ledger, LEDGER_SPAN_DELETE, &query, err);
    if (status != STATUS_OK)
        return status;
    db_bind_integer(query, 1, series_id);
    db_bind_integer(query, 2, first);
    return db_run(query, err);
}

enum status ledger_insert_span(struct ledger *ledger, int64_t series_id, const struct span *span, struct err *err)
{
    struct db_statement *query;
    enum status status = ledger_query(ledger, LEDGER_SPAN_INSERT, &query, err);
    if (status != STATUS_OK)
        return status;
    char fetched_at[CLOCK_TEXT_SIZE];
    db_bind_integer(query, 1, series_id);
    db_bind_integer(query, 2, span->days.first);
    db_bind_integer(query, 3, span->days.end);
    db_bind_integer(query, 4, span->settled);
    db_bind_integer(query, 5, span->columns_id);
    db_bind_integer(query, 6, span->proofs);
    db_bind_string(query, 7, clock_format_utc(span->fetched_at, fetched_at));
    db_bind_blob(query, 8, span->empty_days, span_map_size(span->days));
    db_bind_blob(query, 9, span->proof_days, span_proof_size(span->days));
    return db_run(query, err);
}

static enum status delete_failures(struct ledger *ledger, int64_t series_id, struct day_range days, struct err *err)
{
    struct db_statement *query;
    enum status status = ledger_query(ledger, LEDGER_FAILURE_DELETE, &query, err);
    if (status != STATUS_OK)
        return status;
    db_bind_integer(query, 1, series_id);
    db_bind_integer(query, 2, days.first);
    db_bind_integer(query, 3, days.end);
    return db_run(query, err);
}

enum status ledger_put_fetched(struct ledger *ledger, int64_t series_id, const struct span *put, struct err *err)
{
    struct span own = *put;
    own.columns_id = ledger->columns_id;
    struct span *old = NULL;
    struct span *now = NULL;
    size_t old_count = 0;
    size_t now_count = 0;
    arena_reset(&ledger->reading);
    enum status status = read_near(ledger, series_id, own.days, &old, &old_count, err);
    if (status == STATUS_OK)
        status = spans_put(old, old_count, &own, &ledger->reading, &now, &now_count, err);
    for (size_t i = 0; status == STATUS_OK && i < old_count; i++)
        status = ledger_delete_span(ledger, series_id, old[i].days.first, err);
    for (size_t i = 0; status == STATUS_OK && i < now_count; i++)
        status = ledger_insert_span(ledger, series_id, &now[i], err);
    if (status == STATUS_OK)
        status = delete_failures(ledger, series_id, own.days, err);
    return status;
}

typedef enum status change_spans(const struct span *spans, size_t count, struct day_range days, struct arena *arena,
                                 struct span **ret_spans, size_t *ret_count, bool *ret_changed, struct err *err);

static enum status change_days(struct ledger *ledger, int64_t series_id, struct day_range days, change_spans *change,
                               bool *ret_changed, struct err *err)
{
    struct span *old = NULL;
    struct span *now = NULL;
    size_t old_count = 0;
    size_t now_count = 0;
    bool changed = false;
    arena_reset(&ledger->reading);
    enum status status = read_near(ledger, series_id, days, &old, &old_count, err);
    if (status == STATUS_OK)
        status = change(old, old_count, days, &ledger->reading, &now, &now_count, &changed, err);
    for (size_t i = 0; status == STATUS_OK && changed && i < old_count; i++)
        status = ledger_delete_span(ledger, series_id, old[i].days.first, err);
    for (size_t i = 0; status == STATUS_OK && changed && i < now_count; i++)
        status = ledger_insert_span(ledger, series_id, &now[i], err);
    if (status == STATUS_OK)
        *ret_changed = changed;
    return status;
}

enum status ledger_reopen(struct ledger *ledger, int64_t series_id, struct day_range days, uint64_t *ret_opened,
                          struct err *err)
{
    bool opened;
    enum status status = change_days(ledger, series_id, days, spans_open, &opened, err);
    if (status != STATUS_OK)
        return status;
    ledger->reopened += opened;
    *ret_opened = opened ? ledger->reopened : 0;
    return STATUS_OK;
}

enum status ledger_forget_days(struct ledger *ledger, int64_t series_id, struct day_range days, struct err *err)
{
    bool taken;
    return change_days(ledger, series_id, days, spans_take, &taken, err);
}

enum status ledger_put_failed(struct ledger *ledger, const struct ledger_fault *fault, struct err *err)
{
    struct db_statement *query;
    enum status status = ledger_query(ledger, LEDGER_FAILURE_PUT, &query, err);
    if (status != STATUS_OK)
        return status;
    char failed_at[CLOCK_TEXT_SIZE];
    db_bind_integer(query, 1, fault->series_id);
    db_bind_integer(query, 2, fault->day);
    db_bind_string(query, 3, status_name(fault->kind));
    db_bind_string(query, 4, fault->message);
    db_bind_string(query, 5, clock_format_utc(fault->failed_at, failed_at));
    db_bind_string(query, 6, fault->run_id);
    return db_run(query, err);
}

enum status ledger_each_failed(struct ledger *ledger, int64_t most, ledger_visit_failed *visit, void *context,
                               struct err *err)
{
    struct db_statement *query;
    enum status status = ledger_query(ledger, LEDGER_EACH_FAILED, &query, err);
    if (status != STATUS_OK)
        return status;
    db_bind_string(query, 1, ledger->job.coverage->job);
    db_bind_integer(query, 2, most);
    bool row;
    while ((status = db_step(query, &row, err)) == STATUS_OK && row) {
        struct ledger_failed_slice slice = {
            .key = {db_column_integer(query, 0), db_column_integer(query, 1), db_column_text(query, 2),
                    db_column_text(query, 3)},
            .day = (civil_day)db_column_integer(query, 4),
            .attempts = db_column_integer(query, 5),
            .message = db_column_text(query, 6),
            .failed_at = db_column_text(query, 7),
        };
        visit(context, &slice);
    }
    return status;
}
