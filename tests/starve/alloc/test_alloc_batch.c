/* Batches, parcels and the list of work without memory: all of the rows, or STATUS_NOMEM. */
#include "run/parcel.h"
#include "run/worklist.h"
#include "starve.h"

#include <criterion/criterion.h>
#include <string.h>

enum { ROWS = 3000, DAY = 20209 };

static const int64_t sites[] = {1};
static const char *const groups[] = {"everyone"};
static const struct coverage_building buildings[] = {{.id = 71}, {.id = 72}};

static struct unit unit_of(size_t building, civil_day days)
{
    return (struct unit){.building = &buildings[building],
                         .granularity = "PT1H",
                         .days = {DAY, DAY + days},
                         .site_count = 1,
                         .sites = sites,
                         .group_count = 1,
                         .groups = groups};
}

/* Rows in the wrong order, one of them twice, and rejects. */
static enum status fill(struct batch *batch, struct err *err)
{
    enum status status = STATUS_OK;
    for (int i = ROWS; status == STATUS_OK && i > 0; i--) {
        struct value *values = arena_calloc(&batch->arena, 1, sizeof *values);
        if (values == NULL)
            return err_nomem(err);
        values[0] = (struct value){.kind = VALUE_INTEGER, .integer = i > 1 ? i : 2};
        const struct row row = {.slice = 0, .start = {.seconds = i > 1 ? i : 2}, .values = values};
        status = batch_add(batch, &row, err);
        if (status == STATUS_OK && i % 100 == 0)
            status = batch_reject(batch, 0, "it is odd", "{\"odd\":true}", 12, err);
    }
    return status;
}

struct filling {
    struct batch batch;
    size_t conflict;
};

static enum status fill_batch(void *context, struct err *err)
{
    struct filling *filling = context;
    batch_init(&filling->batch, 1, 0);
    enum status status = fill(&filling->batch, err);
    if (status == STATUS_OK)
        batch_finish(&filling->batch, &filling->conflict);
    return status;
}

static void check_rows(const struct batch *batch)
{
    cr_assert_eq(batch->row_count, ROWS - 1);
    cr_assert_eq(batch->reject_count, ROWS / 100);
    for (size_t i = 0; i < batch->row_count; i++)
        cr_assert_eq(batch->rows[i].values[0].integer, (int64_t)i + 2);
}

static void check_batch(void *context)
{
    const struct filling *filling = context;
    cr_assert_eq(filling->conflict, SIZE_MAX);
    check_rows(&filling->batch);
}

static void release_batch(void *context)
{
    batch_release(&((struct filling *)context)->batch);
}

Test(alloc_batch, a_batch_holds_every_row_or_memory_is_out)
{
    struct filling filling = {0};
    struct starved starved = {"batch", &filling, fill_batch, check_batch, release_batch, STATUS_OK};
    starve_each(&starved);
}

struct sending {
    struct batch_pool pool;
    struct parcel *parcel;
};

/* A batch of the pool is filled and sent, as the engine does; then another, with the memory of the first. */
static enum status send(void *context, struct err *err)
{
    struct sending *sending = context;
    struct unit unit = unit_of(0, 40);
    for (int i = 0; i < 2; i++) {
        size_t conflict;
        parcel_drop(sending->parcel);
        sending->parcel = parcel_new(&unit, 31, &sending->pool);
        if (sending->parcel == NULL)
            return err_nomem(err);
        batch_init(&sending->parcel->batch, 1, 0);
        batch_pool_lend(&sending->pool, &sending->parcel->batch);
        enum status status = fill(&sending->parcel->batch, err);
        if (status != STATUS_OK)
            return status;
        batch_finish(&sending->parcel->batch, &conflict);
        parcel_seal(sending->parcel, 1);
    }
    return STATUS_OK;
}

static void check_parcel(void *context)
{
    const struct sending *sending = context;
    cr_assert_eq(sending->parcel->outcome.unit->days.end, DAY + 40);
    check_rows(sending->parcel->outcome.batch);
}

static void release_parcel(void *context)
{
    struct sending *sending = context;
    parcel_drop(sending->parcel);
    batch_pool_release(&sending->pool);
    sending->parcel = NULL;
}

Test(alloc_batch, a_parcel_holds_all_or_memory_is_out)
{
    struct sending sending = {.pool = {.lock = PTHREAD_MUTEX_INITIALIZER}};
    struct starved starved = {"parcel", &sending, send, check_parcel, release_parcel, STATUS_OK};
    starve_each(&starved);
}

struct working {
    struct plan plan;
    struct unit units[2];
    struct worklist list;
    uint64_t slices;
};

/* Units are cut, postponed and taken until none is left; those that come are counted. */
static enum status work(void *context, struct err *err)
{
    struct working *working = context;
    bool found = true;
    working->slices = 0;
    working->units[0] = unit_of(0, 64);
    working->units[1] = unit_of(1, 64);
    working->plan = (struct plan){.unit_count = 2, .units = working->units};
    worklist_init(&working->list, &working->plan);
    enum status status = STATUS_OK;
    while (status == STATUS_OK && found) {
        struct unit unit;
        struct unit first;
        struct unit second;
        status = worklist_next(&working->list, &found, &unit, err);
        if (status != STATUS_OK || !found)
            break;
        if (!unit_halve(&unit, &first, &second)) {
            working->slices++;
            continue;
        }
        status = worklist_failed(&working->list, unit.building, err);
        if (status == STATUS_OK)
            status = worklist_postpone(&working->list, &second, err);
        if (status == STATUS_OK)
            status = worklist_push(&working->list, &first, err);
    }
    return status;
}

static void check_work(void *context)
{
    cr_assert_eq(((struct working *)context)->slices, 128);
}

static void release_work(void *context)
{
    worklist_release(&((struct working *)context)->list);
}

Test(alloc_batch, no_unit_is_lost_or_memory_is_out)
{
    struct working working = {0};
    struct starved starved = {"worklist", &working, work, check_work, release_work, STATUS_OK};
    starve_each(&starved);
}
