#include "work_scene.h"

#include "core/buf.h"
#include "db/migrate.h"
#include "pg_fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

struct scene_worker workers[SCENE_WORKERS];
struct err problem;

static const int64_t sites[] = {1, 2};
static const char *const groups[] = {"a", "b \"c\""};
const struct coverage_building scene_building = {
    .id = 71, .site_count = 2, .sites = sites, .group_count = 2, .groups = groups};

static void must(enum status status)
{
    cr_assert_eq(status, STATUS_OK, "%s", problem.message);
}

static void open_work(size_t i, const char *id, const char *command, const char *fingerprint, int64_t lease_ms)
{
    struct scene_worker *worker = &workers[i];
    snprintf(worker->id, sizeof worker->id, "%s", id);
    struct work_worker who = {worker->id, "job", command, fingerprint, "host", 1, lease_ms};
    must(work_open(worker->db, &who, &worker->work, &problem));
}

void scene_open(int64_t lease_ms)
{
    struct work_stranger stranger;
    for (size_t i = 0; i < SCENE_WORKERS; i++) {
        char id[16];
        snprintf(id, sizeof id, "w%zu", i);
        workers[i].db = i == 0 ? pg_fixture_open() : pg_fixture_open_again();
        if (i == 0)
            must(migrate(workers[i].db, MIGRATE_ALL, 0, &problem));
        open_work(i, id, "run", "f", lease_ms);
        must(work_enter(workers[i].work, 0, &stranger, &problem));
        cr_assert_not(stranger.found);
    }
}

void scene_close(void)
{
    for (size_t i = 0; i < SCENE_WORKERS; i++) {
        work_close(workers[i].work);
        db_close(workers[i].db);
    }
}

void scene_change(size_t i, const char *id, const char *command, const char *fingerprint, int64_t lease_ms,
                  struct work_stranger *ret_stranger)
{
    work_close(workers[i].work);
    open_work(i, id, command, fingerprint, lease_ms);
    must(work_enter(workers[i].work, 0, ret_stranger, &problem));
}

struct unit scene_unit(civil_day first, civil_day end)
{
    return (struct unit){&scene_building, "PT1H", {first, end}, 2, sites, 2, groups, 0};
}

enum work_joined scene_join(size_t i, const char *key, int priority, civil_day first, civil_day end)
{
    struct scene_worker *worker = &workers[i];
    struct unit units[SCENE_LEASES];
    struct plan plan = {.units = units};
    enum work_joined joined;
    for (civil_day day = end - 1; day >= first; day--)
        units[plan.unit_count++] = scene_unit(day, day + 1);
    plan.counts.due = plan.unit_count * 4;
    worker->goal = (struct work_goal){
        .key = key, .priority = priority, .reprocess = PLAN_CONVERGE, .planned_at = 1000, .dataset_count = 1};
    must(work_join(worker->work, &worker->goal, true, &joined, &problem));
    if (joined == WORK_MUST_PLAN)
        must(work_publish(worker->work, &worker->goal, &plan, NULL, NULL, &problem));
    return joined;
}

static enum status keep(void *context, const struct work_lease *lease, struct err *err)
{
    struct scene_worker *worker = context;
    (void)err;
    cr_assert_eq(lease->building_id, 71);
    cr_assert_eq(lease->site_count, 2);
    cr_assert_eq(lease->sites[1], 2);
    cr_assert_str_eq(lease->groups[1], "b \"c\"");
    worker->leases[worker->count++] = *lease;
    return STATUS_OK;
}

static const char *days_of(const struct scene_worker *worker)
{
    static char text[256];
    size_t used = 0;
    text[0] = '\0';
    for (civil_day day = 1000; day >= 0; day--) {
        for (size_t at = 0; at < worker->count; at++) {
            if (worker->leases[at].days.first == day)
                used += (size_t)snprintf(text + used, sizeof text - used, "%s%d", used > 0 ? " " : "", (int)day);
        }
    }
    return text;
}

const char *scene_claim(size_t i, int count)
{
    struct scene_worker *worker = &workers[i];
    worker->count = 0;
    must(work_claim(worker->work, &worker->goal, 0, count, keep, worker, &problem));
    return days_of(worker);
}

const char *scene_claim_pair(size_t i)
{
    struct scene_worker *worker = &workers[i];
    worker->count = 0;
    must(work_claim_pair(worker->work, &worker->goal, 0, keep, worker, &problem));
    return days_of(worker);
}

int64_t scene_number(const char *sql)
{
    int64_t value;
    must(db_query_integer(workers[0].db, sql, &value, &problem));
    return value;
}

void scene_expire(void)
{
    must(db_exec(workers[0].db, "UPDATE work_units SET lease_until = clock_timestamp() - interval '1 second'",
                 &problem));
}
