#include "core/clock.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

Test(clock, wall_time_is_pinned_by_the_environment)
{
    struct clock clock = clock_system();
    cr_assert_eq(setenv("OCCUPORT_NOW", "1746057600", 1), 0);
    cr_assert_eq(clock_wall(&clock), 1746057600);
    cr_assert_eq(setenv("OCCUPORT_NOW", "-5", 1), 0);
    cr_assert_eq(clock_wall(&clock), -5);
}

Test(clock, pin_that_is_no_number_is_ignored)
{
    static const char *const pins[] = {"", "yesterday", "12x", "2025-05-01", "1e9"};
    struct clock clock = clock_system();
    for (size_t i = 0; i < sizeof pins / sizeof pins[0]; i++) {
        cr_assert_eq(setenv("OCCUPORT_NOW", pins[i], 1), 0);
        int64_t before = (int64_t)time(NULL);
        int64_t now = clock_wall(&clock);
        cr_expect(now >= before && now <= before + 60, "'%s' gives %lld", pins[i], (long long)now);
    }
    unsetenv("OCCUPORT_NOW");
    cr_assert(clock_wall(&clock) > 1700000000);
}

Test(clock, monotonic_time_never_goes_back_and_ignores_the_pin)
{
    struct clock clock = clock_system();
    cr_assert_eq(setenv("OCCUPORT_NOW", "5", 1), 0);
    struct timespec real;
    clock_gettime(CLOCK_MONOTONIC, &real);
    int64_t last = clock_monotonic_ms(&clock);
    cr_assert(last >= (int64_t)real.tv_sec * 1000 && last <= ((int64_t)real.tv_sec + 60) * 1000);
    for (int i = 0; i < 10000; i++) {
        int64_t now = clock_monotonic_ms(&clock);
        cr_assert(now >= last);
        last = now;
    }
}

static int64_t seven(void *context)
{
    return 7 + *(int64_t *)context;
}

Test(clock, clock_of_a_test_is_asked_with_its_context)
{
    int64_t step = 10;
    struct clock clock = {.wall_seconds = seven, .monotonic_ms = seven, .context = &step};
    cr_assert_eq(clock_wall(&clock), 17);
    step = 20;
    cr_assert_eq(clock_monotonic_ms(&clock), 27);
}

Test(clock, instants_are_written_in_utc_whatever_the_zone)
{
    char out[CLOCK_TEXT_SIZE];
    cr_assert_eq(setenv("TZ", "Asia/Kolkata", 1), 0);
    tzset();
    cr_assert_str_eq(clock_format_utc(0, out), "1970-01-01T00:00:00Z");
    cr_assert_str_eq(clock_format_utc(1746072000, out), "2025-05-01T04:00:00Z");
    cr_assert_str_eq(clock_format_utc(-1, out), "1969-12-31T23:59:59Z");
    cr_assert_str_eq(clock_format_utc(253402300799, out), "9999-12-31T23:59:59Z");
}

Test(clock, instants_that_cannot_be_written_give_the_empty_text)
{
    char out[CLOCK_TEXT_SIZE] = "x";
    cr_assert_str_eq(clock_format_utc(253402300800, out), "");
    cr_assert_str_eq(clock_format_utc(INT64_MAX, out), "");
    cr_assert_str_eq(clock_format_utc(INT64_MIN, out), "");
}

struct span_case {
    double seconds;
    const char *text;
};

Test(clock, spans_are_written_as_people_read_them)
{
    static const struct span_case cases[] = {
        {0, "0.0s"},      {0.04, "0.0s"},     {12.34, "12.3s"},       {59.94, "59.9s"},   {59.96, "1m 00s"},
        {60, "1m 00s"},   {187, "3m 07s"},    {3599, "59m 59s"},      {3599.7, "1h 00m"}, {3600, "1h 00m"},
        {7500, "2h 05m"}, {86400, "24h 00m"}, {3600000, "1000h 00m"}, {125.9, "2m 06s"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char out[32];
        cr_expect_str_eq(clock_format_span(cases[i].seconds, out, sizeof out), cases[i].text, "%f gives %s",
                         cases[i].seconds, out);
    }
}

Test(clock, span_is_cut_to_the_room_there_is)
{
    char out[4];
    cr_assert_str_eq(clock_format_span(12.3, out, sizeof out), "12.");
}

/* A clock that shows what the test says. */
struct shown {
    int64_t wall;
    int64_t monotonic_ms;
};

static int64_t shown_wall(void *context)
{
    return ((struct shown *)context)->wall;
}

static int64_t shown_monotonic(void *context)
{
    return ((struct shown *)context)->monotonic_ms;
}

Test(clock, a_guarded_clock_follows_a_wall_clock_that_goes_as_it_should)
{
    struct shown shown = {1000, 50};
    struct clock_guard guard;
    struct clock clock = clock_guarded(&guard, (struct clock){shown_wall, shown_monotonic, &shown});
    cr_expect_eq(clock_wall(&clock), 1000);
    for (int second = 1; second < 100; second++) {
        shown =
            (struct shown){1000 + second, 50 + 1000 * second - 999}; /* the seconds of both begin at other moments */
        cr_expect_eq(clock_wall(&clock), 1000 + second);
        cr_expect_eq(clock_monotonic_ms(&clock), 50 + 1000 * second - 999);
    }
}

Test(clock, a_guarded_clock_is_not_set_forward_but_back)
{
    struct shown shown = {1000, 50};
    struct clock_guard guard;
    struct clock clock = clock_guarded(&guard, (struct clock){shown_wall, shown_monotonic, &shown});
    shown = (struct shown){1000 + 86400, 50 + 30000};
    cr_expect_eq(clock_wall(&clock), 1031);
    shown.monotonic_ms += 10000;
    cr_expect_eq(clock_wall(&clock), 1041);
    shown.wall = 1000 - 86400;
    cr_expect_eq(clock_wall(&clock), 1000 - 86400);
}
