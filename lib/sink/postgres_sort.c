#include "sink/postgres_internal.h"

#include <inttypes.h>

/*
 * A slice that nothing is stored of is copied straight into the table. Whether that is so is asked of the table, series
 * by series: the ledger may have been repaired by hand, or put back from a copy.
 *
 * Series are independent of each other. A row is unique by series and start over all partitions, so what becomes of a
 * row that is no row of its own day depends on what the other slices of the series hold: those series are merged one
 * slice a round, in the order in which the slices came. All others are merged in one round, 0.
 */

/* The slices of one series: a stretch of sink->by_series. */
struct group {
    size_t first;
    size_t end;
};

static bool next_group(const struct sink_postgres *sink, struct group *group)
{
    group->first = group->end;
    if (group->first == sink->count)
        return false;
    int64_t series_id = sink->slices[sink->by_series[group->first]].slice.series_id;
    while (group->end < sink->count && sink->slices[sink->by_series[group->end]].slice.series_id == series_id)
        group->end++;
    return true;
}

static bool has_row_of_other_day(const struct sink_postgres *sink, size_t at)
{
    const struct slice_place *state = &sink->states[at];
    for (size_t i = 0; i < sink->slices[at].slice.row_count; i++) {
        if (sink->starts[state->first_row + i].home != state->partition)
            return true;
    }
    return false;
}

/* Another slice of the group before it has the same partition. Groups are short. */
static bool is_repeated(const struct sink_postgres *sink, const struct group *group, size_t number)
{
    int32_t partition = sink->states[sink->by_series[number]].partition;
    for (size_t i = group->first; i < number; i++) {
        if (sink->states[sink->by_series[i]].partition == partition)
            return true;
    }
    return false;
}

static bool is_strayed(const struct sink_postgres *sink, const struct group *group)
{
    for (size_t i = group->first; i < group->end; i++) {
        if (is_repeated(sink, group, i) || has_row_of_other_day(sink, sink->by_series[i]))
            return true;
    }
    return false;
}

static void merge_group(struct sink_postgres *sink, const struct group *group, bool one_by_one)
{
    int round = 0;
    for (size_t i = group->first; i < group->end; i++) {
        struct slice_place *state = &sink->states[sink->by_series[i]];
        state->must_merge = true;
        if (one_by_one)
            state->round = ++round;
    }
    if (round > sink->rounds)
        sink->rounds = round;
}

/* The days of the group that the ledger never saw; none: first is above last. */
static void days_never_seen(const struct sink_postgres *sink, const struct group *group, int32_t *ret_first,
                            int32_t *ret_last)
{
    *ret_first = 1;
    *ret_last = 0;
    for (size_t i = group->first; i < group->end; i++) {
        const struct slice_place *state = &sink->states[sink->by_series[i]];
        if (state->must_merge)
            continue;
        bool none = *ret_first > *ret_last;
        *ret_first = none || state->partition < *ret_first ? state->partition : *ret_first;
        *ret_last = none || state->partition > *ret_last ? state->partition : *ret_last;
    }
}

/* The series of the flush and the days in question, as three arrays. */
struct question {
    struct buf series;
    struct buf first;
    struct buf last;
};

static void ask(struct question *question, const struct sink_postgres *sink, const struct group *group)
{
    int32_t first;
    int32_t last;
    char comma = question->series.size > 0 ? ',' : '{';
    days_never_seen(sink, group, &first, &last);
    buf_appendf(&question->series, "%c%" PRId64, comma, sink->slices[sink->by_series[group->first]].slice.series_id);
    buf_appendf(&question->first, "%c%" PRId32, comma, first);
    buf_appendf(&question->last, "%c%" PRId32, comma, last);
}

/* The answer counts the groups from 1, in order. */
static enum status hear(struct sink_postgres *sink, struct db_statement *query, struct err *err)
{
    struct group group = {0};
    int64_t number = 0;
    bool row;
    enum status status;
    while ((status = db_step(query, &row, err)) == STATUS_OK && row) {
        while (number < db_column_integer(query, 0) && next_group(sink, &group))
            number++;
        merge_group(sink, &group, db_column_integer(query, 1) != 0);
    }
    return status;
}

static enum status look_up(struct sink_postgres *sink, struct question *question, struct err *err)
{
    struct db_statement *query;
    buf_append_char(&question->series, '}');
    buf_append_char(&question->first, '}');
    buf_append_char(&question->last, '}');
    enum status status = buf_status(&question->series, err);
    if (status == STATUS_OK)
        status = buf_status(&question->first, err);
    if (status == STATUS_OK)
        status = postgres_query(sink, STATEMENT_KNOWN, &query, err);
    if (status != STATUS_OK)
        return status;
    db_bind_text(query, 1, buf_text(&question->series), question->series.size);
    db_bind_text(query, 2, buf_text(&question->first), question->first.size);
    db_bind_text(query, 3, buf_text(&question->last), question->last.size);
    return hear(sink, query, err);
}

enum status postgres_sort_out(struct sink_postgres *sink, bool merge_all, struct err *err)
{
    enum { ARRAY_MAX = 64 << 20 };
    struct question question = {{.max = ARRAY_MAX}, {.max = ARRAY_MAX}, {.max = ARRAY_MAX}};
    sink->rounds = 0;
    for (size_t i = 0; i < sink->count; i++) {
        sink->states[i].must_merge = merge_all || !sink->slices[i].slice.is_new;
        sink->states[i].round = 0;
    }
    for (struct group group = {0}; next_group(sink, &group);)
        ask(&question, sink, &group);
    enum status status = question.series.size > 0 ? look_up(sink, &question, err) : STATUS_OK;
    for (struct group group = {0}; status == STATUS_OK && next_group(sink, &group);) {
        if (is_strayed(sink, &group))
            merge_group(sink, &group, true);
    }
    buf_release(&question.series);
    buf_release(&question.first);
    buf_release(&question.last);
    return status;
}

enum status postgres_strays_exist(struct sink_postgres *sink, bool *ret_exist, struct err *err)
{
    struct buf series = {.max = 64 << 20};
    struct db_statement *query;
    bool row = false;
    for (struct group group = {0}; next_group(sink, &group);)
        buf_appendf(&series, "%c%" PRId64, series.size > 0 ? ',' : '{',
                    sink->slices[sink->by_series[group.first]].slice.series_id);
    buf_append_text(&series, series.size > 0 ? "}" : "{}");
    enum status status = buf_status(&series, err);
    if (status == STATUS_OK)
        status = postgres_query(sink, STATEMENT_STRAYED, &query, err);
    if (status == STATUS_OK) {
        db_bind_text(query, 1, buf_text(&series), series.size);
        status = db_step(query, &row, err);
        *ret_exist = status == STATUS_OK && row && db_column_integer(query, 0) != 0;
        db_reset(query);
    }
    buf_release(&series);
    return status;
}
