/*
 * Reads the few JSON values that nearly all rows are made of, and says "not plain" to everything else, which is then
 * for json-c to judge. A value that is taken here means to json-c what it means here (tests/fuzz/fuzz_page.c).
 */
#ifndef OCCUPORT_API_PLAIN_JSON_H
#define OCCUPORT_API_PLAIN_JSON_H

#include "core/status.h"

#include <stddef.h>
#include <stdint.h>

enum plain_kind { PLAIN_NULL, PLAIN_BOOLEAN, PLAIN_INTEGER, PLAIN_REAL, PLAIN_STRING, PLAIN_JSON };

struct plain_value {
    enum plain_kind kind;
    int64_t integer; /* INTEGER; BOOLEAN: 0 or 1 */
    double real;
    const char *text; /* STRING: between the quotes; numbers and JSON: as written */
    size_t size;
};

/*
 * Reads the value at *at and moves behind it. Plain are: null, true, false; whole numbers of up to 18 digits; decimals
 * of up to 15 significant digits without exponent, which a double holds; strings in UTF-8 without escapes; short
 * objects and arrays without escapes. False: not plain, or cut short; *at is then undefined.
 */
bool plain_json_read(const char **at, const char *end, struct plain_value *ret_value) MUST_CHECK;

#endif
