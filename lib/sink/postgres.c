#include "sink/postgres.h"

#include "sink/postgres_internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define LOCK_OF_SCHEMA "(hashtext('occuport rows'), hashtext(current_schema()))"

enum status sink_postgres_lock(struct db *db, struct err *err)
{
    return db_exec(db, "SELECT pg_advisory_xact_lock" LOCK_OF_SCHEMA, err);
}

enum status sink_postgres_lock_shared(struct db *db, struct err *err)
{
    return db_exec(db, "SELECT pg_advisory_xact_lock_shared" LOCK_OF_SCHEMA, err);
}

enum status sink_postgres_is_ready(struct db *db, const struct sink_postgres_options *options, bool *ret_ready,
                                   struct err *err)
{
    enum status status = postgres_tables_are_made(db, options->dataset, ret_ready, err);
    if (status == STATUS_OK && *ret_ready)
        status = postgres_columns_are_declared(db, options, ret_ready, err);
    if (status == STATUS_OK && *ret_ready)
        status = postgres_zones_are_noted(db, options->coverage, ret_ready, err);
    return status;
}

/* Tables, columns and views, as far as they are new. */
static enum status prepare_schema(struct sink_postgres *sink, struct err *err)
{
    struct db *db = sink->db;
    bool is_new = false;
    bool added = false;
    enum status status = postgres_tables_make(db, sink->options->dataset, &is_new, err);
    if (status == STATUS_OK)
        status = postgres_columns_declare(db, sink->options, !is_new, &added, err);
    if (status == STATUS_OK)
        status = postgres_columns_load(sink, err);
    if (status == STATUS_OK && (is_new || added))
        status = postgres_views_make(db, sink->options->dataset, &sink->columns, err);
    return status;
}

static struct sink_postgres *make(struct db *db, const struct sink_postgres_options *options)
{
    struct sink_postgres *sink = calloc(1, sizeof *sink);
    if (sink == NULL)
        return NULL;
    sink->db = db;
    sink->options = options;
    sink->text.max = (size_t)INT32_MAX;
    return sink;
}

/* Hands it out, or gives it up. */
static enum status end_open(struct sink_postgres *sink, enum status status, struct sink_postgres **ret_sink)
{
    if (status == STATUS_OK)
        *ret_sink = sink;
    else
        sink_postgres_close(sink);
    return status;
}

enum status sink_postgres_open(struct db *db, const struct sink_postgres_options *options,
                               struct sink_postgres **ret_sink, struct err *err)
{
    struct sink_postgres *sink = make(db, options);
    if (sink == NULL)
        return err_nomem(err);
    enum status status = STATUS_OK;
    if (options->column_count > POSTGRES_COLUMNS_MAX)
        status = err_set(err, STATUS_CONFIG, "a job has at most %d columns here", POSTGRES_COLUMNS_MAX);
    if (status == STATUS_OK)
        status = prepare_schema(sink, err);
    if (status == STATUS_OK)
        status = postgres_zones_prepare(db, options->coverage, err);
    return end_open(sink, status, ret_sink);
}

enum status sink_postgres_join(struct db *db, const struct sink_postgres_options *options,
                               struct sink_postgres **ret_sink, struct err *err)
{
    struct sink_postgres *sink = make(db, options);
    if (sink == NULL)
        return err_nomem(err);
    return end_open(sink, postgres_columns_load(sink, err), ret_sink);
}

void sink_postgres_close(struct sink_postgres *sink)
{
    if (sink == NULL)
        return;
    postgres_queries_forget(sink);
    postgres_starts_release(&sink->memory);
    arena_release(&sink->columns.arena);
    buf_release(&sink->text);
    free(sink->months);
    free(sink->states);
    free(sink->by_series);
    free(sink->starts);
    free(sink);
}

void sink_postgres_reconnected(struct sink_postgres *sink)
{
    sink->is_staged = false;
    sink->month_count = 0; /* it may be another server */
    sink->columns.version = -1;
    postgres_starts_release(&sink->memory);
}

