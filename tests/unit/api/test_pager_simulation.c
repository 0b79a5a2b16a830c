/*
 * The pager against servers of every kind, by the hundred: what it calls done must be exactly what the server holds. It
 * may fail where the server gives it no proof, never be wrong.
 */
#include "naive_server.h"

#include <criterion/criterion.h>
#include <string.h>

enum { CASES = 60, UNITS_A_CASE = 3, REQUESTS_MAX = 4000 };

/* One case: a server, how it is asked, and how it ended. */
struct simulation {
    struct server server;
    struct pager_options options;
    struct pager_evidence evidence; /* shared by the units of the case */
    struct pager pager;
    enum pager_step step;
    struct err err;
};

static uint64_t pick(struct simulation *simulation, const uint64_t *choices, size_t count)
{
    return choices[server_random(&simulation->server, count)];
}

#define PICK(simulation, ...)                                                                                          \
    pick(simulation, (const uint64_t[]){__VA_ARGS__}, sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))

static void add(struct server_rows *rows, size_t slice, int hour, int value)
{
    rows->rows[rows->count++] = (struct server_row){slice, hour, value};
}

/* The rows that a page can have at most. */
static uint64_t page_max(const struct simulation *simulation)
{
    uint64_t cap = simulation->server.cap;
    uint64_t asked = (uint64_t)simulation->options.page_size;
    return cap != 0 && cap < asked ? cap : asked;
}

/* A publication: some slices whole, some with gaps, some empty. */
static void publish(struct simulation *simulation, struct server_rows *rows)
{
    rows->count = 0;
    bool tiny = page_max(simulation) < 8; /* so many pages that fewer rows must do */
    uint64_t density = tiny ? PICK(simulation, 0, 3, 10) : PICK(simulation, 0, 3, 30, 90, 100);
    for (size_t slice = 0; slice < SERVER_SLICES; slice++) {
        uint64_t here = server_random(&simulation->server, tiny ? 16 : 4) == 0 ? PICK(simulation, 0, 100) : density;
        for (int hour = 0; hour < SERVER_HOURS; hour++) {
            if (server_random(&simulation->server, 100) < here)
                add(rows, slice, hour, (int)server_random(&simulation->server, 50));
        }
    }
}

/* A publication like another: some rows gone, some new, some changed, the number the same if it happens so. */
static void republish(struct simulation *simulation, const struct server_rows *old, struct server_rows *rows)
{
    rows->count = 0;
    uint64_t churn = PICK(simulation, 1, 5, 30);
    for (size_t slice = 0; slice < SERVER_SLICES; slice++) {
        for (int hour = 0; hour < SERVER_HOURS; hour++) {
            int value = -1;
            for (size_t i = 0; i < old->count; i++) {
                if (old->rows[i].slice == slice && old->rows[i].hour == hour)
                    value = old->rows[i].value;
            }
            uint64_t dice = server_random(&simulation->server, 100);
            if (dice < churn)
                value = value < 0 ? 60 : -1;
            else if (dice < 2 * churn && value >= 0)
                value = 70;
            if (value >= 0)
                add(rows, slice, hour, value);
        }
    }
}

static void begin(struct simulation *simulation, uint64_t seed)
{
    *simulation = (struct simulation){0};
    struct server *server = &simulation->server;
    server->random = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
    server->unit = fixture_unit();
    server->republish_at = UINT64_MAX;
    server->cap = PICK(simulation, 0, 0, 1, 2, 7, 23, 24, 25, 40, 47, 100);
    server->count = (enum server_count)server_random(server, 3);
    simulation->options = (struct pager_options){.dialect = DIALECT_HASURA,
                                                 .dataset = dataset_built_in("building_insights"),
                                                 .column_count = 1,
                                                 .columns = fixture_columns,
                                                 .page_size = (int)PICK(simulation, 1, 3, 24, 25, 50, 100, 1000),
                                                 .verify = PAGER_VERIFY_AUTO};
    if (server_random(server, 3) == 0)
        simulation->options.verify = PAGER_VERIFY_PAGES;
}

/* Reads the unit once; the pager is to be released. */
static void run(struct simulation *simulation)
{
    pager_init(&simulation->pager, &simulation->options, &simulation->evidence, &simulation->server.unit);
    simulation->step = PAGER_ASK;
    for (int i = 0; i < REQUESTS_MAX && simulation->step == PAGER_ASK; i++) {
        struct page_query query;
        struct buf body = {0};
        pager_query(&simulation->pager, &query);
        server_answer(&simulation->server, &query, &body);
        simulation->step = pager_feed(&simulation->pager, body.data, body.size, &simulation->err);
        buf_release(&body);
    }
    if (simulation->step == PAGER_FAIL)
        cr_expect_eq(simulation->err.kind, STATUS_INCOMPLETE, "%s", simulation->err.message);
}

