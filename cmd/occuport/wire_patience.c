#include "wire_patience.h"

#include "core/commit_point.h"
#include "core/log.h"

#include <sys/random.h>
#include <time.h>

enum { LOOK_MS = 50, AGAIN_MS = 20, TELL_MS = 10000 };

struct patience patience_new(const volatile sig_atomic_t *interrupted)
{
    return (struct patience){.interrupted = interrupted,
                             .clock = clock_system(),
                             .most_ms = (int64_t)TEST_LIMIT("postgres.patience_ms", PATIENCE_LOST_MS),
                             .until_ms = INT64_MAX};
}

struct patience patience_to_begin(const volatile sig_atomic_t *interrupted, int64_t deadline_ms)
{
    struct patience patience = patience_new(interrupted);
    if (patience.most_ms > PATIENCE_BEGIN_MS)
        patience.most_ms = PATIENCE_BEGIN_MS;
    patience.until_ms = deadline_ms > 0 ? deadline_ms : INT64_MAX;
    patience.ends_at_once = true;
    return patience;
}

bool patience_is_stopped(struct patience *patience)
{
    bool interrupted = patience->interrupted != NULL && *patience->interrupted != 0;
    return patience->ends_at_once && (interrupted || clock_monotonic_ms(&patience->clock) >= patience->until_ms);
}

static void sleep_ms(int64_t ms)
{
    struct timespec time = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};
    (void)nanosleep(&time, NULL);
}

/* From half of it to one and a half: those who got into each other's way come back at different times. */
static int64_t by_chance(int64_t ms)
{
    uint32_t chance = 0;
    if (getrandom(&chance, sizeof chance, GRND_NONBLOCK) != (ssize_t)sizeof chance)
        return ms;
    return ms / 2 + (int64_t)(chance % (uint64_t)(ms + 1));
}

void patience_tell(struct patience *patience, const char *why)
{
    if (!patience->told)
        log_warn("%s; trying again", why);
    patience->told = true;
}

/* Nobody is told of what is over soon. */
static void tell_if_long(struct patience *patience)
{
    int64_t now = clock_monotonic_ms(&patience->clock);
    int64_t most_ms = (int64_t)TEST_LIMIT("postgres.tell_ms", TELL_MS);
    if (patience->begun_ms == 0)
        patience->begun_ms = now;
    else if (now - patience->begun_ms >= most_ms)
        patience_tell(patience, "others hold locks of the database that this run waits for");
}

/* What was begun may end well in the first seconds behind a signal. */
static bool was_interrupted(struct patience *patience, int64_t now)
{
    if (patience->interrupted != NULL && *patience->interrupted != 0 && patience->interrupted_ms == 0)
        patience->interrupted_ms = now;
    return patience_is_stopped(patience) ||
           (patience->interrupted_ms != 0 && now - patience->interrupted_ms >= PATIENCE_INTERRUPTED_MS);
}

bool patience_again(struct patience *patience)
{
    patience_found(patience); /* a server that says so is there */
    tell_if_long(patience);
    int64_t now = clock_monotonic_ms(&patience->clock);
    int64_t most_ms = (int64_t)TEST_LIMIT("postgres.again_ms", PATIENCE_AGAIN_MS);
    if (now - patience->begun_ms >= most_ms || was_interrupted(patience, now))
        return false;
    int64_t ms = (int64_t)AGAIN_MS * ++patience->attempts;
    sleep_ms(by_chance(ms < PATIENCE_WAIT_MS ? ms : PATIENCE_WAIT_MS));
    return true;
}

static bool is_over(struct patience *patience)
{
    int64_t now = clock_monotonic_ms(&patience->clock);
    return was_interrupted(patience, now) || now - patience->lost_ms >= patience->most_ms;
}

/* False: it is over before. */
static bool wait(struct patience *patience, int64_t ms)
{
    int64_t until = clock_monotonic_ms(&patience->clock) + ms;
    while (clock_monotonic_ms(&patience->clock) < until) {
        if (is_over(patience))
            return false;
        sleep_ms(LOOK_MS);
    }
    return !is_over(patience);
}

static bool wait_before_next(struct patience *patience)
{
    int64_t ms = patience->waits < 6 ? (int64_t)LOOK_MS << patience->waits : PATIENCE_WAIT_MS;
    patience->waits++;
    return wait(patience, by_chance(ms));
}

bool patience_reconnect(struct patience *patience, struct db *db)
{
    struct err why;
    if (patience->lost_ms == 0) {
        patience->lost_ms = clock_monotonic_ms(&patience->clock);
        log_warn("%s: the connection is lost; waiting for it for up to %d s", db_path(db),
                 (int)(patience->most_ms / 1000));
    }
    do {
        if (!wait_before_next(patience))
            return false;
    } while (pg_reconnect(db, &why) != STATUS_OK);
    return true;
}

bool patience_wait(struct patience *patience, const char *why)
{
    if (patience->lost_ms == 0) {
        patience->lost_ms = clock_monotonic_ms(&patience->clock);
        log_warn("%s; trying again for up to %d s", why, (int)(patience->most_ms / 1000));
    }
    return wait_before_next(patience);
}

bool patience_mend(struct patience *patience, struct db *db)
{
    switch (pg_trouble(db)) {
    case PG_TROUBLE_AGAIN: return patience_again(patience);
    case PG_TROUBLE_LOST: return patience_reconnect(patience, db);
    case PG_TROUBLE_NONE:
    case PG_TROUBLE_OTHER:
    default: return false;
    }
}

void patience_found(struct patience *patience)
{
    patience->lost_ms = 0;
    patience->waits = 0;
}

void patience_done(struct patience *patience)
{
    patience_found(patience);
    patience->begun_ms = 0;
    patience->attempts = 0;
}

enum status patience_conclude(struct patience *patience, enum status status, struct err *err)
{
    if (status != STATUS_IO || !patience_is_stopped(patience))
        return status;
    return patience->interrupted != NULL && *patience->interrupted != 0
               ? err_set(err, STATUS_INTERRUPTED, "interrupted by a signal")
               : err_set(err, STATUS_INTERRUPTED, "the time allowed for the run (max_runtime) is over");
}
