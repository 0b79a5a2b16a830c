#include "db/db.h"
#include "scene.h"

#include <stdio.h>
#include <sys/wait.h>

TestSuite(sharing_claims, .init = scene_begin, .fini = scene_end);

static int64_t count_rows(const char *query)
{
    struct db *db;
    int64_t count;
    must(db_open(CLAIMS_FILE, DB_SCRATCH, &db, &problem));
    must(db_query_integer(db, query, &count, &problem));
    db_close(db);
    return count;
}

Test(sharing_claims, overlapping_days_of_a_series_are_not_taken_twice)
{
    static const struct {
        civil_day first;
        civil_day end;
        bool free;
    } ranges[] = {
        {DAY - 5, DAY, true},      {DAY + 10, DAY + 12, true}, {DAY - 5, DAY + 1, false}, {DAY + 9, DAY + 12, false},
        {DAY + 2, DAY + 3, false}, {DAY - 1, DAY + 20, false}, {DAY, DAY + 10, false},    {DAY, DAY + 1, false},
    };
    struct claims *first = scene_owner(CLAIMS_NIGHTLY);
    struct claims *second = scene_owner(CLAIMS_NIGHTLY);
    cr_assert(scene_takes(first, scene_unit(1, 1, DAY, DAY + 10)));
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        struct unit unit = scene_unit(1, 1, ranges[i].first, ranges[i].end);
        cr_expect_eq(scene_takes(second, unit), ranges[i].free, "range %zu", i);
        if (ranges[i].free)
            scene_releases(second, unit);
    }
    claims_close(first);
    claims_close(second);
}

Test(sharing_claims, other_series_are_free)
{
    static const char *const other_group[] = {"G"};
    static const struct coverage_building other_building = {.id = 72};
    struct claims *first = scene_owner(CLAIMS_NIGHTLY);
    struct claims *second = scene_owner(CLAIMS_NIGHTLY);
    cr_assert(scene_takes(first, scene_unit(1, 1, DAY, DAY + 10)));
    struct unit unit = scene_unit(1, 1, DAY, DAY + 10);
    cr_assert(!scene_takes(second, unit));
    unit.groups = other_group;
    cr_assert(scene_takes(second, unit));
    unit = scene_unit(1, 1, DAY, DAY + 10);
    unit.granularity = "PT15M";
    cr_assert(scene_takes(second, unit));
    unit = scene_unit(1, 1, DAY, DAY + 10);
    unit.building = &other_building;
    cr_assert(scene_takes(second, unit));
    cr_assert(scene_takes(second, scene_unit(2, 1, DAY, DAY + 10)));
    claims_close(first);
    claims_close(second);
}

Test(sharing_claims, unit_is_taken_whole_or_not_at_all)
{
    struct claims *first = scene_owner(CLAIMS_NIGHTLY);
    struct claims *second = scene_owner(CLAIMS_NIGHTLY);
    cr_assert(scene_takes(first, scene_unit(3, 1, DAY + 1, DAY + 2)));
    cr_assert(!scene_takes(second, scene_unit(1, 4, DAY, DAY + 3)));
    cr_assert(scene_takes(first, scene_unit(1, 2, DAY, DAY + 3))); /* the second holds nothing of its unit */
    cr_assert(scene_takes(first, scene_unit(4, 1, DAY, DAY + 3)));
    claims_close(first);
    claims_close(second);
}

Test(sharing_claims, released_units_are_free)
{
    struct claims *first = scene_owner(CLAIMS_NIGHTLY);
    struct claims *second = scene_owner(CLAIMS_NIGHTLY);
    cr_assert(scene_takes(first, scene_unit(1, 3, DAY, DAY + 3)));
    cr_assert(scene_takes(first, scene_unit(1, 3, DAY + 3, DAY + 6)));
    scene_releases(second, scene_unit(1, 3, DAY, DAY + 3)); /* what another holds is not given back */
    cr_assert(!scene_takes(second, scene_unit(1, 3, DAY, DAY + 3)));
    scene_releases(first, scene_unit(1, 3, DAY, DAY + 3));
    cr_assert(scene_takes(second, scene_unit(1, 3, DAY, DAY + 3)));
    cr_assert(!scene_takes(second, scene_unit(1, 3, DAY + 3, DAY + 6)));
    claims_close(first);
    cr_assert(scene_takes(second, scene_unit(1, 3, DAY + 3, DAY + 6)));
    claims_close(second);
    cr_assert_eq(count_rows("SELECT count(*) FROM unit_claims"), 0);
    cr_assert_eq(count_rows("SELECT count(*) FROM owners"), 0);
}

static void claim_and_die(void *context)
{
    const enum claims_priority *priority = context;
    struct claims *claims = scene_owner(*priority);
    bool taken = scene_takes(claims, scene_unit(1, 2, DAY, DAY + 10));
    cr_assert(taken);
}

