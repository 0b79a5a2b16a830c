#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct world_granularity known_granularities[WORLD_GRANULARITIES_MAX] = {
    /* in byte order of the names, as GRANULARITY sorts */
    {"P1D", PERIOD_DAY}, {"P1M", PERIOD_MONTH}, {"P1W", PERIOD_WEEK}, {"PT15M", PERIOD_QUARTER}, {"PT1H", PERIOD_HOUR},
};

uint64_t world_mix(uint64_t a, uint64_t b)
{
    uint64_t mixed = a ^ (b + 0x9E3779B97F4A7C15U + (a << 6) + (a >> 2));
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9U;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBU;
    return mixed ^ (mixed >> 31);
}

uint64_t world_chance(uint64_t *chance)
{
    *chance += 0x9E3779B97F4A7C15U;
    return world_mix(*chance, 1);
}

/* The next item of a comma-separated list, cut to out; false at the end or when it is too long. */
static bool next_item(const char **at, char *out, size_t size)
{
    if (*at == NULL || **at == '\0')
        return false;
    const char *stop = strchr(*at, ',');
    size_t length = stop != NULL ? (size_t)(stop - *at) : strlen(*at);
    if (length >= size)
        return false;
    memcpy(out, *at, length);
    out[length] = '\0';
    *at = stop != NULL ? stop + 1 : NULL;
    return true;
}

static enum status init_granularities(struct world *world, const char *list, struct err *err)
{
    bool wanted[WORLD_GRANULARITIES_MAX] = {false};
    char item[16];
    while (next_item(&list, item, sizeof item)) {
        size_t i = 0;
        while (i < WORLD_GRANULARITIES_MAX && strcmp(known_granularities[i].name, item) != 0)
            i++;
        if (i == WORLD_GRANULARITIES_MAX)
            return err_set(err, STATUS_USAGE, "'%s' is not a granularity (PT15M, PT1H, P1D, P1W, P1M)", item);
        wanted[i] = true;
    }
    for (size_t i = 0; i < WORLD_GRANULARITIES_MAX; i++) {
        if (wanted[i])
            world->granularities[world->granularity_count++] = known_granularities[i];
    }
    if (world->granularity_count == 0 || (list != NULL && *list != '\0'))
        return err_set(err, STATUS_USAGE, "granularities must be a list such as PT1H,P1D");
    return STATUS_OK;
}

struct numbered_group {
    char id[WORLD_GROUP_SIZE];
    int number;
};

/*
 * Group ids do not depend on the seed, so that a job file can name them. The first is the zero UUID and the second
 * looks like the id of the older public samples; both forms mean "everyone" there [documented: authentication-v2].
 * Some are written in capitals: GROUP_ID sorts by bytes.
 */
static void format_group(int number, char out[WORLD_GROUP_SIZE])
{
    if (number == 0) {
        snprintf(out, WORLD_GROUP_SIZE, "00000000-0000-0000-0000-000000000000");
        return;
    }
    uint64_t high = world_mix(0x67726F7570U, (uint64_t)number);
    uint64_t low = world_mix(high, (uint64_t)number);
    unsigned head = number == 1 ? 0xE707B3A8U : (unsigned)(high >> 32);
    bool capitals = number % 5 == 4;
    snprintf(out, WORLD_GROUP_SIZE, capitals ? "%s%08X-%04X-4%03X-8%03X-%012llX" : "%s%08x-%04x-4%03x-8%03x-%012llx",
             number % 4 == 1 ? "all-" : "", head, (unsigned)(high >> 16 & 0xFFFFU), (unsigned)(high & 0xFFFU),
             (unsigned)(low >> 52), (unsigned long long)(low & 0xFFFFFFFFFFFFU));
}

static int compare_groups(const void *a, const void *b)
{
    const struct numbered_group *left = a;
    const struct numbered_group *right = b;
    return strcmp(left->id, right->id);
}

