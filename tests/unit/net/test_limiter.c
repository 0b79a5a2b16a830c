#include "net/limiter.h"

#include <criterion/criterion.h>

/* Starts a request and finishes it well at the same instant. */
static void ask(struct limiter *limiter, int64_t now_ms)
{
    limiter_start(limiter, now_ms);
    limiter_finish(limiter, STATUS_OK, false, now_ms, -1, now_ms);
}

/* How many requests an eager caller sends in [from_ms, to_ms), looking every step_ms. */
static int count_requests(struct limiter *limiter, int64_t from_ms, int64_t to_ms, int64_t step_ms)
{
    int count = 0;
    for (int64_t now_ms = from_ms; now_ms < to_ms; now_ms += step_ms) {
        while (limiter_delay(limiter, now_ms) == 0) {
            ask(limiter, now_ms);
            count++;
        }
    }
    return count;
}

Test(limiter, rate_over_ten_seconds_never_exceeds_the_budget)
{
    static const struct {
        double rate;
        int64_t step_ms;
    } rows[] = {{0.5, 1}, {1, 1}, {3, 7}, {10, 1}, {10, 33}, {10, 100}, {60, 1}, {1000, 1}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct limiter limiter;
        limiter_init(&limiter, rows[i].rate, 8, 1000);
        int count = count_requests(&limiter, 1000, 11000, rows[i].step_ms);
        cr_expect_leq(count, rows[i].rate * 10 + 1, "rate %g: %d requests", rows[i].rate, count);
        cr_expect_geq(count, rows[i].rate * 10 * 0.9, "rate %g: %d requests", rows[i].rate, count);
    }
}

Test(limiter, pause_does_not_save_up_more_than_a_quarter_of_a_second)
{
    struct limiter limiter;
    limiter_init(&limiter, 40, 8, 0);
    cr_assert_eq(count_requests(&limiter, 3600000, 3600001, 1), 10);
    limiter_init(&limiter, 2, 8, 0);
    cr_assert_eq(count_requests(&limiter, 3600000, 3600001, 1), 1, "at least one token fits");
}

Test(limiter, told_delay_is_enough_and_not_too_long)
{
    struct limiter limiter;
    limiter_init(&limiter, 3, 8, 0);
    int64_t now_ms = 0;
    for (int i = 0; i < 100; i++) {
        int64_t delay_ms = limiter_delay(&limiter, now_ms);
        cr_assert(delay_ms >= 0 && delay_ms <= 334, "%lld", (long long)delay_ms);
        now_ms += delay_ms;
        cr_assert_eq(limiter_delay(&limiter, now_ms), 0);
        ask(&limiter, now_ms);
    }
    cr_assert(now_ms >= 33000 && now_ms < 33200, "%lld", (long long)now_ms);
}

Test(limiter, rate_zero_is_no_limit_and_strange_rates_are_survived)
{
    struct limiter limiter;
    limiter_init(&limiter, 0, 8, 0);
    for (int i = 0; i < 1000; i++) {
        cr_assert_eq(limiter_delay(&limiter, 0), 0);
        ask(&limiter, 0);
    }
    limiter_init(&limiter, -4, 8, 0);
    cr_assert_eq(limiter_delay(&limiter, 0), 0);
    limiter_init(&limiter, 1e-12, 8, 0);
    ask(&limiter, 0);
    cr_assert_eq(limiter_delay(&limiter, 0), INT32_MAX);
}

Test(limiter, time_that_stands_still_gives_no_token)
{
    struct limiter limiter;
    limiter_init(&limiter, 10, 8, 5000);
    ask(&limiter, 5000);
    cr_assert_gt(limiter_delay(&limiter, 5000), 0);
    cr_assert_gt(limiter_delay(&limiter, 4000), 0, "nor does time that goes back");
}

