/* Which fields of a row type are the columns that `columns: all` means. Pure. */
#ifndef OCCUPORT_API_SCHEMA_COLUMNS_H
#define OCCUPORT_API_SCHEMA_COLUMNS_H

#include "api/schema.h"

/* Longer names are left out: no column of a job can be called so. */
enum { SCHEMA_COLUMN_NAME_MAX = 128 };

/*
 * Fills columns (room for SCHEMA_COLUMNS_MAX) with the scalars of the table in the server's order, but for those that
 * are always stored (own, in any case of letters) and names that GraphQL keeps for itself ("__..."). They
 * borrow from the table. STATUS_CONFIG: two differ only in the case of their letters, which no table can hold.
 */
enum status schema_columns_choose(const struct schema_table *table, const char *const *own, size_t own_count,
                                  const struct schema_column **columns, size_t *ret_count, struct err *err) MUST_CHECK;

#endif
