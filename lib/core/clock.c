#include "core/clock.h"

#include "core/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int64_t system_wall(void *context)
{
    (void)context;
    const char *pinned = getenv("OCCUPORT_NOW");
    int64_t seconds;
    if (pinned != NULL && text_to_int64(pinned, strlen(pinned), &seconds))
        return seconds;
    return (int64_t)time(NULL);
}

static int64_t system_monotonic(void *context)
{
    (void)context;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct clock clock_system(void)
{
    return (struct clock){.wall_seconds = system_wall, .monotonic_ms = system_monotonic};
}

static int64_t guarded_wall(void *context)
{
    const struct clock_guard *guard = context;
    int64_t shown = clock_wall(&guard->inner);
    int64_t most = guard->wall + (clock_monotonic_ms(&guard->inner) - guard->monotonic_ms) / 1000 + 1;
    return shown < most ? shown : most;
}

static int64_t guarded_monotonic(void *context)
{
    const struct clock_guard *guard = context;
    return clock_monotonic_ms(&guard->inner);
}

struct clock clock_guarded(struct clock_guard *guard, struct clock inner)
{
    *guard = (struct clock_guard){inner, clock_wall(&inner), clock_monotonic_ms(&inner)};
    return (struct clock){guarded_wall, guarded_monotonic, guard};
}

int64_t clock_wall(const struct clock *clock)
{
    return clock->wall_seconds(clock->context);
}

int64_t clock_monotonic_ms(const struct clock *clock)
{
    return clock->monotonic_ms(clock->context);
}

const char *clock_format_utc(int64_t utc_seconds, char out[CLOCK_TEXT_SIZE])
{
    time_t time = (time_t)utc_seconds;
    struct tm tm;
    if (gmtime_r(&time, &tm) == NULL || strftime(out, CLOCK_TEXT_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
        out[0] = '\0';
    return out;
}

const char *clock_format_span(double seconds, char *out, size_t size)
{
    if (seconds < 59.95) { /* what is not rounded to 60.0 */
        snprintf(out, size, "%.1fs", seconds);
        return out;
    }
    int64_t whole = (int64_t)(seconds + 0.5);
    if (whole < 3600)
        snprintf(out, size, "%lldm %02llds", (long long)(whole / 60), (long long)(whole % 60));
    else
        snprintf(out, size, "%lldh %02lldm", (long long)(whole / 3600), (long long)(whole / 60 % 60));
    return out;
}
