/*
 * A connection string of PostgreSQL as libpq reads it: "host=db dbname=x user=u", or a URI such as
 * postgresql://u@db/x?sslmode=verify-full. Looked at without libpq, for two reasons: what it says of a text that it
 * cannot read repeats parts of it, which may be those of a password; and a job is checked by programs without it.
 */
#ifndef OCCUPORT_CONFIG_DSN_H
#define OCCUPORT_CONFIG_DSN_H

#include <stdbool.h>

/* What is wrong with it, as words after "must be"; NULL for nothing. Which parameters there are is left to libpq. */
const char *dsn_fault(const char *text);

/* True when a text of the job file, its references not replaced, holds a password that is not one of them. */
bool dsn_has_password(const char *written);

#endif
