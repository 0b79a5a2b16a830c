#include "scene.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

struct err problem;

static char directory[] = P_tmpdir "/sharing-XXXXXX";
static const struct coverage_building building = {.id = 71};
static const int64_t sites[] = {1, 2, 3, 4, 5, 6, 7, 8};
static const char *const groups[] = {"g"};

void scene_begin(void)
{
    cr_assert_not_null(mkdtemp(directory));
    cr_assert_eq(chdir(directory), 0);
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *at)
{
    (void)info, (void)kind, (void)at;
    return remove(path);
}

void scene_end(void)
{
    nftw(directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

struct claims *scene_owner(enum claims_priority priority)
{
    struct claims *claims;
    struct claims_options options = {CLAIMS_FILE, "20250501-1", "run", priority};
    must(claims_open(&options, &claims, &problem));
    return claims;
}

struct unit scene_unit(size_t first_site, size_t site_count, civil_day first, civil_day end)
{
    return (struct unit){
        .building = &building,
        .granularity = "PT1H",
        .days = {first, end},
        .site_count = site_count,
        .sites = sites + first_site - 1,
        .group_count = 1,
        .groups = groups,
    };
}

bool scene_takes(struct claims *claims, struct unit unit)
{
    bool taken;
    must(claims_take(claims, &unit, &taken, NULL, &problem));
    return taken;
}

void scene_releases(struct claims *claims, struct unit unit)
{
    must(claims_release(claims, &unit, 1, &problem));
}

bool scene_others_seen(struct claims *claims)
{
    bool seen;
    must(claims_others_seen(claims, &seen, &problem));
    return seen;
}

bool scene_must_yield(struct claims *claims)
{
    bool yield;
    must(claims_must_yield(claims, &yield, &problem));
    return yield;
}

pid_t scene_fork(void (*work)(void *context), void *context)
{
    fflush(NULL);
    pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        work(context);
        _exit(0);
    }
    return child;
}

void scene_wait(pid_t child)
{
    int ending;
    cr_assert_eq(waitpid(child, &ending, 0), child);
    cr_assert(WIFEXITED(ending) && WEXITSTATUS(ending) == 0, "the other process failed: %#x", (unsigned)ending);
}
