/*
 * order_by: which columns, which way, and whether rows can be generated in that order.
 *
 * Several keys in ONE order_by object have unspecified precedence [observed: envio notes on Hasura]; here they are
 * really shuffled for each request, so that a client that relies on them is found out. Rows that are equal in all keys
 * come in a different order each time.
 */
#ifndef SIM_ORDER_H
#define SIM_ORDER_H

#include "graphql_ast.h"
#include "scan.h"
#include "tables.h"

enum { ORDER_KEYS_MAX = 32 };

struct order_key {
    int column;
    bool descending;
};

struct order {
    size_t count;
    struct order_key keys[ORDER_KEYS_MAX];
};

/* From a checked order_by list (NULL: none). Keys beyond the first of each column do nothing and are dropped. */
void order_compile(struct order *order, const struct table *table, const struct gql_value *list, uint64_t *chance);

/*
 * Can BUILDING_INSIGHTS be scanned in this order? True when, beside columns that the filter pins to one value, the
 * keys name every part of a slice and then DATE_TIME_START; *ret_route is then the nesting of the loops.
 */
bool order_to_route(const struct order *order, const struct scan_candidates *candidates, struct scan_route *ret_route);

/* Order of two rows; rows equal in all keys by their shuffle number. */
int order_compare(const struct order *order, struct row *a, struct row *b);

#endif
