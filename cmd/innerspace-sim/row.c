#include "zones.h"

#include <stdio.h>
#include <string.h>

enum { SITES_PER_FLOOR = 2, MICROS = 1000000, DAY_SECONDS = 86400, SPAN_DAYS = 2 };

int row_floor_count(const struct world *world)
{
    return (world->site_count + SITES_PER_FLOOR - 1) / SITES_PER_FLOOR;
}

int row_floor_of_site(int site_number)
{
    return site_number / SITES_PER_FLOOR;
}

const struct metrics *row_metrics(struct row *row)
{
    if (!row->has_metrics) {
        row->metrics = metrics_of(row->world, &row->slice, row->start);
        if (zones_divide(row->table))
            row->metrics = zones_metrics(row, &row->metrics);
        row->has_metrics = true;
    }
    return &row->metrics;
}

static void set_integer(struct cell *cell, int64_t value)
{
    cell->kind = CELL_INTEGER;
    cell->low = value;
}

static void set_text(struct cell *cell, const char *text)
{
    cell->kind = CELL_TEXT;
    cell->text = text;
    cell->size = strlen(text);
}

static void set_decimal(struct cell *cell, bool is_null, int64_t millionths)
{
    cell->kind = is_null ? CELL_NULL : CELL_DECIMAL;
    cell->low = millionths;
}

static void read_metric(struct row *row, enum insight_column column, struct cell *cell)
{
    const struct metrics *metrics = row_metrics(row);
    if (column == INSIGHT_OCCUPANCY_MEAN)
        set_decimal(cell, metrics->is_null, metrics->mean);
    else if (column == INSIGHT_OCCUPANCY_MAX)
        set_decimal(cell, metrics->is_null, metrics->max);
    else if (column == INSIGHT_OCCUPANCY_MEAN_POS)
        set_decimal(cell, !metrics->has_pos, metrics->pos);
    else if (column == INSIGHT_PERCENT_CAPACITY)
        set_decimal(cell, metrics->is_null, metrics->share);
    else if (column == INSIGHT_DWELL_MINUTES)
        set_decimal(cell, !metrics->has_pos, 5 * METRICS_UNIT + metrics->pos / 4);
    else
        cell->kind = metrics->zone == 0 ? CELL_NULL : CELL_OBJECT;
}

/* DATE_TIME_START: exact, or within a day and the widest offsets of it. */
static void read_start(const struct row *row, struct cell *cell)
{
    if (row->known & ROW_START) {
        cell->kind = CELL_TIME;
        cell->low = row->written;
    } else if (row->known & ROW_DAY) {
        cell->kind = CELL_SPAN;
        cell->low = ((int64_t)row->slice.day - SPAN_DAYS) * DAY_SECONDS * MICROS;
        cell->high = ((int64_t)row->slice.day + SPAN_DAYS) * DAY_SECONDS * MICROS;
    }
}

/* What must be known of a row before a column of it is. */
static const unsigned insight_needs[INSIGHT_COLUMN_COUNT] = {
    [INSIGHT_BUILDING_ID] = ROW_BUILDING,     [INSIGHT_SITE_ID] = ROW_BUILDING | ROW_SITE,
    [INSIGHT_GROUP_ID] = ROW_GROUP,           [INSIGHT_GRANULARITY] = ROW_GRANULARITY,
    [INSIGHT_DATE_PARTITION] = ROW_DAY,       [INSIGHT_DATE_TIME_START] = 0,
    [INSIGHT_OCCUPANCY_MEAN] = ROW_START,     [INSIGHT_OCCUPANCY_MAX] = ROW_START,
    [INSIGHT_OCCUPANCY_MEAN_POS] = ROW_START, [INSIGHT_PERCENT_CAPACITY] = ROW_START,
    [INSIGHT_LARGEST_ZONE] = ROW_START,       [INSIGHT_DWELL_MINUTES] = ROW_START,
};

