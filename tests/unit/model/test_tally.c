#include "model/tally.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { BASE_DAY = 20209, CASES = 300, BUILDINGS = 3, SIDE = 2, GRANULARITIES = 3, DAYS = 40, ENTRIES = 6 };

static const char *const granularities[GRANULARITIES] = {"PT1H", "P1W", "P1D"};
static const char *const groups[SIDE] = {"everyone", "owls"};
static const int64_t sites[SIDE] = {1, 2};
static const char *const zone_names[] = {"UTC", "America/Toronto", "Pacific/Kiritimati"};

enum { SERIES = BUILDINGS * GRANULARITIES * SIDE * SIDE };

struct series_ledger {
    struct ledger_span spans[ENTRIES];
    unsigned char maps[ENTRIES][4];
    struct ledger_failure failures[ENTRIES];
    struct ledger_series view;
};

struct trial {
    uint64_t seed;
    uint64_t random;
    struct coverage coverage;
    struct coverage_building buildings[BUILDINGS];
    struct series_ledger ledgers[SERIES];
    size_t fail_at; /* which read fails; SIZE_MAX: none */
    size_t reads;
};

static struct zone *zones[3];

static void load_zones(void)
{
    for (size_t i = 0; i < 3; i++)
        cr_assert_eq(zone_load(zone_names[i], &zones[i], NULL), STATUS_OK);
}

static void free_zones(void)
{
    for (size_t i = 0; i < 3; i++)
        zone_free(zones[i]);
}

TestSuite(tally, .init = load_zones, .fini = free_zones);

static uint32_t below(struct trial *t, uint32_t bound)
{
    t->random ^= t->random >> 12;
    t->random ^= t->random << 25;
    t->random ^= t->random >> 27;
    return (uint32_t)((t->random * UINT64_C(2685821657736338717)) >> 33) % bound;
}

static size_t number_of(size_t building, size_t granularity, size_t site, size_t group)
{
    return ((building * GRANULARITIES + granularity) * SIDE + site) * SIDE + group;
}

/* Sorted stretches around the covered days, without overlap, some touching. */
static size_t roll_ranges(struct trial *t, struct day_range *ranges, uint32_t most)
{
    civil_day day = BASE_DAY - 6;
    size_t count = below(t, most + 1);
    for (size_t i = 0; i < count; i++) {
        day += (civil_day)below(t, 6);
        ranges[i].first = day;
        day += 1 + (civil_day)below(t, 14);
        ranges[i].end = day;
    }
    return count;
}

static void roll_ledger(struct trial *t, struct series_ledger *ledger)
{
    struct day_range ranges[ENTRIES];
    size_t span_count = roll_ranges(t, ranges, ENTRIES);
    bool never_a_row = below(t, 3) == 0;
    for (size_t i = 0; i < span_count; i++) {
        uint32_t kind = never_a_row ? 1 : below(t, 3);
        civil_day length = ranges[i].end - ranges[i].first;
        memset(ledger->maps[i], 0, sizeof ledger->maps[i]);
        for (civil_day at = 0; at < length; at++)
            ledger->maps[i][at / 8] |= (unsigned char)((kind == 1 || below(t, 3) == 0) << (at % 8));
        ledger->spans[i] = (struct ledger_span){.days = ranges[i],
                                                .settled = below(t, 3) != 0,
                                                .outdated = below(t, 4) == 0,
                                                .empty_days = kind != 0 ? ledger->maps[i] : NULL};
    }
    size_t failure_count = roll_ranges(t, ranges, below(t, 2) == 0 ? 0 : ENTRIES);
    for (size_t i = 0; i < failure_count; i++)
        ledger->failures[i] = (struct ledger_failure){ranges[i]};
    ledger->view = (struct ledger_series){span_count, ledger->spans, failure_count, ledger->failures};
}

static void roll(struct trial *t, uint64_t seed)
{
    memset(t, 0, sizeof *t);
    t->seed = seed;
    t->random = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
    t->fail_at = SIZE_MAX;
    t->coverage = (struct coverage){.granularity_count = 1 + below(t, GRANULARITIES),
                                    .granularities = granularities,
                                    .building_count = below(t, BUILDINGS + 1),
                                    .buildings = t->buildings};
    for (size_t b = 0; b < BUILDINGS; b++) {
        civil_day first = BASE_DAY + (civil_day)below(t, 10);
        t->buildings[b] = (struct coverage_building){.id = 71 + (int64_t)b,
                                                     .zone = zones[below(t, 3)],
                                                     .days = {first, first + (civil_day)below(t, DAYS - 9)},
                                                     .site_count = 1 + below(t, SIDE),
                                                     .sites = sites,
                                                     .group_count = 1 + below(t, SIDE),
                                                     .groups = groups};
    }
    for (size_t i = 0; i < SERIES; i++)
        roll_ledger(t, &t->ledgers[i]);
}

