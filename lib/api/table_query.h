/*
 * A small table of the server, asked for whole in one request, or page by page where it knows an order.
 *
 * SITE and FLOOR are asked without any argument, as the documentation shows, unless the schema shows more; their
 * completeness is then not proved, and nothing depends on it. With a filter it is one partition of a building in
 * BUILDING_INSIGHTS, to see which series it has. [documented: developers.innerspace.io sites, floors]
 */
#ifndef OCCUPORT_API_TABLE_QUERY_H
#define OCCUPORT_API_TABLE_QUERY_H

#include "core/buf.h"
#include "model/table.h"

struct table_filter {
    int64_t building_id;
    civil_day day;
};

/* The rows in the order of the first columns, and of them those behind a key. */
struct table_order {
    size_t key_count;          /* columns; at least 1 */
    int limit;                 /* rows; 0: none is said */
    const struct value *after; /* one a key column, INTEGER or TEXT; NULL: from the first row on */
};

struct table_query {
    const char *root_field;
    size_t column_count; /* at least 1; no name twice */
    const char *const *columns;
    const struct table_filter *filter; /* NULL: all rows */
    const struct table_order *order;   /* NULL: whatever the server does */
};

/* Appends the JSON body. STATUS_BUG: a name is no GraphQL name. STATUS_NOMEM, STATUS_TOO_LARGE. */
enum status table_query_format(const struct table_query *query, struct buf *out, struct err *err) MUST_CHECK;

/*
 * Reads the answer into an empty table. A row that is no object, or has a key twice or a text that cannot be stored, is
 * left out and counted in *ret_skipped. STATUS_BAD_ANSWER: no rows are there; STATUS_TOO_LARGE: more than
 * TABLE_ROWS_MAX; STATUS_NOMEM. The caller releases the table in any case.
 */
enum status table_query_read(const struct table_query *query, const char *body, size_t size, struct table *table,
                             size_t *ret_skipped, struct err *err) MUST_CHECK;

#endif
