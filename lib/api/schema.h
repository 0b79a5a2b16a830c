/*
 * What the server says of itself, learned by introspection.
 *
 * A probe asks up to two questions, one after another, with __schema and __type and no aliases (a gateway may not
 * pass them): the root fields and their arguments, then the row type of one table. A question that is answered with
 * nulls ends it: STATUS_UNSUPPORTED, this server does not show its schema. Which operators a filter takes is not asked:
 * only a query tells. Introspection is switchable per role, and nobody knows whether the API shows it.
 * [documented: Hasura security; api-facts sections 1 and 5]
 *
 * Pure: no network. schema_probe_query, send, schema_probe_feed, until it is SCHEMA_DONE or SCHEMA_FAIL.
 *
 * Bounded: SCHEMA_ROOTS_MAX root fields, SCHEMA_COLUMNS_MAX columns, names of SCHEMA_NAME_MAX bytes; beyond them, and
 * for names that are no GraphQL names, the schema is refused rather than cut. Of several fields with one name
 * the first counts.
 */
#ifndef OCCUPORT_API_SCHEMA_H
#define OCCUPORT_API_SCHEMA_H

#include "core/buf.h"

#include <stdbool.h>
#include <stddef.h>

enum { SCHEMA_ROOTS_MAX = 5000, SCHEMA_COLUMNS_MAX = 2000, SCHEMA_NAME_MAX = 120 };

struct schema_column {
    const char *name;
    const char *type; /* of the values, without "!": "Int", "[Float]" */
    bool is_object;   /* needs a selection of its own (a relationship): no column of a table can come of it */
};

struct schema_table {
    bool exists; /* the root field is there */
    bool has_where;
    bool has_order_by;
    bool has_limit;
    bool has_aggregate;  /* <ROOT>_aggregate is there */
    size_t column_count; /* of the row type: scalars, and objects without arguments, in the server's order */
    const struct schema_column *columns;
};

struct schema_probe; /* owns all memory */

enum schema_step { SCHEMA_ASK, SCHEMA_DONE, SCHEMA_FAIL };

/* root_field NULL: only the list of root fields is asked for; else it is copied. STATUS_BUG: no name. STATUS_NOMEM. */
enum status schema_probe_new(const char *root_field, struct schema_probe **ret_probe, struct err *err) MUST_CHECK;

/* Appends the JSON body of the next question. STATUS_BUG when there is none; STATUS_NOMEM, STATUS_TOO_LARGE. */
enum status schema_probe_query(const struct schema_probe *probe, struct buf *out, struct err *err) MUST_CHECK;

/*
 * Takes the answer to that question, which answer_classify called STATUS_OK. The body is not kept. SCHEMA_ASK: there is
 * another question. SCHEMA_FAIL: err says why: STATUS_UNSUPPORTED, STATUS_BAD_ANSWER, STATUS_TOO_LARGE, STATUS_NOMEM.
 */
enum schema_step schema_probe_feed(struct schema_probe *probe, const char *body, size_t size,
                                   struct err *err) MUST_CHECK;

/* What was learned, after SCHEMA_DONE; lives as long as the probe. Without a root field all is false. */
const struct schema_table *schema_probe_table(const struct schema_probe *probe);

/* The names of the root fields in the server's order, each once; they live as long as the probe. Returns how many. */
size_t schema_probe_roots(const struct schema_probe *probe, const char *const **ret_names);

void schema_probe_free(struct schema_probe *probe);

#endif
