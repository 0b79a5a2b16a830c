/*
 * JSON numbers without loss: what is kept of them must be all that was sent.
 *
 * A span must be a number by the grammar of JSON (json_scan.h). Pure.
 */
#ifndef OCCUPORT_API_JSON_NUMBER_H
#define OCCUPORT_API_JSON_NUMBER_H

#include "api/json_scan.h"

#include <stdint.h>

enum json_number_kind {
    JSON_NUMBER_INTEGER, /* written without fraction and exponent, and fits 64 bits */
    JSON_NUMBER_REAL,    /* a double printed to as many significant digits shows them all again */
    JSON_NUMBER_DIGITS   /* neither: only its digits hold it */
};

/*
 * nearest is the double nearest to the number (what strtod gives). Leading and trailing zeros are not significant; a
 * number of more than 17 significant digits, or outside the range of a double, is DIGITS.
 */
enum json_number_kind json_number_classify(struct json_span number, double nearest, int64_t *ret_integer);

/* True when the number is a whole one that fits 64 bits, however it is written (71, 71.0, 7.1e1). */
bool json_number_to_int64(struct json_span number, int64_t *ret_value) MUST_CHECK;

#endif
