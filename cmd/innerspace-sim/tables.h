/*
 * The tables that the API shows, their columns and the kinds of these. One row a column; the schema, the boolean
 * expressions, the order and the output are all made from it.
 *
 * Names of BUILDING_INSIGHTS, SITE and FLOOR: [documented], api-facts section 2; the columns beyond OCCUPANCY_MEAN
 * stand for metrics and features whose names are not public.
 */
#ifndef SIM_TABLES_H
#define SIM_TABLES_H

#include <stdbool.h>
#include <stddef.h>

enum column_kind { COLUMN_INT, COLUMN_TEXT, COLUMN_FLOAT, COLUMN_TIME, COLUMN_OBJECT, COLUMN_KIND_COUNT };

enum insight_column {
    INSIGHT_BUILDING_ID,
    INSIGHT_SITE_ID,
    INSIGHT_GROUP_ID,
    INSIGHT_GRANULARITY,
    INSIGHT_DATE_PARTITION,
    INSIGHT_DATE_TIME_START,
    INSIGHT_OCCUPANCY_MEAN,
    INSIGHT_OCCUPANCY_MAX,
    INSIGHT_OCCUPANCY_MEAN_POS,
    INSIGHT_PERCENT_CAPACITY,
    INSIGHT_LARGEST_ZONE,
    INSIGHT_DWELL_MINUTES, /* there only when a new column was asked for */
    INSIGHT_COLUMN_COUNT
};

/* The tables of zones have the columns of BUILDING_INSIGHTS and, last, their own key. */
enum { INSIGHT_ZONE = INSIGHT_COLUMN_COUNT, ZONE_COLUMN_COUNT };

enum site_column {
    SITE_ID,
    SITE_CODE,
    SITE_BUILDING_ID,
    SITE_FLOOR_ID,
    SITE_ALTITUDE,
    SITE_LATITUDE,
    SITE_LONGITUDE,
    SITE_TIME_ZONE,
    SITE_COLUMN_COUNT
};

enum floor_column {
    FLOOR_ID,
    FLOOR_CODE,
    FLOOR_BUILDING_ID,
    FLOOR_LEVEL,
    FLOOR_NAME,
    FLOOR_TIME_ZONE,
    FLOOR_COLUMN_COUNT
};

struct column {
    const char *name;
    enum column_kind kind;
    bool is_id; /* an integer that --stringify-ids turns into a JSON string */
    const char *help;
};

enum table_id { TABLE_INSIGHTS, TABLE_SITE, TABLE_FLOOR, TABLE_ZONES, TABLE_ZONE_TYPES, TABLE_COUNT };

enum { TABLE_COLUMNS_MAX = 16 };

struct table {
    enum table_id id;
    const char *name; /* the root field */
    int column_count;
    const struct column *columns;
};

/* True for the tables of measured rows: BUILDING_INSIGHTS and those of zones. */
bool table_is_of_insights(enum table_id id);

/* The table of an id. */
const struct table *table_get(enum table_id id);

/* The number of the column of that name, or -1. */
int table_find_column(const struct table *table, const char *name);

#endif
