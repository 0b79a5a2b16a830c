/*
 * Whether a server still does its part: a pure count of how the latest attempts ended.
 *
 * A server that is down is not hammered all night: once HEALTH_WINDOW attempts are known and at least HEALTH_BAD_MAX
 * of the latest HEALTH_WINDOW ended badly, it counts as down. With a backoff that grows to a minute this takes minutes,
 * not seconds, so that a restart of the server is sat out. Any attempt that the server answered properly is a good one,
 * also when the answer was a refusal: what is wrong is then not the server.
 */
#ifndef OCCUPORT_NET_HEALTH_H
#define OCCUPORT_NET_HEALTH_H

#include "core/status.h"

#include <stdint.h>

enum { HEALTH_WINDOW = 128, HEALTH_BAD_MAX = 122 };

/* `= {0}` knows nothing. */
struct health {
    unsigned char was_bad[HEALTH_WINDOW]; /* of the attempts in the window, a ring */
    int known;
    int next;
    int bad;
};

/*
 * How an attempt ended: UNREACHABLE, TIMEOUT, SERVER, UNCLEAR and BAD_ANSWER are bad. An expired session says nothing,
 * nor does a server that asks to slow down (the limiter keeps an eye on that), nor an attempt that INTERRUPTED says was
 * not the server's to finish: they are left out. True: it was a bad one.
 */
bool health_note(struct health *health, enum status outcome);

/* True when it counts as down. */
bool health_is_down(const struct health *health);

#endif
