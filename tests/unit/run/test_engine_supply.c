/* The engine with a supply of units that a test hands out, on an API that answers every slice with no rows. */
#include "api_client/api_script.h"
#include "core/civil.h"
#include "run/engine.h"

#include <criterion/criterion.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>

enum { DAY = 20000, STEPS_MAX = 32, DAYS = 64 };

static const char *const groups[] = {"a"};
static const int64_t sites[] = {1};
static const struct coverage_building buildings[] = {{.id = 70}, {.id = 71}};
static const struct plan no_plan = {.counts = {.due = 8}};

/* What the supply says, in order; it stays at the last. */
struct handed {
    enum supply_answer answer;
    struct unit unit;
};

static struct {
    struct handed steps[STEPS_MAX];
    size_t count;
    size_t at;
    int waits;
    int waits_stored;    /* of them: all that was fetched was */
    int flushed_at_wait; /* slices that were stored when the engine waited last */
    struct unit more;    /* what join adds; no days: nothing */
    int joins;
    volatile sig_atomic_t *interrupt_at_end; /* set when the steps are over */
    enum sharing_verdict verdict;            /* on slices of buildings[1] */
} supplied;

/* What came to the destination; by the writer's thread. */
static struct {
    int times[DAYS]; /* that a day of buildings[0] was stored */
    int others;      /* slices of buildings[1] */
    int failed;
    int failed_before; /* the last slice of buildings[0] */
    atomic_int pending;
    atomic_int stored;
} kept;

static struct api api;
static struct summary summary;
static volatile sig_atomic_t interrupted;

static struct unit unit_of(size_t building, civil_day first, civil_day end)
{
    return (struct unit){&buildings[building], "PT1H", {DAY + first, DAY + end}, 1, sites, 1, groups, 0};
}

static void hand_out(size_t building, civil_day first, civil_day end)
{
    supplied.steps[supplied.count++] = (struct handed){SUPPLY_UNIT, unit_of(building, first, end)};
}

static void say(enum supply_answer answer)
{
    supplied.steps[supplied.count++] = (struct handed){.answer = answer};
}

static enum status next(void *context, struct unit *ret_unit, enum supply_answer *ret_answer, struct err *err)
{
    (void)context;
    (void)err;
    const struct handed *step = &supplied.steps[supplied.at];
    if (supplied.at + 1 < supplied.count)
        supplied.at++;
    else if (supplied.interrupt_at_end != NULL)
        *supplied.interrupt_at_end = 1;
    *ret_unit = step->unit;
    *ret_answer = step->answer;
    return STATUS_OK;
}

static void join(void *context, struct unit *unit)
{
    (void)context;
    supplied.joins++;
    if (supplied.more.days.end > supplied.more.days.first)
        unit->days.end = supplied.more.days.end;
}

static void wait_for_more(void *context, int timeout_ms, bool is_stored)
{
    (void)context;
    cr_assert(!is_stored || kept.pending == 0);
    supplied.waits_stored += is_stored;
    poll(NULL, 0, timeout_ms / 4);
    supplied.waits++;
    supplied.flushed_at_wait = kept.stored;
}

static struct supply supply = {.next = next, .join = join, .wait = wait_for_more};

static enum status take(void *context, const struct unit *unit, enum sharing_verdict *ret_verdict, struct err *err)
{
    (void)context;
    (void)err;
    *ret_verdict = unit->building == &buildings[1] ? supplied.verdict : SHARING_TAKEN;
    return STATUS_OK;
}

static enum status give_back(void *context, const struct unit *units, size_t count, struct err *err)
{
    (void)context, (void)units, (void)count, (void)err;
    return STATUS_OK;
}

static enum status never_wait(void *context, bool *ret_wait, struct err *err)
{
    (void)context, (void)err;
    *ret_wait = false;
    return STATUS_OK;
}

static const struct sharing sharing = {NULL, take, give_back, never_wait};

static bool refuses_71; /* the destination, as one with a fence does: it is not counted */

static enum status write_it(void *context, const struct unit_outcome *outcome, struct run_counts *counts,
                            struct err *err)
{
    (void)context;
    (void)err;
    const struct unit *unit = outcome->unit;
    for (size_t i = 0; i < unit_slice_count(unit); i++) {
        bool failed = outcome->slice_errs[i] != NULL;
        if (refuses_71 && unit->building == &buildings[1])
            continue;
        kept.failed += failed;
        counts->slices_failed += failed;
        counts->slices_fetched += !failed;
    }
    for (civil_day day = unit->days.first; day < unit->days.end; day++) {
        if (unit->building == &buildings[0])
            kept.times[day - DAY]++;
        else
            kept.others++;
        if (unit->building == &buildings[0])
            kept.failed_before = kept.failed;
    }
    kept.pending += (int)unit_slice_count(unit);
    return STATUS_OK;
}

