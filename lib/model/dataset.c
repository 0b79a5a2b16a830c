#include "model/dataset.h"

#include <string.h>

static const struct dataset built_in[] = {
    {"building_insights", "BUILDING_INSIGHTS", "DATE_PARTITION", "DATE_TIME_START", 0, NULL},
};

/* Tables and views of migrations/, and what may join them. */
static const char *const reserved_names[] = {
    "buildings",
    "column_set_covers",
    "column_sets",
    "completeness",
    "corrections",
    "coverage_buildings",
    "coverage_series",
    "empty_sightings",
    "floors",
    "groups",
    "jobs",
    "ledger_failures",
    "ledger_spans",
    "missed",
    "occupancy", /* whose view by day would be occupancy_daily */
    "occupancy_hour_of_week",
    "occupancy_peak",
    "odd_starts",
    "rejects",
    "runs",
    "schema_changes",
    "schema_migrations",
    "series",
    "sites",
    "spellings",
};

static const char *const reserved_endings[] = {"_daily", "_days", "_named", "_rows", "_strays", "_vanished"};

const struct dataset *dataset_built_in_at(size_t at)
{
    return at < sizeof built_in / sizeof built_in[0] ? &built_in[at] : NULL;
}

const struct dataset *dataset_built_in(const char *name)
{
    const struct dataset *dataset;
    for (size_t i = 0; (dataset = dataset_built_in_at(i)) != NULL; i++) {
        if (strcmp(dataset->name, name) == 0)
            return dataset;
    }
    return NULL;
}

bool dataset_name_is_reserved(const char *name)
{
    size_t size = strlen(name);
    if (strncmp(name, "sqlite_", 7) == 0) /* SQLite keeps these for itself */
        return true;
    for (size_t i = 0; i < sizeof reserved_endings / sizeof reserved_endings[0]; i++) {
        size_t ending = strlen(reserved_endings[i]);
        if (size >= ending && strcmp(name + size - ending, reserved_endings[i]) == 0)
            return true;
    }
    for (size_t i = 0; i < sizeof reserved_names / sizeof reserved_names[0]; i++) {
        if (strcmp(name, reserved_names[i]) == 0)
            return true;
    }
    return false;
}
