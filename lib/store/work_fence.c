#include "store/work_fence.h"

#include "store/work_array.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum fence_query { FENCE_REST, FENCE_HOLD, FENCE_NOTE, FENCE_LOG, FENCE_QUERY_COUNT };

struct work_fence {
    struct db *db;
    const char *worker_id;
    int64_t lease_ms;
    struct db_statement *queries[FENCE_QUERY_COUNT];
};

static const char *const texts[FENCE_QUERY_COUNT] = {
    /* The lock is how others find the session when this process is frozen, and work_end_holders ends it. */
    [FENCE_REST] = "SELECT set_config('idle_in_transaction_session_timeout', ?1, true),"
                   " pg_advisory_xact_lock_shared(work_session_lock(?2, 1))::text",
    [FENCE_HOLD] = "SELECT u.unit_id FROM unnest(?1::bigint[], ?2::bigint[]) AS v (unit_id, lease_no)"
                   " JOIN work_units u ON u.unit_id = v.unit_id AND u.lease_no = v.lease_no"
                   " WHERE u.worker_id = ?3 AND u.state = 'leased' ORDER BY u.unit_id FOR UPDATE OF u",
    [FENCE_NOTE] =
        "UPDATE work_units u SET done_slices = u.done_slices + v.done, failed_slices = u.failed_slices +"
        " v.failed, expired = 0, state = CASE WHEN u.done_slices + v.done >= u.slices THEN 'done' ELSE u.state END,"
        " lease_until = clock_timestamp() + make_interval(secs => ?4)"
        " FROM unnest(?1::bigint[], ?2::integer[], ?3::integer[]) AS v (unit_id, done, failed)"
        " WHERE u.unit_id = v.unit_id",
    [FENCE_LOG] = "INSERT INTO work_log (goal_id, unit_id, lease_no, worker_id, first_day, end_day, sites, groups,"
                  " slices, failed_slices, failed_at) VALUES (?1, ?2, ?3, ?4, date '1970-01-01' + ?5::integer,"
                  " date '1970-01-01' + ?6::integer, ?7::bigint[], ?8::text[], ?9, ?10,"
                  " ?11::integer[])",
};

enum status work_fence_open(struct db *db, const char *worker_id, int64_t lease_ms, struct work_fence **ret_fence,
                            struct err *err)
{
    struct work_fence *fence = calloc(1, sizeof *fence);
    if (fence == NULL)
        return err_nomem(err);
    *fence = (struct work_fence){.db = db, .worker_id = worker_id, .lease_ms = lease_ms};
    enum status status = STATUS_OK;
    for (int i = 0; status == STATUS_OK && i < FENCE_QUERY_COUNT; i++)
        status = db_prepare(db, texts[i], &fence->queries[i], err);
    if (status != STATUS_OK) {
        work_fence_close(fence);
        return status;
    }
    *ret_fence = fence;
    return STATUS_OK;
}

void work_fence_close(struct work_fence *fence)
{
    if (fence == NULL)
        return;
    for (int i = 0; i < FENCE_QUERY_COUNT; i++)
        db_finalize(fence->queries[i]);
    free(fence);
}

enum column { UNIT_ID, LEASE_NO, DONE, FAILED };

static int64_t value_of(const struct work_held *lease, enum column column)
{
    switch (column) {
    case UNIT_ID: return lease->unit_id;
    case LEASE_NO: return lease->lease_no;
    case DONE: return (int64_t)lease->done_slices;
    case FAILED:
    default: return (int64_t)lease->failed_slices;
    }
}

/* A column of the leases as an array; with only_held of those alone that are ours. */
static enum status bind_column(struct db_statement *query, int at, size_t count, const struct work_held *leases,
                               enum column column, bool only_held, struct err *err)
{
    struct buf text = {0};
    buf_append_char(&text, '{');
    for (size_t i = 0; i < count; i++) {
        if (!only_held || leases[i].is_held)
            buf_appendf(&text, "%s%" PRId64, text.size > 1 ? "," : "", value_of(&leases[i], column));
    }
    buf_append_char(&text, '}');
    enum status status = buf_status(&text, err);
    if (status == STATUS_OK)
        db_bind_text(query, at, buf_text(&text), text.size); /* PostgreSQL keeps a copy */
    buf_release(&text);
    return status;
}

