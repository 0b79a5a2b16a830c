#include "store/ledger_many.h"

#include "core/clock.h"
#include "store/arrays.h"
#include "store/ledger_internal.h"

#include <stdlib.h>
#include <string.h>

/* The spans of a series that its days [first, last) or their neighbours lie in: spans do not overlap. */
#define NEAR_SPANS(columns, until)                                                                                     \
    "SELECT u.at, " columns " FROM unnest(?1::integer[], ?2::integer[], ?3::integer[])"                                \
    " WITH ORDINALITY AS u (series_id, first, last, at) CROSS JOIN LATERAL (SELECT * FROM ledger_spans l"              \
    " WHERE l.series_id = u.series_id AND l.first_day " until " u.last AND l.first_day >= coalesce((SELECT"            \
    " max(b.first_day) FROM ledger_spans b WHERE b.series_id = u.series_id AND b.first_day < u.first), u.first)) s"    \
    " ORDER BY u.at, s.first_day"

static enum status look_back(struct ledger *ledger, size_t count, const struct ledger_stretch *stretches,
                             struct err *err)
{
    struct arrays arrays = arrays_new(3);
    struct db_statement *query = NULL;
    for (size_t i = 0; i < count; i++) {
        arrays_add_number(&arrays, 0, stretches[i].series_id);
        arrays_add_number(&arrays, 1, stretches[i].days.first);
        arrays_add_number(&arrays, 2, stretches[i].days.end);
        for (int64_t day = stretches[i].days.first; day < stretches[i].days.end; day++)
            stretches[i].past[day - stretches[i].days.first] = LEDGER_NEVER;
    }
    enum status status =
        arrays_bind(ledger->db, NEAR_SPANS("s.first_day, s.end_day, s.columns_id", "<"), &arrays, &query, err);
    bool row;
    while (status == STATUS_OK && (status = db_step(query, &row, err)) == STATUS_OK && row) {
        const struct ledger_stretch *stretch = &stretches[db_column_integer(query, 0) - 1];
        int64_t first = db_column_integer(query, 1);
        int64_t end = db_column_integer(query, 2);
        bool outdated = ledger_columns_outdated(ledger, db_column_integer(query, 3));
        for (int64_t day = first > stretch->days.first ? first : stretch->days.first;
             day < end && day < stretch->days.end; day++)
            stretch->past[day - stretch->days.first] = outdated ? LEDGER_OTHER_COLUMNS : LEDGER_FETCHED;
    }
    if (query != NULL)
        db_finalize(query);
    arrays_release(&arrays);
    return status;
}

enum status ledger_look_back_many(struct ledger *ledger, size_t count, const struct ledger_stretch *stretches,
                                  struct err *err)
{
    bool again = false;
    enum status status = look_back(ledger, count, stretches, err);
    if (status == STATUS_OK)
        status = ledger_columns_catch_up(ledger, &again, err);
    return status == STATUS_OK && again ? look_back(ledger, count, stretches, err) : status;
}

/* The puts of one series and the spans that they may touch. */
struct group {
    size_t first; /* of the puts */
    size_t end;
    struct day_range days;
    size_t span_count;
    size_t span_capacity;
    struct span *spans; /* as stored; in the arena of the reading */
};

static int compare_puts(const void *a, const void *b)
{
    const struct ledger_put *left = a;
    const struct ledger_put *right = b;
    if (left->series_id != right->series_id)
        return left->series_id < right->series_id ? -1 : 1;
    return left->span.columns_id < right->span.columns_id ? -1 : left->span.columns_id > right->span.columns_id;
}

/* Sorted by series; within one they stay in their order, which is noted where their columns will be. */
static void sort_puts(size_t count, struct ledger_put *puts, int64_t columns_id)
{
    for (size_t i = 0; i < count; i++)
        puts[i].span.columns_id = (int64_t)i;
    qsort(puts, count, sizeof *puts, compare_puts);
    for (size_t i = 0; i < count; i++)
        puts[i].span.columns_id = columns_id;
}

static size_t make_groups(size_t count, const struct ledger_put *puts, struct group *groups)
{
    size_t made = 0;
    for (size_t i = 0; i < count; i++) {
        const struct day_range days = puts[i].span.days;
        if (i == 0 || puts[i].series_id != puts[i - 1].series_id)
            groups[made++] = (struct group){.first = i, .days = days};
        struct group *group = &groups[made - 1];
        group->end = i + 1;
        group->days.first = days.first < group->days.first ? days.first : group->days.first;
        group->days.end = days.end > group->days.end ? days.end : group->days.end;
    }
    return made;
}

