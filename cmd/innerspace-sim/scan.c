#include "scan.h"

#include "zones.h"

#include <stdlib.h>

struct scan {
    const struct scan_candidates *candidates;
    const struct scan_route *route;
    uint64_t chance;
    bool shuffled;     /* the starts of a slice too come in no order */
    scan_visit *visit; /* NULL: only count */
    void *context;
    struct row row;
    uint64_t steps;
    uint64_t count;
    bool stopped;
};

/* The bits of enum row_part stand in the order of enum scan_part. */
static unsigned bit_of(enum scan_part part)
{
    return 1U << part;
}

static void set_part(struct row *row, enum scan_part part, int value)
{
    row->known |= bit_of(part);
    switch (part) {
    case PART_BUILDING: row->slice.building = value; break;
    case PART_SITE: row->slice.site = value; break;
    case PART_GROUP: row->slice.group = value; break;
    case PART_GRANULARITY: row->slice.granularity = value; break;
    case PART_DAY:
    case PART_COUNT: row->slice.day = value; break;
    }
}

static bool may_be_true(const struct where *where, struct row *row)
{
    return where_evaluate(where, row) & TRUTH_TRUE;
}

/* The number of sites of a building that the filter leaves. */
static size_t count_sites(const struct where *where, struct row *row)
{
    size_t count = 0;
    for (int site = 0; site < row->world->site_count; site++) {
        set_part(row, PART_SITE, site);
        count += may_be_true(where, row);
    }
    row->known &= ~bit_of(PART_SITE);
    return count;
}

/* Keeps of [first, first + count) what the filter leaves with only this part known. */
static bool narrow_part(struct arena *arena, struct scan_candidates *candidates, enum scan_part part, int first,
                        int count)
{
    const struct where *where = candidates->where;
    int *values = arena_calloc(arena, (size_t)count + 1, sizeof *values);
    if (values == NULL)
        return false;
    size_t kept = 0;
    size_t sites = 0;
    for (int value = first; value < first + count; value++) {
        struct row row = {.world = candidates->world, .table = candidates->table};
        set_part(&row, part, value);
        if (!may_be_true(where, &row))
            continue;
        size_t own_sites = part == PART_BUILDING ? count_sites(where, &row) : 1;
        sites += own_sites;
        if (own_sites > 0)
            values[kept++] = value;
    }
    candidates->values[part] = values;
    candidates->counts[part] = kept;
    if (part == PART_BUILDING)
        candidates->counts[PART_SITE] = sites;
    return true;
}

enum status scan_narrow(struct arena *arena, const struct world *world, enum table_id table, const struct where *where,
                        struct scan_candidates *ret_candidates, struct refusal *refusal)
{
    struct scan_candidates candidates = {.world = world, .table = table, .where = where};
    int days = world->last_day >= world->first_day ? world->last_day - world->first_day + 1 : 0;
    if (!narrow_part(arena, &candidates, PART_BUILDING, 0, world->building_count) ||
        !narrow_part(arena, &candidates, PART_GROUP, 0, world->group_count) ||
        !narrow_part(arena, &candidates, PART_GRANULARITY, 0, world->granularity_count) ||
        !narrow_part(arena, &candidates, PART_DAY, world->first_day, days))
        return refusal_exhausted(refusal);
    *ret_candidates = candidates;
    return STATUS_OK;
}

struct scan_route scan_key_route(void)
{
    return (struct scan_route){.parts = {PART_BUILDING, PART_SITE, PART_GROUP, PART_GRANULARITY, PART_DAY},
                               .has_zone = true};
}

struct start {
    int64_t instant;
    int64_t written;
    uint64_t shuffle;
};

static int compare_shuffles(const void *a, const void *b)
{
    const struct start *left = a;
    const struct start *right = b;
    return (left->shuffle > right->shuffle) - (left->shuffle < right->shuffle);
}

static int compare_starts(const void *a, const void *b)
{
    const struct start *left = a;
    const struct start *right = b;
    if (left->written != right->written)
        return left->written < right->written ? -1 : 1;
    return compare_shuffles(a, b);
}

