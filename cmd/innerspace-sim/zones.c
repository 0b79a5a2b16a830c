#include "zones.h"

#include <string.h>

enum { TYPE_COUNT = 4, ABSENT_ONE_IN = 6, SALT = 0x7A6F6E65 };

/* In byte order, as ZONE_TYPE sorts. */
static const char *const types[TYPE_COUNT] = {"Caf\xC3\xA9", "desk", "kitchen", "meeting room"};

bool zones_divide(enum table_id table)
{
    return table == TABLE_ZONES || table == TABLE_ZONE_TYPES;
}

static uint64_t chance_of(const struct world *world, enum table_id table, const struct slice *slice, int zone)
{
    return world_mix(world_series_chance(world, slice, SALT + table), (uint64_t)zone);
}

static int count_of(const struct world *world, enum table_id table, const struct slice *slice)
{
    if (table == TABLE_ZONE_TYPES)
        return TYPE_COUNT;
    return 3 + (int)(world_mix(world->seed, (uint64_t)world_site_id(world, slice->building, slice->site)) % 4);
}

size_t zones_list(const struct world *world, enum table_id table, const struct slice *slice, int zones[ZONES_MAX])
{
    int all = zones_divide(table) ? count_of(world, table, slice) : 1;
    size_t count = 0;
    for (int zone = 0; zone < all; zone++) {
        uint64_t chance = world_mix(chance_of(world, table, slice, zone), (uint64_t)slice->day);
        if (zone == 0 || chance % ABSENT_ONE_IN != 0)
            zones[count++] = zone;
    }
    return count;
}

void zones_read(const struct row *row, struct cell *cell)
{
    enum { NEEDED = ROW_BUILDING | ROW_SITE | ROW_ZONE, IDS_PER_SITE = 20, FIRST_ID = 8 };
    if ((row->known & NEEDED) != NEEDED)
        return;
    if (row->table == TABLE_ZONE_TYPES) {
        cell->kind = CELL_TEXT;
        cell->text = types[row->zone];
        cell->size = strlen(types[row->zone]);
        return;
    }
    cell->kind = CELL_INTEGER;
    cell->low = (world_building_id(row->world, row->slice.building) * 1000 + row->slice.site) * IDS_PER_SITE +
                FIRST_ID + row->zone;
}

struct metrics zones_metrics(const struct row *row, const struct metrics *site)
{
    uint64_t chance = chance_of(row->world, row->table, &row->slice, row->zone);
    int64_t percent = 5 + (int64_t)(world_mix(chance, (uint64_t)row->start) % 40);
    struct metrics metrics = *site;
    metrics.mean = site->mean * percent / 100;
    metrics.max = (site->max / METRICS_UNIT * percent + 99) / 100 * METRICS_UNIT;
    metrics.pos = site->pos * percent / 100;
    metrics.share = site->share * percent / 100;
    return metrics;
}