static enum status add_span(struct ledger *ledger, struct group *group, struct db_statement *query, struct err *err)
{
    if (group->span_count == group->span_capacity) {
        size_t capacity = group->span_capacity != 0 ? group->span_capacity * 2 : 4;
        struct span *spans = arena_calloc(&ledger->reading, capacity, sizeof *spans);
        if (spans == NULL)
            return err_nomem(err);
        if (group->span_count > 0)
            memcpy(spans, group->spans, group->span_count * sizeof *spans);
        group->spans = spans;
        group->span_capacity = capacity;
    }
    struct span *span = &group->spans[group->span_count++];
    return ledger_read_stored(ledger, query, 1, span, err);
}

static enum status read_near(struct ledger *ledger, const struct ledger_put *puts, size_t count, struct group *groups,
                             struct err *err)
{
    struct arrays arrays = arrays_new(3);
    struct db_statement *query = NULL;
    for (size_t i = 0; i < count; i++) {
        arrays_add_number(&arrays, 0, puts[groups[i].first].series_id);
        arrays_add_number(&arrays, 1, groups[i].days.first);
        arrays_add_number(&arrays, 2, groups[i].days.end);
    }
    enum status status = arrays_bind(ledger->db,
                                     NEAR_SPANS("s.first_day, s.end_day, s.settled::integer, s.columns_id, s.proofs,"
                                                " unixepoch(s.fetched_at), s.empty_days, s.proof_days",
                                                "<="),
                                     &arrays, &query, err);
    bool row;
    while (status == STATUS_OK && (status = db_step(query, &row, err)) == STATUS_OK && row)
        status = add_span(ledger, &groups[db_column_integer(query, 0) - 1], query, err);
    if (query != NULL)
        db_finalize(query);
    arrays_release(&arrays);
    return status;
}

static bool same_map(const unsigned char *a, const unsigned char *b, size_t size)
{
    return a == b || (a != NULL && b != NULL && memcmp(a, b, size) == 0);
}

static bool same_span(const struct span *a, const struct span *b)
{
    return a->days.first == b->days.first && a->days.end == b->days.end && a->settled == b->settled &&
           a->columns_id == b->columns_id && a->proofs == b->proofs && a->fetched_at == b->fetched_at &&
           same_map(a->empty_days, b->empty_days, span_map_size(a->days)) &&
           same_map(a->proof_days, b->proof_days, span_proof_size(a->days));
}

/* The span of a list that begins on that day, or NULL. */
static const struct span *find(const struct span *spans, size_t count, civil_day first)
{
    for (size_t i = 0; i < count; i++) {
        if (spans[i].days.first == first)
            return &spans[i];
    }
    return NULL;
}

/* What is written of all series. */
struct writing {
    struct arrays drop; /* series_id, first_day */
    struct arrays put;  /* all columns of ledger_spans */
    struct arrays days; /* series_id, first, end: their failures are over */
};

static void write_span(struct arrays *put, int64_t series_id, const struct span *span)
{
    char fetched_at[CLOCK_TEXT_SIZE];
    arrays_add_number(put, 0, series_id);
    arrays_add_number(put, 1, span->days.first);
    arrays_add_number(put, 2, span->days.end);
    arrays_add_number(put, 3, span->settled);
    arrays_add_number(put, 4, span->columns_id);
    arrays_add_number(put, 5, span->proofs);
    buf_append_text(arrays_next(put, 6), clock_format_utc(span->fetched_at, fetched_at));
    arrays_add_bytes(put, 7, span->empty_days, span_map_size(span->days));
    arrays_add_bytes(put, 8, span->proof_days, span_proof_size(span->days));
}

