/* What tests and people compare with: the truth, past the API. */
#ifndef SIM_DUMP_H
#define SIM_DUMP_H

#include "respond.h"

#include <stdio.h>

/*
 * Writes every row of a table of insights as CSV (RFC 4180, LF, header) in the order of its key: building, site, group,
 * granularity, start, zone. Values are the text that JSON would show, null is empty. STATUS_IO when out cannot be
 * written.
 */
enum status dump_table_csv(const struct world *world, enum table_id table, const struct respond_style *style, FILE *out,
                           struct err *err) MUST_CHECK;

/* The same of BUILDING_INSIGHTS. */
enum status dump_csv(const struct world *world, const struct respond_style *style, FILE *out,
                     struct err *err) MUST_CHECK;

/* Writes the `granularities:` and `buildings:` of a job file that covers all of it. */
enum status dump_job(const struct world *world, FILE *out, struct err *err) MUST_CHECK;

#endif
