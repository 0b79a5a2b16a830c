/*
 * Boolean expressions over the columns of a table, from a checked `where` argument.
 *
 * SQL's logic has three truths: true, false and null (a comparison with null). A row is wanted only when the whole is
 * true. Since a row may be known only in part, the answer is the SET of truths that are still possible: as soon as
 * "true" is not in it, nothing that begins like this row can be wanted; when only "true" is in it, everything is. That
 * makes one evaluation serve as filter and as index.
 *
 * A compiled expression lives in the arena it was made in and may be evaluated any number of times.
 */
#ifndef SIM_WHERE_H
#define SIM_WHERE_H

#include "core/arena.h"
#include "graphql_ast.h"
#include "refusal.h"
#include "row.h"

enum { TRUTH_TRUE = 1, TRUTH_FALSE = 2, TRUTH_NULL = 4, TRUTH_ANY = 7 };

struct where; /* opaque; NULL is "every row" */

/*
 * Compiles the checked object value (NULL: no filter). STATUS_REFUSED: a time that is none ("data-connector-error": a
 * scalar that GraphQL does not know is judged by the agent), or memory.
 */
enum status where_compile(struct arena *arena, const struct table *table, enum spelling spelling,
                          const struct gql_value *value, const struct where **ret_where,
                          struct refusal *refusal) MUST_CHECK;

/* The truths that are possible for the row as far as it is known; never empty. */
unsigned where_evaluate(const struct where *where, struct row *row);

/* Order of two known cells of one column: below, at or above 0. Null is the greatest. */
int cell_compare(const struct cell *a, const struct cell *b);

#endif
