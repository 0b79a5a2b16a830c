/*
 * What the tests of several runs share: an empty directory as the working
 * directory of each test, owners of claims, units, and processes that die.
 *
 * Life cycle: scene_begin and scene_end as .init and .fini of a suite.
 */
#ifndef TEST_STORE_SHARING_SCENE_H
#define TEST_STORE_SHARING_SCENE_H

#include "store/claims.h"

#include <criterion/criterion.h>
#include <sys/types.h>

enum { DAY = 20209 }; /* 2025-05-01 */

#define CLAIMS_FILE "job.claims"

/* What the calls under must() fill in. */
extern struct err problem;

/* Asserts that a call which was given &problem went well. */
#define must(call) cr_assert_eq((call), STATUS_OK, "%s", problem.message)

void scene_begin(void);
void scene_end(void);

struct claims *scene_owner(enum claims_priority priority);

/* Building 71, PT1H, sites first_site and up, group "g": borrows constants only. */
struct unit scene_unit(size_t first_site, size_t site_count, civil_day first, civil_day end);

bool scene_takes(struct claims *claims, struct unit unit);
void scene_releases(struct claims *claims, struct unit unit);
bool scene_others_seen(struct claims *claims);
bool scene_must_yield(struct claims *claims);

/* Runs work in a process of its own, which then ends at once, without cleaning up. The caller waits for it. */
pid_t scene_fork(void (*work)(void *context), void *context);

/* Waits for a process that must have ended by itself, with 0. */
void scene_wait(pid_t child);

#endif