static enum status put_group(struct ledger *ledger, const struct ledger_put *puts, const struct group *group,
                             struct writing *writing, struct err *err)
{
    struct span *now = group->spans;
    size_t count = group->span_count;
    enum status status = STATUS_OK;
    for (size_t i = group->first; status == STATUS_OK && i < group->end; i++) {
        status = spans_put(now, count, &puts[i].span, &ledger->reading, &now, &count, err);
        arrays_add_number(&writing->days, 0, puts[i].series_id);
        arrays_add_number(&writing->days, 1, puts[i].span.days.first);
        arrays_add_number(&writing->days, 2, puts[i].span.days.end);
    }
    for (size_t i = 0; status == STATUS_OK && i < group->span_count; i++) {
        if (find(now, count, group->spans[i].days.first) != NULL)
            continue;
        arrays_add_number(&writing->drop, 0, puts[group->first].series_id);
        arrays_add_number(&writing->drop, 1, group->spans[i].days.first);
    }
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        const struct span *old = find(group->spans, group->span_count, now[i].days.first);
        if (old == NULL || !same_span(old, &now[i]))
            write_span(&writing->put, puts[group->first].series_id, &now[i]);
    }
    return status;
}

static const char drop_sql[] = "DELETE FROM ledger_spans l USING unnest(?1::integer[], ?2::integer[])"
                               " AS u (series_id, first_day) WHERE l.series_id = u.series_id"
                               " AND l.first_day = u.first_day";

static const char put_sql[] =
    "INSERT INTO ledger_spans (series_id, first_day, end_day, settled, columns_id, proofs, fetched_at, empty_days,"
    " proof_days) SELECT u.series_id, u.first_day, u.end_day, u.settled <> 0, u.columns_id, u.proofs, u.fetched_at,"
    " u.empty_days, u.proof_days FROM unnest(?1::integer[], ?2::integer[], ?3::integer[], ?4::integer[],"
    " ?5::bigint[], ?6::integer[], ?7::timestamptz[], ?8::bytea[], ?9::bytea[]) AS u (series_id, first_day, end_day,"
    " settled, columns_id, proofs, fetched_at, empty_days, proof_days)"
    " ON CONFLICT (series_id, first_day) DO UPDATE SET end_day = excluded.end_day, settled = excluded.settled,"
    " columns_id = excluded.columns_id, proofs = excluded.proofs, fetched_at = excluded.fetched_at,"
    " empty_days = excluded.empty_days, proof_days = excluded.proof_days";

static const char days_sql[] = "DELETE FROM ledger_failures f USING unnest(?1::integer[], ?2::integer[], ?3::integer[])"
                               " AS u (series_id, first, last) WHERE f.series_id = u.series_id AND f.day >= u.first"
                               " AND f.day < u.last";

static enum status write_all(struct ledger *ledger, struct writing *writing, struct err *err)
{
    struct arrays *const all[] = {&writing->drop, &writing->put, &writing->days};
    static const char *const texts[] = {drop_sql, put_sql, days_sql};
    enum status status = STATUS_OK;
    for (size_t i = 0; i < 3; i++) {
        if (status == STATUS_OK && all[i]->columns[0].size > 0)
            status = arrays_run(ledger->db, texts[i], all[i], err);
        arrays_release(all[i]);
    }
    return status;
}

static bool any_is_stored(const struct ledger_put *puts, size_t group_count, const struct group *groups)
{
    for (size_t g = 0; g < group_count; g++) {
        for (size_t i = groups[g].first; i < groups[g].end; i++) {
            const struct day_range days = puts[i].span.days;
            for (size_t s = 0; s < groups[g].span_count; s++) {
                if (groups[g].spans[s].days.first < days.end && days.first < groups[g].spans[s].days.end)
                    return true;
            }
        }
    }
    return false;
}

enum status ledger_put_many(struct ledger *ledger, size_t count, struct ledger_put *puts, bool must_be_new,
                            bool *ret_changed, struct err *err)
{
    *ret_changed = false;
    if (count == 0)
        return STATUS_OK;
    struct writing writing = {arrays_new(2), arrays_new(9), arrays_new(3)};
    struct group *groups = calloc(count, sizeof *groups);
    if (groups == NULL)
        return err_nomem(err);
    arena_reset(&ledger->reading);
    sort_puts(count, puts, ledger->columns_id);
    size_t group_count = make_groups(count, puts, groups);
    enum status status = read_near(ledger, puts, group_count, groups, err);
    *ret_changed = status == STATUS_OK && must_be_new && any_is_stored(puts, group_count, groups);
    for (size_t i = 0; status == STATUS_OK && !*ret_changed && i < group_count; i++)
        status = put_group(ledger, puts, &groups[i], &writing, err);
    free(groups);
    if (status == STATUS_OK && !*ret_changed)
        return write_all(ledger, &writing, err);
    arrays_release(&writing.drop);
    arrays_release(&writing.put);
    arrays_release(&writing.days);
    return status;
}