static enum status read_series(void *context, const struct coverage_building *building, const char *granularity,
                               size_t site, size_t group, struct ledger_series *ret_series, struct err *err)
{
    struct trial *t = context;
    size_t at = 0;
    if (t->reads++ == t->fail_at)
        return err_set(err, STATUS_IO, "the ledger cannot be read");
    cr_assert_eq(ret_series->span_count + ret_series->failure_count, 0, "it is zeroed before");
    while (strcmp(granularities[at], granularity) != 0)
        at++;
    *ret_series = t->ledgers[number_of((size_t)(building - t->buildings), at, site, group)].view;
    return STATUS_OK;
}

/* One slice, looked at alone. */
struct seen {
    enum slice_state state;
    bool held;
    bool empty;
};

static struct seen look(const struct ledger_series *ledger, civil_day day)
{
    struct seen seen = {.state = SLICE_MISSING};
    for (size_t i = 0; i < ledger->span_count; i++) {
        const struct ledger_span *span = &ledger->spans[i];
        civil_day at = day - span->days.first;
        if (at < 0 || day >= span->days.end)
            continue;
        seen.state = span->settled && !span->outdated ? SLICE_SETTLED : SLICE_OPEN;
        seen.held = true;
        seen.empty = span->empty_days != NULL && (span->empty_days[at / 8] >> (at % 8) & 1) != 0;
    }
    for (size_t i = 0; i < ledger->failure_count; i++) {
        if (day >= ledger->failures[i].days.first && day < ledger->failures[i].days.end)
            seen.state = SLICE_FAILED;
    }
    return seen;
}

static void count(struct tally_counts *counts, struct seen seen, const char *granularity)
{
    counts->due++;
    counts->settled += seen.state == SLICE_SETTLED;
    counts->open += seen.state == SLICE_OPEN;
    counts->missing += seen.state == SLICE_MISSING;
    counts->failed += seen.state == SLICE_FAILED;
    counts->empty += seen.state != SLICE_FAILED && seen.empty && strcmp(granularity, "P1W") != 0;
}

/* What a tally must say, gathered slice by slice. */
struct naive {
    struct tally_counts all;
    struct tally_counts buildings[BUILDINGS];
    struct tally_counts days[BUILDINGS][DAYS];
    uint64_t never_seen;
    struct series_key named[SERIES];
    int64_t newest_end;
    civil_day newest_by_end[2]; /* least and greatest day that ends then */
    bool has_newest;
};

static void note_newest(struct naive *naive, const struct coverage_building *building, civil_day day)
{
    int64_t end = zone_day_start(building->zone, day + 1);
    if (naive->has_newest && end < naive->newest_end)
        return;
    if (!naive->has_newest || end > naive->newest_end)
        naive->newest_by_end[0] = naive->newest_by_end[1] = day;
    naive->newest_by_end[0] = day < naive->newest_by_end[0] ? day : naive->newest_by_end[0];
    naive->newest_by_end[1] = day > naive->newest_by_end[1] ? day : naive->newest_by_end[1];
    naive->newest_end = end;
    naive->has_newest = true;
}

static void count_series(const struct trial *t, struct naive *naive, size_t b, size_t gr, size_t s, size_t g)
{
    const struct coverage_building *building = &t->buildings[b];
    const struct ledger_series *ledger = &t->ledgers[number_of(b, gr, s, g)].view;
    int held = 0;
    int with_row = 0;
    for (civil_day day = building->days.first; day < building->days.end; day++) {
        struct seen seen = look(ledger, day);
        count(&naive->all, seen, granularities[gr]);
        count(&naive->buildings[b], seen, granularities[gr]);
        count(&naive->days[b][day - building->days.first], seen, granularities[gr]);
        held += seen.held;
        with_row += seen.held && !seen.empty;
        if (seen.state == SLICE_SETTLED || seen.state == SLICE_OPEN)
            note_newest(naive, building, day);
    }
    if (held > 0 && with_row == 0)
        naive->named[naive->never_seen++] = (struct series_key){building->id, sites[s], groups[g], granularities[gr]};
}

static struct naive count_all(const struct trial *t)
{
    struct naive naive = {.has_newest = false};
    for (size_t b = 0; b < t->coverage.building_count; b++) {
        for (size_t gr = 0; gr < t->coverage.granularity_count; gr++) {
            for (size_t s = 0; s < t->buildings[b].site_count; s++) {
                for (size_t g = 0; g < t->buildings[b].group_count; g++)
                    count_series(t, &naive, b, gr, s, g);
            }
        }
    }
    return naive;
}

