#include "sink/postgres_internal.h"

#include <inttypes.h>
#include <stdlib.h>

/*
 * A slice that nothing is stored of is copied straight into the table. Whether that is so is asked of the table, series
 * by series: the ledger may have been repaired by hand, or put back from a copy.
 *
 * Series are independent of each other. A row is unique by series and start over all partitions, so what becomes of a
 * row that is no row of its own day depends on what the other slices of the series hold: those series are merged one
 * slice a round, the later day first: only when that is known not to have a row any more can an earlier one have it.
 * Slices of one day are merged in the order in which they came. All others are merged in one round, 0.
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

/* Of a slice of a group that is merged one by one: counted from 1. */
static int round_of(const struct sink_postgres *sink, const struct group *group, size_t number)
{
    int32_t partition = sink->states[sink->by_series[number]].partition;
    int round = 1;
    for (size_t i = group->first; i < group->end; i++) {
        int32_t other = sink->states[sink->by_series[i]].partition;
        round += other > partition || (other == partition && i < number);
    }
    return round;
}

static void merge_group(struct sink_postgres *sink, const struct group *group, bool one_by_one)
{
    for (size_t i = group->first; i < group->end; i++) {
        struct slice_place *state = &sink->states[sink->by_series[i]];
        state->must_merge = true;
        if (!one_by_one)
            continue;
        state->round = round_of(sink, group, i);
        if (state->round > sink->rounds)
            sink->rounds = state->round;
    }
}

/*
 * Stretches of days of a series that the ledger never saw, one after the other, as four arrays: the number of its
 * group, counted from 1, the series, the first and the last partition. Days between two stretches may be known well.
 */
struct question {
    struct buf groups;
    struct buf series;
    struct buf first;
    struct buf last;
};

static void ask(struct question *question, int64_t number, int64_t series_id, int32_t first, int32_t last)
{
    char comma = question->groups.size > 0 ? ',' : '{';
    buf_appendf(&question->groups, "%c%" PRId64, comma, number);
    buf_appendf(&question->series, "%c%" PRId64, comma, series_id);
    buf_appendf(&question->first, "%c%" PRId32, comma, first);
    buf_appendf(&question->last, "%c%" PRId32, comma, last);
}

static int compare_days(const void *a, const void *b)
{
    civil_day left = *(const civil_day *)a;
    civil_day right = *(const civil_day *)b;
    return (left > right) - (left < right);
}

/* days: room for those of a group. A series none of whose days is new is asked for as well: it may have strays. */
static void ask_group(struct question *question, const struct sink_postgres *sink, const struct group *group,
                      int64_t number, civil_day *days)
{
    int64_t series_id = sink->slices[sink->by_series[group->first]].slice.series_id;
    size_t count = 0;
    for (size_t i = group->first; i < group->end; i++) {
        size_t at = sink->by_series[i];
        if (!sink->states[at].must_merge)
            days[count++] = sink->slices[at].slice.day;
    }
    if (count == 0)
        ask(question, number, series_id, 1, 0);
    if (count > 1)
        qsort(days, count, sizeof *days, compare_days);
    for (size_t first = 0, end; first < count; first = end) {
        for (end = first + 1; end < count && days[end] <= days[end - 1] + 1; end++) {
        }
        ask(question, number, series_id, civil_day_to_partition(days[first]), civil_day_to_partition(days[end - 1]));
    }
}

/* The answer has the numbers of the groups, in order. */
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
    struct buf *const arrays[] = {&question->series, &question->first, &question->last, &question->groups};
    struct db_statement *query;
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < sizeof arrays / sizeof arrays[0]; i++) {
        buf_append_char(arrays[i], '}');
        status = buf_status(arrays[i], err);
    }
    if (status == STATUS_OK)
        status = postgres_query(sink, STATEMENT_KNOWN, &query, err);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++)
        db_bind_text(query, (int)i + 1, buf_text(arrays[i]), arrays[i]->size);
    return hear(sink, query, err);
}

static enum status look_up_all(struct sink_postgres *sink, struct err *err)
{
    enum { ARRAY_MAX = 64 << 20 };
    struct question question = {{.max = ARRAY_MAX}, {.max = ARRAY_MAX}, {.max = ARRAY_MAX}, {.max = ARRAY_MAX}};
    civil_day *days = malloc(sink->count * sizeof *days);
    if (days == NULL)
        return err_nomem(err);
    int64_t number = 0;
    for (struct group group = {0}; next_group(sink, &group);)
        ask_group(&question, sink, &group, ++number, days);
    free(days);
    enum status status = look_up(sink, &question, err);
    buf_release(&question.groups);
    buf_release(&question.series);
    buf_release(&question.first);
    buf_release(&question.last);
    return status;
}

enum status postgres_sort_out(struct sink_postgres *sink, bool merge_all, struct err *err)
{
    sink->rounds = 0;
    for (size_t i = 0; i < sink->count; i++) {
        sink->states[i].must_merge = merge_all || !sink->slices[i].slice.is_new;
        sink->states[i].round = 0;
    }
    enum status status = sink->count > 0 ? look_up_all(sink, err) : STATUS_OK;
    for (struct group group = {0}; status == STATUS_OK && next_group(sink, &group);) {
        if (is_strayed(sink, &group))
            merge_group(sink, &group, true);
    }
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
