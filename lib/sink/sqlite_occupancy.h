/* Reads stored rows of a SQLite destination for pictures (model/occupancy.h). Never writes. */
#ifndef OCCUPORT_SINK_SQLITE_OCCUPANCY_H
#define OCCUPORT_SINK_SQLITE_OCCUPANCY_H

#include "db/db.h"
#include "model/dataset.h"
#include "model/occupancy.h"

/*
 * Adds the rows of the dataset that the pictures need: of each building its group, granularity and days. Each day of
 * each series is one short stretch of the table, so nothing else is read. A dataset without a table has no rows.
 * The database is migrated.
 */
enum status sqlite_occupancy_read(struct db *db, const struct dataset *dataset, struct occupancy *occupancy,
                                  struct err *err) MUST_CHECK;

#endif
