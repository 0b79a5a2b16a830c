/*
 * Every due stretch of a series has two edges: the day on which it begins and
 * the day on which it is over. With the edges sorted by day, a sweep keeps one
 * bit per series that is due, in one row of bits per site. Between two edges
 * nothing changes, so days are never looked at one by one.
 *
 * At each day with an edge the sites are sorted into classes: sites whose rows of
 * bits are equal. A class is a rectangle that is still open towards later days.
 * A class that consists of the same sites and the same groups as one of the
 * stretch before stays open; every other one of the stretch before is closed
 * there and becomes a found rectangle.
 *
 * Work: edges x log(edges), plus sites x bits per site for each day with an edge.
 * Memory: EDGES_MAX bounds the edges that wait. A ledger with more holes than that
 * is swept in several parts, each of some series; this loses no slice and
 * counts none twice, the parts are merely not put together.
 */
#include "model/rectangles.h"

#include <stdlib.h>
#include <string.h>

enum { EDGES_MAX = 1 << 20, WORD_BITS = 64 };

#define NO_CLASS UINT32_MAX

struct edge {
    civil_day day;
    uint32_t series; /* site * group_count + group */
};

/* Sites with the same due groups. */
struct class
{
    uint32_t first_site;
    uint32_t last_site;
    uint32_t site_count;
    uint32_t before; /* the class of the stretch before that this one may continue, or NO_CLASS */
    civil_day first_day;
    bool stays_open; /* a class of the next stretch continues it */
};

/* The sites of one stretch by class. Rows are relative to the first site of the sweep. */
struct classes {
    uint32_t count;
    struct class *all;
    uint64_t *bits;      /* words a class */
    uint32_t *of_site;   /* the class of a site, or NO_CLASS */
    uint32_t *next_site; /* the next site of the same class */
};

struct sweep {
    struct rectangles *to;
    size_t site_offset; /* the first site with an edge */
    size_t site_count;
    size_t words;   /* of 64 groups a site */
    uint64_t *bits; /* the due groups of each site, as of now */
    struct classes before;
    struct classes now;
    size_t slot_mask;
    uint32_t *slots; /* hash of a row of bits -> class + 1 */
};

enum status rectangles_begin(struct rectangles *rectangles, const struct coverage_building *building,
                             const char *granularity, struct err *err)
{
    uint32_t series_count;
    if (__builtin_mul_overflow(building->site_count, building->group_count, &series_count))
        return err_set(err, STATUS_NOMEM, "building %lld has more series than a plan can hold",
                       (long long)building->id);
    rectangles->building = building;
    rectangles->granularity = granularity;
    rectangles->edge_count = 0;
    return STATUS_OK;
}

/* Makes room for `more` entries behind count. */
static enum status reserve(void **array, size_t *capacity, size_t count, size_t more, size_t entry_size,
                           struct err *err)
{
    if (count + more <= *capacity)
        return STATUS_OK;
    size_t wanted = *capacity < 64 ? 64 : *capacity * 2;
    void *grown = reallocarray(*array, wanted, entry_size);
    if (grown == NULL)
        return err_nomem(err);
    *array = grown;
    *capacity = wanted;
    return STATUS_OK;
}

static enum status sweep_edges(struct rectangles *rectangles, struct err *err) MUST_CHECK;

enum status rectangles_add(struct rectangles *rectangles, size_t site, size_t group, struct day_range days,
                           struct err *err)
{
    if (rectangles->edge_count + 2 > EDGES_MAX) {
        enum status status = sweep_edges(rectangles, err);
        if (status != STATUS_OK)
            return status;
    }
    void *edges = rectangles->edges;
    enum status status =
        reserve(&edges, &rectangles->edge_capacity, rectangles->edge_count, 2, sizeof *rectangles->edges, err);
    rectangles->edges = edges;
    if (status != STATUS_OK)
        return status;
    uint32_t series = (uint32_t)(site * rectangles->building->group_count + group);
    rectangles->edges[rectangles->edge_count++] = (struct edge){days.first, series};
    rectangles->edges[rectangles->edge_count++] = (struct edge){days.end, series};
    return STATUS_OK;
}

enum status rectangles_end(struct rectangles *rectangles, struct err *err)
{
    return sweep_edges(rectangles, err);
}

void rectangles_release(struct rectangles *rectangles)
{
    free(rectangles->edges);
    free(rectangles->found);
    arena_release(&rectangles->scratch);
    *rectangles = (struct rectangles){0};
}

