/* Reads the rows of a CSV destination for pictures (model/occupancy.h). Never writes. */
#ifndef OCCUPORT_SINK_CSV_OCCUPANCY_H
#define OCCUPORT_SINK_CSV_OCCUPANCY_H

#include "model/dataset.h"
#include "model/occupancy.h"
#include "sink/csv.h"

/*
 * Adds the rows that the pictures need, as sqlite_occupancy_read does. A file that is not there has no rows.
 * STATUS_IO with PATH:LINE:COLUMN when one is damaged.
 */
enum status csv_occupancy_read(const char *directory, enum sink_csv_layout layout, const struct dataset *dataset,
                               struct occupancy *occupancy, struct err *err) MUST_CHECK;

#endif
