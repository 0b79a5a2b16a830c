#include "net/limiter.h"

/* Absorbs rounding, so that a caller who waited as long as it was told finds its token. */
static const double TOKEN_SLACK = 1e-6;

static double capacity(const struct limiter *limiter)
{
    double quarter_second = limiter->rate / 4;
    return quarter_second > 1 ? quarter_second : 1;
}

static double tokens_at(const struct limiter *limiter, int64_t now_ms)
{
    double elapsed_ms = now_ms > limiter->refilled_ms ? (double)(now_ms - limiter->refilled_ms) : 0;
    double tokens = limiter->tokens + elapsed_ms * limiter->rate / 1000;
    double most = capacity(limiter);
    return tokens < most ? tokens : most;
}

void limiter_init(struct limiter *limiter, double requests_per_second, int concurrency, int64_t now_ms)
{
    int window = concurrency > 0 ? concurrency : 1;
    *limiter = (struct limiter){
        .rate = requests_per_second > 0 ? requests_per_second : 0,
        .tokens = 1,
        .refilled_ms = now_ms,
        .window_max = window,
        .window = window,
        .not_before_ms = INT64_MIN,
        .halved_ms = INT64_MIN,
        .throttled_since_ms = INT64_MAX,
    };
}

/* Whole milliseconds until the bucket holds a token. */
static int64_t refill_delay(const struct limiter *limiter, int64_t now_ms)
{
    double missing = 1 - TOKEN_SLACK - tokens_at(limiter, now_ms);
    if (!(limiter->rate > 0) || missing <= 0)
        return 0;
    double delay_ms = missing * 1000 / limiter->rate;
    return delay_ms < (double)INT32_MAX ? (int64_t)delay_ms + 1 : INT32_MAX;
}

int64_t limiter_delay(const struct limiter *limiter, int64_t now_ms)
{
    if (limiter->in_flight >= limiter->window)
        return -1;
    int64_t held_ms = limiter->not_before_ms > now_ms ? limiter->not_before_ms - now_ms : 0;
    int64_t refill_ms = refill_delay(limiter, now_ms);
    return held_ms > refill_ms ? held_ms : refill_ms;
}

void limiter_start(struct limiter *limiter, int64_t now_ms)
{
    if (limiter->rate > 0) {
        limiter->tokens = tokens_at(limiter, now_ms) - 1;
        limiter->refilled_ms = now_ms;
    }
    limiter->in_flight++;
}

static void halve(struct limiter *limiter, int64_t started_ms, int64_t now_ms)
{
    limiter->good_in_row = 0;
    /* An answer to a request from before the last halving tells of the same overload. */
    if (started_ms <= limiter->halved_ms)
        return;
    limiter->window = limiter->window > 1 ? limiter->window / 2 : 1;
    limiter->halved_ms = now_ms;
}

enum { HOLD_FIRST_MS = 500, HOLD_MOST_MS = 60000 };

/* Half a second for the first, then twice as long each time; nothing for none. */
static int64_t hold_for(int throttled)
{
    if (throttled <= 0)
        return 0;
    int64_t hold_ms = HOLD_FIRST_MS;
    for (int i = 1; i < throttled && hold_ms < HOLD_MOST_MS; i++)
        hold_ms *= 2;
    return hold_ms < HOLD_MOST_MS ? hold_ms : HOLD_MOST_MS;
}

/* How long to hold everybody back; counts the request of a new burst. */
static int64_t note_throttled(struct limiter *limiter, int64_t started_ms, int64_t retry_after_ms, int64_t now_ms)
{
    if (limiter->throttled_since_ms == INT64_MAX)
        limiter->throttled_since_ms = now_ms;
    if (started_ms > limiter->halved_ms && limiter->throttled_in_row < 16)
        limiter->throttled_in_row++;
    int64_t least_ms = hold_for(limiter->throttled_in_row - (retry_after_ms >= 0));
    return retry_after_ms > least_ms ? retry_after_ms : least_ms;
}

static void forget_throttling(struct limiter *limiter)
{
    limiter->throttled_in_row = 0;
    limiter->throttled_since_ms = INT64_MAX;
}

int64_t limiter_throttled_ms(const struct limiter *limiter, int64_t now_ms)
{
    return limiter->throttled_since_ms < now_ms ? now_ms - limiter->throttled_since_ms : 0;
}

static void count_good(struct limiter *limiter)
{
    if (limiter->window >= limiter->window_max)
        return;
    limiter->good_in_row++;
    if (limiter->good_in_row >= limiter->window) {
        limiter->window++;
        limiter->good_in_row = 0;
    }
}

void limiter_finish(struct limiter *limiter, enum status outcome, bool overloaded, int64_t started_ms,
                    int64_t retry_after_ms, int64_t now_ms)
{
    if (limiter->in_flight > 0)
        limiter->in_flight--;
    bool is_overload = overloaded || outcome == STATUS_THROTTLED || outcome == STATUS_TIMEOUT;
    if (outcome == STATUS_THROTTLED)
        retry_after_ms = note_throttled(limiter, started_ms, retry_after_ms, now_ms);
    if (is_overload)
        halve(limiter, started_ms, now_ms);
    else
        forget_throttling(limiter);
    if (outcome == STATUS_OK && !is_overload)
        count_good(limiter);
    if (retry_after_ms < 0)
        return;
    int64_t until_ms;
    if (__builtin_add_overflow(now_ms, retry_after_ms, &until_ms))
        until_ms = INT64_MAX;
    if (until_ms > limiter->not_before_ms)
        limiter->not_before_ms = until_ms;
}