static bool has_row(const struct server_rows *rows, size_t slice, int hour, int64_t value)
{
    for (size_t i = 0; i < rows->count; i++) {
        const struct server_row *row = &rows->rows[i];
        if (row->slice == slice && row->hour == hour && row->value == value)
            return true;
    }
    return false;
}

static int hour_of(const struct row *row)
{
    return (int)(row->start.seconds / 3600 % 24);
}

/* Different good rows of a slice. */
static size_t good_rows(const struct server_rows *rows, size_t slice)
{
    bool seen[SERVER_HOURS] = {false};
    size_t good = 0;
    for (size_t i = 0; i < rows->count; i++) {
        const struct server_row *row = &rows->rows[i];
        if (row->slice != slice || row->hour == SERVER_HOURS || row->value < 0 || seen[row->hour])
            continue;
        seen[row->hour] = true;
        good++;
    }
    return good;
}

/* True when the batch holds of the slice exactly the good rows of a version. */
static bool holds_slice(const struct batch *batch, const struct server_rows *rows, size_t slice)
{
    size_t count = 0;
    for (size_t i = 0; i < batch->row_count; i++) {
        const struct row *row = &batch->rows[i];
        if (row->slice != slice)
            continue;
        count++;
        if (!has_row(rows, slice, hour_of(row), row->values[0].integer))
            return false;
    }
    return count == good_rows(rows, slice);
}

static bool holds_all(const struct batch *batch, const struct server_rows *rows)
{
    bool all = true;
    for (size_t slice = 0; slice < SERVER_SLICES; slice++)
        all = all && holds_slice(batch, rows, slice);
    return all;
}

static void end(struct simulation *simulation)
{
    pager_release(&simulation->pager);
    server_release(&simulation->server);
}

typedef void make_faults(struct simulation *simulation);

/* Runs all cases; returns how many units were done. Whatever is done must hold all rows of version 0. */
static int run_cases(uint64_t first_seed, make_faults *faults)
{
    int done = 0;
    for (uint64_t seed = first_seed; seed < first_seed + CASES; seed++) {
        struct simulation simulation;
        begin(&simulation, seed);
        for (int unit = 0; unit < UNITS_A_CASE; unit++) {
            publish(&simulation, &simulation.server.versions[0]);
            if (faults != NULL)
                faults(&simulation);
            run(&simulation);
            cr_assert_neq(simulation.step, PAGER_ASK, "seed %llu does not end", (unsigned long long)seed);
            done += simulation.step == PAGER_DONE;
            if (simulation.step == PAGER_DONE)
                cr_assert(holds_all(&simulation.pager.batch, &simulation.server.versions[0]), "seed %llu, proof %s",
                          (unsigned long long)seed, pager_proof_name(simulation.pager.proof));
            pager_release(&simulation.pager);
        }
        end(&simulation);
    }
    return done;
}

Test(pager_simulation, any_cap_page_size_and_count_is_read_whole)
{
    cr_expect_eq(run_cases(1000, NULL), CASES * UNITS_A_CASE);
}

static void ignore_limit(struct simulation *simulation)
{
    simulation->server.ignores_limit = true;
}

Test(pager_simulation, a_server_that_ignores_the_limit_is_read_whole)
{
    cr_expect_eq(run_cases(2000, ignore_limit), CASES * UNITS_A_CASE);
}

static void trust_a_true_count(struct simulation *simulation)
{
    simulation->server.count = SERVER_COUNT_TRUE;
    simulation->options.verify = PAGER_VERIFY_COUNT;
}

Test(pager_simulation, verify_count_with_a_true_count_is_read_whole)
{
    cr_expect_eq(run_cases(3000, trust_a_true_count), CASES * UNITS_A_CASE);
}

static void send_pages_again(struct simulation *simulation)
{
    simulation->server.repeat_percent = (int)PICK(simulation, 5, 30, 100);
}

Test(pager_simulation, pages_sent_again_are_never_taken_for_new_ones)
{
    cr_expect_gt(run_cases(4000, send_pages_again), 0);
}

static void ignore_the_key(struct simulation *simulation)
{
    simulation->server.ignores_key = true;
}

Test(pager_simulation, a_server_that_ignores_the_key_never_gives_a_wrong_unit)
{
    cr_expect_gt(run_cases(5000, ignore_the_key), 0);
}

/* Pages of very few rows can look ordered by chance: only a count tells then. */
static void ignore_the_order(struct simulation *simulation)
{
    struct server *server = &simulation->server;
    server->ignores_order = true;
    if (page_max(simulation) < 23) {
        server->count = SERVER_COUNT_TRUE;
        simulation->options.verify = PAGER_VERIFY_AUTO;
    }
}

