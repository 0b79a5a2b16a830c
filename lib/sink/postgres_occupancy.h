/* Reads stored rows of a PostgreSQL destination for pictures (model/occupancy.h). Never writes. */
#ifndef OCCUPORT_SINK_POSTGRES_OCCUPANCY_H
#define OCCUPORT_SINK_POSTGRES_OCCUPANCY_H

#include "db/db.h"
#include "model/dataset.h"
#include "model/occupancy.h"

/*
 * Adds the rows of the dataset that the pictures need: of each building its group, granularity and days, a month at a
 * time. A dataset without a table has no rows. The schema is migrated.
 */
enum status postgres_occupancy_read(struct db *db, const struct dataset *dataset, struct occupancy *occupancy,
                                    struct err *err) MUST_CHECK;

#endif