static enum status reserve(struct sink_postgres *sink, size_t count, size_t rows, struct err *err)
{
    if (count > sink->state_capacity) {
        free(sink->states);
        free(sink->by_series);
        sink->state_capacity = 0;
        sink->states = calloc(count, sizeof *sink->states);
        sink->by_series = calloc(count, sizeof *sink->by_series);
        if (sink->states == NULL || sink->by_series == NULL)
            return err_nomem(err);
        sink->state_capacity = count;
    }
    if (rows > sink->start_capacity) {
        free(sink->starts);
        sink->start_capacity = 0;
        sink->starts = calloc(rows, sizeof *sink->starts);
        if (sink->starts == NULL)
            return err_nomem(err);
        sink->start_capacity = rows;
    }
    return STATUS_OK;
}

static int compare_series(const void *a, const void *b, void *slices)
{
    const struct sink_postgres_slice *all = slices;
    size_t left = *(const size_t *)a;
    size_t right = *(const size_t *)b;
    int64_t series[] = {all[left].slice.series_id, all[right].slice.series_id};
    if (series[0] != series[1])
        return series[0] < series[1] ? -1 : 1;
    return left < right ? -1 : left > right;
}

static enum status take(struct sink_postgres *sink, size_t count, struct sink_postgres_slice *slices, struct err *err)
{
    size_t rows = 0;
    for (size_t i = 0; i < count; i++)
        rows += slices[i].slice.row_count;
    sink->count = 0;
    enum status status = reserve(sink, count, rows, err);
    if (status != STATUS_OK)
        return status;
    rows = 0;
    for (size_t i = 0; i < count; i++) {
        sink->states[i] =
            (struct slice_place){.first_row = rows, .partition = civil_day_to_partition(slices[i].slice.day)};
        sink->by_series[i] = i;
        rows += slices[i].slice.row_count;
    }
    sink->count = count;
    sink->slices = slices;
    if (count > 0)
        qsort_r(sink->by_series, count, sizeof *sink->by_series, compare_series, slices);
    return STATUS_OK;
}

enum status sink_postgres_prepare(struct sink_postgres *sink, size_t count, struct sink_postgres_slice *slices,
                                  struct err *err)
{
    enum status status = take(sink, count, slices, err);
    if (status == STATUS_OK)
        status = postgres_starts_encode(sink, err);
    if (status == STATUS_OK)
        status = postgres_columns_learn(sink, err);
    if (status == STATUS_OK)
        status = postgres_months_make(sink, err);
    return status == STATUS_OK ? postgres_stage_make(sink, err) : status;
}

enum status sink_postgres_begin(struct sink_postgres *sink, bool *ret_stale, struct err *err)
{
    struct buf sql = {0};
    int64_t version = 0;
    enum status status =
        db_exec(sink->db, "SELECT pg_advisory_xact_lock_shared" LOCK_OF_SCHEMA "; SET LOCAL work_mem = '32MB'", err);
    buf_appendf(&sql, "SELECT version FROM row_datasets WHERE dataset = '%s'", sink->options->dataset->name);
    if (status == STATUS_OK)
        status = buf_status(&sql, err);
    if (status == STATUS_OK)
        status = db_query_integer(sink->db, buf_text(&sql), &version, err);
    buf_release(&sql);
    if (status != STATUS_OK)
        return status;
    *ret_stale = version != sink->columns.version;
    return *ret_stale ? postgres_columns_load(sink, err) : STATUS_OK;
}

/* The row is one of sink_postgres_lock_series. */
static bool is_series(struct db_statement *row, const struct sink_slice *slice, const char *dataset)
{
    return db_column_integer(row, 0) == slice->series_id && db_column_integer(row, 1) == slice->key.building_id &&
           db_column_integer(row, 2) == slice->key.site_id &&
           strcmp(db_column_text(row, 3), slice->key.group_id) == 0 &&
           strcmp(db_column_text(row, 4), slice->key.granularity) == 0 && strcmp(db_column_text(row, 5), dataset) == 0;
}