Test(pager_simulation, a_server_that_ignores_the_order_never_gives_a_wrong_unit)
{
    cr_expect_gt(run_cases(6000, ignore_the_order), 0);
}

static void overlap(struct simulation *simulation)
{
    simulation->server.takes_gt_for_gte = true;
}

Test(pager_simulation, pages_that_overlap_never_give_a_wrong_unit)
{
    cr_expect_gt(run_cases(7000, overlap), 0);
}

static void reverse_groups(struct simulation *simulation)
{
    simulation->server.reverses_groups = true;
}

Test(pager_simulation, another_collation_never_gives_a_wrong_unit)
{
    cr_expect_gt(run_cases(8000, reverse_groups), 0);
}

static void spoil_rows(struct simulation *simulation)
{
    struct server_rows *rows = &simulation->server.versions[0];
    for (int i = 0; i < 6; i++)
        add(rows, server_random(&simulation->server, SERVER_SLICES), SERVER_HOURS, i);
    for (size_t i = 0; i < rows->count; i++) {
        if (server_random(&simulation->server, 10) == 0)
            rows->rows[i].value = -1;
    }
}

Test(pager_simulation, rejects_among_the_rows_lose_none_of_the_good_ones)
{
    /* A row without a start is no row of the truth: has_row finds none of hour 24 in good_rows. */
    cr_expect_gt(run_cases(9000, spoil_rows), CASES);
}

static void double_rows(struct simulation *simulation)
{
    struct server_rows *rows = &simulation->server.versions[0];
    for (int i = (int)rows->count; i > 0; i--) {
        if (server_random(&simulation->server, 3) == 0)
            add(rows, rows->rows[i - 1].slice, rows->rows[i - 1].hour, rows->rows[i - 1].value);
    }
}

Test(pager_simulation, rows_that_the_server_holds_twice_are_kept_once)
{
    cr_expect_gt(run_cases(10000, double_rows), CASES);
}

Test(pager_simulation, rows_published_between_pages_leave_each_slice_old_or_new_as_a_whole)
{
    int done = 0;
    int whole = 0;
    for (uint64_t seed = 20000; seed < 20000 + 4 * CASES; seed++) {
        struct simulation simulation;
        begin(&simulation, seed);
        publish(&simulation, &simulation.server.versions[0]);
        republish(&simulation, &simulation.server.versions[0], &simulation.server.versions[1]);
        simulation.server.republish_at = PICK(&simulation, 1, 1, 2, 3, 5, 8);
        run(&simulation);
        cr_assert_neq(simulation.step, PAGER_ASK, "seed %llu does not end", (unsigned long long)seed);
        for (size_t slice = 0; slice < SERVER_SLICES && simulation.step == PAGER_DONE; slice++) {
            bool is_whole = holds_slice(&simulation.pager.batch, &simulation.server.versions[0], slice) ||
                            holds_slice(&simulation.pager.batch, &simulation.server.versions[1], slice);
            cr_assert(is_whole || simulation.server.may_be_mixed[slice], "seed %llu, slice %zu",
                      (unsigned long long)seed, slice);
            whole += is_whole;
        }
        done += simulation.step == PAGER_DONE;
        end(&simulation);
    }
    cr_expect_gt(done, 2 * CASES);
    cr_expect_gt(whole, done * SERVER_SLICES * 9 / 10);
}

Test(pager_simulation, one_key_with_two_values_is_never_both_of_them)
{
    for (uint64_t seed = 30000; seed < 30000 + CASES; seed++) {
        struct simulation simulation;
        begin(&simulation, seed);
        publish(&simulation, &simulation.server.versions[0]);
        add(&simulation.server.versions[0], 3, 5, 90);
        add(&simulation.server.versions[0], 3, 5, 91);
        run(&simulation);
        bool counted = simulation.server.count == SERVER_COUNT_TRUE && simulation.options.verify == PAGER_VERIFY_AUTO;
        bool in_one_page = simulation.server.cap == 0 && simulation.options.page_size == 1000;
        if (counted || in_one_page)
            cr_expect_eq(simulation.step, PAGER_FAIL, "seed %llu", (unsigned long long)seed);
        for (size_t i = 1; i < simulation.pager.batch.row_count && simulation.step == PAGER_DONE; i++) {
            const struct row *rows = simulation.pager.batch.rows;
            cr_expect(rows[i - 1].slice != rows[i].slice || hour_of(&rows[i - 1]) != hour_of(&rows[i]));
        }
        end(&simulation);
    }
}