static void read_insight(struct row *row, enum insight_column column, struct cell *cell)
{
    const struct world *world = row->world;
    const struct slice *slice = &row->slice;
    bool divided = insight_needs[column] == ROW_START && zones_divide(row->table);
    unsigned needs = insight_needs[column] | (divided ? (unsigned)ROW_ZONE : 0U);
    if ((row->known & needs) != needs)
        return;
    switch (column) {
    case INSIGHT_BUILDING_ID: set_integer(cell, world_building_id(world, slice->building)); return;
    case INSIGHT_SITE_ID: set_integer(cell, world_site_id(world, slice->building, slice->site)); return;
    case INSIGHT_GROUP_ID: set_text(cell, world->groups[slice->group]); return;
    case INSIGHT_GRANULARITY: set_text(cell, world->granularities[slice->granularity].name); return;
    case INSIGHT_DATE_PARTITION: set_integer(cell, civil_day_to_partition(slice->day)); return;
    case INSIGHT_DATE_TIME_START: read_start(row, cell); return;
    case INSIGHT_OCCUPANCY_MEAN:
    case INSIGHT_OCCUPANCY_MAX:
    case INSIGHT_OCCUPANCY_MEAN_POS:
    case INSIGHT_PERCENT_CAPACITY:
    case INSIGHT_LARGEST_ZONE:
    case INSIGHT_DWELL_MINUTES:
    case INSIGHT_COLUMN_COUNT: break;
    }
    read_metric(row, column, cell);
}

static void set_own(struct cell *cell, const char *prefix, int number)
{
    snprintf(cell->own, sizeof cell->own, "%s%d", prefix, number);
    set_text(cell, cell->own);
}

static int64_t floor_id(const struct world *world, int building, int floor)
{
    return world_building_id(world, building) * 1000 + 1 + floor;
}

static void read_site(const struct row *row, enum site_column column, struct cell *cell)
{
    const struct world *world = row->world;
    int building = row->slice.building;
    int number = world_site_number(world, building, row->slice.site);
    uint64_t place = world_mix(world->seed, (uint64_t)building);
    switch (column) {
    case SITE_ID: set_integer(cell, world_site_id(world, building, row->slice.site)); break;
    case SITE_CODE: set_own(cell, "S", number + 1); break;
    case SITE_BUILDING_ID: set_integer(cell, world_building_id(world, building)); break;
    case SITE_FLOOR_ID: set_integer(cell, floor_id(world, building, row_floor_of_site(number))); break;
    case SITE_ALTITUDE: set_decimal(cell, number % 3 == 2, (int64_t)(76 + 4 * number) * METRICS_UNIT); break;
    case SITE_LATITUDE: set_decimal(cell, false, 43000000 + (int64_t)(place % 1000000)); break;
    case SITE_LONGITUDE: set_decimal(cell, false, -79000000 - (int64_t)(place / 1000000 % 1000000)); break;
    case SITE_TIME_ZONE: set_text(cell, zone_name(world_zone_of(world, building))); break;
    case SITE_COLUMN_COUNT: break;
    }
}

static void read_floor(const struct row *row, enum floor_column column, struct cell *cell)
{
    const struct world *world = row->world;
    int building = row->slice.building;
    int floor = row->slice.site;
    switch (column) {
    case FLOOR_ID: set_integer(cell, floor_id(world, building, floor)); break;
    case FLOOR_CODE: set_own(cell, "F", floor); break;
    case FLOOR_BUILDING_ID: set_integer(cell, world_building_id(world, building)); break;
    case FLOOR_LEVEL: set_integer(cell, floor); break;
    case FLOOR_NAME: set_own(cell, "Floor ", floor); break;
    case FLOOR_TIME_ZONE: set_text(cell, zone_name(world_zone_of(world, building))); break;
    case FLOOR_COLUMN_COUNT: break;
    }
}

void row_read(struct row *row, int column, struct cell *ret_cell)
{
    ret_cell->kind = CELL_UNKNOWN;
    if (zones_divide(row->table) && column == INSIGHT_ZONE)
        zones_read(row, ret_cell);
    else if (table_is_of_insights(row->table))
        read_insight(row, (enum insight_column)column, ret_cell);
    else if (row->table == TABLE_SITE)
        read_site(row, (enum site_column)column, ret_cell);
    else
        read_floor(row, (enum floor_column)column, ret_cell);
}