static void leave_dead_owner(enum claims_priority priority)
{
    scene_wait(scene_fork(claim_and_die, &priority));
}

Test(sharing_claims, claims_of_a_dead_owner_are_free)
{
    struct claims *first = scene_owner(CLAIMS_NIGHTLY);
    leave_dead_owner(CLAIMS_NIGHTLY);
    cr_assert_eq(count_rows("SELECT count(*) FROM unit_claims"), 1);
    cr_assert(scene_takes(first, scene_unit(2, 2, DAY + 3, DAY + 5)));
    cr_assert_eq(count_rows("SELECT count(*) FROM owners"), 1);
    cr_assert_eq(count_rows("SELECT count(*) FROM unit_claims"), 1); /* the new one */
    claims_close(first);
}

/* Where nobody waits for it, a dead process stays a zombie for good. */
Test(sharing_claims, claims_of_a_zombie_are_free)
{
    enum claims_priority priority = CLAIMS_NIGHTLY;
    struct claims *first = scene_owner(CLAIMS_BACKGROUND);
    pid_t child = scene_fork(claim_and_die, &priority);
    siginfo_t info;
    cr_assert_eq(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
    cr_assert(!scene_must_yield(first));
    cr_assert(scene_takes(first, scene_unit(1, 1, DAY, DAY + 1)));
    scene_wait(child);
    claims_close(first);
}

Test(sharing_claims, dead_owners_are_forgotten_by_the_next_one)
{
    leave_dead_owner(CLAIMS_BACKGROUND);
    leave_dead_owner(CLAIMS_NIGHTLY);
    struct claims *next = scene_owner(CLAIMS_BACKGROUND);
    cr_assert(!scene_others_seen(next), "they were gone before");
    cr_assert_eq(count_rows("SELECT count(*) FROM owners"), 1);
    cr_assert_eq(count_rows("SELECT count(*) FROM unit_claims"), 0);
    claims_close(next);
}

Test(sharing_claims, backfill_yields_to_a_living_nightly_run)
{
    struct claims *backfill = scene_owner(CLAIMS_BACKGROUND);
    cr_assert(!scene_must_yield(backfill));
    struct claims *other = scene_owner(CLAIMS_BACKGROUND);
    cr_assert(!scene_must_yield(backfill), "its like does not go first");
    struct claims *nightly = scene_owner(CLAIMS_NIGHTLY);
    cr_assert(scene_must_yield(backfill));
    cr_assert(scene_must_yield(other));
    cr_assert(!scene_must_yield(nightly));
    claims_close(nightly);
    cr_assert(!scene_must_yield(backfill));
    leave_dead_owner(CLAIMS_NIGHTLY);
    cr_assert(!scene_must_yield(backfill));
    claims_close(other);
    claims_close(backfill);
}

Test(sharing_claims, others_are_seen_when_they_were_there_before_or_came_later)
{
    struct claims *first = scene_owner(CLAIMS_NIGHTLY);
    cr_assert(!scene_others_seen(first));
    struct claims *second = scene_owner(CLAIMS_BACKGROUND);
    cr_assert(scene_others_seen(first));
    cr_assert(scene_others_seen(second));
    claims_close(second);
    cr_assert(scene_others_seen(first), "it was there, and may have fetched something");
    claims_close(first);
    struct claims *third = scene_owner(CLAIMS_NIGHTLY);
    cr_assert(!scene_others_seen(third));
    leave_dead_owner(CLAIMS_BACKGROUND); /* came and went */
    cr_assert(scene_others_seen(third));
    claims_close(third);
}

Test(sharing_claims, deleted_file_is_made_anew)
{
    claims_close(scene_owner(CLAIMS_NIGHTLY));
    cr_assert_eq(remove(CLAIMS_FILE), 0);
    struct claims *claims = scene_owner(CLAIMS_NIGHTLY);
    cr_assert(scene_takes(claims, scene_unit(1, 1, DAY, DAY + 1)));
    claims_close(claims);
    claims_close(NULL);
}

Test(sharing_claims, file_that_cannot_be_used_is_told)
{
    struct claims *claims = NULL;
    struct claims_options options = {"no/where.claims", "r", "run", CLAIMS_NIGHTLY};
    cr_assert_eq(claims_open(&options, &claims, &problem), STATUS_CANTCREATE);
    FILE *file = fopen(CLAIMS_FILE, "wb");
    cr_assert_not_null(file);
    cr_assert(fputs("this file holds no database, but a text that is longer than a header of one: "
                    "one hundred bytes and more",
                    file) >= 0);
    cr_assert_eq(fclose(file), 0);
    options.path = CLAIMS_FILE;
    cr_assert_eq(claims_open(&options, &claims, &problem), STATUS_IO);
    cr_assert_null(claims);
}
