/* Some workers of one job on a PostgreSQL of their own, and a plan of units of one building. */
#ifndef TEST_WORK_SCENE_H
#define TEST_WORK_SCENE_H

#include "pg/pg.h"
#include "store/work.h"

enum { SCENE_WORKERS = 3, SCENE_LEASES = 64, SCENE_LEASE_MS = 60000 };

struct scene_worker {
    char id[16];
    struct db *db;
    struct work *work;
    struct work_goal goal;
    size_t count; /* leases of the last claim */
    struct work_lease leases[SCENE_LEASES];
};

extern struct scene_worker workers[SCENE_WORKERS];
extern const struct coverage_building scene_building;
extern struct err problem;

/* Workers with the lease, of command and fingerprint; they are there. */
void scene_open(int64_t lease_ms);
void scene_close(void);

/* Another form of worker i: forgets the old one, which stays noted as there. */
void scene_change(size_t i, const char *id, const char *command, const char *fingerprint, int64_t lease_ms,
                  struct work_stranger *ret_stranger);

/* A unit of days [first, end) of all sites and groups: (end - first) * 4 slices. */
struct unit scene_unit(civil_day first, civil_day end);

/* The worker joins the goal of that key, or plans units of one day each, of [first, end), newest first. */
enum work_joined scene_join(size_t i, const char *key, int priority, civil_day first, civil_day end);

/* Claims at most so many; the first day of each, as {"3 2 1"}. */
const char *scene_claim(size_t i, int count);

const char *scene_claim_pair(size_t i);

/* What the database says, as one integer. */
int64_t scene_number(const char *sql);

/* All leases are over, as if their time was. */
void scene_expire(void);

#endif
