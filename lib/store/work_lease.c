#include "store/work_array.h"
#include "store/work_internal.h"

static enum status read_lease(struct work *work, struct db_statement *query, struct work_lease *lease, struct err *err)
{
    int64_t *sites;
    const char **groups;
    arena_reset(&work->arena);
    *lease = (struct work_lease){
        .unit_id = db_column_integer(query, 0),
        .lease_no = db_column_integer(query, 1),
        .goal_id = db_column_integer(query, 2),
        .reprocess = (enum plan_reprocess)db_column_integer(query, 3),
        .expired = (int)db_column_integer(query, 4),
        .is_known = db_column_integer(query, 5) != 0,
        .building_id = db_column_integer(query, 6),
        .granularity = db_column_text(query, 7),
        .days = {(civil_day)db_column_integer(query, 8), (civil_day)db_column_integer(query, 9)},
    };
    if (!work_array_read_ids(db_column_text(query, 10), &work->arena, &lease->site_count, &sites) ||
        !work_array_read_texts(db_column_text(query, 11), &work->arena, &lease->group_count, &groups))
        return err_set(err, STATUS_IO, "%s: a unit of the table work_units cannot be read", db_path(work->db));
    lease->sites = sites;
    lease->groups = groups;
    return STATUS_OK;
}

static enum status claim(struct work *work, struct db_statement *query, const struct work_goal *goal, size_t dataset,
                         work_visit_lease *visit, void *context, struct err *err)
{
    bool row;
    enum status status;
    db_bind_integer(query, 1, goal->goal_id);
    db_bind_integer(query, 2, (int64_t)dataset);
    db_bind_string(query, 3, work->worker.worker_id);
    db_bind_real(query, 4, (double)work->worker.lease_ms / 1000);
    while ((status = db_step(query, &row, err)) == STATUS_OK && row) {
        struct work_lease lease;
        status = read_lease(work, query, &lease, err);
        if (status == STATUS_OK)
            status = visit(context, &lease, err);
        if (status != STATUS_OK)
            break;
    }
    db_reset(query);
    return status;
}

enum status work_claim(struct work *work, const struct work_goal *goal, size_t dataset, int count,
                       work_visit_lease *visit, void *context, struct err *err)
{
    struct db_statement *query;
    enum status status = work_query(work, WORK_CLAIM, &query, err);
    if (status != STATUS_OK)
        return status;
    db_bind_integer(query, 5, count);
    db_bind_integer(query, 6, WORK_EXPIRED_MOST);
    return claim(work, query, goal, dataset, visit, context, err);
}

enum status work_claim_pair(struct work *work, const struct work_goal *goal, size_t dataset, work_visit_lease *visit,
                            void *context, struct err *err)
{
    struct db_statement *query;
    enum status status = work_query(work, WORK_CLAIM_PAIR, &query, err);
    return status == STATUS_OK ? claim(work, query, goal, dataset, visit, context, err) : status;
}

enum status work_look(struct work *work, const struct work_goal *goal, size_t dataset, struct work_left *ret_left,
                      struct err *err)
{
    struct db_statement *query;
    bool row = false;
    enum status status = work_query(work, WORK_LOOK, &query, err);
    if (status != STATUS_OK)
        return status;
    db_bind_integer(query, 1, goal->goal_id);
    db_bind_integer(query, 2, (int64_t)dataset);
    db_bind_string(query, 3, work->worker.worker_id);
    db_bind_real(query, 4, (double)work->worker.lease_ms / 1000);
    status = db_step(query, &row, err);
    if (status != STATUS_OK || !row)
        return status;
    *ret_left = (struct work_left){
        .is_gone = db_column_integer(query, 0) == 0,
        .here = db_column_integer(query, 1) != 0,
        .elsewhere = db_column_integer(query, 2) != 0,
        .others = db_column_integer(query, 3) != 0,
        .own = db_column_integer(query, 4) != 0,
    };
    db_reset(query);
    return STATUS_OK;
}

enum status work_finish(struct work *work, const struct work_goal *goal, bool *ret_first, struct err *err)
{
    struct db_statement *query;
    *ret_first = false;
    enum status status = work_query(work, WORK_FINISH, &query, err);
    if (status != STATUS_OK)
        return status;
    db_bind_integer(query, 1, goal->goal_id);
    db_bind_string(query, 2, work->worker.worker_id);
    bool row = false;
    status = db_step(query, &row, err);
    if (status != STATUS_OK || !row)
        return status;
    *ret_first = db_column_integer(query, 0) != 0;
    db_reset(query);
    return STATUS_OK;
}

enum status work_failed(struct work *work, const struct work_goal *goal, uint64_t *ret_slices, struct err *err)
{
    struct db_statement *query;
    bool row = false;
    *ret_slices = 0;
    enum status status = work_query(work, WORK_FAILED, &query, err);
    if (status != STATUS_OK)
        return status;
    db_bind_integer(query, 1, goal->goal_id);
    status = db_step(query, &row, err);
    if (status != STATUS_OK || !row)
        return status;
    *ret_slices = (uint64_t)db_column_integer(query, 0);
    db_reset(query);
    return STATUS_OK;
}

