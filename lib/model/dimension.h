/*
 * The tables SITE and FLOOR of the server: what is asked of them and how it is called here. One row each; everything
 * that handles them goes by these rows. [documented: developers.innerspace.io sites, floors; api-facts section 2]
 */
#ifndef OCCUPORT_MODEL_DIMENSION_H
#define OCCUPORT_MODEL_DIMENSION_H

#include <stdbool.h>
#include <stddef.h>

enum dimension_id { DIMENSION_SITES, DIMENSION_FLOORS, DIMENSION_COUNT };

enum { DIMENSION_COLUMNS_MAX = 8 };

/* The columns of sites and floors, in the order of both tables below. */
enum {
    SITES_ID,
    SITES_CODE,
    SITES_BUILDING_ID,
    SITES_FLOOR_ID,
    SITES_ALTITUDE,
    SITES_LATITUDE,
    SITES_LONGITUDE,
    SITES_TIME_ZONE
};
enum { FLOORS_ID, FLOORS_CODE, FLOORS_BUILDING_ID, FLOORS_LEVEL, FLOORS_NAME, FLOORS_TIME_ZONE };

struct dimension {
    const char *root_field;                    /* "SITE" */
    const char *name;                          /* "sites": of the table, and of the file without .csv */
    size_t column_count;                       /* the first is the id of the row */
    const char *asked[DIMENSION_COLUMNS_MAX];  /* as the server calls them */
    const char *stored[DIMENSION_COLUMNS_MAX]; /* as they are called here */
    bool is_id[DIMENSION_COLUMNS_MAX];         /* a whole number, or null */
    bool is_number[DIMENSION_COLUMNS_MAX];     /* a number, where columns have types */
};

const struct dimension *dimension_get(enum dimension_id id);

#endif
