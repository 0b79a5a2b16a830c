#include "net/retry.h"
#include "net/retry_after.h"

#include <criterion/criterion.h>

static const struct retry_policy policy = {
    .max_attempts = 6, .base_ms = 500, .cap_ms = 60000, .retry_after_cap_ms = 300000};

static struct retry_question question_of(enum status failure, int attempts_done)
{
    return (struct retry_question){
        .failure = failure, .attempts_done = attempts_done, .retry_after_ms = -1, .time_left_ms = INT64_MAX};
}

Test(retry, each_kind_is_retried_or_not)
{
    static const struct {
        enum status failure;
        enum retry_verdict verdict;
    } rows[] = {
        {STATUS_UNREACHABLE, RETRY_AGAIN}, {STATUS_TIMEOUT, RETRY_AGAIN},       {STATUS_THROTTLED, RETRY_AGAIN},
        {STATUS_SERVER, RETRY_AGAIN},      {STATUS_BAD_ANSWER, RETRY_AGAIN},    {STATUS_AUTH, RETRY_GIVE_UP},
        {STATUS_TOO_LARGE, RETRY_GIVE_UP}, {STATUS_REFUSED, RETRY_GIVE_UP},     {STATUS_UNSUPPORTED, RETRY_GIVE_UP},
        {STATUS_NOMEM, RETRY_GIVE_UP},     {STATUS_INTERRUPTED, RETRY_GIVE_UP},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct retry_question question = question_of(rows[i].failure, 1);
        cr_expect_eq(retry_decide(&policy, &question).verdict, rows[i].verdict, "%s", status_name(rows[i].failure));
    }
}

Test(retry, attempts_are_counted_with_the_first)
{
    struct retry_question question = question_of(STATUS_SERVER, 5);
    cr_assert_eq(retry_decide(&policy, &question).verdict, RETRY_AGAIN);
    question.attempts_done = 6;
    cr_assert_eq(retry_decide(&policy, &question).verdict, RETRY_GIVE_UP);
    const struct retry_policy once = {.max_attempts = 1};
    question.attempts_done = 1;
    cr_assert_eq(retry_decide(&once, &question).verdict, RETRY_GIVE_UP);
}

Test(retry, jitter_reaches_zero_and_the_doubled_bound_and_no_more)
{
    static const int64_t bounds[] = {500, 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000};
    struct retry_policy patient = policy;
    patient.max_attempts = 100;
    for (int n = 1; n <= 9; n++) {
        struct retry_question question = question_of(STATUS_SERVER, n);
        question.random = (uint64_t)bounds[n - 1];
        cr_expect_eq(retry_decide(&patient, &question).wait_ms, bounds[n - 1], "retry %d", n);
        question.random++;
        cr_expect_eq(retry_decide(&patient, &question).wait_ms, 0, "retry %d", n);
    }
}

Test(retry, many_attempts_do_not_overflow_the_backoff)
{
    const struct retry_policy endless = {.max_attempts = INT32_MAX, .base_ms = 3, .cap_ms = INT64_MAX / 3};
    struct retry_question question = question_of(STATUS_SERVER, 1000000);
    question.random = UINT64_MAX;
    struct retry_answer answer = retry_decide(&endless, &question);
    cr_assert_eq(answer.verdict, RETRY_AGAIN);
    cr_assert(answer.wait_ms >= 0 && answer.wait_ms <= endless.cap_ms);
}

Test(retry, zeros_in_the_policy_mean_the_documented_defaults)
{
    const struct retry_policy defaults = {.max_attempts = 100};
    struct retry_question question = question_of(STATUS_SERVER, 1);
    question.random = 500;
    cr_assert_eq(retry_decide(&defaults, &question).wait_ms, 500);
    question.attempts_done = 50;
    question.random = 60000;
    cr_assert_eq(retry_decide(&defaults, &question).wait_ms, 60000);
    question.retry_after_ms = INT64_MAX;
    cr_assert_eq(retry_decide(&defaults, &question).wait_ms, 300000);
}

Test(retry, retry_after_is_a_lower_bound_and_is_capped)
{
    struct retry_question question = question_of(STATUS_THROTTLED, 1);
    question.random = 400;
    question.retry_after_ms = 120000;
    cr_assert_eq(retry_decide(&policy, &question).wait_ms, 120000);
    question.retry_after_ms = 100;
    cr_assert_eq(retry_decide(&policy, &question).wait_ms, 400, "the jitter is longer");
    question.retry_after_ms = (int64_t)7 * 24 * 3600 * 1000;
    cr_assert_eq(retry_decide(&policy, &question).wait_ms, 300000, "a server cannot stop us for a week");
}

Test(retry, retry_after_longer_than_deadline_stops)
{
    struct retry_question question = question_of(STATUS_THROTTLED, 1);
    question.retry_after_ms = 120000;
    question.time_left_ms = 120000;
    cr_assert_eq(retry_decide(&policy, &question).verdict, RETRY_NO_TIME);
    question.time_left_ms = 120001;
    cr_assert_eq(retry_decide(&policy, &question).verdict, RETRY_AGAIN);
}

Test(retry, no_time_left_stops_even_without_a_wait)
{
    struct retry_question question = question_of(STATUS_SERVER, 1);
    question.time_left_ms = 0;
    cr_assert_eq(retry_decide(&policy, &question).verdict, RETRY_NO_TIME);
    question.time_left_ms = -5;
    cr_assert_eq(retry_decide(&policy, &question).verdict, RETRY_NO_TIME);
}

Test(retry, hopeless_failure_is_given_up_rather_than_out_of_time)
{
    struct retry_question question = question_of(STATUS_REFUSED, 1);
    question.time_left_ms = 0;
    cr_assert_eq(retry_decide(&policy, &question).verdict, RETRY_GIVE_UP);
}

Test(retry_after, seconds_and_dates_are_read)
{
    static const char sent[] = "Sun, 06 Nov 1994 08:49:37 GMT";
    const int64_t now = 784111777; /* the same instant */
    static const struct {
        const char *value;
        const char *date;
        int64_t expected_ms;
    } rows[] = {
        {NULL, NULL, -1},
        {"0", NULL, 0},
        {"120", NULL, 120000},
        {"-7", NULL, 0},
        {"Sun, 06 Nov 1994 08:50:37 GMT", NULL, 60000},
        {"Sun, 06 Nov 1994 08:50:37 GMT", sent, 60000},
        {"Sun, 06 Nov 1994 08:49:00 GMT", sent, 0},
        {"Sun, 06 Nov 1994 08:50:37 GMT", "Sun, 06 Nov 1994 08:50:00 GMT", 37000},
        {"Sun, 06 Nov 1994 08:50:37 GMT", "nonsense", 60000},
        {"9223372036854775807", NULL, RETRY_AFTER_MAX_MS},
        {"Fri, 31 Dec 9999 23:59:59 GMT", sent, RETRY_AFTER_MAX_MS},
        {"99999999999999999999", NULL, -1},
        {"soon", NULL, -1},
        {"", NULL, -1},
        {"1.5", NULL, -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t got = retry_after_parse(rows[i].value, rows[i].date, now);
        cr_expect_eq(got, rows[i].expected_ms, "row %zu: %lld", i, (long long)got);
    }
}