static enum status flush_it(void *context, bool must, struct run_counts *counts, bool *ret_flushed, struct err *err)
{
    (void)context, (void)must, (void)counts, (void)err;
    kept.stored += atomic_exchange(&kept.pending, 0);
    *ret_flushed = true;
    return STATUS_OK;
}

static const struct destination destination = {"kept", NULL, write_it, flush_it, false};

static bool no_rows(struct api *at, int number, const struct script_request *request, struct script_reply *reply)
{
    (void)at;
    (void)number;
    bool counts = strstr(request->body, "_aggregate") != NULL;
    script_answer(reply, 200, "Content-Type: application/json\r\n",
                  counts ? "{\"data\":{\"BUILDING_INSIGHTS\":[],"
                           "\"BUILDING_INSIGHTS_aggregate\":{\"aggregate\":{\"count\":0}}}}"
                         : "{\"data\":{\"BUILDING_INSIGHTS\":[]}}");
    return true;
}

/* Only single days are answered. */
static bool one_day_only(struct api *at, int number, const struct script_request *request, struct script_reply *reply)
{
    if (strstr(request->body, "_gte") == NULL)
        return no_rows(at, number, request, reply);
    script_answer(reply, 504, "", "too slow");
    return true;
}

static enum status run(void)
{
    const struct destination *const destinations[] = {&destination};
    const char *const columns[] = {"OCCUPANCY_MEAN"};
    struct client_options client = api_options();
    struct err err = {0};
    client.concurrency = 2;
    if (api.on_query == NULL)
        api.on_query = no_rows;
    api_start(&api, client);
    struct engine_options options = {
        .plan = &no_plan,
        .supply = &supply,
        .client = api.client,
        .destination_count = 1,
        .destinations = destinations,
        .sharing = &sharing,
        .dataset = dataset_built_in("building_insights"),
        .column_count = 1,
        .columns = columns,
        .page_size = 1000,
        .max_attempts = 3,
        .clock = clock_system(),
        .deadline_ms = INT64_MAX,
        .interrupted = &interrupted,
    };
    enum status status = engine_run(&options, &summary, &err);
    api_stop(&api);
    return status;
}

static void tear_down(void)
{
    summary_release(&summary);
}

TestSuite(engine_supply, .fini = tear_down);

static void check_days(civil_day first, civil_day end)
{
    for (civil_day day = 0; day < DAYS; day++)
        cr_assert_eq(kept.times[day], day >= first && day < end, "day %d: %d times", (int)day, kept.times[day]);
}

Test(engine_supply, every_unit_is_fetched_once_and_then_the_run_ends)
{
    for (civil_day day = 0; day < 8; day++)
        hand_out(0, day, day + 1);
    say(SUPPLY_END);
    cr_assert_eq(run(), STATUS_OK);
    check_days(0, 8);
    cr_assert_eq(summary.exit_code, 0);
    cr_assert_eq(summary.counts.slices_due, 8, "what the whole goal holds, as the plan says");
    cr_assert_eq(summary.counts.slices_fetched, 8);
    cr_assert_eq(api.queries, 8);
}

Test(engine_supply, without_any_unit_nothing_is_asked)
{
    say(SUPPLY_END);
    cr_assert_eq(run(), STATUS_OK);
    cr_assert_eq(api.queries + api.logins, 0);
}

Test(engine_supply, a_unit_that_is_cut_is_fetched_in_pieces)
{
    api.on_query = one_day_only;
    hand_out(0, 0, 8);
    hand_out(0, 8, 9);
    say(SUPPLY_END);
    cr_assert_eq(run(), STATUS_OK);
    check_days(0, 9);
    cr_assert_eq(summary.exit_code, 0);
}

Test(engine_supply, the_first_unit_is_joined_and_no_other)
{
    supplied.more = unit_of(0, 3, 6);
    hand_out(0, 0, 3);
    hand_out(0, 6, 7);
    hand_out(0, 7, 8);
    say(SUPPLY_END);
    cr_assert_eq(run(), STATUS_OK);
    check_days(0, 8);
    cr_assert_eq(supplied.joins, 1);
    cr_assert_eq(api.queries, 3);
}

Test(engine_supply, none_now_is_no_end_and_holds_nothing_back)
{
    hand_out(0, 0, 1);
    hand_out(0, 1, 2);
    for (int i = 0; i < 20; i++)
        say(SUPPLY_NONE_NOW);
    hand_out(0, 2, 3);
    say(SUPPLY_NONE_NOW);
    say(SUPPLY_END);
    cr_assert_eq(run(), STATUS_OK);
    check_days(0, 3);
    cr_assert_gt(supplied.waits_stored, 0);
    cr_assert_lt(supplied.waits_stored, supplied.waits, "the first ones hold nothing up with a flush");
    cr_assert_geq(supplied.flushed_at_wait, 2, "what others wait for was stored meanwhile");
}

