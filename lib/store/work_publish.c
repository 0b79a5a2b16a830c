#include "core/clock.h"
#include "store/work_array.h"
#include "store/work_internal.h"

#include <inttypes.h>

enum { ROWS_COLUMNS = 8, ROWS_MOST = 1000, ROWS_BYTES = 256 * 1024 };

static enum status add_goal(struct work *work, struct work_goal *goal, struct err *err)
{
    struct db_statement *query;
    struct buf due = {0};
    bool row = false;
    int64_t numbers[WORK_DATASETS_MAX];
    for (size_t i = 0; i < goal->dataset_count; i++)
        numbers[i] = (int64_t)goal->due[i];
    work_array_of_ids(&due, goal->dataset_count, numbers);
    enum status status = buf_status(&due, err);
    if (status == STATUS_OK)
        status = work_query(work, WORK_ADD_GOAL, &query, err);
    if (status == STATUS_OK) {
        const struct work_worker *worker = &work->worker;
        const char *const names[] = {worker->job, goal->key, worker->command, worker->fingerprint};
        for (int i = 0; i < 4; i++)
            db_bind_string(query, i + 1, names[i]);
        db_bind_integer(query, 5, goal->priority);
        db_bind_integer(query, 6, (int64_t)goal->reprocess);
        db_bind_integer(query, 7, goal->planned_at);
        db_bind_text(query, 8, buf_text(&due), due.size);
        db_bind_string(query, 9, worker->worker_id);
        status = db_step(query, &row, err);
    }
    if (status == STATUS_OK && row) {
        goal->goal_id = db_column_integer(query, 0);
        db_reset(query);
    }
    buf_release(&due);
    return status;
}

/*
 * Some units of a plan, as one array a column: a statement each would take a minute for half a million. The lists of
 * sites and groups are arrays within those, as text.
 */
struct rows {
    size_t count;
    struct buf columns[ROWS_COLUMNS];
    const struct unit *last; /* whose lists are in the texts */
    struct buf sites;
    struct buf groups;
};

static void add_number(struct buf *column, int64_t number)
{
    buf_appendf(column, "%c%" PRId64, column->size > 0 ? ',' : '{', number);
}

static void add_text(struct buf *column, const char *text)
{
    buf_append_text(column, column->size > 0 ? "," : "{");
    work_array_add_text(column, text);
}

/* Most units of a building have the lists of the one before. */
static void take_lists(struct rows *rows, const struct unit *unit)
{
    const struct unit *last = rows->last;
    if (last == NULL || last->sites != unit->sites || last->site_count != unit->site_count) {
        buf_reset(&rows->sites);
        work_array_of_ids(&rows->sites, unit->site_count, unit->sites);
    }
    if (last == NULL || last->groups != unit->groups || last->group_count != unit->group_count) {
        buf_reset(&rows->groups);
        work_array_of_texts(&rows->groups, unit->group_count, unit->groups);
    }
    rows->last = unit;
}

static void add_row(struct rows *rows, const struct unit *unit)
{
    struct buf *column = rows->columns;
    take_lists(rows, unit);
    add_number(&column[0], unit->building->id);
    add_text(&column[1], unit->granularity);
    add_number(&column[2], unit->days.first);
    add_number(&column[3], unit->days.end);
    add_text(&column[4], buf_text(&rows->sites));
    add_text(&column[5], buf_text(&rows->groups));
    add_number(&column[6], (int64_t)unit_slice_count(unit));
    add_number(&column[7], (int64_t)unit_expected_rows(unit));
    rows->count++;
}