/* Differs from slice to slice, so that rows of two slices that start together have no fixed order. */
static uint64_t slice_chance(const struct scan *scan)
{
    const struct slice *slice = &scan->row.slice;
    uint64_t place = world_mix((uint64_t)slice->building, (uint64_t)slice->site);
    uint64_t series = world_mix((uint64_t)slice->group, (uint64_t)slice->granularity);
    return world_mix(scan->chance, world_mix(place, world_mix(series, (uint64_t)slice->day)));
}

/* The starts of a slice as the column writes and sorts them; where clocks go back, two may be written alike. */
static size_t list_starts(const struct scan *scan, struct start starts[WORLD_STARTS_MAX])
{
    const struct world *world = scan->row.world;
    const struct slice *slice = &scan->row.slice;
    int64_t instants[WORLD_STARTS_MAX];
    size_t count = world_slice_starts(world, slice, instants);
    bool sorted = true;
    uint64_t chance = slice_chance(scan);
    for (size_t i = 0; i < count; i++) {
        int32_t offset = zone_offset_at(world_zone_of(world, slice->building), instants[i]);
        starts[i] = (struct start){
            .instant = instants[i],
            .written = spelling_written(world->spelling, instants[i], offset),
            .shuffle = world_mix(chance, (uint64_t)instants[i]),
        };
        sorted = sorted && (i == 0 || starts[i - 1].written < starts[i].written);
    }
    if (scan->shuffled)
        qsort(starts, count, sizeof *starts, compare_shuffles);
    else if (!sorted)
        qsort(starts, count, sizeof *starts, compare_starts);
    return count;
}

/* Puts the zones of a slice into an order of no meaning. */
static void shuffle_zones(int *zones, size_t count, uint64_t chance)
{
    for (size_t i = count; i > 1; i--) {
        size_t other = world_chance(&chance) % i;
        int held = zones[i - 1];
        zones[i - 1] = zones[other];
        zones[other] = held;
    }
}

static void visit_row(struct scan *scan, bool wanted_whole)
{
    struct row *row = &scan->row;
    row->has_metrics = false;
    scan->steps++;
    if (!wanted_whole && where_evaluate(scan->candidates->where, row) != TRUTH_TRUE)
        return;
    scan->count++;
    if (scan->visit != NULL && !scan->visit(scan->context, row))
        scan->stopped = true;
}

static void visit_start(struct scan *scan, const struct start *start, bool wanted_whole)
{
    struct row *row = &scan->row;
    row->known |= ROW_START;
    row->start = start->instant;
    row->written = start->written;
    row->shuffle = start->shuffle;
    if (!zones_divide(row->table)) {
        visit_row(scan, wanted_whole);
        return;
    }
    int zones[ZONES_MAX];
    size_t count = zones_list(row->world, row->table, &row->slice, zones);
    bool in_order = scan->route->has_zone && !scan->shuffled;
    if (!in_order)
        shuffle_zones(zones, count, start->shuffle);
    row->known |= ROW_ZONE;
    for (size_t i = 0; i < count && !scan->stopped; i++) {
        row->zone = zones[scan->route->zone_descending ? count - 1 - i : i];
        row->shuffle = world_mix(start->shuffle, (uint64_t)row->zone);
        visit_row(scan, wanted_whole);
    }
    row->known &= ~(unsigned)ROW_ZONE;
}

static void visit_slice(struct scan *scan, bool wanted_whole)
{
    struct row *row = &scan->row;
    if (!world_slice_exists(row->world, &row->slice))
        return;
    if (wanted_whole && scan->visit == NULL) {
        int zones[ZONES_MAX];
        scan->count +=
            world_slice_count(row->world, &row->slice) * zones_list(row->world, row->table, &row->slice, zones);
        return;
    }
    struct start starts[WORLD_STARTS_MAX];
    size_t count = list_starts(scan, starts);
    for (size_t i = 0; i < count && !scan->stopped; i++)
        visit_start(scan, &starts[scan->route->start_descending ? count - 1 - i : i], wanted_whole);
    row->known &= ~(unsigned)ROW_START;
}

