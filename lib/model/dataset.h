/*
 * What a dataset of the API is, as one row of a table: the root field that is asked, and the columns that make up the
 * key of its rows.
 *
 * All datasets have BUILDING_ID, SITE_ID, GROUP_ID and GRANULARITY, a partition and a start. Some have extra key
 * columns, such as the zone: one slice (one series on one day) then holds the rows of many zones, told apart by start
 * and extra keys. An extra key is no dimension of slices.
 *
 * [the names of BUILDING_INSIGHTS: documented; that other root fields have the same shape with more key columns, whose
 * names are not known, is inferred: so a job file may define datasets of its own]
 */
#ifndef OCCUPORT_MODEL_DATASET_H
#define OCCUPORT_MODEL_DATASET_H

#include <stdbool.h>
#include <stddef.h>

enum { DATASET_KEYS_MAX = 4, DATASET_NAME_MAX = 41 };

/* All texts are borrowed. */
struct dataset {
    const char *name;             /* of the views, tables and files: "building_insights" */
    const char *root_field;       /* "BUILDING_INSIGHTS" */
    const char *partition_column; /* an integer YYYYMMDD */
    const char *start_column;
    size_t key_count; /* at most DATASET_KEYS_MAX */
    const char *const *keys;
};

/* The dataset of that name that the program knows by itself, or NULL. */
const struct dataset *dataset_built_in(const char *name);

/* The built-in datasets, in order; NULL behind the last. */
const struct dataset *dataset_built_in_at(size_t at);

/*
 * True for a name that no dataset may have, since tables and views of the database are called so, or begin or end so.
 */
bool dataset_name_is_reserved(const char *name);

/* True for a further name that no dataset of a job with PostgreSQL may have. Elsewhere such names are in use. */
bool dataset_name_is_reserved_in_postgres(const char *name);

#endif
