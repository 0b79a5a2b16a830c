#include "history.h"
#include "metrics.h"

#include <criterion/criterion.h>
#include <string.h>

enum { HOUR = 3600, DAYS = 40 };

static struct world world;

static civil_day day(int year, int month, int of_month)
{
    return civil_day_from_date((struct civil_date){year, month, of_month});
}

static int64_t toronto_midnight(civil_day of)
{
    return zone_day_start(world.zones[0].zone, of);
}

static struct world_options defaults(void)
{
    return (struct world_options){
        .seed = 1,
        .buildings = 2,
        .sites = 2,
        .groups = 3,
        .granularities = "PT1H,P1D",
        .zones = "America/Toronto,Australia/Sydney",
        .from = day(2024, 10, 20),
        .has_to = true,
        .to = day(2024, 10, 20) + DAYS - 1,
        .now = 1768478400, /* 2026-01-15T12:00:00Z */
    };
}

static void show_at(struct world_options options, int64_t now)
{
    struct err err = {0};
    options.now = now;
    world_release(&world);
    cr_assert_eq(world_init(&world, &options, &err), STATUS_OK, "%s", err.message);
}

static void release(void)
{
    world_release(&world);
}

TestSuite(sim_history, .fini = release);

enum { SLICES = 2 * 2 * 3 * 2 * DAYS };

static struct slice slice_of(int number)
{
    return (struct slice){
        .building = number % 2,
        .site = number / 2 % 2,
        .group = number / 4 % 3,
        .granularity = number / 12 % 2,
        .day = day(2024, 10, 20) + number / 24,
    };
}

/* Hours from the end of the slice's day to its publication, by moving the world on hour by hour. */
static void read_lateness(const struct world_options *options, int days, int late[SLICES])
{
    for (int i = 0; i < SLICES; i++)
        late[i] = -1;
    show_at(*options, options->now);
    int64_t first = toronto_midnight(options->from);
    for (int64_t now = first - 24 * HOUR; now < first + (int64_t)days * 24 * HOUR; now += HOUR) {
        world.now = now;
        for (int i = 0; i < days * 24; i++) {
            struct slice slice = slice_of(i);
            bool exists = world_slice_exists(&world, &slice);
            cr_assert(exists || late[i] < 0, "slice %d was published and is gone", i);
            if (exists && late[i] < 0)
                late[i] = (int)((now - world_day_end(&world, &slice)) / HOUR);
        }
    }
}

Test(sim_history, late_slices_appear_within_the_hours_and_stay)
{
    static int late[SLICES];
    static int again[SLICES];
    struct world_options options = defaults();
    options.history.late_hours = 30;
    read_lateness(&options, 10, late);
    int seen[31] = {0};
    for (int i = 0; i < 8 * 24; i++) {
        cr_assert(late[i] >= 0 && late[i] <= 30, "slice %d after %d hours", i, late[i]);
        seen[late[i]]++;
    }
    for (int hours = 0; hours <= 30; hours++)
        cr_assert_leq(seen[hours], 24, "%d hours are the fate of %d slices", hours, seen[hours]);
    cr_assert(seen[0] > 0 && seen[30] > 0, "both ends of the range occur");
    read_lateness(&options, 10, again);
    cr_assert_eq(memcmp(late, again, sizeof late), 0);
    options.seed = 2;
    read_lateness(&options, 10, again);
    cr_assert_neq(memcmp(late, again, sizeof late), 0);
}

Test(sim_history, a_late_slice_waits_for_the_end_of_a_25_hour_day)
{
    struct world_options options = defaults();
    struct slice slice = {.day = day(2024, 11, 3)};
    options.to = day(2024, 11, 3);
    options.history.late_hours = 1;
    show_at(options, options.now);
    int64_t begin = toronto_midnight(day(2024, 11, 3));
    cr_assert_eq(world_day_end(&world, &slice) - begin, 25 * HOUR);
    show_at(options, begin + 25 * HOUR - 1);
    for (slice.group = 0; slice.group < 3; slice.group++)
        cr_assert_not(world_slice_exists(&world, &slice));
    show_at(options, begin + 26 * HOUR);
    for (slice.group = 0; slice.group < 3; slice.group++)
        cr_assert(world_slice_exists(&world, &slice));
}

Test(sim_history, without_lateness_today_has_rows_when_it_is_named)
{
    struct world_options options = defaults();
    struct slice slice = {.day = day(2024, 11, 3)};
    options.to = slice.day;
    show_at(options, options.now);
    int64_t noon = toronto_midnight(slice.day) + 12 * HOUR;
    show_at(options, noon);
    cr_assert_eq(world_day_age(&world, &slice), -1);
    cr_assert(world_slice_exists(&world, &slice));
    cr_assert_eq(world_slice_count(&world, &slice), 2 - 1, "a day is one row of P1D");
}

/* The values of every row of a slice, at the noon so many days after the end of its day. */
static size_t values_at(struct world_options options, const struct slice *slice, int age,
                        struct metrics values[WORLD_STARTS_MAX])
{
    int64_t starts[WORLD_STARTS_MAX];
    if (world.zone_count == 0)
        show_at(options, options.now); /* for the zone */
    show_at(options, toronto_midnight(slice->day + 1 + age) + 12 * HOUR);
    cr_assert_eq(world_day_age(&world, slice), age);
    size_t count = world_slice_starts(&world, slice, starts);
    for (size_t i = 0; i < count; i++)
        values[i] = metrics_of(&world, slice, starts[i]);
    return count;
}

