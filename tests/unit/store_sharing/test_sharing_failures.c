/* Each call of the database, and each allocation, fails once: what others see of a run is all or nothing. */
#include "scene.h"

#include "support/trip.h"

#include <stdio.h>
#include <unistd.h>

TestSuite(sharing_failures, .init = scene_begin, .fini = scene_end, .timeout = 60);

static struct claims_options options = {CLAIMS_FILE, "20250501-1", "backfill", CLAIMS_BACKGROUND};

static enum status open_and_close(void *context, struct err *err)
{
    struct claims *claims = NULL;
    enum status status = claims_open(&options, &claims, err);
    (void)context;
    if (status == STATUS_OK)
        claims_close(claims);
    return status;
}

static int64_t count(const char *table)
{
    struct db *db = NULL;
    char sql[64];
    int64_t found = 0;
    snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", table);
    must(db_open(CLAIMS_FILE, DB_READ_ONLY, &db, &problem));
    must(db_query_integer(db, sql, &found, &problem));
    db_close(db);
    return found;
}

/* claims_close is best effort; what a call of it left behind is buried by the next one that opens. */
Test(sharing_failures, an_owner_comes_in_or_not)
{
    for (int kind = TRIP_DB; kind <= TRIP_MEMORY; kind++) {
        for (int nth = 1;; nth++) {
            struct claims *claims = NULL;
            trip_arm((enum trip_kind)kind, nth);
            enum status status = claims_open(&options, &claims, &problem);
            bool tripped = trip_disarm();
            cr_expect_eq(status, !tripped ? STATUS_OK : kind == TRIP_DB ? STATUS_IO : STATUS_NOMEM, "call %d", nth);
            if (status == STATUS_OK)
                claims_close(claims);
            if (!tripped)
                break;
        }
    }
    must(open_and_close(NULL, &problem));
    cr_expect_eq(count("owners"), 0);
}

static enum status take_and_release(void *context, struct err *err)
{
    struct unit unit = scene_unit(1, 2, DAY, DAY + 3);
    bool taken = false;
    bool others;
    enum status status = claims_take(context, &unit, &taken, &others, err);
    if (status == STATUS_OK) {
        cr_expect(taken);
        status = claims_release(context, &unit, 1, err);
    }
    if (status != STATUS_OK) /* a caller would end here, and its owner with it */
        cr_assert_eq(claims_release(context, &unit, 1, NULL), STATUS_OK);
    return status;
}

static enum status ask(void *context, struct err *err)
{
    bool yields;
    bool seen;
    int64_t wait;
    enum status status = claims_must_yield(context, &yields, err);
    if (status == STATUS_OK)
        status = claims_others_seen(context, &seen, err);
    return status == STATUS_OK ? claims_take_request(context, 1000, &wait, err) : status;
}

Test(sharing_failures, units_are_claimed_and_given_back_whole)
{
    struct claims *claims = scene_owner(CLAIMS_BACKGROUND);
    struct unit other = scene_unit(2, 1, DAY, DAY + 1);
    cr_expect_gt(trip_sweep(TRIP_DB, NULL, take_and_release, claims), 0);
    cr_expect_gt(trip_sweep(TRIP_MEMORY, NULL, take_and_release, claims), 0);
    cr_expect_gt(trip_sweep(TRIP_DB, NULL, ask, claims), 0);
    cr_expect_eq(count("unit_claims"), 0);
    cr_expect(scene_takes(claims, other), "nothing is claimed any more");
    claims_close(claims);
}

/* A process that ends without a word, holding a unit and standing above a backfill. */
static void die_holding(void *context)
{
    (void)context;
    struct claims *claims = scene_owner(CLAIMS_NIGHTLY);
    if (!scene_takes(claims, scene_unit(1, 1, DAY, DAY + 1)))
        _exit(1);
    _exit(0);
}

Test(sharing_failures, the_dead_are_buried_also_when_that_fails_at_first)
{
    struct claims *claims = scene_owner(CLAIMS_BACKGROUND);
    scene_wait(scene_fork(die_holding, NULL));
    cr_expect_gt(trip_sweep(TRIP_DB, NULL, ask, claims), 0);
    scene_wait(scene_fork(die_holding, NULL));
    cr_expect_gt(trip_sweep(TRIP_DB, NULL, take_and_release, claims), 0);
    claims_close(claims);
    scene_wait(scene_fork(die_holding, NULL));
    for (int nth = 1;; nth++) { /* closing is no part of it: what it cannot do, the next one does */
        struct claims *late = NULL;
        trip_arm(TRIP_DB, nth);
        enum status status = claims_open(&options, &late, &problem);
        bool tripped = trip_disarm();
        if (!tripped)
            claims_close(late);
        else
            cr_expect_eq(status, STATUS_IO);
        if (!tripped)
            break;
    }
    cr_expect_eq(count("owners") + count("unit_claims"), 0);
    must(open_and_close(NULL, &problem));
}