/* One level of the nested loops; wanted_whole: the filter is already true whatever follows. */
static void descend(struct scan *scan, size_t level, bool wanted_whole)
{
    if (level == PART_COUNT) {
        visit_slice(scan, wanted_whole);
        return;
    }
    enum scan_part part = scan->route->parts[level];
    const int *values = scan->candidates->values[part];
    size_t count = part == PART_SITE ? (size_t)scan->row.world->site_count : scan->candidates->counts[part];
    for (size_t i = 0; i < count && !scan->stopped; i++) {
        size_t at = scan->route->descending[level] ? count - 1 - i : i;
        set_part(&scan->row, part, values != NULL ? values[at] : (int)at);
        unsigned truths = wanted_whole ? (unsigned)TRUTH_TRUE : where_evaluate(scan->candidates->where, &scan->row);
        if (truths & TRUTH_TRUE)
            descend(scan, level + 1, truths == TRUTH_TRUE);
        if (++scan->steps > SCAN_STEPS_MAX)
            scan->stopped = true;
    }
    scan->row.known &= ~bit_of(part);
}

static enum status finish(const struct scan *scan, struct refusal *refusal)
{
    if (scan->steps > SCAN_STEPS_MAX)
        return refusal_set(refusal, "data-connector-error", NULL, "the query reads more rows than one statement may");
    return STATUS_OK;
}

enum status scan_rows(const struct scan_candidates *candidates, const struct scan_route *route, uint64_t chance,
                      scan_visit *visit, void *context, struct refusal *refusal)
{
    struct scan scan = {.candidates = candidates, .route = route, .chance = chance, .visit = visit, .context = context};
    scan.row = (struct row){.world = candidates->world, .table = candidates->table};
    descend(&scan, 0, candidates->where == NULL);
    return finish(&scan, refusal);
}

enum status scan_count(const struct scan_candidates *candidates, uint64_t *ret_count, struct refusal *refusal)
{
    struct scan_route route = scan_key_route();
    struct scan scan = {.candidates = candidates, .route = &route};
    scan.row = (struct row){.world = candidates->world, .table = candidates->table};
    descend(&scan, 0, candidates->where == NULL);
    enum status status = finish(&scan, refusal);
    if (status == STATUS_OK)
        *ret_count = scan.count;
    return status;
}

/* Puts the slice of that number, counted over the candidates, into the row. */
static void set_slice(struct scan *scan, uint64_t number)
{
    const struct scan_candidates *candidates = scan->candidates;
    for (int part = 0; part < PART_COUNT; part++) {
        uint64_t count =
            part == PART_SITE ? (uint64_t)candidates->world->site_count : (uint64_t)candidates->counts[part];
        uint64_t at = number % count;
        number /= count;
        set_part(&scan->row, (enum scan_part)part, part == PART_SITE ? (int)at : candidates->values[part][at]);
    }
}

static uint64_t greatest_common_divisor(uint64_t a, uint64_t b)
{
    while (b != 0) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

enum status scan_rows_shuffled(const struct scan_candidates *candidates, uint64_t chance, scan_visit *visit,
                               void *context, struct refusal *refusal)
{
    struct scan_route route = scan_key_route();
    struct scan scan = {.candidates = candidates,
                        .route = &route,
                        .chance = chance,
                        .shuffled = true,
                        .visit = visit,
                        .context = context};
    scan.row = (struct row){.world = candidates->world, .table = candidates->table};
    uint64_t total = (uint64_t)candidates->world->site_count;
    for (int part = 0; part < PART_COUNT; part++)
        total *= part == PART_SITE ? 1 : (uint64_t)candidates->counts[part];
    /* A step that shares no divisor with the total meets every slice once. */
    uint64_t step = total > 0 ? world_chance(&chance) % total | 1U : 1;
    while (total > 0 && greatest_common_divisor(step, total) != 1)
        step++;
    uint64_t at = total > 0 ? world_chance(&chance) % total : 0;
    for (uint64_t i = 0; i < total && !scan.stopped; i++, at = (at + step) % total) {
        set_slice(&scan, at);
        unsigned truths = where_evaluate(candidates->where, &scan.row);
        if (truths & TRUTH_TRUE)
            visit_slice(&scan, truths == TRUTH_TRUE);
        if (++scan.steps > SCAN_STEPS_MAX)
            scan.stopped = true;
    }
    return finish(&scan, refusal);
}
