#include "core/commit_point.h"
#include "core/log.h"
#include "wire_postgres_internal.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { LANE_ROWS = 8000 }; /* of a flush that is worth a further connection */

/* How much of a flush is of one building, and which lane takes it. */
struct share {
    int64_t building_id;
    size_t rows;
    size_t lane;
};

enum status postgres_write(void *context, const struct unit_outcome *outcome, struct run_counts *counts,
                           struct err *err)
{
    struct postgres_destination *pg = context;
    if (pg->kept_count == pg->kept_capacity) {
        size_t capacity = pg->kept_capacity != 0 ? pg->kept_capacity * 2 : 64;
        const struct unit_outcome **kept = reallocarray(pg->kept, capacity, sizeof(const struct unit_outcome *));
        if (kept == NULL)
            return err_nomem(err);
        pg->kept = kept;
        pg->kept_capacity = capacity;
    }
    pg->kept[pg->kept_count++] = outcome;
    if (outcome->batch != NULL)
        counts->rows_received += outcome->rows_received;
    return STATUS_OK;
}

static int by_building(const void *a, const void *b)
{
    const struct share *left = a;
    const struct share *right = b;
    return (left->building_id > right->building_id) - (left->building_id < right->building_id);
}

static int by_rows(const void *a, const void *b)
{
    const struct share *left = a;
    const struct share *right = b;
    return left->rows != right->rows ? (left->rows < right->rows) - (left->rows > right->rows) : by_building(a, b);
}

/* The buildings of what is kept, sorted by number; shares has room for one an outcome. *ret_rows: of all of them. */
static size_t make_shares(const struct postgres_destination *pg, struct share *shares, size_t *ret_rows)
{
    size_t count = 0;
    *ret_rows = 0;
    for (size_t i = 0; i < pg->kept_count; i++) {
        const struct unit_outcome *outcome = pg->kept[i];
        size_t rows = outcome->batch != NULL ? outcome->rows_received : 0;
        shares[i] = (struct share){.building_id = outcome->unit->building->id, .rows = rows};
        *ret_rows += rows;
    }
    qsort(shares, pg->kept_count, sizeof *shares, by_building);
    for (size_t i = 0; i < pg->kept_count; i++) {
        if (i == 0 || shares[i].building_id != shares[count - 1].building_id)
            shares[count++] = shares[i];
        else
            shares[count - 1].rows += shares[i].rows;
    }
    return count;
}

/* The largest first, each to the lane that has least so far. */
static void share_out(size_t count, struct share *shares, size_t lane_count)
{
    size_t rows[POSTGRES_LANES] = {0};
    qsort(shares, count, sizeof *shares, by_rows);
    for (size_t i = 0; i < count; i++) {
        size_t least = 0;
        for (size_t lane = 1; lane < lane_count; lane++)
            least = rows[lane] < rows[least] ? lane : least;
        shares[i].lane = least;
        rows[least] += shares[i].rows;
    }
    qsort(shares, count, sizeof *shares, by_building);
}

static void prepare(const struct postgres_destination *pg, struct postgres_lane *lane)
{
    lane->fence = pg->fence;
    lane->current = &lane->datasets[pg->dataset];
}

/* Fewer connections are slower, and nothing worse. */
static size_t open_lanes(struct postgres_destination *pg)
{
    size_t count = 1;
    for (; count < POSTGRES_LANES && (pg->lanes[count].db != NULL || !pg->is_refused); count++) {
        struct postgres_lane *lane = &pg->lanes[count];
        struct err err;
        if (lane->db != NULL)
            continue;
        if (postgres_lane_open(lane, pg, count, &err) == STATUS_OK)
            continue;
        log_info("destination postgres: goes on with %zu connection(s): %s", count, err.message);
        postgres_lane_close(lane);
        pg->is_refused = true;
        break;
    }
    return count;
}

static enum status give(struct postgres_lane *lane, const struct unit_outcome *outcome, size_t most, struct err *err)
{
    if (lane->kept_capacity < most) {
        free(lane->kept);
        lane->kept_capacity = 0;
        lane->kept = calloc(most, sizeof(const struct unit_outcome *));
        if (lane->kept == NULL)
            return err_nomem(err);
        lane->kept_capacity = most;
    }
    lane->kept[lane->kept_count++] = outcome;
    return STATUS_OK;
}

/*
 * What is of one building goes to one lane, in its order: so a slice that came twice ends as it came last, and no lane
 * waits for the series of another.
 */
static enum status deal(struct postgres_destination *pg, size_t *ret_lanes, struct err *err)
{
    size_t rows;
    struct share *shares = calloc(pg->kept_count, sizeof *shares);
    if (shares == NULL)
        return err_nomem(err);
    size_t count = make_shares(pg, shares, &rows);
    bool is_worth_it = count > 1 && rows >= TEST_LIMIT("postgres.lane_rows", LANE_ROWS);
    *ret_lanes = is_worth_it ? open_lanes(pg) : 1;
    share_out(count, shares, *ret_lanes);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < *ret_lanes; i++)
        prepare(pg, &pg->lanes[i]);
    for (size_t i = 0; status == STATUS_OK && i < pg->kept_count; i++) {
        const struct share wanted = {.building_id = pg->kept[i]->unit->building->id};
        const struct share *share = bsearch(&wanted, shares, count, sizeof wanted, by_building);
        status = give(&pg->lanes[share != NULL ? share->lane : 0], pg->kept[i], pg->kept_count, err);
    }
    free(shares);
    return status;
}

static void *store(void *lane)
{
    postgres_lane_store(lane);
    return NULL;
}

/* The first lane in this thread, each other in one of its own while that can be had. */
static void store_all(struct postgres_destination *pg, size_t lanes)
{
    pthread_t threads[POSTGRES_LANES];
    bool is_started[POSTGRES_LANES] = {false};
    for (size_t i = 1; i < lanes; i++)
        is_started[i] = pg->lanes[i].kept_count > 0 && pthread_create(&threads[i], NULL, store, &pg->lanes[i]) == 0;
    postgres_lane_store(&pg->lanes[0]);
    for (size_t i = 1; i < lanes; i++) {
        if (is_started[i])
            (void)pthread_join(threads[i], NULL);
        else
            postgres_lane_store(&pg->lanes[i]);
    }
}

/* What one lane stored stays stored, and is in the ledger, when another fails. */
static enum status gather(struct postgres_destination *pg, size_t lanes, struct run_counts *counts, struct err *err)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < lanes; i++) {
        struct postgres_lane *lane = &pg->lanes[i];
        counts->rows_received -= lane->counted_rows; /* now by what was not refused */
        run_counts_add(counts, &lane->counts);
        if (lane->status != STATUS_OK && status == STATUS_OK) {
            status = lane->status;
            *err = lane->err;
        }
    }
    return status;
}

enum status postgres_flush(void *context, bool must, struct run_counts *counts, bool *ret_flushed, struct err *err)
{
    struct postgres_destination *pg = context;
    size_t lanes = 0;
    (void)must; /* a commit is cheap enough at any time */
    enum status status = pg->kept_count > 0 ? deal(pg, &lanes, err) : STATUS_OK;
    pg->kept_count = 0;
    if (status == STATUS_OK)
        store_all(pg, lanes);
    if (status == STATUS_OK)
        status = gather(pg, lanes, counts, err);
    *ret_flushed = status == STATUS_OK;
    return status;
}
