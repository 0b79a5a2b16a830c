/*
 * Time, passed in so that policy stays testable.
 *
 * wall: seconds since the epoch, may jump; monotonic: milliseconds from an
 * arbitrary start, never goes back. The system clock honours OCCUPORT_NOW
 * (seconds since the epoch, a number) for the wall time, so that a test or a
 * rehearsal can live on another day; monotonic time is always real.
 */
#ifndef OCCUPORT_CORE_CLOCK_H
#define OCCUPORT_CORE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

enum { CLOCK_TEXT_SIZE = 21 }; /* "2025-05-01T04:00:00Z" and NUL */

struct clock {
    int64_t (*wall_seconds)(void *context);
    int64_t (*monotonic_ms)(void *context);
    void *context;
};

struct clock clock_system(void);

/*
 * A clock for one run, over another. Its wall time is never later than that of the beginning and what has passed since
 * by the monotonic clock: where the wall clock is set forward in the middle, what is fetched does not look older, and
 * so more settled, than it is. The guard must stay where it is.
 */
struct clock_guard {
    struct clock inner;
    int64_t wall;         /* at the beginning */
    int64_t monotonic_ms; /* likewise */
};

struct clock clock_guarded(struct clock_guard *guard, struct clock inner);

int64_t clock_wall(const struct clock *clock);
int64_t clock_monotonic_ms(const struct clock *clock);

/* Writes an instant as "2025-05-01T04:00:00Z" and returns out. */
const char *clock_format_utc(int64_t utc_seconds, char out[CLOCK_TEXT_SIZE]);

/* Writes "2h 05m", "3m 07s" or "12.3s" and returns out. */
const char *clock_format_span(double seconds, char *out, size_t size);

#endif