static bool classes_init(struct classes *classes, struct arena *scratch, size_t site_count, size_t words)
{
    classes->all = arena_calloc(scratch, site_count, sizeof *classes->all);
    classes->bits = arena_calloc(scratch, site_count * words, sizeof *classes->bits);
    classes->of_site = arena_calloc(scratch, site_count, sizeof *classes->of_site);
    classes->next_site = arena_calloc(scratch, site_count, sizeof *classes->next_site);
    if (classes->all == NULL || classes->bits == NULL || classes->of_site == NULL || classes->next_site == NULL)
        return false;
    memset(classes->of_site, 0xFF, site_count * sizeof *classes->of_site);
    return true;
}

static enum status sweep_init(struct sweep *sweep, struct rectangles *rectangles, struct err *err)
{
    size_t group_count = rectangles->building->group_count;
    uint32_t first = UINT32_MAX;
    uint32_t last = 0;
    for (size_t i = 0; i < rectangles->edge_count; i++) {
        uint32_t series = rectangles->edges[i].series;
        first = series < first ? series : first;
        last = series > last ? series : last;
    }
    struct arena *scratch = &rectangles->scratch;
    arena_reset(scratch);
    size_t site_offset = first / group_count;
    *sweep = (struct sweep){.to = rectangles,
                            .site_offset = site_offset,
                            .site_count = last / group_count - site_offset + 1,
                            .words = (group_count + WORD_BITS - 1) / WORD_BITS};
    size_t slot_count = 4;
    while (slot_count < sweep->site_count * 2)
        slot_count *= 2;
    sweep->slot_mask = slot_count - 1;
    sweep->slots = arena_calloc(scratch, slot_count, sizeof *sweep->slots);
    sweep->bits = arena_calloc(scratch, sweep->site_count * sweep->words, sizeof *sweep->bits);
    if (sweep->slots == NULL || sweep->bits == NULL ||
        !classes_init(&sweep->before, scratch, sweep->site_count, sweep->words) ||
        !classes_init(&sweep->now, scratch, sweep->site_count, sweep->words))
        return err_nomem(err);
    return STATUS_OK;
}

static uint64_t hash_of(const uint64_t *bits, size_t words)
{
    uint64_t hash = 0;
    for (size_t i = 0; i < words; i++) {
        hash = (hash ^ bits[i]) * UINT64_C(0x9E3779B97F4A7C15);
        hash ^= hash >> 29;
    }
    return hash;
}

static bool is_zero(const uint64_t *bits, size_t words)
{
    for (size_t i = 0; i < words; i++) {
        if (bits[i] != 0)
            return false;
    }
    return true;
}

static bool same_bits(const struct sweep *sweep, const uint64_t *a, const uint64_t *b)
{
    return memcmp(a, b, sweep->words * sizeof *a) == 0;
}

/* The class with these bits, or a new one that begins with site on day. */
static uint32_t class_with(struct sweep *sweep, const uint64_t *bits, uint32_t site, civil_day day)
{
    struct classes *now = &sweep->now;
    size_t slot = (size_t)hash_of(bits, sweep->words) & sweep->slot_mask;
    for (; sweep->slots[slot] != 0; slot = (slot + 1) & sweep->slot_mask) {
        uint32_t known = sweep->slots[slot] - 1;
        if (same_bits(sweep, now->bits + known * sweep->words, bits))
            return known;
    }
    uint32_t added = now->count++;
    sweep->slots[slot] = added + 1;
    memcpy(now->bits + added * sweep->words, bits, sweep->words * sizeof *bits);
    uint32_t before = sweep->before.of_site[site];
    if (before != NO_CLASS && !same_bits(sweep, sweep->before.bits + before * sweep->words, bits))
        before = NO_CLASS;
    now->all[added] = (struct class){.first_site = site, .before = before, .first_day = day};
    return added;
}

/* Sorts the sites by their bits as they are from day on. */
static void classify(struct sweep *sweep, civil_day day)
{
    struct classes *now = &sweep->now;
    now->count = 0;
    memset(sweep->slots, 0, (sweep->slot_mask + 1) * sizeof *sweep->slots);
    for (uint32_t site = 0; site < sweep->site_count; site++) {
        const uint64_t *bits = sweep->bits + site * sweep->words;
        now->of_site[site] = NO_CLASS;
        if (is_zero(bits, sweep->words))
            continue;
        uint32_t at = class_with(sweep, bits, site, day);
        struct class *class = &now->all[at];
        now->of_site[site] = at;
        if (class->site_count > 0)
            now->next_site[class->last_site] = site;
        class->last_site = site;
        class->site_count++;
        if (class->before != sweep->before.of_site[site])
            class->before = NO_CLASS;
    }
}

