/*
 * A small table of the server, whole: its rows as values, row by row. Pure.
 *
 * Life cycle: `struct table t = {0}`, filled by whoever reads it (api/table_query.h, store/dimensions.h),
 * table_release.
 */
#ifndef OCCUPORT_MODEL_TABLE_H
#define OCCUPORT_MODEL_TABLE_H

#include "core/arena.h"
#include "model/batch.h"

enum { TABLE_ROWS_MAX = 200000 };

struct table {
    struct arena arena; /* owns the values and their texts */
    size_t column_count;
    size_t row_count;
    struct value *values; /* row_count times column_count */
};

/* The value of a row and column that are there. */
const struct value *table_value(const struct table *table, size_t row, size_t column);

/* An id as a number: a whole one, or the digits of one as text. False for anything else. */
bool value_to_id(const struct value *value, int64_t *ret_id) MUST_CHECK;

/* Frees; accepts a zeroed table. */
void table_release(struct table *table);

#endif
