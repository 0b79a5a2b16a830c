/* How long a PostgreSQL server is waited for, by a clock that the test sets. Nothing here talks to one. */
#include "wire_patience.h"

#include <criterion/criterion.h>
#include <string.h>

static int64_t now_ms = 1000;
static volatile sig_atomic_t interrupted;

static int64_t told(void *context)
{
    (void)context;
    return now_ms;
}

static struct patience made(struct patience patience)
{
    patience.clock = (struct clock){told, told, NULL};
    return patience;
}

static struct patience patient(void)
{
    return made(patience_new(&interrupted));
}

/* Others are in the way again after so much time. */
static bool again_after(struct patience *patience, int64_t ms)
{
    now_ms += ms;
    return patience_again(patience);
}

Test(patience, others_may_be_in_the_way_for_twenty_minutes)
{
    struct patience patience = patient();
    cr_assert(again_after(&patience, 10000));
    cr_assert(again_after(&patience, PATIENCE_AGAIN_MS - 1));
    cr_assert_not(again_after(&patience, 1));
}

Test(patience, that_the_server_did_something_meanwhile_gives_no_more_time)
{
    struct patience patience = patient();
    cr_assert(again_after(&patience, 10000));
    now_ms += PATIENCE_AGAIN_MS - 1;
    patience_found(&patience);
    cr_assert_not(again_after(&patience, 1));
}

Test(patience, for_what_comes_next_the_time_begins_anew)
{
    struct patience patience = patient();
    cr_assert(again_after(&patience, 10000));
    patience_done(&patience);
    cr_assert(again_after(&patience, 2 * PATIENCE_AGAIN_MS));
    cr_assert(again_after(&patience, PATIENCE_AGAIN_MS - 1));
}

Test(patience, a_server_that_lets_others_in_the_way_is_not_lost)
{
    struct patience patience = patient();
    patience.lost_ms = now_ms;
    patience.waits = 5;
    cr_assert(again_after(&patience, PATIENCE_LOST_MS));
    cr_assert_eq(patience.lost_ms, 0);
    cr_assert_eq(patience.waits, 0);
}

Test(patience, a_signal_leaves_three_seconds)
{
    struct patience patience = patient();
    cr_assert(again_after(&patience, 10000));
    interrupted = 1;
    cr_assert(again_after(&patience, 10000));
    cr_assert(again_after(&patience, PATIENCE_INTERRUPTED_MS - 1));
    cr_assert_not(again_after(&patience, 1));
}

Test(patience, before_the_first_row_a_signal_or_the_deadline_ends_it_at_once)
{
    struct err err = {0};
    struct patience patience = made(patience_to_begin(&interrupted, now_ms + 5000));
    cr_assert(again_after(&patience, 4999));
    cr_assert_eq(patience_conclude(&patience, STATUS_IO, &err), STATUS_IO);
    cr_assert_not(again_after(&patience, 1));
    cr_assert_eq(patience_conclude(&patience, STATUS_CONFIG, &err), STATUS_CONFIG);
    cr_assert_eq(patience_conclude(&patience, STATUS_IO, &err), STATUS_INTERRUPTED);
    cr_assert_not_null(strstr(err.message, "max_runtime"));

    patience = made(patience_to_begin(&interrupted, 0));
    interrupted = 1;
    cr_assert_not(again_after(&patience, 10000));
    cr_assert_eq(patience_conclude(&patience, STATUS_IO, &err), STATUS_INTERRUPTED);
    cr_assert_not_null(strstr(err.message, "signal"));
}
