/* Processes that take, release, leave and die at random: no slice is ever held by two of them. */
#include "scene.h"

#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(sharing_race, .init = scene_begin, .fini = scene_end, .timeout = 60);

enum { SITES = 4, DAYS = 6, RACERS = 2, LAPS = 150, RACES = 3 };

struct track {
    atomic_int holders[SITES][DAYS]; /* pids */
    atomic_int collisions;
    atomic_int taken;
    atomic_int refused;
};

struct racer {
    struct track *track;
    uint64_t random;
};

/* xorshift64*: the same numbers on every machine. */
static uint32_t below(uint64_t *random, uint32_t bound)
{
    *random ^= *random >> 12;
    *random ^= *random << 25;
    *random ^= *random >> 27;
    return (uint32_t)((*random * 2685821657736338717u) >> 32) % bound;
}

static void mark(struct racer *racer, const struct unit *unit, int from, int to)
{
    for (size_t s = 0; s < unit->site_count; s++) {
        for (civil_day day = unit->days.first; day < unit->days.end; day++) {
            atomic_int *holder = &racer->track->holders[unit->sites[s] - 1][day - DAY];
            if (atomic_exchange(holder, to) != from)
                racer->track->collisions++;
        }
    }
}

static void race(void *context)
{
    struct racer *racer = context;
    int self = getpid();
    struct claims *claims = scene_owner(CLAIMS_NIGHTLY);
    for (int lap = 0; lap < LAPS; lap++) {
        size_t site = below(&racer->random, SITES);
        civil_day first = DAY + (civil_day)below(&racer->random, DAYS);
        struct unit unit = scene_unit(site + 1, 1 + below(&racer->random, SITES - (uint32_t)site), first,
                                      first + 1 + (civil_day)below(&racer->random, (uint32_t)(DAY + DAYS - first)));
        if (!scene_takes(claims, unit)) {
            racer->track->refused++;
            continue;
        }
        racer->track->taken++;
        mark(racer, &unit, 0, self);
        (void)below(&racer->random, 2);
        mark(racer, &unit, self, 0);
        if (below(&racer->random, 8) > 0) {
            scene_releases(claims, unit);
        } else { /* leaves, and comes again as another owner */
            claims_close(claims);
            claims = scene_owner(CLAIMS_NIGHTLY);
        }
    }
    /* Dies with a claim in its hands. */
    (void)scene_takes(claims, scene_unit(1, SITES, DAY, DAY + DAYS));
}

Test(sharing_race, no_slice_is_held_by_two_processes)
{
    struct track *track = mmap(NULL, sizeof *track, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    cr_assert(track != MAP_FAILED);
    for (uint64_t seed = 1; seed <= RACES; seed++) {
        struct racer racers[RACERS];
        pid_t children[RACERS];
        for (size_t i = 0; i < RACERS; i++) {
            racers[i] = (struct racer){track, (seed * RACERS + i) * 0x9E3779B97F4A7C15u};
            children[i] = scene_fork(race, &racers[i]);
        }
        for (size_t i = 0; i < RACERS; i++)
            scene_wait(children[i]);
        cr_assert_eq(track->collisions, 0, "seed %d", (int)seed);
        cr_assert_gt(track->taken, 0);
        struct claims *survivor = scene_owner(CLAIMS_NIGHTLY);
        cr_assert(scene_takes(survivor, scene_unit(1, SITES, DAY, DAY + DAYS)), "what the dead held is free");
        claims_close(survivor);
    }
    munmap(track, sizeof *track);
}
