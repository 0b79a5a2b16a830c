/*
 * The names of sites and floors, kept fresh with every run that fetches something: asked once, stored in every
 * destination. Nothing depends on them: what goes wrong is a line in the log, and never the end of a run.
 */
#ifndef OCCUPORT_CMD_WIRE_DIMENSIONS_H
#define OCCUPORT_CMD_WIRE_DIMENSIONS_H

#include "model/dimension.h"
#include "model/table.h"
#include "wire_ask.h"

/* Asks for one of them. The caller releases *table in any case. */
enum status dimension_ask(const struct asker *asker, enum dimension_id id, struct table *table,
                          struct err *err) MUST_CHECK;

/* Asks for all and stores what came. A server without them is quite usual. */
void dimensions_refresh(const struct asker *asker, const struct destinations *destinations);

#endif