/* Sends the rows, of which the first has that ordinal, and forgets them. */
static enum status send_rows(struct work *work, struct rows *rows, const struct work_goal *goal, size_t dataset,
                             size_t ordinal, struct err *err)
{
    struct db_statement *query;
    enum status status = buf_status(&rows->sites, err);
    if (status == STATUS_OK)
        status = buf_status(&rows->groups, err);
    if (status == STATUS_OK)
        status = work_query(work, WORK_ADD_UNITS, &query, err);
    for (int i = 0; status == STATUS_OK && i < ROWS_COLUMNS; i++) {
        struct buf *column = &rows->columns[i];
        buf_append_char(column, '}');
        status = buf_status(column, err);
        if (status == STATUS_OK)
            db_bind_text(query, 4 + i, buf_text(column), column->size);
    }
    if (status == STATUS_OK) {
        db_bind_integer(query, 1, goal->goal_id);
        db_bind_integer(query, 2, (int64_t)dataset);
        db_bind_integer(query, 3, (int64_t)ordinal);
        status = db_run(query, err); /* it has a copy of the texts */
    }
    for (int i = 0; i < ROWS_COLUMNS; i++)
        buf_reset(&rows->columns[i]);
    rows->count = 0;
    return status;
}

static enum status add_units(struct work *work, const struct work_goal *goal, size_t dataset, const struct plan *plan,
                             work_keep *keep, void *context, struct err *err)
{
    struct rows rows = {0};
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < plan->unit_count; i++) {
        add_row(&rows, &plan->units[i]);
        if (rows.count == ROWS_MOST || rows.columns[4].size + rows.columns[5].size >= ROWS_BYTES ||
            i + 1 == plan->unit_count) {
            status = send_rows(work, &rows, goal, dataset, i + 1 - rows.count, err);
            if (status == STATUS_OK && keep != NULL)
                status = keep(context, err);
        }
    }
    for (int i = 0; i < ROWS_COLUMNS; i++)
        buf_release(&rows.columns[i]);
    buf_release(&rows.sites);
    buf_release(&rows.groups);
    return status;
}

/* Under the lock of claims: from here on everybody knows which goals there are. */
static enum status announce(struct work *work, struct err *err)
{
    struct db_statement *query;
    enum status status = work_lock_claims(work, err);
    if (status == STATUS_OK)
        status = work_query(work, WORK_SHARE, &query, err);
    if (status != STATUS_OK)
        return status;
    db_bind_string(query, 1, work->worker.job);
    return db_run(query, err);
}

/*
 * What is left of dropped goals, outside of all locks, in pieces that are soon done. The workers of this goal are at
 * work by now; what there is no time for, or what fails, is left to the next goal.
 */
static void sweep(struct work *work)
{
    enum { PIECE = 5000 };
    struct clock clock = clock_system();
    int64_t until_ms = clock_monotonic_ms(&clock) + work->worker.lease_ms / 3;
    bool more = true;
    while (more && clock_monotonic_ms(&clock) < until_ms) {
        struct db_statement *query;
        struct err err;
        more = false;
        if (work_query(work, WORK_SWEEP, &query, &err) != STATUS_OK)
            return;
        db_bind_string(query, 1, work->worker.job);
        db_bind_integer(query, 2, PIECE);
        if (db_step(query, &more, &err) == STATUS_OK && more) {
            more = db_column_integer(query, 0) != 0;
            db_reset(query);
        }
    }
}

enum status work_publish(struct work *work, struct work_goal *goal, const struct plan *plans, work_keep *keep,
                         void *context, struct err *err)
{
    goal->is_done = true;
    for (size_t i = 0; i < goal->dataset_count; i++) {
        goal->due[i] = plans[i].counts.due;
        goal->is_done = goal->is_done && plans[i].unit_count == 0;
    }
    enum status status = add_goal(work, goal, err);
    for (size_t i = 0; status == STATUS_OK && i < goal->dataset_count; i++)
        status = add_units(work, goal, i, &plans[i], keep, context, err);
    if (status == STATUS_OK)
        status = announce(work, err);
    if (status == STATUS_OK)
        status = work_set_goal(work, goal->goal_id, err);
    status = db_end(work->db, status, err);
    if (status == STATUS_OK)
        sweep(work);
    return status;
}
