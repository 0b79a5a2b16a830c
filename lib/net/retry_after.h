/*
 * The Retry-After header: a number of seconds, or a date. Pure.
 *
 * A date is measured against the server's own Date where it sent one, so that a clock that is wrong on either
 * side does not turn a minute into an hour.
 */
#ifndef OCCUPORT_NET_RETRY_AFTER_H
#define OCCUPORT_NET_RETRY_AFTER_H

#include <stdint.h>

/*
 * Milliseconds to wait, never negative, at most RETRY_AFTER_MAX_MS; -1 when value is NULL or cannot be read.
 * date: the Date header or NULL; now_seconds: wall time, used when date is NULL or cannot be read.
 */
int64_t retry_after_parse(const char *value, const char *date, int64_t now_seconds);

#define RETRY_AFTER_MAX_MS ((int64_t)366 * 24 * 3600 * 1000)

#endif
