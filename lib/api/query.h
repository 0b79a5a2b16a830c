/*
 * The GraphQL text of one page of a unit.
 *
 * Literals are inline and escaped, numbers unquoted, no variables (the names
 * of the column types are unknown), an operationName, order_by a list of one-key
 * objects over the full key, never a null in where. No aliases: a gateway may not pass them.
 * [documented: Hasura v2; api-facts sections 4 and 5]
 *
 * The order is DATE_PARTITION, SITE_ID, GROUP_ID, DATE_TIME_START, the extra keys of the dataset, then BUILDING_ID
 * and GRANULARITY. The last two are pinned by _eq and decide nothing; they are there so that the order is total
 * whatever the server makes of the filter. The next page begins behind a key: all before those two are compared as one,
 * written out with _gt and _eq, and the lower bound of DATE_PARTITION moves up with it, so that an index on it serves.
 * Dimensions with one value are pinned by _eq and left out of the comparison.
 */
#ifndef OCCUPORT_API_QUERY_H
#define OCCUPORT_API_QUERY_H

#include "core/buf.h"
#include "model/batch.h"
#include "model/dataset.h"
#include "model/plan.h"

enum { QUERY_TEXT_MAX = 4 << 20 };

enum dialect {
    DIALECT_HASURA,    /* _in, ranges, limit, keyset paging, _aggregate */
    DIALECT_DOCUMENTED /* exactly the public sample: _eq on all five, one slice a request, no paging arguments */
};

/* "hasura", "documented" */
const char *dialect_name(enum dialect dialect);

/* The columns that every row is asked for, in the order of the selection; the extra keys of the dataset follow. */
enum key_column {
    KEY_DATE_PARTITION,
    KEY_BUILDING_ID,
    KEY_SITE_ID,
    KEY_GROUP_ID,
    KEY_GRANULARITY,
    KEY_DATE_TIME_START,
    KEY_COLUMN_COUNT
};

/* The name of a key column in the dataset; from KEY_COLUMN_COUNT on its extra keys. */
const char *query_key_name(const struct dataset *dataset, size_t at);

/* Behind what the next page begins: a row, as the server spelled it, or all rows of a slice. */
struct page_key {
    civil_day day;
    int64_t site_id;
    const char *group_id; /* NUL-terminated; owned by whoever holds the key */
    const char *start;    /* DATE_TIME_START as it came; NULL: behind the whole slice */
    bool start_is_number; /* the server sent a JSON number: sent back unquoted */
    size_t key_count;     /* with start: the extra keys of the row */
    const struct value *keys;
};

struct page_query {
    enum dialect dialect;
    const struct dataset *dataset;
    const struct unit *unit;
    size_t column_count;
    const char *const *columns; /* beside the key columns */
    int limit;
    const struct page_key *after; /* NULL: the first page */
    bool with_count;              /* ask <root>_aggregate for the rows of the whole unit in the same request */
};

/*
 * Appends the JSON body {"operationName","variables","query"} of the page. STATUS_BUG when the dialect cannot ask it
 * (documented: more than one slice, a key, a count), when a name is no GraphQL name, or when the key
 * lies outside the unit. STATUS_TOO_LARGE: longer than QUERY_TEXT_MAX or than out may grow. STATUS_NOMEM.
 */
enum status query_page(const struct page_query *query, struct buf *out, struct err *err) MUST_CHECK;

/* The name of the operation in every document. */
#define QUERY_OPERATION "Occuport"

/*
 * Appends the JSON body {"operationName","variables","query"} of a document whose operation has that name.
 * STATUS_NOMEM, STATUS_TOO_LARGE: either of the two is full.
 */
enum status query_wrap(const struct buf *document, struct buf *out, struct err *err) MUST_CHECK;

/* Appends text as a GraphQL string literal. Control characters are \uXXXX; the text must be UTF-8. */
void query_append_string(struct buf *out, const char *text, size_t size);

/* True for a GraphQL name: [_A-Za-z][_0-9A-Za-z]*. Columns must be names: they are not quoted in a query. */
bool query_is_name(const char *text);

#endif
