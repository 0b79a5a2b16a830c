/*
 * The outer JSON of an answer: {"data": {ROOT: [...], ROOT_aggregate: {...}}, "errors": [...]}.
 *
 * One walk checks the whole body, so what stands inside the spans is sound JSON. A byte order mark in front and blanks
 * around are let through; anything behind is not. Extra keys are ignored. A key that decides something and stands there
 * twice makes the answer ambiguous: STATUS_BAD_ANSWER.
 */
#ifndef OCCUPORT_API_ENVELOPE_H
#define OCCUPORT_API_ENVELOPE_H

#include "api/json_scan.h"
#include "core/err.h"

#include <stdint.h>

/* Spans point into the body; text NULL: the key is not there. */
struct envelope {
    struct json_span data;
    struct json_span errors;
    struct json_span root;      /* data.<ROOT> */
    struct json_span aggregate; /* data.<ROOT>_aggregate */
};

/* root_field NULL: only data and errors are looked for. STATUS_BAD_ANSWER. */
enum status envelope_read(const char *body, size_t size, const char *root_field, struct envelope *ret_envelope,
                          struct err *err) MUST_CHECK;

/*
 * The count in {"aggregate": {"count": 5}}, a number or a string of digits. *ret_has_count is false when the server
 * gave none (a part is null or missing). STATUS_BAD_ANSWER: it is no count.
 */
enum status envelope_count(struct json_span aggregate, bool *ret_has_count, uint64_t *ret_count,
                           struct err *err) MUST_CHECK;

#endif