Test(engine_supply, what_others_have_taken_over_is_left_to_them)
{
    supplied.verdict = SHARING_LOST;
    hand_out(0, 0, 1);
    hand_out(1, 0, 5);
    hand_out(0, 1, 2);
    say(SUPPLY_END);
    cr_assert_eq(run(), STATUS_OK);
    check_days(0, 2);
    cr_assert_eq(kept.others, 0);
    cr_assert_eq(summary.counts.slices_due, 8, "they are due as before");
    cr_assert_eq(summary.exit_code, 0);
}

/* Building 71 is out of order. */
static bool one_building_fails(struct api *at, int number, const struct script_request *request,
                               struct script_reply *reply)
{
    if (strstr(request->body, "BUILDING_ID: {_eq: 71}") == NULL)
        return no_rows(at, number, request, reply);
    script_answer(reply, 500, "", "out of order");
    return true;
}

Test(engine_supply, a_building_that_fails_waits_for_what_the_supply_has)
{
    api.on_query = one_building_fails;
    hand_out(0, 0, 1);
    for (civil_day day = 0; day < 6; day++)
        hand_out(1, day, day + 1);
    for (civil_day day = 1; day < 5; day++)
        hand_out(0, day, day + 1);
    say(SUPPLY_END);
    cr_assert_eq(run(), STATUS_OK);
    check_days(0, 5);
    cr_assert_eq(kept.failed, 6);
    cr_assert_leq(kept.failed_before, 4, "after three of its units it waits; one may be on its way then");
    cr_assert_eq(summary.exit_code, 75);
}

Test(engine_supply, a_run_that_is_stopped_while_it_waits_ends)
{
    supplied.interrupt_at_end = &interrupted;
    hand_out(0, 0, 1);
    say(SUPPLY_NONE_NOW);
    cr_assert_eq(run(), STATUS_INTERRUPTED);
    cr_assert_eq(summary.exit_code, 75);
    check_days(0, 1);
    cr_assert_eq(kept.stored, 1, "what was fetched is kept");
}

/* The days of building 71 went to another worker while they were on their way. */
static void refuse_71(void *context, supply_visit_refused *visit, void *visitor)
{
    struct unit unit = unit_of(1, 0, 2);
    (void)context;
    visit(visitor, &unit, 2, 0);
}

Test(engine_supply, what_the_destination_refused_is_no_failure_of_the_run)
{
    api.on_query = one_building_fails;
    supply.each_refused = refuse_71;
    refuses_71 = true;
    hand_out(0, 0, 1);
    hand_out(1, 0, 1);
    hand_out(1, 1, 2);
    say(SUPPLY_END);
    cr_assert_eq(run(), STATUS_OK);
    cr_assert_eq(summary.failures_total, 0);
    cr_assert_eq(summary.failure_count, 0);
    cr_assert_eq(summary.exit_code, 0);
}

/* Both days failed, and only the first went to another worker. */
static void refuse_day_0(void *context, supply_visit_refused *visit, void *visitor)
{
    struct unit unit = unit_of(1, 0, 1);
    (void)context;
    visit(visitor, &unit, 1, 0);
}

Test(engine_supply, what_was_kept_stays_a_failure)
{
    api.on_query = one_building_fails;
    supply.each_refused = refuse_day_0;
    hand_out(1, 0, 1);
    hand_out(1, 1, 2);
    hand_out(0, 0, 1);
    say(SUPPLY_END);
    cr_assert_eq(run(), STATUS_OK);
    cr_assert_eq(summary.failures_total, 1);
    cr_assert_eq(summary.failure_count, 1);
    cr_assert_eq(summary.failures[0].day, DAY + 1);
    cr_assert_eq(summary.exit_code, 75);
}

static enum status breaks(void *context, struct unit *ret_unit, enum supply_answer *ret_answer, struct err *err)
{
    if (supplied.at + 1 < supplied.count)
        return next(context, ret_unit, ret_answer, err);
    return err_set(err, STATUS_IO, "the database is gone");
}

Test(engine_supply, a_supply_that_fails_ends_the_run)
{
    supply.next = breaks;
    hand_out(0, 0, 1);
    say(SUPPLY_END);
    cr_assert_eq(run(), STATUS_IO);
    cr_assert_eq(summary.exit_code, 74);
    cr_assert_str_eq(summary.err.message, "the database is gone");
    cr_assert_leq(kept.times[0], 1);
}
