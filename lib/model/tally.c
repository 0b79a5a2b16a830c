#include "model/tally.h"

static struct day_range clip(struct day_range range, struct day_range to)
{
    if (range.first < to.first)
        range.first = to.first;
    if (range.end > to.end)
        range.end = to.end;
    if (range.end < range.first)
        range.end = range.first;
    return range;
}

/* Where a count of a day is kept, so that one function can add to any. */
enum cell { CELL_SETTLED, CELL_OPEN, CELL_FAILED };

static int32_t *cell_of(struct tally_day *day, enum cell cell)
{
    return cell == CELL_SETTLED ? &day->settled : cell == CELL_OPEN ? &day->open : &day->failed;
}

/* Adds to every day of a range: a difference is written at both ends and summed at the end (sum_up). */
static void add(struct tally_building *tally, struct day_range range, enum cell cell, int32_t by)
{
    civil_day first = tally->building->days.first;
    if (range.first >= range.end)
        return;
    *cell_of(&tally->days[range.first - first], cell) += by;
    *cell_of(&tally->days[range.end - first], cell) -= by; /* there is one cell more than days */
}

static bool is_empty_day(const struct ledger_span *span, civil_day day)
{
    if (span->empty_days == NULL)
        return false;
    unsigned at = (unsigned)(day - span->days.first);
    return ((unsigned)span->empty_days[at / 8] >> (at % 8) & 1U) != 0;
}

static uint64_t count_empty(const struct ledger_span *span, struct day_range range)
{
    uint64_t count = 0;
    if (span->empty_days == NULL)
        return 0;
    for (civil_day day = range.first; day < range.end; day++)
        count += is_empty_day(span, day);
    return count;
}

/* A failure hides the span under it. */
static void add_failures(struct tally_building *tally, const struct ledger_series *series,
                         const struct ledger_span *span, struct day_range held, enum cell cell, uint64_t *empty)
{
    for (size_t i = 0; i < series->failure_count; i++) {
        struct day_range hidden = clip(series->failures[i].days, held);
        add(tally, hidden, cell, -1);
        *empty -= count_empty(span, hidden);
    }
}

static void add_series(struct tally *all, struct tally_building *tally, const struct series_key *key,
                       const struct ledger_series *series)
{
    uint64_t empty = 0;
    uint64_t held_days = 0;
    uint64_t empty_held = 0;
    for (size_t i = 0; i < series->span_count; i++) {
        const struct ledger_span *span = &series->spans[i];
        struct day_range held = clip(span->days, tally->building->days);
        enum cell cell = span->settled && !span->outdated ? CELL_SETTLED : CELL_OPEN;
        add(tally, held, cell, 1);
        uint64_t empty_here = count_empty(span, held);
        held_days += (uint64_t)(held.end - held.first);
        empty_held += empty_here;
        empty += empty_here;
        add_failures(tally, series, span, held, cell, &empty);
    }
    for (size_t i = 0; i < series->failure_count; i++)
        add(tally, clip(series->failures[i].days, tally->building->days), CELL_FAILED, 1);
    if (!granularity_is_sparse(key->granularity))
        tally->counts.empty += empty;
    if (held_days == 0 || held_days != empty_held)
        return;
    if (all->series_never_seen < TALLY_NAMED_MAX)
        all->never_seen[all->series_never_seen] = *key;
    all->series_never_seen++;
}

/* Turns the differences into counts; what is in no other state is missing. */
static void sum_up(struct tally_building *tally, int32_t series_count)
{
    struct tally_day sum = {0};
    size_t count = (size_t)(tally->building->days.end - tally->building->days.first);
    for (size_t i = 0; i < count; i++) {
        struct tally_day *day = &tally->days[i];
        sum.settled += day->settled;
        sum.open += day->open;
        sum.failed += day->failed;
        *day = sum;
        day->missing = series_count - sum.settled - sum.open - sum.failed;
        tally->counts.settled += (uint64_t)day->settled;
        tally->counts.open += (uint64_t)day->open;
        tally->counts.failed += (uint64_t)day->failed;
        tally->counts.missing += (uint64_t)day->missing;
    }
    tally->counts.due = (uint64_t)series_count * count;
}

static void note_newest(struct tally *all, const struct tally_building *tally)
{
    const struct coverage_building *building = tally->building;
    for (civil_day day = building->days.end - 1; day >= building->days.first; day--) {
        const struct tally_day *cell = &tally->days[day - building->days.first];
        if (cell->settled == 0 && cell->open == 0)
            continue;
        int64_t end = zone_day_start(building->zone, day + 1);
        if (!all->has_newest || end > all->newest_end) {
            all->newest_end = end;
            all->newest = day;
        }
        all->has_newest = true;
        return;
    }
}

static enum status tally_one(const struct coverage *coverage, plan_read_series *read_series, void *context,
                             struct tally *all, struct tally_building *tally, struct err *err)
{
    const struct coverage_building *building = tally->building;
    for (size_t i = 0; i < coverage->granularity_count; i++) {
        for (size_t s = 0; s < building->site_count; s++) {
            for (size_t g = 0; g < building->group_count; g++) {
                struct ledger_series series = {0};
                enum status status = read_series(context, building, coverage->granularities[i], s, g, &series, err);
                if (status != STATUS_OK)
                    return status;
                struct series_key key = {building->id, building->sites[s], building->groups[g],
                                         coverage->granularities[i]};
                add_series(all, tally, &key, &series);
            }
        }
    }
    sum_up(tally, (int32_t)(coverage->granularity_count * building->site_count * building->group_count));
    note_newest(all, tally);
    return STATUS_OK;
}

static void add_counts(struct tally_counts *total, const struct tally_counts *more)
{
    total->due += more->due;
    total->settled += more->settled;
    total->open += more->open;
    total->missing += more->missing;
    total->failed += more->failed;
    total->empty += more->empty;
}

enum status tally_make(const struct coverage *coverage, plan_read_series *read_series, void *context,
                       struct tally *ret_tally, struct err *err)
{
    struct tally all = {.building_count = coverage->building_count};
    all.buildings = arena_calloc(&all.arena, coverage->building_count + 1, sizeof *all.buildings);
    enum status status = all.buildings != NULL ? STATUS_OK : err_nomem(err);
    for (size_t i = 0; status == STATUS_OK && i < coverage->building_count; i++) {
        struct tally_building *tally = &all.buildings[i];
        tally->building = &coverage->buildings[i];
        size_t days = (size_t)(tally->building->days.end - tally->building->days.first);
        tally->days = arena_calloc(&all.arena, days + 1, sizeof *tally->days);
        status = tally->days != NULL ? tally_one(coverage, read_series, context, &all, tally, err) : err_nomem(err);
        if (status == STATUS_OK)
            add_counts(&all.counts, &tally->counts);
    }
    if (status == STATUS_OK)
        *ret_tally = all;
    else
        tally_release(&all);
    return status;
}

void tally_release(struct tally *tally)
{
    arena_release(&tally->arena);
    *tally = (struct tally){0};
}

enum slice_state tally_day_state(const struct tally_day *day)
{
    if (day->failed > 0)
        return SLICE_FAILED;
    if (day->missing > 0)
        return SLICE_MISSING;
    return day->open > 0 ? SLICE_OPEN : SLICE_SETTLED;
}
