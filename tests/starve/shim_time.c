/*
 * Preloaded into occuport: a wall clock that jumps, and sleeps that take no time.
 *
 * STARVE_WALL      what the wall clock shows at the start of the program, in seconds since 1970; unset: the real one
 * STARVE_JUMP      so many seconds are added to it (or taken from it, when negative) ...
 * STARVE_JUMP_FILE ... from the moment on that this file exists
 * STARVE_NO_SLEEP  1: usleep, sleep and nanosleep return at once. SQLite counts how long it meant to sleep, so that its
 *                  busy timeout of a minute is over in a moment.
 *
 * CLOCK_MONOTONIC and CLOCK_BOOTTIME stay what they are, as they would.
 */
#include "shim.h"

#include <stdbool.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* Names as in the manual, not as in the headers. NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */

static long now(clockid_t clock, struct timespec *ret_now)
{
    return syscall(SYS_clock_gettime, clock, ret_now);
}

/* Seconds since the program began, by the clock that never jumps. */
static time_t elapsed(void)
{
    static time_t begin;
    struct timespec time;
    now(CLOCK_MONOTONIC, &time);
    if (begin == 0)
        begin = time.tv_sec;
    return time.tv_sec - begin;
}

/* False: the wall clock is the real one. */
static bool fake_wall(time_t *ret_seconds)
{
    const char *file = getenv("STARVE_JUMP_FILE");
    long wall = shim_number("STARVE_WALL");
    if (wall == 0)
        return false;
    bool jumped = file != NULL && syscall(SYS_access, file, 0) == 0;
    *ret_seconds = wall + elapsed() + (jumped ? shim_number("STARVE_JUMP") : 0);
    return true;
}

int clock_gettime(clockid_t clock, struct timespec *ret_now)
{
    bool is_wall = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
    int result = (int)now(clock, ret_now);
    if (result == 0 && is_wall)
        (void)fake_wall(&ret_now->tv_sec);
    return result;
}

time_t time(time_t *ret_now)
{
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    if (ret_now != NULL)
        *ret_now = time.tv_sec;
    return time.tv_sec;
}

int gettimeofday(struct timeval *ret_now, void *zone)
{
    struct timespec time;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &time);
    *ret_now = (struct timeval){time.tv_sec, time.tv_nsec / 1000};
    return 0;
}

static bool skips_sleep(void)
{
    return shim_number("STARVE_NO_SLEEP") != 0;
}

int usleep(useconds_t microseconds)
{
    typedef int usleep_type(useconds_t);
    return skips_sleep() ? 0 : ((usleep_type *)shim_next("usleep"))(microseconds);
}

unsigned sleep(unsigned seconds)
{
    typedef unsigned sleep_type(unsigned);
    return skips_sleep() ? 0 : ((sleep_type *)shim_next("sleep"))(seconds);
}

int nanosleep(const struct timespec *wanted, struct timespec *ret_left)
{
    typedef int nanosleep_type(const struct timespec *, struct timespec *);
    return skips_sleep() ? 0 : ((nanosleep_type *)shim_next("nanosleep"))(wanted, ret_left);
}
/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
