#include "tables.h"

#include <string.h>

/* The columns of BUILDING_INSIGHTS, which the tables of zones have as well. */
#define INSIGHT_COLUMNS                                                                                                \
    [INSIGHT_BUILDING_ID] = {"BUILDING_ID", COLUMN_INT, true, "the building"},                                         \
    [INSIGHT_SITE_ID] = {"SITE_ID", COLUMN_INT, true, "the site within the building"},                                 \
    [INSIGHT_GROUP_ID] = {"GROUP_ID", COLUMN_TEXT, false, "the group of people that was counted"},                     \
    [INSIGHT_GRANULARITY] = {"GRANULARITY", COLUMN_TEXT, false, "the length of the period, ISO 8601"},                 \
    [INSIGHT_DATE_PARTITION] = {"DATE_PARTITION", COLUMN_INT, true, "the day, YYYYMMDD"},                              \
    [INSIGHT_DATE_TIME_START] = {"DATE_TIME_START", COLUMN_TIME, false, "the start of the period"},                    \
    [INSIGHT_OCCUPANCY_MEAN] = {"OCCUPANCY_MEAN", COLUMN_FLOAT, false, "mean of the counts per minute"},               \
    [INSIGHT_OCCUPANCY_MAX] = {"OCCUPANCY_MAX", COLUMN_FLOAT, false, "largest count per minute"},                      \
    [INSIGHT_OCCUPANCY_MEAN_POS] = {"OCCUPANCY_MEAN_POS", COLUMN_FLOAT, false,                                         \
                                    "mean of the counts when someone was present"},                                    \
    [INSIGHT_PERCENT_CAPACITY] = {"PERCENT_CAPACITY", COLUMN_FLOAT, false, "the mean as a share of the capacity"},     \
    [INSIGHT_LARGEST_ZONE] = {"LARGEST_ZONE", COLUMN_OBJECT, false, "the zone with the most people, an object"},       \
    [INSIGHT_DWELL_MINUTES] = {"DWELL_MINUTES", COLUMN_FLOAT, false, "how long people stay"},

static const struct column insight_columns[INSIGHT_COLUMN_COUNT] = {INSIGHT_COLUMNS};

static const struct column zone_columns[ZONE_COLUMN_COUNT] = {
    INSIGHT_COLUMNS[INSIGHT_ZONE] = {"ZONE_ID", COLUMN_INT, true, "the zone within the site"},
};

static const struct column zone_type_columns[ZONE_COLUMN_COUNT] = {
    INSIGHT_COLUMNS[INSIGHT_ZONE] = {"ZONE_TYPE", COLUMN_TEXT, false, "what the zones of the site are used for"},
};

static const struct column site_columns[SITE_COLUMN_COUNT] = {
    [SITE_ID] = {"ID", COLUMN_INT, true, "the site"},
    [SITE_CODE] = {"SITE_CODE", COLUMN_TEXT, false, "a short name"},
    [SITE_BUILDING_ID] = {"BUILDING_ID", COLUMN_INT, true, "the building it belongs to"},
    [SITE_FLOOR_ID] = {"FLOOR_ID", COLUMN_INT, true, "the floor it lies on"},
    [SITE_ALTITUDE] = {"ALTITUDE", COLUMN_FLOAT, false, "metres"},
    [SITE_LATITUDE] = {"LATITUDE", COLUMN_FLOAT, false, "degrees north"},
    [SITE_LONGITUDE] = {"LONGITUDE", COLUMN_FLOAT, false, "degrees east"},
    [SITE_TIME_ZONE] = {"TIME_ZONE", COLUMN_TEXT, false, "IANA time zone"},
};

static const struct column floor_columns[FLOOR_COLUMN_COUNT] = {
    [FLOOR_ID] = {"ID", COLUMN_INT, true, "the floor"},
    [FLOOR_CODE] = {"FLOOR_CODE", COLUMN_TEXT, false, "a short name"},
    [FLOOR_BUILDING_ID] = {"BUILDING_ID", COLUMN_INT, true, "the building it belongs to"},
    [FLOOR_LEVEL] = {"LEVEL", COLUMN_INT, false, "counted from the ground floor, 0"},
    [FLOOR_NAME] = {"NAME", COLUMN_TEXT, false, "a name for people"},
    [FLOOR_TIME_ZONE] = {"TIME_ZONE", COLUMN_TEXT, false, "IANA time zone"},
};

static const struct table tables[TABLE_COUNT] = {
    [TABLE_INSIGHTS] = {TABLE_INSIGHTS, "BUILDING_INSIGHTS", INSIGHT_COLUMN_COUNT, insight_columns},
    [TABLE_SITE] = {TABLE_SITE, "SITE", SITE_COLUMN_COUNT, site_columns},
    [TABLE_FLOOR] = {TABLE_FLOOR, "FLOOR", FLOOR_COLUMN_COUNT, floor_columns},
    [TABLE_ZONES] = {TABLE_ZONES, "ZONE_INSIGHTS", ZONE_COLUMN_COUNT, zone_columns},
    [TABLE_ZONE_TYPES] = {TABLE_ZONE_TYPES, "ZONE_TYPE_INSIGHTS", ZONE_COLUMN_COUNT, zone_type_columns},
};

bool table_is_of_insights(enum table_id id)
{
    return id != TABLE_SITE && id != TABLE_FLOOR;
}

const struct table *table_get(enum table_id id)
{
    return &tables[id];
}

int table_find_column(const struct table *table, const char *name)
{
    for (int i = 0; i < table->column_count; i++) {
        if (strcmp(table->columns[i].name, name) == 0)
            return i;
    }
    return -1;
}