Test(limiter, full_window_waits_for_an_answer)
{
    struct limiter limiter;
    limiter_init(&limiter, 0, 2, 0);
    limiter_start(&limiter, 0);
    cr_assert_eq(limiter_delay(&limiter, 0), 0);
    limiter_start(&limiter, 0);
    cr_assert_eq(limiter_delay(&limiter, 0), -1);
    limiter_finish(&limiter, STATUS_OK, false, 0, -1, 5);
    cr_assert_eq(limiter_delay(&limiter, 5), 0);
    limiter_init(&limiter, 0, 0, 0);
    cr_assert_eq(limiter_delay(&limiter, 0), 0, "a window of nothing would wait for ever");
}

Test(limiter, burst_of_overload_halves_once)
{
    struct limiter limiter;
    limiter_init(&limiter, 0, 8, 0);
    for (int i = 0; i < 8; i++)
        limiter_start(&limiter, 100 + i);
    for (int i = 0; i < 8; i++)
        limiter_finish(&limiter, STATUS_THROTTLED, true, 100 + i, -1, 200 + i);
    cr_assert_eq(limiter.window, 4);
    limiter_start(&limiter, 300);
    limiter_finish(&limiter, STATUS_THROTTLED, true, 300, -1, 400);
    cr_assert_eq(limiter.window, 2, "asked after the halving: the overload goes on");
}

Test(limiter, each_sign_of_overload_halves_and_other_failures_do_not)
{
    static const struct {
        enum status outcome;
        bool overloaded;
        int window;
    } rows[] = {
        {STATUS_THROTTLED, false, 4}, {STATUS_TIMEOUT, false, 4}, {STATUS_SERVER, true, 4},   {STATUS_OK, true, 4},
        {STATUS_SERVER, false, 8},    {STATUS_SESSION, false, 8}, {STATUS_REFUSED, false, 8}, {STATUS_OK, false, 8},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct limiter limiter;
        limiter_init(&limiter, 0, 8, 0);
        limiter_start(&limiter, 10);
        limiter_finish(&limiter, rows[i].outcome, rows[i].overloaded, 10, -1, 20);
        cr_expect_eq(limiter.window, rows[i].window, "row %zu", i);
        cr_expect_eq(limiter.in_flight, 0);
    }
}

Test(limiter, window_never_falls_below_one)
{
    struct limiter limiter;
    limiter_init(&limiter, 0, 3, 0);
    for (int64_t now_ms = 10; now_ms < 100; now_ms += 10) {
        limiter_start(&limiter, now_ms);
        limiter_finish(&limiter, STATUS_TIMEOUT, false, now_ms, -1, now_ms + 5);
    }
    cr_assert_eq(limiter.window, 1);
    cr_assert_eq(limiter_delay(&limiter, 100), 0);
}

Test(limiter, window_recovers_by_one_for_each_full_window_of_good_answers)
{
    struct limiter limiter;
    limiter_init(&limiter, 0, 8, 0);
    limiter_start(&limiter, 10);
    limiter_finish(&limiter, STATUS_TIMEOUT, false, 10, -1, 20);
    cr_assert_eq(limiter.window, 4);
    static const int answers[] = {4, 5, 6, 7};
    for (int i = 0; i < 4; i++) {
        for (int answer = 0; answer < answers[i]; answer++) {
            cr_assert_eq(limiter.window, 4 + i);
            ask(&limiter, 30);
        }
    }
    cr_assert_eq(limiter.window, 8);
    for (int i = 0; i < 100; i++)
        ask(&limiter, 40);
    cr_assert_eq(limiter.window, 8, "the configured concurrency is the most");
}

Test(limiter, retry_after_holds_everybody_back_and_is_never_shortened)
{
    struct limiter limiter;
    limiter_init(&limiter, 0, 8, 0);
    limiter_start(&limiter, 0);
    limiter_start(&limiter, 0);
    limiter_finish(&limiter, STATUS_THROTTLED, true, 0, 2000, 100);
    cr_assert_eq(limiter_delay(&limiter, 100), 2000);
    limiter_finish(&limiter, STATUS_THROTTLED, true, 0, 500, 100);
    cr_assert_eq(limiter_delay(&limiter, 1100), 1000);
    cr_assert_eq(limiter_delay(&limiter, 2100), 0);
    limiter_start(&limiter, 2100);
    limiter_finish(&limiter, STATUS_THROTTLED, true, 2100, INT64_MAX, 2200);
    cr_assert_gt(limiter_delay(&limiter, 2200), 0, "without overflow");
}

