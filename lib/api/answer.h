/*
 * What an HTTP answer of /v2/api means, and the rows in it.
 *
 * answer_classify decides on the HTTP code and on extensions.code, never on message text. GraphQL errors
 * beside data, a body cut short, HTML, an empty body, data null or missing: the page never happened.
 *
 *   401; access-denied, invalid-jwt, invalid-headers, jwt-*                     STATUS_SESSION
 *   429; a code with rate-limit, too-many-requests                              STATUS_THROTTLED
 *   408, 504; a code with time-limit, timeout                                   STATUS_TIMEOUT
 *   413; a code with size-, node-, depth-, batch-limit, other limit-exceeded    STATUS_TOO_LARGE
 *   validation-failed, not-supported                                            STATUS_UNSUPPORTED
 *   parse-failed, not-exists, not-found, permission-*, invalid-json, ...;
 *   other 3xx and 4xx                                                           STATUS_REFUSED
 *   other 5xx; busy, unexpected, data-connector-error, connection-*; data
 *   null without errors                                                         STATUS_SERVER
 *   an error of an unknown code or none                                         STATUS_UNCLEAR
 *   HTML, empty, not JSON, cut short, neither data nor errors                   STATUS_BAD_ANSWER
 *
 * The code of an error decides under HTTP 2xx and 400; any other HTTP code decides by itself. Of several errors the
 * first of the worst kind counts (graphql_error.h has the order). An empty list of errors, or null, is no error.
 * [documented: api-facts section 5; the tables are in answer.c and graphql_error.c]
 */
#ifndef OCCUPORT_API_ANSWER_H
#define OCCUPORT_API_ANSWER_H

#include "api/query.h"
#include "model/batch.h"

/*
 * The kind of an answer with HTTP code and body. STATUS_OK: it has data and no errors. Otherwise err says what the
 * server said (cut, printable) with its code and path, e.g. `field "X" not found in type: 'Y' (validation-failed at
 * $.selectionSet...)`.
 */
enum status answer_classify(long http_code, bool is_html, const char *body, size_t size, struct err *err) MUST_CHECK;

struct page_summary {
    uint64_t rows; /* in the answer, rejects included */
    bool has_count;
    uint64_t count; /* of the unit, when asked for and given */

    /* Of the rows that have a place in the unit, rejects with a slice included. */
    bool in_order;            /* they stand in the order that was asked for, as far as we can compare */
    bool past_key;            /* all of them lie behind query->after (true on a first page) */
    bool has_repeats;         /* neighbours have the same key */
    size_t tail_slice;        /* that of the last one; SIZE_MAX: there is none */
    uint64_t tail_rows;       /* how many in a row at the end belong to tail_slice */
    bool has_last;            /* a start (and its extra keys) in tail_slice can be read */
    struct page_key last;     /* the last such; its text lives in the batch's arena */
    bool has_boundary;        /* there are rows before those of tail_slice */
    struct page_key boundary; /* the slice just before tail_slice; start NULL */
};

/*
 * Reads the rows of a page into batch. The whole body is checked to be JSON before the first row is kept; then each row
 * is parsed alone by json-c. A row that is outside the unit, or whose key is missing or of the wrong type, becomes a
 * reject with its raw text and the batch goes on (row_reader.h has the list). Ids may be numbers or strings of digits;
 * BUILDING_ID and GRANULARITY must equal the unit's; DATE_PARTITION, SITE_ID and GROUP_ID must be in the unit;
 * DATE_TIME_START must parse (model/moment.h); an extra key of the dataset must be a whole
 * number or a text. In the documented dialect all key columns but DATE_TIME_START are pinned
 * to one value, so a key column that is absent is taken from the slice; present ones are checked all the same.
 *
 * STATUS_BAD_ANSWER: the body is not the agreed shape (e.g. data without the root field, rows that are no list, the
 * same key twice in data); STATUS_TOO_LARGE: a row beyond 2 GiB; STATUS_NOMEM. The batch then holds what it held
 * before.
 */
enum status answer_read_page(const struct page_query *query, const char *body, size_t size, struct batch *batch,
                             struct page_summary *ret_summary, struct err *err) MUST_CHECK;

#endif