static enum status init_groups(struct world *world, struct err *err)
{
    size_t count = (size_t)world->group_count;
    struct numbered_group *all = calloc(count, sizeof *all);
    world->groups = calloc(count, sizeof *world->groups);
    world->group_numbers = calloc(count, sizeof *world->group_numbers);
    if (all == NULL || world->groups == NULL || world->group_numbers == NULL) {
        free(all);
        return err_nomem(err);
    }
    for (size_t i = 0; i < count; i++) {
        all[i].number = (int)i;
        format_group((int)i, all[i].id);
    }
    qsort(all, count, sizeof *all, compare_groups);
    for (size_t i = 0; i < count; i++) {
        memcpy(world->groups[i], all[i].id, WORLD_GROUP_SIZE);
        world->group_numbers[i] = all[i].number;
    }
    free(all);
    return STATUS_OK;
}

/* The instant a day begins at, in the sense of --partitions. */
static int64_t day_start(const struct world *world, const struct zone *zone, civil_day day)
{
    return world->partitions == PARTITIONS_UTC ? (int64_t)day * 86400 : zone_day_start(zone, day);
}

static enum status init_zone(struct world *world, const char *name, const struct world_options *options,
                             struct err *err)
{
    if (world->zone_count == WORLD_ZONES_MAX)
        return err_set(err, STATUS_USAGE, "more than %d time zones", WORLD_ZONES_MAX);
    struct world_zone *made = &world->zones[world->zone_count];
    if (zone_load(name, &made->zone, err) != STATUS_OK)
        return err_set(err, STATUS_USAGE, "'%.60s' is not a time zone of this system", name);
    world->zone_count++;
    civil_day today =
        world->partitions == PARTITIONS_UTC ? (civil_day)(options->now / 86400) : zone_day_at(made->zone, options->now);
    made->today = today;
    made->last_day = !options->has_to ? today - 1 : options->to < today ? options->to : today;
    if (made->last_day > world->last_day)
        world->last_day = made->last_day;
    return STATUS_OK;
}

static enum status init_days(struct world *world, struct world_zone *zone, struct err *err)
{
    if (zone->last_day < world->first_day)
        return STATUS_OK;
    size_t count = (size_t)(zone->last_day - world->first_day) + 2;
    zone->day_starts = calloc(count, sizeof *zone->day_starts);
    if (zone->day_starts == NULL)
        return err_nomem(err);
    for (size_t i = 0; i < count; i++)
        zone->day_starts[i] = day_start(world, zone->zone, world->first_day + (civil_day)i);
    return STATUS_OK;
}

static enum status init_zones(struct world *world, const struct world_options *options, struct err *err)
{
    const char *list = options->zones;
    char item[64];
    enum status status = STATUS_OK;
    while (status == STATUS_OK && next_item(&list, item, sizeof item))
        status = init_zone(world, item, options, err);
    if (status == STATUS_OK && (world->zone_count == 0 || (list != NULL && *list != '\0')))
        status = err_set(err, STATUS_USAGE, "zones must be a list such as America/Toronto,Europe/London");
    for (int i = 0; status == STATUS_OK && i < world->zone_count; i++)
        status = init_days(world, &world->zones[i], err);
    return status;
}

enum status world_init(struct world *world, const struct world_options *options, struct err *err)
{
    *world = (struct world){
        .seed = options->seed,
        .building_count = options->buildings,
        .site_count = options->sites,
        .group_count = options->groups,
        .gap_percent = options->gap_percent,
        .edition = options->edition,
        .history = options->history,
        .now = options->now,
        .partitions = options->partitions,
        .spelling = options->spelling,
        .first_day = options->from,
        .last_day = options->from - 1,
    };
    if (options->buildings < 1 || options->buildings > WORLD_BUILDINGS_MAX || options->sites < 1 ||
        options->sites > WORLD_SITES_MAX || options->groups < 1 || options->groups > WORLD_GROUPS_MAX)
        return err_set(err, STATUS_USAGE, "at most %d buildings, %d sites and %d groups, at least one of each",
                       WORLD_BUILDINGS_MAX, WORLD_SITES_MAX, WORLD_GROUPS_MAX);
    enum status status = init_granularities(world, options->granularities, err);
    if (status == STATUS_OK)
        status = init_groups(world, err);
    if (status == STATUS_OK)
        status = init_zones(world, options, err);
    return status;
}

void world_release(struct world *world)
{
    for (int i = 0; i < world->zone_count; i++) {
        zone_free(world->zones[i].zone);
        free(world->zones[i].day_starts);
    }
    free(world->groups);
    free(world->group_numbers);
    *world = (struct world){0};
}