static enum status limit_rest(struct work_fence *fence, struct err *err)
{
    struct db_statement *query = fence->queries[FENCE_REST];
    struct buf text = {0};
    buf_appendf(&text, "%" PRId64, fence->lease_ms);
    enum status status = buf_status(&text, err);
    if (status == STATUS_OK) {
        db_bind_string(query, 1, buf_text(&text));
        db_bind_string(query, 2, fence->worker_id);
        status = db_run(query, err);
    }
    buf_release(&text);
    return status;
}

static void mark_held(size_t count, struct work_held *leases, int64_t unit_id)
{
    for (size_t i = 0; i < count; i++) {
        if (leases[i].unit_id == unit_id)
            leases[i].is_held = true;
    }
}

enum status work_fence_hold(struct work_fence *fence, size_t count, struct work_held *leases, struct err *err)
{
    struct db_statement *query = fence->queries[FENCE_HOLD];
    bool row;
    for (size_t i = 0; i < count; i++)
        leases[i].is_held = false;
    enum status status = limit_rest(fence, err);
    if (status == STATUS_OK)
        status = bind_column(query, 1, count, leases, UNIT_ID, false, err);
    if (status == STATUS_OK)
        status = bind_column(query, 2, count, leases, LEASE_NO, false, err);
    if (status != STATUS_OK)
        return status;
    db_bind_string(query, 3, fence->worker_id);
    while ((status = db_step(query, &row, err)) == STATUS_OK && row)
        mark_held(count, leases, db_column_integer(query, 0));
    return status;
}

enum status work_fence_note(struct work_fence *fence, size_t count, const struct work_held *leases, struct err *err)
{
    struct db_statement *query = fence->queries[FENCE_NOTE];
    enum status status = bind_column(query, 1, count, leases, UNIT_ID, true, err);
    if (status == STATUS_OK)
        status = bind_column(query, 2, count, leases, DONE, true, err);
    if (status == STATUS_OK)
        status = bind_column(query, 3, count, leases, FAILED, true, err);
    if (status != STATUS_OK)
        return status;
    db_bind_real(query, 4, (double)fence->lease_ms / 1000);
    return db_run(query, err);
}

enum status work_fence_log(struct work_fence *fence, const struct work_held *lease, const struct unit *written,
                           size_t failed_count, const int64_t *failed, struct err *err)
{
    struct db_statement *query = fence->queries[FENCE_LOG];
    struct buf sites = {0};
    struct buf groups = {0};
    struct buf numbers = {0};
    work_array_of_ids(&numbers, failed_count, failed);
    work_array_of_ids(&sites, written->site_count, written->sites);
    work_array_of_texts(&groups, written->group_count, written->groups);
    enum status status = buf_status(&sites, err);
    if (status == STATUS_OK)
        status = buf_status(&groups, err);
    if (status == STATUS_OK)
        status = buf_status(&numbers, err);
    if (status == STATUS_OK) {
        db_bind_integer(query, 1, lease->goal_id);
        db_bind_integer(query, 2, lease->unit_id);
        db_bind_integer(query, 3, lease->lease_no);
        db_bind_string(query, 4, fence->worker_id);
        db_bind_integer(query, 5, written->days.first);
        db_bind_integer(query, 6, written->days.end);
        db_bind_text(query, 7, buf_text(&sites), sites.size);
        db_bind_text(query, 8, buf_text(&groups), groups.size);
        db_bind_integer(query, 9, (int64_t)unit_slice_count(written));
        db_bind_integer(query, 10, (int64_t)failed_count);
        db_bind_null(query, 11);
        if (failed_count > 0)
            db_bind_text(query, 11, buf_text(&numbers), numbers.size);
        status = db_run(query, err);
    }
    buf_release(&sites);
    buf_release(&groups);
    buf_release(&numbers);
    return status;
}
