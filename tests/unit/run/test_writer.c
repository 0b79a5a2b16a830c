/* A writer and a destination that does as it is told. */
#include "run/writer.h"

#include <criterion/criterion.h>
#include <string.h>

static const char *const groups[] = {"a"};
static const int64_t sites[] = {1};
static const struct coverage_building building = {.id = 71};
static const struct unit unit = {&building, "PT1H", {100, 101}, 1, sites, 1, groups, 0};

/* Only the writer's thread uses it while parcels are on their way. */
static struct {
    int writes;
    int flushes;
    int written_at_flush;
    int fail_at_write; /* 0: never */
    bool fails_to_flush;
    bool puts_off; /* a flush that need not be */
    int64_t flushed_ms;
    int64_t longest_rest_ms; /* between a flush and the next write */
    pthread_mutex_t gate;
} made = {.gate = PTHREAD_MUTEX_INITIALIZER};

static int64_t real_ms(void)
{
    struct clock clock = clock_system();
    return clock_monotonic_ms(&clock);
}

static enum status write_it(void *context, const struct unit_outcome *outcome, struct run_counts *counts,
                            struct err *err)
{
    (void)context;
    pthread_mutex_lock(&made.gate);
    made.writes++;
    if (made.flushed_ms > 0 && real_ms() - made.flushed_ms > made.longest_rest_ms)
        made.longest_rest_ms = real_ms() - made.flushed_ms;
    pthread_mutex_unlock(&made.gate);
    counts->rows_received += outcome->rows_received;
    counts->slices_fetched++;
    return made.writes == made.fail_at_write ? err_set(err, STATUS_IO, "disk full") : STATUS_OK;
}

static enum status flush_it(void *context, bool must, struct run_counts *counts, bool *ret_flushed, struct err *err)
{
    (void)context;
    (void)counts;
    if (made.fails_to_flush)
        return err_set(err, STATUS_IO, "cannot commit");
    made.flushes++;
    made.written_at_flush = made.writes;
    made.flushed_ms = real_ms();
    *ret_flushed = must || !made.puts_off;
    return STATUS_OK;
}

static const struct destination destination = {"made", NULL, write_it, flush_it, false};
static struct batch_pool batches = {.lock = PTHREAD_MUTEX_INITIALIZER};
static struct writer *writer;
static struct err problem;

static void begin(void)
{
    struct clock clock = clock_system();
    cr_assert_eq(writer_start(&destination, &clock, &writer, &problem), STATUS_OK, "%s", problem.message);
}

static void end(void)
{
    writer_stop(writer);
    batch_pool_release(&batches);
}

TestSuite(writer, .init = begin, .fini = end, .timeout = 60);

static void put(uint64_t number, uint64_t rows)
{
    struct parcel *parcel = parcel_new(&unit, 1, &batches);
    cr_assert_not_null(parcel);
    parcel->number = number;
    parcel->outcome.rows_received = rows;
    parcel_seal(parcel, 1);
    writer_put(writer, parcel);
}

static struct writer_state flushed(void)
{
    struct writer_state state;
    writer_flush_begin(writer);
    for (writer_look(writer, &state); !state.is_flushed; writer_look(writer, &state))
        writer_wait(writer, 10);
    return state;
}

Test(writer, what_is_put_is_written_and_flushed_when_asked)
{
    for (uint64_t i = 1; i <= 10; i++)
        put(i, 7);
    struct writer_state state = flushed();
    cr_assert_eq(made.writes, 10);
    cr_assert_eq(made.written_at_flush, 10);
    cr_assert_eq(state.durable, 10);
    cr_assert_eq(state.counts.rows_received, 70);
    cr_assert_eq(state.queued_bytes, 0);
    cr_assert_not(state.is_down);
}

Test(writer, nothing_to_do_is_flushed_at_once)
{
    struct writer_state state = flushed();
    cr_assert_eq(state.durable, 0);
    cr_assert_eq(made.flushes, 0);
}

Test(writer, many_rows_are_flushed_unasked)
{
    struct writer_state state = {0};
    put(1, WRITER_FLUSH_ROWS);
    while (state.durable == 0) {
        writer_wait(writer, 10);
        writer_look(writer, &state);
    }
    cr_assert_eq(made.flushes, 1);
    cr_assert_eq(state.counts.rows_received, WRITER_FLUSH_ROWS);
}

Test(writer, few_rows_are_flushed_after_a_while)
{
    struct writer_state state = {0};
    put(1, 1);
    while (state.durable == 0) {
        writer_wait(writer, 100);
        writer_look(writer, &state);
    }
    cr_assert_eq(made.flushes, 1);
}

Test(writer, a_flush_that_is_put_off_is_not_durable_until_it_must_be)
{
    made.puts_off = true;
    struct writer_state state = {0};
    put(1, WRITER_FLUSH_ROWS);
    put(2, 1);
    while (state.counts.rows_received < WRITER_FLUSH_ROWS + 1) {
        writer_wait(writer, 10);
        writer_look(writer, &state);
    }
    cr_assert_eq(state.durable, 0);
    state = flushed();
    cr_assert_eq(state.durable, 2);
}

