/*
 * A destination that two threads can use in turn: the writer of the engine, and the engine itself, which looks into its
 * ledger for what another run fetched meanwhile. They share a connection and its statements.
 */
#ifndef OCCUPORT_CMD_WIRE_GUARD_H
#define OCCUPORT_CMD_WIRE_GUARD_H

#include "run/destination.h"

struct guard;

/* Borrows what inner points to. STATUS_NOMEM. */
enum status guard_new(const struct destination *inner, struct guard **ret_guard, struct err *err) MUST_CHECK;
void guard_free(struct guard *guard);

/* The same destination, busy while it writes. */
const struct destination *guard_destination(const struct guard *guard);

/* Between the two the destination does nothing. */
void guard_hold(struct guard *guard);
void guard_let_go(struct guard *guard);

#endif
