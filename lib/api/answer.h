/*
 * What an HTTP answer of /v2/api means, and the rows in it.
 *
 * answer_classify decides on HTTP code and extensions.code, never on message text (an unknown code of a rate or size
 * limit is recognised by "limit-exceeded" and "rate" in the CODE). GraphQL errors beside data, a body cut short, HTML,
 * an empty body, data null or missing: the page never happened.
 *
 *   401; 200 with access-denied, invalid-jwt, invalid-headers, jwt-*                 STATUS_SESSION
 *   429; a code with rate-limit                                                      STATUS_THROTTLED
 *   413; a code with size, node, depth, batch or time limit; time-limit-exceeded     STATUS_TOO_LARGE (time:
 * STATUS_TIMEOUT) 5xx; busy, unexpected, data-connector-error, connection-*, data: null            STATUS_SERVER
 *   validation-failed, not-supported                                                 STATUS_UNSUPPORTED
 *   parse-failed, not-exists, not-found, permission-*, invalid-json, other 4xx       STATUS_REFUSED
 *   HTML, empty, not JSON, cut short, neither data nor errors                        STATUS_BAD_ANSWER
 *   an unknown code                                                                  STATUS_SERVER
 * [documented: api-facts section 5; the table in answer.c]
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
    uint64_t count;       /* of the unit, when asked for and given */
    bool has_last;        /* false: no row, or the last row's key cannot be read */
    struct page_key last; /* key of the last row; its texts live in the batch's arena */
};

/*
 * Reads the rows of a page into batch. Each row is parsed alone by json-c; a row that is
 * outside the unit, or whose key is missing or of the wrong type, becomes a reject with its raw text and the batch goes
 * on. Ids may be numbers or strings of digits; BUILDING_ID and GRANULARITY must equal the unit's; DATE_PARTITION,
 * SITE_ID and GROUP_ID must be in the unit; DATE_TIME_START must parse (model/moment.h). In the documented dialect only
 * DATE_TIME_START and the columns are asked for, so absent key columns are taken from the slice; present ones are
 * checked all the same. STATUS_BAD_ANSWER: the body is not the agreed shape (e.g. data without the root field, rows
 * that are no list); the batch must then be reset.
 */
enum status answer_read_page(const struct page_query *query, const char *body, size_t size, struct batch *batch,
                             struct page_summary *ret_summary, struct err *err) MUST_CHECK;

#endif
