/* How much may stand in one job: the maxima of the table of keys. */
#ifndef OCCUPORT_CONFIG_LIMITS_H
#define OCCUPORT_CONFIG_LIMITS_H

enum {
    TEXT_MAX = 256, /* bytes, as the next three */
    SECRET_MAX = 4096,
    PATH_TEXT_MAX = 4000,
    SCHEMA_MAX = 63, /* of an identifier of PostgreSQL */
    BUILDINGS_MAX = 10000,
    SITES_MAX = 10000,
    GROUPS_MAX = 10000,
    COLUMNS_MAX = 500,
    GRANULARITIES_MAX = 50,
    DESTINATIONS_MAX = 16,
    DATASETS_MAX = 16,
    ARGUMENTS_MAX = 100,
    DAYS_MAX = 36500
};

#endif