Test(writer, after_a_failure_nothing_more_is_written)
{
    made.fail_at_write = 2;
    for (uint64_t i = 1; i <= 5; i++)
        put(i, 7);
    struct writer_state state = flushed();
    cr_assert(state.is_down);
    cr_assert_eq(made.writes, 2);
    cr_assert_eq(state.durable, 0);
    cr_assert_eq(state.counts.rows_received, 0, "what was not flushed is undone");
    cr_assert_str_eq(state.err.message, "disk full");
    put(6, 7);
    (void)flushed();
    cr_assert_eq(made.writes, 2);
}

Test(writer, a_flush_that_fails_ends_it)
{
    made.fails_to_flush = true;
    put(1, 7);
    struct writer_state state = flushed();
    cr_assert(state.is_down);
    cr_assert_eq(state.counts.rows_received, 0);
    cr_assert_str_eq(state.err.message, "cannot commit");
}

Test(writer, what_waits_counts_its_bytes_and_is_dropped_at_the_end)
{
    struct writer_state state;
    pthread_mutex_lock(&made.gate);
    put(1, 7);
    put(2, 7);
    put(3, 7);
    writer_look(writer, &state);
    cr_assert_geq(state.queued_bytes, 3 * sizeof(struct parcel));
    cr_assert_not(state.is_flushed);
    pthread_mutex_unlock(&made.gate);
}

Test(writer, a_parcel_of_two_holders_ends_with_the_last)
{
    struct parcel *parcel = parcel_new(&unit, 1, &batches);
    cr_assert_not_null(parcel);
    parcel_seal(parcel, 2);
    parcel_drop(parcel);
    cr_assert_eq(parcel->outcome.unit->site_count, 1);
    parcel_drop(parcel);
}

/* A clock on which every look takes a second. */
static int64_t hasty_ms(void *context)
{
    int64_t *now_ms = context;
    return *now_ms += 1000;
}

Test(writer, one_that_is_never_idle_leaves_the_destination_to_others_now_and_then)
{
    int64_t now_ms = 0;
    struct clock hasty = clock_system();
    hasty.monotonic_ms = hasty_ms;
    hasty.context = &now_ms;
    writer_stop(writer);
    pthread_mutex_lock(&made.gate); /* until all of them are queued */
    cr_assert_eq(writer_start(&destination, &hasty, &writer, &problem), STATUS_OK);
    for (uint64_t i = 1; i <= 30; i++)
        put(i, 7);
    pthread_mutex_unlock(&made.gate);
    struct writer_state state = flushed();
    cr_assert_eq(state.durable, 30);
    cr_assert_geq(made.longest_rest_ms, WRITER_GAP_MS - 1);
}

/* --- a destination that keeps outcomes until it flushes them */

enum { KEPT_MAX = 8 };

static struct {
    size_t count;
    const struct unit_outcome *outcomes[KEPT_MAX];
    uint64_t rows; /* of the outcomes, read at the flush */
    bool fails;
} kept;

static enum status keep_it(void *context, const struct unit_outcome *outcome, struct run_counts *counts,
                           struct err *err)
{
    (void)context;
    (void)err;
    kept.outcomes[kept.count++] = outcome;
    counts->rows_received += outcome->rows_received;
    return STATUS_OK;
}

static enum status flush_kept(void *context, bool must, struct run_counts *counts, bool *ret_flushed, struct err *err)
{
    (void)context;
    (void)must;
    for (size_t i = 0; i < kept.count; i++) { /* ASan sees it when one is gone */
        kept.rows += kept.outcomes[i]->rows_received;
        counts->slices_fetched += unit_slice_count(kept.outcomes[i]->unit);
    }
    kept.count = 0;
    if (kept.fails) {
        *counts = (struct run_counts){.slices_fetched = 1};
        return err_set(err, STATUS_IO, "cannot commit");
    }
    *ret_flushed = true;
    return STATUS_OK;
}

static void begin_keeping(void)
{
    static const struct destination keeper = {"keeper", NULL, keep_it, flush_kept, true};
    struct clock clock = clock_system();
    cr_assert_eq(writer_start(&keeper, &clock, &writer, &problem), STATUS_OK, "%s", problem.message);
}

TestSuite(writer_keeps, .init = begin_keeping, .fini = end, .timeout = 60);

Test(writer_keeps, outcomes_stay_until_they_are_flushed)
{
    for (uint64_t number = 1; number <= 3; number++)
        put(number, number);
    struct writer_state state = flushed();
    cr_expect_eq(kept.rows, 6);
    cr_expect_eq(state.counts.slices_fetched, 3, "a flush may add to the counts");
    cr_expect_eq(state.durable, 3);
}

Test(writer_keeps, a_flush_comes_with_fewer_rows)
{
    struct writer_state state = {0};
    put(1, WRITER_KEEP_ROWS);
    while (state.durable == 0) {
        writer_wait(writer, 10);
        writer_look(writer, &state);
    }
    cr_expect_eq(kept.rows, WRITER_KEEP_ROWS);
}

Test(writer_keeps, a_flush_that_fails_gives_them_up_but_for_what_it_stored)
{
    kept.fails = true;
    put(1, 5);
    put(2, 5);
    struct writer_state state = flushed();
    cr_expect(state.is_down);
    cr_expect_eq(state.counts.slices_fetched, 1);
}

Test(writer_keeps, what_was_not_flushed_is_given_up_at_the_end)
{
    put(1, 5);
    writer_wait(writer, 100);
}
