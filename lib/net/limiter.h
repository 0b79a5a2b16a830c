/*
 * How fast to ask: a token bucket for the rate and a window for concurrency.
 * Pure state; the caller brings the time (monotonic milliseconds).
 *
 * The bucket starts with one token and holds at most a quarter of a second of them (at least one): enough to make up
 * for a pause of the caller, too little for a burst that a server would count against us. The window
 * starts at its maximum, halves (not below 1) on a sign of overload, at most once
 * per answer time so that one burst counts once, and grows by one after a full window of good answers.
 *
 * A server that asks to slow down without saying how long (no Retry-After) holds everybody back as well: half a second,
 * and twice as long each time that the next answer asks the same, up to a minute. One that says how long is believed
 * the first time; when its next answer asks the same, it said too little, and that growing time is the least. Any other
 * answer forgets it, but for a sign of overload.
 */
#ifndef OCCUPORT_NET_LIMITER_H
#define OCCUPORT_NET_LIMITER_H

#include "core/status.h"

#include <stdint.h>

struct limiter {
    double rate; /* requests a second; 0: no limit */
    double tokens;
    int64_t refilled_ms;
    int window_max;
    int window;
    int in_flight;
    int good_in_row;
    int64_t not_before_ms;      /* after a Retry-After: nobody asks before */
    int64_t halved_ms;          /* when the window was last halved */
    int throttled_in_row;       /* without another answer between, a burst once */
    int64_t throttled_since_ms; /* the first of them; INT64_MAX: none */
};

void limiter_init(struct limiter *limiter, double requests_per_second, int concurrency, int64_t now_ms);

/* 0: ask now; > 0: ask after so many ms; -1: the window is full, wait for an answer. */
int64_t limiter_delay(const struct limiter *limiter, int64_t now_ms);

/* A request leaves (only after limiter_delay said 0). */
void limiter_start(struct limiter *limiter, int64_t now_ms);

/*
 * Its answer came, or it will never come. STATUS_OK is a good answer; other outcomes than the following neither grow
 * nor shrink the window. outcome STATUS_THROTTLED, STATUS_TIMEOUT or an overloaded server (overloaded = true, e.g. HTTP
 * 503) halves the window. retry_after_ms (-1: none) holds everybody back until then, and STATUS_THROTTLED in any case.
 */
void limiter_finish(struct limiter *limiter, enum status outcome, bool overloaded, int64_t started_ms,
                    int64_t retry_after_ms, int64_t now_ms);

/* How long the server has asked to slow down without giving any other answer; 0 when it does not. */
int64_t limiter_throttled_ms(const struct limiter *limiter, int64_t now_ms);

#endif