Test(limiter, throttling_without_a_hint_holds_everybody_longer_each_time)
{
    struct limiter limiter;
    limiter_init(&limiter, 0, 4, 0);
    int64_t now = 1000;
    static const int64_t holds[] = {500, 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000};
    for (size_t i = 0; i < sizeof holds / sizeof holds[0]; i++) {
        limiter_start(&limiter, now);
        limiter_finish(&limiter, STATUS_THROTTLED, true, now, -1, now + 1);
        cr_assert_eq(limiter_delay(&limiter, now + 1), holds[i], "%zu: %lld", i,
                     (long long)limiter_delay(&limiter, now + 1));
        now += 1 + holds[i];
    }
    limiter_start(&limiter, now);
    limiter_finish(&limiter, STATUS_OK, false, now, -1, now + 1);
    limiter_start(&limiter, now + 2);
    limiter_finish(&limiter, STATUS_THROTTLED, true, now + 2, -1, now + 3);
    cr_assert_eq(limiter_delay(&limiter, now + 3), 500, "a good answer forgets");
}

Test(limiter, a_burst_of_throttled_answers_counts_once)
{
    struct limiter limiter;
    limiter_init(&limiter, 0, 4, 0);
    for (int i = 0; i < 4; i++)
        limiter_start(&limiter, 100);
    for (int i = 0; i < 4; i++)
        limiter_finish(&limiter, STATUS_THROTTLED, true, 100, -1, 200);
    cr_assert_eq(limiter_delay(&limiter, 200), 500);
}

/* Asked to slow down at the instant; returns how long everybody is held. */
static int64_t throttle(struct limiter *limiter, int64_t hint_ms, int64_t now)
{
    limiter_start(limiter, now);
    limiter_finish(limiter, STATUS_THROTTLED, true, now, hint_ms, now + 1);
    return limiter_delay(limiter, now + 1);
}

Test(limiter, a_hint_is_believed_the_first_time_and_too_small_ones_not_again)
{
    struct limiter limiter;
    limiter_init(&limiter, 0, 4, 0);
    static const int64_t hints[] = {0, 0, 0, 5000, 1000, 0, 90000};
    static const int64_t holds[] = {0, 500, 1000, 5000, 4000, 8000, 90000};
    int64_t now = 1000;
    for (size_t i = 0; i < sizeof holds / sizeof holds[0]; i++) {
        cr_assert_eq(throttle(&limiter, hints[i], now), holds[i], "%zu", i);
        now += 2 + holds[i];
    }
}

Test(limiter, any_other_answer_forgets_throttling_but_no_sign_of_overload)
{
    static const struct {
        enum status outcome;
        bool overloaded;
        bool forgets;
    } cases[] = {
        {STATUS_OK, false, true},       {STATUS_REFUSED, false, true}, {STATUS_SESSION, false, true},
        {STATUS_TIMEOUT, false, false}, {STATUS_SERVER, true, false},  {STATUS_SERVER, false, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct limiter limiter;
        limiter_init(&limiter, 0, 4, 0);
        cr_assert_eq(throttle(&limiter, -1, 1000), 500);
        limiter_start(&limiter, 2000);
        limiter_finish(&limiter, cases[i].outcome, cases[i].overloaded, 2000, -1, 2001);
        cr_assert_eq(limiter_throttled_ms(&limiter, 3001), cases[i].forgets ? 0 : 2000, "%zu", i);
        cr_assert_eq(throttle(&limiter, -1, 5000), cases[i].forgets ? 500 : 1000, "%zu", i);
    }
}

Test(limiter, how_long_throttling_lasts_counts_from_the_first_of_its_answers)
{
    struct limiter limiter;
    limiter_init(&limiter, 0, 4, 0);
    cr_assert_eq(limiter_throttled_ms(&limiter, 1000), 0);
    (void)throttle(&limiter, -1, 1000);
    (void)throttle(&limiter, 60000, 2000);
    cr_assert_eq(limiter_throttled_ms(&limiter, 61001), 60000);
}
