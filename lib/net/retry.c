#include "net/retry.h"

enum { BASE_MS_DEFAULT = 500, CAP_MS_DEFAULT = 60000, RETRY_AFTER_CAP_MS_DEFAULT = 300000 };

static int64_t or_default(int64_t value, int64_t fallback)
{
    return value > 0 ? value : fallback;
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* min(cap, base * 2^(n-1)) without overflow. */
static int64_t backoff_bound(int64_t base_ms, int64_t cap_ms, int retry)
{
    int64_t bound = base_ms;
    for (int i = 1; i < retry && bound < cap_ms; i++)
        bound = bound > cap_ms / 2 ? cap_ms : bound * 2;
    return smaller(bound, cap_ms);
}

int64_t retry_after_capped(const struct retry_policy *policy, int64_t retry_after_ms)
{
    return smaller(retry_after_ms, or_default(policy->retry_after_cap_ms, RETRY_AFTER_CAP_MS_DEFAULT));
}

struct retry_answer retry_decide(const struct retry_policy *policy, const struct retry_question *question)
{
    if (!status_may_retry(question->failure) || question->attempts_done >= policy->max_attempts)
        return (struct retry_answer){.verdict = RETRY_GIVE_UP};
    int64_t bound = backoff_bound(or_default(policy->base_ms, BASE_MS_DEFAULT),
                                  or_default(policy->cap_ms, CAP_MS_DEFAULT), question->attempts_done);
    int64_t wait_ms = (int64_t)(question->random % ((uint64_t)bound + 1));
    int64_t at_least_ms = retry_after_capped(policy, question->retry_after_ms);
    if (wait_ms < at_least_ms)
        wait_ms = at_least_ms;
    if (wait_ms >= question->time_left_ms)
        return (struct retry_answer){.verdict = RETRY_NO_TIME};
    return (struct retry_answer){.verdict = RETRY_AGAIN, .wait_ms = wait_ms};
}