/*
 * Whether the answer tells every series of the flush, in order, as the ledger in memory knows it. A failover to a
 * standby that was behind loses series that were committed, and gives their numbers to others.
 */
static enum status compare_locked(struct sink_postgres *sink, struct db_statement *lock, struct err *err)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < sink->count; i++) {
        const struct sink_slice *slice = &sink->slices[sink->by_series[i]].slice;
        if (i > 0 && slice->series_id == sink->slices[sink->by_series[i - 1]].slice.series_id)
            continue;
        bool row;
        status = db_step(lock, &row, err);
        if (status != STATUS_OK)
            return status;
        if (!row || !is_series(lock, slice, sink->options->dataset->name))
            return err_set(err, STATUS_IO,
                           "%s: the server no longer has what was committed: series %" PRId64
                           " is gone, or another (a failover to a standby that was behind?); run again",
                           db_path(sink->db), slice->series_id);
    }
    return status;
}

enum status sink_postgres_lock_series(struct sink_postgres *sink, struct err *err)
{
    struct db_statement *lock;
    struct buf numbers = {.max = 64 << 20};
    int64_t last = 0;
    for (size_t i = 0; i < sink->count; i++) {
        int64_t series_id = sink->slices[sink->by_series[i]].slice.series_id;
        if (i == 0 || series_id != last)
            buf_appendf(&numbers, "%c%" PRId64, i > 0 ? ',' : '{', series_id);
        last = series_id;
    }
    buf_append_text(&numbers, numbers.size > 0 ? "}" : "{}");
    enum status status = buf_status(&numbers, err);
    if (status == STATUS_OK)
        status = db_prepare(sink->db,
                            "SELECT series_id, building_id, site_id, group_id, granularity, dataset FROM series WHERE "
                            "series_id = ANY (?1::integer[])"
                            " ORDER BY series_id FOR NO KEY UPDATE",
                            &lock, err);
    if (status == STATUS_OK) {
        db_bind_text(lock, 1, buf_text(&numbers), numbers.size);
        status = sink->count > 0 ? compare_locked(sink, lock, err) : STATUS_OK;
        db_finalize(lock);
    }
    buf_release(&numbers);
    return status;
}

static enum status look_for_vanished(struct sink_postgres *sink, struct err *err)
{
    struct db_statement *query;
    bool row;
    enum status status = postgres_query(sink, STATEMENT_FLAGS, &query, err);
    if (status == STATUS_OK)
        status = db_step(query, &row, err);
    if (status != STATUS_OK)
        return status;
    sink->has_vanished = row && db_column_integer(query, 0) != 0;
    db_reset(query);
    return STATUS_OK;
}

enum status sink_postgres_sort_out(struct sink_postgres *sink, bool merge_all, bool *ret_merges, struct err *err)
{
    *ret_merges = false;
    enum status status = postgres_sort_out(sink, merge_all, err);
    for (size_t i = 0; i < sink->count; i++)
        *ret_merges = *ret_merges || sink->states[i].must_merge;
    return status;
}

enum status sink_postgres_look_again(struct sink_postgres *sink, bool *ret_changed, struct err *err)
{
    return postgres_strays_exist(sink, ret_changed, err);
}

enum status sink_postgres_put(struct sink_postgres *sink, struct err *err)
{
    bool any = false;
    for (size_t i = 0; i < sink->count; i++) {
        sink->slices[i].changes = (struct sink_changes){0};
        any = any || sink->states[i].must_merge;
    }
    enum status status = postgres_copy_new(sink, err);
    if (status != STATUS_OK || !any)
        return status;
    status = look_for_vanished(sink, err);
    if (status == STATUS_OK)
        status = postgres_copy_stage(sink, err);
    return status == STATUS_OK ? postgres_merge(sink, err) : status;
}
