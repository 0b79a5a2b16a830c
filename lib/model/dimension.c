#include "model/dimension.h"

static const struct dimension dimensions[DIMENSION_COUNT] = {
    [DIMENSION_SITES] =
        {
            .root_field = "SITE",
            .name = "sites",
            .column_count = 8,
            .asked = {"ID", "SITE_CODE", "BUILDING_ID", "FLOOR_ID", "ALTITUDE", "LATITUDE", "LONGITUDE", "TIME_ZONE"},
            .stored = {"SITE_ID", "SITE_CODE", "BUILDING_ID", "FLOOR_ID", "ALTITUDE", "LATITUDE", "LONGITUDE",
                       "TIME_ZONE"},
            .is_id = {[SITES_ID] = true, [SITES_BUILDING_ID] = true, [SITES_FLOOR_ID] = true},
            .is_number = {[SITES_ALTITUDE] = true, [SITES_LATITUDE] = true, [SITES_LONGITUDE] = true},
        },
    [DIMENSION_FLOORS] =
        {
            .root_field = "FLOOR",
            .name = "floors",
            .column_count = 6,
            .asked = {"ID", "FLOOR_CODE", "BUILDING_ID", "LEVEL", "NAME", "TIME_ZONE"},
            .stored = {"FLOOR_ID", "FLOOR_CODE", "BUILDING_ID", "LEVEL", "NAME", "TIME_ZONE"},
            .is_id = {[FLOORS_ID] = true, [FLOORS_BUILDING_ID] = true},
        },
};

const struct dimension *dimension_get(enum dimension_id id)
{
    return &dimensions[id];
}
