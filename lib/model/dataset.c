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

/* Likewise of migrations/postgres/; "slice" would have its rows in what is the view slice_rows. */
static const char *const names_in_postgres[] = {
    "column_sets_columns", "coverage_series_by_job",   "flushes", "row_columns", "row_datasets",
    "runs_by_job",         "schema_changes_by_column", "slice",
};

/* Of its temporary tables, and of what the server names itself. */
static const char *const endings_in_postgres[] = {"_idx", "_key", "_pkey", "_seq", "_stage"};

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

static bool ends_with(const char *name, size_t count, const char *const *endings)
{
    size_t size = strlen(name);
    for (size_t i = 0; i < count; i++) {
        size_t ending = strlen(endings[i]);
        if (size >= ending && strcmp(name + size - ending, endings[i]) == 0)
            return true;
    }
    return false;
}

static bool is_among(const char *name, size_t count, const char *const *names)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(name, names[i]) == 0)
            return true;
    }
    return false;
}

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

bool dataset_name_is_reserved(const char *name)
{
    return strncmp(name, "sqlite_", 7) == 0 || /* SQLite keeps these for itself */
           ends_with(name, COUNT(reserved_endings), reserved_endings) ||
           is_among(name, COUNT(reserved_names), reserved_names);
}

/* As the partition of a month is named: x_rows_202505. */
static bool is_of_a_month(const char *name)
{
    static const char *const tables[] = {"_rows_", "_days_"};
    size_t size = strlen(name);
    if (size < 12 || strspn(name + size - 6, "0123456789") != 6)
        return false;
    for (size_t i = 0; i < COUNT(tables); i++) {
        if (memcmp(name + size - 12, tables[i], 6) == 0)
            return true;
    }
    return false;
}

bool dataset_name_is_reserved_in_postgres(const char *name)
{
    return strncmp(name, "work_", 5) == 0 || ends_with(name, COUNT(endings_in_postgres), endings_in_postgres) ||
           is_among(name, COUNT(names_in_postgres), names_in_postgres) || is_of_a_month(name);
}
