/*
 * The GraphQL text of one page of a unit.
 *
 * Literals are inline and escaped, numbers unquoted, no variables (the names
 * of the column types are unknown), an operationName, order_by a list of one-key
 * objects over the full key, never a null in where. No aliases: a gateway may not pass them.
 * [documented: Hasura v2; api-facts sections 4 and 5]
 */
#ifndef OCCUPORT_API_QUERY_H
#define OCCUPORT_API_QUERY_H

#include "core/buf.h"
#include "model/plan.h"

enum dialect {
    DIALECT_HASURA,    /* _in, ranges, limit, keyset paging, _aggregate */
    DIALECT_DOCUMENTED /* exactly the public sample: _eq on all five, one slice a request, no paging arguments */
};

/* "hasura", "documented" */
const char *dialect_name(enum dialect dialect);

/* The last row of the page before, as the server spelled it: where the next page begins. */
struct page_key {
    civil_day day;
    int64_t site_id;
    const char *group_id; /* NUL-terminated; owned by whoever holds the key */
    const char *start;    /* DATE_TIME_START as it came */
    bool start_is_number; /* the server sent a JSON number: sent back unquoted */
};

struct page_query {
    enum dialect dialect;
    const char *root_field; /* "BUILDING_INSIGHTS" */
    const struct unit *unit;
    size_t column_count;
    const char *const *columns; /* beside the key columns */
    int limit;
    const struct page_key *after; /* NULL: the first page */
    bool with_count;              /* ask <root>_aggregate for the rows of the whole unit in the same request */
};

/*
 * Appends the JSON body {"operationName","variables","query"} of the page. STATUS_BUG when the dialect cannot ask it
 * (documented: more than one slice, a key, a count); STATUS_NOMEM.
 */
enum status query_page(const struct page_query *query, struct buf *out, struct err *err) MUST_CHECK;

/* Appends text as a GraphQL string literal. Control characters are \uXXXX; the text must be UTF-8. */
void query_append_string(struct buf *out, const char *text, size_t size);

/* True for a GraphQL name: [_A-Za-z][_0-9A-Za-z]*. Columns must be names: they are not quoted in a query. */
bool query_is_name(const char *text);

#endif
