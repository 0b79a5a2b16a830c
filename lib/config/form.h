/*
 * The forms that texts of a job file have: each as a pattern for the JSON Schema, and as a function that means the
 * same.
 *
 * Why not regcomp: that of glibc frees memory twice when it runs out of it, and regexec calls a text wrong that it has
 * no memory to look at.
 */
#ifndef OCCUPORT_CONFIG_FORM_H
#define OCCUPORT_CONFIG_FORM_H

#include <stdbool.h>

#define FORM_TIME_OF_DAY "T([0-9]+H([0-9]+M)?([0-9]+S)?|[0-9]+M([0-9]+S)?|[0-9]+S)"
#define FORM_DURATION                                                                                                  \
    "^P([0-9]+W|[0-9]+Y([0-9]+M)?([0-9]+D)?(" FORM_TIME_OF_DAY ")?|[0-9]+M([0-9]+D)?(" FORM_TIME_OF_DAY                \
    ")?|[0-9]+D(" FORM_TIME_OF_DAY ")?|" FORM_TIME_OF_DAY ")$"
#define FORM_COLUMN  "^(_?[A-Za-z][_0-9A-Za-z]*|_[0-9][_0-9A-Za-z]*)$"
#define FORM_DATASET "^[a-z][a-z0-9_]{0,40}$"
#define FORM_SCHEMA  "^([a-oq-z_]|p([a-fh-z0-9_]|$)|pg([a-z0-9]|$))[a-z0-9_]*$"

bool form_is_duration(const char *text);
bool form_is_column(const char *text);
bool form_is_dataset(const char *text);
bool form_is_schema(const char *text); /* of any length */

#endif
