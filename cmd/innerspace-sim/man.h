/* The man page of the simulator, made from the table of its switches. */
#ifndef SIM_MAN_H
#define SIM_MAN_H

#include "core/buf.h"

void sim_man_page(struct buf *out);

#endif