static bool is_same(const struct metrics *a, const struct metrics *b)
{
    return a->is_null == b->is_null && a->has_pos == b->has_pos && a->mean == b->mean && a->max == b->max &&
           a->pos == b->pos && a->share == b->share && a->zone == b->zone && a->zone_mean == b->zone_mean;
}

Test(sim_history, restated_values_change_daily_and_then_stop)
{
    struct world_options options = defaults();
    options.history.restate_percent = 100;
    options.history.restate_days = 3;
    for (int of = 0; of < 8; of++) {
        struct slice slice = {.granularity = 1, .day = options.from + of};
        struct metrics values[6][WORLD_STARTS_MAX];
        size_t count = values_at(options, &slice, 0, values[0]);
        cr_assert_geq(count, 24);
        for (int age = 1; age < 6; age++) {
            cr_assert_eq(values_at(options, &slice, age, values[age]), count);
            for (size_t i = 0; i < count; i++) {
                struct metrics *now = &values[age][i];
                cr_assert_eq(is_same(now, &values[age - 1][i]), age > 3, "row %zu at age %d", i, age);
                cr_assert(!now->is_null && now->mean > 0 && now->mean <= now->max && now->pos >= now->mean);
                cr_assert(now->zone > 0 && now->zone_mean <= now->mean);
            }
        }
    }
}

Test(sim_history, the_first_values_are_those_of_a_world_without_restatements)
{
    struct world_options plain = defaults();
    struct world_options restating = defaults();
    restating.history.restate_percent = 100;
    restating.history.restate_days = 2;
    struct slice slice = {.granularity = 1, .day = plain.from + 3};
    struct metrics first[WORLD_STARTS_MAX];
    struct metrics usual[WORLD_STARTS_MAX];
    size_t count = values_at(restating, &slice, 0, first);
    cr_assert_eq(values_at(plain, &slice, 9, usual), count);
    for (size_t i = 0; i < count; i++)
        cr_assert(is_same(&first[i], &usual[i]));
    restating.history.restate_days = 0;
    values_at(restating, &slice, 9, first);
    for (size_t i = 0; i < count; i++)
        cr_assert(is_same(&first[i], &usual[i]), "no days, no restatement");
}

/* How many of the rows of all slices are of the kind, and how many there are, in a world long past. */
static int count_rows(bool (*is_kind)(const struct slice *, int64_t), int *ret_all)
{
    int count = 0;
    *ret_all = 0;
    for (int i = 0; i < SLICES; i++) {
        struct slice slice = slice_of(i);
        int64_t starts[WORLD_STARTS_MAX];
        size_t rows = world_slice_starts(&world, &slice, starts);
        cr_assert_eq(rows, world_slice_count(&world, &slice));
        *ret_all += (int)rows;
        for (size_t row = 0; row < rows; row++)
            count += is_kind(&slice, starts[row]);
    }
    return count;
}

static bool is_restated(const struct slice *slice, int64_t start)
{
    int revision = history_revision(&world, slice, start);
    cr_assert(revision == 0 || revision == 2, "%d", revision);
    return revision > 0;
}

static bool is_dropped(const struct slice *slice, int64_t start)
{
    return history_drops(&world, slice) && history_dropped(&world, slice, start);
}

Test(sim_history, the_shares_of_restated_and_dropped_rows_are_those_asked_for)
{
    struct world_options options = defaults();
    int all = 0;
    int left = 0;
    options.history.restate_percent = 20;
    options.history.restate_days = 2;
    show_at(options, options.now);
    int restated = count_rows(is_restated, &all);
    cr_assert(restated > all * 18 / 100 && restated < all * 22 / 100, "%d of %d", restated, all);
    options.history.drop_percent = 30;
    options.history.drop_days = 1;
    show_at(options, options.now);
    cr_assert_eq(count_rows(is_dropped, &left), 0, "dropped rows are not listed");
    cr_assert(left > all * 68 / 100 && left < all * 72 / 100, "%d of %d left", left, all);
    int still = count_rows(is_restated, &left);
    cr_assert(still > left * 17 / 100 && still < left * 23 / 100, "drops and restatements do not go together");
}

Test(sim_history, dropped_rows_vanish_on_their_day_for_ever)
{
    struct world_options options = defaults();
    options.history.drop_percent = 40;
    options.history.drop_days = 3;
    struct slice slice = {.granularity = 1, .day = day(2024, 11, 1)}; /* the 25 hours come between */
    struct metrics values[WORLD_STARTS_MAX];
    for (int age = 0; age < 3; age++)
        cr_assert_eq(values_at(options, &slice, age, values), 24);
    size_t left = values_at(options, &slice, 3, values);
    cr_assert(left > 4 && left < 24, "%zu", left);
    for (int age = 4; age < 30; age += 5)
        cr_assert_eq(values_at(options, &slice, age, values), left);
    show_at(options, toronto_midnight(slice.day + 4) - 1);
    cr_assert_eq(world_slice_count(&world, &slice), 24);
    show_at(options, toronto_midnight(slice.day + 4));
    cr_assert_eq(world_slice_count(&world, &slice), left);
    options.history.drop_percent = 100;
    cr_assert_eq(values_at(options, &slice, 3, values), 0);
    cr_assert_eq(world_slice_count(&world, &slice), 0);
}
