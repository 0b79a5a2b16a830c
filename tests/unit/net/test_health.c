#include "net/health.h"

#include <criterion/criterion.h>

static void note(struct health *health, enum status outcome, int times)
{
    for (int i = 0; i < times; i++)
        health_note(health, outcome);
}

Test(health, knows_nothing_at_first)
{
    struct health health = {0};
    cr_assert_not(health_is_down(&health));
    note(&health, STATUS_SERVER, HEALTH_WINDOW - 1);
    cr_assert_not(health_is_down(&health), "a full window is needed");
    cr_assert(health_note(&health, STATUS_SERVER));
    cr_assert_not(health_note(&health, STATUS_SESSION));
    cr_assert(health_is_down(&health));
}

Test(health, every_kind_of_silence_counts)
{
    static const enum status bad[] = {STATUS_UNREACHABLE, STATUS_TIMEOUT, STATUS_SERVER, STATUS_UNCLEAR,
                                      STATUS_BAD_ANSWER};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct health health = {0};
        note(&health, bad[i], HEALTH_WINDOW);
        cr_assert(health_is_down(&health), "%s", status_name(bad[i]));
    }
}

Test(health, a_refusal_is_an_answer)
{
    static const enum status good[] = {STATUS_OK, STATUS_REFUSED, STATUS_UNSUPPORTED, STATUS_TOO_LARGE};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct health health = {0};
        note(&health, good[i], 2 * HEALTH_WINDOW);
        cr_assert_not(health_is_down(&health), "%s", status_name(good[i]));
    }
}

Test(health, a_few_good_answers_in_the_window_are_enough)
{
    struct health health = {0};
    for (int i = 0; i < 10 * HEALTH_WINDOW; i++) {
        health_note(&health, i % 16 == 0 ? STATUS_OK : STATUS_SERVER);
        cr_assert_not(health_is_down(&health), "after %d", i);
    }
}

Test(health, old_good_answers_are_forgotten_and_new_ones_heal)
{
    struct health health = {0};
    note(&health, STATUS_OK, 10 * HEALTH_WINDOW);
    note(&health, STATUS_TIMEOUT, HEALTH_BAD_MAX - 1);
    cr_assert_not(health_is_down(&health));
    health_note(&health, STATUS_TIMEOUT);
    cr_assert(health_is_down(&health));
    note(&health, STATUS_OK, HEALTH_WINDOW);
    cr_assert_not(health_is_down(&health));
}

Test(health, an_expired_session_being_throttled_and_being_interrupted_say_nothing)
{
    struct health health = {0};
    note(&health, STATUS_SERVER, HEALTH_WINDOW - 1);
    note(&health, STATUS_SESSION, HEALTH_WINDOW);
    note(&health, STATUS_THROTTLED, HEALTH_WINDOW);
    note(&health, STATUS_INTERRUPTED, HEALTH_WINDOW);
    cr_assert_not(health_is_down(&health));
    health_note(&health, STATUS_SERVER);
    cr_assert(health_is_down(&health));
}
