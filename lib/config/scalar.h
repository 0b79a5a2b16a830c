/* What a YAML scalar is, by its form: the core schema of YAML 1.2. `yes` is text, `010` is ten, only true/false are
 * booleans. */
#ifndef OCCUPORT_CONFIG_SCALAR_H
#define OCCUPORT_CONFIG_SCALAR_H

#include "core/status.h"

#include <stddef.h>
#include <stdint.h>

enum scalar_form { SCALAR_TEXT, SCALAR_NULL, SCALAR_BOOLEAN, SCALAR_INTEGER, SCALAR_FLOAT };

/* The form of a scalar written without quotes. */
enum scalar_form scalar_form(const char *text, size_t size);

/* The value of a SCALAR_INTEGER; false when it does not fit. */
bool scalar_to_int64(const char *text, size_t size, int64_t *ret_value) MUST_CHECK;

/* The value of a SCALAR_INTEGER or SCALAR_FLOAT; false for infinity, not-a-number and what is too long to be meant. */
bool scalar_to_double(const char *text, size_t size, double *ret_value) MUST_CHECK;

#endif
