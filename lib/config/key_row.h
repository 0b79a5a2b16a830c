/* How the rows of keys.c are written: what several of them have in common. For keys.c alone. */
#ifndef OCCUPORT_CONFIG_KEY_ROW_H
#define OCCUPORT_CONFIG_KEY_ROW_H

#include "config/form.h"

#include <stddef.h>
#include <stdint.h>

#define AT(type, field)            .offset = offsetof(type, field), .size = sizeof(((type *)NULL)->field)
#define LIST(type, entries, count) .offset = offsetof(type, entries), .count_offset = offsetof(type, count)
#define ANY_INTEGER                .min = INT64_MIN, .max = INT64_MAX
#define SECONDS_A_DAY              INT64_C(86400)

#define TEXTS(type, entries, count) .entry_size = sizeof(const char *), LIST(type, entries, count)
#define TEXT_ENTRY                  .required = true, .size = sizeof(const char *)
#define COLUMN_NAME                                                                                                    \
    .pattern = FORM_COLUMN, .has_form = form_is_column,                                                                \
    .expects = "a column name: letters, digits and '_', no digit first, at most one '_' first", .max = 128
#define GRANULARITY                                                                                                    \
    .pattern = FORM_DURATION, .has_form = form_is_duration, .expects = "an ISO 8601 duration such as PT1H or P1D",     \
    .max = 64

#endif
