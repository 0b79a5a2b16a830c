#include "core/status.h"

#include <criterion/criterion.h>
#include <string.h>

Test(status, every_kind_has_a_name_of_its_own)
{
    for (int a = 0; a < STATUS_COUNT; a++) {
        const char *name = status_name((enum status)a);
        cr_assert(name != NULL && name[0] != '\0', "kind %d", a);
        cr_assert_eq(strspn(name, "abcdefghijklmnopqrstuvwxyz-"), strlen(name), "%s", name);
        for (int b = 0; b < a; b++)
            cr_assert_str_neq(name, status_name((enum status)b));
    }
    cr_assert_str_eq(status_name(STATUS_OK), "ok");
    cr_assert_str_eq(status_name(STATUS_AUTH), "auth");
    cr_assert_str_eq(status_name(STATUS_TIMEOUT), "timeout");
}

Test(status, number_that_is_no_kind_is_a_bug)
{
    static const int strays[] = {STATUS_COUNT, -1, 9999};
    for (size_t i = 0; i < sizeof strays / sizeof strays[0]; i++) {
        enum status stray = (enum status)strays[i];
        cr_assert_str_eq(status_name(stray), "bug");
        cr_assert_eq(status_exit_code(stray), 70);
        cr_assert_eq(status_reach(stray), REACH_RUN);
        cr_assert_not(status_may_retry(stray));
    }
}

struct exit_case {
    enum status kind;
    int exit_code;
};

Test(status, exit_codes_are_those_of_the_contract)
{
    static const struct exit_case cases[] = {
        {STATUS_OK, 0},           {STATUS_USAGE, 64},      {STATUS_CONFIG, 78},      {STATUS_AUTH, 77},
        {STATUS_UNREACHABLE, 69}, {STATUS_TIMEOUT, 75},    {STATUS_THROTTLED, 75},   {STATUS_SERVER, 75},
        {STATUS_BAD_ANSWER, 75},  {STATUS_INCOMPLETE, 75}, {STATUS_REJECTED, 65},    {STATUS_CANTCREATE, 73},
        {STATUS_IO, 74},          {STATUS_BUSY, 75},       {STATUS_INTERRUPTED, 75}, {STATUS_NOMEM, 70},
        {STATUS_BUG, 70},         {STATUS_SESSION, 77},    {STATUS_UNCLEAR, 75},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        cr_expect_eq(status_exit_code(cases[i].kind), cases[i].exit_code, "%s gives %d", status_name(cases[i].kind),
                     status_exit_code(cases[i].kind));
}

Test(status, only_what_may_pass_is_retried)
{
    static const enum status passing[] = {STATUS_SESSION, STATUS_UNREACHABLE, STATUS_TIMEOUT,    STATUS_THROTTLED,
                                          STATUS_SERVER,  STATUS_BAD_ANSWER,  STATUS_INCOMPLETE, STATUS_UNCLEAR};
    bool may[STATUS_COUNT] = {false};
    for (size_t i = 0; i < sizeof passing / sizeof passing[0]; i++)
        may[passing[i]] = true;
    for (int kind = 0; kind < STATUS_COUNT; kind++)
        cr_expect_eq(status_may_retry((enum status)kind), may[kind], "%s", status_name((enum status)kind));
}

Test(status, less_is_asked_for_where_size_or_time_may_be_to_blame)
{
    cr_assert(status_may_halve(STATUS_TOO_LARGE));
    cr_assert(status_may_halve(STATUS_TIMEOUT));
    cr_assert(status_may_halve(STATUS_SERVER));
    cr_assert(status_may_halve(STATUS_UNCLEAR));
    cr_assert(status_may_halve(STATUS_BAD_ANSWER));
    cr_assert_not(status_may_halve(STATUS_THROTTLED), "smaller requests are more requests");
    cr_assert_not(status_may_halve(STATUS_AUTH));
    cr_assert_not(status_may_halve(STATUS_OK));
}

Test(status, slices_fail_alone_but_credentials_and_destinations_stop_the_run)
{
    cr_assert_eq(status_reach(STATUS_TIMEOUT), REACH_SLICE);
    cr_assert_eq(status_reach(STATUS_SERVER), REACH_SLICE);
    cr_assert_eq(status_reach(STATUS_REFUSED), REACH_SLICE);
    cr_assert_eq(status_reach(STATUS_REJECTED), REACH_SLICE);
    cr_assert_eq(status_reach(STATUS_AUTH), REACH_RUN);
    cr_assert_eq(status_reach(STATUS_IO), REACH_RUN);
    cr_assert_eq(status_reach(STATUS_INTERRUPTED), REACH_RUN);
    cr_assert_eq(status_reach(STATUS_NOMEM), REACH_RUN);
}

Test(status, worse_exit_code_wins_from_either_side)
{
    static const int order[] = {70, 78, 77, 73, 74, 69, 75, 65, 64, 0};
    enum { COUNT = sizeof order / sizeof order[0] };
    for (size_t i = 0; i < COUNT; i++) {
        for (size_t j = i; j < COUNT; j++) {
            cr_expect_eq(exit_code_worse(order[i], order[j]), order[i], "%d and %d", order[i], order[j]);
            cr_expect_eq(exit_code_worse(order[j], order[i]), order[i], "%d and %d", order[j], order[i]);
        }
    }
}
