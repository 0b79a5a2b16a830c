/*
 * What an HTTP answer of /v2/api means; page_reader.h reads the rows in it.
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

#include "core/err.h"

#include <stddef.h>

/*
 * The kind of an answer with HTTP code and body. STATUS_OK: it has data and no errors. Otherwise err says what the
 * server said (cut, printable) with its code and path, e.g. `field "X" not found in type: 'Y' (validation-failed at
 * $.selectionSet...)`.
 */
enum status answer_classify(long http_code, bool is_html, const char *body, size_t size, struct err *err) MUST_CHECK;

#endif
