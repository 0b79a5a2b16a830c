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

uint64_t postgres_rows_of(const struct unit_outcome *outcome)
{
    return outcome->batch != NULL ? outcome->rows_received : 0;
}

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
    counts->rows_received += postgres_rows_of(outcome);
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
        size_t rows = postgres_rows_of(outcome);
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

/* For the flush at hand. */
static void prepare(const struct postgres_destination *pg, struct postgres_lane *lane)
{
    lane->fence = pg->fence;
    lane->current = &lane->datasets[pg->dataset];
}

static void go_on_with(struct postgres_destination *pg, size_t lanes, const char *why)
{
    pg->lane_max = lanes;
    log_info("destination postgres: goes on with %zu connection(s): %s", lanes, why);
}

/* Fewer connections are slower, and nothing worse. */
static size_t open_lanes(struct postgres_destination *pg)
{
    size_t count = 1;
    while (count < pg->lane_max) {
        struct postgres_lane *lane = &pg->lanes[count];
        struct err err;
        if (lane->db != NULL || postgres_lane_open(lane, pg, count, &err) == STATUS_OK) {
            count++;
            continue;
        }
        postgres_lane_close(lane);
        go_on_with(pg, count, err.message);
    }
    return count;
}

/* What a flush that failed had left there is none of this one's. */
static void empty_lanes(struct postgres_destination *pg)
{
    for (size_t i = 0; i < POSTGRES_LANES; i++)
        pg->lanes[i].kept_count = 0;
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
    empty_lanes(pg);
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

/*
 * A connection that is lost and not to be had again, as after a restart of a server that is short of them, is no reason
 * to fail while there is another. The lane stays as it is until the end: the fence has statements on its connection.
 */
static enum status take_over(struct postgres_destination *pg, const struct postgres_lane *from, struct err *err)
{
    struct postgres_lane *to = &pg->lanes[0];
    enum status status = STATUS_OK;
    go_on_with(pg, from->number, from->err.message);
    for (size_t i = 0; status == STATUS_OK && i < from->kept_count; i++)
        status = give(to, from->kept[i], from->kept_count, err);
    if (status != STATUS_OK)
        return status;
    postgres_lane_store(to);
    *err = to->err;
    return to->status;
}

/* What a lane stored stays stored, and is in the ledger, when it fails, or another does. */
struct stored {
    struct run_counts counts;
    uint64_t received; /* rows of its outcomes, as the writes counted them */
};

static void take_counts(const struct postgres_lane *lane, struct stored *stored)
{
    run_counts_add(&stored->counts, &lane->counts);
    stored->received += lane->counted_rows;
}

static enum status store_dealt(struct postgres_destination *pg, size_t lanes, struct stored *stored, struct err *err)
{
    enum status status = STATUS_OK;
    store_all(pg, lanes);
    for (size_t i = 0; i < lanes; i++)
        take_counts(&pg->lanes[i], stored);
    for (size_t i = 0; status == STATUS_OK && i < lanes; i++) {
        const struct postgres_lane *lane = &pg->lanes[i];
        status = lane->status;
        *err = lane->err;
        if (status == STATUS_OK || i == 0 || pg_trouble(lane->db) != PG_TROUBLE_LOST || lane->is_in_doubt)
            continue;
        status = take_over(pg, lane, err);
        take_counts(&pg->lanes[0], stored);
    }
    return status;
}

enum status postgres_flush(void *context, bool must, struct run_counts *counts, bool *ret_flushed, struct err *err)
{
    struct postgres_destination *pg = context;
    struct stored stored = {0};
    size_t lanes = 0;
    (void)must; /* a commit is cheap enough at any time */
    enum status status = pg->kept_count > 0 ? deal(pg, &lanes, err) : STATUS_OK;
    pg->kept_count = 0;
    if (status == STATUS_OK)
        status = store_dealt(pg, lanes, &stored, err);
    *ret_flushed = status == STATUS_OK;
    if (status != STATUS_OK) {
        *counts = stored.counts;
        return status;
    }
    counts->rows_received -= stored.received; /* now by what was not refused */
    run_counts_add(counts, &stored.counts);
    return STATUS_OK;
}