static enum status read_stored(struct work *work, struct db_statement *query, struct work_stored *stored,
                               struct err *err)
{
    int64_t *sites;
    const char **groups;
    int64_t *failed = NULL;
    const char *numbers = db_column_text(query, 4);
    arena_reset(&work->arena);
    *stored = (struct work_stored){0};
    stored->unit.days.first = (civil_day)db_column_integer(query, 0);
    stored->unit.days.end = (civil_day)db_column_integer(query, 1);
    if (!work_array_read_ids(db_column_text(query, 2), &work->arena, &stored->unit.site_count, &sites) ||
        !work_array_read_texts(db_column_text(query, 3), &work->arena, &stored->unit.group_count, &groups) ||
        (numbers[0] != '\0' && !work_array_read_ids(numbers, &work->arena, &stored->failed_count, &failed)))
        return err_set(err, STATUS_IO, "%s: a row of the table work_log cannot be read", db_path(work->db));
    stored->unit.sites = sites;
    stored->unit.groups = groups;
    stored->failed = failed;
    return STATUS_OK;
}

enum status work_each_stored(struct work *work, int64_t unit_id, work_visit_stored *visit, void *context,
                             struct err *err)
{
    struct db_statement *query;
    bool row;
    enum status status = work_query(work, WORK_STORED, &query, err);
    if (status != STATUS_OK)
        return status;
    db_bind_integer(query, 1, unit_id);
    while ((status = db_step(query, &row, err)) == STATUS_OK && row) {
        struct work_stored stored;
        status = read_stored(work, query, &stored, err);
        if (status == STATUS_OK)
            status = visit(context, &stored, err);
        if (status != STATUS_OK)
            break;
    }
    db_reset(query);
    return status;
}

enum status work_note_found(struct work *work, int64_t unit_id, int64_t lease_no, uint64_t slices, struct err *err)
{
    struct db_statement *query;
    enum status status = work_query(work, WORK_NOTE_FOUND, &query, err);
    if (status != STATUS_OK)
        return status;
    db_bind_integer(query, 1, unit_id);
    db_bind_integer(query, 2, lease_no);
    db_bind_string(query, 3, work->worker.worker_id);
    db_bind_integer(query, 4, (int64_t)slices);
    return db_run(query, err);
}

enum status work_give_up(struct work *work, int64_t unit_id, int64_t lease_no, uint64_t failed_slices, bool *ret_held,
                         struct err *err)
{
    struct db_statement *query;
    *ret_held = false;
    enum status status = work_query(work, WORK_GIVE_UP, &query, err);
    if (status != STATUS_OK)
        return status;
    db_bind_integer(query, 1, unit_id);
    db_bind_integer(query, 2, lease_no);
    db_bind_string(query, 3, work->worker.worker_id);
    db_bind_integer(query, 4, (int64_t)failed_slices);
    status = db_step(query, ret_held, err);
    if (status == STATUS_OK && *ret_held)
        db_reset(query);
    return status;
}

enum status work_beat(struct work *work, size_t count, const int64_t *units, work_visit_held *visit, void *context,
                      struct err *err)
{
    struct db_statement *query;
    struct buf ids = {0};
    bool row;
    work_array_of_ids(&ids, count, units);
    enum status status = buf_status(&ids, err);
    if (status == STATUS_OK)
        status = work_query(work, WORK_BEAT, &query, err);
    if (status == STATUS_OK) {
        db_bind_string(query, 1, work->worker.worker_id);
        db_bind_real(query, 2, (double)work->worker.lease_ms / 1000);
        db_bind_text(query, 3, buf_text(&ids), ids.size);
    }
    buf_release(&ids); /* PostgreSQL has a copy */
    if (status != STATUS_OK)
        return status;
    while ((status = db_step(query, &row, err)) == STATUS_OK && row)
        if (visit != NULL)
            visit(context, db_column_integer(query, 0), db_column_integer(query, 1));
    return status;
}

enum status work_reserve(struct work *work, double rate, int count, double *ret_wait_ms, int64_t *ret_workers,
                         struct err *err)
{
    struct db_statement *query;
    bool row = false;
    enum status status = work_query(work, WORK_RESERVE, &query, err);
    if (status != STATUS_OK)
        return status;
    db_bind_string(query, 1, work->worker.job);
    db_bind_real(query, 2, count / rate);
    db_bind_real(query, 3, (double)work->worker.lease_ms / 1000);
    status = db_step(query, &row, err);
    if (status != STATUS_OK)
        return status;
    if (!row)
        return err_set(err, STATUS_IO, "%s: the table work_budget has no row for the job %s", db_path(work->db),
                       work->worker.job);
    *ret_wait_ms = db_column_real(query, 0) * 1000;
    *ret_workers = db_column_integer(query, 1);
    db_reset(query);
    return STATUS_OK;
}
