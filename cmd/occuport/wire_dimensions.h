/*
 * The names of sites and floors, kept fresh with every run that fetches something: asked once, stored in every
 * destination. Nothing depends on them: what goes wrong is a line in the log, and never the end of a run.
 */
#ifndef OCCUPORT_CMD_WIRE_DIMENSIONS_H
#define OCCUPORT_CMD_WIRE_DIMENSIONS_H

#include "wire_ask.h"

/* Asks for all and stores what came. A server without them is quite usual. */
void dimensions_refresh(const struct asker *asker, const struct destinations *destinations);

#endif