static void check_building(const struct trial *t, const struct tally_building *tally, const struct naive *naive,
                           size_t b)
{
    cr_assert_eq(tally->building, &t->buildings[b]);
    cr_assert_eq(memcmp(&tally->counts, &naive->buildings[b], sizeof tally->counts), 0, "seed %llu, building %zu",
                 (unsigned long long)t->seed, b);
    for (civil_day at = 0; at < t->buildings[b].days.end - t->buildings[b].days.first; at++) {
        const struct tally_day *got = &tally->days[at];
        const struct tally_counts *want = &naive->days[b][at];
        bool same = (uint64_t)got->settled == want->settled && (uint64_t)got->open == want->open &&
                    (uint64_t)got->failed == want->failed && (uint64_t)got->missing == want->missing;
        cr_assert(same, "seed %llu, building %zu, day %d", (unsigned long long)t->seed, b, at);
    }
}

static void check(const struct trial *t, const struct tally *tally)
{
    struct naive naive = count_all(t);
    cr_assert_eq(tally->building_count, t->coverage.building_count);
    cr_assert_eq(memcmp(&tally->counts, &naive.all, sizeof naive.all), 0, "seed %llu", (unsigned long long)t->seed);
    for (size_t b = 0; b < tally->building_count; b++)
        check_building(t, &tally->buildings[b], &naive, b);
    cr_assert_eq(tally->series_never_seen, naive.never_seen, "seed %llu", (unsigned long long)t->seed);
    for (size_t i = 0; i < naive.never_seen && i < TALLY_NAMED_MAX; i++) {
        const struct series_key *got = &tally->never_seen[i];
        const struct series_key *want = &naive.named[i];
        cr_assert(got->building_id == want->building_id && got->site_id == want->site_id &&
                      got->group_id == want->group_id && got->granularity == want->granularity,
                  "seed %llu, never seen %zu", (unsigned long long)t->seed, i);
    }
    cr_assert_eq(tally->has_newest, naive.has_newest);
    if (naive.has_newest)
        cr_assert(tally->newest_end == naive.newest_end &&
                      (tally->newest == naive.newest_by_end[0] || tally->newest == naive.newest_by_end[1]),
                  "seed %llu: newest", (unsigned long long)t->seed);
}

Test(tally, random_ledgers_agree_with_a_model_of_one_cell_a_slice)
{
    struct trial *t = malloc(sizeof *t);
    cr_assert_not_null(t);
    for (uint64_t seed = 1; seed <= CASES; seed++) {
        struct tally tally = {0};
        roll(t, seed);
        cr_assert_eq(tally_make(&t->coverage, read_series, t, &tally, NULL), STATUS_OK);
        check(t, &tally);
        tally_release(&tally);
    }
    free(t);
}

Test(tally, failure_to_read_is_passed_on_and_leaves_the_output_alone)
{
    struct trial *t = malloc(sizeof *t);
    struct tally tally = {.series_never_seen = 77};
    struct err err = {0};
    cr_assert_not_null(t);
    for (uint64_t seed = 1; seed < 20; seed++) {
        roll(t, seed);
        t->fail_at = below(t, 3);
        enum status status = tally_make(&t->coverage, read_series, t, &tally, &err);
        if (t->reads <= t->fail_at) {
            tally_release(&tally);
            tally.series_never_seen = 77;
            continue;
        }
        cr_assert_eq(status, STATUS_IO);
        cr_assert_str_eq(err.message, "the ledger cannot be read");
        cr_assert_eq(tally.series_never_seen, 77);
    }
    free(t);
}

Test(tally, no_buildings_are_no_slices)
{
    const struct coverage coverage = {.granularity_count = 1, .granularities = granularities};
    struct tally tally = {0};
    cr_assert_eq(tally_make(&coverage, read_series, NULL, &tally, NULL), STATUS_OK);
    cr_assert(tally.counts.due == 0 && !tally.has_newest);
    tally_release(&tally);
    tally_release(&tally);
}

Test(tally, day_shows_the_worst_of_its_slices)
{
    cr_assert_eq(tally_day_state(&(struct tally_day){.settled = 9, .open = 9, .failed = 1, .missing = 9}),
                 SLICE_FAILED);
    cr_assert_eq(tally_day_state(&(struct tally_day){.settled = 9, .open = 9, .missing = 1}), SLICE_MISSING);
    cr_assert_eq(tally_day_state(&(struct tally_day){.settled = 9, .open = 1}), SLICE_OPEN);
    cr_assert_eq(tally_day_state(&(struct tally_day){.settled = 9}), SLICE_SETTLED);
}
