/* The tables sites and floors (model/dimension.h): the only writer of them. */
#ifndef OCCUPORT_STORE_DIMENSIONS_H
#define OCCUPORT_STORE_DIMENSIONS_H

#include "db/db.h"
#include "model/dimension.h"
#include "model/table.h"

/*
 * Stores rows whose columns are those of the dimension, inside the caller's transaction. A row that is equal to the
 * stored one is not written; what the table no longer has stays; a row without an id is left out.
 */
enum status dimensions_put(struct db *db, const struct dimension *dimension, const struct table *table,
                           struct err *err) MUST_CHECK;

/* All stored rows by id. The caller releases *table in any case. */
enum status dimensions_read(struct db *db, const struct dimension *dimension, struct table *table,
                            struct err *err) MUST_CHECK;

#endif
