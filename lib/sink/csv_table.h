/* A small table as one CSV file beside the rows: DIR/NAME.csv, as csv.h says of files; whole or not at all. */
#ifndef OCCUPORT_SINK_CSV_TABLE_H
#define OCCUPORT_SINK_CSV_TABLE_H

#include "model/table.h"

struct csv_table {
    const char *directory; /* made before, with its DIR/.occuport/tmp (sink_csv_open) */
    const char *name;      /* "sites" */
    const char *const *columns;
    bool excel_safe;
};

/*
 * Makes the file equal to the table, whose columns are these; one that is equal already is not touched. STATUS_IO,
 * STATUS_CANTCREATE, STATUS_NOMEM, STATUS_TOO_LARGE (256 MiB).
 */
enum status csv_table_write(const struct csv_table *file, const struct table *table, struct err *err) MUST_CHECK;

#endif
