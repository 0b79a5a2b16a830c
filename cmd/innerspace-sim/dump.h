/* What tests and people compare with: the truth, past the API. */
#ifndef SIM_DUMP_H
#define SIM_DUMP_H

#include "execute.h"

#include <stdio.h>

/*
 * Writes every row of a table of insights as CSV (RFC 4180, LF, header) in the order of its key: building, site, group,
 * granularity, start, zone. Values are the text that JSON would show, null is empty. STATUS_IO when out cannot be
 * written.
 */
enum status dump_csv(const struct backend *backend, enum table_id id, FILE *out, struct err *err) MUST_CHECK;

/*
 * Writes the rows of BUILDING_INSIGHTS as the API gives them, one JSON object a line, with their --flaws: some lines
 * may be no JSON.
 */
enum status dump_json(const struct backend *backend, FILE *out, struct err *err) MUST_CHECK;

/* Writes the `granularities:` and `buildings:` of a job file that covers all of it. */
enum status dump_job(const struct world *world, FILE *out, struct err *err) MUST_CHECK;

#endif
