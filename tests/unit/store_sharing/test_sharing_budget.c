#include "db/db.h"
#include "scene.h"

#include <stdio.h>
#include <time.h>

TestSuite(sharing_budget, .init = scene_begin, .fini = scene_end);

static double now_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int64_t ask(struct claims *claims, double rate)
{
    int64_t wait_ms = -1;
    must(claims_take_request(claims, rate, &wait_ms, &problem));
    cr_assert_geq(wait_ms, 0);
    return wait_ms;
}

/* How many requests are taken until one is refused. */
static int drain(struct claims *claims, double rate)
{
    int taken = 0;
    while (ask(claims, rate) == 0)
        taken++;
    return taken;
}

/* Puts the bucket's clock back, as if so long had passed since the last request. */
static void pretend_pause(int64_t milliseconds)
{
    char sql[128];
    struct db *db;
    snprintf(sql, sizeof sql, "UPDATE budget SET refilled_ms = refilled_ms - %lld", (long long)milliseconds);
    must(db_open(CLAIMS_FILE, DB_SCRATCH, &db, &problem));
    must(db_exec(db, sql, &problem));
    db_close(db);
}

Test(sharing_budget, two_owners_together_stay_inside_the_rate)
{
    const double rate = 200;
    struct claims *owners[2] = {scene_owner(CLAIMS_NIGHTLY), scene_owner(CLAIMS_BACKGROUND)};
    int taken = 0;
    double begun = now_seconds();
    double last = begun;
    for (size_t turn = 0; last - begun < 0.25; turn++) {
        taken += ask(owners[turn % 2], rate) == 0;
        last = now_seconds();
    }
    /* One second's worth is in the bucket at the start; a request may come with the millisecond it is counted in. */
    cr_assert_leq(taken, rate + rate * (last - begun + 0.002));
    claims_close(owners[0]);
    claims_close(owners[1]);
}

Test(sharing_budget, at_most_one_second_is_saved_up)
{
    const double rate = 20;
    struct claims *claims = scene_owner(CLAIMS_NIGHTLY);
    for (int i = 0; i < 3; i++) {
        double begun = now_seconds();
        int taken = drain(claims, rate);
        cr_assert_geq(taken, 20);
        cr_assert_leq(taken, rate + rate * (now_seconds() - begun + 0.002));
        pretend_pause(3600 * 1000);
    }
    claims_close(claims);
}

Test(sharing_budget, wait_is_as_long_as_the_next_request_needs)
{
    struct claims *claims = scene_owner(CLAIMS_NIGHTLY);
    drain(claims, 0.5); /* one every two seconds: nothing is saved beyond one request */
    pretend_pause(600 * 1000);
    cr_assert_eq(ask(claims, 0.5), 0);
    int64_t wait_ms = ask(claims, 0.5);
    cr_assert(wait_ms > 0 && wait_ms <= 2001, "%d ms", (int)wait_ms);
    pretend_pause(wait_ms);
    cr_assert_eq(ask(claims, 0.5), 0);
    claims_close(claims);
}

/* After a reboot the clock begins anew, far behind what the file says. */
Test(sharing_budget, clock_that_went_back_neither_fills_nor_blocks)
{
    struct claims *claims = scene_owner(CLAIMS_NIGHTLY);
    drain(claims, 2);
    pretend_pause(-3600 * 1000);
    int64_t wait_ms = ask(claims, 2);
    cr_assert(wait_ms > 0 && wait_ms <= 501, "%d ms", (int)wait_ms);
    pretend_pause(wait_ms);
    cr_assert_eq(ask(claims, 2), 0);
    claims_close(claims);
}
