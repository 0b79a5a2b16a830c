/*
 * Whether and when to ask again: a pure function of what happened.
 *
 * Exponential backoff with full jitter: the n-th retry waits a random time in
 * [0, min(cap, base * 2^(n-1))]. A Retry-After is a lower bound (and is itself
 * capped, since a server must not be able to stop us for a week). Nothing is
 * retried that would end after the deadline.
 */
#ifndef OCCUPORT_NET_RETRY_H
#define OCCUPORT_NET_RETRY_H

#include "core/status.h"

#include <stdint.h>

struct retry_policy {
    int max_attempts;           /* of one request, the first included */
    int64_t base_ms;            /* 0: 500 */
    int64_t cap_ms;             /* 0: 60,000 */
    int64_t retry_after_cap_ms; /* 0: 300,000 */
};

struct retry_question {
    enum status failure;
    int attempts_done;      /* 1 after the first failure */
    int64_t retry_after_ms; /* -1: the server named none */
    int64_t time_left_ms;   /* until the run must end; INT64_MAX: no limit */
    uint64_t random;        /* uniform over all 64 bits; the only source of chance */
};

enum retry_verdict { RETRY_AGAIN, RETRY_GIVE_UP, RETRY_NO_TIME };

struct retry_answer {
    enum retry_verdict verdict;
    int64_t wait_ms; /* with RETRY_AGAIN */
};

/* A Retry-After (-1: none) cut to what the policy allows. */
int64_t retry_after_capped(const struct retry_policy *policy, int64_t retry_after_ms);

/*
 * RETRY_GIVE_UP: this kind of failure is not cured by asking again, or the attempts are used up. RETRY_NO_TIME: it
 * would be worth another attempt, but that could not start before the time is up.
 */
struct retry_answer retry_decide(const struct retry_policy *policy, const struct retry_question *question);

#endif