/* The sites of a class: a part of the building's own list where they are neighbours in it. */
static const int64_t *class_sites(struct sweep *sweep, const struct class *class)
{
    const int64_t *sites = sweep->to->building->sites + sweep->site_offset;
    if (class->last_site - class->first_site + 1 == class->site_count)
        return sites + class->first_site;
    int64_t *list = arena_calloc(sweep->to->arena, class->site_count, sizeof *list);
    uint32_t site = class->first_site;
    for (uint32_t i = 0; list != NULL && i < class->site_count; i++) {
        list[i] = sites[site];
        site = sweep->before.next_site[site];
    }
    return list;
}

static bool has_group(const uint64_t *bits, size_t group)
{
    return (bits[group / WORD_BITS] >> (group % WORD_BITS) & 1U) != 0;
}

/* The groups of a class, likewise. */
static const char *const *class_groups(struct sweep *sweep, const uint64_t *bits, size_t *ret_count)
{
    const struct coverage_building *building = sweep->to->building;
    size_t count = 0;
    size_t first = 0;
    size_t last = 0;
    for (size_t group = 0; group < building->group_count; group++) {
        if (has_group(bits, group)) {
            first = count == 0 ? group : first;
            last = group;
            count++;
        }
    }
    *ret_count = count;
    if (last - first + 1 == count)
        return building->groups + first;
    const char **list = arena_calloc(sweep->to->arena, count, sizeof *list);
    size_t filled = 0;
    for (size_t group = first; list != NULL && group <= last; group++) {
        if (has_group(bits, group))
            list[filled++] = building->groups[group];
    }
    return list;
}

/* A class of the stretch before ends on day: appends its rectangle to found. */
static enum status close_class(struct sweep *sweep, uint32_t at, civil_day day, struct err *err)
{
    struct rectangles *to = sweep->to;
    const struct class *class = &sweep->before.all[at];
    if (to->found_count == PLAN_UNITS_MAX)
        return err_set(err, STATUS_NOMEM, "the plan has more than %d requests: ask for fewer days", PLAN_UNITS_MAX);
    void *found = to->found;
    enum status status = reserve(&found, &to->found_capacity, to->found_count, 1, sizeof *to->found, err);
    to->found = found;
    if (status != STATUS_OK)
        return status;
    struct unit rectangle = {.building = to->building,
                             .granularity = to->granularity,
                             .days = {class->first_day, day},
                             .site_count = class->site_count,
                             .sites = class_sites(sweep, class)};
    rectangle.groups = class_groups(sweep, sweep->before.bits + at * sweep->words, &rectangle.group_count);
    if (rectangle.sites == NULL || rectangle.groups == NULL)
        return err_nomem(err);
    to->found[to->found_count++] = rectangle;
    return STATUS_OK;
}

/* Goes on from the stretch before day to the one that begins there. */
static enum status step(struct sweep *sweep, civil_day day, struct err *err)
{
    classify(sweep, day);
    for (uint32_t i = 0; i < sweep->now.count; i++) {
        struct class *class = &sweep->now.all[i];
        if (class->before == NO_CLASS || sweep->before.all[class->before].site_count != class->site_count)
            continue;
        sweep->before.all[class->before].stays_open = true;
        class->first_day = sweep->before.all[class->before].first_day;
    }
    for (uint32_t i = 0; i < sweep->before.count; i++) {
        if (sweep->before.all[i].stays_open)
            continue;
        enum status status = close_class(sweep, i, day, err);
        if (status != STATUS_OK)
            return status;
    }
    struct classes spare = sweep->before;
    sweep->before = sweep->now;
    sweep->now = spare;
    return STATUS_OK;
}

static int compare_edges(const void *a, const void *b)
{
    const struct edge *x = a;
    const struct edge *y = b;
    return (x->day > y->day) - (x->day < y->day);
}

/* Turns all edges that wait into rectangles. */
static enum status sweep_edges(struct rectangles *rectangles, struct err *err)
{
    size_t group_count = rectangles->building->group_count;
    size_t count = rectangles->edge_count;
    if (count == 0)
        return STATUS_OK;
    qsort(rectangles->edges, count, sizeof *rectangles->edges, compare_edges);
    struct sweep sweep;
    enum status status = sweep_init(&sweep, rectangles, err);
    size_t at = 0;
    while (status == STATUS_OK && at < count) {
        civil_day day = rectangles->edges[at].day;
        for (; at < count && rectangles->edges[at].day == day; at++) {
            uint32_t site = (uint32_t)(rectangles->edges[at].series / group_count - sweep.site_offset);
            uint32_t group = (uint32_t)(rectangles->edges[at].series % group_count);
            sweep.bits[site * sweep.words + group / WORD_BITS] ^= UINT64_C(1) << (group % WORD_BITS);
        }
        status = step(&sweep, day, err);
    }
    rectangles->edge_count = 0;
    return status;
}
