#include "net/health.h"

static bool is_bad(enum status outcome)
{
    return outcome == STATUS_UNREACHABLE || outcome == STATUS_TIMEOUT || outcome == STATUS_SERVER ||
           outcome == STATUS_UNCLEAR || outcome == STATUS_BAD_ANSWER;
}

bool health_note(struct health *health, enum status outcome)
{
    if (outcome == STATUS_SESSION || outcome == STATUS_THROTTLED || outcome == STATUS_INTERRUPTED)
        return false;
    health->bad -= health->was_bad[health->next];
    health->was_bad[health->next] = is_bad(outcome);
    health->bad += health->was_bad[health->next];
    health->next = (health->next + 1) % HEALTH_WINDOW;
    if (health->known < HEALTH_WINDOW)
        health->known++;
    return is_bad(outcome);
}

bool health_is_down(const struct health *health)
{
    return health->known == HEALTH_WINDOW && health->bad >= HEALTH_BAD_MAX;
}
